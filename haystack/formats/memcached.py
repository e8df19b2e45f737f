"""memcached's stderr (``-v``, ``-vv``), which has neither stamps nor levels.

<28 new auto-negotiating client connection
slab class   1: chunk size        96 perslab   10922
failed to listen on TCP port 11211: Address already in use
"""

from __future__ import annotations

import re

from ..record import Level
from .head import Format, Head

_LINE = re.compile(
    r"[<>]\d{1,7} (?:new [\w-]+ client|connection closed|server listening"
    r"|END$|STORED|NOT_FOUND|get|set|incr|delete|sending)"
    r"|slab class +\d+: chunk size"
    r"|(?P<failed>failed to listen on (?:TCP|UDP) port|accept4?\(\): |failed to set rlimit for open files"
    r"|can't find the user \S{1,64} to switch to)",
    re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of memcached."""
    found = _LINE.match(line) if line[:1] in ("<", ">", "s", "f", "a", "c") else None
    if found is None:
        return None
    return Head(None, Level.ERROR if found.group("failed") else None, line, "memcached")


FORMAT = Format("memcached", parse, multiline=False, service="memcached")
