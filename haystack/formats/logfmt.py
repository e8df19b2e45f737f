"""logrus' text: dockerd, containerd, podman, CRI-O.

    time="2026-11-22T17:02:14.018Z" level=error msg="RunPodSandbox failed" error="failed to setup network …"

The message is all that follows the level, names included: the reason stands in ``error``.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .stamps import iso_to_time

_LINE = re.compile(
    r'time="([^"]{19,40})" level=(trace|debug|info|warning|error|fatal|panic) (msg=.*)', re.DOTALL | re.ASCII
)
_TRACE = {"trace": "debug"}


def parse(line: str) -> Head | None:
    """The head of a logrus line."""
    if not line.startswith('time="'):
        return None
    found = _LINE.match(line)
    time = iso_to_time(found.group(1)) if found else None
    if found is None or time is None:
        return None
    level = found.group(2)
    return Head(time, LEVELS[_TRACE.get(level, level).upper()], found.group(3))


FORMAT = Format("logfmt", parse, multiline=False)
