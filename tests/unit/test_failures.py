"""What counts as a failure, how bad it is, and what failures have in common. Log lines are composed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haystack.diagnose.failures import BROKEN, ERROR, LITERALS, REFUSED, failures, template, weight
from haystack.search.samples import Sample
from tests.making import INSTANCE, NEEDLE, OTHER, USER, fold_all, oslo


def call(method: str, status: int) -> str:
    return f'1.2.3.4 "{method} /v2.1/servers/x HTTP/1.1" status: {status} len: 1 time: 0.1'


WEIGHTS: list[tuple[str, str, int]] = [
    ("it broke", "ERROR", ERROR),
    ("it broke", "CRITICAL", ERROR),
    ("it may break", "WARNING", 0),
    ("all is well", "INFO", 0),
    (f"[instance: {INSTANCE}] Setting instance to ERROR state.", "WARNING", BROKEN),
    (call("POST", 500), "INFO", BROKEN),
    (call("GET", 503), "INFO", BROKEN),
    (call("POST", 403), "INFO", REFUSED),
    (call("PUT", 409), "INFO", REFUSED),
    (call("DELETE", 409), "INFO", REFUSED),
    (call("DELETE", 404), "INFO", 0),
    (call("GET", 404), "INFO", 0),
    (call("HEAD", 401), "INFO", 0),
    (call("POST", 202), "INFO", 0),
    (call("GET", 304), "INFO", 0),
]


@pytest.mark.parametrize(("text", "level", "expected"), WEIGHTS)
def test_how_bad_a_record_is(text: str, level: str, expected: int) -> None:
    (record,) = fold_all([oslo(1, text, NEEDLE, level)])
    assert weight(record) == expected


@pytest.mark.parametrize(("text", "level", "expected"), WEIGHTS)
def test_what_is_bad_is_asked_for(text: str, level: str, expected: int) -> None:
    """A failure without one of the literals would not be seen where no pattern asks for its line."""
    line = oslo(1, text, NEEDLE, level)
    assert not expected or any(literal in line for literal in LITERALS)


def found(lines: list[str], harmless: tuple[int, ...] = ()) -> list[tuple[str, int]]:
    records = fold_all(lines)
    samples = [Sample(record, 1, frozenset()) for record in records]
    return [(f.request, f.weight) for f in failures(samples, {records[i].place for i in harmless})]


def test_the_worst_first_then_the_earliest() -> None:
    third = "11111111-2222-4333-8444-555555555555"
    lines = [
        oslo(1, call("POST", 409), OTHER),
        oslo(2, "it broke", third, "ERROR"),
        oslo(3, call("POST", 500), NEEDLE),
        oslo(4, "it broke", NEEDLE, "ERROR"),
    ]
    assert found(lines) == [(NEEDLE, BROKEN), (third, ERROR), (OTHER, REFUSED)]


def test_the_outermost_request_is_the_one_that_failed() -> None:
    assert found([oslo(1, "it broke", OTHER, "ERROR", global_request=f"req-{NEEDLE}")]) == [(NEEDLE, ERROR)]


def test_what_is_harmless_or_nobodys_is_no_failure() -> None:
    periodic = oslo(2, "it is late", OTHER, "ERROR").replace(USER, "-")
    assert found([oslo(1, "it broke", NEEDLE, "ERROR"), periodic, oslo(3, "no id", level="ERROR")], harmless=(0,)) == []


# Messages that differ in what varies, and nothing else, are of one template.
ALIKE = [
    (f"[instance: {INSTANCE}] gone", f"[instance: {OTHER}] gone"),
    (f"used request id req-{NEEDLE}", f"used request id req-{OTHER}"),
    ("10.0.0.1:5672 is unreachable", "192.168.11.250:15672 is unreachable"),
    ("took 1.25 seconds", "took 300 seconds"),
    ("volume-1012a03b-e957 is busy", "volume-0834190f-9aa0 is busy"),
    ("tap3f2cffe0-17 is down", "tap99e111f2-2f is down"),
    ("token 0123456789abcdef0123456789abcdef", "token fedcba9876543210fedcba9876543210"),
    ("at 0x7f3a2b", "at 0x1"),
]
APART = [
    ("it is lost", "it is found"),
    ("Failed to publish message", "Failed to consume message"),
    ("host compute is down", "host network is down"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_alike(one: str, other: str) -> None:
    assert template(one) == template(other)
    assert "*" in template(one)


@pytest.mark.parametrize(("one", "other"), APART)
def test_apart(one: str, other: str) -> None:
    assert template(one) != template(other)


@given(st.text(max_size=400))
def test_any_text_has_a_template_that_is_its_own(text: str) -> None:
    once = template(text)
    assert len(once) <= 200
    assert template(once) == template(template(once))


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.uuids(), st.uuids())
def test_numbers_and_ids_do_not_tell_messages_apart(one: int, other: int, this: object, that: object) -> None:
    assert template(f"{one} of {this} is late") == template(f"{other} of {that} is late")
