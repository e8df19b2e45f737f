"""``fetch`` that ends in the middle: what is in its place is whole, and the next one goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from haystack.errors import UsageError
from haystack.nodes.fetch.model import Fetch
from haystack.pipeline.fetch import fetch
from haystack.report import fetch_report
from haystack.search.discover import discover
from haystack.settings import Node, Settings
from tests.fetching import (
    Cloud,
    files,
    kill_local_rsync,
    kill_sessions,
    left,
    noise,
    services,
    staged,
    started,
    until,
)
from tests.sshd import needs_sshd

pytestmark = [needs_sshd, pytest.mark.skipif(not shutil.which("rsync"), reason="needs rsync")]


@pytest.mark.parametrize("end", ["haystack", "rsync", "sessions", "interrupt"])
def test_what_was_killed_goes_on(cloud: Cloud, end: str) -> None:
    small = noise(100_000)
    cloud.write("a/small.log", small)
    cloud.write("z/large.log", noise(6_000_000))
    process = started(cloud, "--bwlimit", "3M")
    try:
        until(lambda: staged(cloud) > 1_500_000)
        if end == "haystack":
            process.kill()
        elif end == "interrupt":
            process.send_signal(signal.SIGINT)
        elif end == "rsync":
            kill_local_rsync(cloud)
        else:
            kill_sessions(cloud)
        code = process.wait(5)
        out, err = process.communicate()
        assert code == {"haystack": -9, "interrupt": 130}.get(end, 3), (out, err)
        assert b"Traceback" not in err
        until(lambda: not left(cloud), 5)
    finally:
        process.kill()
        process.communicate()
    # What is in its place is whole, and what is not whole is in no place that is read.
    for name, data in files(cloud.here).items() if cloud.here.exists() else ():
        assert data == (cloud.logs / name).read_bytes(), name
    troubles = discover([cloud.to], services()).troubles
    assert [trouble.path for trouble in troubles] == ["controller1"]
    found = cloud.fetch()
    assert found.state == "done"
    assert cloud.differing() == []
    assert found.moved < 5_500_000  # of 6 MB that hardly compress, 1.5 were there
    assert discover([cloud.to], services()).troubles == ()
    assert staged(cloud) == 0


def test_of_two_fetches_into_one_tree_the_second_refuses(cloud: Cloud) -> None:
    cloud.write("z/large.log", noise(1_000_000))
    first = started(cloud, "--bwlimit", "1M")
    until(lambda: staged(cloud) > 100_000)
    second = started(cloud)
    _, err = second.communicate(timeout=10)
    assert second.returncode == 2
    assert b"another fetch is at work there (process %d)" % first.pid in err
    first.communicate(timeout=20)
    assert first.returncode == 0
    assert cloud.differing() == []


def test_a_log_that_is_rotated_while_it_comes_is_not_mixed(cloud: Cloud) -> None:
    log = cloud.write("a/turned.log", noise(1_000_000))
    process = started(cloud, "--bwlimit", "1M")
    until(lambda: staged(cloud) > 100_000)
    log.rename(log.with_suffix(".log.1"))
    cloud.write("a/turned.log", b"new\n" * 1000)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert cloud.differing() == []


def test_a_log_that_grows_while_it_comes_is_whole_as_far_as_it_goes(cloud: Cloud) -> None:
    log = cloud.write("a/grows.log", noise(1_000_000))
    process = started(cloud, "--bwlimit", "1M")
    with log.open("ab", buffering=0) as file:
        while process.poll() is None:
            file.write(b"one more line\n")
            time.sleep(0.01)
    process.communicate()
    data = (cloud.here / "a/grows.log").read_bytes()
    assert process.returncode == 0
    assert len(data) >= 1_000_000
    assert log.read_bytes().startswith(data)
    cloud.fetch()
    assert cloud.differing() == []


@pytest.mark.parametrize("rsync", [True, False])
def test_as_root_by_sudo(hostile: Callable[[dict[str, str]], Cloud], rsync: bool, tmp_path: Path) -> None:
    sudo = f'echo "$*" >> {tmp_path}/sudo.log; [ "$1" = -n ] && shift; [ "$1" = -- ] && shift; exec "$@"'
    cloud = hostile({"sudo": sudo, **({} if rsync else {"rsync": "exit 1"})})
    cloud.node = cloud.node._replace(sudo=True)
    found = cloud.fetch()
    assert (found.state, found.transport) == ("done", "rsync" if rsync else "sftp"), found
    assert ("-n rsync --server" if rsync else "sftp-server -R") in (tmp_path / "sudo.log").read_text()


def test_a_sudo_that_refuses_is_told(hostile: Callable[[dict[str, str]], Cloud]) -> None:
    cloud = hostile({"sudo": "echo 'sudo: a password is required' >&2; exit 1"})
    cloud.node = cloud.node._replace(sudo=True)
    found = cloud.fetch()
    assert (found.state, found.reason) == ("failed", "sudo")


def test_no_room_is_told_and_kept(cloud: Cloud, tmp_path: Path) -> None:
    cloud.to.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(cloud.to)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        os.truncate(cloud.write("z/large.log", b""), 16_000_000)
        cloud.write("a/new.log", b"x")
        found = cloud.fetch()
        assert (found.state, found.reason, found.new) == ("failed", "disk-full", 0), found
        (cloud.logs / "z/large.log").unlink()
        # What is told before does not always hold: the disk fills up by what others write.
        cloud.write("z/medium.log", noise(6_000_000))
        # Slowly: rsync goes on for 0.4 s when it is told to end, and the reserve of so small a disk is 630 kB.
        process = started(cloud, "--bwlimit", "160K")
        until(lambda: staged(cloud) > 100_000)
        (cloud.to / "other").write_bytes(bytes(11_000_000))
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, b"disk-full" in out) == (3, True), out
        free = os.statvfs(cloud.to)
        assert free.f_bavail * free.f_frsize > 50_000
        with suppress(OSError), (cloud.to / "more").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        with pytest.raises(UsageError, match="No space left"):
            cloud.fetch()
        (cloud.to / "more").unlink()
        (cloud.to / "other").unlink()
        assert cloud.fetch().state == "done"
        assert cloud.differing() == []
    finally:
        subprocess.run(["umount", "-l", str(cloud.to)], check=True)


def test_what_may_not_be_read_is_told(hostile: Callable[[dict[str, str]], Cloud]) -> None:
    # Root reads everything: the node's find says what it would say to another.
    cloud = hostile(
        {
            "find": """/usr/bin/find "$@" | sed -z 's/^F \\(.*nova-api.log\\)$/U \\1/'
echo "find: '$2/private': Permission denied" >&2"""
        }
    )
    found = cloud.fetch()
    assert found.state == "partial"
    assert {trouble.path.rpartition("/")[2] for trouble in found.troubles} == {"nova-api.log", "private"}
    assert all("sudo: true" in trouble.fix for trouble in found.troubles)
    assert found.new == 19


def calls(tmp_path: Path) -> int:
    """How often rsync was run on the node."""
    log = tmp_path / "rsync.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def a_find_that(action: str, tmp_path: Path) -> dict[str, str]:
    """Tools of a node: ``action`` happens before each listing, ``$n`` is which; transfers are counted."""
    count = f"n=$(($(cat {tmp_path}/count 2>/dev/null || echo 0) + 1)); echo $n >{tmp_path}/count"
    return {
        "find": f'{count}\ncd "$2/nova" && {{ {action}; }}\nexec /usr/bin/find "$@"',
        "rsync": f'echo >> {tmp_path}/rsync.log; exec {shutil.which("rsync")} "$@"',
    }


_ROTATE = "mv r.log.1 r.log.2; mv r.log r.log.1; echo new $n >r.log"


def test_a_log_that_grows_on_is_not_run_after(hostile: Callable[[dict[str, str]], Cloud], tmp_path: Path) -> None:
    cloud = hostile(a_find_that("echo more $n >>nova-api.log", tmp_path))
    found = cloud.fetch()
    assert (found.state, found.new, found.unchanged) == ("done", 20, 0), found
    assert calls(tmp_path) - 1 == 1  # one asks for the version
    assert cloud.differing() == ["nova/nova-api.log"]  # it grew when all of it was here


def test_what_an_earlier_fetch_left_is_brought_up_to_date(either: Cloud) -> None:
    log = either.write("nova/left.log", noise(200_000))
    info = log.stat()
    # It came whole, and haystack was killed before it was in its place.
    stage = either.home / ".haystack" / "stage" / str(log).lstrip("/")
    stage.parent.mkdir(parents=True, exist_ok=True)
    stage.write_bytes(log.read_bytes())
    manifest = either.home / ".haystack" / "manifest.json"
    document = json.loads(manifest.read_bytes())
    row = {"device": info.st_dev, "inode": info.st_ino, "size": info.st_size, "mtime": info.st_mtime_ns}
    manifest.write_text(json.dumps({**document, "under_way": {str(log): row}}))
    with log.open("ab") as file:
        file.write(noise(1000, seed=5))
    found = either.fetch()
    assert (found.state, found.new, found.changed) == ("done", 1, 0), found
    assert found.moved < 100_000
    assert either.differing() == []


def test_what_is_rotated_while_it_comes_comes_once(hostile: Callable[[dict[str, str]], Cloud], tmp_path: Path) -> None:
    cloud = hostile(a_find_that(f"[ $n -ne 2 ] || {{ {_ROTATE}; }}", tmp_path))
    logs = {"nova/r.log": noise(1_000_000), "nova/r.log.1": noise(800_000, seed=70_000)}
    for name, data in logs.items():
        cloud.write(name, data)
    found = cloud.fetch()
    assert (found.state, found.failed) == ("done", 0), found
    assert cloud.differing() == []
    # What came under the old name is the basis of what is there under the new one.
    assert found.moved < 1_800_000 * 1.2
    assert calls(tmp_path) - 1 == 2


def test_what_is_here_follows_a_rotation_while_others_come(
    hostile: Callable[[dict[str, str]], Cloud], tmp_path: Path
) -> None:
    cloud = hostile(a_find_that(f"[ $n -ne 4 ] || {{ {_ROTATE}; }}", tmp_path))
    cloud.write("nova/r.log", noise(1_000_000))
    cloud.write("nova/r.log.1", b"older\n")
    assert cloud.fetch().state == "done"
    cloud.write("z/large.log", noise(500_000))
    # The third listing begins this fetch; the fourth tells of the rotation.
    found = cloud.fetch()
    assert (found.state, found.renamed) == ("done", 2), found
    assert cloud.differing() == []
    assert found.moved < 600_000


def test_a_log_that_is_always_rotated_is_given_up_and_never_mixed(
    hostile: Callable[[dict[str, str]], Cloud], tmp_path: Path
) -> None:
    cloud = hostile(a_find_that(f"{_ROTATE}; seq 20000 >>r.log", tmp_path))
    cloud.write("nova/r.log", noise(100_000))
    cloud.write("nova/r.log.1", b"older\n")
    found = cloud.fetch()
    assert found.state == "partial", found
    assert {trouble.says for trouble in found.troubles} == {"it did not come whole"}
    assert calls(tmp_path) - 1 == 3
    there = [path.read_bytes() for path in (cloud.logs / "nova").iterdir()]
    assert all(path.read_bytes() in there for path in (cloud.here / "nova").iterdir())


def test_a_part_follows_a_rotation_between_two_fetches(either: Cloud) -> None:
    log = either.write("nova/cut.log", noise(1_000_000))
    info = log.stat()
    # Most of it came, and then the link was cut; at midnight the log was rotated.
    part = either.home / ".haystack" / "stage" / str(log.parent).lstrip("/") / ".haystack-partial" / log.name
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(log.read_bytes()[:900_000])
    manifest = either.home / ".haystack" / "manifest.json"
    document = json.loads(manifest.read_bytes())
    row = {"device": info.st_dev, "inode": info.st_ino, "size": info.st_size, "mtime": info.st_mtime_ns}
    manifest.write_text(json.dumps({**document, "under_way": {str(log): row}}))
    log.rename(log.with_suffix(".log.1"))
    either.write("nova/cut.log", b"new\n")
    found = either.fetch()
    assert (found.state, found.new) == ("done", 2), found
    assert found.moved < 300_000
    assert either.differing() == []
    assert staged(either) == 0


def test_a_log_that_was_compressed_there_is_here_once(either: Cloud) -> None:
    log = either.write("nova/d.log-20261122", noise(100_000))
    at = time.time() - 86400
    os.utime(log, (at, at))
    either.write("nova/d.log", b"new\n")
    other = either.write("nova/e.log-20261122", b"old\n")
    os.utime(other, (at - 9, at - 9))
    either.fetch()
    subprocess.run(["gzip", log], check=True)
    other.with_suffix(other.suffix + ".gz").write_bytes(b"of another time")
    other.unlink()
    found = either.fetch()
    assert (found.state, found.new, found.renamed, found.vanished) == ("done", 2, 1, 1), found
    assert sorted(path.name for path in (either.here / "nova").glob("[de].log*")) == [
        "d.log", "d.log-20261122.gz", "e.log-20261122", "e.log-20261122.gz",
    ]  # fmt: skip


def test_parts_that_nobody_wants_any_more_are_taken_away(cloud: Cloud) -> None:
    cloud.fetch()
    part = cloud.home / ".haystack" / "stage" / str(cloud.logs).lstrip("/") / ".haystack-partial" / "gone.log"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(1000))
    assert cloud.fetch().unchanged == 20
    assert not part.exists()


def test_nodes_that_left_the_inventory_are_told(cloud: Cloud) -> None:
    dead, inventory = Node("compute7", address="127.0.0.1", port=1), cloud.to.parent / "haystack.yaml"

    def fetched(*nodes: Node, path: Path = inventory) -> Fetch:
        settings = Settings(path, nodes, cloud.server.options)
        return fetch(nodes, settings, cloud.to, facts=False, journal=False)

    def kept() -> set[str]:
        return {row["node"] for row in json.loads((cloud.to / ".haystack" / "fetch.json").read_bytes())["nodes"]}

    assert fetched(cloud.node, dead).strangers == ()
    renamed = cloud.node._replace(name="control-1")
    # Those of another inventory are none of its business.
    assert fetched(renamed, path=inventory.with_name("other.yaml")).strangers == ()
    assert kept() == {"control-1", "controller1", "compute7"}
    found = fetched(renamed)
    assert found.strangers == ("controller1",)
    assert kept() == {"control-1", "controller1"}  # nothing is here of compute7
    console = Console(file=StringIO(), width=120)
    fetch_report.render_to(found, console)
    assert "no longer in the inventory: controller1" in console.file.getvalue()  # type: ignore[attr-defined]
