"""Every line of the captured fixtures is in one record, and in a typed one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .formats import RAW, read_files
from .score import FIXTURES


def test_every_line_of_the_fixtures_is_typed() -> None:
    readings = list(read_files(FIXTURES))
    assert len(readings) >= 100
    assert [reading.source for reading in readings if reading.in_records != reading.lines] == []
    assert [(reading.source, reading.samples) for reading in readings if reading.by_format[RAW]] == []
    assert {"oslo", "oslo_json", "rabbitmq", "uwsgi", "haproxy", "ovs"} <= {n for r in readings for n in r.by_format}


def test_the_report_tells_raw_lines(tmp_path: Path) -> None:
    log = tmp_path / "nova-api.log"
    log.write_text("no stamp\n2026-11-22 06:07:39.087 811 INFO nova.x [-] x\nits second line")
    done = subprocess.run(
        [sys.executable, "-m", "tests.accuracy.formats", str(tmp_path), "-v"],
        cwd=FIXTURES.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "nova-api.log [nova-api] 3 lines: oslo 2, raw 1" in done.stdout
    assert "1: 'no stamp'" in done.stdout
    assert "1 files, 3 lines, in records 3, lost 0" in done.stdout
