"""The log of libvirtd and of the modular daemons (virtqemud, virtlogd, …).

    2026-11-22 06:02:44.511+0000: 9925: error : virCgroupDetectControllers:451 : At least one cgroup controller …

``pid`` is the thread, ``logger`` the function. The banner after a start (``info : libvirt version: …``) has none.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{3})([+-]\d{4}): (\d+): (debug|info|warning|error) : "
    r"(?:([A-Za-z_][\w.]*):\d+ : )?(.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of a libvirt daemon."""
    if line[:1] != "2":
        return None
    found = _LINE.match(line)
    if found is None:
        return None
    date, clock, fraction, zone, pid, level, function, message = found.groups()
    time = stamp_to_time(date, clock, fraction, zone)
    return Head(time, LEVELS[level.upper()], message, function or "", pid) if time else None


FORMAT = Format("libvirt", parse, multiline=True, service="libvirtd")
