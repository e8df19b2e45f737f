"""Turns captured incidents into templates that can be replayed at another time with other ids.

An incident is read once and cut into literals and slots (stamps, ids, pids, host names). A `Block` lays
several incidents over each other in time order; rendering it is one `bytes.join` a file, which is what makes
a gigabyte a matter of seconds. Stamps move by whole seconds, so the captured fractions stay as they are.
Used by generate.py only.
"""

from __future__ import annotations

import calendar
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import NamedTuple

MONTHS = b"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
UUID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
SLOT = re.compile(
    # oslo, rabbitmq, libvirt, ovs; mariadb pads a one-digit hour with a blank
    rb"(?P<iso>\d{4}-\d\d-\d\d[ T][ \d]\d:\d\d:\d\d)"
    # haproxy `22/Nov/2026:06:02:40`, eventlet's access log `22/Nov/2026 06:02:40`
    rb"|(?P<clf>\d\d/(?:%(months)b)/\d{4}[ :]\d\d:\d\d:\d\d)"
    # uwsgi `Sun Nov 22 06:02:37 2026`
    rb"|(?P<ctime>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:%(months)b) [ \d]\d \d\d:\d\d:\d\d \d{4})"
    rb"|req-(?P<request>%(uuid)b)|\b(?P<id>%(uuid)b)"
    # a network device is named after the first eleven characters of its port
    rb"|(?:tap|qvo|qvb|qbr|qr-|qg-)(?P<port>[0-9a-f]{8}-[0-9a-f]{2})\b"
    rb"|\b(?P<host>(?:controller|network|storage|compute)\d)\b"
    # oslo header, uwsgi, libvirtd, the client name of an AMQP connection
    rb"|(?:(?<=\d\.\d{3} )(?=\d+ [A-Z]+ )|(?<=\[pid: )|(?<=\+0000: )(?=\d+: )|(?<=[a-z]:)(?=\d+:%(uuid)b))(?P<pid>\d+)"
    % {b"months": MONTHS, b"uuid": UUID}
)
STARTS_EVENT = re.compile(rb"\d{4}-\d\d-\d\d[ T]|\[pid: |[\d.]+:\d+ \[")
STAMPS = ("iso", "clf", "ctime")
ZERO_HOUR_BLANK = ("mysql", "mariadb")


class Slot(NamedTuple):
    kind: str
    value: bytes | int  # a stamp's value is its captured second since the epoch


class Event(NamedTuple):
    time: float
    path: str
    pieces: tuple[bytes | Slot, ...]


@dataclass(frozen=True)
class Incident:
    name: str
    events: tuple[Event, ...]
    start: int
    end: int
    size: int
    requests: frozenset[bytes]
    ids: frozenset[bytes]

    @property
    def paths(self) -> set[str]:
        return {event.path for event in self.events}


class Replay(NamedTuple):
    incident: Incident
    hosts: Mapping[bytes, bytes]  # captured node name -> node of the tree
    offset: int  # seconds from the start of the block
    captured_ids: bool = False


def read_incident(directory: Path) -> Incident:
    """The incident in `<directory>/<node>/var/log/…`; raises ValueError when it has no stamped line."""
    events = [event for path in sorted(directory.glob("*/var/log/**/*.log")) for event in _events(path, directory)]
    times = [event.time for event in events if event.time]
    if not times:
        raise ValueError(f"{directory}: no log lines with a time stamp below */var/log")
    start, end = int(min(times)), int(max(times)) + 1
    placed = tuple(sorted((event._replace(time=max(event.time, start)) for event in events), key=lambda e: e.time))
    slots = [piece for event in placed for piece in event.pieces if isinstance(piece, Slot)]
    return Incident(
        name=directory.name,
        events=placed,
        start=start,
        end=end,
        size=sum(path.stat().st_size for path in directory.glob("*/var/log/**/*.log")),
        requests=frozenset(slot.value for slot in slots if slot.kind == "request"),
        ids=frozenset(slot.value for slot in slots if slot.kind in ("request", "id")),
    )


def _events(path: Path, directory: Path) -> Iterator[Event]:
    """The file's events; one that is logged after a later one (haproxy stamps the start) keeps its place."""
    relative = path.relative_to(directory).as_posix()
    mariadb = any(f"/{name}/" in relative for name in ZERO_HOUR_BLANK)
    latest, pending = 0.0, []
    for line in path.read_bytes().splitlines(keepends=True):
        if STARTS_EVENT.match(line) and pending:
            yield Event(latest, relative, tuple(_pieces(b"".join(pending), mariadb)))
            pending = []
        if STARTS_EVENT.match(line):
            latest = max(latest, _line_time(line))
        pending.append(line if line.endswith(b"\n") else line + b"\n")
    if pending:
        yield Event(latest, relative, tuple(_pieces(b"".join(pending), mariadb)))


def _line_time(line: bytes) -> float:
    stamp = next((match for match in SLOT.finditer(line) if match.lastgroup in STAMPS), None)
    if stamp is None:
        return 0.0
    fraction = re.match(rb"[.,](\d+)", line[stamp.end() : stamp.end() + 8])
    return _second(stamp.group(stamp.lastgroup)) + (float(b"0." + fraction[1]) if fraction else 0.0)


def _second(stamp: bytes) -> int:
    text = stamp.decode()
    for layout in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%b/%Y:%H:%M:%S", "%d/%b/%Y %H:%M:%S"):
        try:
            return calendar.timegm(time.strptime(text, layout))
        except ValueError:
            continue
    return calendar.timegm(time.strptime(text, "%a %b %d %H:%M:%S %Y"))


def _pieces(text: bytes, mariadb: bool) -> Iterator[bytes | Slot]:
    done = 0
    for match in SLOT.finditer(text):
        kind = match.lastgroup or ""
        begin, end = match.span(kind)
        if begin > done:
            yield text[done:begin]
        value = match[kind]
        if kind in STAMPS:
            yield Slot(_layout(kind, value, mariadb), _second(value))
        else:
            yield Slot(kind, value)
        done = end
    if done < len(text):
        yield text[done:]


def _layout(kind: str, stamp: bytes, mariadb: bool) -> str:
    """The strftime layout that writes `stamp` as it was captured."""
    if kind == "iso":
        if mariadb:
            return "%Y-%m-%d %_H:%M:%S"
        return "%Y-%m-%dT%H:%M:%S" if b"T" in stamp else "%Y-%m-%d %H:%M:%S"
    if kind == "clf":
        return "%d/%b/%Y %H:%M:%S" if b" " in stamp else "%d/%b/%Y:%H:%M:%S"
    return "%a %b %_d %H:%M:%S %Y"


@lru_cache(maxsize=50_000)
def _stamp(layout: str, second: int) -> bytes:
    moment = time.gmtime(second)
    layout = layout.replace("%_H", f"{moment.tm_hour:2d}").replace("%_d", f"{moment.tm_mday:2d}")
    return time.strftime(layout, moment).encode()


def lasting_ids(incidents: Iterable[Incident]) -> frozenset[bytes]:
    """Ids of the cloud itself (image, network, resource provider): seen in two incidents and no request's."""
    incidents = list(incidents)
    requests = frozenset().union(*(incident.requests for incident in incidents))
    seen: set[bytes] = set()
    again: set[bytes] = set()
    for incident in incidents:
        again |= seen & incident.ids
        seen |= incident.ids
    return frozenset(again - requests)


def on_hosts(path: str, hosts: Mapping[bytes, bytes]) -> str:
    """A captured path on the nodes of the tree (`rabbit@controller1.log` moves with its node)."""
    pattern = r"\b(?:controller|network|storage|compute)\d\b"
    return re.sub(pattern, lambda match: hosts[match[0].encode()].decode(), path)


class Block:
    """Replays laid over each other, ready to be rendered at any time with fresh ids and pids."""

    def __init__(self, replays: Iterable[Replay], lasting: frozenset[bytes]) -> None:
        self._lasting = lasting
        self._table: list[bytes] = [b""]
        self._indices: dict[object, int] = {b"": 0}
        self._slots: list[tuple[int, Slot]] = []  # (number of the replay, slot) of the table's open places
        replays = list(replays)
        events = [
            (event.time - replay.incident.start + replay.offset, number, event)
            for number, replay in enumerate(replays)
            for event in replay.incident.events
        ]
        events.sort(key=itemgetter(0, 1))
        pieces: dict[str, list[bytes | tuple[int, Slot]]] = {}
        self.last: dict[str, int] = {}  # path -> second of its last event in the block
        for when, number, event in events:
            path = on_hosts(event.path, replays[number].hosts)
            pieces.setdefault(path, []).extend(self._place(piece, number, replays[number]) for piece in event.pieces)
            self.last[path] = int(when)
        # literals first, so that rendering appends the slots' values to a ready table
        merged = {path: list(_merge_literals(found)) for path, found in pieces.items()}
        for piece in (piece for found in merged.values() for piece in found if isinstance(piece, bytes)):
            if piece not in self._indices:
                self._indices[piece] = len(self._table)
                self._table.append(piece)
        for piece in (piece for found in merged.values() for piece in found if not isinstance(piece, bytes)):
            if piece not in self._indices:
                self._indices[piece] = len(self._table) + len(self._slots)
                self._slots.append(piece)
        # two empty pieces more: itemgetter gives a tuple only for two indices and up
        self._files = {path: itemgetter(0, 0, *map(self._indices.get, found)) for path, found in merged.items()}

    def _place(self, piece: bytes | Slot, number: int, replay: Replay) -> bytes | tuple[int, Slot]:
        if isinstance(piece, bytes):
            return piece
        if piece.kind == "host":
            return replay.hosts[piece.value]
        if isinstance(piece.value, int):
            return (0, Slot(piece.kind, piece.value - replay.incident.start + replay.offset))
        if replay.captured_ids or piece.value in self._lasting:
            return piece.value
        if piece.kind == "port":
            owner = next((uuid for uuid in sorted(replay.incident.ids) if uuid.startswith(piece.value)), piece.value)
            return piece.value if owner in self._lasting else (number, Slot("port", owner))
        return (number, Slot("pid" if piece.kind == "pid" else "id", piece.value))

    def render(self, start: int, random: Random) -> Iterator[tuple[str, bytes]]:
        """Each file's text for a block that begins at `start`, with ids and pids drawn from `random`."""
        drawn: dict[tuple[int, bytes | int], bytes] = {}
        turn = random.randrange(58_000)
        values = []
        for number, (kind, value) in self._slots:
            if isinstance(value, int):
                values.append(_stamp(kind, start + value))
            elif kind == "pid":
                values.append(b"%d" % (1_000 + (int(value) * 7 + turn + number * 613) % 58_000))
            else:
                key = (number, value)
                if key not in drawn:
                    drawn[key] = _fresh_uuid(random)
                values.append(drawn[key][:11] if kind == "port" else drawn[key])
        table = self._table + values
        for path, pick in self._files.items():
            yield path, b"".join(pick(table))


def _merge_literals(pieces: Iterable[bytes | tuple[int, Slot]]) -> Iterator[bytes | tuple[int, Slot]]:
    literal: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            literal.append(piece)
            continue
        if literal:
            yield b"".join(literal)
            literal = []
        yield piece
    if literal:
        yield b"".join(literal)


def _fresh_uuid(random: Random) -> bytes:
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}".encode()
