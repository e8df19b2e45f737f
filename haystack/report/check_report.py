"""What works on each node, as text or as ``haystack/check-1``: broken nodes first, equal ones on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..nodes.check import FAILED, OK, WARNING, Checked, Step
from .clean import clean
from .words import counted

SCHEMA = "haystack/check-1"
_SIGNS = {OK: ("✔", "green"), WARNING: ("!", "yellow"), FAILED: ("✘", "red")}
_WORST = (FAILED, WARNING, OK)
# Of nodes that are alike so many are named.
_NAMED = 6
# Of what they say each for itself, and of the ways to mend it, so many are shown.
_SHOWN = 5
_NUMBER = re.compile(r"\d[\d.,]*(?: (?:k|M|G)?B\b| m?s\b)?(?: ahead| behind)?")


def as_json(checked: Sequence[Checked], ascii_only: bool = False) -> str:
    """The document, indented, with a line end."""
    document = {
        "schema": SCHEMA,
        "state": _worst(checked),
        "nodes": [_node(one) for one in checked],
    }
    return json.dumps(document, indent=1, ensure_ascii=ascii_only) + "\n"


def _node(one: Checked) -> dict[str, Any]:
    return {
        "node": one.node.name,
        "address": one.node.host,
        "site": one.node.site or None,
        "roles": list(one.node.roles),
        "state": one.state,
        "clock_offset_seconds": one.offset and round(one.offset.seconds, 6),
        "clock_uncertainty_seconds": one.offset and round(one.offset.uncertainty, 6),
        "zone": one.zone or None,
        "steps": [
            {"step": step.name, "state": step.state, "says": clean(step.says), "fix": clean(step.fix) or None}
            for step in one.steps
        ],
    }


def show(checked: Sequence[Checked]) -> None:
    """Print what was found to the terminal, in colour."""
    render_to(checked, Console(highlight=False))


def render_to(checked: Sequence[Checked], console: Console) -> None:
    """Print what was found, to a console of any width."""
    ordered = sorted(checked, key=lambda one: (_WORST.index(one.state), _signature(one), one.node.name))
    for _, group in groupby(ordered, key=_signature):
        alike = list(group)
        sign, colour = _SIGNS[alike[0].state]
        console.print(Text.assemble((f"{sign} ", colour), (_names(alike), "bold"), _headline(alike)))
        if alike[0].state != OK:
            console.print(Padding(_steps(alike), (0, 0, 0, 2)))
    broken = sum(one.state == FAILED for one in checked)
    console.print()
    unwell = sum(one.state == WARNING for one in checked)
    console.print(
        Text(
            f"{counted(len(checked), 'node')}: {len(checked) - broken} usable"
            + f", {unwell} of them with something to mend" * bool(unwell)
            + f", {broken} not" * bool(broken)
        )
    )


def _steps(alike: Sequence[Checked]) -> Table:
    """What is not well with nodes that are alike: in the same words, or each in its own where they differ."""
    table = Table.grid(padding=(0, 2), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for steps in zip(*map(_unwell, alike), strict=True):
        says, fixes = [step.says for step in steps], [step.fix for step in steps if step.fix]
        named = [f"{one.node.name}: {text}" for one, text in zip(alike, says, strict=True)]
        name = Text(steps[0].name, style=_SIGNS[steps[0].state][1])
        for line in _bounded(named) if len(set(says)) > 1 else says[:1]:
            table.add_row(name, Text(clean(line)))
            name = Text()
        for line in _bounded([f"→ {fix}" for fix in dict.fromkeys(fixes)]):
            table.add_row("", Text(clean(line), style="cyan"))
    return table


def _unwell(one: Checked) -> list[Step]:
    return [step for step in one.steps if step.state != OK]


def _bounded(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], *([f"and {more} more: --format json"] if more > 0 else [])]


def _headline(alike: Sequence[Checked]) -> str:
    """What a glance should tell of nodes that are well: how they are read, and how far their clocks are off."""
    steps = {step.name: step for step in alike[0].steps}
    words = [steps[name].says for name in ("transfer",) if name in steps]
    offsets = [one.offset.seconds for one in alike if one.offset]
    if offsets:
        worst = max(offsets, key=abs)
        words.append(f"clock{'s' if len(offsets) > 1 else ''} within {abs(worst):.3f} s")
    return f"   {', '.join(words)}" if words else ""


def _names(alike: Sequence[Checked]) -> str:
    names = [clean(one.node.name) for one in alike]
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _signature(one: Checked) -> tuple[object, ...]:
    """What is alike for nodes that share a line: the steps that are not well as they are, of others their way."""
    transfer = next((step.says for step in one.steps if step.name == "transfer"), "")
    unwell = tuple((step.name, step.state, _common(step.says, one), _common(step.fix, one)) for step in _unwell(one))
    return _WORST.index(one.state), unwell, transfer


def _common(text: str, one: Checked) -> str:
    """The words without what is the node's own: its name, its address, numbers and sizes."""
    for own in (one.node.host, one.node.name):
        text = re.sub(rf"(?<!\w){re.escape(own)}(?!\w)", "…", text)
    return _NUMBER.sub("#", text)


def _worst(checked: Sequence[Checked]) -> str:
    states = {one.state for one in checked}
    return next((state for state in _WORST if state in states), OK)
