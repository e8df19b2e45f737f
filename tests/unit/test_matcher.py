"""Clauses and their combination, each with a hit and a near miss; and that scanning for literals first loses no hit."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haystack import data_files
from haystack.diagnose.twins import template
from haystack.library import Matcher, load
from haystack.library.checks import sample_records
from haystack.library.literals import required_literals, telling_literals
from haystack.library.matcher import clause_hit
from haystack.library.model import Clause
from haystack.record import ExceptionInfo, Level, Origin, Record
from tests.making import CHECKOUT, SERVICES, at, fixture_files, fixture_lines, fold_all

TEMPLATE = """\
id: nova-odd
title: odd
service: nova-compute
severity: error
layer: root
scope: {scope}
what: odd
why: odd
match:
{match}
fix: [read-only: look]
references: [none]
samples: {{hit: [{{log: nova-compute, from: here, text: x}}]}}
"""


def rec(
    text: str = "the plain text",
    seconds: float = 0,
    *,
    level: Level | None = Level.ERROR,
    logger: str = "nova.compute.manager",
    service: str = "nova-compute",
    body: tuple[str, ...] = (),
    exception: str = "",
    request: str = "",
    instance: str = "",
    node: str = "n1",
) -> Record:
    """A record with as much as a test wants to say."""
    info = ExceptionInfo(exception, "", 1) if exception else None
    origin = Origin(node, service, "/var/log/x.log", 1, f"{node}/x.log", int(seconds * 1000))
    return Record(at(seconds), level, logger, "1", request, "", "", "", instance, text, body, info, "oslo", 1, origin)


# --- one clause on one record: (clause, record, holds)
CLAUSES = [
    (Clause(text=("plain text",)), rec(), True),
    (Clause(text=("plain text",)), rec("the Plain Text"), False),
    (Clause(text=("plain", "the")), rec(), True),
    (Clause(text=("plain", "fancy")), rec(), False),
    (Clause(text=("in the body",)), rec(body=("line", "stands in the body")), True),
    (Clause(text=("plain",), without=("retry",)), rec(), True),
    (Clause(text=("plain",), without=("retry",)), rec("the plain text, will retry"), False),
    (Clause(text=("plain",), without=("retry",)), rec(body=("will retry",)), False),
    (Clause(regex=r"pl(?P<rest>\w+) t"), rec(), True),
    (Clause(regex=r"pl(?P<rest>\w+) T"), rec(), False),
    (Clause(regex=r"(?m)^second"), rec(body=("second line",)), True),
    (Clause(text=("plain",), logger="nova.compute"), rec(), True),
    (Clause(text=("plain",), logger="nova.compute.manager"), rec(), True),
    (Clause(text=("plain",), logger="nova.comp"), rec(), False),
    (Clause(text=("plain",), logger="nova.compute.manager.x"), rec(), False),
    (Clause(text=("plain",), level=Level.ERROR), rec(), True),
    (Clause(text=("plain",), level=Level.WARNING), rec(), True),
    (Clause(text=("plain",), level=Level.CRITICAL), rec(), False),
    (Clause(text=("plain",), level=Level.INFO), rec(level=None), False),
    (Clause(text=("plain",), service=("nova-compute",)), rec(), True),
    (Clause(text=("plain",), service=("nova-api", "nova-compute")), rec(), True),
    (Clause(text=("plain",), service=("nova",)), rec(), True),
    (Clause(text=("plain",), service=("nova-api",)), rec(), False),
    (Clause(text=("plain",), service=("nova-api",)), rec(service=""), True),
    (Clause(exception="NoValidHost"), rec(exception="nova.exception.NoValidHost"), True),
    (Clause(exception="NoValidHost"), rec(exception="NoValidHost"), True),
    (Clause(exception="NoValidHost"), rec(exception="nova.exception.NoValidHostEver"), False),
    (Clause(exception="NoValidHost"), rec("failed: NoValidHost: none left"), True),
    (Clause(exception="NoValidHost"), rec("NoValidHostEver: none left"), False),
    (Clause(exception="ValidHost"), rec("NoValidHost: none left"), False),
    (Clause(regex=r"at (?P<n>\d+)", where=(("n", ">=", 95.0),)), rec("at 95"), True),
    (Clause(regex=r"at (?P<n>\d+)", where=(("n", ">=", 95.0),)), rec("at 94"), False),
    (Clause(regex=r"at (?P<n>\d+)", where=(("n", ">", 95.0),)), rec("at 95"), False),
    (Clause(regex=r"at (?P<n>\d+)", where=(("n", "<", 3.0),)), rec("at 2"), True),
    (Clause(regex=r"at (?P<n>\d+)", where=(("n", "<=", 3.0),)), rec("at 4"), False),
    (Clause(regex=r"at (?P<n>\d+)", where=(("n", "==", 3.0),)), rec("at 3"), True),
    (Clause(regex=r"at (?P<n>\d+)", where=(("n", "!=", 3.0),)), rec("at 3"), False),
    (Clause(regex=r"at (?P<n>\S+)", where=(("n", ">", 3.0),)), rec("at many"), False),
    (Clause(regex=r"at (?P<n>\d+)?", where=(("n", "!=", 3.0),)), rec("at "), False),
]


@pytest.mark.parametrize(("clause", "record", "holds"), CLAUSES)
def test_clause(clause: Clause, record: Record, holds: bool) -> None:
    assert (clause_hit(clause, record, SERVICES) is not None) is holds


def test_captures() -> None:
    clause = Clause(regex=r"from (?P<one>\w+)(?: to (?P<two>\w+))?")
    assert clause_hit(clause, rec("from a to b"), SERVICES) == {"one": "a", "two": "b"}
    assert clause_hit(clause, rec("from a"), SERVICES) == {"one": "a"}


# --- clauses together: (match, scope, records, how many findings)
ONE, TWO, THREE = "first thing broke", "second thing broke", "third thing broke"
ANY = f"  any: [{{text: {ONE}}}, {{text: {TWO}}}]"
ALL = f"  all: [{{text: {ONE}}}, {{text: {TWO}}}]"
THEN = f"  then: [{{text: {ONE}}}, {{text: {TWO}}}, {{text: {THREE}}}]"
COUNT = f"  count: 3\n  within: 60s\n  any: [{{text: {ONE}}}]"
ABSENT = f"  any: [{{text: {ONE}}}]\n  absent: [{{text: {TWO}}}]\n  within: 30s"
R1, R2 = "req-1", "req-2"
COMBINED = [
    (ANY, "cloud", [rec(ONE)], 1),
    (ANY, "cloud", [rec(ONE), rec(TWO, 1)], 2),
    (ANY, "cloud", [rec(f"{ONE} {TWO}")], 1),
    (ANY, "cloud", [rec(THREE)], 0),
    (ALL, "cloud", [rec(ONE), rec(TWO, 100)], 1),
    (ALL, "cloud", [rec(TWO), rec(ONE, 100)], 1),
    (ALL, "cloud", [rec(ONE), rec(TWO, 121)], 0),
    (ALL, "cloud", [rec(ONE), rec(ONE, 1)], 0),
    (ALL, "cloud", [rec(f"{ONE} {TWO}")], 1),
    (ALL + "\n  within: 10m", "cloud", [rec(ONE), rec(TWO, 121)], 1),
    (ALL, "node", [rec(ONE), rec(TWO, 1)], 1),
    (ALL, "node", [rec(ONE), rec(TWO, 1, node="n2")], 0),
    (ALL, "service", [rec(ONE), rec(TWO, 1, service="nova-api")], 0),
    (ALL, "request", [rec(ONE, request=R1), rec(TWO, 1, request=R1)], 1),
    (ALL, "request", [rec(ONE, request=R1), rec(TWO, 1, request=R2)], 0),
    (ALL, "resource", [rec(ONE, request=R1, instance="i"), rec(TWO, 1, request=R2, instance="i")], 1),
    (ALL, "resource", [rec(ONE, request=R1, instance="i"), rec(TWO, 1, request=R1, instance="j")], 0),
    (THEN, "cloud", [rec(ONE), rec(TWO, 1), rec(THREE, 2)], 1),
    (THEN, "cloud", [rec(ONE), rec(THREE, 1), rec(TWO, 2)], 0),
    (THEN, "cloud", [rec(ONE), rec(ONE, 1), rec(TWO, 2), rec(THREE, 3)], 1),
    (THEN, "cloud", [rec(THREE), rec(ONE, 1), rec(TWO, 2), rec(THREE, 3)], 1),
    (THEN, "cloud", [rec(THREE, 2), rec(TWO, 1), rec(ONE, 0)], 1),  # given in any order
    (THEN, "cloud", [rec(ONE), rec(TWO, 100), rec(THREE, 200)], 0),
    (THEN, "cloud", [rec(ONE), rec(ONE, 150), rec(TWO, 200), rec(THREE, 210)], 1),
    (COUNT, "cloud", [rec(ONE, n * 20) for n in range(3)], 1),
    (COUNT, "cloud", [rec(ONE, n * 20) for n in range(2)], 0),
    (COUNT, "cloud", [rec(ONE, n * 40) for n in range(3)], 0),
    (COUNT, "cloud", [rec(ONE, n * 40) for n in range(3)] + [rec(ONE, 90)], 1),
    (COUNT, "cloud", [rec(ONE, n) for n in range(10)], 1),
    (COUNT, "cloud", [rec(ONE, n) for n in range(3)] + [rec(ONE, 1000 + n) for n in range(3)], 2),
    (COUNT, "node", [rec(ONE, 1), rec(ONE, 2), rec(ONE, 3, node="n2")], 0),
    (ABSENT, "cloud", [rec(ONE)], 1),
    (ABSENT, "cloud", [rec(ONE), rec(TWO, 20)], 0),
    (ABSENT, "cloud", [rec(TWO), rec(ONE, 20)], 1),  # what was there before does not void it
    (ABSENT, "cloud", [rec(ONE), rec(TWO, 31)], 1),
    (ABSENT, "node", [rec(ONE), rec(TWO, 1, node="n2")], 1),
]  # fmt: skip


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty shipped library, ready for one pattern."""
    shutil.copy(CHECKOUT / "patterns" / "services.yaml", tmp_path)
    monkeypatch.setattr(data_files, "patterns_dir", lambda: tmp_path)
    return tmp_path


def matcher_of(shipped: Path, match: str, scope: str = "cloud") -> Matcher:
    (shipped / "nova-odd.yaml").write_text(TEMPLATE.format(match=match, scope=scope))
    library = load(cached=False)
    assert not library.problems
    return Matcher(library)


@pytest.mark.parametrize(("match", "scope", "records", "findings"), COMBINED)
def test_clauses_together(shipped: Path, match: str, scope: str, records: list[Record], findings: int) -> None:
    found = matcher_of(shipped, match, scope).findings(records)
    assert len(found) == findings
    for finding in found:
        assert all(hit.record in records for hit in finding.hits)


def test_hits_of_all_and_then_come_in_the_order_of_their_clauses(shipped: Path) -> None:
    (finding,) = matcher_of(shipped, ALL).findings([rec(TWO, 1), rec(ONE, 5)])
    assert [hit.clause for hit in finding.hits] == [0, 1]
    assert finding.record.message == ONE
    assert finding.time == at(1)


def test_overlapping_pairs_within_reach_are_found(shipped: Path) -> None:
    """The first ONE is too old for the TWO, a later ONE is not."""
    records = [rec(ONE, 0), rec(ONE, 100), rec(TWO, 150)]
    (finding,) = matcher_of(shipped, ALL).findings(records)
    assert [hit.record.time for hit in finding.hits] == [at(100), at(150)]


def test_line_of_a_hit_in_the_body(shipped: Path) -> None:
    (finding,) = matcher_of(shipped, ANY).findings([rec("x", body=("a", "b", f"{TWO} here"))])
    assert finding.hits[0].line == 3


# --- expressions that must not hang the run
EVIL = [
    (r"evil (a+)+$", "evil " + "a" * 5000 + "b"),
    (r"evil (?:a|aa)+$", "evil " + "a" * 5000 + "b"),
    (r"evil (.*)*x(.*)*y$", "evil " + "x" * 3000),
    (r"evil (?:\w+\s*)+:$", "evil " + "word " * 2000),
]


@pytest.mark.parametrize(("expression", "text"), EVIL)
def test_an_evil_expression_ends_by_its_timeout(expression: str, text: str) -> None:
    began = time.monotonic()
    assert clause_hit(Clause(regex=expression), rec(text), SERVICES) is None
    assert time.monotonic() - began < 1.5


def test_a_giant_record_is_matched_in_little_time() -> None:
    matcher = Matcher(load())
    began = time.monotonic()
    matcher.hits(rec("Connection refused " * 3_000_000))
    assert time.monotonic() - began < 5


# --- telling literals
# (expression, one of the requirements that it must give, as alternatives; None: it gives none)
LITERALS = [
    (r"plain words here", ("plain words here",)),
    (r"before \d+ behind", ("before ",)),
    (r"before \d+ behind", (" behind",)),
    (r"either (?:this|one) way", ("either ",)),
    (r"(?:Connection refused|ECONNREFUSED)", ("Connection refused", "ECONNREFUSED")),
    (r"always(?: not)? the case", (" the case",)),
    (r"(?i)any case", None),
    (r"abcdef(?i:DEFGH)ghijkl", ("abcdef",)),
    (r"(?P<name>fixed) part", ("fixed part",)),
    (r"x{0,3}the rest", ("the rest",)),
    (r"dotted\.name", ("dotted.name",)),
    (r"[ab]\d+", None),
]


@pytest.mark.parametrize(("expression", "requirement"), LITERALS)
def test_required_literals(expression: str, requirement: tuple[str, ...] | None) -> None:
    found = required_literals(expression)
    assert not found if requirement is None else requirement in [tuple(r) for r in found]


PIECES = st.sampled_from(
    ["word", " ", "7", "host", r"\d+", r"\w*", "(?:a|b)", "(?:very)?", "(?P<x>that)", "[xyz]", "(?:many )+", ".", "(?i:CASE)", "(lit|eral)", "x{2,}", "^?", r"\.", "(?:in(?:ner)? side)", "(?>atom)", "(?<=s)"]
)  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=7), st.data())
@settings(max_examples=300, deadline=None)
def test_required_literals_are_in_every_text_that_matches(pieces: list[str], data: st.DataObject) -> None:
    expression = "".join(piece.replace("(?P<x>", f"(?P<x{n}>") for n, piece in enumerate(pieces))
    try:
        compiled = re.compile(expression)
    except re.error:
        return
    text = data.draw(st.from_regex(compiled))
    found = compiled.search(text)
    assert found is not None
    for requirement in required_literals(expression):
        assert any(literal in text for literal in requirement), (expression, requirement)


def test_every_sample_of_the_library_holds_its_clauses_literals() -> None:
    library = load()
    checked = 0
    for pattern_id in library.ids:
        pattern = library.pattern(pattern_id)
        clauses = (*pattern.match.clauses, *pattern.match.absent)
        for sample in (*pattern.hits, *pattern.misses):
            for record in sample_records(sample):
                for clause in clauses:
                    if clause_hit(clause, record, library.services) is not None:
                        literals = telling_literals(clause)
                        assert any(literal in record.text for literal in literals), (pattern_id, literals)
                        assert any(literal in sample.text for literal in literals), (pattern_id, literals, "in the log")
                        checked += 1
    assert checked > 1000


@pytest.fixture(scope="module")
def real_records() -> list[Record]:
    """Records of all fixtures, one of each template a service writes."""
    seen: dict[tuple[str, str, str], Record] = {}
    for path in fixture_files():
        for record in fold_all(fixture_lines(path)):
            service = SERVICES.of_path(str(path)) or record.origin.service
            record = record._replace(origin=record.origin._replace(service=service))
            seen.setdefault(
                (service, template(record.message), template(record.body[-1]) if record.body else ""), record
            )
    assert len(seen) > 300
    return list(seen.values())


def test_the_scan_loses_no_hit_on_any_fixture(real_records: list[Record]) -> None:
    """All clauses on all records without the scanner, and with it: the same hits."""
    library = load()
    matcher = Matcher(library)
    clauses = [
        (pattern_id, number, clause, (*clause.text, "")[0])
        for pattern_id in library.ids
        for match in [library.pattern(pattern_id).match]
        for number, clause in enumerate((*match.clauses, *match.absent))
    ]
    hits = 0
    for record in real_records:
        text = record.text
        without = {
            (pattern_id, number)
            for pattern_id, number, clause, first in clauses
            if first in text and clause_hit(clause, record, library.services, text) is not None
        }
        assert {(hit.pattern, hit.clause) for hit in matcher.hits(record)} == without
        hits += len(without)
    assert hits > 100
