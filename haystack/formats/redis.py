"""Redis' log; Gnocchi, Zaqar and the coordination of others keep their state there. Local time.

811:M 11 Mar 2026 09:14:20.531 # Connection with replica 192.0.2.12:6379 lost.
"""

from __future__ import annotations

import re

from ..record import Level
from .head import Format, Head
from .stamps import MONTHS, stamp_to_time

_LINE = re.compile(
    r"(\d{1,7}):([MSCX]) (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d)\.(\d{3}) ([.*#-]) (.*)",
    re.DOTALL | re.ASCII,
)
_LEVELS = {".": Level.DEBUG, "-": Level.INFO, "*": Level.INFO, "#": Level.WARNING}


def parse(line: str) -> Head | None:
    """The head of a line of the server."""
    found = _LINE.match(line) if line[:1].isdigit() and ":" in line[1:8] else None
    if found is None or found.group(4) not in MONTHS:
        return None
    pid, _, day, month, year, clock, fraction, sign, message = found.groups()
    time = stamp_to_time(f"{year}-{MONTHS[month]:02}-{day}", clock, fraction)
    return Head(time, _LEVELS[sign], message, "redis", pid) if time else None


FORMAT = Format("redis", parse, multiline=False, service="redis")
