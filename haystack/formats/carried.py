"""What carriers and Apache need to know of a Python traceback that a service printed line by line into them."""

from __future__ import annotations

import re

TRACEBACK = "Traceback (most recent call last)"

_FURTHER = re.compile(
    r"\s{2}|\t|$|Traceback \(most recent|During handling of the above exception|The above exception was the direct"
    r"|(?:[A-Za-z_]\w{0,80}\.){0,12}[A-Z]\w{0,80}(?:Error|Exception|Exit|Interrupt|Timeout|NotFound)(?::|$)"
    r"|\[SQL: |\[parameters: |\(Background on this error|Exit code: |Stdout: |Stderr: |</?[a-z]\w{0,40}[ />]",
    re.ASCII,
)


def continues_traceback(text: str) -> bool:
    """Whether the text goes on with what its process printed before: indented, of a traceback, or what ends one."""
    return _FURTHER.match(text) is not None
