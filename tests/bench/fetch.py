"""What a fetch costs against the same transfer by plain rsync: ``python -m tests.bench.fetch [--nodes 20] [--mb 50]``.

Needs root, sshd and rsync. Each node is an sshd on a loopback port; its logs are captured lines, repeated and
renumbered.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from haystack.pipeline.fetch import fetch
from haystack.settings import Settings
from tests.sshd import Sshd, serve

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "fixtures" / "neutron_down" / "controller1" / "var" / "log"


def logs(directory: Path, megabytes: int, files: int = 20) -> None:
    """So many bytes of captured lines, none of them twice."""
    lines = [line for path in sorted(FIXTURE.rglob("*.log")) for line in path.read_bytes().splitlines()]
    number = 0
    for index in range(files):
        path = directory / f"service{index % 5}" / f"log{index}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            while file.tell() < megabytes * 1e6 / files:
                number += 1
                file.write(b"%s %08x\n" % (lines[number % len(lines)], number * 2654435761 % 2**32))


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


def plain(servers: list[Sshd], source: Path, to: Path, parallel: int) -> float:
    """Seconds of plain rsync, one a node, by xargs."""
    lines = []
    for number, server in enumerate(servers):
        ssh = f"ssh -F {server.options.config} -o UserKnownHostsFile={server.options.known_hosts} -p {server.node.port}"
        (to / str(number)).mkdir(parents=True)
        lines.append(shlex.join(["rsync", "-a", "-e", ssh, f"root@127.0.0.1:{source}/", f"{to / str(number)}/"]))
    began = time.monotonic()
    subprocess.run(
        ["xargs", "-P", str(parallel), "-d", "\n", "-n", "1", "sh", "-c"], input="\n".join(lines).encode(), check=True
    )
    return time.monotonic() - began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=20)
    parser.add_argument("--mb", type=int, default=50)
    parser.add_argument("--parallel", type=int, default=16)
    given = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="haystack-bench-"))
    cpu = Cpu()
    try:
        source = base / "var" / "log"
        logs(source, given.mb)
        with ExitStack() as stack:
            # Without the start-up files of this machine's root, which each command would run.
            lines = ["SetEnv HOME=/nonexistent"]
            servers = [stack.enter_context(serve(base, f"n{number}", lines)) for number in range(given.nodes)]
            nodes = tuple(server.node._replace(logs=(str(source),)) for server in servers)
            settings = Settings(nodes=nodes, ssh=servers[0].options)
            for _ in range(2):
                shutil.rmtree(base / "plain", ignore_errors=True)
                before = cpu()
                seconds = plain(servers, source, base / "plain", given.parallel)
                print(f"{'plain rsync':18} {seconds:6.1f} s, {cpu() - before:6.1f} s of CPU")
                for name, facts in (("fetch, logs", False), ("fetch, all", True)):
                    shutil.rmtree(base / "to", ignore_errors=True)
                    for again in ("", " again"):
                        before = cpu()
                        found = fetch(nodes, settings, base / "to", parallel=given.parallel, facts=facts, journal=facts)
                        moved = sum(node.moved for node in found.nodes) / 1e6
                        spent = f"{found.seconds:6.1f} s, {cpu() - before:6.1f} s of CPU"
                        print(f"{name + again:18} {spent}, {moved:,.1f} MB moved")
                        for node in found.nodes:
                            if node.state != "done":
                                print("  ", node.node, node.state, node.reason, node.says, *node.troubles)
    finally:
        shutil.rmtree(base, ignore_errors=True)
        cpu.close()


if __name__ == "__main__":
    main()
