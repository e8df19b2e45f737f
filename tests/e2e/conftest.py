"""Fixtures of the tests of fetch: real sshd with captured logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fetching import Cloud, tools
from tests.sshd import Sshd, serve


@pytest.fixture(scope="session")
def node_sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with serve(tmp_path_factory.mktemp("fetch"), "controller1") as server:
        yield server


@pytest.fixture
def cloud(node_sshd: Sshd, tmp_path: Path) -> Cloud:
    return Cloud(node_sshd, tmp_path)


@pytest.fixture(scope="session")
def without_rsync(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    base = tmp_path_factory.mktemp("sftp")
    with serve(base, "controller1", [f"SetEnv PATH={tools(base / 'bin', {'rsync': None})}"]) as server:
        yield server


@pytest.fixture(params=["rsync", "sftp"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Cloud:
    """The same cloud by either way."""
    cloud = Cloud(request.getfixturevalue("node_sshd" if request.param == "rsync" else "without_rsync"), tmp_path)
    found = cloud.fetch()
    assert (found.state, found.transport) == ("done", request.param), found
    return cloud


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Cloud]]:
    """A node some of whose tools are replaced."""
    with ExitStack() as stack:

        def make(replaced: dict[str, str]) -> Cloud:
            path = tools(tmp_path / "bin", dict(replaced))
            return Cloud(stack.enter_context(serve(tmp_path, "controller1", [f"SetEnv PATH={path}"])), tmp_path)

        yield make
