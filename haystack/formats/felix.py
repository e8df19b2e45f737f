"""Calico: Felix, Typha, confd, the CNI plugin and the controllers.

    2026-03-11 09:14:20.531 [WARNING][811] felix/table.go 1165: Failed to program iptables, will retry error=…

The time is the container's, local. ``logger`` is program and source file.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{3}) \[(DEBUG|INFO|WARNING|ERROR|FATAL|PANIC)\]\[(\d+)\] "
    r"([\w./-]{1,128}) \d+: (.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of a Calico program."""
    if line[23:25] != " [":
        return None
    found = _LINE.match(line)
    if found is None:
        return None
    date, clock, fraction, level, pid, file, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, LEVELS[level], message, file, pid) if time else None


FORMAT = Format("felix", parse, multiline=True)
