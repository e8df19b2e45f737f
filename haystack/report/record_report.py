"""``haystack find``: records as lines of text for people, or as JSON Lines (``haystack/record-1``) for programs.

A million records may come out, so what many of them share is encoded once, and JSON is put together by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring, encode_basestring_ascii

from ..masking import mask
from ..record import Level, Record
from ..search import Coverage
from .clean import clean

Render = Callable[[Record], str]

_MOST_TROUBLES = 10
_LEVELS = {level: f'"{level.name}"' for level in Level}


def as_json(ascii_only: bool = False) -> Render:
    """Renders a record as one line of JSON; ``ascii_only`` for an output that is a terminal or not UTF-8."""
    quoted: Callable[[str], str] = encode_basestring_ascii if ascii_only else encode_basestring

    @lru_cache(maxsize=4096)
    def known(text: str) -> str:
        return quoted(text)

    @lru_cache(maxsize=4096)
    def optional(text: str) -> str:
        return quoted(text) if text else "null"

    def render(record: Record) -> str:
        origin, level, raised = record.origin, record.level, record.exception
        exception = "null"
        if raised is not None:
            said = quoted(mask(raised.message))
            exception = f'{{"class": {known(raised.name)}, "message": {said}, "frames": {raised.frames}}}'
        return (
            f'{{"time": {_json_time(record.time)}, "node": {known(origin.node)}, "service": {known(origin.service)}, '
            f'"pid": {optional(record.pid)}, "level": {"null" if level is None else _LEVELS[level]}, '
            f'"logger": {known(record.logger)}, "request_id": {optional(record.request_id)}, '
            f'"global_request_id": {optional(record.global_request_id)}, "message": {quoted(mask(record.message))}, '
            f'"exception": {exception}, "format": {known(record.format)}, "file": {known(origin.path)}, '
            f'"line": {origin.line}, "lines": {record.lines}}}\n'
        )

    return render


def as_text(record: Record) -> str:
    """A record as text: when, who, how bad, where; what it says, and its folded lines below."""
    origin = record.origin
    time = f"{record.time:%Y-%m-%d %H:%M:%S}.{record.time.microsecond // 1000:03d}" if record.time else "-"
    fields = (
        f"{time:23}",
        clean(origin.node) or "-",
        origin.service or "-",
        f"{record.level.name if record.level is not None else '-':8}",
        f"{clean(origin.path)}:{origin.line}",
        clean(record.logger) or "-",
        clean(record.request_id or record.global_request_id) or "-",
        clean(record.message),
    )
    text = "  ".join(fields).rstrip() + "\n"
    return text + "".join(f"    {clean(line)}".rstrip() + "\n" for line in record.body)


def not_read(coverage: Coverage, found: int) -> Iterator[str]:
    """Sentences on what could not be read; and on what was, where nothing was found."""
    if not found:
        skipped = f", {len(coverage.skipped)} more are no logs" if coverage.skipped else ""
        yield f"nothing found in {coverage.files} files, {coverage.bytes / 1e6:,.1f} MB{skipped}"
    for trouble in coverage.unreadable[:_MOST_TROUBLES]:
        yield f"not read: {clean(trouble.path)} ({clean(trouble.reason)})"
    if len(coverage.unreadable) > _MOST_TROUBLES:
        yield f"not read: {len(coverage.unreadable) - _MOST_TROUBLES} more"
    yield from map(clean, coverage.notes)


def _json_time(time: datetime | None) -> str:
    # Times are in UTC: what stands behind the microseconds is known.
    return "null" if time is None else f'"{time.isoformat(timespec="microseconds")[:26]}Z"'
