"""What supports a cause besides the logs: settings and facts, cited by the clauses of its pattern."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from .wording import spell

# Facts of a time so far from the fault tell little of it.
FAR = timedelta(days=1)


class Seen(NamedTuple):
    """Where and when a pattern was seen: (node, service); the hosts that its records speak of; the first and the last
    time; and all that its clauses captured, by name."""

    places: frozenset[tuple[str, str]]
    hosts: frozenset[str] = frozenset()
    first: datetime | None = None
    last: datetime | None = None
    captures: Mapping[str, tuple[str, ...]] = {}


class CitedSetting(NamedTuple):
    """A setting that supports a cause: what it is, where it is set, and what that means.

    ``value`` is the default where nothing is ``set``, None when that is not known; ``places`` are (node, file, line),
    the line 0 where nothing is set.
    """

    service: str
    section: str
    option: str
    value: str | None
    set: bool
    unit: str
    says: str
    places: tuple[tuple[str, str, int], ...]

    @property
    def text(self) -> str:
        """In words: ``rpc_response_timeout is 20 s in /etc/nova/nova.conf:14 on compute1: …``."""
        name = self.option if self.section in ("", "DEFAULT") else f"[{self.section}] {self.option}"
        value = str(self.value)
        value += f" {self.unit}" if self.unit and value[-1:].isdigit() else ""
        _, path, line = self.places[0]
        nodes = ", ".join(node or "this node" for node, _, _ in self.places)
        if self.set:
            return f"{name} is {value} in {path}:{line} on {nodes}: {self.says}"
        default = f" ({value} by default)" if self.value is not None else ""
        return f"{name} is not set{default} in {path} on {nodes}: {self.says}"


class CitedFact(NamedTuple):
    """A fact of a node that supports a cause: what it is, in ``words`` too, what that means, and who tells it.

    ``value`` is None, and the file is ``facts.json``, where there is no such fact and that is what counts. ``of`` tells
    of what it is. ``taken`` is when the facts were, None where nothing tells; ``away`` how long before the fault that
    was (negative) or after it, nothing while it lasted, and None where either has no time.
    """

    node: str
    fact: str
    value: str | None
    of: tuple[tuple[str, str], ...]
    words: str
    says: str
    path: str
    line: int
    taken: datetime | None
    away: timedelta | None

    @property
    def counts(self) -> bool:
        """Whether it makes the cause likelier: it is known to be of about the time of the fault."""
        return self.away is not None and abs(self.away) <= FAR

    @property
    def text(self) -> str:
        """In words: ``compute1: /var is 100 % full (facts.json as of 2026-11-22 14:02 UTC, 3 min after it): …``."""
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{self.node or 'this node'}: {self.words} ({place} {self._age}): {self.says}"

    @property
    def _age(self) -> str:
        if self.taken is None:
            return "of an unknown time, so it does not count"
        age = f"as of {self.taken.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
        if self.away is None:
            return f"{age}, but nothing tells when it was seen, so it does not count"
        if self.away:
            age += f", {spell(abs(self.away))} {'before' if self.away < timedelta(0) else 'after'} it was seen"
        return age if self.counts else f"{age}, too far to count"


class Cited(NamedTuple):
    """The settings and the facts that support a cause."""

    settings: tuple[CitedSetting, ...] = ()
    facts: tuple[CitedFact, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them in words."""
        return (*(setting.text for setting in self.settings), *(fact.text for fact in self.facts))

    @property
    def counts(self) -> bool:
        """Whether any of them makes the cause likelier; several do so no more than one."""
        return bool(self.settings) or any(fact.counts for fact in self.facts)
