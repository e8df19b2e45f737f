"""What cloud-init prints on the console, ``/var/log/cloud-init-output.log``; its log proper is Python's.

Cloud-init v. 21.4 running 'modules:final' at Fri, 04 Feb 2022 09:34:38 +0000. Up 12.53 seconds.
ci-info: |  eth0  | True |         192.0.2.17           | 255.255.255.0 | global | fa:16:3e:3d:3e:b0 |
"""

from __future__ import annotations

import re

from .head import Format, Head
from .stamps import MONTHS, stamp_to_time

_LINE = re.compile(
    r"Cloud-init v\. \S{1,80} (?:running|finished) .{0,80}?"
    r"at [A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})\.",
    re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a stage of cloud-init, or a line of the tables it prints."""
    if line.startswith("ci-info: "):
        return Head(None, None, line[9:], "cloud-init")
    found = _LINE.match(line) if line.startswith("Cloud-init v. ") else None
    if found is None or found.group(2) not in MONTHS:
        return None
    day, month, year, clock, zone = found.groups()
    time = stamp_to_time(f"{year}-{MONTHS[month]:02}-{day}", clock, None, zone)
    return Head(time, None, line, "cloud-init") if time else None


FORMAT = Format("cloud_init", parse, multiline=True, service="cloud-init")
