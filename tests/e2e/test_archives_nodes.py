"""Archives and ``nodes list`` on the command line: exit codes, what is shown, and what is left behind."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import time
from io import StringIO
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from haystack.pipeline import nodes
from haystack.report import nodes_report
from haystack.report.sizes import size_text
from tests.making import CHECKOUT, FIXTURES, NEEDLE, oslo, write
from tests.unit.test_archives import LOG, save, tar_of

NODES_SCHEMA = json.loads((CHECKOUT / "docs" / "nodes-1.schema.json").read_text())
HAYSTACK = str(Path(sys.executable).parent / "haystack")


def run(tmp_path: Path, *args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run ``haystack`` with temporary files in a directory of their own, where nothing may be left."""
    temporary = tmp_path / "tmp"
    temporary.mkdir(exist_ok=True)
    done = subprocess.run(
        [HAYSTACK, *args],
        input=stdin,
        capture_output=True,
        timeout=60,
        env={**os.environ, "TMPDIR": str(temporary)},
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert list(temporary.iterdir()) == []
    return done


def sos(path: Path, *more: tuple[str, bytes]) -> Path:
    return save(path, gzip.compress(tar_of(("c1/var/log/nova/nova-api.log", LOG), ("c1/etc/timezone", b"UTC"), *more)))


def test_trace_in_an_archive(tmp_path: Path) -> None:
    done = run(tmp_path, "trace", NEEDLE, "--logs", str(sos(tmp_path / "a.tar.gz")), "--format", "json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert [(row["node"], row["file"]) for row in document["timeline"]] == [("c1", "/var/log/nova/nova-api.log")]


def test_an_archive_on_standard_input(tmp_path: Path) -> None:
    data = sos(tmp_path / "a.tar.gz").read_bytes()
    done = run(tmp_path, "trace", NEEDLE, "--logs", "-", "--format", "json", stdin=data)
    assert json.loads(done.stdout)["timeline"][0]["node"] == "c1"


def test_refused_members_are_exit_3_and_shown(tmp_path: Path) -> None:
    path = sos(tmp_path / "a.tar.gz", ("../evil.log", LOG))
    done = run(tmp_path, "trace", NEEDLE, "--logs", str(path))
    assert done.returncode == 3
    assert "leads out of the archive" in done.stdout.decode().replace("\n", " ")
    assert not (tmp_path / "evil.log").exists()


def test_limits_are_options(tmp_path: Path) -> None:
    path = sos(tmp_path / "a.tar.gz", ("c1/big.log", b"0" * (3 << 20)))
    args = ("trace", NEEDLE, "--logs", str(path))
    done = run(tmp_path, *args, "--max-archive-size", "1M")
    assert done.returncode == 3
    assert b"--max-archive-size" in done.stdout
    assert run(tmp_path, *args, "--max-archive-size", "0.5G").returncode == 0
    assert run(tmp_path, *args, "--max-archive-members", "1").returncode == 3
    assert run(tmp_path, *args, "--max-archive-size", "much").returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_ended_by_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    hole = tmp_path / "hole"
    with hole.open("wb") as file:
        file.truncate(300 << 20)  # takes so long to spool that the signal comes in time
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(hole, "c1/var/log/a.log")
    env = {**os.environ, "TMPDIR": str(temporary)}
    child = subprocess.Popen(
        [HAYSTACK, "trace", NEEDLE, "--logs", str(path)],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # behind `&` and nohup they are ignored
    )
    deadline = time.monotonic() + 20
    while not list(temporary.glob("haystack-spool-*")) and time.monotonic() < deadline:
        time.sleep(0.002)
    assert list(temporary.glob("haystack-spool-*"))
    child.send_signal(number)
    _, errors = child.communicate(timeout=20)
    assert child.returncode == (130 if number == signal.SIGINT else 128 + number)
    assert b"Traceback" not in errors
    assert list(temporary.iterdir()) == []


def test_no_room_for_standard_input_is_exit_2(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk."""
    command = f"ulimit -f 8; {HAYSTACK} find x --logs -"
    done = subprocess.run(["bash", "-c", command], input=b"x" * (1 << 20), capture_output=True, check=False)
    assert done.returncode == 2
    assert b"TMPDIR" in done.stderr


# --- nodes list


def logs(tmp_path: Path) -> Path:
    root = tmp_path / "logs"
    write(root / "c1/var/log/nova/nova-api.log", [oslo(3600, "now", NEEDLE)])
    write(root / "c1/var/log/nova/nova-api.log.1.gz", [oslo(0, "before", NEEDLE)])
    write(root / "c1/var/log/unknown", ["nothing that anybody knows"])
    write(root / "c1/etc/timezone", ["Europe/Berlin"])
    write(root / "c2/var/log/nova/nova-compute.log.gz", [oslo(0, "first", NEEDLE), oslo(60, "last", NEEDLE)])
    write(root / "c2/var/log/empty.log", b"")
    write(root / "c2/facts.json", b'{"clock_offset_seconds": -3.25}')
    return root


# Runs of blanks are one blank here: sizes of compressed files differ between versions of zlib.
TEXT = """\
c1 Europe/Berlin, from etc/timezone
 nova-api /var/log/nova/nova-api.log 2 files {size} oslo 2026-11-22 05:00:00 … 06:00:00 UTC
 - /var/log/unknown 27 B raw no times

c2 UTC, clock offset from facts.json; clock 3.250 s behind
 - /var/log/empty.log 0 B empty no times
 nova-compute /var/log/nova/nova-compute.log.gz {gz} oslo 2026-11-22 06:00:03 … 06:01:03 UTC

2 nodes, 5 files, {all}; 1 thing left out as no log (--format json tells)
"""


def test_nodes_list_as_text(tmp_path: Path) -> None:
    root = logs(tmp_path)
    found, coverage = nodes([root])
    buffer = StringIO()
    nodes_report.render_to(found, coverage, Console(file=buffer, width=120, color_system=None))
    sizes = {
        "size": size_text(found[0].logs[0].size),
        "gz": size_text(found[1].logs[1].size),
        "all": size_text(sum(log.size for node in found for log in node.logs)),
    }
    assert re.sub(" +(?=\n)", "", re.sub(" +", " ", buffer.getvalue())) == TEXT.format(**sizes)


def test_nodes_list_as_json(tmp_path: Path) -> None:
    done = run(tmp_path, "nodes", "list", "--logs", str(logs(tmp_path)), "--format", "json", "--tz", "+09:00")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    jsonschema.validate(document, NODES_SCHEMA)
    first, second = document["nodes"]
    assert (first["node"], first["zone"], first["zone_source"]) == ("c1", "Europe/Berlin", "from etc/timezone")
    assert (second["zone"], second["ahead_seconds"]) == ("UTC+09:00", -3.25)
    log = first["logs"][0]
    assert [Path(file).name for file in log["files"]] == ["nova-api.log.1.gz", "nova-api.log"]
    assert (log["service"], log["formats"]) == ("nova-api", ["oslo"])
    assert (log["first"], log["last"]) == ("2026-11-22T05:00:00.000000Z", "2026-11-22T06:00:00.000000Z")


def test_nodes_list_of_a_capture_is_valid() -> None:
    found, coverage = nodes([FIXTURES])
    document = json.loads(nodes_report.as_json(found, coverage, ["fixtures"]))
    assert len(document["nodes"]) > 5
    jsonschema.validate(document, NODES_SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "schema": "haystack/nodes-2"}, NODES_SCHEMA)


def test_nodes_list_of_a_damaged_archive_is_exit_3(tmp_path: Path) -> None:
    path = sos(tmp_path / "a.tar.gz")
    path.write_bytes(path.read_bytes()[:-30])
    done = run(tmp_path, "nodes", "list", "--logs", str(path))
    assert done.returncode == 3
    assert b"Not read" in done.stdout


def test_nodes_list_shows_no_control_characters(tmp_path: Path) -> None:
    path = save(tmp_path / "a.tar", tar_of(("\x1b[31mc1\n/var/log/no\x07va.log", LOG)))
    done = run(tmp_path, "nodes", "list", "--logs", str(path))
    assert b"\x1b" not in done.stdout
    assert b"\x07" not in done.stdout
