"""Measures `haystack trace` and `haystack triage` against `rg` on synthetic trees and prints one table.

README.md explains the figures.

python -m tests.bench.run                    # 1 GB and 3 GB, five rounds; some minutes, 6 GB of disk
python -m tests.bench.run --gb 0.2 --runs 3  # a quick look
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # for `tests/bench/run.py` by hand

from tests.bench.figures import (
    FURTHER,
    SLACK,
    TREES,
    Bench,
    BenchError,
    Figure,
    find_figures,
    gz_figures,
    help_figures,
    plain_figures,
    storm_figures,
)
from tests.bench.generate import GB, SPAN_HOURS, Plan
from tests.bench.triage import triage_figures

PARTS = {
    "trace": plain_figures,
    "gz": gz_figures,
    "find": find_figures,
    "triage": triage_figures,
    "help": help_figures,
    "storm": storm_figures,
}
GZ_SHARE = 0.4  # disk for the .gz tree, a part of it still plain while it is made


def show(figures: Sequence[Figure]) -> None:
    width = max(len(each.name) for each in figures)
    print(f"{'figure':{width}}  {'measured':>9}  {'aim':>9}  {'':6}  how")
    for each in figures:
        digits = 0 if each.unit in (" MB", " ms") else 2
        value = "-" if each.value is None else f"{each.value:.{digits}f}{each.unit}"
        met = {None: "", True: "met", False: "MISSED"}[each.met]
        print(f"{each.name:{width}}  {value:>9}  {each.aim:>9}  {met:6}  {each.note}".rstrip())


def find_haystack(named: str | None) -> str:
    beside = Path(sys.executable).parent / "haystack"
    found = shutil.which(named) if named else shutil.which(str(beside)) or shutil.which("haystack")
    if found is None:
        raise BenchError(
            f"no haystack at {named or f'{beside} or on PATH'}; install the project or name it: --haystack"
        )
    return found


def find_rg() -> str:
    found = shutil.which("rg")
    if found is None:
        raise BenchError("rg is missing and is what we measure against: apt-get install ripgrep")
    return found


def check_space(work: Path, gb: float) -> None:
    needed = gb * (1 + FURTHER + GZ_SHARE) * SLACK * GB
    kept = sum(path.stat().st_size for name in TREES for path in (work / name).rglob("*") if path.is_file())
    free = shutil.disk_usage(work).free
    if free + kept < needed:
        raise BenchError(
            f"{work} has {free / 1e9:.1f} GB free, the trees need {needed / 1e9:.1f} GB; "
            f"take another disk with --work or smaller trees with --gb {(free + kept) / needed * gb * 0.9:.2g}"
        )


def describe(bench: Bench) -> None:
    """The machine and the tools, for whoever compares two tables."""
    versions = [_first_line([bench.haystack, "--version"]), _first_line([bench.rg, "--version"])]
    print(f"{', '.join(versions)}; {platform.platform()}, Python {platform.python_version()}")
    print(
        f"{len(os.sched_getaffinity(0))} CPUs, load {os.getloadavg()[0]:.1f}; medians of {bench.options.runs}", end=""
    )
    print(" alternating runs after one not counted, warm page cache; trees are synthetic")
    if bench.options.runs < 5:
        print("fewer than 5 runs: a quick look, not a measurement")
    print()


def _first_line(command: Sequence[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return (result.stdout.splitlines() or [f"{command[0]} {command[1]} printed nothing"])[0]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure haystack trace against rg and print one table.")
    parser.add_argument("--gb", type=float, default=1, help=f"size of the small tree; the large one has {FURTHER}x")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command, at least 5 to be believed")
    parser.add_argument("--work", type=Path, help="where the trees go (default: a temporary directory, removed)")
    parser.add_argument("--keep", action="store_true", help="keep the trees; with --work the next run takes them")
    parser.add_argument("--haystack", help="the binary (default: beside this Python, or on PATH)")
    parser.add_argument("--storm", type=Path, help="a log tree with a retry storm")
    parser.add_argument("--storm-id", help="the request id to trace in it")
    parser.add_argument("--from", dest="source", default=Plan(1).source, help="where the healthy_* incidents are")
    parser.add_argument("--span-hours", type=float, default=SPAN_HOURS, help="time the logs of a tree span")
    parser.add_argument("--only", choices=PARTS, action="append", help="only these figures; repeatable")
    parser.add_argument(
        "--expressions-minutes", type=float, default=0, help="measure rg -f and searchkit, up to so long"
    )
    parser.add_argument("--expressions-gb", type=float, default=0.1, help="size of their tree")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.runs < 1 or options.gb <= 0:
        parser.error("--runs and --gb must be positive")
    return options


def main() -> int:
    options = parse_options()
    work = options.work or Path(tempfile.mkdtemp(prefix="haystack-bench-"))
    work.mkdir(parents=True, exist_ok=True)
    before = set(work.iterdir())
    figures: list[Figure] = []
    try:
        bench = Bench(find_haystack(options.haystack), find_rg(), work, options)
        check_space(work, options.gb)
        describe(bench)
        for name in options.only or PARTS:
            figures.extend(PARTS[name](bench))
    except (BenchError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        if figures:
            show(figures)
        if options.keep:
            print(f"trees kept in {work}", file=sys.stderr)
        elif options.work is None:
            shutil.rmtree(work)
        else:
            for made in set(work.iterdir()) - before:
                shutil.rmtree(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
