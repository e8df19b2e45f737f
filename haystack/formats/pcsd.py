"""pcsd's log, which Ruby's logger writes. Local time.

I, [2022-02-04T09:57:32.123456 #1234]  INFO -- : Config files sync started
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"[DIWEFA], \[(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.(\d{3,6}) #(\d{1,10})\] +(DEBUG|INFO|WARN|ERROR|FATAL|ANY) -- "
    r"\S{0,80}: (.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of pcsd."""
    found = _LINE.match(line) if line[1:4] == ", [" else None
    if found is None:
        return None
    date, clock, fraction, pid, level, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, LEVELS.get(level), message, "pcsd", pid) if time else None


FORMAT = Format("pcsd", parse, multiline=True, service="pacemaker")
