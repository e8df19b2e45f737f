"""The shipped library: every pattern is proven by its samples and silent on healthy logs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from haystack.library import Library, Matcher, load
from haystack.library.checks import check_library
from haystack.search import Query
from haystack.search.files import FilesEngine
from tests.accuracy.score import FIXTURES, failing_id, labels

HEALTHY = [root for root, label in labels(FIXTURES) if not failing_id(label)]
# Patterns that fire on healthy logs, each with its reason. `noise` may always.
EXPECTED_ON_HEALTHY: dict[str, str] = {}
# A literal that is in more of the lines of healthy logs than this costs every run.
MOST_HITS_PER_1000_LINES = 10


@pytest.fixture(scope="module")
def library() -> Library:
    return load(cached=False)


def test_every_pattern_is_proven(library: Library) -> None:
    assert len(library) >= 60
    assert [complaint for complaint in check_library(library) if complaint.fatal] == []


def test_every_clause_has_a_telling_literal(library: Library) -> None:
    assert library.unscanned == []


def test_ids_do_not_repeat_and_folders_are_services(library: Library) -> None:
    directories = {path.parent.name for path in (FIXTURES.parent / "patterns").rglob("*.yaml")} - {"patterns"}
    assert len(directories) > 10
    assert library.problems == ()


@pytest.mark.parametrize("root", HEALTHY, ids=[root.name for root in HEALTHY])
def test_silent_on_healthy_logs(library: Library, root: Path) -> None:
    engine = FilesEngine([root], library.services)
    records = engine.search(Query(literals=library.literals))
    assert records
    fired = Counter(
        finding.pattern.id for finding in Matcher(library).findings(records) if finding.pattern.layer != "noise"
    )
    assert {name: count for name, count in fired.items() if name not in EXPECTED_ON_HEALTHY} == {}


def test_literals_are_rare_in_healthy_logs(library: Library) -> None:
    text = b"".join(
        path.read_bytes() for root in HEALTHY for path in root.rglob("*.log*") if path.suffix != ".gz"
    ).decode("utf-8", "replace")
    lines = text.count("\n")
    assert lines > 1000
    noise = {p for p in library.ids if library.pattern(p).layer == "noise"}
    common = {
        literal: (text.count(literal), users[0][0])
        for literal, users in zip(library.literals, library.users, strict=True)
        if text.count(literal) * 1000 > MOST_HITS_PER_1000_LINES * lines and not {user for user, _ in users} <= noise
    }
    assert common == {}
