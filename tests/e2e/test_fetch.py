"""``fetch`` from real sshd with real rsync and SFTP: what comes, what comes again, and what may go wrong on the way."""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import pytest

from haystack.nodes.fetch.model import Fetch, NodeFetch
from haystack.pipeline.fetch import fetch
from haystack.search.discover import discover
from haystack.settings import Settings
from tests.sshd import Sshd, needs_sshd, serve

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "fixtures" / "rotated_logs" / "controller1"
SCHEMA = json.loads((ROOT / "docs" / "fetch-1.schema.json").read_text())
pytestmark = [needs_sshd, pytest.mark.skipif(not shutil.which("rsync"), reason="needs rsync")]


class Cloud:
    """One node whose logs are a copy of captured ones, and the tree they are fetched to."""

    def __init__(self, server: Sshd, directory: Path) -> None:
        self.server = server
        self.logs = directory / "there" / "var" / "log"
        shutil.copytree(FIXTURE / "var" / "log", self.logs)
        self.node = server.node._replace(logs=(str(self.logs),))
        self.to = directory / "to"
        self.home = self.to / self.node.name

    def fetch(self, **options: object) -> NodeFetch:
        """Fetch once; the node's answer."""
        return self.run(**options).nodes[0]

    def run(self, **options: object) -> Fetch:
        """Fetch once."""
        nodes = options.pop("nodes", (self.node,))
        settings = Settings(ssh=self.server.options, nodes=tuple(nodes))  # type: ignore[arg-type]
        return fetch(nodes, settings, self.to, **options)  # type: ignore[arg-type]

    @property
    def here(self) -> Path:
        """Where the node's logs are here."""
        return self.home / str(self.logs).lstrip("/")

    def differing(self) -> list[str]:
        """Logs that are not the same here and there."""
        return sorted(name for name, data in files(self.logs).items() if files(self.here).get(name) != data)

    def write(self, name: str, data: bytes) -> Path:
        """A log on the node."""
        path = self.logs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def noise(size: int, seed: int = 1) -> bytes:
    """Lines that do not compress much."""
    return b"".join(base64.b64encode(random.Random(seed + at).randbytes(74)) + b"\n" for at in range(size // 100))


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with serve(tmp_path_factory.mktemp("fetch"), "controller1") as server:
        yield server


@pytest.fixture
def cloud(sshd: Sshd, tmp_path: Path) -> Cloud:
    return Cloud(sshd, tmp_path)


@pytest.fixture(scope="module")
def without_rsync(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    base = tmp_path_factory.mktemp("sftp")
    with serve(base, "controller1", [f"SetEnv PATH={tools(base / 'bin', {'rsync': None})}"]) as server:
        yield server


def tools(directory: Path, replaced: dict[str, str | None]) -> Path:
    """A PATH of a node: the machine's tools, of which some are replaced by scripts or (None) missing."""
    directory.mkdir()
    for place in ("/usr/bin", "/bin", "/usr/sbin"):
        for tool in Path(place).iterdir():
            if tool.name not in replaced and not (directory / tool.name).exists():
                (directory / tool.name).symlink_to(tool)
    for name, script in replaced.items():
        if script is not None:
            (directory / name).write_text("#!/bin/sh\n" + script)
            (directory / name).chmod(0o755)
    return directory


@pytest.fixture(params=["rsync", "sftp"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Cloud:
    """The same cloud by either way."""
    cloud = Cloud(request.getfixturevalue("sshd" if request.param == "rsync" else "without_rsync"), tmp_path)
    found = cloud.fetch()
    assert (found.state, found.transport) == ("done", request.param), found
    return cloud


def test_what_is_fetched_is_what_is_there(either: Cloud) -> None:
    assert either.differing() == []
    assert len(files(either.here)) == 20
    found = discover([either.to], SERVICES())
    assert {file.node for file in found.files} == {"controller1"}
    assert str(either.logs / "nova/nova-api.log") in {file.path for file in found.files}
    assert not found.troubles


def SERVICES() -> object:  # noqa: N802
    from haystack.library import load

    return load().services


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


# A journal and containers, as small programs in the node's PATH that know --since and --until as the real ones do.
JOURNALCTL = """#!/usr/bin/python3
import re, struct, sys
given = dict(word.lstrip("-").split("=@") for word in sys.argv[1:] if "=@" in word)
since, until = float(given.get("since", 0)), float(given.get("until", 1e18))
out = sys.stdout.buffer
for number, line in enumerate(open({path!r})):
    at, text = line.rstrip().split(" ", 1)
    if "-n" in sys.argv or since <= int(at) / 1e6 <= until:
        text = text.replace("|", "\\n").encode()
        out.write(b"__CURSOR=s=6c;i=%x\\n__REALTIME_TIMESTAMP=%s\\n_PID=811\\nSYSLOG_IDENTIFIER=nova-api\\n" % (number, at.encode()))
        out.write(b"MESSAGE\\n" + struct.pack("<Q", len(text)) + text + b"\\n" if b"\\n" in text else b"MESSAGE=" + text + b"\\n")
        out.write(b"\\n")
{end}
"""
DOCKER = """#!/usr/bin/python3
import sys
if "ps" in sys.argv:
    print("nova_compute Up 3 hours" if "Status" in sys.argv[-1] else "nova_compute\\n../../x\\nbroken")
elif "broken" in sys.argv:
    sys.exit("Error response from daemon: configured logging driver does not support reading")
else:
    since = sys.argv[sys.argv.index("--since") + 1]
    for number, line in enumerate(open({path!r})):
        if line >= since[:-1]:
            (sys.stderr if number % 2 else sys.stdout).write(line)
            sys.stdout.flush()
"""


def microseconds(second: float) -> int:
    return int((time.time() - 3600 + second) * 1e6)


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Cloud]:
    path = tmp_path / "journal.txt"
    path.write_text(f"{microseconds(1)} first\n{microseconds(2)} of|two lines\n")
    docker = tmp_path / "docker.txt"
    docker.write_text("")
    bin_ = tools(tmp_path / "bin", {"journalctl": None, "docker": None, "podman": None})
    for name, text in (("journalctl", JOURNALCTL.format(path=str(path), end="")), ("docker", DOCKER.format(path=str(docker)))):
        (bin_ / name).write_text(text)
        (bin_ / name).chmod(0o755)
    with serve(tmp_path, "controller1", [f"SetEnv PATH={bin_}"]) as server:
        yield Cloud(server, tmp_path)


def messages(directory: Path) -> list[str]:
    import haystack

    return [record.message for record in haystack.find("", [directory])]


def test_the_journal_comes_by_stretches_of_time(journald: Cloud, tmp_path: Path) -> None:
    shutil.rmtree(journald.logs)
    journald.write("x.log", b"")
    found = journald.fetch()
    assert (found.state, found.journal > 0) == ("done", True), found
    assert messages(journald.home / "var/log/journal") == ["first", "of"]
    with (tmp_path / "journal.txt").open("a") as file:
        file.write(f"{microseconds(3)} third\n")
    assert journald.fetch().journal < found.journal
    assert messages(journald.home / "var/log/journal") == ["first", "of", "third"]
    assert journald.fetch().journal == 0


def test_a_journal_cut_in_the_middle_ends_with_a_whole_entry(journald: Cloud, tmp_path: Path) -> None:
    path = tmp_path / "bin" / "journalctl"
    whole = path.read_text()
    path.write_text(whole + "out.write(b'__CURSOR=s=6c;i=9\\n__REALTIME_TIMESTAMP=1\\nMESSAGE\\n' + struct.pack('<Q', 99) + b'cut\\n\\n')\n")
    journald.fetch()
    assert messages(journald.home / "var/log/journal") == ["first", "of"]


def test_what_containers_say_comes_with_their_names(journald: Cloud, tmp_path: Path) -> None:
    journald.node = journald.node._replace(containers="docker")
    stamps = [datetime.fromtimestamp(time.time() - 60 + at, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z" for at in range(3)]
    (tmp_path / "docker.txt").write_text(f"{stamps[0]} one\n{stamps[1]} two\n")
    found = journald.fetch()
    assert [trouble.path for trouble in found.troubles] == ["docker broken"]
    place = journald.home / "var/log/containers"
    assert messages(place) == ["one", "two"]
    with (tmp_path / "docker.txt").open("a") as file:
        file.write(f"{stamps[2]} three\n")
    journald.fetch()
    assert messages(place) == ["one", "two", "three"]
    (log,) = discover([place], SERVICES()).files
    assert (log.service, log.node) == ("nova-compute", "controller1")


# --- Nodes that mean harm --------------------------------------------------------------------------------------------

HOSTILE_FIND = r"""
printf 'R %s\0' "$2"
for name in ../../../../x.log a/../../x.log /etc/cron.d/x x//y.log ./z.log "$(printf 'esc\033[31m.log')" "$(printf 'two\nlines.log')" \
    .haystack/manifest.json a/.haystack-partial/b.log; do
  printf 'F 5 1700000000.5 %s 1 %s\0' $$ "$name"
done
printf 'F 5 1700000000.5 7 1 a.log\0F 5 1700000000.5 8 1 a.log\0F 5 1700000000.5 9 1 d\0F 5 1700000000.5 10 1 d/e.log\0'
printf 'R %s\0F 5 1700000000.5 10 1 passwd\0' /etc
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Cloud]]:
    """A node some of whose tools are replaced."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def make(replaced: dict[str, str]) -> Cloud:
            path = tools(tmp_path / "bin", dict(replaced))
            return Cloud(stack.enter_context(serve(tmp_path, "controller1", [f"SetEnv PATH={path}"])), tmp_path)

        yield make


def around(cloud: Cloud) -> set[str]:
    """All that there is outside of the node's own directory."""
    parent = cloud.to.parent
    return {
        str(path.relative_to(parent))
        for path in parent.rglob("*")
        if cloud.home not in (path, *path.parents) and not str(path.relative_to(parent)).startswith(("controller1", "bin"))
    }


def test_names_that_lead_out_are_refused(hostile: Callable[[dict[str, str]], Cloud]) -> None:
    cloud = hostile({"find": HOSTILE_FIND})
    (cloud.logs / "d").mkdir()
    for name in ("a.log", "d/e.log"):
        (cloud.logs / name).write_bytes(b"12345")
    found = cloud.fetch()
    assert found.state == "partial"
    assert found.refused >= 12, found
    assert all(json.loads(json.dumps(trouble.path)) == trouble.path for trouble in found.troubles)
    assert {path.name for path in cloud.home.rglob("*") if path.is_file() and ".haystack" not in path.parts} <= {"a.log", "e.log", "facts.json"}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("yes", "garbage"),
        ("printf 'no listing'", "garbage"),
        ("while :; do printf 'F 5 1700000000.5 7 1 a%s.log\\0' $((n=n+1)); done", "garbage"),
        ("printf 'F 99999999999999 1700000000.5 7 1 a.log\\0'", "disk-full"),
    ],
)
def test_listings_that_are_none(hostile: Callable[[dict[str, str]], Cloud], script: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haystack.nodes.fetch.listing._MOST_BYTES", 1 << 20)
    cloud = hostile({"find": f"printf 'R %s\\0' \"$2\"\n{script}"})
    found = cloud.fetch()
    assert (found.state, found.reason) == ("failed", reason), found


RSYNCS = {
    # Another root than was asked for, in which a log is a directory of files that nobody knows of.
    "more files": """
case "$*" in *--server*) shift 2
  for word; do shift; case $word in /) word={evil} ;; esac; set -- "$@" "$word"; done
  exec {rsync} --server --sender -r "$@" ;;
esac
exec {rsync} "$@"
""",
    "endless": 'case "$*" in *--server*) exec cat /dev/zero ;; esac; exec {rsync} "$@"',
    "endless words": 'case "$*" in *--server*) yes >&2 ;; esac; exec {rsync} "$@"',
    "text": 'case "$*" in *--server*) echo Welcome; esac; exec {rsync} "$@"',
    "nothing": 'case "$*" in *--server*) exit 0; esac; exec {rsync} "$@"',
    "dies": 'case "$*" in *--server*) kill -9 $$; esac; exec {rsync} "$@"',
}


@pytest.mark.parametrize("kind", RSYNCS)
def test_an_rsync_that_lies(hostile: Callable[[dict[str, str]], Cloud], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haystack.nodes.fetch.rsync._DRIP_TIME", 3.0)
    evil = tmp_path / "evil"
    evil.mkdir()
    cloud = hostile({"rsync": RSYNCS[kind].format(rsync=shutil.which("rsync"), evil=evil)})
    place = evil / str(cloud.logs).lstrip("/") / "nova" / "nova-api.log"
    place.mkdir(parents=True)
    (place / "evil.log").write_text("evil")
    before = around(cloud)
    began = time.monotonic()
    found = cloud.fetch(facts=False, journal=False)
    assert time.monotonic() - began < 30
    # Of the more files none is asked for, and those that were are not there.
    expected = ("",) if kind == "more files" else ("garbage", "lost", "slow")
    assert (found.state != "done", found.new, found.reason in expected) == (True, 0, True), found
    assert around(cloud) - before <= {"to", "to/.haystack", "to/.haystack/fetch.json", "to/.haystack/lock"}
    assert not [path for path in cloud.home.rglob("*") if path.is_symlink()]
    assert "evil.log" not in {path.name for path in cloud.home.rglob("*")}


def test_a_file_that_never_ends_is_cut_off(hostile: Callable[[dict[str, str]], Cloud], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haystack.nodes.fetch.model._GROWTH", 1 << 20)
    # It lists one byte, and sends 64 MiB.
    cloud = hostile({"find": "printf 'R %s\\0F 1 1700000000.5 7 1 a.log\\0' \"$2\""})
    with (cloud.logs / "a.log").open("wb") as file:
        file.truncate(64 << 20)
    found = cloud.fetch(facts=False)
    assert (found.state, found.reason) == ("failed", "garbage"), found
    assert not (cloud.here / "a.log").exists()
    assert sum(path.stat().st_size for path in cloud.home.rglob("*") if path.is_file()) < 4 << 20


def test_links_in_the_stage_are_not_followed(cloud: Cloud, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    cloud.fetch()
    stage = cloud.home / ".haystack" / "stage"
    shutil.rmtree(stage)
    stage.mkdir()
    (stage / str(cloud.logs).lstrip("/").split("/")[0]).symlink_to(away)
    cloud.write("new.log", b"new")
    assert cloud.fetch().state == "done"
    assert not list(away.rglob("*"))
    assert cloud.differing() == []


# --- Ends in the middle ----------------------------------------------------------------------------------------------


def started(cloud: Cloud, *options: str) -> subprocess.Popen[bytes]:
    """``haystack fetch`` as a process of its own."""
    inventory = cloud.to.parent / "haystack.yaml"
    ssh, node = cloud.server.options, cloud.node
    document = {
        "ssh": {"config": ssh.config, "known_hosts": ssh.known_hosts},
        "nodes": {node.name: {"address": node.address, "port": node.port, "user": node.user, "logs": list(node.logs)}},
    }
    inventory.write_text(json.dumps(document))
    command = [str(Path(sys.executable).parent / "haystack"), "fetch", "--inventory", str(inventory), "--to", str(cloud.to)]
    return subprocess.Popen([*command, "--no-facts", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def staged(cloud: Cloud) -> int:
    """Bytes in the stage."""
    stage = cloud.home / ".haystack" / "stage"
    sizes = [path.lstat().st_size for path in stage.rglob("*") if not path.is_dir()] if stage.exists() else []
    return sum(sizes)


def processes() -> str:
    """All processes, with their arguments."""
    return subprocess.run(["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout


def left(cloud: Cloud) -> list[str]:
    """Processes of this fetch that are still there, on either side."""
    marks = (str(cloud.to), str(cloud.logs))
    return [line for line in processes().splitlines() if any(mark in line for mark in marks)]


def kill_local_rsync(cloud: Cloud) -> None:
    for line in left(cloud):
        if "rsync" in line and "--compare-dest" in line:
            os.kill(int(line.split()[0]), signal.SIGKILL)


def kill_sessions(cloud: Cloud) -> None:
    """The node's side of all connections."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in listed.splitlines()[1:]:
        pid, parent = map(int, line.split())
        children.setdefault(parent, []).append(pid)
    below = list(children.get(cloud.server.process.pid, ()))
    for pid in below:
        below += children.get(pid, ())
    for pid in below:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


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
    troubles = discover([cloud.to], SERVICES()).troubles
    assert [trouble.path for trouble in troubles] == ["controller1"]
    found = cloud.fetch(facts=False)
    assert found.state == "done"
    assert cloud.differing() == []
    assert found.moved < 5_500_000  # of 6 MB that hardly compress, 1.5 were there
    assert discover([cloud.to], SERVICES()).troubles == ()
    assert staged(cloud) == 0


def test_of_two_fetches_into_one_tree_the_second_refuses(cloud: Cloud) -> None:
    cloud.write("z/large.log", noise(3_000_000))
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
    log = cloud.write("a/turned.log", noise(3_000_000))
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


# --- Other ways there, and other troubles ----------------------------------------------------------------------------


def test_behind_a_jump_host(cloud: Cloud) -> None:
    with serve(cloud.server.directory.parent, "bastion") as bastion:
        node = cloud.node._replace(jump=(f"root@127.0.0.1:{bastion.node.port}",))
        found = cloud.run(nodes=(node,)).nodes[0]
        assert (found.state, found.transport, found.new) == ("done", "rsync", 20), found


@pytest.mark.parametrize("rsync", [True, False])
def test_as_root_by_sudo(hostile: Callable[[dict[str, str]], Cloud], rsync: bool, tmp_path: Path) -> None:
    sudo = f'echo "$*" >> {tmp_path}/sudo.log; [ "$1" = -n ] && shift; [ "$1" = -- ] && shift; exec "$@"'
    cloud = hostile({"sudo": sudo, **({} if rsync else {"rsync": 'exit 1'})})
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
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(cloud.to)], capture_output=True, check=False)
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
        (cloud.to / "other").write_bytes(bytes(5_000_000))
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
    cloud = hostile({"find": """/usr/bin/find "$@" | sed -z 's/^F \\(.*nova-api.log\\)$/U \\1/'
echo "find: '$2/private': Permission denied" >&2"""})
    found = cloud.fetch()
    assert found.state == "partial"
    assert {trouble.path.rpartition("/")[2] for trouble in found.troubles} == {"nova-api.log", "private"}
    assert all("sudo: true" in trouble.fix for trouble in found.troubles)
    assert found.new == 19


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
    troubles = discover([cloud.to], SERVICES()).troubles
    assert [trouble.path for trouble in troubles] == ["compute7"]
    assert "refused" in troubles[0].reason
    assert discover([cloud.home], SERVICES()).troubles == ()


def test_a_node_that_fails_now_is_told_with_the_time_of_what_is_there(cloud: Cloud) -> None:
    first = cloud.fetch()
    cloud.node = cloud.node._replace(port=1)
    found = cloud.fetch()
    assert (found.state, found.fetched) == ("failed", first.fetched)
    (trouble,) = discover([cloud.to], SERVICES()).troubles
    assert f"what is here is of {first.fetched}" in trouble.reason


def test_a_trace_of_what_was_fetched_is_that_of_the_logs(sshd: Sshd, tmp_path: Path) -> None:
    import haystack
    from haystack.cli.demo import REQUEST

    incident = ROOT / "fixtures" / "neutron_down"
    names = sorted(path.name for path in incident.iterdir() if path.is_dir())
    nodes = [sshd.node._replace(name=name, logs=(str(incident / name / "var" / "log"),)) for name in names]
    to = tmp_path / "to"
    found = fetch(nodes, Settings(ssh=sshd.options, nodes=tuple(nodes)), to, facts=False, journal=False)
    assert {node.state for node in found.nodes} == {"done"}
    there, here = haystack.trace([REQUEST], [to]), haystack.trace([REQUEST], [incident])
    assert [(c.pattern.id, c.confidence) for c in there.candidates] == [(c.pattern.id, c.confidence) for c in here.candidates]
    assert [(r.origin.node, r.message) for r in there.timeline] == [(r.origin.node, r.message) for r in here.timeline]


def test_it_is_shown_on_a_terminal(cloud: Cloud) -> None:
    import pty

    master, slave = pty.openpty()
    cloud.write("z/large.log", noise(2_000_000))
    process = started(cloud, "--bwlimit", "1M")
    process.kill()
    process.communicate()
    words = [*process.args, ]  # type: ignore[misc]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=slave, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"})
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
