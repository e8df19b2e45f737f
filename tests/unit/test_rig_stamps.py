"""The rig's clocks: captured lines as a machine with another clock would have written them."""

from __future__ import annotations

import gzip
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.rig.stamps import rewrite, shifted

FIXTURES = Path(__file__).parents[2] / "fixtures"

# (line, seconds ahead, zone, line there); first of all the kinds of stamps that the captured services write
CASES = [
    ("2026-11-22 06:07:27.866 28814 INFO x", 7, "UTC", "2026-11-22 06:07:34.866 28814 INFO x"),
    ("2026-11-22 06:00:27.866 28814 INFO x", -90, "UTC", "2026-11-22 05:58:57.866 28814 INFO x"),
    ("2026-11-22 02:07:27.866 28814 INFO x", 7, "America/New_York", "2026-11-21 21:07:34.866 28814 INFO x"),
    ("2026-11-22 06:07:27.866 1 INFO x", 0, "Asia/Kolkata", "2026-11-22 11:37:27.866 1 INFO x"),
    ("2026-11-22  6:07:30 116 [Warning] x", 0, "Asia/Kolkata", "2026-11-22 11:37:30 116 [Warning] x"),
    ("2026-11-22 11:07:30 116 [Warning] x", 0, "America/New_York", "2026-11-22  6:07:30 116 [Warning] x"),
    ("2026-11-22 06:07:30.056090+00:00 [info] x", 7, "Asia/Kolkata", "2026-11-22 11:37:37.056090+05:30 [info] x"),
    ("2026-11-22 06:40:49.604+0000: 9924: error", 7, "Asia/Kolkata", "2026-11-22 06:40:56.604+0000: 9924: error"),
    ("2026-11-22T06:54:03.644Z|01387|x", 7, "Asia/Kolkata", "2026-11-22T06:54:10.644Z|01387|x"),
    ("127.0.0.1:5 [22/Nov/2026:23:07:27.571] a b", 0, "Asia/Kolkata", "127.0.0.1:5 [23/Nov/2026:04:37:27.571] a b"),
    ('h - - [22/Nov/2026:06:07:27 +0000] "GET', 7, "Asia/Kolkata", 'h - - [22/Nov/2026:11:37:34 +0530] "GET'),
    ("[pid: 1|app: 0] [Sun Nov 22 06:07:27 2026] G", -90, "UTC", "[pid: 1|app: 0] [Sun Nov 22 06:05:57 2026] G"),
    ("[pid: 1|app: 0] [Sun Nov 22 23:07:27 2026] G", 0, "Asia/Kolkata", "[pid: 1|app: 0] [Mon Nov 23 04:37:27 2026] G"),
    (
        '{"message": "x", "asctime": "2026-11-22 06:59:15", "name": "n", "created": 1795330755.3817103, "a": 0}',
        7,
        "Asia/Kolkata",
        '{"message": "x", "asctime": "2026-11-22 12:29:22", "name": "n", "created": 1795330762.3817103, "a": 0}',
    ),
    # what a message tells of is not the line's own
    ("2026-11-22 06:07:27.866 1 INFO updated_at=2026-11-22T06:00:00Z", 7, "UTC",
     "2026-11-22 06:07:34.866 1 INFO updated_at=2026-11-22T06:00:00Z"),
    ("Traceback (most recent call last):", 7, "Asia/Kolkata", "Traceback (most recent call last):"),
    ("", 7, "Asia/Kolkata", ""),
]  # fmt: skip


@pytest.mark.parametrize(("line", "ahead", "zone", "there"), CASES)
def test_shifted(line: str, ahead: int, zone: str, there: str) -> None:
    assert shifted(line, ahead, zone) == there


def test_every_kind_of_captured_line_is_shifted() -> None:
    """No file of the fixtures has stamps that the rig would leave as they are."""
    unmoved = []
    for file in sorted(FIXTURES.rglob("*.log*")):
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        lines = data.decode("utf-8", "replace").split("\n")
        moved = sum(line != shifted(line, 7, "UTC") for line in lines)
        stamped = sum("2026" in line[:130] and not line.startswith("  ") for line in lines)  # rows of a table
        unmoved += [f"{file}: {moved} of {stamped}"] if moved < stamped else []
    assert not unmoved


def test_a_tree_keeps_its_lines_and_tells_when_it_was_written(tmp_path: Path) -> None:
    source = FIXTURES / "rotated_logs/controller1/var/log"
    rewrite(source, tmp_path / "same")
    rewrite(source, tmp_path / "ahead", 7, "Asia/Kolkata")
    files = [file.relative_to(source) for file in source.rglob("*") if file.is_file()]
    assert any(file.suffix == ".gz" for file in files)
    for file in files:
        same, ahead = tmp_path / "same" / file, tmp_path / "ahead" / file
        assert same.read_bytes() == (source / file).read_bytes()
        opened = [gzip.open if file.suffix == ".gz" else open][0]
        with opened(same, "rb") as one, opened(ahead, "rb") as other:
            assert one.read().count(b"\n") == other.read().count(b"\n")
        assert ahead.stat().st_mtime == same.stat().st_mtime + 7
    log = tmp_path / "same/nova/nova-api.log"
    last = log.read_text().rstrip().split("\n")[-1][:19]
    written = datetime.strptime(last, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
    assert log.stat().st_mtime == written.timestamp()
