"""``haystack triage`` as it is typed: on captured incidents, alone and merged, and on a storm."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import haystack
from tests.accuracy.score import failing_id, labels
from tests.bench import measure
from tests.making import CHECKOUT, FIXTURES, NEEDLE, at, merged, oslo, write

HAYSTACK = Path(sys.executable).parent / "haystack"
SCHEMA = json.loads((CHECKOUT / "docs" / "triage-1.schema.json").read_text())
LABELS = labels(FIXTURES)
FAILING = [(root, label) for root, label in LABELS if failing_id(label)]
HEALTHY = [root for root, label in LABELS if not failing_id(label)]
assert FAILING
assert HEALTHY
THREE = ("neutron_down", "libvirtd_down", "compute_disk_full")
THEIR_CAUSES = {"neutron-server-stopped", "libvirt-socket-missing", "nova-disk-space-base"}


def run(*args: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [str(HAYSTACK), "triage", *map(str, args)]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=120, check=False)


def answer(*args: object, code: int = 0, stdin: bytes = b"") -> dict[str, Any]:
    """The JSON document, which is as its schema says."""
    done = run(*args, "--format", "json", stdin=stdin)
    assert done.returncode == code, done.stderr.decode()
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)
    return document


def sure(document: dict[str, Any]) -> list[str]:
    return [c["pattern"] for c in document["candidates"] if c["confidence"] >= 0.5]


@pytest.mark.parametrize(("root", "label"), FAILING, ids=[root.name for root, _ in FAILING])
def test_the_first_cause_is_that_of_the_trace(root: Path, label: dict[str, Any]) -> None:
    traced = haystack.trace([failing_id(label)], [root], jobs=1)
    document = answer("--logs", root)
    first = document["candidates"][0]
    assert document["verdict"] == "cause-found"
    assert (first["pattern"], first["cause"]) == (traced.candidates[0].pattern.id, traced.candidates[0].cause)
    assert first["pattern"] == label["expect"]
    assert failing_id(label) in first["reach"]["requests"]["some"]
    assert failing_id(label) in document["failed_requests"]["some"]
    assert document["unknown_requests"]["count"] == 0


@pytest.mark.parametrize("root", HEALTHY, ids=lambda root: root.name)
def test_a_healthy_cloud_has_no_cause(root: Path) -> None:
    document = answer("--logs", root, "--fail-on", "warning")
    assert (document["verdict"], document["candidates"], document["unexplained"]) == ("healthy", [], [])
    assert document["noise"]


def test_three_incidents_at_once(tmp_path: Path) -> None:
    document = answer("--logs", merged(tmp_path, *THREE))
    assert set(sure(document)) == THEIR_CAUSES
    assert {c["pattern"] for c in document["candidates"][:3]} == THEIR_CAUSES
    text = run("--logs", tmp_path).stdout.decode()
    assert "3 causes found" in text
    for name in THEIR_CAUSES:
        assert f"haystack patterns show {name}" in text


# Times of the merged incidents: 06:07, 06:24 and 07:02.
WINDOWS: list[tuple[list[str], set[str]]] = [
    (["--since", "2026-11-22T06:20"], {"libvirt-socket-missing", "nova-disk-space-base"}),
    (["--since", "2026-11-22T07:00"], {"nova-disk-space-base"}),
    (["--until", "2026-11-22T06:20"], {"neutron-server-stopped"}),
    (["--since", "2026-11-22T06:20", "--until", "2026-11-22T07:00"], {"libvirt-socket-missing"}),
    (["--since", "2026-11-22T06:40", "--until", "2026-11-22T07:00"], set()),
]


@pytest.mark.parametrize(("window", "causes"), WINDOWS)
def test_windows(tmp_path: Path, window: list[str], causes: set[str]) -> None:
    document = answer("--logs", merged(tmp_path, *THREE), *window)
    assert set(sure(document)) == causes
    assert document["verdict"] == ("cause-found" if causes else "healthy")


def test_nodes_and_services(tmp_path: Path) -> None:
    logs = merged(tmp_path, *THREE)
    found = answer("--logs", logs, "--node", "compute2")["candidates"]
    assert found[0]["pattern"] == "libvirt-socket-missing"
    assert all(c["reach"]["nodes"] == ["compute2"] for c in found)
    found = answer("--logs", logs, "--service", "neutron-server")["candidates"]
    assert found[0]["pattern"] == "neutron-server-stopped"
    assert all(c["reach"]["services"] == ["neutron-server"] for c in found)
    wrong = run("--logs", logs, "--node", "compute")
    assert wrong.returncode == 2
    assert b"did you mean" in wrong.stderr


def test_standard_input() -> None:
    log = FIXTURES / "compute_disk_full/compute1/var/log/nova/nova-compute.log"
    document = answer("--logs", "-", stdin=log.read_bytes())
    assert sure(document)[:1] == ["nova-disk-space-base"]
    assert document["query"]["logs"] == ["-"]


def test_an_archive(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "case.tar.xz", "w:xz") as tar:
        tar.add(FIXTURES / "libvirtd_down", "case")
    document = answer("--logs", tmp_path / "case.tar.xz")
    assert sure(document) == ["libvirt-socket-missing"]


def test_an_excerpt_as_people_paste_it(tmp_path: Path) -> None:
    """Some lines of one log in a file of any name, without node and service."""
    log = (FIXTURES / "portbinding_dead_agent/controller1/var/log/neutron/neutron-server.log").read_text()
    excerpt = "".join(f"    {line}\n" for line in log.splitlines()[76:90])
    (tmp_path / "paste.txt").write_text(excerpt)
    document = answer("--logs", tmp_path / "paste.txt")
    assert sure(document) == ["neutron-refusing-bind-dead-agent"]


def test_counts_are_those_of_find() -> None:
    logs = FIXTURES / "portbinding_dead_agent"
    (first, *_) = answer("--logs", logs)["candidates"]
    refusing = list(haystack.find("Refusing to bind port", [logs], jobs=1))
    assert (first["reach"]["records"], first["reach"]["exact"]) == (len(refusing), True)
    assert sum(first["reach"]["over_time"]) == len(refusing)


@pytest.mark.parametrize("form", ["text", "json"])
def test_same_input_same_bytes(tmp_path: Path, form: str) -> None:
    logs = merged(tmp_path, *THREE)
    outputs = {
        subprocess.run(
            [HAYSTACK, "triage", "--logs", logs, "--format", form, "--jobs", jobs],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        ).stdout
        for jobs, seed in (("1", "0"), ("1", "1"), ("2", "2"))
    }
    assert len(outputs) == 1


def test_same_bytes_with_work_to_share(tmp_path: Path) -> None:
    """Small trees are read by one process, whatever ``--jobs`` says."""
    for node in range(4):
        write(tmp_path / f"n{node}/var/log/nova/nova-compute.log", storm(30_000))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.log")) > 24 << 20
    one, two = (run("--logs", tmp_path, "--format", "json", "--jobs", jobs) for jobs in (1, 2))
    assert (one.returncode, one.stdout) == (0, two.stdout)
    assert json.loads(one.stdout)["candidates"][0]["reach"]["records"] == 120_000


def test_from_python(tmp_path: Path) -> None:
    triage = haystack.triage([merged(tmp_path, *THREE)], since=at(3600))
    assert [c.pattern.id for c in triage.candidates if c.confidence >= 0.5] == ["nova-disk-space-base"]
    assert triage.candidates[0].reach is not None


def test_nothing_to_read(tmp_path: Path) -> None:
    document = answer("--logs", tmp_path, code=4)
    assert (document["verdict"], document["coverage"]["files"]) == ("not-found", 0)
    assert "No log was read" in run("--logs", tmp_path).stdout.decode()


def test_nothing_in_the_window(tmp_path: Path) -> None:
    behind = ("--logs", merged(tmp_path, *THREE), "--since", "2026-11-22T08:00")
    assert answer(*behind, code=4)["verdict"] == "not-found"
    assert "No log has lines in this window" in run(*behind).stdout.decode()


# --- a storm

REFUSED = "Failed to publish message to topic 'nova': (403) ACCESS_REFUSED - Login was refused using authentication mechanism AMQPLAIN"  # noqa: E501


def storm(count: int) -> list[str]:
    return [oslo(n / 1000, REFUSED, f"{n:08x}{NEEDLE[8:]}", "ERROR") for n in range(count)]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from /proc")
def test_memory_is_flat_in_a_storm(tmp_path: Path) -> None:
    peaks = {}
    for count in (30_000, 300_000):
        log = write(tmp_path / "n1/var/log/nova/nova-compute.log", storm(count))
        done, peak = measure.run_sampled(
            [str(HAYSTACK), "triage", "--logs", str(tmp_path), "--jobs", "1", "--format", "json"]
        )
        assert done.code == 0, done.errors
        document = json.loads(done.output)
        assert document["candidates"][0]["reach"]["records"] == count
        peaks[count] = peak.pss
        log.unlink()
    assert peaks[300_000] < 1.5 * peaks[30_000]


def test_the_schema_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    """A schema that takes anything proves nothing."""
    document = answer("--logs", shutil.copytree(FIXTURES / "neutron_down", tmp_path / "logs"))
    for broken in (
        {**document, "verdict": "fine"},
        {**document, "more": 1},
        {**document, "candidates": [{**document["candidates"][0], "reach": {"records": 1}}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, SCHEMA, jsonschema.Draft202012Validator)
