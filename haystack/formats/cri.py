"""CRI, the log of a Kubernetes container, and of podman's (conmon's) ``k8s-file``: a carrier.

    2026-03-11T09:14:20.531012345Z stdout F 2026-03-11 09:14:20.530 7 INFO nova.wsgi [-] …
    2026-03-11T09:14:20.531012345+01:00 stderr P the first 16 KiB of a long line

``P`` is a line that was cut; the next one of the same stream goes on with it.
"""

from __future__ import annotations

import re

from .head import Format, Head
from .inner import carried
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d) "
    r"(stdout|stderr) ([FP])(?::\w{1,20})?(?: (.*)|$)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of what a container's line holds."""
    found = _LINE.match(line) if line[10:11] == "T" else None
    if found is None:
        return None
    date, clock, fraction, zone, stream, tag, text = found.groups()
    time = stamp_to_time(date, clock, fraction, zone)
    if time is None:
        return None
    head = carried(text or "", time, stream)
    return head._replace(cut=True) if tag == "P" else head


FORMAT: Format = Format("cri", parse, multiline=True)
