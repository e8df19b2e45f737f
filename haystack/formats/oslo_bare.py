"""oslo.log lines without their stamp: cut off by whoever pasted them, or left to journald as devstack does.

    ERROR nova.compute.manager [None req-8d06… demo demo] [instance: …] Failed to build
    23007 ERROR oslo.messaging._drivers.impl_rabbit [-] AMQP server on 10.19.121.51:5672 is unreachable: …
    TRACE neutron.agent.dhcp.agent IndexError: list index out of range
    19-03-20 19:09:14.557 11556 ERROR ironic.conductor.utils [req-…] …            the first digits of the stamp are gone
    :14.557 11556 ERROR ironic.conductor.utils [req-…] …                                         or more of it

A level in capitals, a dotted logger in lower case; a logger of one word only with a context behind it. ``time``
is None, unless only the century is missing: ``fold`` gives the time of the line before, syslog that of its stamp.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .oslo import read_rest
from .stamps import stamp_to_time

_COLOUR = re.compile(r"(?:\x1b|\^\[)?\[\d{0,2}(?:;\d{1,2}){0,3}m")
_LINE = re.compile(
    r"(?!\d{4}-)(?:(\d\d-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)[.,](\d{1,6}) |[-:T\d]{0,10} ?[\d:]{0,8}[.,]\d{1,6} )?"
    r"(?:(\d{1,7}) )?(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|TRACE|AUDIT) "
    r"(?:([a-z_]\w*(?:\.[A-Za-z_][\w-]*)+)(?: (.*)|$)|([a-z][a-z_]{2,30}) (\[.*|Traceback \(most recent.*)"
    r"|(?<=TRACE )([a-z][a-z_]{2,30}) ?(.*))",  # only lines of a traceback were ever TRACE
    re.DOTALL | re.ASCII,
)
_FIRST = frozenset("DIWECTA0123456789\x1b[^-:.,")


def parse(line: str) -> Head | None:
    """The head of a line as oslo.log formats it, from the level on; ``part`` as in ``oslo``."""
    if line[:1] not in _FIRST or (line[0] == "[" and not line.startswith("[0")):
        return None
    if "\x1b" in line or "m" in line[:14]:
        line = _COLOUR.sub("", line)
    found = _LINE.match(line)
    if found is None:
        return None
    date, clock, fraction, pid, word, *named = found.groups()
    time = stamp_to_time(f"20{date}", clock, fraction) if date else None
    logger, rest = next((pair for pair in zip(named[::2], named[1::2], strict=True) if pair[0]), ("", ""))
    rest = rest or ""
    head = read_rest(rest, Head(time, LEVELS[word], "", logger, pid or "", key=f"{pid}|{logger}"))
    # A context that was wrapped by the paste begins an event all the same.
    return head._replace(part=False) if head.part and rest.startswith(("[req-", "[None ")) else head


FORMAT = Format("oslo_bare", parse, multiline=True)
