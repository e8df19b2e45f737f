"""The diagnosis: what haystack answers, as plain values that reports render."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from ..correlate.trace import Trace
from ..library.cited import CitedFact, CitedSetting
from ..library.model import Pattern
from ..record import Record
from ..search import Coverage
from ..search.clock import NodeClock
from .outcome import Outcome

# `verdict` of a diagnosis.
CAUSE_FOUND = "cause-found"
UNKNOWN_CAUSE = "unknown-cause"
HEALTHY = "healthy"
NOT_FOUND = "not-found"


class Evidence(NamedTuple):
    """A line that proves something: its record, how many lines below the record's first it stands, and its text."""

    record: Record
    below: int
    text: str

    @property
    def line(self) -> int:
        """Number of the line in its file, from 1; 0 where nobody counted."""
        return self.record.origin.line + self.below if self.record.origin.line else 0


class Names(NamedTuple):
    """How many different ones there are, and the names of the first few. With ``more`` there are at least so many."""

    count: int = 0  # type: ignore[assignment]  # a tuple's own count is of no use here
    some: tuple[str, ...] = ()
    more: bool = False


class Reach(NamedTuple):
    """Whom a fault hit, from when to when.

    ``records`` counts the records that show it; with ``exact`` unset it is an estimate from a sample. ``requests``
    are ids as logged (``req-…``), ``projects`` the tenants. ``over_time`` counts records in slices of equal length of
    the time that was triaged (``Triage.since`` to ``Triage.until``).
    """

    records: int = 0
    exact: bool = True
    requests: Names = Names()
    instances: Names = Names()
    projects: Names = Names()
    nodes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    first: datetime | None = None
    last: datetime | None = None
    over_time: tuple[int, ...] = ()


class Candidate(NamedTuple):
    """A ranked root cause: a pattern seen, with confidence in [0, 1] and the reasons in words.

    ``cause`` is the pattern's title with its captures filled in. ``explains`` are the ids of the patterns seen that
    it accounts for. ``requests_hit`` counts all requests in the window that failed on it, the traced one included.
    ``settings`` and ``facts`` are those that support it. ``reach`` is set by triage: whom the cause and all it explains
    hit. ``failed`` tells whether any request failed on it.
    """

    pattern: Pattern
    cause: str
    confidence: float
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    explains: tuple[str, ...]
    captures: dict[str, str]
    confirm: tuple[str, ...]
    fix: tuple[tuple[str, bool], ...]
    requests_hit: int
    settings: tuple[CitedSetting, ...] = ()
    facts: tuple[CitedFact, ...] = ()
    reach: Reach | None = None
    failed: bool = False

    @property
    def severity(self) -> str:
        """The pattern's; at least ``error`` where requests failed on it."""
        minor = self.pattern.severity in ("warning", "info")
        return "error" if minor and self.failed else self.pattern.severity


class Suspect(NamedTuple):
    """Where to look when no pattern fits: code of our services that an error came from."""

    service: str
    module: str
    function: str
    line: int
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]


class Stop(NamedTuple):
    """Where the request stopped: the last step it did, and what came next for its healthy twins."""

    record: Record
    missing: str
    twins: int


class Diagnosis(NamedTuple):
    """The whole answer for one question; what is left out is what an id that is nowhere has."""

    asked: tuple[str, ...]
    verdict: str
    coverage: Coverage
    logs: tuple[str, ...]
    problems: tuple[str, ...]
    outcome: Outcome | None = None
    candidates: tuple[Candidate, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    stopped_at: Stop | None = None
    trace: Trace | None = None
    clocks: dict[str, NodeClock] = {}  # noqa: RUF012 - never changed: a NamedTuple's default


# `novelty` of what no pattern explains, against the time before the triaged one.
NEW = "new"
MORE = "more"


class Unexplained(NamedTuple):
    """Errors of one message template that no pattern explains.

    ``template`` is the message with ids, numbers and names of resources replaced by ``*``. ``before`` counts its
    records in the time before, scaled to the length of the time triaged; None when nothing before was read. ``novelty``
    is NEW, MORE or empty.
    """

    service: str
    level: str
    template: str
    reach: Reach
    before: float | None
    novelty: str
    evidence: Evidence


class Known(NamedTuple):
    """Known noise: a pattern that means no harm, and how many records show it."""

    pattern: Pattern
    records: int


class Pardon(NamedTuple):
    """A candidate that a baseline accepts: why, and up to and with which day."""

    candidate: Candidate
    reason: str
    until: date


class Triage(NamedTuple):
    """The answer for a whole cloud in a window; NOT_FOUND where no log has lines in it.

    ``since`` and ``until`` bound what was triaged: as asked for, else the first and the last record seen.
    ``failed`` are the requests that failed, whatever the cause; ``unknown`` those of them that broke, not only were
    refused, for no reason that a cause gives.
    """

    verdict: str
    coverage: Coverage
    logs: tuple[str, ...]
    problems: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None
    candidates: tuple[Candidate, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    unexplained: tuple[Unexplained, ...] = ()
    noise: tuple[Known, ...] = ()
    failed: Names = Names()
    accepted: tuple[Pardon, ...] = ()
    unknown: Names = Names()
    clocks: dict[str, NodeClock] = {}  # noqa: RUF012 - never changed: a NamedTuple's default
