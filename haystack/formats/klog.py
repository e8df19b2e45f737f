"""klog (glog), the log of Kubernetes and what is built on it.

    E1122 17:03:40.771203    1842 pod_workers.go:1301] "Error syncing pod, skipping" err="failed to …"

The year is missing, the time local. ``logger`` is the source file.
"""

from __future__ import annotations

import re

from ..record import Level
from .head import Format, Head
from .stamps import without_year

_LINE = re.compile(
    r"([IWEF])(\d\d)(\d\d) (\d\d:\d\d:\d\d)\.(\d{6}) +(\d+) ([\w./-]{1,128}):\d+\] ?(.*)", re.DOTALL | re.ASCII
)
_LEVELS = {"I": Level.INFO, "W": Level.WARNING, "E": Level.ERROR, "F": Level.CRITICAL}


def parse(line: str) -> Head | None:
    """The head of a klog line."""
    if line[:1] not in _LEVELS:
        return None
    found = _LINE.match(line)
    if found is None:
        return None
    letter, month, day, clock, fraction, pid, file, message = found.groups()
    time = without_year(int(month), int(day), clock, fraction)
    return Head(time, _LEVELS[letter], message, file, pid, year_known=False) if time else None


FORMAT = Format("klog", parse, multiline=True)
