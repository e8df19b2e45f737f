"""Closed vocabularies: what was probably meant by a name that is not in one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean "severity"?``, or the list of what is known when nothing is close."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    return "known are: " + ", ".join(names) if len(names) <= 20 else ""
