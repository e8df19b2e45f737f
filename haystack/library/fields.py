"""The parts of a library file as values: each reader takes the document, where the part stands, and what was read.

All raise LibraryError, located, for what is not of their kind. Patterns and operations are read with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..names import did_you_mean
from ..record import LEVELS, Level
from .located import Located

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?$")
_UNITS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

Where = tuple[str | int, ...]


def as_level(doc: Located, where: Where, value: Any) -> Level | None:
    """The level of that name; None of None."""
    if value is None:
        return None
    name = str(value).upper()
    if name not in LEVELS:
        raise doc.error(where, f'unknown level "{value}"', did_you_mean(name, [level.name for level in Level]))
    return LEVELS[name]


def as_mapping(doc: Located, where: Where, value: Any) -> dict[str, Any]:
    """A mapping, or an error."""
    if not isinstance(value, dict):
        raise doc.error(where, f"{_name(where)} must be a mapping of keys and values")
    return value


def as_list(doc: Located, where: Where, value: Any) -> list[Any]:
    """A list, or an error."""
    if not isinstance(value, list):
        raise doc.error(where, f"{_name(where)} must be a list")
    return value


def as_text(doc: Located, where: Where, value: Any) -> str:
    """A text that is not empty; a whole number counts as one."""
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise doc.error(where, f"{_name(where)} must be a text")
    return str(value).strip("\n")


def as_texts(doc: Located, where: Where, value: Any) -> tuple[str, ...]:
    """One text or a list of them; none of None."""
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    return tuple(as_text(doc, where, item) for item in items)


def as_duration(doc: Located, where: Where, value: Any) -> float:
    """Seconds of ``90s``, ``5m``, ``1h``."""
    found = _DURATION.match(str(value))
    if found is None:
        raise doc.error(where, f'"{value}" is not a duration', "write for example 90s, 5m or 1h")
    return float(found.group(1)) * _UNITS[found.group(2)]


def one_of(doc: Located, where: Where, value: Any, known: Iterable[str]) -> str:
    """A word of a closed vocabulary."""
    if value not in known:
        raise doc.error(where, f'unknown {_name(where)} "{value}"', did_you_mean(str(value), known))
    return str(value)


def only(doc: Located, where: Where, mapping: dict[str, Any], known: tuple[str, ...]) -> None:
    """No other keys than the known ones."""
    for key in mapping:
        if key not in known:
            raise doc.error((*where, key), f'unknown key "{key}"', did_you_mean(key, known))


def _name(where: Where) -> str:
    words = [str(part) for part in where if isinstance(part, str)]
    return words[-1] if words else "the file"
