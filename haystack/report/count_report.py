"""``haystack find --count``: how many records, as a number, by file, or as JSON (``haystack/count-1``).

The JSON adds lines up, so that anybody can see that none was lost: what the records took, and what went by.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..record import Record
from ..search import Coverage
from .clean import clean
from .json_report import coverage_document

SCHEMA = "haystack/count-1"

Place = tuple[str, str]
# What records are counted by: node, path, and the lines the record took.
Counted = tuple[str, str, int]


class Count(NamedTuple):
    """Of one file: its records, the lines they took, and all lines that went by (None where only hits were parsed)."""

    records: int = 0
    lines: int = 0
    lines_read: int | None = None


def counted(record: Record) -> Counted:
    """What is counted of a record."""
    return record.origin.node, record.origin.path, record.lines


def by_place(counts: Mapping[Counted, int], lines_read: Mapping[Place, int]) -> dict[Place, Count]:
    """The counts of each (node, path), in this order."""
    files = {place: Count(lines_read=lines) for place, lines in lines_read.items()}
    for (node, path, lines), records in counts.items():
        before = files.get((node, path), Count())
        files[node, path] = before._replace(records=before.records + records, lines=before.lines + records * lines)
    return dict(sorted(files.items()))


def as_text(files: Mapping[Place, Count], by_file: bool) -> str:
    """The number of records; or a line for each file that has some."""
    if not by_file:
        return f"{sum(count.records for count in files.values())}\n"
    return "".join(
        f"{count.records:>9}  {clean(node) or '-'}  {clean(path)}\n"
        for (node, path), count in files.items()
        if count.records
    )


def as_json(files: Mapping[Place, Count], by_file: bool, coverage: Coverage) -> str:
    """The document, on one line with its end."""
    document: dict[str, object] = {"schema": SCHEMA, **_sums(files.values())}
    if by_file:
        document["files"] = [{"node": node, "file": path, **_sums((count,))} for (node, path), count in files.items()]
    return json.dumps({**document, "coverage": coverage_document(coverage)}) + "\n"


def _sums(counts: Iterable[Count]) -> dict[str, int | None]:
    rows = list(counts)
    read = [count.lines_read for count in rows if count.lines_read is not None]
    return {
        "count": sum(count.records for count in rows),
        "lines": sum(count.lines for count in rows),
        "lines_read": sum(read) if read and len(read) == len(rows) else None,
    }
