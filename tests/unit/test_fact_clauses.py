"""Facts clauses: mistakes are named with their place, samples prove them, causes cite the facts that support them."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haystack.diagnose.cite import together
from haystack.errors import LibraryError
from haystack.facts import KINDS, facts_of
from haystack.facts.kinds import words
from haystack.insight.fact_citations import Machine, Machines, cited_facts
from haystack.library import load
from haystack.library.checks import check_library
from haystack.library.cited import Cited, CitedFact, Seen
from haystack.library.clause_text import supporting
from haystack.library.fact_match import supports
from haystack.library.loader import read_pattern
from haystack.library.model import FactClause, Pattern
from haystack.search.discover import discover
from haystack.search.facts import taken
from tests.making import CHECKOUT, SERVICES, START, at, oslo, write
from tests.unit.test_loader import GOOD, pattern_file

CLAUSE = """\
facts:
  - fact: filesystems.used_percent
    service: nova-compute
    where: {path: "[{host}]", mount: [/var, /srv]}
    at_least: 95
    says: it is {value} % full
    hit: [{captures: {host: /var/x}, filesystems: [{mount: /var, used_percent: 95}]}]
    miss:
      - {captures: {host: /var/x}, filesystems: [{mount: /var, used_percent: 94}, {mount: /srv, used_percent: 96}]}
      - {captures: {host: /}, filesystems: [{mount: /, used_percent: 99}]}
"""


def clause(fact: str, *conditions: tuple[str, tuple[str, ...]], **more: object) -> FactClause:
    """A clause with these conditions."""
    whole = FactClause(fact, (), (), conditions, "it matters", (), ())
    return whole._replace(**more)


def told(document: object) -> dict[str, bytes]:
    return {"facts.json": json.dumps(document).encode()}


def test_a_clause_is_read(tmp_path: Path) -> None:
    (found,) = read_pattern(pattern_file(tmp_path, GOOD + CLAUSE), SERVICES.rows).facts
    assert found._replace(hits=(), misses=()) == FactClause(
        "filesystems.used_percent",
        ("nova-compute",),
        (("path", ("[{host}]",)), ("mount", ("/var", "/srv"))),
        (("at_least", ("95",)),),
        "it is {value} % full",
        (),
        (),
    )
    assert json.loads(found.hits[0])["filesystems"] == [{"mount": "/var", "used_percent": 95}]
    assert len(found.misses) == 2


# (what is replaced, by what, line below the beginning of the clauses, words of the complaint)
BROKEN = [
    ("filesystems.used_percent", "filesystem.used_percent", 2, ['unknown fact "filesystem.used_percent"', 'did you mean "filesystems.used_percent"?']),
    ("filesystems.used_percent", "disk", 2, ['unknown fact "disk"', "known are: clock_offset_seconds, failed_units"]),
    ("service: nova-compute", "service: nova-comptue", 3, ['did you mean "nova-compute"?']),
    ("at_least: 95", "at_lest: 95", 5, ['unknown key "at_lest"', 'did you mean "at_least"?']),
    ("    at_least: 95\n", "", 2, ["a facts clause needs one of below, above, at_least"]),
    ("at_least: 95", "at_least: much", 5, ['"much" is no number']),
    ("at_least: 95", "missing: true", 5, ['"missing" says nothing of filesystems.used_percent']),
    ("mount: [", "mounts: [", 4, ['filesystems.used_percent has no "mounts"', 'did you mean "mount"?']),
    ("mount: [/var, /srv]", "mount: []", 4, ['"mount" is empty']),
    ('"[{host}]"', '"{host}/x"', 4, ["is more than a capture", "where it may be missing"]),
    ('"[{host}]"', '"{hots}"', 4, ['no clause captures "hots"', 'did you mean "host"?']),
    ("{value}", "{percent}", 6, ['knows no "percent"', "write {value}"]),
    ("    hit: [{", "    hot: [{", 7, ['unknown key "hot"']),
    ("    says: it is {value} % full\n", "", 2, ['"says" is missing or empty']),
    ("hit: [{captures: {host: /var/x}", "hit: [{captures: [1]", 7, ["captures must be a mapping"]),
    ("hit: [{captures", "hit: [7, {captures", 7, ["must be a mapping"]),
    ("facts:\n  - fact", "facts:\n    fact", 1, ["facts must be a list"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "words_"), BROKEN, ids=[row[1][:30] or row[0][:30] for row in BROKEN])
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, line: int, words_: list[str]) -> None:
    assert old in CLAUSE
    path = pattern_file(tmp_path, GOOD + CLAUSE.replace(old, new, 1))
    with pytest.raises(LibraryError) as caught:
        read_pattern(path, SERVICES.rows)
    text = str(caught.value)
    assert text.startswith(f"{path}:{GOOD.count(chr(10)) + line}: "), text
    for word in words_:
        assert word in text


# (fact, condition, words of the complaint)
NO_SENSE = [
    ("services", "at_least: 3", 'services is no number to be "at_least" another'),
    ("packages", "missing: true", '"missing" says nothing of packages'),
    ("listening", "missing: true\n    equals: sshd", "what is missing has no value"),
    ("oom_kills", "at_least: 1\n    where: {mount: /}", 'oom_kills has no "mount" or other label'),
]


@pytest.mark.parametrize(("fact", "condition", "complaint"), NO_SENSE)
def test_a_condition_fits_the_fact(tmp_path: Path, fact: str, condition: str, complaint: str) -> None:
    text = f"facts:\n  - fact: {fact}\n    {condition}\n    says: x\n    hit: [{{a: 1}}]\n    miss: [{{a: 1}}]\n"
    with pytest.raises(LibraryError, match=complaint):
        read_pattern(pattern_file(tmp_path, GOOD + text), SERVICES.rows)


# (what is replaced, by what, words of the complaint of `patterns check`)
UNPROVEN = [
    ("used_percent: 95}]}]", "used_percent: 94}]}]", "does not hold"),
    ("used_percent: 94}", "used_percent: 99}", "holds"),
    ("used_percent: 95}]}]", 'used_percent: "95"}]}]', "does not hold"),
    ("used_percent: 94}", "used_percent: 99, inodes_percent: 3}", "holds"),
    (", {mount: /srv, used_percent: 96}", "", '"where path" is proven by no hit and no miss'),
    (
        "      - {captures: {host: /}, filesystems: [{mount: /, used_percent: 99}]}\n",
        "",
        '"where mount" is proven by no',
    ),
    ("{mount: /var, used_percent: 94}", "{mount: /, used_percent: 94}", '"at_least" is proven by no hit and no miss'),
]


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize(("old", "new", "complaint"), UNPROVEN, ids=range(len(UNPROVEN)))
def test_samples_prove_a_clause(tmp_path: Path, old: str, new: str, complaint: str, cached: bool) -> None:
    def complaints(text: str) -> list[str]:
        pattern_file(tmp_path, GOOD + text)
        load([tmp_path], cached=cached)  # the second time from the cache
        return [found.text for found in check_library(load([tmp_path], cached=cached), ["nova-odd"])]

    assert old in CLAUSE
    assert complaints(CLAUSE) == []
    assert any(complaint in text for text in complaints(CLAUSE.replace(old, new)))


# facts.json, conditions with more of the clause, what holds in words
DISKS = {"filesystems": [{"mount": "/", "used_percent": 99.6}, {"mount": "/var/lib", "used_percent": 40, "device": "/dev/sdb1"}, {"mount": "/var/lib/nova", "used_percent": 97}]}  # fmt: skip
UNITS = {
    "failed_units": ["nova-compute.service"],
    "services": {"neutron-l3-agent": "inactive (dead)", "nova-compute.service": "failed (failed)"},
    "containers": {"nova_api": "Exited (137) 3 hours ago", "glance_api": "Up 2 days (healthy)"},
}
PORTS = {"listening": [{"protocol": "tcp", "address": "*", "port": 80, "process": "apache2"}, {"port": 22}]}
FULL = ("at_least", ("95",))
HOLDS = [
    (DISKS, clause("filesystems.used_percent", FULL), ["/ is 99.6 % full", "/var/lib/nova is 97 % full"]),
    (DISKS, clause("filesystems.used_percent", FULL, where=(("mount", ("/", "/srv")),)), ["/ is 99.6 % full"]),
    (DISKS, clause("filesystems.used_percent", FULL, where=(("path", ("/var/lib/nova/instances",)),)), ["/var/lib/nova is 97 % full"]),
    (DISKS, clause("filesystems.used_percent", FULL, where=(("path", ("/var/lib/novae",)),)), []),
    (DISKS, clause("filesystems.used_percent", FULL, where=(("path", ("/var/lib/nova",)),)), ["/var/lib/nova is 97 % full"]),
    (DISKS, clause("filesystems.used_percent", FULL, where=(("path", ("/srv/x",)),)), ["/ is 99.6 % full"]),
    (DISKS, clause("filesystems.used_percent", FULL, where=(("path", ("/run/x",)),)), []),
    (DISKS, clause("filesystems.used_percent", FULL, where=(("path", ("relative",)),)), []),
    (DISKS, clause("filesystems.used_percent", FULL, where=(("path", ("{path}",)),)), ["/var/lib/nova is 97 % full"]),
    (DISKS, clause("filesystems.used_percent", FULL, where=(("path", ("{nowhere}",)),)), []),
    (DISKS, clause("filesystems.used_percent", FULL, where=(("path", ("[{nowhere}]",)),)), ["/ is 99.6 % full", "/var/lib/nova is 97 % full"]),
    (DISKS, clause("filesystems.used_percent", ("below", ("50",)), where=(("device", ("/dev/sdb1",)),)), ["/var/lib is 40 % full"]),
    (DISKS, clause("filesystems.inodes_percent", ("at_least", ("0",))), []),
    (UNITS, clause("services", ("equals", ("failed", "inactive"))), ["nova-compute.service is failed"]),
    (UNITS, clause("services", ("equals", ("failed", "inactive")), service=("neutron-l3-agent",)), ["neutron-l3-agent is inactive (dead)"]),
    (UNITS, clause("services", ("equals", ("failed", "inactive")), service=("neutron",)), ["neutron-l3-agent is inactive (dead)"]),
    (UNITS, clause("services", ("not", ("active",)), service=("nova-api",)), ["nova_api is exited (137) 3 hours ago"]),
    (UNITS, clause("services", ("not", ("active",)), where=(("unit", ("neutron-l3-agent.service", "sshd")),)), ["neutron-l3-agent is inactive (dead)"]),
    (UNITS, clause("services", ("equals", ("up",)), service=("glance-api",)), ["glance_api is up 2 days (healthy)"]),
    ({"listening": [{"port": port} for port in range(1, 501)]}, clause("listening", ("missing", ()), where=(("port", ("9696",)),)), []),
    (UNITS, clause("failed_units", ("above", ("0",))), ["units that failed: 1"]),
    ({"services": {"libvirtd.service": "inactive", "virtqemud.service": "active"}}, clause("services", ("equals", ("inactive",)), service=("libvirtd",)), []),
    ({"services": {"ceph-osd@1": "failed", "ceph-osd@2": "active"}}, clause("services", ("equals", ("failed",)), service=("ceph-osd",)), ["ceph-osd@1 is failed"]),
    (PORTS, clause("listening", ("missing", ()), where=(("port", ("9696",)),)), ["nothing listens on port 9696"]),
    (PORTS, clause("listening", ("missing", ()), where=(("port", ("80",)),)), []),
    ({}, clause("listening", ("missing", ()), where=(("port", ("80",)),)), []),
    (PORTS, clause("listening", ("matches", ("^apache",)), where=(("port", ("80",)),)), ["apache2 listens on port 80"]),
    (PORTS, clause("listening", ("not", ("sshd",)), where=(("port", ("22",)),)), ["a process that is not named listens on port 22"]),
    ({"memory": {"total_bytes": 1000, "available_bytes": 33, "swap_total_bytes": 10, "swap_free_bytes": 1}}, clause("memory.available_percent", ("at_most", ("5",))), ["3.3 % of the memory is available"]),
    ({"memory": {"total_bytes": 1000, "available_bytes": 33, "swap_total_bytes": 10, "swap_free_bytes": 1}}, clause("memory.swap_free_percent", ("at_most", ("10",))), ["10 % of the swap is free"]),
    ({"oom_kills": 2}, clause("oom_kills", ("at_least", ("1",))), ["2 killed for want of memory since it was booted"]),
    ({"load": [1, 36, 3], "cpus": 4}, clause("load.per_cpu", ("above", ("8",))), ["the load is 9 for each of 4 CPUs"]),
    ({"time": {"synchronised": False}}, clause("time.synchronised", ("equals", ("false",))), ["the clock is not synchronised"]),
    ({"time": {"synchronised": True}}, clause("time.synchronised", ("equals", ("true",))), ["the clock is synchronised"]),
    ({"clock_offset_seconds": -90.04}, clause("clock_offset_seconds", ("above", ("60",))), ["the clock is 90.040 s off"]),
    ({"packages": {"nova-compute": "3:27.1.0-1"}}, clause("packages", ("matches", ("^3:27",)), where=(("package", ("nova-compute",)),)), ["nova-compute is 3:27.1.0-1"]),
]  # fmt: skip


@pytest.mark.parametrize(("document", "asked", "expected"), HOLDS, ids=range(len(HOLDS)))
def test_what_holds(document: object, asked: FactClause, expected: list[str]) -> None:
    captures = {"path": ("/var/lib/nova/x",)}
    found = supports(asked, facts_of(told(document)), ("nova-compute",), captures, SERVICES)
    assert [support.words for support in found] == expected


def test_every_kind_is_read_and_put_into_words() -> None:
    """Of each kind some row above holds, so no kind is a word without a reader."""
    held = {asked.fact for document, asked, expected in HOLDS if expected}
    assert held == set(KINDS) - {"filesystems.inodes_percent"}


@settings(max_examples=200, deadline=2000)
@given(st.dictionaries(st.sampled_from(["filesystems", "services", "listening", "packages", "load", "cpus", "failed_units", "memory", "time", "fetched_at"]), st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["mount", "used_percent", "port", "process", "x", "synchronised", "total_bytes"]), inner, max_size=4), max_leaves=12)))  # fmt: skip
def test_any_document_is_facts_or_none(document: dict[str, object]) -> None:
    files = {"facts.json": json.dumps(document).encode()}
    for fact in facts_of(files):
        assert fact.name in KINDS
        assert words(fact)
    assert taken(files) is None or taken(files).tzinfo is not None  # type: ignore[union-attr]


PAGE = CHECKOUT / "docs" / "patterns.md"
MADE = re.compile(r"(?<=<!-- facts -->\n).*?(?=<!-- /facts -->)", re.DOTALL)


def test_the_page_of_patterns_lists_all_kinds(request: pytest.FixtureRequest) -> None:
    rows = "".join(
        f"| `{name}` | {kind.what} | {', '.join(f'`{label}`' for label in kind.labels)} |\n"
        for name, kind in KINDS.items()
    )
    page = PAGE.read_text()
    expected = MADE.sub(lambda _: f"| fact | what it is | labels |\n| --- | --- | --- |\n{rows}", page)
    if request.config.getoption("--regold"):
        PAGE.write_text(expected)
    assert PAGE.read_text() == expected, "run pytest --regold and read the diff"
    assert "| `oom_kills` |" in expected


def test_what_fetch_brings_is_read() -> None:
    """A document as `haystack fetch` writes it has facts of every kind."""
    document = {
        "schema": "haystack/facts-1",
        "fetched_at": "2026-11-22T07:05:00Z",
        "clock_offset_seconds": -0.02,
        "filesystems": [
            {"mount": "/", "device": "/dev/vda1", "type": "ext4", "used_percent": 41.0, "inodes_percent": 3}
        ],
        "memory": {"total_bytes": 100, "available_bytes": 40, "swap_total_bytes": 10, "swap_free_bytes": 5},
        "load": [0.5, 0.25, 0.1],
        "cpus": 4,
        "oom_kills": 0,
        "failed_units": [],
        "services": {"nova-compute.service": "active (running)"},
        "containers": {"neutron_server": "Up 3 hours"},
        "packages": {"nova-compute": "3:26.1.1-1"},
        "listening": [{"protocol": "tcp", "address": "0.0.0.0", "port": 22, "process": "sshd"}],
        "time": {"synchronised": True, "source": "chrony"},
    }
    jsonschema.validate(document, json.loads((CHECKOUT / "docs" / "facts-1.schema.json").read_text()))
    found = facts_of(told(document))
    assert {fact.name for fact in found} == set(KINDS)
    assert taken(told(document)) == at(65 * 60)
    assert [fact.value for fact in found if fact.name == "services"] == ["active", "up"]


# --- what is cited


def machine(document: object, *services: str, time: datetime | None = START) -> Machine:
    by_kind: dict[str, list] = {}
    for fact in facts_of(told(document)):
        by_kind.setdefault(fact.name, []).append(fact)
    return Machine(by_kind, time, frozenset(services))


def pattern(*clauses: FactClause, scope: str = "node") -> Pattern:
    return load().pattern("host-disk-full")._replace(facts=clauses, scope=scope)


ROOT_FULL = {"filesystems": [{"mount": "/", "used_percent": 100}]}
DOWN = {"services": {"mariadb.service": "failed"}}
DISK = clause("filesystems.used_percent", FULL)
OF_DB = clause("services", ("equals", ("failed",)), service=("mariadb",))
DB_DISK = clause("filesystems.used_percent", FULL, service=("mariadb",))
# (scope, clauses, where it was seen, hosts named, nodes with facts, nodes that are cited)
ASKED = [
    ("node", [DISK], ["c1"], [], {"c1": ROOT_FULL, "c2": ROOT_FULL}, ["c1"]),
    ("node", [DISK], ["c1.example.org"], [], {"c1": ROOT_FULL}, ["c1"]),
    ("node", [DISK], ["c1"], [], {"c1.example.org": ROOT_FULL}, ["c1.example.org"]),
    ("node", [DISK], ["c1"], ["c2"], {"c1": ROOT_FULL, "c2": ROOT_FULL}, ["c2"]),
    ("node", [DISK], ["c1"], ["c2@lvm#pool"], {"c1": ROOT_FULL, "c2": ROOT_FULL}, ["c2"]),
    ("node", [DISK], ["c1"], ["vip"], {"c1": ROOT_FULL}, ["c1"]),
    ("cloud", [DISK], ["c1"], [], {"c1": ROOT_FULL, "c2": ROOT_FULL}, ["c1"]),
    ("cloud", [DB_DISK], ["c1"], [], {"c1": ROOT_FULL, "db1": ROOT_FULL}, ["db1"]),
    ("node", [DB_DISK], ["c1"], [], {"c1": ROOT_FULL, "db1": ROOT_FULL}, []),
    ("cloud", [OF_DB], ["c1"], [], {"c1": ROOT_FULL, "db1": DOWN}, ["db1"]),
    ("cloud", [OF_DB], ["c1"], ["c1"], {"c1": ROOT_FULL, "db1": DOWN}, []),
    ("node", [DISK, DISK._replace(says="again")], ["c1"], [], {"c1": ROOT_FULL}, ["c1"]),
]


@pytest.mark.parametrize(("scope", "clauses", "nodes", "hosts", "machines", "expected"), ASKED, ids=range(len(ASKED)))
def test_whose_facts_are_cited(
    scope: str, clauses: list[FactClause], nodes: list[str], hosts: list[str], machines: dict, expected: list[str]
) -> None:
    seen = Seen(frozenset((node, "nova-compute") for node in nodes), frozenset(hosts), at(0), at(0))
    known = {n: machine(doc, "mariadb" if n == "db1" else "nova-compute") for n, doc in machines.items()}
    assert [cited.node for cited in cited_facts(pattern(*clauses, scope=scope), seen, known, SERVICES)] == expected


DAY = 86400
# (seconds of the facts; None: not known; how it is said, whether it counts)
AGES = [
    (0, "(facts.json as of 2026-11-22 06:00 UTC)", True),
    (30, "(facts.json as of 2026-11-22 06:00 UTC)", True),
    (60 + 180, "(facts.json as of 2026-11-22 06:04 UTC, 3 min after it was seen)", True),
    (-3 * 3600, "(facts.json as of 2026-11-22 03:00 UTC, 3 h before it was seen)", True),
    (60 + DAY, "(facts.json as of 2026-11-23 06:01 UTC, 24 h after it was seen)", True),
    (61 + DAY, "(facts.json as of 2026-11-23 06:01 UTC, 24 h after it was seen, too far to count)", False),
    (-9 * DAY, "(facts.json as of 2026-11-13 06:00 UTC, 9 days before it was seen, too far to count)", False),
    (None, "(facts.json of an unknown time, so it does not count)", False),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "age", "counts"), AGES)
def test_facts_are_of_the_time_they_were_taken(seconds: float | None, age: str, counts: bool) -> None:
    time = None if seconds is None else START + timedelta(seconds=seconds)
    seen = Seen(frozenset({("c1", "nova-compute")}), first=at(0), last=at(60))
    (cited,) = cited_facts(pattern(DISK), seen, {"c1": machine(ROOT_FULL, time=time)}, SERVICES)
    assert cited.text == f"c1: / is 100 % full {age}: it matters"
    assert cited.counts is counts
    assert Cited(facts=(cited,)).counts is counts


def test_facts_of_a_fault_without_a_time_do_not_count() -> None:
    (cited,) = cited_facts(pattern(DISK), Seen(frozenset({("c1", "x")})), {"c1": machine(ROOT_FULL)}, SERVICES)
    assert not cited.counts
    assert "nothing tells when it was seen" in cited.text


def test_ports_nobody_listens_on_are_told_apart() -> None:
    clauses = [clause("listening", ("missing", ()), where=(("port", (port,)),)) for port in ("80", "22", "5672")]
    known = {"c1": machine({"listening": [{"port": 22}]})}
    seen = Seen(frozenset({("c1", "x")}), first=at(0), last=at(0))
    cited = cited_facts(pattern(*clauses), seen, known, SERVICES)
    assert [(fact.value, fact.of) for fact in cited] == [(None, (("port", "80"),)), (None, (("port", "5672"),))]


def test_many_mounts_cost_no_time() -> None:
    from time import process_time

    mounts = [{"mount": f"/var/lib/x{i}", "used_percent": 99} for i in range(5000)]
    units = {f"ceph-osd@{i}": "failed" for i in range(5000)}
    paths = {"path": tuple(f"/var/lib/x{i}/y" for i in range(20))}
    facts = facts_of(told({"filesystems": mounts, "services": units}))
    start = process_time()
    found = supports(
        clause("filesystems.used_percent", FULL, where=(("path", ("{path}",)),)), facts, (), paths, SERVICES
    )
    every = supports(clause("services", ("equals", ("failed",)), service=("ceph-osd",)), facts, (), {}, SERVICES)
    assert (len(found), len(every)) == (20, 5000)
    assert process_time() - start < 3


def test_sos_facts_are_cited_with_their_line() -> None:
    files = {
        "sos_commands/filesys/df_-al": b"Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/sda1 9 9 0 100% /\n",
        "sos_commands/date/date_--utc": b"Sun Nov 22 06:02:00 UTC 2026\n",
    }
    (fact,) = facts_of(files)
    assert (fact.told.line, taken(files)) == (2, at(120))
    known = {"c1": Machine({fact.name: [fact]}, taken(files), frozenset())}
    (cited,) = cited_facts(pattern(DISK), Seen(frozenset({("c1", "")}), first=at(0), last=at(0)), known, SERVICES)
    assert "(sos_commands/filesys/df_-al:2 as of 2026-11-22 06:02 UTC, 2 min after it was seen)" in cited.text


# (files of facts, seconds after START)
TAKEN = [
    ({"facts.json": b'{"fetched_at": "2026-11-22T06:00:10Z"}'}, 10),
    ({"facts.json": b'{"fetched_at": "2026-11-22T07:00:10.5+01:00"}'}, 10.5),
    ({"facts.json": b'{"fetched_at": "2026-11-22 06:00:10"}'}, 10),
    ({"facts.json": b'{"fetched_at": "soon"}'}, None),
    ({"facts.json": b'{"fetched_at": 7}'}, None),
    ({"facts.json": b"[]"}, None),
    ({"sos_commands/date/date": b"Sun Nov 22 07:00:10 CET 2026\n"}, 10),
    ({"sos_commands/date/date": b"Sun Nov 22 07:00:10 IST 2026\n"}, None),
    ({"sos_commands/date/date": b"Sun Nov 22 07:00:10 CET 2026\n", "facts.json": b'{"clock_offset_seconds": 4}'}, 6),
    ({}, None),
]


@pytest.mark.parametrize(("files", "seconds"), TAKEN, ids=range(len(TAKEN)))
def test_when_facts_were_taken(files: dict[str, bytes], seconds: float | None) -> None:
    assert taken(files) == (None if seconds is None else at(seconds))


def test_machines_know_what_runs_there(tmp_path: Path) -> None:
    write(tmp_path / "db1/var/log/mysql/error.log", [oslo(0, "x")])
    write(tmp_path / "db1/facts.json", [json.dumps({"services": {"tripleo_nova_compute.service": "active", "x": "y"}})])
    write(tmp_path / "c1/var/log/nova/nova-compute.log", [oslo(0, "x")])
    machines = Machines(discover([tmp_path], SERVICES), SERVICES)
    assert list(machines) == ["db1"]
    assert machines["db1"].services == {"mariadb", "nova-compute"}


def test_of_one_fact_the_nearest_pattern_speaks() -> None:
    def cited(says: str, mount: str) -> CitedFact:
        return CitedFact("c1", "x", "1", (("mount", mount),), "w", says, "facts.json", 0, START, timedelta(0))

    whole = together(Cited(facts=(cited("own", "/"),)), [Cited(facts=(cited("other", "/"), cited("other", "/var")))])
    assert [(fact.says, fact.of[0][1]) for fact in whole.facts] == [("own", "/"), ("other", "/var")]


def test_a_pattern_shows_its_clauses() -> None:
    lines = supporting(load().pattern("kernel-oom-killer")) + supporting(load().pattern("db-connection-refused"))
    assert (
        "setting nova [DEFAULT] ram_allocation_ratio above 1: guests may be given more memory than the host has"
        in lines
    )
    assert "fact memory.available_percent at most 5: memory was short then" in lines
    assert "fact listening of mariadb, port 3306 missing: a database that runs has that port open" in lines


def test_the_shipped_library_has_facts_clauses() -> None:
    library = load()
    assert len([name for name in library.ids if library.pattern(name).facts]) >= 40


UNIT_NAMES = [
    ("nova-compute.service", "nova-compute"),
    ("openstack-nova-compute.service", "nova-compute"),
    ("nova_compute", "nova-compute"),
    ("tripleo_nova_compute.service", "nova-compute"),
    ("devstack@n-cpu.service", "nova-compute"),
    ("kolla-nova_api-container.service", "nova-api"),
    ("mariadb@bootstrap.service", "mariadb"),
    ("ceph-osd@3.service", "ceph-osd"),
    ("rabbitmq-server", "rabbitmq"),
    ("nova_libvirt", "libvirtd"),
    ("kolla_toolbox", ""),
    ("logrotate.service", ""),
    ("", ""),
]


@pytest.mark.parametrize(("unit", "service"), UNIT_NAMES)
def test_units_of_all_deployment_tools(unit: str, service: str) -> None:
    assert SERVICES.of_unit(unit) == service
