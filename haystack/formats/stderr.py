"""What a program says on its standard error, without stamp or logger: the last words of one that does not start.

    Traceback (most recent call last):                                                     with its lines, one event
    nova.exception.InvalidConfiguration: No local node identity found, but this is not our first startup
    ERROR: epmd error for host openStack: address (cannot connect to host/port)            rabbitmqctl and others
    [ERROR] Found 1 prepared transactions!

Far too little to tell such a line from a further line of somebody's message, so this is no row of ``FORMATS``: ``fold``
asks for it where no event is open that the line could belong to. ``time`` is None: the record has that before it.
"""

from __future__ import annotations

import re

from ..record import LEVELS, Level
from .head import Format, Head

_TRACEBACK = "Traceback (most recent call last)"
# A class by its package and its capital, or by what Python calls its errors.
_EXCEPTION = re.compile(
    r"(?:(?:[A-Za-z_]\w*\.)+(?:[A-Z]\w*)|[A-Za-z]\w*(?:Error|Exception|Timeout|Refused|NotFound|Exit|Interrupt)): ",
    re.ASCII,
)
_LEVEL = re.compile(
    r"(?:\[(DEBUG|INFO|NOTICE|WARNING|WARN|ERROR|CRITICAL|FATAL)\]:?"
    r"|(DEBUG|INFO|NOTICE|WARNING|WARN|ERROR|CRITICAL|FATAL|[Ee]rror|[Ww]arning|fatal):) (.*)",
    re.DOTALL,
)


def parse(line: str) -> Head | None:
    """The head of a line that says by itself what it is; None for all others."""
    if line.startswith(_TRACEBACK) or _EXCEPTION.match(line):
        return Head(None, Level.ERROR, line)
    found = _LEVEL.match(line)
    if found is None:
        return None
    return Head(None, LEVELS[(found[1] or found[2]).upper()], found[3])


_ROWS = {many: Format("stderr", parse, multiline=many) for many in (False, True)}


def read(line: str) -> tuple[Head | None, Format]:
    """Head and row of a line; only a traceback has further lines."""
    return parse(line), _ROWS[line.startswith(_TRACEBACK)]
