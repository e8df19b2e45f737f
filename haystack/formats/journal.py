"""journald's entries with all their fields: ``journalctl -o json`` (-sse, -seq), ``-o export`` and ``-o verbose``.

    {"__REALTIME_TIMESTAMP":"1773220460531012","SYSLOG_IDENTIFIER":"nova-api","_PID":"811","PRIORITY":"3","MESSAGE":"…"}

    __CURSOR=s=6c…;i=1f                                          one field a line, a blank line ends the entry
    __REALTIME_TIMESTAMP=1773220460531012
    MESSAGE=…

    Wed 2026-03-11 09:14:20.531012 UTC [s=6c…;i=1f;b=…;m=…;t=…;x=…]            verbose: the fields below it, indented

oslo.log's journald handler (``use_journal``) adds LOGGER_NAME, LOGGER_LEVEL, REQUEST_ID, USER_ID, PROJECT_ID and
EXCEPTION_TEXT; the formatted line is in MESSAGE all the same, and wins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..record import LEVELS
from .head import Format, Head
from .inner import carried
from .json_lines import read_object
from .stamps import stamp_to_time
from .syslog_prefix import SEVERITIES, read_zone_word

_FIELD = re.compile(r"([A-Z_][A-Z0-9_]{0,63})(?:=(.*)|$)", re.DOTALL | re.ASCII)
# A text of several lines has its name on a line of its own and its length, eight bytes, before it.
_LENGTH = 8
_JSON = ("{", "data: {", "\x1e{")  # -sse and -seq put something before each object
_VERBOSE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{6}))? ([A-Z]{3,5}|[+-]\d\d(?:\d\d)?)"
    r" \[s=[0-9a-f]{1,32};[^\]]{1,200}\]$",
    re.ASCII,
)
_INDENTED = re.compile(r" {4}([A-Z_][A-Z0-9_]{0,63})=(.*)", re.DOTALL | re.ASCII)


def parse(line: str) -> Head | None:
    """The head of an entry in JSON, or the first line of an exported one."""
    if line.startswith(_JSON):
        return _json(line) if '"__REALTIME_TIMESTAMP"' in line and '"MESSAGE"' in line else None
    if "[s=" in line[:48]:
        return _verbose(line)
    return Head(None, None, line, "journal") if line.startswith("__CURSOR=s=") else None


def _verbose(line: str) -> Head | None:
    found = _VERBOSE.match(line)
    if found is None:
        return None
    date, clock, fraction, zone = found.groups()
    time = stamp_to_time(date, clock, fraction, read_zone_word(zone))
    return Head(time, None, line, "journal") if time else None


def finish(head: Head, body: list[str]) -> tuple[Head, list[str]]:
    """The event of an exported entry, of which only the first line had been read."""
    if head.time is not None and _VERBOSE.match(head.message):
        entry = _entry(head.time, {found[1]: found[2] for found in map(_INDENTED.match, body) if found})
        return entry, list(entry.body)
    if not head.message.startswith("__CURSOR=s="):
        return head, body
    fields: dict[str, str] = {}
    name, is_long = "", False
    for line in body:
        found = None if is_long and line.startswith((" ", "\t")) else _FIELD.match(line)
        if found and found.group(2) is not None:
            name, is_long = found.group(1), False
            fields[name] = found.group(2)
        elif found and not is_long:
            name, is_long = found.group(1), True
            fields[name] = ""
        elif name and line:
            fields[name] = f"{fields[name]}\n{line}" if fields[name] else line[_LENGTH:] if is_long else line
    read = _read(fields)
    return (read, list(read.body)) if read is not None else (head, body)


def _json(line: str) -> Head | None:
    event = read_object(line.lstrip("\x1e").removeprefix("data: "))
    return _read(event) if event is not None else None


def _read(fields: Mapping[str, Any]) -> Head | None:
    time = _time(fields.get("_SOURCE_REALTIME_TIMESTAMP")) or _time(fields.get("__REALTIME_TIMESTAMP"))
    return _entry(time, fields) if time is not None else None


def _entry(time: datetime, fields: Mapping[str, Any]) -> Head:
    program = _text(fields, "SYSLOG_IDENTIFIER") or _text(fields, "_COMM") or _text(fields, "_SYSTEMD_UNIT")
    pid = _text(fields, "_PID") or _text(fields, "SYSLOG_PID")
    priority = _text(fields, "PRIORITY")
    severity = SEVERITIES[int(priority)] if priority in tuple("01234567") else None
    text = _message(fields.get("MESSAGE"))
    head = carried(text, time, f"{program}[{pid}]", program, pid, severity)
    return head._replace(
        level=LEVELS.get(_text(fields, "LOGGER_LEVEL")) or head.level,
        logger=_text(fields, "LOGGER_NAME") or head.logger,
        request_id=head.request_id or _text(fields, "REQUEST_ID"),
        user=head.user or _text(fields, "USER_ID"),
        project=head.project or _text(fields, "PROJECT_ID"),
        body=head.body or tuple(line for line in _text(fields, "EXCEPTION_TEXT").split("\n") if line),
    )


def _message(value: object) -> str:
    """The message: a text, or its bytes where they are no UTF-8, or null where it is long."""
    if isinstance(value, list):
        if all(isinstance(item, int) and 0 <= item < 256 for item in value):
            return bytes(value).decode("utf-8", "replace")
        return "\n".join(str(item) for item in value)
    return "" if value is None else str(value)


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _time(value: object) -> datetime | None:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) != 16:
        return None
    return datetime.fromtimestamp(int(value) / 1e6, tz=timezone.utc)


FORMAT: Format = Format("journal", parse, multiline=True, block=True, finish=finish)
