"""``fetch`` from real sshd, by rsync and by SFTP: what comes, what comes again, and what is said of it."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import jsonschema
import pytest

import haystack
from haystack.cli.demo import REQUEST
from haystack.pipeline.fetch import fetch
from haystack.search.discover import discover
from haystack.settings import Node, Settings
from tests.fetching import (
    ROOT,
    Cloud,
    files,
    noise,
    services,
    started,
)
from tests.sshd import Sshd, needs_sshd, serve

pytestmark = [needs_sshd, pytest.mark.skipif(not shutil.which("rsync"), reason="needs rsync")]
SCHEMA = json.loads((ROOT / "docs" / "fetch-1.schema.json").read_text())


def test_what_is_fetched_is_what_is_there(either: Cloud) -> None:
    assert either.differing() == []
    assert len(files(either.here)) == 20
    found = discover([either.to], services())
    assert {file.node for file in found.files} == {"controller1"}
    assert str(either.logs / "nova/nova-api.log") in {file.path for file in found.files}
    assert not found.troubles


def test_what_did_not_change_costs_nothing(either: Cloud) -> None:
    found = either.fetch()
    assert (found.state, found.unchanged, found.moved, found.new, found.changed) == ("done", 20, 0, 0, 0)


def test_what_grew_comes_alone(either: Cloud) -> None:
    log = either.write("nova/big.log", noise(2_000_000))
    assert either.fetch().new == 1
    with log.open("ab") as file:
        file.write(noise(1000, seed=9))
    found = either.fetch()
    assert (found.changed, found.unchanged) == (1, 20)
    assert found.moved < 200_000
    assert either.differing() == []


def test_a_file_that_was_changed_here_comes_again(either: Cloud) -> None:
    log = either.here / "nova" / "nova-api.log"
    log.write_bytes(log.read_bytes()[:-1])
    (either.here / "nova" / "nova-scheduler.log").unlink()
    found = either.fetch()
    assert (found.changed, found.new) == (1, 1)
    assert either.differing() == []


def test_rotated_files_are_renamed_here(either: Cloud) -> None:
    either.write("nova/r.log.1", b"older\n" * 9)
    either.write("nova/r.log", noise(500_000))
    either.fetch()
    (either.logs / "nova/r.log.1").rename(either.logs / "nova/r.log.2")
    (either.logs / "nova/r.log").rename(either.logs / "nova/r.log.1")
    either.write("nova/r.log", b"newest\n")
    found = either.fetch()
    assert (found.renamed, found.state) == (2, "done")
    assert found.moved < 100_000
    assert either.differing() == []


def test_a_truncated_log_is_not_mixed_with_what_it_was(either: Cloud) -> None:
    log = either.write("nova/t.log", noise(300_000))
    either.fetch()
    shutil.copy2(log, log.with_suffix(".log.1"))
    log.write_bytes(b"after\n" + noise(400_000, seed=77))  # the same inode, longer than before
    assert either.fetch().state == "done"
    assert either.differing() == []


def test_what_is_gone_there_stays_here(either: Cloud) -> None:
    (either.logs / "nova/nova-api.log.2.gz").unlink()
    found = either.fetch()
    assert found.vanished == 1
    assert (either.here / "nova/nova-api.log.2.gz").exists()


def test_a_file_in_place_of_a_directory_is_told(either: Cloud) -> None:
    shutil.rmtree(either.here / "nova")
    (either.here / "nova").symlink_to("/tmp")
    found = either.fetch()
    assert found.state == "partial"
    assert not Path("/tmp/nova-api.log").exists()
    assert found.failed == 7


def test_names_are_put_up_with(either: Cloud) -> None:
    for name in ("a b'c\"d.log", "-n.log", "#x.log", ";y.log", "é.log", "[z]*.log", "näme/\u4e2d.log"):
        either.write(name, name.encode())
    (either.logs / os.fsdecode(b"latin-\xe4.log")).write_bytes(b"x")
    assert either.fetch().new == 8
    assert either.differing() == []


@pytest.mark.parametrize(("since", "until", "expected"), [
    (None, None, "a.log a.log.1 a.log.2.gz b.log"),
    ("2026-11-20", None, "a.log a.log.1 b.log"),
    (None, "2026-11-15", "a.log.1 a.log.2.gz b.log"),
    ("2026-11-20", "2026-11-25", "a.log a.log.1 b.log"),
    ("2026-11-25", None, "a.log b.log"),
])  # fmt: skip
def test_only_what_overlaps_the_window_comes(cloud: Cloud, since: str, until: str, expected: str) -> None:
    shutil.rmtree(cloud.logs)
    for name, day in (("a.log.2.gz", 10), ("a.log.1", 20), ("a.log", 30), ("b.log", 30)):
        path = cloud.write(f"w/{name}", gzip.compress(b"x") if name.endswith("gz") else b"x")
        at = datetime(2026, 11, day, 12, tzinfo=timezone.utc).timestamp()
        os.utime(path, (at, at))
    cloud.write("w/a.yaml", b"no log")
    bounds = {
        key: datetime.fromisoformat(text).replace(tzinfo=timezone.utc) if text else None
        for key, text in (("since", since), ("until", until))
    }
    found = cloud.fetch(**bounds)
    assert " ".join(sorted(path.name for path in (cloud.here / "w").iterdir())) == expected
    assert found.left_out == 5 - found.new


def test_behind_a_jump_host(cloud: Cloud) -> None:
    with serve(cloud.server.directory.parent, "bastion") as bastion:
        node = cloud.node._replace(jump=(f"root@127.0.0.1:{bastion.node.port}",))
        found = cloud.run(nodes=(node,)).nodes[0]
        assert (found.state, found.transport, found.new) == ("done", "rsync", 20), found


def test_a_root_that_is_a_link_and_kollas_volume(cloud: Cloud, tmp_path: Path) -> None:
    volume = Path("/var/lib/docker/volumes/haystack_test_logs/_data")
    volume.mkdir(parents=True)
    try:
        (volume / "nova").mkdir()
        (volume / "nova" / "nova-compute.log").write_text("in the volume\n")
        (cloud.logs / "kolla").symlink_to(volume)
        (cloud.logs / "nova" / "elsewhere").symlink_to("/etc")
        link = tmp_path / "link"
        link.symlink_to(cloud.logs)
        cloud.node = cloud.node._replace(logs=(str(link),))
        found = cloud.fetch()
        assert (found.state, found.new) == ("done", 21), found
        assert (cloud.home / str(link).lstrip("/") / "kolla/nova/nova-compute.log").read_text() == "in the volume\n"
    finally:
        shutil.rmtree(volume.parent)


def test_the_answer_and_what_is_kept_follow_the_schema(cloud: Cloud) -> None:
    dead = Node("compute7", address="127.0.0.1", port=1)
    process = started(cloud, "--format", "json")
    out, _ = process.communicate(timeout=30)
    validate = jsonschema.Draft202012Validator(SCHEMA).validate
    validate(json.loads(out))
    cloud.run(nodes=(dead,))
    kept = json.loads((cloud.to / ".haystack" / "fetch.json").read_bytes())
    validate(kept)
    assert [(row["node"], row["state"], row["reason"]) for row in kept["nodes"]] == [
        ("compute7", "failed", "refused"),
        ("controller1", "done", None),
    ]
    troubles = discover([cloud.to], services()).troubles
    assert [trouble.path for trouble in troubles] == ["compute7"]
    assert "refused" in troubles[0].reason
    assert discover([cloud.home], services()).troubles == ()


def test_a_node_that_fails_now_is_told_with_the_time_of_what_is_there(cloud: Cloud) -> None:
    first = cloud.fetch()
    cloud.node = cloud.node._replace(port=1)
    found = cloud.fetch()
    assert (found.state, found.fetched) == ("failed", first.fetched)
    (trouble,) = discover([cloud.to], services()).troubles
    assert f"what is here is of {first.fetched}" in trouble.reason


def test_a_trace_of_what_was_fetched_is_that_of_the_logs(node_sshd: Sshd, tmp_path: Path) -> None:
    incident = ROOT / "fixtures" / "neutron_down"
    names = sorted(path.name for path in incident.iterdir() if path.is_dir())
    nodes = [node_sshd.node._replace(name=name, logs=(str(incident / name / "var" / "log"),)) for name in names]
    to = tmp_path / "to"
    found = fetch(nodes, Settings(ssh=node_sshd.options, nodes=tuple(nodes)), to, facts=False, journal=False)
    assert {node.state for node in found.nodes} == {"done"}
    there, here = haystack.trace([REQUEST], [to]), haystack.trace([REQUEST], [incident])
    assert [(c.pattern.id, c.confidence) for c in there.candidates] == [
        (c.pattern.id, c.confidence) for c in here.candidates
    ]
    assert [(r.origin.node, r.message) for r in there.trace.records] == [
        (r.origin.node, r.message) for r in here.trace.records
    ]


def test_it_is_shown_on_a_terminal(cloud: Cloud) -> None:
    import pty

    master, slave = pty.openpty()
    cloud.write("z/large.log", noise(2_000_000))
    process = started(cloud, "--bwlimit", "1M")
    process.kill()
    process.communicate()
    words = [
        *process.args,
    ]  # type: ignore[misc]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=slave, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    )
    os.close(slave)
    shown = b""
    with suppress(OSError):
        while data := os.read(master, 4096):
            shown += data
    os.close(master)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert b"fetching" in shown
    assert b"MB/s" in shown
    assert b"\x1b" not in out


def test_facts_and_configuration_come_with_the_logs(cloud: Cloud) -> None:
    found = cloud.fetch(facts=True)
    facts = json.loads((cloud.home / "facts.json").read_bytes())
    assert abs(facts["clock_offset_seconds"]) < 1
    assert found.state == "done", found
    clock = discover([cloud.to], services()).clocks["controller1"]
    assert clock.measured
    # Configuration that is gone there is no longer here.
    stale = cloud.home / "etc" / "nova" / "nova.conf"
    stale.parent.mkdir(parents=True, exist_ok=True)
    stale.write_text("[DEFAULT]\n")
    manifest = cloud.home / ".haystack" / "manifest.json"
    document = json.loads(manifest.read_bytes())
    manifest.write_text(json.dumps({**document, "configs": [*document["configs"], "/etc/nova/nova.conf"]}))
    cloud.fetch(facts=True)
    assert stale.exists() == Path("/etc/nova/nova.conf").exists()
