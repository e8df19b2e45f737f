"""What health is made of: checks and the signs they go by, and the answer as plain values that reports render."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ...facts import Told
from ...record import Record
from ...search import Coverage
from ...search.clock import NodeClock

RED = "red"
AMBER = "amber"
GREEN = "green"
NO_DATA = "no-data"
# The worst first; that nothing is known is better than bad news, and no good news.
STATES = (RED, AMBER, NO_DATA, GREEN)
GROUPS = ("support services", "availability", "resources")


class Sign(NamedTuple):
    """What tells the state of a subject: a known fault by its pattern, or a text in a record.

    A record has the sign when one of ``services`` (none: whoever) wrote it, and it proves one of ``patterns`` (ids of
    the library) or has all of ``texts``, and none of ``without``. With ``regex`` the expression is found in it as well:
    each time it is found is a subject of its own, and its groups are captures.

    ``subject`` says of what the record speaks (``{host}:{port}``; empty: of its node), ``also`` of what else, ``says``
    what is the matter (empty: the pattern's title). A state lasts until a green sign of its subject, or for ``holds``
    seconds where it is not 0: what is said again and again while it lasts needs no word that it is over.
    """

    state: str
    patterns: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    regex: str = ""
    services: tuple[str, ...] = ()
    subject: str = ""
    also: str = ""
    says: str = ""
    holds: float = 0.0


class Check(NamedTuple):
    """One thing that operators watch.

    ``services`` are those whose logs would show it: where none of them is at hand, nothing is known. With ``by_sign``
    their logs alone mean nothing; it takes a green sign to be green. ``facts`` tells what is read besides logs. With
    ``lives`` a service that goes on writing after a sign is well again, with ``cloud`` a subject is the same one from
    whichever node it is seen.
    """

    id: str
    group: str
    title: str
    what: str
    services: tuple[str, ...]
    signs: tuple[Sign, ...] = ()
    by_sign: bool = False
    facts: str = ""
    lives: bool = False
    cloud: bool = False


class Row(NamedTuple):
    """The state of one subject of a check.

    ``nodes`` are those whose logs tell it. ``since`` is when it began, as far as the logs tell, ``last`` when it was
    last said; with ``over`` it is over, and ``recovered`` tells when, None where nothing does. ``count`` are the
    records that say so. The evidence is a record, with
    how many lines below its first the text stands, or ``told``.
    """

    state: str
    nodes: tuple[str, ...]
    subject: str
    says: str
    since: datetime | None = None
    last: datetime | None = None
    recovered: datetime | None = None
    count: int = 0  # type: ignore[assignment]  # a tuple's own count is of no use here
    record: Record | None = None
    below: int = 0
    told: Told | None = None
    over: bool = False


class Result(NamedTuple):
    """A check with its state and rows, the worst first. ``seen`` says on what it stands."""

    check: Check
    state: str
    rows: tuple[Row, ...]
    seen: str


class Health(NamedTuple):
    """The answer for a cloud at the end of a window, with what was read. ``now`` is that end."""

    results: tuple[Result, ...]
    coverage: Coverage
    logs: tuple[str, ...]
    problems: tuple[str, ...]
    since: datetime | None = None
    now: datetime | None = None
    clocks: dict[str, NodeClock] = {}  # noqa: RUF012 - never changed: a NamedTuple's default

    @property
    def state(self) -> str:
        """The worst of all; NO_DATA where nothing is known at all."""
        states = {result.state for result in self.results}
        return next((state for state in (RED, AMBER, GREEN) if state in states), NO_DATA)
