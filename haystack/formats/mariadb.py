"""The error log of MariaDB and MySQL.

    2026-11-22  6:07:30 116 [Warning] Aborted connection 116 to db: 'nova' …     MariaDB 10.1 and later, local time
    2026-03-11T09:12:45.101244Z 0 [ERROR] [MY-011505] [Repl] Plugin …             MySQL 8; 5.7 has no [MY-…]
    260311  9:12:45 [ERROR] WSREP: …                                              MariaDB and MySQL until 5.5/10.0

The number is that of the connection, no process. WSREP, InnoDB and the like stay in the message.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d)[ T]|(\d\d)(\d\d)(\d\d) )([ \d]\d:\d\d:\d\d)(?:\.(\d{3,6}))?(Z|[+-]\d\d:\d\d)? "
    r"(?:(?:[0-9a-f]{1,16} )?\[(Note|Warning|ERROR|System|Information)\] "
    r"|(?=mysqld(?:_safe)? |[0-9a-f]* ?InnoDB: |\d* ?WSREP_SST: ))"
    r"(.*)",
    re.DOTALL | re.ASCII,
)
_SCRIPT = re.compile(r"\d* ?WSREP_SST: \[(\w+)\]", re.ASCII)


def parse(line: str) -> Head | None:
    """The head of a line of the error log."""
    if not line[:1].isdigit():
        return None
    found = _LINE.match(line)
    if found is None:
        return None
    year, month, day, short_year, short_month, short_day, clock, fraction, zone, level, message = found.groups()
    date = f"{year}-{month}-{day}" if year else f"20{short_year}-{short_month}-{short_day}"
    time = stamp_to_time(date, clock, fraction, zone)
    if time is None:
        return None
    script = None if level else _SCRIPT.match(message)
    word = level or (script.group(1) if script else "")
    return Head(time, LEVELS.get(word.upper()), message)


FORMAT = Format("mariadb", parse, multiline=True, service="mariadb")
