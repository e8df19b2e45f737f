"""Which records tell one story, and where something failed. Log lines are composed."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import pytest

from haystack.diagnose.failures import failures
from haystack.diagnose.stories import Harm, Stories
from haystack.record import Record
from haystack.search.samples import Sample
from tests.making import INSTANCE, NEEDLE, OTHER, fold_all, oslo

THIRD = "11111111-2222-4333-8444-555555555555"
PORT = "3f2cffe0-1788-4113-a28d-ba75083ee0fe"
PERIODIC = f"2026-11-22 06:00:09.000 4711 ERROR nova.compute.manager [None req-{NEEDLE} - - - - - -] it is late"


def bare(text: str, seconds: float = 5) -> str:
    return oslo(seconds, text)


# (what joins them, the two lines told apart or not, further lines, one story?)
STORIES: list[tuple[str, str, str, list[str], bool]] = [
    ("the same request", oslo(1, "a", NEEDLE), oslo(2, "b", NEEDLE), [], True),
    ("two requests", oslo(1, "a", NEEDLE), oslo(2, "b", OTHER), [], False),
    ("a global id", oslo(1, "a", NEEDLE), oslo(2, "b", OTHER, global_request=f"req-{NEEDLE}"), [], True),
    ("a request in the text", oslo(1, "a", NEEDLE), oslo(2, f"call by req-{NEEDLE} failed", OTHER), [], True),
    ("an instance", bare(f"[instance: {INSTANCE}] a"), bare(f"Instance {INSTANCE} is gone"), [], True),
    ("an instance and a request", oslo(1, f"[instance: {INSTANCE}] a", NEEDLE), bare(f"/servers/{INSTANCE} x"), [], True),
    ("a port", bare(f"port {PORT} a"), oslo(2, f"Port: {PORT} b", NEEDLE), [], True),
    ("by a third record", oslo(1, "a", NEEDLE), bare(f"[instance: {INSTANCE}] b"),
     [oslo(2, f"[instance: {INSTANCE}] c", NEEDLE)], True),
    ("by a chain of records", oslo(1, "a", NEEDLE), oslo(9, "b", THIRD),
     [oslo(2, f"port {PORT}", NEEDLE), oslo(3, f"port {PORT}", OTHER), oslo(4, f"req-{OTHER} called", THIRD)], True),
    ("a periodic task's id", PERIODIC, PERIODIC.replace("late", "later"), [], False),
    ("a periodic task's id and a request", PERIODIC, oslo(2, "b", NEEDLE), [], False),
    ("nothing", bare("a"), bare("b"), [], False),
    ("an image is shared by many", bare(f"image {PORT} a"), bare(f"image {PORT} b"), [], False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "more", "same"), [row[1:] for row in STORIES], ids=[row[0] for row in STORIES]
)
@pytest.mark.parametrize("backwards", [False, True])
def test_what_joins_two_records(one: str, other: str, more: list[str], same: bool, backwards: bool) -> None:
    records = fold_all([one, other, *more])
    assert len(records) == 2 + len(more)
    stories = Stories(reversed(records) if backwards else records)
    first, second = stories.of(records[0]), stories.of(records[1])
    assert (bool(first) and first == second) == same


def test_a_request_is_of_the_story_of_its_records() -> None:
    records = fold_all([oslo(1, "a", NEEDLE), oslo(2, "b", OTHER, global_request=f"req-{NEEDLE}")])
    stories = Stories(records)
    assert stories.of_request(NEEDLE) == stories.of_request(OTHER) == stories.of(records[0])
    assert stories.of_request(THIRD) == THIRD


# --- harm


def harmed(lines: list[str]) -> list[bool]:
    records: list[Record] = fold_all(lines)
    failed = failures([Sample(record, 1, frozenset()) for record in records], set())
    harm = Harm(Stories(records), failed, records)
    return [harm.of(record) for record in records]


REFUSED = (
    '2026-11-22 06:00:05.000 4711 INFO nova.wsgi [-] 1.2.3.4 "POST /v2.1/servers HTTP/1.1" status: 413 len: 1 time: 0.1'
)
WORKED = REFUSED.replace("413", "200")

# (the record asked about, what else was logged, is something known to have failed there?)
HARMS: list[tuple[str, str, list[str], bool]] = [
    ("an error of a request", oslo(1, "x", NEEDLE, "ERROR"), [], True),
    ("a warning of a request that failed", oslo(1, "x", NEEDLE, "WARNING"), [oslo(2, "y", NEEDLE, "ERROR")], True),
    ("a warning of one that did not", oslo(1, "x", NEEDLE, "WARNING"), [oslo(2, "y", OTHER, "ERROR")], False),
    ("an error of no request", oslo(5, "x", level="ERROR"), [], False),
    ("beside a failed call", oslo(5.5, "x", level="WARNING"), [REFUSED], True),
    ("just before a failed call", oslo(4.2, "x", level="WARNING"), [REFUSED], True),
    ("long before a failed call", oslo(3.9, "x", level="WARNING"), [REFUSED], False),
    ("long after a failed call", oslo(6.1, "x", level="WARNING"), [REFUSED], False),
    ("beside a call that worked", oslo(5.5, "x", level="WARNING"), [WORKED], False),
    ("of another process", oslo(5.5, "x", level="WARNING", pid=99), [REFUSED], False),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "more", "harm"), [row[1:] for row in HARMS], ids=[row[0] for row in HARMS])
def test_where_something_failed(asked: str, more: list[str], harm: bool) -> None:
    assert harmed([asked, *more])[0] == harm
