"""What a fetch costs against the same transfer by plain rsync: ``python -m tests.bench.fetch [--nodes 20] [--mb 50]``.

Needs root, sshd and rsync. Each node is an sshd on a loopback port; its logs are captured lines, repeated, each with an
id of its own, so that they compress as logs do. Both ways fetch into an empty directory, then again what is unchanged;
each round has all of them, and the ratios are those of the rounds' medians.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

from haystack.pipeline.fetch import fetch
from haystack.settings import Settings
from tests.sshd import Sshd, serve

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "fixtures" / "neutron_down" / "controller1" / "var" / "log"
# What the way by fetch may cost of what plain rsync costs, wall time.
_MOST = 1.3


class Cost(NamedTuple):
    """What one way of fetching cost; bytes are those over the wire, before ssh."""

    seconds: float
    cpu: float
    moved: int


class Farm(NamedTuple):
    """The nodes, what they hold and where it goes."""

    servers: tuple[Sshd, ...]
    source: Path
    base: Path
    parallel: int


def logs(directory: Path, megabytes: int, files: int = 20) -> None:
    """So many bytes of captured lines, none of them twice."""
    lines = [line for path in sorted(FIXTURE.rglob("*.log")) for line in path.read_bytes().splitlines()]
    source = random.Random(1)
    number = 0
    for index in range(files):
        path = directory / f"service{index % 5}" / f"log{index}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            while file.tell() < megabytes * 1e6 / files:
                number += 1
                file.write(b"%s req-%032x\n" % (lines[number % len(lines)], source.getrandbits(128)))


class Cpu:
    """CPU seconds of this process and all that came of it, sshd's side too, where the kernel's cgroups tell."""

    def __init__(self) -> None:
        self._group = Path(f"/sys/fs/cgroup/cpuacct/haystack-bench-{os.getpid()}")
        try:
            self._group.mkdir()
            (self._group / "cgroup.procs").write_text(str(os.getpid()))
        except OSError:
            self._group = Path()

    def __call__(self) -> float:
        """Seconds so far; 0 where nothing tells."""
        usage = self._group / "cpuacct.usage"
        return int(usage.read_text()) / 1e9 if usage.exists() else 0.0

    def close(self) -> None:
        """Leave the group and take it away."""
        if self._group.name:
            (self._group.parent / "cgroup.procs").write_text(str(os.getpid()))
            with suppress(OSError):
                self._group.rmdir()


def plain(farm: Farm, options: tuple[str, ...]) -> int:
    """The bytes that plain rsync moves, one process a node, by xargs."""
    lines = []
    for number, server in enumerate(farm.servers):
        ssh = f"ssh -F {server.options.config} -o UserKnownHostsFile={server.options.known_hosts} -p {server.node.port}"
        to = farm.base / "to" / str(number)
        to.mkdir(parents=True, exist_ok=True)
        words = ["rsync", "-a", *options, "--info=stats2", "--no-human-readable", "-e", ssh]
        lines.append(shlex.join([*words, f"root@127.0.0.1:{farm.source}/", f"{to}/"]))
    command = ["xargs", "-P", str(farm.parallel), "-d", "\n", "-n", "1", "sh", "-c"]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=True)
    told = re.findall(r"^Total bytes (?:sent|received): ([\d,]+)$", done.stdout, re.MULTILINE)
    if len(told) != 2 * len(farm.servers):
        raise SystemExit(f"rsync does not tell what it moved:\n{done.stdout}{done.stderr}")
    return sum(int(number.replace(",", "")) for number in told)


def ours(farm: Farm, everything: bool) -> int:
    """The bytes that a fetch moves; facts and the journal with ``everything``."""
    nodes = tuple(server.node._replace(logs=(str(farm.source),)) for server in farm.servers)
    settings = Settings(nodes=nodes, ssh=farm.servers[0].options)
    found = fetch(nodes, settings, farm.base / "to", parallel=farm.parallel, facts=everything, journal=everything)
    for node in found.nodes:
        if node.state != "done":
            raise SystemExit(f"{node.node} {node.state}: {node.reason} {node.says} {node.troubles}")
    return sum(node.moved for node in found.nodes)


WAYS = {
    "rsync -a": lambda farm: plain(farm, ()),
    "rsync -a, zstd": lambda farm: plain(farm, ("--compress", "--compress-choice=zstd", "--compress-level=1")),
    "fetch, logs only": lambda farm: ours(farm, False),
    "fetch": lambda farm: ours(farm, True),
}


def measure(farm: Farm, cpu: Cpu, rounds: int) -> dict[tuple[str, str], list[Cost]]:
    """The costs of each way, first and again, of each round."""
    costs: dict[tuple[str, str], list[Cost]] = {}
    for _ in range(rounds):
        for way, run in WAYS.items():
            shutil.rmtree(farm.base / "to", ignore_errors=True)
            os.sync()  # nobody pays for what another left to be written
            for time_ in ("first", "again"):
                began, before = time.monotonic(), cpu()
                moved = run(farm)
                costs.setdefault((way, time_), []).append(Cost(time.monotonic() - began, cpu() - before, moved))
    return costs


def tell(costs: dict[tuple[str, str], list[Cost]]) -> bool:
    """Print the medians, and whether the first fetch keeps the bound."""
    print(f"{'':18}       {'wall':>7} {'(all)':24} {'CPU':>7} {'moved':>9}  wall, CPU against rsync -a")
    ratios = {}
    for (way, time_), found in costs.items():
        seconds, cpu = median(cost.seconds for cost in found), median(cost.cpu for cost in found)
        base = costs["rsync -a", time_]
        ratio = ratios[way, time_] = seconds / median(cost.seconds for cost in base)
        of_cpu = cpu / (median(cost.cpu for cost in base) or 1)
        spread = " ".join(f"{cost.seconds:.1f}" for cost in found)
        moved = f"{found[-1].moved / 1e6:,.1f} MB"
        print(f"{way:18} {time_} {seconds:6.1f}s {f'({spread})':24} {cpu:6.1f}s {moved:>9}  {ratio:.2f}x {of_cpu:.2f}x")
    return ratios["fetch", "first"] <= _MOST


def main() -> None:
    """Measure and print; exit 1 when a first fetch takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--mb", type=int, default=50)
    parser.add_argument("--parallel", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="haystack-bench-"))
    cpu = Cpu()
    try:
        source = base / "var" / "log"
        logs(source, given.mb)
        with ExitStack() as stack:
            servers = tuple(stack.enter_context(serve(base, f"n{number}")) for number in range(given.nodes))
            kept = tell(measure(Farm(servers, source, base, given.parallel), cpu, given.rounds))
    finally:
        shutil.rmtree(base, ignore_errors=True)
        cpu.close()
    if not kept:
        raise SystemExit(f"a first fetch takes more than {_MOST} times what plain rsync does")


if __name__ == "__main__":
    main()
