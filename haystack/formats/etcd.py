"""etcd: JSON (zap) since 3.4, capnslog's text before.

    {"level":"warn","ts":"2026-03-11T09:12:45.101Z","caller":"etcdserver/util.go:170","msg":"apply request took …"}
    2020-12-17 21:15:14.065641 W | etcdserver: read-only range request … took too long (202.040532ms) to execute

A JSON line's further fields follow the message as ``name=value``: the reason stands there, not in the message.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone

from ..record import LEVELS, Level
from .head import Format, Head
from .json_lines import read_object
from .stamps import iso_to_time, stamp_to_time

_TEXT = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{6}) ([CEWNIDT]) \| ([\w/.-]{1,80}): (.*)", re.DOTALL | re.ASCII
)
_LETTERS = {
    "C": Level.CRITICAL,
    "E": Level.ERROR,
    "W": Level.WARNING,
    "N": Level.INFO,
    "I": Level.INFO,
    "D": Level.DEBUG,
    "T": Level.DEBUG,
}
_ENVELOPE = frozenset(("level", "ts", "logger", "caller", "msg", "stacktrace"))


def parse(line: str) -> Head | None:
    """The head of a line of etcd."""
    if line.startswith('{"'):
        return _json(line) if '"ts"' in line and '"msg"' in line else None
    if line[27:30] != "| " and line[28:31] != " | ":
        return None
    found = _TEXT.match(line)
    if found is None:
        return None
    date, clock, fraction, letter, package, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, _LETTERS[letter], message, package) if time else None


def _json(line: str) -> Head | None:
    event = read_object(line)
    if event is None or not {"level", "ts", "msg"} <= event.keys():
        return None
    level = LEVELS.get(str(event["level"]).upper())
    if level is None:
        return None
    fields = "".join(f" {name}={_show(value)}" for name, value in event.items() if name not in _ENVELOPE)
    message, *more = (str(event["msg"]) + fields).split("\n")
    stack = str(event["stacktrace"]).split("\n") if event.get("stacktrace") else []
    logger = str(event.get("logger") or event.get("caller") or "").partition(":")[0]
    return Head(_time(event["ts"]), level, message, logger, body=(*more, *stack))


def _show(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _time(value: object) -> datetime | None:
    if isinstance(value, str):
        return iso_to_time(value)
    if isinstance(value, (int, float)):
        try:
            return datetime.fromtimestamp(value, tz=timezone.utc)
        except (ValueError, OverflowError, OSError):
            return None
    return None


FORMAT = Format("etcd", parse, multiline=False)
