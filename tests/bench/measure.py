"""Runs a command and says what it cost: wall, CPU of the process and its children, peak memory.

Used by run.py. Linux only: memory is read from /proc.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

SAMPLE_EVERY = 0.01


@dataclass(frozen=True)
class Run:
    """One run of a command. CPU and max_rss are what the kernel hands to wait4: they hold the children it reaped."""

    wall: float
    cpu: float
    max_rss: int  # of the largest single process
    code: int
    output: bytes
    errors: bytes


@dataclass(frozen=True)
class Peak:
    """The most memory the whole process tree held at once, in bytes, in samples 10 ms apart."""

    pss: int  # shared pages counted once; holds the pages of mapped log files too
    anonymous: int  # the part of it that no file backs
    rss: int  # sum over processes; counts shared pages once a process
    samples: int


class _Started(NamedTuple):
    process: subprocess.Popen[bytes]
    at: float
    output: IO[bytes]
    errors: IO[bytes]


def run(command: Sequence[str]) -> Run:
    """Runs `command`, its output going to a file as a shell's `>` would have it."""
    started = _start(command)
    _, status, usage = os.wait4(started.process.pid, 0)
    return _result(started, status, usage)


def run_sampled(command: Sequence[str]) -> tuple[Run, Peak]:
    """As `run`, but with memory sampled; sampling costs CPU, so do not use its times."""
    started = _start(command)
    pss = anonymous = rss = samples = 0
    while True:
        pid, status, usage = os.wait4(started.process.pid, os.WNOHANG)
        if pid:
            return _result(started, status, usage), Peak(pss, anonymous, rss, samples)
        held = [_memory(member) for member in _tree(started.process.pid)]
        pss = max(pss, sum(sizes["Pss"] for sizes in held))
        anonymous = max(anonymous, sum(sizes["Pss_Anon"] for sizes in held))
        rss = max(rss, sum(sizes["Rss"] for sizes in held))
        samples += 1
        time.sleep(SAMPLE_EVERY)


def _start(command: Sequence[str]) -> _Started:
    output, errors = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115 - _result closes them
    at = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
    return _Started(process, at, output, errors)


def _result(started: _Started, status: int, usage: resource.struct_rusage) -> Run:
    wall = time.perf_counter() - started.at
    started.process.returncode = os.waitstatus_to_exitcode(status)  # we reaped it, Popen must not try
    texts = []
    for file in (started.output, started.errors):
        file.seek(0)
        texts.append(file.read())
        file.close()
    cpu = usage.ru_utime + usage.ru_stime
    return Run(wall, cpu, usage.ru_maxrss * 1024, started.process.returncode, *texts)


def _tree(root: int) -> list[int]:
    children = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue  # it ended meanwhile
            children[int(stat.rpartition(")")[2].split()[1])].append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children[pid])
    return found


def _memory(pid: int) -> Mapping[str, int]:
    sizes: dict[str, int] = defaultdict(int)
    try:
        lines = Path("/proc", str(pid), "smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return sizes
    for line in lines:
        name, _, rest = line.partition(":")
        sizes[name] = int(rest.split()[0]) * 1024
    return sizes


def rounds(
    contestants: Mapping[str, Sequence[str]], count: int, check: Callable[[str, Run], None]
) -> dict[str, list[Run]]:
    """`count` runs of each, alternating, after one of each that is not counted (it warms caches).

    `check` sees each run, the first ones too, and raises when the answer is not right.
    """
    names = list(contestants)
    results: dict[str, list[Run]] = {name: [] for name in names}
    for number in range(count + 1):
        for name in names if number % 2 else reversed(names):
            result = run(contestants[name])
            check(name, result)
            if number:
                results[name].append(result)
    return results


def median(runs: Iterable[Run], what: str) -> float:
    return statistics.median(getattr(each, what) for each in runs)


def ratio(ours: Sequence[Run], theirs: Sequence[Run], what: str) -> float:
    """The median of the ratios of the pairs, which a slow spell of the machine moves less than a ratio of medians."""
    return statistics.median(getattr(one, what) / getattr(other, what) for one, other in zip(ours, theirs, strict=True))


def warm(tree: Path) -> None:
    """Reads all files once, so that they are in the page cache."""
    for path in tree.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                while file.read(1 << 20):
                    pass


def available_memory() -> int:
    """What the page cache can hold without swapping, in bytes."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
