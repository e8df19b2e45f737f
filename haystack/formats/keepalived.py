"""keepalived's own file (``--log-file``); most often it comes through syslog.

    Wed Mar 11 09:14:20 2026: (VR_1) Entering FAULT STATE

Local time, no level.
"""

from __future__ import annotations

import re

from .head import Format, Head
from .stamps import wordy_to_time

_LINE = re.compile(r"([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}): (.*)", re.DOTALL | re.ASCII)


def parse(line: str) -> Head | None:
    """The head of a line of keepalived."""
    found = _LINE.match(line) if line[24:26] == ": " else None
    time = wordy_to_time(found.group(1)) if found else None
    return Head(time, None, found.group(2), "keepalived") if found and time else None


FORMAT = Format("keepalived", parse, multiline=False, service="keepalived")
