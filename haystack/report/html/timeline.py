"""The timeline: a lane for each service of each node, a mark for each record, and the same records as a table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from ...record import Level, Record
from ..words import clock, counted
from .elements import Html, join, short, tag
from .scale import Scale, axis, grid, percent, scale_of

MOST_RECORDS = 1000
_MOST_LANES = 40
# Bytes of a page for what one record says, in the table and at its mark.
_ROOM, _TIP_ROOM = 500, 160
_SHAPES = {"debug": "dot", "info": "dot", "warning": "triangle", "error": "diamond", "critical": "diamond"}

Place = tuple[str, int]


def timeline(records: Sequence[Record], proofs: Collection[Place], day: date | None, what: str) -> Html:
    """The section. ``proofs`` are the places of records that prove a cause; ``what`` says whose records they are."""
    shown = _telling(records, proofs)
    scale = scale_of([record.time for record in shown if record.time])
    left = len(records) - len(shown)
    note = f"{what}; {counted(len(shown), 'record')}."
    note += f" {counted(left, 'record')} of lower levels left out; --format json has all of them." if left else ""
    parts = [tag("h2", "Timeline", id="timeline"), tag("p", note, class_="note")]
    if scale:
        parts += [_tools(shown), _lanes(shown, proofs, scale, day), _legend()]
    parts.append(_table(shown, proofs, scale, day))
    return tag("section", *parts, aria_labelledby="timeline", class_="timeline")


def _telling(records: Sequence[Record], proofs: Collection[Place]) -> list[Record]:
    """As many records as a page holds, in order of time: proofs and the worst first."""

    def weight(record: Record) -> tuple[bool, int]:
        return (record.place not in proofs, -(record.level or 0))

    return sorted(sorted(records, key=weight)[:MOST_RECORDS], key=lambda record: record.order)


def _level(record: Record) -> str:
    return record.level.name.lower() if record.level is not None else "info"


def _lane(record: Record) -> tuple[str, str]:
    return record.origin.node or "-", record.origin.service or "-"


def _lanes(shown: Sequence[Record], proofs: Collection[Place], scale: Scale, day: date | None) -> Html:
    lanes: dict[tuple[str, str], list[tuple[int, Record]]] = {}
    for number, record in enumerate(shown):
        lanes.setdefault(_lane(record), []).append((number, record))
    nodes = list(dict.fromkeys(node for node, _ in lanes))
    ordered = sorted(lanes, key=lambda lane: nodes.index(lane[0]))  # the nodes by their first record, kept together
    rows = []
    node_before = ""
    for node, service in ordered[:_MOST_LANES]:
        marks = sorted(lanes[node, service], key=lambda row: (row[1].place in proofs, row[1].level or 0))
        drawn = [_mark(number, record, record.place in proofs, scale, day) for number, record in marks if record.time]
        label = tag(
            "div",
            tag("span", node, class_="node" if node != node_before else "node again"),
            tag("span", service, class_="service"),
            class_="label",
        )
        track = tag("svg", *drawn, class_="track", width="100%", height=26)
        rows.append(tag("div", label, track, class_="lane", data_node=node, data_service=service))
        node_before = node
    if len(ordered) > _MOST_LANES:
        rows.append(tag("p", f"{len(ordered) - _MOST_LANES} more lanes are in the table only.", class_="note"))
    picture = tag(
        "div",
        _shapes(),
        tag("div", axis(scale), class_="axis-row"),
        tag("div", grid(scale), *rows, class_="lane-rows"),
        class_="lanes",
        tabindex=0,
        role="group",
        aria_label="Timeline as a picture; the table below has the same records. "
        "Plus and minus zoom, the arrow keys move, 0 shows all.",
        data_since=f"{scale.since.timestamp():.6f}",
        data_until=f"{scale.until.timestamp():.6f}",
    )
    return tag("figure", picture)


def _mark(number: int, record: Record, proof: bool, scale: Scale, day: date | None) -> Html:
    level = _level(record)
    fraction = scale.at(record.time) if record.time else 0.0
    tip = f"{clock(record.time, day)} {level.upper()} {record.message}"
    mark = tag(
        "use",
        tag("title", short(tip, _TIP_ROOM)),
        href=f"#{_SHAPES[level]}",
        x=percent(fraction),
        y=13,
        class_=f"mark {level}",
        data_row=number,
        data_f=f"{fraction:.6f}",
    )
    ring = tag(
        "use", href="#ring", x=percent(fraction), y=13, class_="proof", data_row=number, data_f=f"{fraction:.6f}"
    )
    return join([ring, mark]) if proof else mark


def _shapes() -> Html:
    shapes = (
        tag("circle", id="dot", r=4),
        tag("path", id="triangle", d="M0-6 6 5-6 5z"),
        tag("path", id="diamond", d="M0-7 7 0 0 7-7 0z"),
        tag("circle", id="ring", r=11),
    )
    return tag("svg", tag("defs", *shapes), width=0, height=0, class_="shapes", aria_hidden="true")


def _legend() -> Html:
    def example(level: str, text: str) -> Html:
        mark = tag("use", href=f"#{_SHAPES[level]}", x=9, y=9, class_=f"mark {level}")
        return tag("li", tag("svg", mark, width=18, height=18, aria_hidden="true"), text)

    ring = tag("use", href="#ring", x=12, y=12, class_="proof")
    return tag(
        "ul",
        example("error", "error"),
        example("warning", "warning"),
        example("info", "info or none"),
        example("debug", "debug"),
        tag("li", tag("svg", ring, width=24, height=24, aria_hidden="true"), "proves a cause"),
        class_="legend",
    )


def _tools(shown: Sequence[Record]) -> Html:
    """Filters and zoom, shown by the script that they need."""

    def choice(label: str, name: str, options: Sequence[tuple[str, str]]) -> Html:
        items = [tag("option", text, value=value) for value, text in options]
        return tag("label", label, tag("select", *items, data_filter=name))

    nodes = sorted({_lane(record)[0] for record in shown})
    services = sorted({_lane(record)[1] for record in shown})
    levels = [(str(int(level)), f"{level.name.lower()} and worse") for level in Level if level > Level.DEBUG]
    buttons = (("in", "+", "Zoom in"), ("out", "−", "Zoom out"), ("left", "←", "Earlier"), ("right", "→", "Later"))
    return tag(
        "div",
        choice("Node", "node", [("", "all"), *((node, node) for node in nodes)]),
        choice("Service", "service", [("", "all"), *((service, service) for service in services)]),
        choice("Level", "level", [("0", "all"), *levels]),
        tag("label", "Text", tag("input", type="search", data_filter="text", autocomplete="off")),
        tag(
            "div",
            *(tag("button", sign, type="button", data_zoom=key, aria_label=name) for key, sign, name in buttons),
            tag("button", "All", type="button", data_zoom="all", aria_label="Show the whole time"),
            class_="buttons",
            role="group",
            aria_label="Zoom",
        ),
        tag("p", class_="status", role="status"),
        class_="tools",
        hidden=True,
    )


def _table(shown: Sequence[Record], proofs: Collection[Place], scale: Scale | None, day: date | None) -> Html:
    rows = []
    for number, record in enumerate(shown):
        level, (node, service) = _level(record), _lane(record)
        proof = record.place in proofs
        where = f"{record.origin.path.rpartition('/')[2]}:{record.origin.line}"
        minor = not proof and (record.level or 0) < Level.WARNING
        rows.append(
            tag(
                "tr",
                tag("td", clock(record.time, day), class_="time"),
                tag("td", record.level.name if record.level is not None else "-", class_=f"level {level}"),
                tag("td", node, " ", tag("b", service)),
                tag(
                    "td",
                    *([tag("strong", "evidence", class_="badge"), " "] if proof else []),
                    short(record.message, _ROOM),
                    " ",
                    tag("span", where, class_="file"),
                ),
                id=f"r{number}",
                tabindex=-1,
                class_="minor" if minor else None,
                data_node=node,
                data_service=service,
                data_level=int(record.level or 0),
                data_f=f"{scale.at(record.time):.6f}" if scale and record.time else None,
            )
        )
    head = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in ("Time", "Level", "Where", "Record"))))
    caption = tag("caption", "Records in order of time, UTC")
    table = tag("table", caption, head, tag("tbody", *rows), class_="records")
    region = tag("section", table, class_="scroll", tabindex=0, aria_label="Records as a table")
    hint = tag("p", "On paper: warnings, errors and evidence only.", class_="note paper")
    return join([region, hint])
