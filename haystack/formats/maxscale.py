"""MaxScale's log.

    2026-03-11 09:14:20   error  : Monitor was unable to connect to server db1[192.0.2.11:3306] : 'Connection refused'
    2026-03-11 09:14:20.531   notice : (12) [readwritesplit] Transaction replay …

Local time. A module in brackets is the ``logger``.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{3}))? {2,3}(alert|error|warning|notice|info|debug) *: "
    r"((?:\(\d+\) )?(?:\[(\w{1,40})\] )?.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of MaxScale."""
    found = _LINE.match(line) if line[:1] == "2" else None
    if found is None:
        return None
    date, clock, fraction, level, message, module = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, LEVELS[level.upper()], message, module or "maxscale") if time else None


FORMAT = Format("maxscale", parse, multiline=False, service="maxscale")
