"""Log text made safe for a terminal, for every report that prints text."""

from __future__ import annotations

import re

from .mask import mask

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Log text made safe for a terminal: one line, no control characters, no secrets."""
    return _CONTROL.sub("·", mask(text).replace("\n", " ").replace("\t", " "))
