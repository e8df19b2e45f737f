"""What the log files are, as far as a look at them tells: node, service, formats, size, times. For ``nodes list``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from ..errors import UnreadableError
from . import reading
from .clock import NodeClock
from .discover import LogFile
from .files import FilesEngine
from .look import Facts, kinds, last_time

_BLOCK = 1 << 18


class Log(NamedTuple):
    """A log with its rotations: the path of the newest file, and what was recognised. Times are UTC."""

    service: str
    path: str
    sources: tuple[str, ...]
    size: int
    formats: tuple[str, ...]
    first: datetime | None
    last: datetime | None


class NodeLogs(NamedTuple):
    """A node, its clock, and its logs; the clock's source is empty where it is assumed."""

    node: str
    clock: NodeClock
    logs: tuple[Log, ...]


def survey(engine: FilesEngine) -> tuple[NodeLogs, ...]:
    """Nodes by name, with their logs by path. What cannot be read is in the engine's coverage."""
    logs: dict[str, list[Log]] = {}
    for _, files in groupby(engine.files, key=lambda file: file.series):
        node, log = _log(engine, list(files))
        logs.setdefault(node, []).append(log)
    return tuple(NodeLogs(node, engine.clocks.of(node), tuple(logs[node])) for node in sorted(logs))


def _log(engine: FilesEngine, files: Sequence[LogFile]) -> tuple[str, Log]:
    newest = files[-1]
    to_utc = engine.clocks.of(newest.node).to_utc
    formats: dict[str, None] = {}
    times: list[datetime] = []
    for file in files:
        facts = engine.look(file)
        with engine.troubles_of(file):
            formats.update(dict.fromkeys(kinds(file, facts)))
        times += [to_utc(time) for time in (facts.first, facts.last) if time]
    if newest.compression:
        with engine.troubles_of(newest):
            times += [to_utc(time) for time in _last(newest, engine.look(newest))]
    return newest.node, Log(
        newest.service,
        newest.path,
        tuple(engine.name_of(file.source) for file in files),
        sum(file.size for file in files),
        tuple(formats),
        min(times, default=None),
        max(times, default=None),
    )


def _last(file: LogFile, facts: Facts) -> Iterator[datetime]:
    """The last time of a compressed file, which is known once it was read through."""
    last: datetime | None = None
    with reading.open_stream(file.source, file.compression) as stream:
        try:
            before = b""
            for block in reading.stream_blocks(stream, _BLOCK):
                last = last_time(before + block, facts.formats) or last
                before = block[-(4 << 10) :]
        except UnreadableError:
            if last:
                yield last
            raise
    if last:
        yield last
