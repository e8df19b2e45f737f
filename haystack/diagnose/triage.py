"""From the samples of a window to the few causes behind them, whom each hit, and what is left over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ..access import access
from ..correlate.ids import bare
from ..correlate.trace import Trace
from ..library.matcher import Finding, Matcher
from ..library.model import Pattern
from ..record import Record
from ..search.samples import Sample
from . import model
from .cite import Cite, cite_nothing
from .cloud import Cause, causes, cloud_groups
from .diagnose import SURE
from .failures import REFUSED, Failure, failures, template, weight
from .graph import hits_of, places
from .model import Candidate, Evidence, Known, Names, Reach, Suspect, Unexplained
from .stories import Harm, Stories
from .suspects import suspects

_SLICES = 40
_MOST_NAMES = 5
_MOST_CAUSES = 12
_MOST_UNEXPLAINED = 20
# What happens this many times as often as before is more than before.
_MUCH_MORE = 3.0

Place = tuple[str, int]


class Window(NamedTuple):
    """The time that is triaged."""

    since: datetime | None
    until: datetime | None

    def slice_of(self, time: datetime | None) -> int | None:
        """Which of the slices of equal length a time is in."""
        if self.since is None or self.until is None or time is None:
            return None
        share = (time - self.since) / (self.until - self.since) if self.until > self.since else 0.0
        return min(_SLICES - 1, max(0, int(share * _SLICES)))


class Result(NamedTuple):
    """What triage gives; the pipeline adds what was asked and what was read."""

    verdict: str
    candidates: tuple[Candidate, ...]
    suspects: tuple[Suspect, ...]
    unexplained: tuple[Unexplained, ...]
    noise: tuple[Known, ...]
    failed: Names
    unknown: Names
    window: Window


def triage(
    samples: Sequence[Sample],
    before: Sequence[Sample] | None,
    scale: float,
    matcher: Matcher,
    cite: Cite = cite_nothing,
    exact: bool = True,
) -> Result:
    """The causes behind what the samples show.

    ``before`` are samples of errors from the time before (None: nothing was read), ``scale`` is how many times as long
    as that the time triaged is, ``cite`` knows the settings and facts that support a pattern. Without ``exact`` some
    of what samples stand for may lie outside of the window.
    """
    by_place = {sample.record.place: sample for sample in samples}
    findings = matcher.findings([sample.record for sample in samples])
    noise = [finding for finding in findings if finding.pattern.layer == "noise"]
    harmless = places(noise)
    telling = [f for f in findings if f.pattern.layer != "noise" and places([f]) - harmless]
    stories = Stories(sample.record for sample in samples)
    failed = failures(samples, harmless)
    window = _window(samples)
    harm = Harm(stories, failed, [sample.record for sample in samples])
    found = causes(cloud_groups(telling, stories, harm), stories, _MOST_CAUSES, cite)
    candidates = [_with_reach(cause, by_place, window, harm, exact) for cause in found]
    explained = _Explained(found, stories)
    left = [
        sample
        for sample in samples
        if weight(sample.record) > REFUSED and sample.record.place not in harmless and sample.record not in explained
    ]
    unknown = [
        failure
        for failure in failed
        if failure.weight > REFUSED and not any(explained.surely(sample.record) for sample in failure.samples)
    ]
    sure = bool(candidates) and candidates[0].confidence >= SURE
    return Result(
        model.CAUSE_FOUND if sure else model.UNKNOWN_CAUSE if left or unknown else model.HEALTHY,
        tuple(candidates),
        tuple(suspects(_as_trace(samples, harmless))),
        tuple(_unexplained(left, before, scale, window, exact)),
        tuple(_known(noise, by_place)),
        _requests_of(failed),
        _requests_of(unknown),
        window,
    )


class _Explained:
    """Records that a cause shows or explains, and all of the stories in which one does so for sure."""

    def __init__(self, found: Sequence[Cause], stories: Stories) -> None:
        self._places = {hit.record.place for cause in found for hit in hits_of(cause.findings)}
        sure = [hit for cause in found if cause.candidate.confidence >= SURE for hit in hits_of(cause.findings)]
        self._sure = {hit.record.place for hit in sure}
        self._stories = {stories.of(hit.record) for hit in sure} - {""}
        self._of = stories.of

    def __contains__(self, record: Record) -> bool:
        return record.place in self._places or self.surely(record)

    def surely(self, record: Record) -> bool:
        """Whether a cause that is sure does so."""
        return record.place in self._sure or self._of(record) in self._stories


def _requests_of(failed: Sequence[Failure]) -> Names:
    more = any(sample.more for failure in failed for sample in failure.samples)
    return Names(len(failed), tuple(f"req-{failure.request}" for failure in failed[:_MOST_NAMES]), more)


def _window(samples: Iterable[Sample]) -> Window:
    times = [sample.record.time for sample in samples if sample.record.time]
    return Window(min(times, default=None), max(times, default=None))


def _with_reach(cause: Cause, by_place: Mapping[Place, Sample], window: Window, harm: Harm, exact: bool) -> Candidate:
    own = [by_place[place] for place in dict.fromkeys(hit.record.place for hit in hits_of(cause.group.findings))]
    hit = [by_place[place] for place in dict.fromkeys(hit.record.place for hit in hits_of(cause.findings))]
    reach = _reach(own, hit, window, exact)
    failed = any(harm.of(sample.record) for sample in hit)
    return cause.candidate._replace(reach=reach, requests_hit=reach.requests.count, failed=failed)


def _reach(own: Sequence[Sample], hit: Sequence[Sample], window: Window, exact: bool) -> Reach:
    """Whom records hit: ``own`` are those that show the fault, ``hit`` also what follows from it."""
    records = [sample.record for sample in hit]
    times = [record.time for record in records if record.time]
    over_time = [0] * _SLICES
    for sample in own:
        number = window.slice_of(sample.record.time)
        if number is not None:
            over_time[number] += sample.times
    thinned = any(sample.times > 1 for sample in hit)
    requests = dict.fromkeys(f"req-{bare(i)}" for sample in hit for i in _requests(sample))
    return Reach(
        sum(sample.times for sample in own),
        exact or all(sample.times == 1 for sample in own),
        _names(requests, any(sample.more for sample in hit)),
        _names((r.instance for r in records if r.instance), thinned),
        _names((r.project for r in records if r.project), thinned),
        tuple(sorted({r.origin.node for r in records if r.origin.node})),
        tuple(sorted({r.origin.service for r in records if r.origin.service})),
        min(times, default=None),
        max(times, default=None),
        tuple(over_time) if any(over_time) else (),
    )


def _requests(sample: Sample) -> list[str]:
    record = sample.record
    if not record.user:  # a periodic task's id is nobody's request
        return []
    return [record.global_request_id or record.request_id, *sorted(sample.requests)]


def _names(found: Iterable[str], more: bool = False) -> Names:
    different = list(dict.fromkeys(name for name in found if name))
    return Names(len(different), tuple(different[:_MOST_NAMES]), more)


def _as_trace(samples: Iterable[Sample], harmless: Collection[Place]) -> Trace:
    """All errors as one trace, for what asks for one."""
    wrong = [s.record for s in samples if weight(s.record) > REFUSED and s.record.place not in harmless]
    records = tuple(sorted(wrong, key=lambda record: record.order))
    return Trace((), "", frozenset(), {}, records, None, None, ())


def _known(noise: Sequence[Finding], by_place: Mapping[Place, Sample]) -> list[Known]:
    seen: dict[str, tuple[Pattern, set[Place]]] = {}
    for finding in noise:
        seen.setdefault(finding.pattern.id, (finding.pattern, set()))[1].update(places([finding]))
    known = [Known(pattern, sum(by_place[place].times for place in where)) for pattern, where in seen.values()]
    return sorted(known, key=lambda item: (-item.records, item.pattern.id))


def _unexplained(
    left: Sequence[Sample], before: Sequence[Sample] | None, scale: float, window: Window, exact: bool
) -> list[Unexplained]:
    kinds: dict[tuple[str, str], list[Sample]] = {}
    for sample in sorted(left, key=lambda sample: sample.record.order):
        kinds.setdefault(_kind(sample.record), []).append(sample)
    earlier: dict[tuple[str, str], int] = {}
    for sample in before or ():
        kind = _kind(sample.record)
        earlier[kind] = earlier.get(kind, 0) + sample.times
    result = []
    for (service, text), members in kinds.items():
        record = members[0].record
        reach = _reach(members, members, window, exact)
        usual = None if before is None else earlier.get((service, text), 0) * scale
        result.append(
            Unexplained(
                service,
                record.level.name if record.level is not None else "",
                text,
                reach,
                usual,
                _novelty(reach.records, usual),
                Evidence(record, 0, record.message),
            )
        )
    order = {model.NEW: 0, model.MORE: 1, "": 2}
    result.sort(key=lambda item: (order[item.novelty], -item.reach.records, item.service, item.template))
    return result[:_MOST_UNEXPLAINED]


def _kind(record: Record) -> tuple[str, str]:
    call = access(record)
    if call is not None:
        path = template(call.url.partition("?")[0])
        return record.origin.service, f"{call.method} {path} was answered {call.status}"
    return record.origin.service, template(record.message)


def _novelty(now: int, usual: float | None) -> str:
    if usual is None:
        return ""
    if not usual:
        return model.NEW
    return model.MORE if now >= _MUCH_MORE * usual else ""
