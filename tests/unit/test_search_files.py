"""The files engine: every kind of file, every place in it, any window, any number of processes: the same records."""

from __future__ import annotations

import importlib.util
import random
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haystack.record import Record
from haystack.search import Query
from haystack.search import files as files_module
from haystack.search.reading import BLOCK
from tests.making import NEEDLE, OTHER, START, at, engine, event, oslo, traceback, write

SUFFIXES = [
    "",
    ".gz",
    ".xz",
    ".bz2",
    pytest.param(
        ".zst",
        marks=pytest.mark.skipif(importlib.util.find_spec("zstandard") is None, reason="zstandard is not installed"),
    ),
]


def found(path: Path, query: Query | None = None, jobs: int = 1) -> list[Record]:
    """Records with their line numbers, of the needle unless another query is given."""
    files = engine(path, jobs=jobs)
    records = files.numbered(files.search(query or Query(ids=(NEEDLE,))))
    assert not files.coverage().unreadable
    return records


def filler(count: int, seconds: float = 0, width: int = 0, pid: int = 100) -> list[str]:
    """Lines of no interest, ten a second."""
    return [oslo(seconds + n / 10, f"line {n} " + "x" * width, OTHER, pid=pid) for n in range(count)]


def brief(records: list[Record]) -> list[tuple[int, int, int, str]]:
    """What tells one record from another, short enough to read when a test fails."""
    return [(r.origin.offset, r.origin.line, r.lines, r.message[:40]) for r in records]


# --- one file, every kind


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_id_is_found_in_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"nova-compute.log{suffix}", [*filler(50), oslo(5, "here", NEEDLE), *filler(50, 5)])
    (record,) = found(path)
    assert (record.message, record.request_id, record.origin.line) == ("here", f"req-{NEEDLE}", 51)
    assert record.origin.service == "nova-compute"
    assert record.origin.source == str(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("final_newline", [True, False])
def test_first_line_middle_and_last_line(tmp_path: Path, suffix: str, end: str, final_newline: bool) -> None:
    lines = [oslo(0, "first", NEEDLE), *filler(9000, width=60), oslo(450, "middle", NEEDLE), *filler(9000, 451, 60)]
    lines.append(oslo(2000, "last", NEEDLE))
    data = "".join(line + end for line in lines).encode()
    assert len(data) > 4 * BLOCK
    path = write(tmp_path / f"nova-compute.log{suffix}", data if final_newline else data.removesuffix(end.encode()))
    records = found(path)
    assert [(r.message, r.origin.line, r.lines) for r in records] == [
        ("first", 1, 1),
        ("middle", 9002, 1),
        ("last", 18003, 1),
    ]


def test_a_file_of_one_line_without_an_end(tmp_path: Path) -> None:
    (record,) = found(write(tmp_path / "x.log", oslo(0, "only", NEEDLE).encode()))
    assert (record.message, record.origin.line, record.origin.offset) == ("only", 1, 0)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_rotations_come_oldest_first(tmp_path: Path, suffix: str) -> None:
    for number, name in enumerate(["nova-api.log.10", "nova-api.log.2", "nova-api.log.1"]):
        write(tmp_path / f"{name}{suffix}", [oslo(number * 100, name, NEEDLE)])
    write(tmp_path / "nova-api.log", [oslo(900, "nova-api.log", NEEDLE)])
    assert [r.message for r in found(tmp_path)] == [
        "nova-api.log.10",
        "nova-api.log.2",
        "nova-api.log.1",
        "nova-api.log",
    ]


def test_dated_rotations_come_oldest_first(tmp_path: Path) -> None:
    names = ["nova-api.log-20261119.gz", "nova-api.log-20261120.gz", "nova-api.log-20261121", "nova-api.log"]
    for number, name in enumerate(names):
        write(tmp_path / name, [oslo(number * 100, name, NEEDLE)])
    assert [r.message for r in found(tmp_path)] == names


# --- records near and across the ends of blocks


def straddling(where: int, frames: int, suffix: str, tmp_path: Path, last: str, middle: str = "") -> tuple[Path, int]:
    """A file with an event of many lines that starts ``where`` bytes into it; and the number of its first line."""
    head, size = [], 0
    while size < where - 400:
        head.append(oslo(len(head) / 10, "before " + "x" * 60, OTHER, pid=100))
        size += len(head[-1]) + 1
    rest = where - size - len(oslo(len(head) / 10, "", OTHER, pid=100)) - 1
    head.append(oslo(len(head) / 10, "y" * rest, OTHER, pid=100))
    lines = event(5000, "it fails", NEEDLE, frames, last=last)
    if middle:
        lines.insert(len(lines) // 2, lines[1].partition("Traceback")[0] + f"    {middle}")
    path = write(tmp_path / f"nova-compute.log{suffix}", [*head, *lines, *filler(9000, 6000, 60)])
    return path, len(head) + 1


BEFORE_END = [0, 1, 60, 4000, 30_000, (64 << 10) - 300, (64 << 10) + 1, 90_000, 130_000]


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("before_end", BEFORE_END)
@pytest.mark.parametrize("frames", [40, 450])
def test_a_traceback_across_blocks_is_one_whole_record(
    tmp_path: Path, suffix: str, before_end: int, frames: int
) -> None:
    path, line = straddling(2 * BLOCK - before_end, frames, suffix, tmp_path, "ValueError: no")
    records = found(path)
    assert brief(records) == [(2 * BLOCK - before_end, line, frames * 2 + 3, "it fails")]
    assert records[0].exception is not None
    assert records[0].exception.name == "ValueError"


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("before_end", BEFORE_END)
def test_an_event_hit_on_both_sides_of_a_block_comes_once(tmp_path: Path, suffix: str, before_end: int) -> None:
    path, line = straddling(2 * BLOCK - before_end, 290, suffix, tmp_path, f"Bad: req-{NEEDLE}", f"at {NEEDLE}")
    assert brief(found(path)) == [(2 * BLOCK - before_end, line, 584, "it fails")]


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("before_end", BEFORE_END)
def test_an_event_hit_on_its_last_line_only_is_found_whole(tmp_path: Path, suffix: str, before_end: int) -> None:
    path, line = straddling(2 * BLOCK - before_end, 250, suffix, tmp_path, f"Bad: {INSTANCE_TEXT}")
    records = found(path, Query(ids=(INSTANCE_TEXT,)))
    assert brief(records) == [(2 * BLOCK - before_end, line, 503, "it fails")]


INSTANCE_TEXT = "ce870ed2-a800-4cad-8d4d-7f28d0a4dc5a"


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_place_of_an_id_around_the_end_of_a_block(tmp_path: Path, suffix: str) -> None:
    """One long line after another, so that the id lies at each offset before, on and behind the end of a block."""
    for shift in range(0, 44, 4):
        head = b"".join(f"{oslo(n, 'x' * 60)}\n".encode() for n in range(5000))
        head = head[: BLOCK - 200].rpartition(b"\n")[0] + b"\n"
        pad = BLOCK - len(head) - len(oslo(3001, "")) - shift
        path = write(tmp_path / str(shift) / f"x.log{suffix}", head + f"{oslo(3001, 'y' * pad + NEEDLE)}\n".encode())
        (record,) = found(path)
        assert record.origin.line == head.count(b"\n") + 1, shift


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("shift", [0, 1, 20, 35])
def test_an_id_in_a_line_longer_than_a_block(tmp_path: Path, suffix: str, shift: int) -> None:
    """A line without an end for several blocks: the id lies across the end of the first."""
    begin = oslo(0, "").encode()
    line = begin + b"z" * (BLOCK - len(begin) - shift) + NEEDLE.encode() + b"z" * (2 * BLOCK)
    records = found(write(tmp_path / f"x.log{suffix}", line + b"\n" + oslo(1, "after").encode() + b"\n"))
    assert [r.origin.line for r in records] == [1]


# --- windows


def busy_log(seed: int, size: int) -> list[str]:
    """A log with all that makes bisection hard: tracebacks, dumps without stamps, quiet hours, storms; times ascend."""
    chance = random.Random(seed)
    lines: list[str] = []
    now, bytes_ = 0.0, 0
    while bytes_ < size:
        kind = chance.random()
        request = NEEDLE if chance.random() < 0.02 else OTHER
        if kind < 0.9:
            more = [oslo(now, "w" * chance.randrange(200), request, pid=chance.choice([1, 2, 3]))]
        elif kind < 0.96:
            last = f"Bad: {request}" if chance.random() < 0.5 else "Bad: thing"
            more = event(now, "it fails", OTHER, chance.randrange(60), last=last)
        elif kind < 0.998:
            more = [
                oslo(now, "dump", OTHER),
                *(f"<line n='{n}'/>" for n in range(chance.randrange(80))),
                f"<id>{request}</id>",
            ]
        else:
            more = [
                oslo(now, "long dump", OTHER),
                *(f"<l n='{n}'/>" for n in range(chance.randrange(800, 3500))),
            ]
        lines += more
        bytes_ += sum(map(len, more))
        now += 3600 if chance.random() < 0.0005 else chance.choice([0, 0.001, 0.05, 0.4])
    return lines


class _Log:
    """A generated file, its records by a full scan, and the engine that answers for windows."""

    def __init__(self, path: Path, seed: int) -> None:
        self.lines = busy_log(seed, 3_000_000)
        self.engine = engine(write(path, self.lines))
        self.all = self.engine.search(Query(ids=(NEEDLE,)))
        assert len(self.all) > 60
        self.times = sorted(r.time for r in self.all if r.time)

    def check(self, since: datetime | None, until: datetime | None) -> None:
        expected = [r for r in self.all if r.time and (not since or r.time >= since) and (not until or r.time <= until)]
        assert brief(self.engine.search(Query(ids=(NEEDLE,), since=since, until=until))) == brief(expected)


@pytest.fixture(scope="module", params=["plain-1", "plain-2", "gz-3"])
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> _Log:
    kind, _, seed = request.param.partition("-")
    suffix = ".gz" if kind == "gz" else ""
    return _Log(tmp_path_factory.mktemp("window") / f"nova-compute.log{suffix}", int(seed))


def test_the_full_scan_finds_what_the_lines_hold(log: _Log) -> None:
    assert sum(r.text.count(NEEDLE) + any(NEEDLE in i for i in r.request_ids) for r in log.all) == sum(
        line.count(NEEDLE) for line in log.lines
    )


def test_windows_that_begin_and_end_at_records(log: _Log) -> None:
    chance = random.Random(0)
    for _ in range(25):
        log.check(*sorted(chance.choices(log.times, k=2)))
    log.check(None, log.times[0])
    log.check(log.times[-1], None)
    log.check(None, log.times[len(log.times) // 2])


def test_a_window_before_after_and_between(log: _Log) -> None:
    for since, until in [(at(-7200), at(-3600)), (at(10**6), at(2 * 10**6)), (at(-7200), at(10**6)), (START, START)]:
        log.check(since, until)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_random_windows_give_the_records_of_the_full_scan(log: _Log, data: st.DataObject) -> None:
    span = (log.times[-1] - log.times[0]).total_seconds()
    low = data.draw(st.floats(-10, span))
    length = data.draw(st.one_of(st.floats(0, 60), st.floats(0, span)))
    log.check(at(low), at(low + length))


def test_a_window_that_ends_where_a_long_dump_begins_takes_the_whole_dump(tmp_path: Path) -> None:
    """Lines without a stamp belong to the event before them: the id stands 60 kB below its stamp."""
    dump = [f"    <disk number='{n:0100}'/>" for n in range(500)] + [f"    <uuid>{NEEDLE}</uuid>"]
    lines = [*filler(4000, 0, 60), oslo(400, "xml", OTHER), *dump, *filler(4000, 500, 60)]
    path = write(tmp_path / "nova-compute.log", lines)
    (whole,) = found(path)
    assert (whole.time, whole.lines) == (at(400), 502)
    assert brief(found(path, Query(ids=(NEEDLE,), until=at(400)))) == brief([whole])
    assert brief(found(path, Query(ids=(NEEDLE,), since=at(400), until=at(400)))) == brief([whole])


def test_records_behind_a_dump_of_thousands_of_lines_are_inside_the_window(tmp_path: Path) -> None:
    """3,000 lines without a stamp are not the end of the log."""
    dump = [f"    <disk number='{n}'/>" for n in range(3000)]
    lines = [oslo(0, "first", OTHER), *dump, oslo(1, "behind", NEEDLE), *dump, oslo(600, "last", OTHER), *dump]
    path = write(tmp_path / "nova-compute.log", lines)
    assert [r.message for r in found(path, Query(ids=(NEEDLE,), until=at(2)))] == ["behind"]


def test_block_of_a_compressed_file_that_ends_in_bare_lines_is_not_skipped(tmp_path: Path) -> None:
    """The window's record is in the first block, behind older lines and before lines without a stamp."""
    lines = [*filler(3000, 0, 10), oslo(4000, "here", NEEDLE), *(f"<disk number='{n}'/>" for n in range(14000))]
    path = write(tmp_path / "x.log.gz", [*lines, *filler(9000, 5000, 60)])
    assert [r.message for r in found(path, Query(ids=(NEEDLE,), since=at(3900), until=at(4100)))] == ["here"]


def test_lines_without_any_time_are_searched_in_any_window(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.log", [f"bare {n}" for n in range(5000)] + [f"bare {NEEDLE}"])
    assert len(found(path, Query(ids=(NEEDLE,), since=at(0), until=at(1)))) == 1


# --- slices and processes


@pytest.fixture
def small_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "_WORTH_SPREADING", 1)
    monkeypatch.setattr(files_module, "SLICE", 100_000)


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.usefixtures("small_work")
def test_slices_and_processes_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    for seed in range(3):
        lines = busy_log(10 + seed, 700_000)
        write(tmp_path / f"node{seed}" / "var/log/nova/nova-compute.log", lines)
        write(tmp_path / f"node{seed}" / "var/log/nova/nova-compute.log.1.gz", lines)
    queries = [Query(ids=(NEEDLE,)), Query(ids=(NEEDLE,), since=at(100), until=at(900))]
    spread = [brief(found(tmp_path, query, jobs)) for query in queries]
    monkeypatch.undo()
    assert spread == [brief(found(tmp_path, query, 1)) for query in queries]
    assert all(spread)


@pytest.mark.usefixtures("small_work")
def test_an_event_across_two_slices_comes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_module, "SLICE", 20_000)
    lines = [f"{line} {NEEDLE}" for line in traceback(1, 280)]
    path = write(tmp_path / "x.log", [oslo(1, "fails", NEEDLE, "ERROR"), *lines])
    assert path.stat().st_size > 80_000
    assert brief(found(path)) == [(0, 1, 563, "fails")]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.usefixtures("small_work")
def test_progress_reaches_the_whole(tmp_path: Path, jobs: int) -> None:
    for n in range(4):
        write(tmp_path / f"node{n}.log", filler(2000))
    seen: list[tuple[int, int]] = []
    files = files_module.FilesEngine(
        [tmp_path], engine(tmp_path).services, jobs=jobs, progress=lambda *s: seen.append(s)
    )
    files.search(Query(ids=(NEEDLE,)))
    assert seen[-1][0] == seen[-1][1] == sum(file.size for file in files.files)
    assert seen == sorted(seen)


# --- what was read


def test_coverage_counts_each_file_once(tmp_path: Path) -> None:
    one = write(tmp_path / "a.log", [oslo(0, "x", NEEDLE)])
    two = write(tmp_path / "b.log.gz", [oslo(0, "x", NEEDLE), "junk " + NEEDLE])
    empty = write(tmp_path / "empty.log", b"")
    write(tmp_path / "picture.log", b"\x89PNG\0\0\0\0" * 300)
    write(tmp_path / "notes.yaml", [NEEDLE])
    files = engine(tmp_path)
    for _ in range(3):
        files.search(Query(ids=(NEEDLE,)))
        files.search(Query(literals=("nothing has this",)))
    coverage = files.coverage()
    assert (coverage.files, coverage.bytes) == (3, one.stat().st_size + two.stat().st_size + empty.stat().st_size)
    assert not coverage.unreadable
    assert {Path(t.path).name: t.reason for t in coverage.skipped} == {
        "picture.log": "binary",
        "notes.yaml": "no log by its name",
    }


def test_unparsed_lines_are_counted_once(tmp_path: Path) -> None:
    files = engine(write(tmp_path / "odd.log", [f"junk {NEEDLE}", "other", f"more junk {NEEDLE}"]))
    for _ in range(2):
        assert len(files.search(Query(ids=(NEEDLE,)))) == 2
    assert files.coverage().unparsed_lines == 2


def test_a_log_storm_is_bounded_and_says_so(tmp_path: Path) -> None:
    files = engine(write(tmp_path / "x.log", [f"{stamp_} {NEEDLE}" for stamp_ in range(20_500)]))
    assert len(files.search(Query(ids=(NEEDLE,)))) <= 20_500
    assert any("500 more lines" in note for note in files.coverage().notes)


def test_literals_of_a_storm_are_sampled_from_all_of_it(tmp_path: Path) -> None:
    lines = [oslo(n / 100, f"storm of errors {n}", OTHER) for n in range(20_000)]
    records = found(write(tmp_path / "x.log", lines), Query(literals=("storm of errors",)))
    assert 20 < len(records) < 2000
    assert records[-1].origin.line > 15_000


@pytest.mark.parametrize(
    ("query", "nodes"),
    [
        (Query(ids=(NEEDLE,)), ["alpha", "alpha", "beta"]),
        (Query(ids=(NEEDLE,), nodes=frozenset({"beta"})), ["beta"]),
        (Query(ids=(NEEDLE,), services=frozenset({"nova-api"})), ["alpha"]),
        (Query(ids=(NEEDLE,), services=frozenset({"nova"})), ["alpha", "beta"]),
        (Query(ids=(NEEDLE,), nodes=frozenset({"gamma"})), []),
        (Query(), []),
    ],
)
def test_nodes_and_services_restrict(tmp_path: Path, query: Query, nodes: list[str]) -> None:
    write(tmp_path / "alpha/var/log/nova/nova-api.log", [oslo(0, "x", NEEDLE)])
    write(tmp_path / "alpha/var/log/cinder/cinder-volume.log", [oslo(0, "x", NEEDLE)])
    write(tmp_path / "beta/var/log/nova/nova-compute.log", [oslo(0, "x", NEEDLE)])
    assert [r.origin.node for r in found(tmp_path, query)] == nodes


@pytest.mark.parametrize("kind", ["truncated", "flipped", "no gzip at all", "empty"])
def test_a_damaged_compressed_file_is_read_up_to_the_damage(tmp_path: Path, kind: str) -> None:
    path = write(
        tmp_path / "x.log.gz", [oslo(0, "first", NEEDLE), *(oslo(n, f"{n * n * 7919}", OTHER) for n in range(40_000))]
    )
    data = path.read_bytes()
    path.write_bytes(
        {
            "truncated": data[: len(data) // 2],
            "flipped": data[: len(data) // 2]
            + bytes(byte ^ 0xFF for byte in data[len(data) // 2 :][:50])
            + data[len(data) // 2 + 50 :],
            "no gzip at all": b"this is no gzip",
            "empty": b"",
        }[kind]
    )
    files = engine(path)
    records = files.search(Query(ids=(NEEDLE,)))
    assert [r.message for r in records] == (["first"] if kind in ("truncated", "flipped") else [])
    assert [t.path for t in files.coverage().unreadable] == ([] if kind == "empty" else [str(path)])


def test_the_year_of_stamps_without_one_is_that_of_the_logs_beside_them(tmp_path: Path) -> None:
    """An archived incident is read years later, and its files were copied since."""
    write(tmp_path / "n1/var/log/nova/nova-api.log", ["2024-03-11 09:14:22.531 7 INFO nova.wsgi [-] text"])
    write(tmp_path / "n1/var/log/kern.log", [f"Mar 11 09:14:20 n1 kernel: [1.5] {NEEDLE}"])
    write(tmp_path / "n2/var/log/kern.log", [f"Dec 31 23:59:59 n2 kernel: [1.5] {NEEDLE}"])
    found = engine(tmp_path).search(Query(ids=(NEEDLE,)))
    assert [str(record.time) for record in found] == ["2024-03-11 09:14:20+00:00", "2023-12-31 23:59:59+00:00"]
    since, until = (datetime(2024, 3, 11, hour, tzinfo=timezone.utc) for hour in (9, 10))
    assert len(engine(tmp_path).search(Query(ids=(NEEDLE,), since=since, until=until))) == 1


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zst"])
@pytest.mark.parametrize("where", [0.3, 0.6, 0.9])
def test_a_flipped_byte_is_said_and_what_came_before_it_counts(tmp_path: Path, suffix: str, where: float) -> None:
    lines = [oslo(n, f"line {random.Random(n).random()}", NEEDLE) for n in range(20_000)]
    path = write(tmp_path / f"n1/var/log/nova/nova-api.log{suffix}", lines)
    data = bytearray(path.read_bytes())
    at = int(len(data) * where)
    data[at : at + 4] = bytes(byte ^ 0xFF for byte in data[at : at + 4])
    path.write_bytes(data)
    searched = engine(tmp_path)
    found = searched.search(Query(ids=(NEEDLE,)))
    assert [trouble.path for trouble in searched.coverage().unreadable] == [str(path)]
    # xz and bz2 lose the block that is damaged, and these are large.
    assert len(found) > 20_000 * where * 0.8 or suffix in (".xz", ".bz2", ".zst")


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zst"])
def test_a_truncated_file_is_read_up_to_its_end_and_named(tmp_path: Path, suffix: str) -> None:
    lines = [oslo(n, f"line {random.Random(n).random()}", NEEDLE) for n in range(20_000)]
    path = write(tmp_path / f"n1/var/log/nova/nova-api.log{suffix}", lines)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    searched = engine(tmp_path)
    found = searched.search(Query(ids=(NEEDLE,)))
    assert [trouble.path for trouble in searched.coverage().unreadable] == [str(path)]
    assert found or suffix == ".xz"
