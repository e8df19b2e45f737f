"""What triage costs beside tools that look for the same: rg with the library's literals, rg and searchkit with its
expressions.

Used by run.py; README.md explains the figures and the aims.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench import measure
from tests.bench.figures import Bench, BenchError, Figure, Tree, figure, skipped
from tests.bench.measure import Run, median, ratio

# A name may not stand twice in what other engines make of all expressions.
_NAMED = re.compile(r"\(\?P<\w+>")
_NEEDLESS = re.compile(r"\\(['\"/:=<>,;@!%_ ])")
_ERROR_SHOWN = 200
_STOPPED = 124  # what timeout(1) ends with
_SEARCHKIT = """
import sys
from pathlib import Path
from searchkit import FileSearcher, SearchDef

expressions = Path(sys.argv[1]).read_text().splitlines()
searcher = FileSearcher(decode_errors="replace")
for path in sorted(Path(sys.argv[2]).rglob("*.log*")):
    if path.is_file():
        searcher.add(SearchDef(expressions, tag="all"), str(path))
print(len(searcher.run()))
"""


class Library(NamedTuple):
    """The library as files of other tools: a literal a line, an expression a line."""

    literals: Path
    expressions: Path
    sizes: tuple[int, int]


def written_library(work: Path, rg: str) -> Library:
    """Write what triage scans for: literals, and for each clause its expression, or its texts as one.

    What ``rg`` does not know (looking around) is the clause's texts alone.
    """
    from haystack.diagnose.failures import LITERALS
    from haystack.library import load
    from haystack.library.literals import telling_literals

    library = load()
    literals = [literal for literal in dict.fromkeys((*library.literals, *LITERALS)) if literal.isprintable()]
    expressions: dict[str, None] = dict.fromkeys(map(_escaped, LITERALS))
    for name in library.ids:
        match = library.pattern(name).match
        for clause in (*match.clauses, *match.absent):
            texts = clause.text or tuple(telling_literals(clause))[:1]
            expression = _NEEDLESS.sub(r"\1", _NAMED.sub("(?:", clause.regex))
            usable = expression and _known_to(rg, expression)
            for text in [expression] if usable else map(_escaped, texts):
                if text.isprintable():
                    expressions[text] = None
    directory = work / "library"
    directory.mkdir(exist_ok=True)
    files = directory / "literals.txt", directory / "expressions.txt"
    for path, lines in zip(files, (literals, expressions), strict=True):
        path.write_text("".join(f"{line}\n" for line in lines))
    return Library(*files, (len(literals), len(expressions)))


def _known_to(rg: str, expression: str) -> bool:
    command = [rg, "-q", "-e", expression, "/dev/null"]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode < 2


def _escaped(text: str) -> str:
    return re.sub(r"([.*+?^$(){}|\[\]\\])", r"\\\1", text)


def triage_figures(bench: Bench) -> Iterator[Figure]:
    library = written_library(bench.work, bench.rg)
    literals, expressions = library.sizes
    small = bench.tree("small", bench.options.gb)
    triage = _triage(bench, small)
    fixed = [bench.rg, "-c", "-F", "-f", str(library.literals), str(small.path)]
    runs = _rounds(bench, {"rg -F -f": fixed, "triage": triage}, small, bench.options.runs)
    for what in ("cpu", "wall"):
        ours, theirs = runs["triage"], runs["rg -F -f"]
        note = f"triage {median(ours, what):.2f} s, rg {median(theirs, what):.2f} s; {literals} literals"
        yield figure(f"{what} at {small.size}, triage / rg -c -F -f", ratio(ours, theirs, what), "x", note=note)
    run, peak = measure.run_sampled(triage)
    _check(bench, "triage", run, small)
    note = f"PSS of the process tree, {peak.samples} samples; anonymous {peak.anonymous / 1e6:.0f} MB"
    yield figure(f"peak memory at {small.size}, triage", peak.pss / 1e6, " MB", most=250, note=note)
    part = bench.tree("part", min(bench.options.gb, bench.options.expressions_gb))
    minutes = bench.options.expressions_minutes
    names = {
        tool: f"cpu at {part.size}, triage / {tool}, {expressions} expressions" for tool in ("rg -c -f", "searchkit")
    }
    if minutes <= 0:
        yield from (skipped(name, "no --expressions-minutes") for name in names.values())
        return
    ours = median(_rounds(bench, {"triage": _triage(bench, part)}, part, bench.options.runs)["triage"], "cpu")
    with_expressions = [bench.rg, "-c", "--regex-size-limit", "4G", "--dfa-size-limit", "4G", "-f"]
    yield _once(names["rg -c -f"], [*with_expressions, str(library.expressions), str(part.path)], minutes, ours)
    try:
        python = _searchkit_python(bench.work)
    except (OSError, subprocess.SubprocessError) as err:
        yield skipped(names["searchkit"], f"it cannot be had: {err}")
        return
    yield _once(
        names["searchkit"], [str(python), "-c", _SEARCHKIT, str(library.expressions), str(part.path)], minutes, ours
    )


def _once(name: str, command: list[str], minutes: float, ours: float) -> Figure:
    """One run beside the CPU time of triage; one that is stopped tells what the ratio is at most."""
    print(f"{name}, once ...", file=sys.stderr, flush=True)
    run = measure.run(["timeout", f"{minutes}m", *command])
    if run.code == _STOPPED:
        if not run.cpu:
            return skipped(name, f"not done after {minutes:g} minutes")
        note = f"at most: the other was stopped after {run.cpu:.2f} s; triage {ours:.2f} s"
        return figure(name, ours / run.cpu, "x", most=1, note=note)
    if run.code != 0 or not run.output.strip() or run.output.strip() == b"0":
        return skipped(name, f"it ended with {run.code}: {run.errors.decode(errors='replace')[-_ERROR_SHOWN:]}")
    return figure(name, ours / run.cpu, "x", most=1, note=f"triage {ours:.2f} s, the other {run.cpu:.2f} s, once")


def _searchkit_python(work: Path) -> Path:
    """The interpreter of an environment with searchkit, made once. Raises when it cannot be installed."""
    root = work / "searchkit-venv"
    python = root / "bin" / "python"
    if not python.exists():
        venv.create(root, with_pip=True)
    try:
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "searchkit"], check=True, timeout=300, capture_output=True
        )
    except subprocess.SubprocessError:
        shutil.rmtree(root)
        raise
    return python


def _triage(bench: Bench, tree: Tree) -> list[str]:
    return [bench.haystack, "triage", "--logs", str(tree.path), "--format", "json", "--jobs", "1"]


def _rounds(bench: Bench, commands: dict[str, list[str]], tree: Tree, count: int) -> dict[str, list[Run]]:
    print(f"running {', '.join(commands)} ...", file=sys.stderr, flush=True)
    return measure.rounds(commands, count, lambda name, run: _check(bench, name, run, tree))


def _check(bench: Bench, name: str, run: Run, tree: Tree) -> None:
    """A broken run must not look fast."""
    if name == "triage":
        bench.check(run, tree, [bench.haystack, "triage"])
    elif run.code != 0 or not run.output.strip():
        raise BenchError(f"{name} ended with {run.code}: {run.errors.decode(errors='replace')[-_ERROR_SHOWN:]}")
