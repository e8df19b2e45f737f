"""``fetch`` from real sshd with real rsync and SFTP: what comes, what comes again, and what may go wrong on the way."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Iterator
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
    """Lines that do not compress to nothing."""
    import random

    return b"".join(b"%d\n" % random.Random(seed + at).getrandbits(500) for at in range(size // 150))


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
