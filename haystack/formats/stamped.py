"""Lines of programs that nobody described but that begin with a full stamp, so that at least their time is known.

    2018-06-28 00:20:17.173738 INFO [sample_workload.sh]: Workload started!
    2015-10-29 10:52:28.336 tcpdump DEBUG Starting tcpdump retrier on interface 'tap2e6d0f35-cb'

For ``fold``, and for lines that belong to no event: among the lines of one, a stamp may be part of what it tells.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"\[?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?\]?:? +"
    r"((?:[\w.-]{1,60} )?[\[(]?(DEBUG|INFO|NOTICE|WARNING|WARN|ERROR|CRITICAL|FATAL)\b.*|\S.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line with a stamp; the message is all that follows it."""
    found = _LINE.match(line) if line[:1] in ("2", "[") else None
    if found is None:
        return None
    date, clock, fraction, zone, message, level = found.groups()
    time = stamp_to_time(date, clock, fraction, zone)
    return Head(time, LEVELS.get(level or ""), message) if time else None


FORMAT = Format("stamped", parse, multiline=False)
