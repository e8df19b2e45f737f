"""What chronyd measures: ``measurements.log``, ``statistics.log`` and ``tracking.log``. Always UTC.

    2026-03-11 09:14:20 10.0.0.1        3 -12.345      0.012  4.5e-05 N  1 1.2e-04 -1.0e-05 2.3e-04 …

The headings that it repeats every 32 lines belong to the line before them. What chronyd says stands in syslog.
"""

from __future__ import annotations

import re

from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?=.{0,120}\de[+-]\d\d )([\w.:-]{1,64}(?: +[-+.\w?*]{1,24}){6,30})$",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a measurement; the line is the message."""
    found = _LINE.match(line) if line[19:20] == " " and line[:1] == "2" else None
    if found is None:
        return None
    date, clock, message = found.groups()
    time = stamp_to_time(date, clock, None, "Z")
    return Head(time, None, message, "chrony") if time else None


FORMAT = Format("chrony", parse, multiline=True, service="chrony")
