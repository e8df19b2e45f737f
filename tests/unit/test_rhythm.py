"""The longest pause of a log, found by bisection, and its end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from haystack.search import Query
from haystack.search.rhythm import last_record, longest_gap, pulses
from tests.making import at, engine, oslo, write

LONG = timedelta(days=900)
NOTHING = timedelta(0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=60), st.integers(0, 59), st.integers(0, 4000))
def test_the_longest_pause_is_found(gaps: list[int], cut: int, padding: int) -> None:
    seconds = [sum(gaps[:i]) for i in range(len(gaps) + 1)]
    lines = [oslo(second, "x" * (padding if i % 7 == 3 else 1)) for i, second in enumerate(seconds)]
    with TemporaryDirectory() as directory:
        root = Path(directory)
        split = min(cut, len(lines) - 1)  # rotated somewhere
        if split:
            write(root / "n/var/log/nova/nova-compute.log.1", lines[:split])
        write(root / "n/var/log/nova/nova-compute.log", lines[split:])
        searched = engine(root)
        (pulse,) = pulses(searched, Query())
        assert (pulse.first, pulse.last) == (at(0), at(seconds[-1]))
        assert longest_gap(searched, pulse, LONG, NOTHING) == (timedelta(seconds=max(gaps)), pulse.last - pulse.first)
        bound = longest_gap(searched, pulse, LONG, timedelta(seconds=max(gaps) + 1))
        assert bound is not None
        assert bound[0] <= timedelta(seconds=max(gaps))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=40), st.integers(0, 9000))
def test_the_end_of_a_window_is_the_last_record_in_it(gaps: list[int], until: int) -> None:
    seconds = [sum(gaps[:i]) for i in range(len(gaps) + 1)]
    with TemporaryDirectory() as directory:
        root = Path(directory)
        write(root / "n/var/log/nova/nova-compute.log", [oslo(second, f"line at {second}") for second in seconds])
        searched = engine(root)
        (pulse,) = pulses(searched, Query(until=at(until)))
        expected = at(max(second for second in seconds if second <= until))
        assert pulse.last == expected
        record = last_record(searched, pulse, at(until))
        assert record is not None
        assert record.time == expected


def test_only_the_history_counts(tmp_path: Path) -> None:
    seconds = [0, 5000, *range(5010, 6000, 10)]
    write(tmp_path / "n/var/log/nova/nova-compute.log", [oslo(s, "x") for s in seconds])
    searched = engine(tmp_path)
    (pulse,) = pulses(searched, Query())
    history = timedelta(seconds=900)
    assert longest_gap(searched, pulse, history, NOTHING) == (timedelta(seconds=10), history)


def test_a_compressed_log_has_no_rhythm_that_is_known(tmp_path: Path) -> None:
    write(tmp_path / "n/var/log/nova/nova-compute.log.1.gz", [oslo(s, "x") for s in range(0, 3600, 60)])
    searched = engine(tmp_path)
    (pulse,) = pulses(searched, Query())
    assert longest_gap(searched, pulse, LONG, NOTHING) is None
    assert last_record(searched, pulse) is None


def test_a_log_without_times_and_an_empty_one(tmp_path: Path) -> None:
    write(tmp_path / "n/var/log/nova/nova-compute.log", ["no time here", "nor here"])
    write(tmp_path / "n/var/log/nova/nova-api.log", b"")
    searched = engine(tmp_path)
    for pulse in pulses(searched, Query()):
        assert pulse.last is None
        assert last_record(searched, pulse) is None
        assert longest_gap(searched, pulse, LONG, NOTHING) is None
