"""What ``find`` looks for in records, as ``texts`` makes it of a text or an expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .query import Query

Test = Callable[[str], bool]


class Seek(NamedTuple):
    """What to look for: records inside the window and of the nodes and services of ``scope`` that pass ``test``.

    ``test`` None takes every record; else a record is taken when its text passes, or one of its lines as written.
    One of ``literals`` (ASCII) is in every record that passes; none where nothing is known of them. With ``exact``
    a line that holds one passes for sure.
    """

    test: Test | None = None
    literals: tuple[str, ...] = ()
    exact: bool = False
    ignore_case: bool = False
    level: int = 0
    scope: Query = Query()
    numbered: bool = True
