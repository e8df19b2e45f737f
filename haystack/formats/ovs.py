"""vlog, the log of Open vSwitch, OVSDB and OVN.

    2026-03-11T09:14:22.531Z|00412|timeval|WARN|Unreasonably long 8021ms poll interval (7900ms user, 80ms system)
    2026-01-12T12:26:09Z | 294 | ovs-monitor-ipsec | WARN | stderr: …                         its Python programs
    ovs|00001|vsctl|INFO|Called as ovs-vsctl add-br br-int                    in syslog, which has the time

Times are UTC. ``logger`` is the module, ``pid`` the thread where it is not the main one (``bfd(handler1)``).
"""

from __future__ import annotations

import re

from ..record import LEVELS, Level
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(?:ovs|(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{3}))?Z)"
    r" ?\| ?\d+ ?\| ?([\w-]+)(?:\(([^()|]{1,64})\))? ?\| ?(EMER|ERR|WARN|INFO|DBG) ?\| ?(.*)",
    re.DOTALL | re.ASCII,
)
_LEVELS = {**LEVELS, "EMER": Level.CRITICAL}


def parse(line: str) -> Head | None:
    """The head of a vlog line; without time when syslog carries it."""
    if "|" not in line[:40]:
        return None
    found = _LINE.match(line)
    if found is None:
        return None
    date, clock, fraction, module, thread, level, message = found.groups()
    time = stamp_to_time(date, clock, fraction, "Z") if date else None
    if date and time is None:
        return None
    return Head(time, _LEVELS[level], message, module, thread or "")


FORMAT = Format("ovs", parse, multiline=True)
