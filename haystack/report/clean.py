"""Log text made safe, for every report: no control characters, no marks that turn the writing direction, no secrets."""

from __future__ import annotations

import re

from ..masking import mask

# With what no XML can hold (surrogates, noncharacters) and the separators that JavaScript takes for line ends.
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def clean(text: str) -> str:
    """Log text made safe for a terminal: one line, no control characters, no secrets."""
    return _CONTROL.sub("·", mask(text).replace("\n", " ").replace("\t", " "))


def clean_lines(text: str) -> list[str]:
    """Log text of several lines made safe line by line, indents kept."""
    return [_CONTROL.sub("·", line.expandtabs(4)) for line in mask(text).split("\n")]
