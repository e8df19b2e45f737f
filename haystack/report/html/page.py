"""The page: head with its policy, the answer first, and below it all that proves it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ... import __version__
from ...diagnose import CAUSE_FOUND, HEALTHY, Candidate, Diagnosis, Evidence, Suspect
from ...diagnose.model import Triage
from ...record import Record
from ..clocks import corrections
from ..words import (
    asked,
    counted,
    cut,
    first_day,
    moment,
    not_read,
    question,
    read,
    summary,
    sure_causes,
    window,
)
from .calls import response_times
from .causes import causes
from .elements import Html, short, tag
from .reach import noise, over_time, unexplained
from .timeline import timeline

_MOST_NOT_READ = 200
# A title longer than this is cut by who shows it.
_TITLE = 60


def render(answer: Diagnosis | Triage, ascii_only: bool = False) -> str:
    """The page, with a line end; what ASCII lacks as references with ``ascii_only``."""
    text = f"<!DOCTYPE html>\n{_page(answer)}\n"
    return text.encode("ascii", "xmlcharrefreplace").decode() if ascii_only else text


def _page(answer: Diagnosis | Triage) -> Html:
    body = [
        tag("a", "Skip to the answer", href="#answer", class_="skip"),
        _header(answer),
        tag("main", *_sections(answer), id="answer", tabindex=-1),
        tag("footer", tag("p", f"Made by haystack {__version__}. Times are in UTC. Secrets are masked.")),
    ]
    return tag("html", _head(answer), tag("body", *body, _asset("script.js", "script")), lang="en")


def _head(answer: Diagnosis | Triage) -> Html:
    hashes = {name: _hash(name) for name in ("style.css", "script.js")}
    # Nothing is loaded, nothing runs and nothing is sent but what this page is made of.
    policy = (
        f"default-src 'none'; style-src {hashes['style.css']}; script-src {hashes['script.js']}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", short(cut(f"haystack: {summary(answer)}", _TITLE), 300)),
        tag("link", rel="icon", href="data:,"),
        _asset("style.css", "style"),
    )


@lru_cache
def _source(name: str) -> str:
    """The text of a style sheet or script of ours, without anything that could end its element."""
    text = "\n" + (Path(__file__).parent / name).read_text(encoding="utf-8")
    assert "</" not in text
    assert text.isascii()
    return text


def _asset(name: str, element: str) -> Html:
    return Html(f"<{element}>{_source(name)}</{element}>")


def _hash(name: str) -> str:
    digest = hashlib.sha256(_source(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _header(answer: Diagnosis | Triage) -> Html:
    kind = {CAUSE_FOUND: "bad", HEALTHY: "good"}.get(answer.verdict, "unsure")
    head = [tag("p", "haystack ", tag("span", question(answer).removeprefix("haystack ")), class_="brand")]
    head.append(tag("h1", tag("span", class_=f"dot {kind}", aria_hidden="true"), short(cut(summary(answer), 160), 800)))
    facts = _asked(answer) if isinstance(answer, Diagnosis) else [("Time", tag("span", window(answer)))]
    facts.append(("Read", tag("span", read(answer))))
    lines = not_read(answer)
    if lines:
        link = tag("a", counted(len(lines), "thing"), href="#read")
        facts.append(("Not read", tag("span", link, class_="warning-text")))
    terms = [part for name, text in facts for part in (tag("dt", name), tag("dd", text))]
    return tag("header", *head, tag("dl", *terms, class_="facts"))


def _asked(diagnosis: Diagnosis) -> list[tuple[str, Html]]:
    facts = []
    for name, call, record, time in asked(diagnosis.trace) if diagnosis.trace else ():
        parts: list[str] = [tag("code", name)]
        if call and record:
            took = f" after {call.seconds:.2f} s" if call.seconds is not None else ""
            parts += [
                " ",
                tag("code", short(f"{call.method} {call.url}", 600)),
                " answered ",
                tag("b", f"{call.status}"),
                took,
            ]
            parts.append(f", {record.origin.node or '-'} {record.origin.service}")
        facts.append(("Request", tag("span", *parts, f", {moment(time)}")))
    return facts


def _sections(answer: Diagnosis | Triage) -> list[Html]:
    if isinstance(answer, Triage):
        drawn = _each([*_evidence(answer.candidates, answer.suspects), *(row.evidence for row in answer.unexplained)])
        parts = [causes(answer), over_time(answer), unexplained(answer), noise(answer)]
        what = "The records that prove causes, and one of each message that is not explained"
    else:
        own = answer.trace.records if answer.trace else ()
        drawn = _each(_evidence(answer.candidates, answer.suspects), own)
        parts = [causes(answer)]
        what = "All records of the request, and the evidence"
    proofs = {item.record.place for item in _evidence(sure_causes(answer) or answer.candidates, answer.suspects)}
    day = first_day(answer.trace if isinstance(answer, Diagnosis) else answer)
    if drawn:
        parts.append(timeline(drawn, proofs, day, what))
    if isinstance(answer, Diagnosis) and answer.trace:
        parts.append(response_times(answer.trace.records, day))
    return [part for part in [*parts, _about(answer)] if part]


def _evidence(candidates: Sequence[Candidate], suspects: Sequence[Suspect]) -> list[Evidence]:
    of_candidates = [item for candidate in candidates for item in candidate.evidence]
    return of_candidates + [item for suspect in suspects for item in suspect.evidence]


def _each(evidence: Sequence[Evidence], records: Sequence[Record] = ()) -> list[Record]:
    """Records of some evidence and others, each once, in order of time."""
    by_place = {record.place: record for record in (*(item.record for item in evidence), *records)}
    return sorted(by_place.values(), key=lambda record: record.order)


def _about(answer: Diagnosis | Triage) -> Html:
    parts = [tag("h2", "What was read", id="read"), tag("p", read(answer))]
    told = corrections(answer.clocks)
    if told:
        parts += [tag("h3", "Clocks"), tag("ul", *(tag("li", line) for line in told))]
    lines = not_read(answer)
    if lines:
        items = [tag("li", short(line, 600)) for line in lines[:_MOST_NOT_READ]]
        left = len(lines) - _MOST_NOT_READ
        items += [tag("li", f"and {left} more")] if left > 0 else []
        parts += [tag("h3", "Not read"), tag("ul", *items, class_="warning-text")]
    return tag("section", *parts, aria_labelledby="read")
