"""What a node holds outside of log files: entries of its journal, and what its containers say.

A question is put to each of these streams for its window alone, and what it hits comes here whole: into files of a
private directory, laid out as ``fetch`` does it, which are then searched as any others.
"""

from __future__ import annotations

import json
import shutil
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

from ...errors import NodeError
from ...services import Services
from ..clock import Clocks
from ..files import FilesEngine
from ..query import Query
from ..window import DISORDER
from .session import Session

JOURNAL = "journal"
# Without a window so much (s) of the past is asked for, as ``fetch`` does it.
_DEFAULT = 24 * 3600
_MOST = 8 << 20
_FIRST = datetime(2000, 1, 1)
# Lines around a hit in what a container says: an error has more of them behind it than before.
_BEFORE, _AFTER = 1, 13


class Stream(NamedTuple):
    """The journal, or what a container says: ``tool`` and ``name`` (none for the journal)."""

    tool: str
    name: str = ""

    @property
    def kept(self) -> str:
        """Where its hits are kept, after the command that says it."""
        if self.tool == JOURNAL:
            return "var/log/journal/journalctl_-o_export"
        return f"var/log/containers/{self.tool}_logs_--timestamps_{self.name}"

    @property
    def words(self) -> str:
        """What it is called when something is wrong with it."""
        return f"{self.tool} {self.name}".strip()


class Streams:
    """The streams of nodes, and what came of them so far. Use as a context: the files are gone after it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._home = Path(tempfile.mkdtemp(prefix="haystack-live-"))
        self._by_node: dict[str, tuple[Session, Sequence[Stream]]] = {}
        self._known: dict[tuple[str, Stream], set[bytes]] = {}
        self._lock = threading.Lock()
        self._count = 0

    def __enter__(self) -> Streams:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._home, ignore_errors=True)

    def add(self, session: Session, streams: Sequence[Stream]) -> None:
        """A node has these."""
        if streams:
            self._by_node[session.node] = session, streams

    def __iter__(self) -> Iterator[str]:
        """The nodes that have some."""
        return iter(self._by_node)

    def ask(self, node: str, query: Query, ahead: float) -> list[str]:
        """Bring what a question hits in the streams of a node whose clock is ``ahead``; what was wrong, in words.

        Raises NodeError.
        """
        session, streams = self._by_node[node]
        notes: list[str] = []
        for stream in streams:
            lines, whole = self._asked(session, stream, query, ahead)
            is_journal = stream.tool == JOURNAL
            entries = map(_exported, lines) if is_journal else zip(lines, lines, strict=True)
            self._keep(node, stream, filter(None, entries))
            if not whole:
                notes.append(f"{node}: not all of {stream.words} that may tell something was looked at")
        return notes

    def _asked(self, session: Session, stream: Stream, query: Query, ahead: float) -> tuple[list[bytes], bool]:
        since, until = _window(query, ahead)
        texts = [*query.ids, *query.literals]
        if stream.tool == JOURNAL:
            # In JSON an entry is a line, and some characters are written otherwise.
            texts += [escaped for text in texts if (escaped := json.dumps(text)[1:-1]) != text]
            question = f"{JOURNAL} {since.timestamp():.6f} {f'{until.timestamp():.6f}' if until else ''}"
            around = (0, 0)
        else:
            question = f"{stream.tool} {stream.name} {_stamp(since)} {_stamp(until) if until else ''}"
            around = (_BEFORE, _AFTER)
        answer = session.ask("stream", question.encode(), "\n".join(texts).encode(), _MOST, *around)
        whole = len(answer) < _MOST
        lines = answer.split(b"\n")
        return lines[:-1], whole

    def _keep(self, node: str, stream: Stream, entries: Iterable[tuple[bytes, bytes]]) -> None:
        with self._lock:
            known = self._known.setdefault((node, stream), set())
            self._count += 1
            number = self._count
        new: list[bytes] = []
        for key, text in entries:
            if key not in known:
                known.add(key)
                new.append(text)
        if new:
            # What is known stays where it is, for a record is known by its place. The name is that of a dated rotation,
            # as fetch gives it.
            path = self._home / node / f"{stream.kept}-{_FIRST + timedelta(seconds=number):%Y%m%d-%H%M%S}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"\n".join((*new, b"")))

    def engine(self, clocks: Clocks) -> FilesEngine:
        """Searches what came so far."""
        return FilesEngine([self._home], self._services, clocks, jobs=1)


def _window(query: Query, ahead: float) -> tuple[datetime, datetime | None]:
    """The window of a question by the node's clock."""
    off = timedelta(seconds=ahead)
    end = query.until + DISORDER + off if query.until else None
    if query.since:
        return query.since - DISORDER + off, end
    last = end or datetime.fromtimestamp(time.time(), tz=timezone.utc) + off
    return last - timedelta(seconds=_DEFAULT), end


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S.%f}Z"


def _exported(line: bytes) -> tuple[bytes, bytes] | None:
    """The cursor of an entry in JSON, and the entry as ``journalctl -o export`` says it; None where it is none."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, Mapping) or not isinstance(fields.get("__CURSOR"), str):
        return None
    parts: list[bytes] = []
    for name in sorted(fields, key=lambda name: name != "__CURSOR"):
        values = fields[name]
        several = isinstance(values, list) and not all(isinstance(value, int) for value in values)
        for value in values if several else [values]:
            data = _bytes(value)
            if data is not None and name.isascii() and name.replace("_", "").isalnum():
                parts.append(_field(name.encode(), data))
    return fields["__CURSOR"].encode("utf-8", "replace"), b"".join(parts)


def _bytes(value: object) -> bytes | None:
    """A value: a text, or a list of its bytes where it is no UTF-8; None for null."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    if isinstance(value, list):
        return bytes(byte for byte in value if isinstance(byte, int) and 0 <= byte < 256)
    return None


def _field(name: bytes, data: bytes) -> bytes:
    if b"\n" in data:
        return name + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
    return name + b"=" + data + b"\n"


def streams_of(session: Session, containers: Callable[[], Sequence[str]], tool: str) -> tuple[list[Stream], str]:
    """The streams a node has, and what was wrong with asking for them, in words."""
    found = [Stream(JOURNAL)] if session.ask("journal").strip() == b"journal" else []
    if not tool:
        return found, ""
    try:
        return [*found, *(Stream(tool, name) for name in containers())], ""
    except NodeError as err:
        return found, f"{err.says}" + (f"; {err.fix}" if err.fix else "")
