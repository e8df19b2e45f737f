"""BIRD, the routing daemon of Calico: its log, and its stdout in a container.

    2026-03-11 09:14:20.531 <ERR> BGP: Unexpected connect from unknown address 192.0.2.7 (port 40553)
    bird: Mesh_192_0_2_11: Received: Administrative reset

Local time.
"""

from __future__ import annotations

import re

from ..record import Level
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{3,6}))? <(TRACE|DBG|INFO|RMT|WARN|ERR|AUTH|FATAL|BUG)> (.*)",
    re.DOTALL | re.ASCII,
)
_STDOUT = re.compile(r"bird6?: (?=[A-Za-z][\w.]{1,80}: |Reconfigur|Started$|Unable to )(.*)", re.DOTALL | re.ASCII)
_LEVELS = {
    "TRACE": Level.DEBUG,
    "DBG": Level.DEBUG,
    "INFO": Level.INFO,
    "RMT": Level.INFO,
    "WARN": Level.WARNING,
    "ERR": Level.ERROR,
    "AUTH": Level.ERROR,
    "FATAL": Level.CRITICAL,
    "BUG": Level.CRITICAL,
}


def parse(line: str) -> Head | None:
    """The head of a line of BIRD."""
    if line.startswith("bird"):
        found = _STDOUT.match(line)
        return Head(None, None, found.group(1), "bird") if found else None
    found = _LINE.match(line) if " <" in line[19:28] else None
    if found is None:
        return None
    date, clock, fraction, level, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, _LEVELS[level], message, "bird") if time else None


FORMAT = Format("bird", parse, multiline=False, service="calico")
