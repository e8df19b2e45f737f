"""From hit lines to whole events: whatever is interleaved, every event comes out once and whole; no line is lost."""

from __future__ import annotations

import random
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haystack.record import Record
from haystack.search import Query
from tests.making import (
    FIXTURES,
    NEEDLE,
    OTHER,
    at,
    engine,
    event,
    fixture_files,
    fixture_lines,
    fold_all,
    oslo,
    traceback,
    write,
)

HAPROXY = next(
    line for line in fixture_lines(FIXTURES / "neutron_down/controller1/var/log/haproxy.log") if "HTTP/1.1" in line
)


def interleaved(*events: list[str]) -> list[str]:
    """One line of each in turn, as several processes write them to one file."""
    return [line for row in zip_longest(*events) for line in row if line is not None]


def search(tmp_path: Path, lines: list[str], wanted: str, name: str = "nova-compute.log") -> list[Record]:
    files = engine(write(tmp_path / name, lines))
    return files.numbered(files.search(Query(ids=(wanted,))))


# --- interleaved workers


@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("place", ["first line", "middle", "last line"])
def test_tracebacks_interleaved_line_by_line(tmp_path: Path, workers: int, place: str) -> None:
    """Each worker writes its own event; the hit is in one of them, anywhere."""
    events = [
        event(10 + n / 1000, f"worker {n} fails", OTHER, 30, pid=200 + n, last=f"Bad{n}: no") for n in range(workers)
    ]
    ours = events[1]
    mark = {"first line": 0, "middle": 31, "last line": len(ours) - 1}[place]
    ours[mark] += " telltale-42"
    lines = [oslo(0, "before", OTHER), *interleaved(*events), oslo(99, "after", OTHER)]
    (record,) = search(tmp_path, lines, "telltale-42")
    assert record.message.startswith("worker 1 fails")
    assert (record.lines, record.origin.line, record.pid) == (len(ours), 3, "201")
    assert record.exception is not None
    assert (record.exception.name, record.exception.frames) == ("Bad1", 30)
    assert len(record.body) == len(ours) - 1


@pytest.mark.parametrize("workers", [2, 4])
def test_all_interleaved_events_come_out_when_all_are_hit(tmp_path: Path, workers: int) -> None:
    events = [event(10, f"worker {n}", NEEDLE, 25, pid=200 + n, last=f"Bad{n}: {NEEDLE}") for n in range(workers)]
    records = search(tmp_path, interleaved(*events), NEEDLE)
    assert [(r.message, r.lines) for r in records] == [(f"worker {n}", 53) for n in range(workers)]


@pytest.mark.parametrize("workers", [2, 4])
def test_interleaved_events_that_are_hit_in_their_first_lines_only_come_out_whole(tmp_path: Path, workers: int) -> None:
    events = [event(10, f"worker {n}", NEEDLE, 25, pid=200 + n, last=f"x.Bad{n}: no") for n in range(workers)]
    records = search(tmp_path, interleaved(*events), NEEDLE)
    assert [(r.message, r.lines) for r in records] == [(f"worker {n}", 53) for n in range(workers)]
    assert [r.exception.name for r in records if r.exception] == [f"x.Bad{n}" for n in range(workers)]


@given(st.integers(2, 4), st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_events_in_any_shuffle_keep_their_lines(workers: int, seed: int) -> None:
    """The order inside an event is kept; which worker writes next is chance, with at most nine strangers in a row."""
    chance = random.Random(seed)
    left = [
        event(n, f"worker {n}", OTHER, chance.randrange(1, 20), pid=300 + n, last=f"Bad{n}: no") for n in range(workers)
    ]
    sizes = [len(lines) for lines in left]
    shuffled: list[str] = []
    while any(left):
        chosen = chance.choice([lines for lines in left if lines])
        for _ in range(chance.randrange(1, 4)):
            if chosen:
                shuffled.append(chosen.pop(0))
    records = sorted(fold_all(shuffled), key=lambda r: r.pid)
    assert [(r.message, r.lines) for r in records] == [(f"worker {n}", size) for n, size in enumerate(sizes)]
    with TemporaryDirectory() as directory:  # what is read around hits is what the whole file folds to
        found = sorted(search(Path(directory), shuffled, OTHER), key=lambda r: r.pid)
    assert [(r.message, r.lines, r.exception) for r in found] == [(r.message, r.lines, r.exception) for r in records]


CHAINED = [
    "Traceback (most recent call last):",
    '  File "/a.py", line 1, in connect',
    "    sock.connect()",
    "ConnectionRefusedError: [Errno 111] ECONNREFUSED",
    "",
    "During handling of the above exception, another exception occurred:",
    "",
    "Traceback (most recent call last):",
    '  File "/b.py", line 2, in call',
    "    raise DBConnectionError(err)",
    "oslo_db.exception.DBConnectionError: lost it",
    "",
    "The above exception was the direct cause of the following exception:",
    "",
    "Traceback (most recent call last):",
    '  File "/c.py", line 3, in top',
    "    raise",
    "nova.exception.CellTimeout: cell took too long",
    "[SQL: SELECT 1]",
    "(Background on this error at: https://sqlalche.me/e/14/e3q8)",
]


@pytest.mark.parametrize("mark", range(len(CHAINED)))
@pytest.mark.parametrize("prefixed", [True, False])
def test_chained_exceptions_are_one_record_wherever_the_hit_is(tmp_path: Path, mark: int, prefixed: bool) -> None:
    prefix = traceback(1, 1)[0].partition("Traceback")[0] if prefixed else ""
    body = [prefix + line for line in CHAINED]
    body[mark] += " telltale-42"
    lines = [oslo(0, "before", OTHER), oslo(1, "fails", OTHER, "ERROR"), *body, oslo(2, "after", OTHER)]
    (record,) = search(tmp_path, lines, "telltale-42")
    assert (record.message, record.lines, record.origin.line) == ("fails", len(CHAINED) + 1, 2)
    assert record.exception is not None
    if mark not in (17, 18):
        assert record.exception == ("nova.exception.CellTimeout", "cell took too long", 3)


def test_hits_all_over_one_event_give_it_once(tmp_path: Path) -> None:
    lines = event(1, "fails", NEEDLE, 100, last=f"Bad: {NEEDLE}")
    lines = [line + (f" # {NEEDLE}" if n % 7 == 3 else "") for n, line in enumerate(lines)]
    (record,) = search(tmp_path, lines, NEEDLE)
    assert (record.lines, record.origin.line) == (203, 1)


def test_two_events_of_one_process_in_the_same_millisecond_stay_two(tmp_path: Path) -> None:
    lines = [*event(1, "one", OTHER, 3), *event(1, "two", NEEDLE, 4)]
    records = search(tmp_path, lines, NEEDLE)
    assert [(r.message, r.lines) for r in records] == [("two", 11)]


def test_a_multi_line_message_comes_whole(tmp_path: Path) -> None:
    lines = [
        oslo(0, "before"),
        oslo(1, "domain xml: <domain>"),
        f"  <uuid>{NEEDLE}</uuid>",
        "  <x/>",
        "</domain>",
        oslo(2, "after"),
    ]
    (record,) = search(tmp_path, lines, NEEDLE)
    assert (record.message, record.lines, record.origin.line) == ("domain xml: <domain>", 4, 2)


# --- times of lines that carry none


def test_raw_lines_get_the_time_of_their_predecessor() -> None:
    records = fold_all(["first of all", HAPROXY, "no stamp", "none either", oslo(7, "x"), "goes on"])
    times = [r.time for r in records]
    assert [r.format for r in records] == ["raw", "haproxy", "raw", "raw", "oslo"]
    assert times[0] is None
    assert times[1] is not None
    assert times[1] == times[2] == times[3]
    assert times[4] == at(7)


@pytest.mark.parametrize(
    "line",
    [
        f"no format knows this {NEEDLE}",
        f"ERROR nova.compute.manager [None req-{NEEDLE} - - - -] the stamp was cut off",
        f"{{broken json {NEEDLE}",
    ],
)
@pytest.mark.parametrize("before", [HAPROXY, HAPROXY + "\nother raw line"])
def test_a_hit_line_without_a_stamp_gets_the_time_of_the_line_before(tmp_path: Path, line: str, before: str) -> None:
    """Read through the engine, which looks at the neighbourhood of a hit only."""
    (record,) = search(tmp_path, [*before.split("\n"), line, oslo(9999, "after")], NEEDLE, "haproxy.log")
    assert record.time == fold_all([HAPROXY])[0].time


# --- no line is lost


FIXTURE_LINES = [fixture_lines(path) for path in fixture_files()]


def test_every_fixture_file_folds_to_all_its_lines() -> None:
    for lines in FIXTURE_LINES:
        records = fold_all(lines)
        assert sum(r.lines for r in records) == len(lines)
        assert [r.origin.line for r in records] == sorted({r.origin.line for r in records})


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_random_mixes_of_real_lines_lose_none(data: st.DataObject) -> None:
    """Pieces of several real files, and single lines of them, in any order."""
    lines: list[str] = []
    for _ in range(data.draw(st.integers(1, 8))):
        source = FIXTURE_LINES[data.draw(st.integers(0, len(FIXTURE_LINES) - 1))]
        if source:
            low = data.draw(st.integers(0, len(source) - 1))
            lines += source[low : low + data.draw(st.integers(1, 60))]
    chance = random.Random(data.draw(st.integers(0, 999)))
    if chance.random() < 0.5:
        chance.shuffle(lines)
    records = fold_all(lines)
    assert sum(r.lines for r in records) == len(lines)
    assert [r.origin.line for r in records] == sorted({r.origin.line for r in records})
    for record in records:
        assert record.lines >= 1 + len(record.body) - record.text.count("\n") or record.body


def test_records_at_hits_are_those_of_the_whole_file(tmp_path: Path) -> None:
    """The neighbourhood of a hit gives the same record as folding the whole file."""
    compared = 0
    for path in fixture_files():
        if path.suffix == ".gz" or "__json" in str(path):
            continue
        files = engine(path)
        whole = {r.origin.offset: (r.message, r.lines, r.body) for r in fold_all(fixture_lines(path))}
        for wanted in ("req-", "Traceback (most", 'File "/usr', "Error"):
            for record in files.search(Query(ids=(wanted,))):
                compared += 1
                assert (record.message, record.lines, record.body) == whole[record.origin.offset], (path, record.origin)
    assert compared > 3000
