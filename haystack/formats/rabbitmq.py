"""RabbitMQ's log, plain text since 3.7, JSON since 3.9, and the reports of 3.6 and older.

    2026-11-22 06:36:25.655849+00:00 [error] <0.3174.0> Error on AMQP connection <0.3174.0> (127.0.0.1:54232 …):
    2026-11-22 06:36:25.655849+00:00 [error] <0.3174.0>  operation none caused a connection exception …

Since 3.9 every line of a report repeats stamp and pid, which is what joins them; 3.7 and 3.8 (lager, local time
without zone) leave the further lines bare. JSON fields: rabbit_logger_json_fmt.erl of rabbitmq-server.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

from ..record import LEVELS, Level
from .head import Format, Head
from .json_lines import read_object
from .stamps import MONTHS, iso_to_time, stamp_to_time

_LINE = re.compile(
    r"((\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)[.,](\d{3,6})(Z|[+-]\d\d:\d\d)?)"
    r" \[(debug|info|notice|warning|error|critical|alert|emergency)\]"
    r" (<\d+\.\d+\.\d+>|emulator|(?= ))(?:@[\w:.]+)? ?(.*)",  # lager leaves out a pid it does not know
    re.DOTALL | re.ASCII,
)
_REPORT = re.compile(
    r"=(ERROR|WARNING|INFO|CRASH|SUPERVISOR|PROGRESS) REPORT==== "
    r"(\d{1,2})-([A-Z][a-z]{2})-(\d{4})::(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))? ===",
    re.ASCII,
)
_CRASH = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) =(ERROR|WARNING|INFO|CRASH|SUPERVISOR|PROGRESS) REPORT====$", re.ASCII
)
_REPORT_LEVELS = {"CRASH": Level.ERROR, "SUPERVISOR": Level.ERROR, "PROGRESS": Level.INFO}


def parse(line: str) -> Head | None:
    """The head of a line of RabbitMQ's log; a line of a longer report comes back as a ``part``."""
    first = line[:1]
    if first == "2":
        return _text(line)
    if first == "{":
        return _json(line)
    return _report(line) if first == "=" else None


def _text(line: str) -> Head | None:
    if line.endswith(" REPORT===="):
        return _crash(line)
    found = _LINE.match(line)
    if found is None:
        return None
    stamp, date, clock, fraction, zone, level, pid, message = found.groups()
    time = stamp_to_time(date, clock, fraction, zone)
    if time is None:
        return None
    return Head(time, LEVELS[level.upper()], message, pid=pid, key=f"{stamp}|{pid}", part=True)


def _crash(line: str) -> Head | None:
    """Of lager's crash.log: the kind of report; its text stands on the lines below."""
    found = _CRASH.match(line)
    if found is None:
        return None
    date, clock, kind = found.groups()
    time = stamp_to_time(date, clock)
    return Head(time, _REPORT_LEVELS.get(kind) or LEVELS[kind], f"{kind} REPORT", key=line) if time else None


def _json(line: str) -> Head | None:
    if '"msg"' not in line or '"pid"' not in line:
        return None
    event = read_object(line)
    if event is None:
        return None
    pid = str(event.get("pid"))
    if "msg" not in event or "time" not in event or not pid.startswith("<"):
        return None
    message, *more = str(event["msg"]).split("\n")
    level = LEVELS.get(str(event.get("level")).upper())
    return Head(_json_time(event["time"]), level, message, str(event.get("domain") or ""), pid, body=tuple(more))


def _json_time(value: object) -> datetime | None:
    if isinstance(value, str):
        return iso_to_time(value)
    if isinstance(value, (int, float)):  # epoch_secs or epoch_usecs, by configuration
        try:
            return datetime.fromtimestamp(value / 1e6 if value > 1e11 else value, tz=timezone.utc)
        except (ValueError, OverflowError, OSError):
            return None
    return None


def _report(line: str) -> Head | None:
    found = _REPORT.match(line)
    if found is None or found.group(3) not in MONTHS:
        return None
    kind, day, month, year, clock, fraction = found.groups()
    time = stamp_to_time(f"{year}-{MONTHS[month]:02}-{int(day):02}", clock, fraction)
    if time is None:
        return None
    # The text stands on the lines below; the kind of report is all that this one says.
    return Head(time, _REPORT_LEVELS.get(kind) or LEVELS[kind], f"{kind} REPORT", key=line)


FORMAT = Format("rabbitmq", parse, multiline=True, service="rabbitmq")
