"""JSON lines, read so that nothing in them can break what comes later."""

from __future__ import annotations

import json
import re
from typing import Any

# Half of a surrogate pair is legal in JSON and in no encoding.
_LONE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def read_object(line: str) -> dict[str, Any] | None:
    """The object of a line; None for anything else."""
    if "\\u" in line:
        line = _LONE.sub(r"\\ufffd", line)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
