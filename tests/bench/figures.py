"""What the benchmark measures: each function makes its trees, runs its rounds and yields figures.

Used by run.py; README.md explains the figures and the aims.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench import generate, measure
from tests.bench.measure import Run, median, ratio

FURTHER = 3  # the large tree is so many times the small one
SLACK = 1.05
FIND_GB = 0.1
TREES = ("small", "large", "gz", "calm", "find", "part")  # directories below the work directory


class BenchError(Exception):
    """The benchmark cannot go on: a tool is missing, the disk is full, an answer is wrong."""


@dataclass(frozen=True)
class Tree:
    path: Path
    request_id: str
    service: str  # what the first candidate has to name; "" when any candidate will do
    lines_with_id: int
    bytes: int
    files: int

    @property
    def size(self) -> str:
        return f"{self.bytes / generate.GB:.2g} GB"


@dataclass(frozen=True)
class Figure:
    name: str
    value: float | None  # None: not measured, the note says why
    unit: str
    aim: str
    met: bool | None
    note: str


def figure(
    name: str, value: float, unit: str, most: float | None = None, least: float | None = None, note: str = ""
) -> Figure:
    """A measured figure with its aim, an upper or a lower bound."""
    aim, met = "", None
    if most is not None:
        aim, met = f"≤ {most:g}{unit}", value <= most
    if least is not None:
        aim, met = f"≥ {least:g}{unit}", value >= least
    return Figure(name, value, unit, aim, met, note)


def skipped(name: str, why: str) -> Figure:
    return Figure(name, None, "", "", None, f"skipped: {why}")


class Bench:
    """The commands to run and the trees to run them on."""

    def __init__(self, haystack: str, rg: str, work: Path, options: argparse.Namespace) -> None:
        self.haystack, self.rg, self.work, self.options = haystack, rg, work, options

    def trace(self, tree: Tree, *more: str) -> list[str]:
        return [self.haystack, "trace", tree.request_id, "--logs", str(tree.path), "--format", "json", *more]

    def grep(self, tree: Tree, *more: str) -> list[str]:
        return [self.rg, *more, "-F", tree.request_id, str(tree.path)]

    def tree(self, name: str, gb: float, gz: bool = False) -> Tree:
        """The tree below the work directory, made now unless a kept one is of the same plan."""
        plan = generate.Plan(
            gb, gz=gz, seed=self.options.seed, span_hours=self.options.span_hours, source=self.options.source
        )
        path = self.work / name
        notes = path / "bench.json"
        report = json.loads(notes.read_text()) if notes.exists() else {}
        if report.get("plan") != asdict(plan):
            if report:  # ours, but of another plan
                shutil.rmtree(path)
            print(f"making {path} ...", file=sys.stderr, flush=True)
            report = generate.generate(path, plan)
        measure.warm(path)
        facts = ("request_id", "service", "lines_with_id", "bytes", "files")
        return Tree(path, **{name: report[name] for name in facts})

    def rounds(self, contestants: Mapping[str, tuple[Tree, Sequence[str]]]) -> dict[str, list[Run]]:
        """Alternating runs; raises BenchError at the first answer that is not right."""
        print(f"running {', '.join(contestants)} ...", file=sys.stderr, flush=True)
        return measure.rounds(
            {name: command for name, (_, command) in contestants.items()},
            self.options.runs,
            lambda name, run: self.check(run, *contestants[name]),
        )

    def check(self, run: Run, tree: Tree, command: Sequence[str]) -> None:
        """A broken run must not look fast: exit code, lines found, and the cause that was planted."""
        shown = " ".join(command)
        if run.code != 0:
            raise BenchError(f"{shown}\n  ended with {run.code}: {run.errors.decode(errors='replace')[-600:].strip()}")
        if command[0] == self.rg:
            notes = f"{tree.path / 'bench.json'}:".encode()
            found = sum(not line.startswith(notes) for line in run.output.splitlines())
            if found != tree.lines_with_id:
                raise BenchError(f"{shown}\n  found {found} lines, planted were {tree.lines_with_id}")
            return
        try:
            candidates = json.loads(run.output)["candidates"]
        except (ValueError, KeyError, TypeError) as err:
            raise BenchError(f"{shown}\n  printed no diagnosis: {run.output[:200]!r}") from err
        if not candidates or not (candidates[0].get("cause") or candidates[0].get("pattern")):
            raise BenchError(f"{shown}\n  named no cause; the answer: {run.output[:200]!r}")
        if tree.service not in json.dumps(candidates[0]):
            raise BenchError(f"{shown}\n  named another cause than {tree.service}: {json.dumps(candidates[0])[:400]}")


def plain_figures(bench: Bench) -> Iterator[Figure]:
    small = bench.tree("small", bench.options.gb)
    large = bench.tree("large", bench.options.gb * FURTHER)
    if measure.available_memory() < (small.bytes + large.bytes) * SLACK:
        print("note: too little memory to hold both trees in the page cache; expect reads from disk", file=sys.stderr)
    contestants = {}
    for tree, size in ((small, "small"), (large, "large")):
        contestants[f"rg {size}"] = (tree, bench.grep(tree))
        contestants[f"trace {size}"] = (tree, bench.trace(tree))
        for jobs in (1, 2):
            contestants[f"trace {size} --jobs {jobs}"] = (tree, bench.trace(tree, "--jobs", str(jobs)))
    runs = bench.rounds(contestants)
    for tree, size in ((small, "small"), (large, "large")):
        for what in ("cpu", "wall"):
            ours, theirs = runs[f"trace {size}"], runs[f"rg {size}"]
            note = f"trace {median(ours, what):.2f} s, rg {median(theirs, what):.2f} s; {tree.files} files"
            aim = 3 if what == "cpu" and tree is small else None
            yield figure(f"{what} at {tree.size}, trace / rg", ratio(ours, theirs, what), "x", most=aim, note=note)
    ours = median(runs["trace large"], "cpu") - median(runs["trace small"], "cpu")
    theirs = median(runs["rg large"], "cpu") - median(runs["rg small"], "cpu")
    further = (large.bytes - small.bytes) / generate.GB
    name, note = (
        "cpu for each further GB, trace / rg",
        f"trace {ours / further:.2f} s, rg {theirs / further:.2f} s a GB",
    )
    if theirs > 0:
        yield figure(name, ours / theirs, "x", most=1.5, note=note)
    else:
        yield skipped(name, "rg took no longer on the large tree; take larger ones")
    for tree, size in ((small, "small"), (large, "large")):
        name = f"wall at {tree.size}, 1 process / 2"
        one, two = runs[f"trace {size} --jobs 1"], runs[f"trace {size} --jobs 2"]
        if len(os.sched_getaffinity(0)) < 2:
            yield skipped(name, "one CPU")
            continue
        note = f"{median(one, 'wall'):.2f} s, {median(two, 'wall'):.2f} s"
        yield figure(name, ratio(one, two, "wall"), "x", least=1.6, note=note)
    run, peak = measure.run_sampled(bench.trace(large))
    bench.check(run, large, bench.trace(large))
    note = (
        f"PSS of the process tree, {peak.samples} samples; anonymous {peak.anonymous / 1e6:.0f}, "
        f"RSS sum {peak.rss / 1e6:.0f}, ru_maxrss of the largest process {run.max_rss / 1e6:.0f} MB"
    )
    yield figure(f"peak memory at {large.size}", peak.pss / 1e6, " MB", most=250, note=note)


def gz_figures(bench: Bench) -> Iterator[Figure]:
    tree = bench.tree("gz", bench.options.gb, gz=True)
    runs = bench.rounds({"rg -z": (tree, bench.grep(tree, "-z")), "trace gz": (tree, bench.trace(tree))})
    for what in ("cpu", "wall"):
        ours, theirs = runs["trace gz"], runs["rg -z"]
        note = f"trace {median(ours, what):.2f} s, rg -z {median(theirs, what):.2f} s; {tree.files} files"
        aim = 0.7 if what == "cpu" else None
        yield figure(f"{what} at {tree.size} in .gz, trace / rg -z", ratio(ours, theirs, what), "x", aim, note=note)


HEADER = """
import os, re, sys
match = re.compile(
    r"(?P<date>\\d{4}-\\d\\d-\\d\\d)[ T]"
    r"(?P<clock>\\d\\d:\\d\\d:\\d\\d)(?:[.,](?P<fraction>\\d{1,6}))?(?: (?P<pid>\\d+))?"
    r" (?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL|TRACE) (?P<logger>\\S+)"
    r"(?: \\[(?P<context>[^\\]]*)\\])? (?P<message>.*)"
).match
matched = 0
for directory, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name != "bench.json":
            with open(os.path.join(directory, name), encoding="utf-8", errors="replace", newline="\\n") as file:
                for line in file:
                    matched += match(line) is not None
print(matched)
"""


def find_figures(bench: Bench) -> Iterator[Figure]:
    """Full parsing: every line of the tree becomes part of a record, in one process."""
    tree = bench.tree("find", FIND_GB)
    find = [bench.haystack, "find", "--logs", str(tree.path), "--jobs", "1"]
    contestants = {
        "re.match": [sys.executable, "-c", HEADER, str(tree.path)],
        "find ''": [*find, "", "--count"],
        "find in every line": [*find, "2026", "--count"],
        "find '' as json": [*find, "", "--format", "json"],
        "find in few lines": [*find, tree.request_id, "--count"],
    }
    print(f"running {', '.join(contestants)} ...", file=sys.stderr, flush=True)
    runs = measure.rounds(contestants, bench.options.runs, _check_find)
    for name in list(contestants)[1:]:
        speed = tree.bytes / 1e6 / median(runs[name], "cpu")
        aim = 2.5 if name == "find ''" else None
        ours, theirs = median(runs[name], "cpu"), median(runs["re.match"], "cpu")
        note = f"{speed:.0f} MB/s a core, {ours:.2f} s; re.match {theirs:.2f} s"
        yield figure(f"cpu, {name} / re.match a line", ratio(runs[name], runs["re.match"], "cpu"), "x", aim, note=note)


def _check_find(name: str, run: Run) -> None:
    if run.code != 0 or not run.output.strip() or run.output.strip() == b"0":
        raise BenchError(f"{name} ended with {run.code}: {run.errors.decode(errors='replace')[-600:]}")


def help_figures(bench: Bench) -> Iterator[Figure]:
    runs = measure.rounds({"help": [bench.haystack, "--help"]}, max(bench.options.runs, 5), _check_help)["help"]
    yield figure("haystack --help, wall", median(runs, "wall") * 1000, " ms", most=150)


def _check_help(_name: str, run: Run) -> None:
    if run.code != 0 or b"Usage" not in run.output:
        raise BenchError(f"haystack --help ended with {run.code}: {run.errors.decode(errors='replace')[-600:]}")


def storm_figures(bench: Bench) -> Iterator[Figure]:
    name, storm, storm_id = "log storm / calm tree", bench.options.storm, bench.options.storm_id
    if storm is None or storm_id is None:
        yield skipped(name, "no --storm DIR --storm-id ID")
        return
    if not storm.is_dir():
        yield skipped(name, f"{storm} is not a directory")
        return
    logs = [path for path in storm.rglob("*") if path.is_file() and "log" in path.parts]
    size = sum(path.stat().st_size for path in logs)
    measure.warm(storm)
    stormy = Tree(storm, storm_id, "", 0, size, len(logs))
    calm = bench.tree("calm", size / generate.GB)
    runs = bench.rounds({"calm": (calm, bench.trace(calm)), "storm": (stormy, bench.trace(stormy))})
    for what in ("cpu", "wall"):
        ours, theirs = runs["storm"], runs["calm"]
        note = f"storm {median(ours, what):.2f} s, calm {median(theirs, what):.2f} s; {size / 1e6:.0f} MB each"
        aim = 2 if what == "cpu" else None
        yield figure(f"{what}, {name}", ratio(ours, theirs, what), "x", aim, note=note)
