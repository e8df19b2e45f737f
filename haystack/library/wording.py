"""The texts of a pattern, filled with what its clauses captured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

# A part in square brackets that holds a capture is left out when that capture is missing.
_OPTIONAL = re.compile(r"\[([^\[\]]*\{\w+\}[^\[\]]*)\]")
# What may be pasted into a shell: names, paths, addresses, ids.
_PLAIN = re.compile(r"[\w./:@%+,=][\w./:@%+,=-]*")
_PLACE = re.compile(r"\{(\w+)\}")
# What stands for a capture that is missing and was not said to be optional.
MISSING = "?"


def fill(text: str, captures: Mapping[str, str]) -> str:
    """``RabbitMQ refuses the login[ of user {user}]`` with or without a user."""

    def optional(found: re.Match[str]) -> str:
        part = found.group(1)
        return part if all(captures.get(name) for name in _PLACE.findall(part)) else ""

    return _PLACE.sub(lambda found: captures.get(found.group(1)) or MISSING, _OPTIONAL.sub(optional, text))


def missing(text: str, captures: Mapping[str, str]) -> list[str]:
    """Names of captures that the text needs and that are not there."""
    needed = _OPTIONAL.sub("", text)
    return [name for name in _PLACE.findall(needed) if not captures.get(name)]


def lacks(text: str, captures: Mapping[str, str]) -> list[str]:
    """Names of all captures, optional or not, that the text could show and that are not there."""
    return [name for name in _PLACE.findall(text) if not captures.get(name)]


def fill_command(text: str, captures: Mapping[str, str]) -> str:
    """A command or step for the operator to paste: a capture with anything but plain characters stays a ``<name>``.

    Log content is hostile, and what an operator pastes runs as root.
    """
    safe = {name: value if _PLAIN.fullmatch(value) else f"<{name}>" for name, value in captures.items()}
    names = dict.fromkeys(_PLACE.findall(text))
    return fill(text, {**{name: f"<{name}>" for name in names}, **safe})


def spell(time: timedelta) -> str:
    """``45 s``, ``20 min``, ``3.5 h``, ``2 days``."""
    seconds = time.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172800:
        return f"{seconds / 3600:.3g} h"
    return f"{seconds / 86400:.0f} days"
