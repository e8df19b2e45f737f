"""What a record shows: an API call, and steps of operations. Made where the record was read, small to hand over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..access import ACCESS_LITERALS, HAPROXY, HTTPD, Access, began, ended, served
from ..library.literals import telling_literals
from ..library.matcher import TEXT_LIMIT, clause_hit
from ..record import Record
from ..services import Services
from .calls import Calls
from .operations import Operation, Sign
from .routes import route

# Numbers of what a sighting shows when it is no step: a bad end, and a call that the API refused or failed.
FAIL, REFUSED = -1, -2
_MOST_TAIL = 5
_LONGEST_BACKEND = 60
# What kolla-ansible, openstack-ansible and others put behind a service's name.
_OF_A_PROXY = re.compile(
    r"[-_.](?:back|backend|be|front|frontend|cluster|pool|servers?|service|external|internal|public|admin)$",
    re.IGNORECASE,
)


class Sighting(NamedTuple):
    """A step seen: at which ``time`` (seconds since the epoch), of which operation (its number) and step.

    ``requests`` are the record's ids; ``of_user`` tells that they are a user's request and no service's own, which many
    runs would share. ``resource`` is the id of what the operation is about, where the record tells it.
    """

    time: float
    operation: int
    step: int
    requests: tuple[str, ...]
    of_user: bool
    resource: str


class Reader:
    """Reads records into ``calls`` and sightings. Calling it gives the sightings of a record, None when it has none."""

    def __init__(self, operations: Sequence[Operation], services: Services, calls: Calls) -> None:
        self.calls = calls
        self._services = services
        self._operations = operations
        self._by_call: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self._clauses: list[tuple[int, int, Sign]] = []
        for number, step, sign in _all_signs(operations):
            if sign.clause is None:
                self._by_call.setdefault((sign.method, sign.tail), []).append((number, step))
            else:
                self._clauses.append((number, step, sign))
        self._of_route = lru_cache(maxsize=4096)(self._find_steps)
        self._of_logger = lru_cache(maxsize=1024)(self._find_clauses)
        self._backend = lru_cache(maxsize=256)(self._find_backend)

    @property
    def literals(self) -> tuple[str, ...]:
        """Of these one is in every record that shows anything."""
        told = (literal for _, _, sign in self._clauses if sign.clause for literal in telling_literals(sign.clause))
        return tuple(dict.fromkeys((*ACCESS_LITERALS, *told)))

    def __call__(self, record: Record) -> tuple[Sighting, ...] | None:
        """Count the call that the record tells of; the steps that it shows."""
        call = served(record)
        if call is not None:
            template = route(call.url)
            backend = self._backend(call.backend) if call.backend else ""
            self.calls.add(record, call, backend, template)
            steps = self._of_route(call.method, template)
            if not steps or call.writer in (HAPROXY, HTTPD):
                return None
            return tuple(self._called(record, call, steps)) or None
        clauses = self._of_logger(record.logger)
        return tuple(self._told(record, clauses)) or None if clauses else None

    def _called(self, record: Record, call: Access, steps: Sequence[tuple[int, int, str]]) -> Iterator[Sighting]:
        if record.time is None:
            return
        refused = call.status >= 400 or not call.status
        for number, step, tail in steps:
            operation = self._operations[number]
            if refused and (step or operation.shared):
                continue
            at = ended(record.time, call) if step else began(record.time, call)
            resource = _resource(call.url, tail) if operation.resource else ""
            seen = _sighting(record, at.timestamp(), number, step, resource)
            yield seen
            if refused:
                yield seen._replace(time=ended(record.time, call).timestamp(), step=REFUSED)

    def _told(self, record: Record, clauses: Sequence[tuple[int, int, Sign]]) -> Iterator[Sighting]:
        if record.time is None:
            return
        text = record.text[:TEXT_LIMIT]
        shown: set[tuple[int, int]] = set()
        for number, step, sign in clauses:
            if (number, step) in shown or sign.clause is None:
                continue
            captures = clause_hit(sign.clause, record, self._services, text)
            if captures is None:
                continue
            shown.add((number, step))
            kind = self._operations[number].resource
            resource = captures.get(kind, "") or (record.instance if kind == "instance" else "")
            yield _sighting(record, record.time.timestamp(), number, step, resource)

    def _find_steps(self, method: str, template: str) -> tuple[tuple[int, int, str], ...]:
        """Steps that a call of this route shows: those whose tail its route ends with."""
        segments = template.split("/")
        tails = ["/" + "/".join(segments[start:]) for start in range(max(1, len(segments) - _MOST_TAIL), len(segments))]
        return tuple((number, step, tail) for tail in tails for number, step in self._by_call.get((method, tail), ()))

    def _find_clauses(self, logger: str) -> tuple[tuple[int, int, Sign], ...]:
        def fits(sign: Sign) -> bool:
            wanted = sign.clause.logger if sign.clause else ""
            return not wanted or logger == wanted or logger.startswith(wanted + ".")

        return tuple(row for row in self._clauses if fits(row[2]))

    def _find_backend(self, name: str) -> str:
        """Service behind a name that HAProxy's configuration gives it (``nova_api_back``), or that name."""
        plain = name
        while plain:
            service = self._services.of_name(plain.lower())
            if service:
                return service
            plain, cut = _OF_A_PROXY.subn("", plain)
            if not cut:
                break
        return name[:_LONGEST_BACKEND]


def _all_signs(operations: Sequence[Operation]) -> Iterator[tuple[int, int, Sign]]:
    for number, operation in enumerate(operations):
        for step, (_, signs) in enumerate(operation.steps):
            for sign in signs:
                yield number, step, sign
        for sign in operation.fail.signs:
            yield number, FAIL, sign


def _sighting(record: Record, time: float, number: int, step: int, resource: str) -> Sighting:
    own = record.request_ids
    return Sighting(time, number, step, own, bool(own and record.user), resource.lower())


@lru_cache(maxsize=256)
def _id_in(tail: str) -> re.Pattern[str]:
    """Expression that finds the first id of a tail in an URL."""
    before, _, after = tail.partition("{id}")
    behind = re.escape(after).replace(re.escape("{id}"), "[^/]+")
    return re.compile(rf"{re.escape(before)}([^/?#]{{1,100}}?)(?:\.json)?{behind}/?(?:[?#]|$)")


def _resource(url: str, tail: str) -> str:
    found = _id_in(tail).search(url) if "{id}" in tail else None
    return found[1] if found else ""
