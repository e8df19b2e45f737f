"""Ansible's log file (``log_path``), as kolla-ansible, OpenStack-Ansible and TripleO leave it. Local time.

2026-03-11 09:14:20,531 p=123 u=root n=ansible | TASK [nova : Copying over nova.conf] ****
2026-03-11 09:14:20,531 p=123 u=root n=ansible INFO| PLAY RECAP ****                        ansible-core 2.17 and later
2015-10-29 10:52:36,051 p=2344 u=stack |  fatal: [compute1]: FAILED! => {…}                           before 2.8
"""

from __future__ import annotations

import re

from ..record import LEVELS, Level
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3}) p=(\d{1,10}) u=\S{1,64} (?:n=(\S{1,80}) )?([A-Z]{3,8})?\| {0,2}(.*)",
    re.DOTALL | re.ASCII,
)
_FAILED = re.compile(r"fatal: |failed: \[|ERROR!|An exception occurred during task execution|.{0,300}UNREACHABLE!")


def parse(line: str) -> Head | None:
    """The head of a line; that a task failed stands in its text."""
    found = _LINE.match(line) if line[23:26] == " p=" else None
    if found is None:
        return None
    date, clock, fraction, pid, name, word, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    if _FAILED.match(message):
        level = Level.ERROR
    elif message.startswith(("[WARNING]", "[DEPRECATION WARNING]")):
        level = Level.WARNING
    else:
        level = LEVELS.get(word or "", Level.INFO)
    return Head(time, level, message, name or "ansible", pid) if time else None


FORMAT = Format("ansible", parse, multiline=True, service="ansible")
