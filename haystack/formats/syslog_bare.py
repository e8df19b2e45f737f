"""Syslog lines whose stamp and host were cut off by whoever pasted them; ``journalctl -o cat`` has none of it.

    start_apache2[27198]: SSLCertificateFile: file '/etc/keystone/ssl/certs/signing_cert.pem' does not exist or is empty

A program in lower case and its pid; ``time`` is None.
"""

from __future__ import annotations

import re

from .head import Format, Head
from .inner import carried

_LINE = re.compile(r"([a-z][\w.-]{2,60})\[(\d{2,7})\]: (\S.*)", re.DOTALL | re.ASCII)


def parse(line: str) -> Head | None:
    """The head of what a program said."""
    found = _LINE.match(line)
    if found is None:
        return None
    program, pid, text = found.groups()
    return carried(text, None, f"{program}[{pid}]", program, pid)


FORMAT: Format = Format("syslog_bare", parse, multiline=True)
