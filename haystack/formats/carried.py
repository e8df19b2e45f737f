"""What syslog and Apache need to know of a Python traceback that a service printed line by line into them."""

from __future__ import annotations

import re

TRACEBACK = "Traceback (most recent call last)"

_FURTHER = re.compile(
    r"\s|Traceback \(most recent|During handling of the above exception|The above exception was the direct"
    r"|(?:[A-Za-z_]\w{0,80}\.){0,12}[A-Z]\w{0,80}(?:Error|Exception|Exit|Interrupt|Timeout|NotFound)(?::|$)",
    re.ASCII,
)


def continues_traceback(text: str) -> bool:
    """Whether the text is a further line of what its process printed before: indented, or of a traceback."""
    return _FURTHER.match(text) is not None
