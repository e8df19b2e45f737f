"""``find``: records by text."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TypeVar

from ..errors import UsageError
from ..library import load
from ..library.literals import pieces, required_literals
from ..names import did_you_mean
from ..record import LEVELS, Level, Record
from ..search import Coverage
from ..search.records import RecordsEngine
from ..search.texts import seek_expression, seek_text
from .common import open_logs

# A shorter text is in so many lines that scanning for it does not pay.
_SHORTEST_PIECE = 3

_Shaped = TypeVar("_Shaped")


def find(
    text: str = "",
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    regex: bool = False,
    ignore_case: bool = False,
    level: str | Level | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    nodes: Sequence[str] = (),
    services: Sequence[str] = (),
    zone: tzinfo | None = None,
    patterns: Sequence[str | os.PathLike[str]] = (),
    by_file: bool = False,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> Found[Record]:
    """The records that hold a text, one after the other; an empty text is in every record.

    The text is looked for in the message with its folded lines, and in the lines as they were written; with ``regex``
    it is an expression of the ``regex`` module. ``level`` is the least level of a record (``warning``). The other
    arguments are those of ``trace``. Records come in order of time over all files, or with ``by_file`` file by file.

    Nothing is held in memory: records are read as they are asked for. What could not be read is in the answer's
    ``coverage()`` once all were. Raises what ``trace`` raises, UsageError also for an expression that is none or
    takes too long.
    """
    return find_as(
        _itself,
        text,
        logs,
        regex=regex,
        ignore_case=ignore_case,
        level=level,
        since=since,
        until=until,
        nodes=nodes,
        services=services,
        zone=zone,
        patterns=patterns,
        by_file=by_file,
        jobs=jobs,
        progress=progress,
        max_archive_size=max_archive_size,
        max_archive_members=max_archive_members,
    )


def find_as(
    shape: Callable[[Record], _Shaped],
    text: str,
    logs: Sequence[str | os.PathLike[str]],
    *,
    regex: bool = False,
    ignore_case: bool = False,
    level: str | Level | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    nodes: Sequence[str] = (),
    services: Sequence[str] = (),
    zone: tzinfo | None = None,
    patterns: Sequence[str | os.PathLike[str]] = (),
    by_file: bool = False,
    numbered: bool = True,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> Found[_Shaped]:
    """``find``, with each record shaped (into a line of text) by the process that read it.

    Without ``numbered`` line numbers are not needed and may be left out.
    """
    library = load([Path(directory) for directory in patterns])
    engine, scope = open_logs(
        RecordsEngine,
        library,
        logs=logs,
        since=since,
        until=until,
        nodes=nodes,
        services=services,
        zone=zone,
        jobs=jobs,
        progress=progress,
        max_archive_size=max_archive_size,
        max_archive_members=max_archive_members,
    )
    if regex and text:
        seek = seek_expression(text, required_literals(text), ignore_case)
    else:
        seek = seek_text(text, pieces(text, _SHORTEST_PIECE), ignore_case)
    seek = seek._replace(level=_level(level), scope=scope, numbered=numbered)
    return Found(engine, engine.records(seek, shape, by_time=not by_file))


class Found(Iterator[_Shaped]):
    """Records as they are found; ``coverage`` tells what was read once all were asked for."""

    def __init__(self, engine: RecordsEngine, records: Iterator[_Shaped]) -> None:
        self._engine, self._records = engine, records

    def __iter__(self) -> Iterator[_Shaped]:
        return self._records

    def __next__(self) -> _Shaped:
        return next(self._records)

    def coverage(self) -> Coverage:
        """What was read, and what could not be."""
        return self._engine.coverage()

    def lines_read(self) -> Mapping[tuple[str, str], int]:
        """How many lines went by in the file at (node, path); only of files of which every line was parsed."""
        return self._engine.lines_read


def _level(level: str | Level | None) -> int:
    if level is None or isinstance(level, Level):
        return level or 0
    try:
        return LEVELS[level.upper()]
    except KeyError as err:
        raise UsageError(f'no level "{level}"; {did_you_mean(level.upper(), list(LEVELS))}'.rstrip("; ")) from err


def _itself(record: Record) -> Record:
    return record
