"""`find`: every record that holds a text comes out once, in order of time, with its line number; no line is lost."""

from __future__ import annotations

import importlib
import os
import random
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import haystack
from haystack import pipeline
from haystack.errors import SourceError, UsageError
from haystack.record import Level, Record
from haystack.search import numbered, records, stream_file
from tests.making import COMPRESS, FIXTURES, INCIDENTS, NEEDLE, OTHER, at, event, oslo, write
from tests.unit.test_regions_fold import interleaved

NAMES = [f"nova-compute.log{suffix}" for suffix in COMPRESS]


def find(text: str, *logs: Path, **options: object) -> list[Record]:
    return list(haystack.find(text, logs, **options))  # type: ignore[arg-type]


def mixed(count: int = 40) -> list[str]:
    """Plain lines, tracebacks of two workers line by line, lines without a stamp."""
    lines = []
    for n in range(count):
        lines.append(oslo(n * 10, f"step {n}", OTHER))
        lines += interleaved(
            event(n * 10 + 1, f"fails {n}", NEEDLE, 3, pid=1, last=f"Bad{n}: no"),
            event(n * 10 + 1, f"stops {n}", NEEDLE, 4, pid=2, last=f"Worse{n}: no"),
        )
        lines.append(f"a line without a stamp {n}")
    return lines


# --- lines add up

# (name, bytes, lines)
BYTES = [
    ("plain", b"a\nb\nc\n", 3),
    ("no final line end", b"a\nb\nc", 3),
    ("empty lines", b"\n\n\n", 3),
    ("CRLF", b"2026-11-22 06:00:00.000 1 INFO a [-] b\r\nc\r\n", 2),
    ("a lone CR", b"a\rb\nc\n", 2),
    ("NULs", b"a\n" * 50 + b"\0\0\0x\nb\n", 52),
    ("form feed, next line and other separators of lines", "a\x0cb\x85c\u2028d\x1ce\n".encode() * 4, 4),
    ("no UTF-8", b"2026-11-22 06:00:00.000 1 INFO a [-] \xff\xfe\xc3\n\xe2\x82\n", 2),
    ("a line longer than a block", b"x" * 3_000_000 + b"\ny\n", 2),
    ("a line of just the longest length", b"x" * (1 << 16) + b"\n" + b"y" * ((1 << 16) + 1) + b"\nz", 3),
    ("a long line without an end", b"a\n" + b"x" * 2_000_000, 2),
    ("interleaved workers", "\n".join(mixed()).encode(), len(mixed())),
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("data", "lines"), [row[1:] for row in BYTES], ids=[row[0] for row in BYTES])
def test_lines_add_up(tmp_path: Path, name: str, data: bytes, lines: int) -> None:
    found = find("", write(tmp_path / name, data))
    assert sum(record.lines for record in found) == lines
    assert [r.origin.line for r in found] == sorted({r.origin.line for r in found})


@given(data=st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_lines_add_up_whatever_the_bytes(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    blocks = [data[i : i + 7] for i in range(0, len(data), 7)]
    lines = list(numbered.numbered_lines(blocks, 0, 1))
    assert len(lines) == data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
    starts = [0, *(i + 1 for i, byte in enumerate(data) if byte == 10)]
    assert [line.offset for line in lines] == starts[: len(lines)]
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda path: path.name)
def test_lines_add_up_in_captured_logs(incident: Path) -> None:
    found = haystack.find("", [incident], jobs=1)
    sums: Counter[str] = Counter()
    for record in found:
        sums[record.origin.source] += record.lines
    plain = {source: lines for source, lines in sums.items() if source.endswith(".log")}
    assert len(plain) > 3
    for source, lines in plain.items():
        assert lines == Path(source).read_bytes().count(b"\n"), source


# --- what is found

LOG = [
    oslo(0, "Starting up", OTHER, pid=77),
    *event(1, 'He said "no" to it', NEEDLE, 3, last="pkg.TooBad: it broke"),
    oslo(2, "GET http://x/a&b", OTHER, level="WARNING"),
    "continued here",
    '{"created": "2026-11-22T06:00:03Z"}',
]
# (text, options, numbers of the lines the records start at)
FOUND: list[tuple[str, dict[str, object], list[int]]] = [
    ("", {}, [1, 2, 11]),
    ("Starting up", {}, [1]),
    ("starting up", {}, []),
    ("sTARTING uP", {"ignore_case": True}, [1]),
    ("p", {}, [1, 2, 11]),  # too short to be scanned for
    ("TooBad", {}, [2]),  # in the traceback
    (f"req-{NEEDLE}", {}, [2]),  # in the bracket
    ("06:00:02", {}, [11]),  # in the stamp
    (" 77 ", {}, [1]),
    ("nova.compute.manager   File", {}, [2]),  # a line as written, of which the record leaves the prefix out
    ('said "no"', {}, [2]),
    ("a&b", {}, [11]),
    ("continued", {}, [11]),
    ("nowhere at all", {}, []),
    (r"Start\w+ up$", {"regex": True}, [1]),
    (r"^pkg\.\w+: it", {"regex": True}, [2]),  # at the start of a folded line
    (r"^2026\S+ \S+ \d+ ERROR \S+   File", {"regex": True}, [2]),  # at that of a line as written
    (r"(?s)He said.*TooBad", {"regex": True}, [2]),  # across lines
    (r"TOO(?=BAD)", {"regex": True, "ignore_case": True}, [2]),
    (r"(?i)too(?=bad)", {"regex": True}, [2]),
    (r"(?:Startling){e<=1}", {"regex": True}, [1]),  # inexact: its letters are not required
    (r"Startink|TooBad|http://x", {"regex": True}, [2, 11]),
    (r"", {"regex": True}, [1, 2, 11]),
    ("", {"level": Level.WARNING}, [2, 11]),
    ("", {"level": Level.CRITICAL}, []),
    ("", {"since": at(0.5), "until": at(1.5)}, [2]),
    ("", {"since": at(100)}, []),
    ("e", {"since": at(2)}, [11]),
]


@pytest.mark.parametrize("name", ["nova-compute.log", "nova-compute.log.gz"])
@pytest.mark.parametrize(("text", "options", "lines"), FOUND, ids=[f"{r[0]}-{'-'.join(r[1])}" for r in FOUND])
def test_what_is_found(tmp_path: Path, name: str, text: str, options: dict[str, object], lines: list[int]) -> None:
    found = find(text, write(tmp_path / name, LOG), **options)
    assert [record.origin.line for record in found] == lines


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["fails", "Bad7", "stops 3", "without a stamp", "Traceback", f"req-{NEEDLE}", "2026"])
def test_scanning_and_folding_all_agree(tmp_path: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks smaller than events, so that events lie across them."""
    monkeypatch.setattr(records, "_SCANNED", records._Blocks(700, 700, 700))
    monkeypatch.setattr(records, "_PARSED", records._Blocks(512, 512, 512))
    monkeypatch.setattr(stream_file, "_BEFORE", 12_000)
    monkeypatch.setattr(stream_file, "_LEAST_BEFORE", 12_000)
    path = write(tmp_path / name, mixed())
    scanned = find(text, path)
    module = importlib.import_module("haystack.pipeline.find")
    plain = module.seek_text
    monkeypatch.setattr(module, "seek_text", lambda *args: plain(*args)._replace(literals=(), exact=False))
    folded = find(text, path)
    assert scanned
    assert sorted(scanned, key=lambda r: r.origin.offset) == sorted(folded, key=lambda r: r.origin.offset)
    assert len(folded) < len(find("", path)) or text == "2026"


def test_a_text_in_every_line_and_in_few(tmp_path: Path) -> None:
    """Dense hits are folded straight on, sparse ones one by one; both know their lines."""
    lines = [oslo(n, f"word {'rare' if n % 5000 == 7 else ''}{n}" + " x" * 40, OTHER) for n in range(20_000)]
    path = write(tmp_path / "nova-compute.log", lines)
    assert [r.origin.line for r in find("word", path)] == list(range(1, 20_001))
    assert [r.origin.line for r in find("rare", path)] == [8, 5008, 10_008, 15_008]


def test_an_expression_that_takes_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haystack.search.texts._TIMEOUT", 0.01)
    path = write(tmp_path / "x.log", [oslo(n, "a" * 40 + "!", OTHER) for n in range(40)])
    with pytest.raises(UsageError, match="takes too long"):
        find(r"(a|a)*(b|b)*(a|aa)+$", path, regex=True)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"text": "(", "regex": True}, UsageError, "no regular expression"),
        ({"text": "x", "logs": ["/nonexistent"]}, SourceError, "/nonexistent"),
        ({"text": "x", "nodes": ["nowhere"]}, UsageError, "no such node"),
        ({"text": "x", "services": ["nova-apy"]}, UsageError, "nova-api"),
        ({"text": "x", "since": at(9), "until": at(1)}, UsageError, "later"),
    ],
)
def test_what_makes_no_sense(options: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        haystack.find(**{"logs": [FIXTURES / "neutron_down"], **options})  # type: ignore[arg-type]


# --- order


def tree(root: Path, files: int, lines: int, seed: int = 1) -> list[str]:
    """Files whose lines are in order of time, and all lines in that order."""
    rng = random.Random(seed)
    everything: list[tuple[float, int, int, str]] = []
    for number in range(files):
        times = sorted(rng.choice([rng.uniform(0, 900), 400.0]) for _ in range(lines))
        texts = [oslo(time, f"f{number} l{n}", OTHER) for n, time in enumerate(times)]
        suffix = rng.choice(list(COMPRESS))
        write(root / f"n{number}/var/log/nova/nova-api.log{suffix}", texts)
        everything += [(round(t, 3), number, n, f"f{number} l{n}") for n, t in enumerate(times)]
    return [row[3] for row in sorted(everything)]


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("text", ["", "l1", r"f\d+ l\d"])
def test_order_of_time_over_all_files(tmp_path: Path, jobs: int, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_WORTH_PARSING", 0)
    monkeypatch.setattr(records, "_WORTH_SCANNING", 0)
    tree(tmp_path, 12, 80)
    found = find(text, tmp_path, jobs=jobs, regex="\\" in text)
    times = [record.time for record in found]
    assert times == sorted(times)  # type: ignore[type-var]
    everything = find("", tmp_path, jobs=1)
    assert [r.message for r in found] == [r.message for r in everything if re.search(text, r.message)]
    assert len(everything) == 12 * 80


@pytest.mark.parametrize("jobs", [1, 3])
def test_file_by_file(tmp_path: Path, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_WORTH_PARSING", 0)
    tree(tmp_path, 6, 40)
    found = find("", tmp_path, jobs=jobs, by_file=True)
    places = [(record.origin.source, record.origin.offset) for record in found]
    assert places == sorted(places)
    assert len(places) == 6 * 40


def test_ties_and_steps_back_stay_in_the_order_of_the_file(tmp_path: Path) -> None:
    lines = [oslo(5, "a", OTHER), oslo(5, "b", OTHER), oslo(3, "late", OTHER), "raw", oslo(5, "c", OTHER)]
    write(tmp_path / "n1/var/log/nova/nova-api.log", lines)
    write(tmp_path / "n2/var/log/nova/nova-api.log", [oslo(4, "x", OTHER), oslo(6, "y", OTHER)])
    assert [r.message for r in find("", tmp_path)] == ["x", "a", "b", "late", "c", "y"]


def test_many_files_are_not_open_at_once(tmp_path: Path) -> None:
    import resource

    for number in range(150):
        write(tmp_path / f"n{number}/var/log/nova/nova-api.log", [oslo(t * 10, f"{t}", OTHER) for t in range(20)])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (110, limits[1]))
    try:
        found = haystack.find("", [tmp_path], jobs=1)
        assert sum(1 for _ in found) == 150 * 20
        assert found.coverage().unreadable == ()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


# --- the window


@pytest.mark.parametrize("name", ["nova-compute.log", "nova-compute.log.gz"])
@pytest.mark.parametrize("text", ["", "step", "p 1"])
def test_only_the_window_is_parsed(tmp_path: Path, name: str, text: str) -> None:
    lines = [line for n in range(20_000) for line in (oslo(n, f"step {n} of many", OTHER), f"more of {n}")]
    path = write(tmp_path / name, lines)
    found = find(text, path, since=at(15_000), until=at(15_009.5))
    assert [(r.origin.line, r.lines, r.time) for r in found] == [
        (n * 2 + 1, 2, at(n)) for n in range(15_000, 15_010) if text in lines[n * 2]
    ]


def test_records_without_a_time_are_counted_when_a_window_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "nova-api.log", [oslo(0, "a", OTHER)])
    write(tmp_path / "other.log", ["no stamp"])
    found = haystack.find("", [tmp_path], since=at(-60))
    assert [record.message for record in found] == ["a"]
    assert any("without a time" in note for note in found.coverage().notes)


# --- where it was read


def test_node_and_service(tmp_path: Path) -> None:
    write(tmp_path / "c1/var/log/nova/nova-api.log", [oslo(0, "a", OTHER)])
    write(tmp_path / "c1/var/log/neutron/neutron-server.log", [oslo(1, "b", OTHER)])
    write(tmp_path / "c2/var/log/nova/nova-compute.log", [oslo(2, "c", OTHER)])
    assert [r.message for r in find("", tmp_path, nodes=["c1"])] == ["a", "b"]
    assert [r.message for r in find("", tmp_path, services=["nova"])] == ["a", "c"]
    assert [r.message for r in find("", tmp_path, services=["neutron-server"])] == ["b"]


def test_damage_is_told_and_what_is_before_it_is_read(tmp_path: Path) -> None:
    path = write(
        tmp_path / "nova-api.log.gz", [oslo(n, f"{n} {random.Random(n).random()}", OTHER) for n in range(9000)]
    )
    path.write_bytes(path.read_bytes()[:-20_000])
    found = haystack.find("", [tmp_path])
    count = sum(1 for _ in found)
    assert 1000 < count < 9000
    ((_, reason),) = found.coverage().unreadable
    assert "damaged" in reason


CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children")


@pytest.mark.skipif(not CHILDREN.exists(), reason="this kernel does not tell of children")
def test_a_run_that_is_left_ends_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_WORTH_PARSING", 0)
    for number in range(4):
        lines = [oslo(t, f"{number} {t}", OTHER) for t in range(5000)]
        write(tmp_path / f"n{number}/var/log/nova/nova-api.log", lines)
    before = children()  # servers of other tests may be running
    found = haystack.find("", [tmp_path], jobs=4)
    assert next(found).time == at(0)
    assert children() > before
    del found
    assert children() <= before


def children() -> set[str]:
    """The processes that this one has started and not yet seen the end of."""
    return set(CHILDREN.read_text().split())


def test_the_clock_of_the_zone(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    path = write(tmp_path / "x.log", [oslo(0, "a", OTHER)])
    (record,) = find("", path, zone=ZoneInfo("Europe/Berlin"))
    assert record.time == at(0) - timedelta(hours=1)


@pytest.mark.parametrize("mark", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf_16_is_not_passed_over_in_silence(tmp_path: Path, mark: str) -> None:
    text = ("" if mark == "utf-16" else "\ufeff") + oslo(0, "here", NEEDLE) + "\n"
    write(tmp_path / "c1/var/log/nova/nova-api.log", text.encode(mark))
    answer = pipeline.find("", [tmp_path], jobs=1)
    assert list(answer) == []
    (trouble,) = answer.coverage().unreadable
    assert "UTF-16" in trouble.reason


@pytest.mark.parametrize("name", NAMES)
def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, b"\xef\xbb\xbf" + oslo(0, "here", NEEDLE).encode() + b"\r\nmore\r\n")
    for text in ("", "here"):
        (record,) = find(text, path)
        assert (record.format, record.message, record.lines) == ("oslo", "here", 2)


@pytest.mark.parametrize("name", NAMES)
def test_holes_do_not_make_a_log_binary(tmp_path: Path, name: str) -> None:
    """A crash or a truncation under a writer leaves zeros where lines were."""
    first, last = (oslo(n, text, NEEDLE).encode() + b"\n" for n, text in ((0, "first"), (9, "last")))
    path = write(tmp_path / name, first + b"\0" * 100_000 + b"\n" + last)
    assert [r.message for r in find("", path) if r.format == "oslo"] == ["first", "last"]
    assert sum(r.lines for r in find("", path)) == 3


def test_blocks_of_many_files_share_a_budget() -> None:
    for blocks in (records._PARSED, records._SCANNED):
        most = blocks.budget // blocks.smallest
        assert most >= 500
        assert all(files * blocks.of(files) <= blocks.budget for files in (16, 200, most))
        assert blocks.of(1) == blocks.largest
