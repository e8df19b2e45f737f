"""JSON lines, read so that nothing in them can break what comes later."""

from __future__ import annotations

import json
import re
from typing import Any

# Half of a surrogate pair is legal in JSON and in no encoding.
_LONE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_COMMA = re.compile(r"\s*,\s*")
_COLON = re.compile(r"\s*:\s*")
_DECODER = json.JSONDecoder()


def read_object(line: str) -> dict[str, Any] | None:
    """The object of a line, of a line that is cut what is whole of it; None for anything else."""
    if "\\u" in line:
        line = _LONE.sub(r"\\ufffd", line)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return _whole_members(line) if line.startswith('{"') and not line.rstrip().endswith("}") else None
    return value if isinstance(value, dict) else None


def _whole_members(line: str) -> dict[str, Any] | None:
    """The members of an object up to where the line was cut; None where not even one is whole.

    The agents of neutron log ports with all that hangs on them, in lines of 70 kB of which only the beginning is read.
    """
    members: dict[str, Any] = {}
    at = 1
    try:
        while True:
            name, at = _DECODER.raw_decode(line, at)
            colon = _COLON.match(line, at)
            if colon is None or not isinstance(name, str):
                break
            value, at = _DECODER.raw_decode(line, colon.end())
            comma = _COMMA.match(line, at)
            if comma is None:  # a number may go on
                break
            members[name], at = value, comma.end()
    except (ValueError, RecursionError):
        pass
    return members or None
