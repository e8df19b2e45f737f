"""The slow query log of MariaDB and MySQL.

    # Time: 260311  9:14:20                                  MariaDB, once a second, local; MySQL prints ISO with a zone
    # User@Host: nova[nova] @ controller1 [10.0.0.1]
    # Thread_id: 12  Schema: nova  QC_hit: No
    # Query_time: 10.104520  Lock_time: 0.000090  Rows_sent: 1  Rows_examined: 120000
    SET timestamp=1773220460;
    SELECT …;

An event begins with its user; when the statement ended is told by its ``SET timestamp``.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

from .head import Format, Head
from .stamps import iso_to_time, stamp_to_time

_TIME = re.compile(r"# Time: (?:(\d\d)(\d\d)(\d\d) ([ \d]\d:\d\d:\d\d)|(\d{4}-\d\d-\d\dT\S{8,24}))$", re.ASCII)
_USER = re.compile(r"# User@Host: (\S{0,80}\[\S{0,80}\] @ .*)", re.DOTALL)
_BANNER = re.compile(r"/\S{1,200}, Version: \S.* started with:$")
_SET = re.compile(r"SET timestamp=(\d{9,10});$", re.ASCII)


def parse(line: str) -> Head | None:
    """The head of a statement, of the second it ran in, or of what the server prints when it opens the file."""
    if line.startswith("# "):
        found = _USER.match(line)
        return Head(None, None, found.group(1), "slow query") if found else _second(line)
    return Head(None, None, line) if line[:1] == "/" and _BANNER.match(line) else None


def _second(line: str) -> Head | None:
    found = _TIME.match(line)
    if found is None:
        return None
    year, month, day, clock, iso = found.groups()
    time = iso_to_time(iso) if iso else stamp_to_time(f"20{year}-{month}-{day}", clock)
    return Head(time, None, line[2:], "slow query") if time else None


def finish(head: Head, body: list[str]) -> tuple[Head, list[str]]:
    """The event with the time its statement tells."""
    found = next(filter(None, map(_SET.match, body)), None)
    if found is None or head.time is not None:
        return head, body
    return head._replace(time=datetime.fromtimestamp(int(found.group(1)), tz=timezone.utc)), body


FORMAT = Format("slow_query", parse, multiline=True, service="mariadb", finish=finish)
