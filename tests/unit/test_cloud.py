"""Causes without a request: what explains what when many stories lie side by side, whom each hit, what is left over.

Log lines and patterns are composed: a record shows the pattern whose id its text begins with.
"""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest

import haystack
from haystack.diagnose import CAUSE_FOUND, HEALTHY, UNKNOWN_CAUSE
from haystack.diagnose.cloud import Cause, causes, cloud_groups
from haystack.diagnose.diagnose import SURE
from haystack.diagnose.failures import failures
from haystack.diagnose.stories import Harm, Stories
from haystack.formats import Place
from haystack.library.matcher import Finding, Hit
from haystack.library.model import Clause, Match, Pattern
from haystack.record import Record
from haystack.search.samples import Sample
from tests.making import INSTANCE, NEEDLE, OTHER, at, event, fold_all, merged, oslo, tree

HOST = re.compile(r"host=([\w.]+)")
THIRD = "11111111-2222-4333-8444-555555555555"


def pattern(name: str, layer: str = "root", explains: Sequence[str] = (), **more: object) -> Pattern:
    """A pattern of that id; ``more`` are scope, lag, severity."""
    fields = {"scope": "node", "lag": 120.0, "severity": "error", **more}
    match = Match("any", (Clause(text=(name,)),))
    title = f"{name}[ of {{host}}]"
    return Pattern(
        name, title, "nova-compute", str(fields["severity"]), layer, str(fields["scope"]), "", "", match, tuple(explains),
        float(str(fields["lag"])), (), (), (), "", (), (),
    )  # fmt: skip


def records_of(logs: Mapping[str, Sequence[str]]) -> list[Record]:
    """Records of the lines of some nodes."""
    found: list[Record] = []
    for node, lines in logs.items():
        found += fold_all(lines, Place(node, "nova-compute", "/var/log/nova/nova-compute.log", f"{node}.log"))
    return found


def found(patterns: Sequence[Pattern], logs: Mapping[str, Sequence[str]]) -> list[Cause]:
    """The causes behind the lines of some nodes."""
    records = records_of(logs)
    findings = [
        Finding(each, (Hit(each.id, 0, record, _captures(record), 0),))
        for record in records
        for each in patterns
        if record.message.startswith(each.id)
    ]
    assert findings
    stories = Stories(records)
    failed = failures([Sample(record, 1, frozenset()) for record in records], set())
    return causes(cloud_groups(findings, stories, Harm(stories, failed, records)), stories, 12)


def _captures(record: Record) -> tuple[tuple[str, str], ...]:
    told = HOST.search(record.message)
    return (("host", told.group(1)),) if told else ()


def explains(patterns: Sequence[Pattern], logs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {cause.candidate.pattern.id: cause.candidate.explains for cause in found(patterns, logs)}


CAUSE, EFFECT = "the-cause", "the-effect"


def by_library(**more: object) -> list[Pattern]:
    return [pattern(CAUSE, explains=[EFFECT], **more), pattern(EFFECT, "effect")]


LAYERS_ONLY = [pattern(CAUSE), pattern(EFFECT, "effect")]
STOPPED = by_library()
STOPPED[0] = STOPPED[0]._replace(match=STOPPED[0].match._replace(absent=(Clause(text=("started again",)),)))


def cause(seconds: float, request: str = "", text: str = "") -> str:
    return oslo(seconds, f"{CAUSE} {text}", request, "ERROR")


def effect(seconds: float, request: str = NEEDLE, text: str = "") -> str:
    return oslo(seconds, f"{EFFECT} {text}", request, "ERROR")


# (what it is about, patterns, logs by node, is the effect explained?)
EDGES: list[tuple[str, list[Pattern], dict[str, list[str]], bool]] = [
    ("same request, by the layers", LAYERS_ONLY, {"n1": [cause(1, NEEDLE)], "n2": [effect(2)]}, True),
    ("other request, by the layers", LAYERS_ONLY, {"n1": [cause(1, OTHER), effect(2)]}, False),
    ("same instance, by the layers", LAYERS_ONLY,
     {"n1": [cause(1, "", f"[instance: {INSTANCE}]")], "n2": [effect(2, "", f"/servers/{INSTANCE}")]}, True),
    ("no request, by the layers", LAYERS_ONLY, {"n1": [cause(1), effect(2)]}, False),
    ("the effect came before", LAYERS_ONLY, {"n1": [effect(1), cause(9, NEEDLE)]}, False),
    ("clocks of two nodes differ a little", LAYERS_ONLY, {"n1": [effect(1)], "n2": [cause(2, NEEDLE)]}, True),
    ("the clock of one node does not", LAYERS_ONLY, {"n1": [effect(1), cause(2, NEEDLE)]}, False),
    ("a loopback of the node", by_library(scope="cloud"), {"n1": [cause(1, text="host=127.0.0.1"), effect(2)]}, True),
    ("a loopback of another node", by_library(scope="cloud"),
     {"n1": [cause(1, text="host=127.0.0.1")], "n2": [effect(2)]}, False),
    ("stopped an hour ago", STOPPED, {"n1": [cause(1), effect(3500)]}, True),
    ("stopped long ago", STOPPED, {"n1": [cause(1), effect(4000)]}, False),
    ("by the library, on the node", by_library(), {"n1": [cause(1), effect(60)]}, True),
    ("by the library, too late", by_library(), {"n1": [cause(1), effect(130)]}, False),
    ("by the library, longer lag", by_library(lag=600.0), {"n1": [cause(1), effect(130)]}, True),
    ("by the library, before the cause", by_library(), {"n1": [effect(1), cause(60)]}, False),
    ("the cause was seen again", by_library(), {"n1": [cause(1), cause(100), effect(130)]}, True),
    ("it names the node", by_library(), {"n1": [cause(1)], "n2": [effect(2, text="host=n1")]}, True),
    ("it names the node in full", by_library(), {"n1.example.org": [cause(1)], "n2": [effect(2, text="host=n1")]}, True),
    ("it names another node", by_library(), {"n1": [cause(1), effect(2, text="host=n9")]}, False),
    ("a fault of the cloud reaches all", by_library(scope="cloud"),
     {"n1": [cause(1)], "n2": [effect(2, text="host=n9")]}, True),
    ("a fault of a request reaches its own", by_library(scope="request"), {"n1": [cause(1, NEEDLE)], "n2": [effect(2)]}, True),
    ("a fault of a request reaches no other node", by_library(scope="request"),
     {"n1": [cause(1, OTHER)], "n2": [effect(2)]}, False),
    ("a fault of a resource reaches no other's", by_library(scope="resource"),
     {"n1": [cause(1, OTHER, f"[instance: {INSTANCE}]"), effect(2)]}, False),
    ("the library says the other way round", [pattern(CAUSE), pattern(EFFECT, "effect", [CAUSE])],
     {"n1": [cause(1, NEEDLE), effect(2)]}, False),
]  # fmt: skip


@pytest.mark.parametrize(("patterns", "logs", "explained"), [row[1:] for row in EDGES], ids=[row[0] for row in EDGES])
def test_what_follows_from_what(patterns: list[Pattern], logs: dict[str, list[str]], explained: bool) -> None:
    assert explains(patterns, logs).get(CAUSE, ()) == ((EFFECT,) if explained else ())


def test_what_is_explained_falls_behind() -> None:
    first, second = found(by_library(), {"n1": [cause(1), effect(2)]})
    assert (first.candidate.pattern.id, second.candidate.pattern.id) == (CAUSE, EFFECT)
    assert first.candidate.confidence >= SURE > second.candidate.confidence


def test_through_others() -> None:
    patterns = [
        pattern("aa-one", explains=["bb-two"]),
        pattern("bb-two", "effect", ["cc-three"]),
        pattern("cc-three", "symptom"),
    ]
    lines = [
        oslo(n, f"{name} x", NEEDLE if n == 3 else "", "ERROR")
        for n, name in enumerate(("aa-one", "bb-two", "cc-three"), 1)
    ]
    assert set(explains(patterns, {"n1": lines})["aa-one"]) == {"bb-two", "cc-three"}


def test_of_two_that_explain_each_other_none_is_behind() -> None:
    """A loop is real, in OVN; it ends, and neither hides the other."""
    patterns = [pattern("aa-one", explains=["bb-two"]), pattern("bb-two", explains=["aa-one"])]
    both = found(patterns, {"n1": [oslo(1, "aa-one", NEEDLE, "ERROR"), oslo(1.5, "bb-two", NEEDLE, "ERROR")]})
    assert [each.candidate.pattern.id for each in both] == ["aa-one", "bb-two"]
    assert all(each.candidate.confidence >= SURE for each in both)


def test_a_group_of_many_stories_is_explained_story_by_story() -> None:
    """One of ten requests failed on the cause; the others' effects are not its doing."""
    lines = [cause(1, NEEDLE), effect(2)]
    lines += [effect(3 + n, str(uuid.UUID(int=n + 1))) for n in range(9)]
    ours, theirs = sorted(found(LAYERS_ONLY, {"n1": lines}), key=lambda each: each.candidate.pattern.id)
    assert len(ours.explained) == 1, "the cause"
    assert theirs.candidate.confidence >= SURE, "the effect stands for itself"


def test_what_was_refused_comes_after_what_broke() -> None:
    patterns = [pattern("aa-refused", severity="warning"), pattern("bb-broke")]
    call = '1.2.3.4 "POST /v2.1/servers HTTP/1.1" status: {} len: 1 time: 0.1'
    lines = [
        oslo(1, "aa-refused x", NEEDLE, "INFO"), oslo(1.1, call.format(403), NEEDLE),
        oslo(2, "bb-broke x", OTHER, "ERROR"), oslo(2.1, call.format(500), OTHER),
    ]  # fmt: skip
    assert [each.candidate.pattern.id for each in found(patterns, {"n1": lines})] == ["bb-broke", "aa-refused"]


@pytest.mark.parametrize(
    ("severity", "sure"), [("info", False), ("warning", False), ("error", True), ("critical", True)]
)
def test_a_small_thing_without_harm_is_no_cause(severity: str, sure: bool) -> None:
    (only,) = found([pattern(CAUSE, severity=severity)], {"n1": [cause(1)]})
    assert (only.candidate.confidence >= SURE) == sure


def test_what_is_told_again_elsewhere_is_one_fault() -> None:
    """The conductor repeats what failed on a compute node."""
    both = found(LAYERS_ONLY, {"n1": [cause(1, NEEDLE)], "n2": [cause(2, NEEDLE)], "n3": [effect(3)]})
    assert [each.candidate.pattern.id for each in both] == [CAUSE, EFFECT]
    assert len(both[0].group.findings) == 2


# --- captured incidents, merged: each cause is found, and has its own failures only

MERGED = {
    ("neutron_down", "libvirtd_down", "compute_disk_full"): {
        "neutron-server-stopped": ("req-8d06307d-a8da-45a3-b9ad-33e93bda49ee",),
        "libvirt-socket-missing": ("req-44aaddb4-6197-4cdd-ab5a-b62c4b8e182e",),
        "nova-disk-space-base": ("req-0acf9a64-0a57-4a46-b7ec-635bdfabf3a8",),
    },
    ("portbinding_dead_agent", "libvirtd_down", "compute_disk_full"): {
        "neutron-refusing-bind-dead-agent": ("req-12ed39ef-458f-43ac-8cf7-30732da922c6",),
        "libvirt-socket-missing": ("req-44aaddb4-6197-4cdd-ab5a-b62c4b8e182e",),
        "nova-disk-space-base": ("req-0acf9a64-0a57-4a46-b7ec-635bdfabf3a8",),
    },
}


@pytest.mark.parametrize("names", MERGED, ids="+".join)
def test_merged_incidents_stay_apart(tmp_path: Path, names: tuple[str, ...]) -> None:
    triage = haystack.triage([merged(tmp_path, *names)], jobs=1)
    sure = {c.pattern.id: c for c in triage.candidates if c.confidence >= SURE}
    assert set(sure) == set(MERGED[names])
    assert [c.pattern.id for c in triage.candidates[: len(sure)]] == list(sure), "the sure ones first"
    every = {request for requests in MERGED[names].values() for request in requests}
    for name, requests in MERGED[names].items():
        reach = sure[name].reach
        assert reach
        assert set(requests) == set(reach.requests.some) & every, name
        (alone,) = (c for c in haystack.triage([_root_of(name)], jobs=1).candidates if c.pattern.id == name)
        assert alone.reach
        assert alone.reach._replace(over_time=()) == reach._replace(over_time=()), "as if it were alone"
        assert set(alone.explains) == set(sure[name].explains)
    assert triage.unknown.count == 0


def _root_of(name: str) -> Path:
    from tests.accuracy.score import FIXTURES, labels

    return next(root for root, label in labels(FIXTURES) if label.get("expect") == name)


# --- reach


def triaged(tmp_path: Path, since: datetime | None = None, **logs: list[str]) -> haystack.pipeline.Triage:  # type: ignore[name-defined]
    return haystack.triage([tree(tmp_path, **logs)], since=since, jobs=1)


ODD = "Instance failed to spawn: odd.Odd: it is odd"


def test_whom_it_hit_and_when(tmp_path: Path) -> None:
    def lines(node: int) -> list[str]:
        ids = [str(uuid.UUID(int=node * 100 + n)) for n in range(7)]
        return [oslo(node + n * 10, f"[instance: {i}] {ODD}", i, "ERROR") for n, i in enumerate(ids)]

    triage = triaged(tmp_path, n1__nova_compute=lines(1), n2__nova_compute=lines(2))
    cause = next(c for c in triage.candidates if c.pattern.id == "nova-instance-failed-to-spawn")
    reach = cause.reach
    assert reach
    assert (reach.records, reach.exact, sum(reach.over_time)) == (14, True, 14)
    assert (reach.requests.count, reach.projects.count) == (14, 1)
    # Instances are told by the records that were read; those of the others are as many more.
    assert reach.instances.more
    assert 6 <= reach.instances.count <= 14
    assert (reach.nodes, reach.services) == (("n1", "n2"), ("nova-compute",))
    assert (reach.first, reach.last) == (at(1), at(62))
    assert cause.failed
    assert len(reach.over_time) == 40
    assert reach.over_time[0] == 2
    assert reach.over_time[-1] == 2


@pytest.mark.parametrize("count", [1, 10, 4000])
def test_a_storm_in_numbers(tmp_path: Path, count: int) -> None:
    text = "Failed to publish message to topic 'nova': (403) ACCESS_REFUSED - Login was refused using authentication mechanism AMQPLAIN"
    lines = [oslo(n / 10, text, str(uuid.UUID(int=n % 300)), "ERROR") for n in range(count)]
    triage = triaged(tmp_path, n1__nova_compute=lines)
    reach = triage.candidates[0].reach
    assert reach
    assert (reach.records, sum(reach.over_time) or count) == (count, count)
    assert reach.requests.count == min(count, 300)
    assert (reach.first, reach.last) == (at(0), at((count - 1) / 10))


def test_a_periodic_task_is_no_request(tmp_path: Path) -> None:
    line = f"2026-11-22 06:00:01.000 4711 ERROR nova.compute.manager [None req-{THIRD} - - - - - -] {ODD}"
    triage = triaged(tmp_path, n1__nova_compute=[line])
    assert triage.candidates
    assert all(c.reach and c.reach.requests.count == 0 for c in triage.candidates)
    assert triage.failed.count == triage.unknown.count == 0


def test_severity_is_raised_where_requests_failed(tmp_path: Path) -> None:
    """No host for an image's wishes is a warning; who asked for it got no server all the same."""
    text = "Filter ImagePropertiesFilter returned 0 hosts"
    filtered = oslo(1, text, NEEDLE, logger="nova.filters")
    broke = oslo(2, "Setting instance to ERROR state.", NEEDLE, "WARNING")
    alone = triaged(tmp_path / "a", c1__nova_scheduler=[filtered])
    asked = triaged(tmp_path / "b", c1__nova_scheduler=[filtered], c1__nova_conductor=[broke])
    (quiet,), (loud,) = (
        [c for c in t.candidates if c.pattern.id == "nova-filter-image-properties"] for t in (alone, asked)
    )
    assert (quiet.pattern.severity, quiet.severity, loud.severity) == ("warning", "warning", "error")


# --- what nothing explains


def odd(seconds: float, number: int, request: str = "") -> str:
    return oslo(seconds, f"the frobnicator lost {number} of 7 wheels of {uuid.UUID(int=number)}", request, "ERROR")


def test_errors_are_grouped_by_what_they_say(tmp_path: Path) -> None:
    lines = [odd(n, n) for n in range(30)] + [oslo(40, "the gizmo is odd", level="ERROR")]
    triage = triaged(tmp_path, n1__nova_compute=lines)
    assert [(u.service, u.template, u.reach.records, u.novelty, u.before) for u in triage.unexplained] == [
        ("nova-compute", "the frobnicator lost * of * wheels of *", 30, "", None),
        ("nova-compute", "the gizmo is odd", 1, "", None),
    ]
    assert triage.verdict == UNKNOWN_CAUSE


# (errors in the hour before, errors in the hour since, novelty, records told as before)
NOVELTY = [(0, 5, "new", 0), (1, 5, "more", 1), (2, 5, "", 2), (2, 6, "more", 2), (5, 5, "", 5), (50, 5, "", 50)]


@pytest.mark.parametrize(("before", "now", "novelty", "told"), NOVELTY)
def test_what_is_new_against_the_time_before(tmp_path: Path, before: int, now: int, novelty: str, told: int) -> None:
    lines = [odd(-3000 + n * 30, n) for n in range(before)] + [odd(10 + n * 30, n) for n in range(now)]
    last = oslo(3600, "all is well")
    (row,) = triaged(tmp_path, since=at(0), n1__nova_compute=[*lines, last]).unexplained
    # The window ends with the last record seen, so what was before is scaled to it.
    assert row.reach.records == now
    assert row.before is not None
    assert row.novelty == ("new" if not told else row.novelty)
    scaled = told * (10 + (now - 1) * 30) / 3600
    assert row.before == pytest.approx(scaled)
    assert row.novelty == ("" if told and now < 3 * scaled else "more" if told else "new")


def test_refused_and_harmless_things_are_not_unexplained(tmp_path: Path) -> None:
    call = '1.2.3.4 "POST /v2.1/servers HTTP/1.1" status: 409 len: 1 time: 0.1'
    triage = triaged(tmp_path, c1__nova_api=[oslo(1, call, NEEDLE)])
    assert (triage.verdict, triage.unexplained, triage.failed.count, triage.unknown.count) == (HEALTHY, (), 1, 0)


def test_who_failed_for_no_known_reason(tmp_path: Path) -> None:
    """A cause that is sure of other requests does not account for it."""
    full = event(1, "Instance failed to spawn: OSError: [Errno 28] No space left on device", NEEDLE, 2,
                 last="OSError: [Errno 28] No space left on device")  # fmt: skip
    triage = triaged(tmp_path, n1__nova_compute=[*full, odd(300, 1, OTHER)])
    assert triage.verdict == CAUSE_FOUND
    assert (triage.failed.count, triage.unknown.some) == (2, (f"req-{OTHER}",))
    assert [u.template for u in triage.unexplained] == ["the frobnicator lost * of * wheels of *"]
