"""RFC 5424 syslog, as rsyslog's ``RSYSLOG_SyslogProtocol23Format`` writes it: a carrier.

    <163>1 2026-03-11T09:14:20.531012+00:00 controller1 nova-api 811 - - 2026-03-11 09:14:20.530 811 ERROR nova.api …

The level of a text without one is that of the ``<PRI>``. Structured data belong to the carrier and are left out.
"""

from __future__ import annotations

import re

from .head import Format, Head
from .inner import carried
from .stamps import stamp_to_time
from .syslog_prefix import SEVERITIES

_LINE = re.compile(
    r"<(\d{1,3})>1 (\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d) "
    r"\S{1,255} (\S{1,128}) (\S{1,128}) \S{1,64} "
    r"(?:-|(?:\[(?:[^\]\"\\]|\"(?:[^\"\\]|\\.)*\")*\])+)(?: \ufeff?(.*)|$)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of what the line holds."""
    found = _LINE.match(line) if line[:1] == "<" else None
    if found is None:
        return None
    pri, date, clock, fraction, zone, program, pid, text = found.groups()
    time = stamp_to_time(date, clock, fraction, zone)
    if time is None:
        return None
    program, pid = program.rpartition("/")[2].strip("-"), pid if pid.isdigit() else ""
    text = (text or "").replace("#011", "\t").replace("#033", "\x1b").replace("#012", "\n")
    return carried(text, time, f"{program}[{pid}]", program, pid, SEVERITIES[int(pri) & 7])


FORMAT: Format = Format("syslog5424", parse, multiline=True)
