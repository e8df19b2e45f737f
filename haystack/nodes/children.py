"""Processes that must not outlive haystack, however it ends."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=1)
def _setpriv() -> tuple[str, ...]:
    program = shutil.which("setpriv")
    return (program, "--pdeathsig", "TERM") if program else ()


def held(words: Sequence[str]) -> list[str]:
    """The command, to be ended when the *thread* that starts it ends (prctl(2), PR_SET_PDEATHSIG).

    By util-linux' setpriv: code of our own between fork and exec is not safe where there are threads. Where it is
    missing (macOS) a killed haystack's children end when they next write to it.
    """
    return [*_setpriv(), *words]
