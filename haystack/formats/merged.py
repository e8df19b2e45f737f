"""os-log-merger's output: the lines of many files in one, with a tag for the file; a carrier.

    2015-10-29 10:51:10.633000 [NEUTRONSRV] 3405 INFO neutron.wsgi [-] (3405) accepted ('192.0.2.29', 39594)

The stamp is what the tool read from the line, always with six digits; the rest is the line without it.
"""

from __future__ import annotations

import re

from .head import Format, Head
from .inner import carried
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{6}) \[([A-Za-z][\w./-]{1,80})\](?: (.*)|$)", re.DOTALL | re.ASCII
)


def parse(line: str) -> Head | None:
    """The head of a merged line."""
    found = _LINE.match(line) if line[26:28] == " [" else None
    if found is None:
        return None
    date, clock, fraction, tag, text = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return carried(text or "", time, tag) if time else None


FORMAT: Format = Format("merged", parse, multiline=True)
