"""nginx's error log; its access log is read as Apache's.

    2026/03/11 09:14:20 [error] 811#811: *1 connect() failed (111: Connection refused) while connecting to upstream, …

Local time.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4})/(\d\d)/(\d\d) (\d\d:\d\d:\d\d) \[(emerg|alert|crit|error|warn|notice|info|debug)\] (\d+)#\d+: (.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of nginx's error log."""
    found = _LINE.match(line) if line[4:5] == "/" else None
    if found is None:
        return None
    year, month, day, clock, level, pid, message = found.groups()
    time = stamp_to_time(f"{year}-{month}-{day}", clock)
    return Head(time, LEVELS[level.upper()], message, "nginx", pid) if time else None


FORMAT = Format("nginx", parse, multiline=False, service="nginx")
