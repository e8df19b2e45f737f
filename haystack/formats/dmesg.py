"""The kernel's ring buffer, as dmesg prints it: without host and program.

    [14062414.575730] critical medium error, dev sdf, sector 4454144360 op 0x0:(READ) flags 0x0 phys_seg 13
    [Wed Mar 11 09:14:20 2026] nf_conntrack: table full, dropping packet                                  (dmesg -T)
    kern  :err   : [Wed Mar 11 09:14:20 2026] I/O error, dev sda, sector 12345678                      (dmesg -T -x)
    2026-03-11T09:14:20,531012+01:00 nf_conntrack: table full, dropping packet                 (dmesg --time-format iso)
    <3>[   12.345678] I/O error                                                                           (dmesg -r)

The first form counts seconds since boot, which is no time without the boot's; ``time`` is None then.
"""

from __future__ import annotations

import re

from ..record import LEVELS, Level
from .head import Format, Head
from .stamps import stamp_to_time, wordy_to_time
from .syslog_prefix import SEVERITIES

_LINE = re.compile(
    r"(?:<(\d{1,3})>|[a-z\d]{3,8} *:(emerg|alert|crit|err|warn|notice|info|debug) *: )?"
    r"\[(?: *\d{1,10}\.\d{6}|([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}))\] "
    r"(?!\[[\w-]*:?\w+\] )(?:kernel: )?(.*)",  # a second bracket: Apache's error log
    re.DOTALL | re.ASCII,
)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d),(\d{6})([+-]\d\d:\d\d) (.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of dmesg; the kernel prints a level where it was asked for."""
    if line[19:20] == ",":
        return _iso(line)
    found = _LINE.match(line) if "[" in line[:20] else None
    if found is None:
        return None
    priority, word, stamp, message = found.groups()
    time = wordy_to_time(stamp) if stamp else None
    if stamp and time is None:
        return None
    level: Level | None = LEVELS[word.upper()] if word else None
    if priority:
        level = SEVERITIES[int(priority) & 7]
    return Head(time, level, message, "kernel")


def _iso(line: str) -> Head | None:
    found = _ISO.match(line)
    if found is None:
        return None
    date, clock, fraction, zone, message = found.groups()
    time = stamp_to_time(date, clock, fraction, zone)
    return Head(time, None, message, "kernel") if time else None


FORMAT = Format("dmesg", parse, multiline=False, service="kernel")
