"""Calico: Felix, Typha, confd, the CNI plugin and the controllers; and networking-calico, which logs in Python.

    2026-03-11 09:14:20.531 [WARNING][811] felix/table.go 1165: Failed to program iptables, will retry error=…
    2016-02-01 12:34:56,789 [INFO][5513/39149232] calico.felix.fetcd 123: Connected to etcd             Felix until 1.4
    2018-02-27 23:43:35,846 [39149232] (CRITICAL) log: Unhandled error                            its DHCP agent

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
_PYTHON = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3}) "
    r"(?:\[(\d+)\] \((DEBUG|INFO|WARNING|ERROR|CRITICAL)\) ([\w.]{1,80}): "
    r"|\[(DEBUG|INFO|WARNING|ERROR|CRITICAL)\]\[(\d+)(?:/\d+)?\] ([\w.]{1,80}) \d+: )(.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of a Calico program."""
    if line[23:25] != " [":
        return None
    if line[19] == ",":
        return _python(line)
    found = _LINE.match(line)
    if found is None:
        return None
    date, clock, fraction, level, pid, file, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, LEVELS[level], message, file, pid) if time else None


def _python(line: str) -> Head | None:
    found = _PYTHON.match(line)
    if found is None:
        return None
    date, clock, fraction, thread, level, logger, felix_level, pid, felix_logger, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    if time is None:
        return None
    return Head(time, LEVELS[level or felix_level], message, logger or felix_logger, pid or thread)


FORMAT = Format("felix", parse, multiline=True)
