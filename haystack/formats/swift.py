"""The access lines of Swift's proxy server, as it writes them to its own file; syslog carries them too. UTC.

    proxy-server: 192.0.2.7 192.0.2.1 07/Sep/2016/16/07/35 HEAD /v1/AUTH_cfb8 HTTP/1.0 403 - python-swiftclient-3.1.0 …

Source: log_msg_template of swift/common/middleware/proxy_logging.py.
"""

from __future__ import annotations

import re

from ..record import Level
from .head import Format, Head
from .stamps import MONTHS, stamp_to_time

_LINE = re.compile(
    r"(?:([a-z-]{3,40}): )?(\S{1,64} \S{1,64} (\d\d)/([A-Z][a-z]{2})/(\d{4})/(\d\d)/(\d\d)/(\d\d) "
    r"[A-Z]{3,12} \S{1,2000} HTTP/\d\.\d (\d{3})(?: .*)?)$",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of an access line."""
    found = _LINE.match(line) if " HTTP/" in line[:3000] else None
    if found is None or found.group(4) not in MONTHS:
        return None
    program, message, day, month, year, hour, minute, second, status = found.groups()
    time = stamp_to_time(f"{year}-{MONTHS[month]:02}-{day}", f"{hour}:{minute}:{second}", None, "Z")
    level = Level.ERROR if status[0] == "5" else Level.INFO
    return Head(time, level, message, program or "proxy-server") if time else None


FORMAT = Format("swift", parse, multiline=False, service="swift-proxy")
