"""os-log-merger's output: the lines of many files in one, with a tag for the file; a carrier.

    2015-10-29 10:51:10.633000 [NEUTRONSRV] 3405 INFO neutron.wsgi [-] (3405) accepted ('192.0.2.29', 39594)

The stamp is what the tool read from the line, always with six digits; the rest is the line without it.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .inner import carried
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{6}) \[([A-Za-z][\w./-]{1,80})\](?: (.*)|$)", re.DOTALL | re.ASCII
)
# The probes that come with the tool name themselves: `pinger DEBUG 64 bytes from 192.0.2.7: icmp_seq=1 …`.
_PROBE = re.compile(r"([\w.-]{2,60}) (DEBUG|INFO|WARNING|ERROR) (.*)", re.DOTALL | re.ASCII)


def parse(line: str) -> Head | None:
    """The head of a merged line."""
    found = _LINE.match(line) if line[26:28] == " [" else None
    if found is None:
        return None
    date, clock, fraction, tag, text = found.groups()
    time = stamp_to_time(date, clock, fraction)
    if time is None:
        return None
    head = carried(text or "", time, tag)
    probe = _PROBE.match(text or "") if head.level is None else None
    return head._replace(level=LEVELS[probe[2]], logger=probe[1], message=probe[3]) if probe else head


FORMAT: Format = Format("merged", parse, multiline=True)
