"""ProxySQL's log.

    2026-03-11 09:14:20 MySQL_HostGroups_Manager.cpp:5105:connect(): [ERROR] Shunning server 192.0.2.11:3306
    2026-03-11 09:14:20 [INFO] Received LOAD MYSQL SERVERS TO RUNTIME command

Local time. ``logger`` is the source file. An ``[ERROR]`` without one could as well be MySQL's and is left to it.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) "
    r"(?:(\w{1,80}\.(?:cpp|h)):\d+:[^ ]{1,200}: \[(INFO|WARNING|ERROR)\]|\[(INFO|WARNING)\]) (.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of ProxySQL."""
    found = _LINE.match(line) if line[:1] == "2" and line[19:20] == " " else None
    if found is None:
        return None
    date, clock, file, file_level, level, message = found.groups()
    time = stamp_to_time(date, clock)
    return Head(time, LEVELS[file_level or level], message, file or "proxysql") if time else None


FORMAT = Format("proxysql", parse, multiline=False, service="proxysql")
