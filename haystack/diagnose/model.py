"""The diagnosis: what haystack answers, as plain values that reports render."""

from __future__ import annotations

from typing import NamedTuple

from ..correlate.trace import Trace
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


class Candidate(NamedTuple):
    """A ranked root cause: a pattern seen, with confidence in [0, 1] and the reasons in words.

    ``cause`` is the pattern's title with its captures filled in. ``explains`` are the ids of the patterns seen that
    it accounts for. ``requests_hit`` counts all requests in the window that failed on it, the traced one included.
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
