"""docs/health.md says of each check what its row in the table does. `pytest --regold` rewrites it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from haystack.insight.health import AMBER, CHECKS, GREEN, GROUPS, RED
from haystack.insight.health.model import Check, Sign
from haystack.library import load
from haystack.library.wording import spell

PAGE = Path(__file__).parents[2] / "docs" / "health.md"
SCHEMA = PAGE.with_name("facts-1.schema.json")
CHECKS_MADE = re.compile(r"(?<=<!-- checks -->\n).*?(?=<!-- /checks -->)", re.DOTALL)
FACTS_MADE = re.compile(r"(?<=<!-- facts -->\n).*?(?=<!-- /facts -->)", re.DOTALL)


def lasts(sign: Sign) -> str:
    from datetime import timedelta

    return f" (for {spell(timedelta(seconds=sign.holds))} after the last word)" if sign.holds else ""


def signs(check: Check, state: str) -> str:
    """What turns the check to a state, in words."""
    parts = []
    for sign in check.signs:
        if sign.state != state:
            continue
        told = ", ".join(f"`{pattern}`" for pattern in sign.patterns) or " … ".join(
            f'"{t.strip()}"' for t in sign.texts
        )
        parts.append(told + lasts(sign))
    return "; ".join(dict.fromkeys(parts))


def section(check: Check) -> str:
    lines = [f"### {check.title} (`{check.id}`)", "", f"Looks at: {check.what}.", ""]
    lines += [f"- {state}: {told}" for state in (RED, AMBER) if (told := signs(check, state))]
    if told := signs(check, GREEN):
        lines.append(f"- well again: {told}")
    if check.lives:
        lines.append("- well again: the service goes on writing 90 s and more after the sign")
    if check.facts:
        lines.append(f"- facts: {check.facts}")
    if check.by_sign:
        lines.append("- green only when a log or a fact says so")
    elif check.services:
        lines.append(f"- seen in the logs of: {', '.join(check.services)}")
    return "\n".join(lines)


def made() -> str:
    return "\n\n".join(
        f"## {group.capitalize()}\n\n" + "\n\n".join(section(c) for c in CHECKS.values() if c.group == group)
        for group in GROUPS
    )


def keys(properties: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Each key of a document, with its type and what the schema says of it."""
    for key, value in properties.items():
        inner = value.get("items", value).get("properties", {})
        kind = "list of objects" if inner and "items" in value else value.get("type", "string")
        kind = f"list of {value['items']['type']}s" if kind == "array" else kind
        yield f"{above}{key}", f"{kind} | {value['description']}"
        yield from keys(inner, f"{above}{key}{'[]' if 'items' in value else ''}.")


def facts_table() -> str:
    rows = keys(json.loads(SCHEMA.read_text())["properties"])
    return "\n".join(["| key | type | what |", "| --- | --- | --- |", *(f"| `{key}` | {told} |" for key, told in rows)])


def test_the_page_says_what_the_table_says(request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text()
    expected = CHECKS_MADE.sub(lambda _: made() + "\n", page)
    expected = FACTS_MADE.sub(lambda _: facts_table() + "\n", expected)
    if request.config.getoption("--regold"):
        PAGE.write_text(expected)
    assert PAGE.read_text() == expected, "run pytest --regold and read the diff"
    assert all(f"(`{check}`)" in expected for check in CHECKS)
    assert "| `fetched_at` | string |" in expected
    example = json.loads(re.findall(r"```json\n(.*?)```", expected, re.DOTALL)[0])
    jsonschema.validate(example, json.loads(SCHEMA.read_text()))


def test_checks_name_patterns_services_and_groups_that_there_are() -> None:
    library = load()
    seen = 0
    for check in CHECKS.values():
        assert check.group in GROUPS
        names = [*check.services, *(name for sign in check.signs for name in sign.services)]
        for name in names:
            general = any(row.startswith(f"{name}-") for row in library.services.rows)
            assert name in library.services.rows or general, f"{check.id}: {name}"
        for sign in check.signs:
            assert bool(sign.patterns) != bool(sign.texts), f"{check.id}: patterns or texts"
            assert sign.state in (RED, AMBER, GREEN)
            for pattern in sign.patterns:
                assert pattern in library, f"{check.id}: {pattern}"
                assert library.pattern(pattern).layer != "noise", f"{check.id}: {pattern}"
                seen += 1
    assert seen > 80


def test_states_that_last_can_end() -> None:
    """A bad sign that does not end by itself has a good one that ends it, or the log that goes on does."""
    checked = 0
    for check in CHECKS.values():
        for sign in check.signs:
            if sign.state != GREEN and not sign.holds:
                assert check.lives or any(other.state == GREEN for other in check.signs), f"{check.id}: {sign}"
                checked += 1
    assert checked > 10
