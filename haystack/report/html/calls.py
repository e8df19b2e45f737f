"""Response times: a bar for each API call of a trace, from its start to its answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ...access import Access, access
from ...record import Record
from ..words import clock, counted
from .elements import Html, join, short, tag
from .scale import axis, percent, scale_of

_MOST_CALLS = 80
_ROOM = 300


def response_times(records: Sequence[Record], day: date | None) -> Html:
    """The section; nothing where no record tells how long a call took."""
    calls = [
        (record.time - timedelta(seconds=call.seconds), record.time, record, call)
        for record in records
        if record.time and (call := access(record)) is not None and call.seconds is not None
    ]
    if not calls:
        return join([])
    slowest = sorted(calls, key=lambda row: row[0] - row[1])[:_MOST_CALLS]
    slowest.sort(key=lambda row: (row[0], row[2].order))
    scale = scale_of([time for start, end, _, _ in slowest for time in (start, end)])
    assert scale is not None
    rows = []
    for start, end, record, call in slowest:
        begin, stop = scale.at(start), scale.at(end)
        kind = "bar bad" if call.status >= 400 else "bar"
        bar = tag("rect", x=percent(begin), y=5, width=percent(max(stop - begin, 0.004)), height=12, rx=2, class_=kind)
        rows.append(
            tag(
                "tr",
                tag("th", *_name(record, call), scope="row"),
                tag("td", str(call.status), class_="bad" if call.status >= 400 else None),
                tag("td", f"{call.seconds:.3f} s", class_="number"),
                tag("td", tag("svg", bar, width="100%", height=22, aria_hidden="true"), class_="plot"),
                title=_when(start, end, day),
            )
        )
    heads = (("Call", None), ("Status", None), ("Took", "number"))
    head = tag(
        "tr",
        *(tag("th", name, scope="col", class_=kind) for name, kind in heads),
        tag("th", tag("span", "From start to answer", class_="unseen"), axis(scale), scope="col", class_="plot"),
    )
    left = len(calls) - len(slowest)
    note = f"{counted(len(slowest), 'call')}, each from its start to its answer, as access lines tell."
    note += f" {left} quicker ones are left out." if left else ""
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="calls")
    region = tag("section", table, class_="scroll", tabindex=0, aria_label="Response times as a table")
    return tag(
        "section",
        tag("h2", "Response times", id="times"),
        tag("p", note, class_="note"),
        region,
        aria_labelledby="times",
    )


def _name(record: Record, call: Access) -> list[str]:
    service = tag("span", record.origin.service or "-", class_="service")
    return [service, " ", tag("code", short(f"{call.method} {call.url}", _ROOM))]


def _when(start: datetime, end: datetime, day: date | None) -> str:
    return f"{clock(start, day)} to {clock(end, day)}"
