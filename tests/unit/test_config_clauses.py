"""Config clauses: mistakes are named with their place, conditions hold of what they say, causes cite what supports them."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

from pathlib import Path

import pytest

from haystack.errors import LibraryError
from haystack.insight.citations import cited_settings
from haystack.insight.config import documents
from haystack.library import load
from haystack.library.checks import check_library
from haystack.library.config_match import holds
from haystack.library.loader import read_pattern
from haystack.library.model import ConfigClause, Pattern
from tests.making import SERVICES
from tests.unit.test_config import config
from tests.unit.test_loader import GOOD, pattern_file

CLAUSE = """\
config:
  - service: nova
    option: some_timeout
    below: 60
    default: 60
    unit: s
    says: it gives up after {value} s
    hit: [20]
    miss: [60, ~]
"""


def clause(**more: object) -> ConfigClause:
    """A clause with some parts of its own."""
    whole = ConfigClause(("nova",), "DEFAULT", "some_timeout", (("below", ("60",)),), "60", "s", "it matters", (), ())
    return whole._replace(**more)


def test_a_clause_is_read(tmp_path: Path) -> None:
    pattern = read_pattern(pattern_file(tmp_path, GOOD + CLAUSE), SERVICES.rows)
    assert pattern.config == (clause(says="it gives up after {value} s", hits=("20",), misses=("60", None)),)


# (what is replaced, by what, line below the beginning of the clauses, words of the complaint)
BROKEN = [
    ("service: nova", "service: nvoa", 2, ['unknown service "nvoa"', 'did you mean "nova"?']),
    ("below: 60", "bellow: 60", 4, ['unknown key "bellow"', 'did you mean "below"?']),
    ("    below: 60\n", "", 2, ["needs one of below, above, at_least, at_most, equals, not, matches, missing"]),
    ("below: 60", "below: soon", 4, ['"soon" is no number']),
    ("below: 60", "below: [1, 2]", 4, ["needs one value"]),
    ("below: 60", "matches: '(open'", 4, ["not a valid regular expression"]),
    ("below: 60", "missing: 3", 4, ['"missing" is true or left out']),
    ("{value}", "{valu}", 7, ['knows no "valu"', "write {value}"]),
    ("    hit: [20]\n", "", 2, ['"hit" is missing or empty']),
    ("hit: [20]", "hit: 20", 8, ["hit must be a list"]),
    ("hit: [20]", "hit: [{a: 1}]", 8, ["as the configuration file has it"]),
    ("    option: some_timeout\n", "", 2, ['"option" is missing or empty']),
    ("config:\n  - service", "config:\n    service", 1, ["config must be a list"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "words"), BROKEN, ids=[row[1][:30] or row[0][:30] for row in BROKEN])
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, line: int, words: list[str]) -> None:
    assert old in CLAUSE
    path = pattern_file(tmp_path, GOOD + CLAUSE.replace(old, new, 1))
    with pytest.raises(LibraryError) as caught:
        read_pattern(path, SERVICES.rows)
    text = str(caught.value)
    assert text.startswith(f"{path}:{GOOD.count(chr(10)) + line}: "), text
    for word in words:
        assert word in text


# (what is replaced, by what, words of the complaint of `patterns check`)
UNPROVEN = [
    ("hit: [20]", "hit: [60]", "hit 60 does not hold"),
    ("miss: [60, ~]", "miss: [60, 20]", "miss 20 holds"),
    ("default: 60", "default: 10", "miss (not set) holds"),
    ("    miss: [60, ~]\n", "", '"below" is proven by no miss'),
    ("below: 60", "below: 60\n    above: 0", '"above" is proven by no miss'),
]


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize(("old", "new", "words"), UNPROVEN, ids=[row[2] for row in UNPROVEN])
def test_values_prove_a_clause(tmp_path: Path, old: str, new: str, words: str, cached: bool) -> None:
    def complaints(text: str) -> list[str]:
        pattern_file(tmp_path, GOOD + text)
        load([tmp_path], cached=cached)  # the second time from the cache
        return [found.text for found in check_library(load([tmp_path], cached=cached), ["nova-odd"])]

    assert complaints(CLAUSE) == []
    assert any(words in text for text in complaints(CLAUSE.replace(old, new)))


# (condition, value, whether it holds)
HOLDS = [
    (("below", ("60",)), "59.9", True), (("below", ("60",)), "60", False), (("below", ("60",)), "-1", True),
    (("below", ("60",)), "30 s", True), (("below", ("60",)), "1m", False), (("below", ("60",)), "59000ms", True),
    (("below", ("60",)), "$other", False), (("below", ("60",)), "", False), (("below", ("60",)), "many", False),
    (("at_least", ("60",)), "60", True), (("at_least", ("60",)), "59.9", False), (("at_least", ("60",)), "x", False),
    (("at_most", ("60",)), "1m", True), (("at_most", ("60",)), "60.1", False), (("at_most", ("60",)), "", False),
    (("above", ("60",)), "61", True), (("above", ("60",)), "60", False), (("above", ("60",)), "1h", True),
    (("equals", ("true",)), "True", True), (("equals", ("true",)), "yes", True), (("equals", ("true",)), "0", False),
    (("equals", ("a", "b")), "B", True), (("equals", ("a", "b")), "c", False),
    (("not", ("true",)), "false", True), (("not", ("true",)), "on", False),
    (("matches", ("^amqp",)), "amqp://x", True), (("matches", ("^amqp",)), "rabbit://", False),
    (("matches", ("(a+)+$",)), "a" * 4000 + "b", False),
    (("missing", ()), None, True), (("missing", ()), "", False),
    (("below", ("60",)), None, False), (("equals", ("60",)), None, True),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "value", "expected"), HOLDS)
def test_conditions(condition: tuple[str, tuple[str, ...]], value: str | None, expected: bool) -> None:
    assert holds(clause(conditions=(condition,)), value) is expected


def test_without_a_known_default_what_is_not_set_says_nothing() -> None:
    assert not holds(clause(default=None, conditions=(("not", ("x",)),)), None)


def cited(
    files: list[tuple[str, str, str]], places: set[tuple[str, str]], *clauses: ConfigClause, scope: str = "node"
) -> list[str]:
    """The texts of the citations for a pattern with these clauses."""
    pattern: Pattern = load().pattern("nova-vif-plugging-timeout")._replace(config=clauses or (clause(),), scope=scope)
    every = documents(config(*file) for file in files)
    return [citation.text for citation in cited_settings(pattern, places, every, SERVICES)]


SHORT = "[DEFAULT]\nsome_timeout = 20"
LONG = "[DEFAULT]\nsome_timeout = 600"
ON_C1 = "some_timeout is 20 s in /etc/nova/nova.conf:2 on c1: it matters"
# (files, where the pattern was seen, what is cited)
CITED = [
    ([("c1", "/etc/nova/nova.conf", SHORT)], {("c1", "nova-compute")}, [ON_C1]),
    ([("c1", "/etc/nova/nova.conf", SHORT)], {("c1.example.org", "nova-compute")}, [ON_C1]),
    ([("c1", "/etc/nova/nova.conf", LONG)], {("c1", "nova-compute")}, []),
    ([("c1", "/etc/nova/nova.conf", "[DEFAULT]")], {("c1", "nova-compute")}, []),
    ([("c1", "/etc/neutron/neutron.conf", SHORT)], {("c1", "nova-compute")}, []),
    ([("c2", "/etc/nova/nova.conf", SHORT)], {("c1", "nova-compute")}, []),
    ([("c1", "/etc/nova/nova.conf", SHORT), ("c2", "/etc/nova/nova.conf", SHORT)], {("c1", "nova-compute"), ("c2", "")}, [ON_C1.replace("c1", "c1, c2")]),
    # the file of the service itself comes after that of its project
    ([("c1", "/etc/nova/nova.conf", SHORT), ("c1", "/etc/nova/nova-compute.conf", LONG)], {("c1", "nova-compute")}, []),
    ([("c1", "/etc/nova/nova.conf", SHORT), ("c1", "/etc/nova/nova-compute.conf", LONG)], {("c1", "nova-api")}, [ON_C1]),
    # each container has its own
    ([("c1", "/etc/kolla/nova-api/nova.conf", LONG), ("c1", "/etc/kolla/nova-compute/nova.conf", SHORT)], {("c1", "nova-compute")}, [ON_C1.replace("nova/nova", "kolla/nova-compute/nova")]),
    ([("c1", "/etc/kolla/nova-api/nova.conf", LONG), ("c1", "/etc/kolla/nova-compute/nova.conf", SHORT)], {("c1", "nova-api")}, []),
]  # fmt: skip


@pytest.mark.parametrize(("files", "places", "expected"), CITED)
def test_what_is_cited(files: list[tuple[str, str, str]], places: set[tuple[str, str]], expected: list[str]) -> None:
    assert cited(files, places) == expected


def test_a_default_that_holds_is_cited_as_not_set() -> None:
    files = [("c1", "/etc/nova/nova.conf", "[DEFAULT]\n#some_timeout = 60")]
    assert cited(files, {("c1", "nova-api")}, clause(default="10")) == [
        "some_timeout is not set (10 s by default) in /etc/nova/nova.conf on c1: it matters"
    ]


def test_without_a_service_the_one_that_was_seen_is_asked() -> None:
    files = [("c1", "/etc/nova/nova.conf", LONG), ("c1", "/etc/neutron/neutron.conf", SHORT)]
    assert cited(files, {("c1", "nova-api")}, clause(service=())) == []
    assert cited(files, {("c1", "neutron-server")}, clause(service=())) == [ON_C1.replace("nova", "neutron")]


def test_a_fault_of_the_cloud_may_be_due_to_any_node() -> None:
    files = [("c2", "/etc/nova/nova.conf", SHORT)]
    assert cited(files, {("c1", "nova-compute")}, scope="cloud") == [ON_C1.replace("c1", "c2")]


def test_a_secret_is_cited_without_its_value() -> None:
    secret = clause(option="password", conditions=(("not", ("x",)),), unit="", says="it is {value}")
    (text,) = cited([("c1", "/etc/nova/nova.conf", "[DEFAULT]\npassword = s3cr3t")], {("c1", "nova-api")}, secret)
    assert "s3cr3t" not in text
    assert "***" in text


def test_the_shipped_library_has_config_clauses() -> None:
    library = load()
    with_config = [name for name in library.ids if library.pattern(name).config]
    assert len(with_config) >= 10
