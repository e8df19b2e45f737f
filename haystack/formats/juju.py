"""juju's machine lock: which unit's hook ran when, and how long it held up the others. Local time.

2022-02-11 18:59:38 unit-rabbitmq-server-0: rabbitmq-server/0 uniter (run install hook), waited 0s, held 7m8s
"""

from __future__ import annotations

import re

from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (=== agent (\S{1,200}) started ===|(\S{1,200}): .*, waited \S+, held \S+)$",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of machine-lock.log."""
    found = _LINE.match(line) if line.endswith(" ===") or ", held " in line[-30:] else None
    if found is None:
        return None
    date, clock, message, started, unit = found.groups()
    time = stamp_to_time(date, clock)
    return Head(time, None, message, started or unit) if time else None


FORMAT = Format("juju", parse, multiline=False, service="juju")
