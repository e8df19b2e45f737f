"""The kernel's ring buffer, as dmesg prints it: without host and program.

    [14062414.575730] critical medium error, dev sdf, sector 4454144360 op 0x0:(READ) flags 0x0 phys_seg 13
    [Wed Mar 11 09:14:20 2026] nf_conntrack: table full, dropping packet                                  (dmesg -T)

The first form counts seconds since boot, which is no time without the boot's; ``time`` is None then.
"""

from __future__ import annotations

import re

from .head import Format, Head
from .stamps import wordy_to_time

_LINE = re.compile(
    r"\[(?: *\d{1,10}\.\d{6}|([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}))\] "
    r"(?!\[[\w-]*:?\w+\] )(?:kernel: )?(.*)",  # a second bracket: Apache's error log
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of dmesg; the kernel prints no level."""
    if line[:1] != "[":
        return None
    found = _LINE.match(line)
    if found is None:
        return None
    stamp, message = found.groups()
    time = wordy_to_time(stamp) if stamp else None
    return None if stamp and time is None else Head(time, None, message, "kernel")


FORMAT = Format("dmesg", parse, multiline=False, service="kernel")
