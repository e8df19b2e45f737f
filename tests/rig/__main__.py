"""A cloud to play with: ``python -m tests.rig``. See ``--help``."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import needs
from .client import REPOSITORY
from .cloud import Cloud, cloud
from .farm import BROKEN
from .harvest import run
from .host import Plan
from .kill import ACTIONS, rounds
from .stamps import rewrite

# name -> (seconds ahead, zone), as in the tests
CLOCKS = {"controller1": (0, "UTC"), "compute2": (7, "UTC"), "compute3": (-90, "UTC"), "storage1": (0, "Asia/Kolkata")}


def plans(incident: Path, directory: Path, clocks: dict[str, tuple[int, str]] | None = None) -> list[Plan]:
    """Hosts with the logs of a captured incident: computes behind a jump host, clocks as wished."""
    made = [Plan("bastion")]
    for source in sorted(path for path in incident.iterdir() if path.is_dir()):
        ahead, zone = (clocks or {}).get(source.name, (0, "UTC"))
        logs = directory / source.name
        rewrite(source / "var/log", logs, ahead, zone)
        behind = "bastion" if source.name.startswith("compute") else ""
        made.append(Plan(source.name, logs, ahead, zone, behind=behind))
    return made


def shell(incident: str, skewed: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="haystack-rig-logs-") as directory:
        made = plans(REPOSITORY / "fixtures" / incident, Path(directory), CLOCKS if skewed else None)
        with cloud(made, proxied=["controller1"] if needs.toxiproxy() else ()) as built:
            (built.client.work / "inventory.ini").write_text(built.inventory())
            _tell(built)
            return subprocess.run(built.client.space.command(["bash"], str(built.client.work)), check=False).returncode


def _tell(built: Cloud) -> None:
    for host in built.hosts.values():
        way = f"  by way of {host.plan.behind}" if host.plan.behind else ""
        print(f"  {host.name:14} {host.address:12} clock {host.plan.ahead:+d} s  {host.plan.zone}{way}")
    print("You are the operator; inventory.ini lies here. The cloud ends with this shell.")


def kill(count: int, seed: int, megabytes: int, actions: list[str] | None) -> int:
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="haystack-rig-") as directory:
        bad = hit = 0
        for played in rounds(Path(directory), count, seed, megabytes << 20, actions or ()):
            print(played, flush=True)
            bad += bool(played.wrong)
            hit += played.hit
    print(f"{bad} of {count} rounds went wrong; {hit} hit something")
    return int(bool(bad))


def farm(nodes: int, broken: int, parallel: int, megabytes: float) -> int:
    with tempfile.TemporaryDirectory(prefix="haystack-rig-") as directory:
        line = ""
        for line in run(Path(directory), nodes, broken, parallel, megabytes):
            print(line, flush=True)
    return int(line != "ok")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rig", description=__doc__)
    parser.add_argument("--needs", action="store_true", help="only say what cannot be had on this machine")
    commands = parser.add_subparsers(dest="command")
    play = commands.add_parser("shell", help="a cloud, and a shell on the operator's machine (default)")
    play.add_argument("incident", nargs="?", default="neutron_down", help="directory of fixtures/ (%(default)s)")
    play.add_argument("--skewed", action="store_true", help="give some hosts other clocks and zones")
    breaking = commands.add_parser("kill", help="fetches that are broken off at random moments")
    breaking.add_argument("--rounds", type=int, default=50)
    breaking.add_argument("--seed", type=int, default=int(time.time()))
    breaking.add_argument("--megabytes", type=int, default=20, help="of logs on each node")
    breaking.add_argument("--action", action="append", choices=list(ACTIONS), help="nothing but this (repeatable)")
    large = commands.add_parser("farm", help="a fetch from very many nodes, some broken, against plain rsync")
    large.add_argument("--nodes", type=int, default=200)
    large.add_argument("--broken", type=int, default=len(BROKEN), help="each in a way of its own (%(default)s at most)")
    large.add_argument("--parallel", type=int, default=16)
    large.add_argument("--megabytes", type=float, default=5, help="of logs on each node (%(default)s)")
    options = parser.parse_args()
    if options.needs:
        print(*(f"rig: {line}" for line in needs.told() or ["all it needs is here"]), sep="\n")
        return 0
    if needs.missing():
        print(f"no rig here: {needs.missing()}", file=sys.stderr)
        return 2
    if options.command == "kill":
        return kill(options.rounds, options.seed, options.megabytes, options.action)
    if options.command == "farm":
        return farm(options.nodes, options.broken, options.parallel, options.megabytes)
    return shell(getattr(options, "incident", "neutron_down"), getattr(options, "skewed", False))


if __name__ == "__main__":
    sys.exit(main())
