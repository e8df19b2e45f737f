"""Sampling by kind: however few records are read, every line is counted, once. Log lines are composed, but for those of
fixtures."""

from __future__ import annotations

import tempfile
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import haystack
from haystack.diagnose.failures import LITERALS
from haystack.library import load
from haystack.record import Record
from haystack.scanner import Scanner
from haystack.search import Query, files, samples
from haystack.search.reading import Lines
from haystack.search.samples import Sample, Samples, samples_of
from tests.making import COMPRESS, INCIDENTS, NEEDLE, OTHER, at, engine, event, oslo, tree, write

API = "nova-api"
ALL = tuple(dict.fromkeys((*load([]).literals, *LITERALS)))
# What lines say: two literals in one line, one that is part of another, one far behind, none at all.
TEXTS = (
    "No space left on device",
    "Failed to publish message",
    "Failed to publish message: no space at all",
    "ERROR is said twice: ERROR here",
    "it is quiet",
    "a long way " + "and on " * 90 + "to No space left on device",
)
WANTED = ("No space left on device", "Failed to publish", "ERROR ", "space at all")


def sample(
    lines: Iterable[str] | bytes, literals: Sequence[str] = WANTED, name: str = "nova-api.log", **query: object
) -> list[Sample]:
    """The samples of one file that holds the lines."""
    with tempfile.TemporaryDirectory() as directory:
        write(Path(directory) / "c1/var/log/nova" / name, lines)
        return engine(Path(directory)).sample(Query(literals=tuple(literals), **query))  # type: ignore[arg-type]


def counted(found: Iterable[Sample], texts: Sequence[str] = TEXTS) -> Counter[str]:
    """How many records the samples stand for, by the longest of the texts that they begin with."""
    counts: Counter[str] = Counter()
    for item in found:
        counts[max((t for t in texts if item.record.message.startswith(t)), key=len)] += item.times
    return counts


def expected(said: Iterable[str], level: str) -> Counter[str]:
    return Counter(text for text in said if any(literal in f"{level} {text}" for literal in WANTED))


# --- every line is counted, once


@settings(max_examples=60, deadline=None)
@given(
    said=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=400),
    level=st.sampled_from(("INFO", "ERROR")),
    ending=st.booleans(),
)
def test_records_of_each_text_are_counted(said: list[str], level: str, ending: bool) -> None:
    lines = [oslo(n, text, str(uuid.UUID(int=n)), level) for n, text in enumerate(said)]
    data = "\n".join(lines) + ("\n" if ending else "")
    assert counted(sample(data.encode())) == expected(said, level)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from((0, 1, 3, 8)), st.sampled_from(("it broke", "it is lost", "No space left on device"))
        ),
        min_size=1,
        max_size=120,
    )
)
def test_lines_of_a_traceback_are_no_further_records(events: list[tuple[int, str]]) -> None:
    lines = [
        line
        for n, (frames, last) in enumerate(events)
        for line in event(n, "boom", NEEDLE, frames, last=f"x.Y: {last}")
    ]
    found = sample(lines, ALL)
    assert sum(item.times for item in found) == len(events)
    assert all(item.record.message == "boom" for item in found)


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda path: path.name)
def test_fixtures_are_counted_as_find_counts_them(incident: Path) -> None:
    """``find`` reads every record; triage stands a few for all of them."""
    found = engine(incident).sample(Query(literals=ALL))
    assert found
    every = list(haystack.find("", [incident], jobs=1))
    held = [record for record in every if any(literal in line for literal in ALL for line in _as_written(record))]
    sampled = Counter[str]()
    for item in found:
        sampled[item.record.origin.source] += item.times
    # Where a literal stands in the envelope `_as_written` does not see it: such a record may be sampled, never missed.
    for source, count in Counter(record.origin.source for record in held).items():
        assert count <= sampled[source] <= sum(record.origin.source == source for record in every)


def _as_written(record: Record) -> Sequence[str]:
    return record.message, *record.body


@pytest.mark.parametrize("literal", [" INFO ", " WARNING ", " ERROR ", "HTTP/1.1"])
@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda path: path.name)
def test_a_literal_in_fixtures_is_counted_exactly(incident: Path, literal: str) -> None:
    found = engine(incident).sample(Query(literals=(literal,)))
    every = haystack.find(literal, [incident], jobs=1)
    assert sum(item.times for item in found) == len(list(every))


# --- storms


def storm(count: int, requests: int = 10**9) -> list[str]:
    return [
        oslo(n / 1000, f"Failed to publish message {n:x} to c{n % 3}", str(uuid.UUID(int=n % requests)), "ERROR")
        for n in range(count)
    ]


def test_a_storm_is_few_records_that_stand_for_all() -> None:
    found = sample(storm(100_000), ALL)
    assert sum(item.times for item in found) == 100_000
    assert 3 < len(found) < 80


@pytest.mark.parametrize("suffix", COMPRESS)
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 100, 5000])
def test_the_first_and_the_last_are_looked_at(count: int, suffix: str) -> None:
    pytest.importorskip("zstandard")
    found = sample(storm(count), name=f"nova-api.log{suffix}")
    times = [item.record.time for item in found if item.record.time]
    assert (min(times), max(times)) == (at(0), at((count - 1) / 1000))
    assert sum(item.times for item in found) == count


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_the_last_of_a_storm_that_is_long_over_is_looked_at(suffix: str) -> None:
    """Of a stream only the last blocks are at hand."""
    quiet = [oslo(10 + n / 1000, "all is well " + "and on " * 20) for n in range(20_000)]
    found = sample([*storm(3000), *quiet], name=f"nova-api.log{suffix}")
    assert max(item.record.time for item in found if item.record.time) == at(2.999)
    assert sum(item.times for item in found) == 3000


def test_rare_lines_in_a_storm_are_seen() -> None:
    """A context takes 160 bytes: what is told apart is the text behind it."""
    lines = storm(4000)
    lines[2345] = oslo(2.345, "something else altogether", NEEDLE, "ERROR")
    found = sample(lines, LITERALS)
    assert [item.times for item in found if item.record.message == "something else altogether"] == [1]
    assert sum(item.times for item in found) == 4000


# --- slices and streams


def mixed(count: int, seed: int = 7) -> list[str]:
    """Errors with and without tracebacks of several processes, in each other, as workers write them."""
    random = Random(seed)
    lines: list[str] = []
    for n in range(count):
        text, frames, pid = random.choice(TEXTS), random.choice((0, 0, 2, 9)), random.choice((10, 11, 12))
        block = event(n, text, str(uuid.UUID(int=n)), frames, pid) if frames else [oslo(n, text, NEEDLE, "ERROR", pid)]
        lines += block
    return lines


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zst"])
def test_streams_give_the_same_counts(suffix: str) -> None:
    pytest.importorskip("zstandard")
    lines = mixed(6000)  # several blocks
    plain, stream = sample(lines, ALL), sample(lines, ALL, f"nova-api.log{suffix}")
    assert counted(plain) == counted(stream)
    assert sum(item.times for item in plain) == 6000


@pytest.mark.parametrize("size", [900, 5_000, 64_000])
@pytest.mark.parametrize("seed", [1, 2])
def test_slices_give_the_same_counts(monkeypatch: pytest.MonkeyPatch, size: int, seed: int) -> None:
    lines = mixed(300, seed)
    whole = sample(lines, ALL)
    monkeypatch.setattr(files, "SLICE", size)
    sliced = sample(lines, ALL)
    assert sum(item.times for item in sliced) == sum(item.times for item in whole) == 300
    assert counted(sliced) == counted(whole)


def test_a_line_longer_than_a_block_is_counted_once() -> None:
    giant = oslo(0, "Failed to publish message " * 60_000, NEEDLE, "ERROR")
    assert len(giant) > 1 << 20
    for name in ("nova-api.log", "nova-api.log.gz"):
        assert sum(item.times for item in sample([giant, *storm(9)], WANTED, name)) == 10


@pytest.mark.parametrize(
    "call",
    [
        '10.0.0.1 "DELETE /v2.1/servers/x HTTP/1.1" status: {} len: 12 time: 0.1',
        '10.0.0.1 - - "DELETE /v2.1/servers/x HTTP/1.1" {} 12',
    ],
)
def test_a_refused_call_does_not_stand_for_one_that_found_nothing(call: str) -> None:
    """``weight`` takes a DELETE with 404 for no failure, and kinds do not see digits."""
    lines = [oslo(n, call.format(404 if n % 2 else 409), str(uuid.UUID(int=n))) for n in range(2000)]
    found = sample(lines, LITERALS)
    assert sum(item.times for item in found if " 404 " in item.record.message) == 1000
    assert sum(item.times for item in found if " 409 " in item.record.message) == 1000


# --- requests


@pytest.mark.parametrize("count", [1, 50, 4000])
def test_requests_of_a_storm_are_all_told(count: int) -> None:
    found = sample(storm(20_000, count), ALL)
    assert {i for item in found for i in item.requests} == {f"req-{uuid.UUID(int=n)}" for n in range(count)}


def test_requests_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "_MOST_REQUESTS", 100)
    found = sample(storm(1000), ALL)
    assert len({i for item in found for i in item.requests}) == 100


IDS = [
    (f"[None req-{NEEDLE} - - - - -]", {NEEDLE}),
    (f"[req-{OTHER} req-{NEEDLE} - - - - -]", {OTHER}),  # the outermost comes first
    (f"[prereq-x req-{NEEDLE}]", {NEEDLE}),
    (f"[req-{NEEDLE}0]", set()),
    (f"[req-{NEEDLE}-1]", set()),
    (f"[req-{NEEDLE[:-1]}]", set()),
    (f"[req-{NEEDLE[:20]}", set()),
    ("[-]", set()),
]


@pytest.mark.parametrize(("bracket", "ids"), IDS, ids=[bracket for bracket, _ in IDS])
def test_only_whole_ids_count(bracket: str, ids: set[str]) -> None:
    line = f"2026-11-22 06:00:00.000 4711 ERROR nova.api.wsgi {bracket} No space left on device"
    (found,) = sample([line])
    assert found.requests == {f"req-{i}" for i in ids}


def test_an_id_far_before_the_hit_is_told() -> None:
    (found,) = sample([oslo(0, "x" * 3000 + " No space left on device", NEEDLE)])
    assert found.requests == {f"req-{NEEDLE}"}


# --- bounds


def test_of_too_many_kinds_none_stands_for_another_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(samples, "_MOST_KINDS", 20)
    words = ["".join(Random(n).choices("ghijklmnopqrstuvwxyz", k=12)) for n in range(500)]
    lines = [oslo(n, f"Failed to publish {word}", str(uuid.UUID(int=n))) for n, word in enumerate(words)]
    write(tmp_path / "c1/var/log/nova/nova-api.log", lines)
    searched = engine(tmp_path)
    found = searched.sample(Query(literals=WANTED))
    assert 20 < len(found) < 60
    assert {item.times for item in found} == {1}
    assert all(item.requests <= set(item.record.request_ids) for item in found)
    (note,) = searched.coverage().notes
    assert f": {500 - len(found)} more lines, of more than 20 kinds," in note


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("since", "until"), [(1000, 1100), (0, 1999), (1990, None), (None, 7), (3, 3), (999.5, 1000.5)]
)
@pytest.mark.parametrize("slice_size", [files.SLICE, 40_000])
def test_a_window_cuts_a_storm_to_the_line(
    monkeypatch: pytest.MonkeyPatch, suffix: str, since: float | None, until: float | None, slice_size: int
) -> None:
    """What lies outside of it stands for nothing in it, and its requests are nobody's."""
    monkeypatch.setattr(files, "SLICE", slice_size)
    lines = [oslo(n, "Failed to publish message", str(uuid.UUID(int=n)), "ERROR") for n in range(2000)]
    window = {"since": None if since is None else at(since), "until": None if until is None else at(until)}
    found = sample(lines, name=f"nova-api.log{suffix}", **window)
    inside = [n for n in range(2000) if (since is None or since <= n) and (until is None or n <= until)]
    assert sum(item.times for item in found) == len(inside)
    told = {int(i.replace("req-", "").replace("-", ""), 16) for item in found for i in item.requests}
    assert told == set(inside)
    times = sorted(item.record.time for item in found if item.record.time)
    assert (times[0], times[-1]) == (at(inside[0]), at(inside[-1]))


# --- the noun itself


def test_pieces_of_a_scan_are_one_scan() -> None:
    data = "".join(line + "\n" for line in mixed(200)).encode()
    scanner = Scanner(WANTED)
    cuts = [0, *(data.find(b"\n", n) + 1 for n in range(1000, len(data) - 2000, 3333)), len(data)]

    def times(edges: list[int]) -> list[tuple[int, int]]:
        hits = Samples(scanner)
        for low, high in pairwise(edges):
            hits.scan(memoryview(data)[low:high], low)
        hits.finish()
        hits.line_starts(Lines(lambda at, count: data[at : at + count], 0, len(data)))
        return sorted((stand.start, stand.times) for stand in hits.stands())

    assert times(cuts) == times([0, len(data)])


def test_nothing_is_made_of_nothing() -> None:
    assert samples_of([], []) == []
    assert sample([]) == []
    assert sample(["no literal in here"]) == []


# --- what goes by order


@pytest.mark.parametrize("back", [True, False])
def test_a_stop_is_told_from_a_restart_however_many_there_are(tmp_path: Path, back: bool) -> None:
    """A stop that is looked at and a start that is not would be a fault."""
    lines = []
    for n in range(60):
        lines += [oslo(n * 1200, "Caught SIGTERM, stopping children", logger="oslo_service.service")]
        starts = 3 if back or n < 59 else 0
        lines += [
            oslo(n * 1200 + 20, "Logging enabled!", pid=pid, logger="neutron.common.config") for pid in range(starts)
        ]
    found = haystack.triage([tree(tmp_path, c1__neutron_server=lines)])
    stopped = [c.reach.records for c in found.candidates if c.reach and c.pattern.id == "neutron-server-stopped"]
    assert stopped == ([] if back else [1])


# --- what is tracked by name


REFUSED = (
    "Refusing to bind port {port} to dead agent: {{'id': '{agent}', 'agent_type': 'Open vSwitch agent', "
    "'binary': 'neutron-openvswitch-agent', 'topic': 'N/A', 'host': '{host}', 'admin_state_up': True, "
    "'created_at': datetime.datetime(2026, 11, 22, 5, 51, {second})}}"
)
AMQP = "[{port}] AMQP server on {host}:5672 is unreachable: timed out. Trying again in {second} seconds."
# A literal, and lines that hold it: they differ in ids and numbers, and in the host that they name.
NAMING = [
    ("Refusing to bind port", REFUSED),  # the name stands far behind the literal
    ("AMQP server on ", AMQP),
    ("is unreachable", AMQP),  # before it
]


def named(text: str, host: str, second: int) -> str:
    ids = {"port": uuid.UUID(int=second), "agent": uuid.uuid5(uuid.NAMESPACE_DNS, host)}
    return oslo(second, text.format(host=host, second=second % 60, **ids), level="WARNING")


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(("literal", "text"), NAMING, ids=[literal for literal, _ in NAMING])
def test_one_line_about_another_in_a_storm_is_looked_at(literal: str, text: str, suffix: str) -> None:
    lines = [named(text, "compute2" if n == 177 else "compute1", n) for n in range(1000)]
    for tracked, told in ((frozenset((literal,)), [1]), (frozenset[str](), [])):
        found = sample(lines, (literal,), f"neutron-server.log{suffix}", tracked=tracked)
        assert sum(item.times for item in found) == 1000
        assert len(found) < 150
        assert [item.times for item in found if "compute2" in item.record.message] == told


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(("compute1", "compute2", "controller1")), min_size=1, max_size=300))
def test_each_thing_that_is_tracked_is_counted_and_its_last_word_is_read(hosts: list[str]) -> None:
    lines = [named(REFUSED, host, n) for n, host in enumerate(hosts)]
    found = sample(lines, ("Refusing to bind port",), tracked=frozenset(("Refusing to bind port",)))
    for host in set(hosts):
        about = [item for item in found if f"'{host}'" in item.record.message]
        assert sum(item.times for item in about) == hosts.count(host)
        last = max(n for n, name in enumerate(hosts) if name == host)
        assert max(item.record.time for item in about if item.record.time) == at(last)
