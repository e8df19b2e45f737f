"""What several reports say in the same words: times, places, counts, whom a fault hit, what was not read.

Everything here comes back cleaned: no control characters, no secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import NamedTuple

from ..access import Access
from ..correlate.ids import normalise
from ..correlate.trace import Trace, entry
from ..diagnose import CAUSE_FOUND, HEALTHY, NOT_FOUND, UNKNOWN_CAUSE, Candidate, Diagnosis, Evidence
from ..diagnose.gate import sure_causes as sure_causes
from ..diagnose.model import NEW, Names, Reach, Suspect, Triage, Unexplained
from ..insight.health import Health
from ..record import Record
from .clean import clean

_BARS = "▁▂▃▄▅▆▇█"
# A line of a log in documents that wrap it.
_LONGEST = 600
# More than this of troubles, notes and problems is only counted.
MOST_NOT_READ = 10


class Asked(NamedTuple):
    """A request that was asked for: its name, and the API call that began it with its record, where a log tells."""

    name: str
    call: Access | None
    record: Record | None
    time: datetime | None


def asked(trace: Trace) -> list[Asked]:
    """The requests asked for: the call, what it was answered, where and when."""
    requests = [i for i in dict.fromkeys(map(normalise, trace.asked)) if i in trace.requests] or [trace.main]
    found = []
    for request in requests:
        name = clean(f"req-{request}" if request else ", ".join(trace.asked))
        began = entry(trace, request)
        record, call = began or (None, None)
        found.append(Asked(name, call, record, record.time if record else trace.since))
    return found


def cause_label(candidate: Candidate, is_cause: bool) -> str:
    """How sure the answer is of a candidate, in words."""
    if not is_cause:
        return "Possibly"
    return "Root cause" if candidate.pattern.layer == "root" else "Cause, as far as the logs tell"


def why_unknown(diagnosis: Diagnosis) -> str:
    """Why no cause is named."""
    outcome = diagnosis.outcome
    if outcome and outcome.failed:
        return f"it failed ({cut(clean(outcome.reason), 120)}), and no known fault fits"
    if diagnosis.stopped_at:
        return "it was accepted and then fell silent: no error, and nothing that tells it ended well"
    return "no known fault fits"


def good_news(diagnosis: Diagnosis) -> str:
    """What a diagnosis without a failure is called."""
    worked = diagnosis.outcome is not None and diagnosis.outcome.failed is False
    return "Nothing went wrong" if worked else "No failure found"


def stopped(diagnosis: Diagnosis) -> str:
    """Where the request stopped, and what its healthy twins went on to; empty when it stopped nowhere."""
    stop = diagnosis.stopped_at
    if stop is None:
        return ""
    origin = stop.record.origin
    twins = (
        "the one request of its kind that worked"
        if stop.twins == 1
        else f"the {stop.twins} requests of its kind that worked"
    )
    where = f"{origin.service} on {clean(origin.node) or '-'}, {clock(stop.record.time, first_day(diagnosis.trace))}"
    return f"{where}; {twins} went on to {stop.missing}"


def suspect_place(suspect: Suspect) -> str:
    """The code a suspect names."""
    return clean(f"{suspect.module}:{suspect.line} {suspect.function}()" if suspect.function else suspect.module)


def question(answer: Diagnosis | Triage) -> str:
    """What was asked, as the command that asks it."""
    if isinstance(answer, Diagnosis):
        return f"haystack trace {' '.join(clean(i) for i in answer.asked)}"
    return "haystack triage"


def summary(answer: Diagnosis | Triage) -> str:
    """The answer in a sentence without its cause: what became of the request, or of the cloud."""
    if isinstance(answer, Triage):
        failed = counted(answer.failed.count, "request", answer.failed.more)
        return f"{verdict(answer)}, {failed} failed" if answer.failed.count else verdict(answer)
    if answer.verdict == NOT_FOUND:
        return f"no log line has {', '.join(clean(i) for i in answer.asked)}"
    reason = clean(answer.outcome.reason) if answer.outcome else ""
    if answer.verdict == HEALTHY:
        return f"{good_news(answer)}: {reason}" if reason else good_news(answer)
    return f"It failed: {reason}" if answer.outcome and answer.outcome.failed else why_unknown(answer)


def unknown(answer: Diagnosis | Triage) -> str:
    """Why no cause is named, where something did go wrong; empty elsewhere."""
    if answer.verdict != UNKNOWN_CAUSE:
        return ""
    if isinstance(answer, Diagnosis):
        return why_unknown(answer)
    return "errors that no known fault explains"


def verdict(triage: Triage) -> str:
    """The verdict on a cloud, in a few words."""
    if triage.verdict == CAUSE_FOUND:
        return f"{counted(len(sure_causes(triage)), 'cause')} found"
    if triage.verdict == NOT_FOUND:
        return "No log has lines in this window" if triage.coverage.files else "No log was read"
    if triage.verdict == HEALTHY and triage.accepted:
        return "No failure but what is accepted"
    if triage.verdict == HEALTHY:
        return "No failure found"
    return "Cause unknown"


def possible_causes(answer: Diagnosis | Triage) -> Sequence[Candidate]:
    """Candidates that may be causes besides those the answer is sure of, without what these explain."""
    sure = sure_causes(answer)
    explained = {pattern for candidate in sure for pattern in candidate.explains}
    return [c for c in answer.candidates if c not in sure and c.pattern.id not in explained]


def hit(reach: Reach) -> str:
    """Whom a fault hit: ``14 requests, 9 instances, 3 nodes (compute1, …), nova-compute and nova-api``."""
    parts = [counted(names.count, noun, names.more) for names, noun in _who(reach) if names.count]
    if reach.nodes:
        parts.append(f"{counted(len(reach.nodes), 'node')} ({listed(reach.nodes, 3)})")
    if reach.services:
        parts.append(listed(reach.services, 3))
    records = counted(reach.records, "record")
    return ", ".join([*parts, records if reach.exact else f"about {records}"])


def _who(reach: Reach) -> tuple[tuple[Names, str], ...]:
    return ((reach.requests, "request"), (reach.instances, "instance"), (reach.projects, "project"))


def novelty(unexplained: Unexplained) -> str:
    """Whether errors of a template are new, against the time before; empty where they are not, or nobody looked."""
    if not unexplained.novelty:
        return ""
    return "new" if unexplained.novelty == NEW else f"more than before ({unexplained.before or 0:,.0f})"


def sparkline(counts: Sequence[int], width: int = 0) -> str:
    """Counts as a line of bars, the highest in full; a slice without any is a blank. At most ``width`` bars."""
    counts = gathered(counts, width or len(counts))
    most = max(counts, default=0)
    # Rounded up, so that one record is seen beside a thousand.
    return "".join(_BARS[-(-count * len(_BARS) // most) - 1] if count else " " for count in counts)


def gathered(counts: Sequence[int], most: int) -> Sequence[int]:
    """Counts over time in no more than so many slices."""
    size = len(counts)
    if size <= most:
        return counts
    return [sum(counts[i * size // most : (i + 1) * size // most]) for i in range(most)]


def read(answer: Diagnosis | Triage | Health) -> str:
    """What was looked at."""
    coverage = answer.coverage
    places = ", ".join(clean(path) for path in answer.logs)
    return f"{counted(coverage.files, 'file')}, {coverage.bytes / 1e6:,.1f} MB below {places}"


def not_read(answer: Diagnosis | Triage | Health) -> list[str]:
    """What could not be read or used, and bounds that were reached: a sentence each."""
    lines = [f"{trouble.path} ({trouble.reason})" for trouble in answer.coverage.unreadable]
    lines += [f"pattern {problem}" for problem in answer.problems]
    lines += list(answer.coverage.notes)
    lines += list(answer.trace.notes) if isinstance(answer, Diagnosis) and answer.trace else []
    return [clean(line) for line in lines]


def place(evidence: Evidence) -> str:
    """File and line, without the directory."""
    return clean(f"{PurePosixPath(evidence.record.origin.path).name}:{evidence.line}")


def whole_place(evidence: Evidence) -> str:
    """Node, service, file and line of an evidence line."""
    origin = evidence.record.origin
    return clean(f"{origin.node or '-'}  {origin.service or '-'}  {origin.path}:{evidence.line}")


def evidence_block(evidence: Sequence[Evidence], day: date | None) -> list[str]:
    """Evidence as lines of plain text: when and where, and below it what the log says."""
    lines = []
    for item in evidence:
        lines += [f"{clock(item.record.time, day)}  {whole_place(item)}", f"    {cut(clean(item.text), _LONGEST)}"]
    return lines


def fix_lines(steps: Sequence[tuple[str, bool]]) -> list[str]:
    """The steps of a fix, numbered, with whether they change anything."""
    return [
        f"{number}. {clean(step)}  ({'changing' if changing else 'read-only'})"
        for number, (step, changing) in enumerate(steps, 1)
    ]


def first_day(answer: Trace | Triage | None) -> date | None:
    """The day that times are shown without."""
    return answer.since.date() if answer and answer.since else None


def clock(time: datetime | None, day: date | None = None) -> str:
    """Time of day, with the date where it is another day than the first."""
    if time is None:
        return "--:--:--.---"
    return f"{_dated(time, day or time.date())}.{time.microsecond // 1000:03d}"


def moment(time: datetime | None) -> str:
    """A time with its day, to the second."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else "unknown time"


def span(first: datetime | None, last: datetime | None, day: date | None = None) -> str:
    """From when to when, to the second, without the day given; empty where no time is known."""
    if first is None or last is None:
        return ""
    known = day or first.date()
    start, end = (_dated(time, known) for time in (first, last))
    return start if start == end else f"{start} to {end}"


def _dated(time: datetime, day: date) -> str:
    """The time of day, with the date where that is another, and the year where that is."""
    if time.date() == day:
        return f"{time:%H:%M:%S}"
    return f"{time:%m-%d %H:%M:%S}" if time.year == day.year else f"{time:%Y-%m-%d %H:%M:%S}"


def window(triage: Triage) -> str:
    """The time that was triaged."""
    if triage.since is None or triage.until is None:
        return "no times"
    return f"{triage.since:%Y-%m-%d} {span(triage.since, triage.until)} UTC"


def counted(number: int, noun: str, more: bool = False) -> str:
    """``1 request``, ``14 requests``, ``5,000 or more requests``."""
    return f"{number:,}{' or more' if more else ''} {noun}{'' if number == 1 and not more else 's'}"


def listed(names: Iterable[str], most: int) -> str:
    """The first few names, and how many more."""
    names = [clean(name) or "-" for name in names]
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def cut(text: str, length: int) -> str:
    """The text, no longer than so many characters."""
    return text if len(text) <= length else text[: length - 1] + "…"
