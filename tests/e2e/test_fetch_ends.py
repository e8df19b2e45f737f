"""``fetch`` that ends in the middle: what is in its place is whole, and the next one goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from haystack.search.discover import discover
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
    process = started(cloud, "--bwlimit", "1M")
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
    cloud.write("z/large.log", noise(2_000_000))
    first = started(cloud, "--bwlimit", "1M")
    until(lambda: staged(cloud) > 100_000)
    second = started(cloud)
    _, err = second.communicate(timeout=10)
    assert second.returncode == 2
    assert b"another fetch is at work there" in err
    first.communicate(timeout=20)
    assert first.returncode == 0
    assert cloud.differing() == []


def test_a_log_that_is_rotated_while_it_comes_is_not_mixed(cloud: Cloud) -> None:
    log = cloud.write("a/turned.log", noise(2_000_000))
    process = started(cloud, "--bwlimit", "1M")
    until(lambda: staged(cloud) > 500_000)
    log.rename(log.with_suffix(".log.1"))
    cloud.write("a/turned.log", b"new\n" * 1000)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert cloud.differing() == []


def test_a_log_that_grows_while_it_comes_is_whole_as_far_as_it_goes(cloud: Cloud) -> None:
    log = cloud.write("a/grows.log", noise(2_000_000))
    process = started(cloud, "--bwlimit", "1M")
    with log.open("ab", buffering=0) as file:
        while process.poll() is None:
            file.write(b"one more line\n")
            time.sleep(0.01)
    process.communicate()
    data = (cloud.here / "a/grows.log").read_bytes()
    assert process.returncode == 0
    assert len(data) >= 2_000_000
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
        cloud.write("z/large.log", noise(16_000_000))
        cloud.write("a/new.log", b"x")
        found = cloud.fetch()
        assert (found.state, found.reason, found.new) == ("failed", "disk-full", 0), found
        (cloud.logs / "z/large.log").unlink()
        # What is told before does not always hold: the disk fills up by what others write.
        cloud.write("z/medium.log", noise(6_000_000))
        process = started(cloud, "--bwlimit", "1M")
        until(lambda: staged(cloud) > 1_000_000)
        (cloud.to / "other").write_bytes(bytes(6_300_000))
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, b"disk-full" in out) == (3, True), out
        free = os.statvfs(cloud.to)
        assert free.f_bavail * free.f_frsize > 50_000
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
