"""fluentd's own log, which kolla's central logging leaves on every node.

2026-03-11 09:14:20 +0000 [warn]: #0 failed to flush the buffer. retry_times=0 next_retry_time=…
"""

from __future__ import annotations

import re

from ..record import LEVELS, Level
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? ([+-]\d{4}) \[(trace|debug|info|warn|error|fatal)\]: "
    r"(?:#\d{1,3} )?(.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of fluentd."""
    found = _LINE.match(line) if line[:1] == "2" else None
    if found is None:
        return None
    date, clock, fraction, zone, word, message = found.groups()
    time = stamp_to_time(date, clock, fraction, zone)
    level = Level.DEBUG if word == "trace" else LEVELS[word.upper()]
    return Head(time, level, message, "fluentd") if time else None


FORMAT = Format("fluentd", parse, multiline=True, service="fluentd")
