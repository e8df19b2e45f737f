"""What a triage has besides causes: each cause over time, what nothing explains, known noise."""

from __future__ import annotations

from collections.abc import Sequence

from ...diagnose.model import Reach, Triage
from ..words import counted, cut, gathered, novelty, span, sure_causes
from .causes import MOST_CAUSES
from .elements import Html, join, short, tag
from .scale import Scale, axis, grid, percent

_MOST_ROWS = 60
_MOST_BARS = 60
_ROOM = 500


def over_time(triage: Triage) -> Html:
    """The section that shows when each cause struck, one below the other."""
    reached = [candidate for candidate in triage.candidates if candidate.reach and any(candidate.reach.over_time)]
    if not reached or triage.since is None or triage.until is None:
        return join([])
    scale = Scale(triage.since, triage.until)
    carded = sure_causes(triage)[:MOST_CAUSES]
    rows = []
    for candidate in reached[:_MOST_ROWS]:
        assert candidate.reach
        name: str = short(cut(candidate.cause, 90), _ROOM)
        if candidate in carded:
            name = tag("a", name, href=f"#cause-{carded.index(candidate) + 1}")
        label = tag("div", name, tag("span", counted(candidate.reach.records, "record"), class_="note"), class_="label")
        rows.append(tag("div", label, _bars(candidate.reach, 34), class_="lane"))
    lanes = tag(
        "div",
        tag("div", axis(scale), class_="axis-row"),
        tag("div", grid(scale), *rows, class_="lane-rows"),
        class_="lanes wide",
    )
    return tag("section", tag("h2", "Over time", id="over-time"), tag("figure", lanes), aria_labelledby="over-time")


def _bars(reach: Reach, height: int) -> Html:
    """Counts as bars; what they show is told in words for who does not see them."""
    counts = gathered(reach.over_time, _MOST_BARS)
    most = max(counts, default=0)
    width = 1 / max(len(counts), 1)
    bars = []
    for number, count in enumerate(counts):
        if count:
            tall = max(2.0, (height - 2) * count / most)
            bars.append(
                tag(
                    "rect",
                    x=percent(number * width),
                    y=f"{height - tall:.1f}",
                    width=percent(width * 0.9),
                    height=f"{tall:.1f}",
                )
            )
    label = f"{counted(reach.records, 'record')}, {span(reach.first, reach.last)}"
    return tag("svg", *bars, class_="track bars", width="100%", height=height, role="img", aria_label=label)


def unexplained(triage: Triage) -> Html:
    """The section of errors that no pattern explains."""
    if not triage.unexplained:
        return join([])
    rows = [
        tag(
            "tr",
            tag("td", f"{'' if row.reach.exact else 'about '}{row.reach.records:,}", class_="number"),
            tag("td", tag("strong", novelty(row), class_="badge new") if novelty(row) else ""),
            tag("td", tag("b", row.service or "-"), " ", row.level),
            tag(
                "td",
                tag("code", short(row.template, _ROOM)),
                " ",
                tag("span", *_place(row.evidence.record.origin), class_="file"),
            ),
            tag("td", _bars(row.reach, 20), class_="plot"),
        )
        for row in triage.unexplained[:_MOST_ROWS]
    ]
    names = (("Records", "number"), ("Novelty", None), ("Service", None), ("Message", None), ("Over time", "plot"))
    head = tag("thead", tag("tr", *(tag("th", name, scope="col", class_=kind) for name, kind in names)))
    left = len(triage.unexplained) - _MOST_ROWS
    table = tag("table", head, tag("tbody", *rows), class_="unexplained")
    return tag(
        "section",
        tag("h2", "Not explained", id="unexplained"),
        tag("p", "Errors that no known fault explains, by message; what varies in it is a *.", class_="note"),
        tag("section", table, class_="scroll", tabindex=0, aria_label="Errors not explained"),
        *([tag("p", f"and {counted(left, 'other message')}", class_="note")] if left > 0 else []),
        aria_labelledby="unexplained",
    )


def _place(origin: Sequence[object]) -> tuple[str, ...]:
    node, _, path, line = origin[:4]
    return (f"{node} {str(path).rpartition('/')[2]}:{line}",)


def noise(triage: Triage) -> Html:
    """Known noise, folded."""
    if not triage.noise:
        return join([])
    records = sum(known.records for known in triage.noise)
    rows = [tag("li", tag("b", f"{known.records:,}"), " ", known.pattern.title) for known in triage.noise]
    summary = tag("summary", f"Known noise: {counted(records, 'record')}, harmless")
    return tag("details", summary, tag("ul", *rows), class_="noise")
