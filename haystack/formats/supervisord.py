"""supervisord's log, and the lines of its programs where the supervisor-stdout plugin names them.

    2026-03-11 09:14:20,531 INFO exited: nova-api (exit status 1; not expected)
    2026-03-11 09:14:20,531 DEBG 'nova-api' stderr output:
    2026-03-11 09:14:20,531 CRIT Server 'unix_http_server' running without any HTTP authentication checking

Local time. What it logs of its programs' output (``loglevel=debug``) stands on the lines below, in their own format.
"""

from __future__ import annotations

import re

from ..record import LEVELS, Level
from .head import Format, Head
from .stamps import stamp_to_time

_LEVELS = {**LEVELS, "ERRO": Level.ERROR, "DEBG": Level.DEBUG, "TRAC": Level.DEBUG, "BLAT": Level.DEBUG}
_LINE = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3}) (?:(CRIT|ERRO|DEBG|TRAC|BLAT)"
    r"|(INFO|WARN)(?= (?:spawned|success|exited|gave up|stopped|killing|reaped|Included|Set uid|RPC|supervisord"
    r"|daemonizing|waiting|received|Increased RLIMIT|Unlinking stale)\b)) (?!\[)(.*)",
    re.DOTALL | re.ASCII,
)
_FAILED = re.compile(r"exited: .* not expected\)|gave up: ", re.ASCII)


def parse(line: str) -> Head | None:
    """The head of a line that supervisord wrote."""
    found = _LINE.match(line) if line[19:20] == "," and line[:1] == "2" else None
    if found is None:
        return None
    date, clock, fraction, own, word, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    # A program that died is an INFO to supervisord.
    level = Level.ERROR if _FAILED.match(message) else _LEVELS[own or word]
    return Head(time, level, message, "supervisord") if time else None


FORMAT = Format("supervisord", parse, multiline=False, service="supervisord")
