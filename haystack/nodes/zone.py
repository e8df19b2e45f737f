"""The zone of a node's clock: what its programs go by, as a name where the node tells one that is true."""

from __future__ import annotations

import re

# What the C library reads comes before what a file says of it; neither is believed unless `date` shows the same with
# it: /etc/timezone is often left behind.
ZONE_SCRIPT = """
unset TZ
for z in "$(readlink /etc/localtime 2>/dev/null | sed -n 's,.*/zoneinfo/,,p')" "$(head -n 1 /etc/timezone 2>/dev/null)"
do [ -n "$z" ] && [ "$(TZ=$z date +%Z%z)" = "$(date +%Z%z)" ] && echo "$z" && break; done
date +%z
"""
_NAME = re.compile(r"(?:posix/|right/)?(?P<name>[A-Za-z][A-Za-z0-9_+/-]{0,60})", re.ASCII)
_OFFSET = re.compile(r"(?P<hours>[+-]\d\d)(?P<minutes>\d\d)", re.ASCII)


def zone_of(said: str) -> str:
    """What the script said: a name, else the offset from UTC as ``+02:00``; empty where it is neither."""
    for line in said.split("\n")[:20]:
        named = _NAME.fullmatch(line.strip())
        if named:
            return named["name"]
        offset = _OFFSET.fullmatch(line.strip())
        if offset:
            return f"{offset['hours']}:{offset['minutes']}"
    return ""
