"""From all that was seen to the state of each check: the last word on a subject decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ...library.matcher import Matcher
from ...search.rhythm import Pulse
from ...search.samples import Sample
from ...services import Services
from .machine import Judged, machine_rows
from .model import AMBER, GREEN, NO_DATA, RED, STATES, Check, Result, Row
from .signs import Event, events, is_bad
from .silence import Asked, silence

# A service writes for so long after it was told to stop.
_LAST_WORDS = timedelta(seconds=90)
# Checks of what is not in the logs.
_SILENT = frozenset(("services-silent", "nodes-silent"))
# Logs of the system go on, whatever becomes of the service they speak of.
_OF_OTHERS = ("systemd", "syslog", "kernel")


class Ends(NamedTuple):
    """When the logs of each node end, each log by (node, path), and all of them: the moment that is judged."""

    nodes: Mapping[str, datetime]
    logs: Mapping[tuple[str, str], datetime]
    now: datetime | None


def ends_of(pulses: Iterable[Pulse]) -> Ends:
    """The ends of some logs."""
    nodes: dict[str, datetime] = {}
    logs: dict[tuple[str, str], datetime] = {}
    for pulse in pulses:
        if pulse.last is not None:
            nodes[pulse.node] = max(pulse.last, nodes.get(pulse.node, pulse.last))
            logs.update({(pulse.node, file.path): pulse.last for file in pulse.files})
    return Ends(nodes, logs, max(nodes.values(), default=None))


def health(
    samples: Sequence[Sample],
    pulses: Sequence[Pulse],
    asked: Asked,
    machines: Mapping[str, Sequence[Judged]],
    checks: Sequence[Check],
    matcher: Matcher,
) -> tuple[Result, ...]:
    """The state of each check at the end of the logs.

    ``asked`` answers what the logs are asked more for those that fell silent, ``machines`` are the facts of each node.
    """
    ends = ends_of(pulses)
    by_check: dict[str, list[Event]] = {}
    for event in events(samples, checks, matcher):
        by_check.setdefault(event.check, []).append(event)
    services = matcher.library.services
    told = {check.id: _rows(check, by_check.get(check.id, ()), ends) for check in checks}
    if _SILENT & told.keys():
        for name, found in silence(pulses, _stopped(told), asked).items():
            told.get(name, []).extend(found)
    results = []
    for check in checks:
        rows = told[check.id] + machine_rows(check.id, machines, services)
        results.append(_result(check, rows, pulses, machines, services))
    return tuple(results)


def _stopped(told: Mapping[str, Sequence[Row]]) -> set[tuple[str, str]]:
    """Node and service of all that is known to be stopped: that it writes nothing is no news."""
    named = {(node, row.subject) for row in told.get("services-stopped", ()) if row.state == RED for node in row.nodes}
    for check, service in (("rabbitmq-node", "rabbitmq"), ("database-node", "mariadb")):
        named |= {(node, service) for row in told.get(check, ()) if row.state == RED for node in row.nodes}
    return named


def _result(
    check: Check, rows: list[Row], pulses: Sequence[Pulse], machines: Mapping[str, Sequence[Judged]], services: Services
) -> Result:
    rows.sort(key=lambda row: (STATES.index(row.state), row.since.timestamp() if row.since else 0.0, row.subject))
    logs = [pulse for pulse in pulses if pulse.last is not None and _shows(check, pulse, services)]
    facts = [node for node, told in machines.items() if any(fact.check == check.id for fact in told)]
    seen = []
    if logs and not check.by_sign:
        seen.append(f"{len(logs)} log{'s' * (len(logs) != 1)} of {len({pulse.node for pulse in logs})}")
    if facts:
        seen.append(f"facts of {len(facts)}")
    nodes = {pulse.node for pulse in logs if not check.by_sign} | set(facts)
    text = f"{' and '.join(seen)} node{'s' * (len(nodes) != 1)}" if seen else ""
    known = bool(seen) or any(row.state == GREEN for row in rows)
    state = rows[0].state if rows else GREEN if known else NO_DATA
    return Result(check, state, tuple(rows), text)


def _shows(check: Check, pulse: Pulse, services: Services) -> bool:
    if not pulse.service:
        return False
    return not check.services or any(services.matches(name, pulse.service) for name in check.services)


def _rows(check: Check, found: Sequence[Event], ends: Ends) -> list[Row]:
    subjects: dict[tuple[str, str], list[Event]] = {}
    for event in found:
        node = "" if check.cloud else event.record.origin.node
        subjects.setdefault((node, event.subject), []).append(event)
    return [row for (_, subject), members in subjects.items() if (row := _row(check, subject, members, ends))]


def _row(check: Check, subject: str, found: Sequence[Event], ends: Ends) -> Row | None:
    """The state of a subject; None where there is only good news of something that is not named."""
    wrong: list[Event] = []  # what is said since it was last well
    before: list[Event] = []
    recovered: datetime | None = None
    for event in sorted(found, key=lambda event: event.record.order):
        time = event.record.time
        if not is_bad(event):
            recovered = time if wrong else recovered
            before, wrong = [*before, *wrong], []
            continue
        if wrong and _is_over(wrong[-1], time):
            before, wrong, recovered = [*before, *wrong], [], None
        wrong.append(event)
    end = ends.now if check.cloud else ends.nodes.get(found[0].record.origin.node, ends.now)
    if wrong and (_is_over(wrong[-1], end) or (check.lives and _goes_on(wrong[-1], ends))):
        before, wrong, recovered = [*before, *wrong], [], None
    if wrong:
        return _told(min((event.sign.state for event in wrong), key=STATES.index), subject, wrong, None)
    if not before:
        return Row(GREEN, _nodes(found), subject, "", count=0) if subject else None
    # A warning that is over is nothing to look after; what was broken is.
    was_broken = any(event.sign.state == RED for event in before)
    return _told(AMBER if was_broken else GREEN, subject, before, recovered)._replace(over=True)


def _told(state: str, subject: str, found: Sequence[Event], recovered: datetime | None) -> Row:
    worst = min((event.sign.state for event in found), key=STATES.index)
    worse = [event for event in found if event.sign.state == worst]
    # Of a state that is said once the beginning tells most, of one that is said all the time the last word.
    telling = worse[-1] if worse[-1].sign.holds else worse[0]
    times = [event.record.time for event in found if event.record.time]
    counted = {
        event.record.place: event.times for event in found if telling.sign.holds or _says_as_much(event, telling)
    }
    return Row(
        state,
        _nodes(found),
        subject,
        telling.says,
        min(times, default=None),
        max(times, default=None),
        recovered,
        sum(counted.values()),
        telling.record,
        telling.below,
    )


def _says_as_much(event: Event, telling: Event) -> bool:
    """Whether a record says what another one says: a broker that stops once closes a hundred connections for it."""
    return (event.sign, event.says, event.clause) == (telling.sign, telling.says, telling.clause)


def _nodes(found: Iterable[Event]) -> tuple[str, ...]:
    return tuple(sorted({event.record.origin.node for event in found}))


def _is_over(last: Event, time: datetime | None) -> bool:
    """Whether nothing was said for so long that it is over."""
    if not last.sign.holds or time is None or last.record.time is None:
        return False
    return (time - last.record.time).total_seconds() > last.sign.holds


def _goes_on(event: Event, ends: Ends) -> bool:
    """Whether the log that the event is in goes on well after it."""
    origin = event.record.origin
    last = ends.logs.get((origin.node, origin.path))
    if origin.service in _OF_OTHERS or last is None or event.record.time is None:
        return False
    return last - event.record.time > _LAST_WORDS
