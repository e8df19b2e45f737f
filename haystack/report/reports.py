"""The formats of an answer: what each is called, by which file names it is known, and what renders it.

A module is imported when its format is asked for, so that JSON does not wait for rich, and `--help` for neither.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from ..errors import UsageError
from . import output

if TYPE_CHECKING:
    from ..diagnose.model import Diagnosis, Triage

    Answer = Diagnosis | Triage


class Report(NamedTuple):
    """A format. Both renderers are ``render(answer, ascii_only) -> text``, named ``module.function`` of this package.

    With ``ascii_only`` a format that can write any character in ASCII does so: the output does not know them all.
    """

    suffixes: tuple[str, ...]
    diagnosis: str
    triage: str


REPORTS = {
    "text": Report((".txt",), "text.render", "triage_text.render"),
    "json": Report((".json",), "json_report.render", "triage_json.render"),
    "markdown": Report((".md", ".markdown"), "markdown.render", "markdown.render"),
    "html": Report((".html", ".htm"), "html.page.render", "html.page.render"),
    "junit": Report((".xml", ".junit.xml"), "junit.render", "junit.render"),
    "sarif": Report((".sarif", ".sarif.json"), "sarif.render", "sarif.render"),
}
DEFAULT = "text"


class Output(NamedTuple):
    """Where an answer goes, and how it is written; ``path`` is None for standard output."""

    path: Path | None
    format: str


def outputs(paths: Sequence[Path], format_: str | None) -> list[Output]:
    """What to write where, for the values of ``-o`` and ``--format``.

    ``--format`` holds for all outputs; without it the end of a file's name tells. Raises UsageError for a name that
    tells nothing and for one given twice.
    """
    if len({str(path) for path in paths}) < len(paths):
        twice = next(path for number, path in enumerate(paths) if path in paths[:number])
        raise UsageError(f"-o {twice}: given twice")
    if not paths:
        return [Output(None, format_ or DEFAULT)]
    return [Output(None if str(path) == "-" else path, format_ or _format_of(path)) for path in paths]


def _format_of(path: Path) -> str:
    if str(path) == "-" or (path.exists() and not path.is_file()):
        return DEFAULT  # a device or pipe: its name means nothing
    known = [(suffix, name) for name, report in REPORTS.items() for suffix in report.suffixes]
    for suffix, name in sorted(known, key=lambda row: -len(row[0])):  # .sarif.json before .json
        if path.name.lower().endswith(suffix):
            return name
    raise UsageError(f"-o {path}: which format? Say it with --format, or end the name in {suffixes()}")


def suffixes() -> str:
    """The ends of names, each with its format, in words."""
    return ", ".join(f"{report.suffixes[0]} ({name})" for name, report in REPORTS.items())


def render(answer: Answer, format_: str, ascii_only: bool = False) -> str:
    """The answer in a format of REPORTS, with a line end."""
    from ..diagnose.model import Diagnosis

    report = REPORTS[format_]
    name = report.diagnosis if isinstance(answer, Diagnosis) else report.triage
    module, _, function = name.rpartition(".")
    renderer = cast(
        "Callable[[Answer, bool], str]",
        getattr(importlib.import_module(f".{module}", __package__), function),
    )
    return renderer(answer, ascii_only)


def put(answer: Answer, target: Output) -> None:
    """Write the answer: a file whole or not at all, to a terminal in colour. Raises UsageError where it cannot."""
    if target.path is None and target.format == "text" and sys.stdout.isatty():
        from .console import show

        show(answer)
        return
    ascii_only = target.path is None and not (sys.stdout.encoding or "").lower().startswith("utf")
    output.write(render(answer, target.format, ascii_only), target.path)
