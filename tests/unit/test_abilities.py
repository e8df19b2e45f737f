"""What nodes tell of themselves, asked of real sshd."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from haystack.errors import NodeError
from haystack.nodes.abilities import Abilities, Root, abilities
from haystack.nodes.clock import measure
from haystack.nodes.each import each
from haystack.nodes.ssh import Connections
from haystack.settings import Node
from tests.sshd import Sshd, needs_sshd, serve

FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def asked(server: Sshd, node: Node | None = None) -> Abilities:
    with Connections(server.options) as connections, connections.to(node or server.node) as connection:
        return abilities(connection)


@needs_sshd
def test_tools_and_roots(tmp_path: Path) -> None:
    logs = tmp_path / 'it\'s a "log" $(root)'
    logs.mkdir()
    with serve(tmp_path, "n1") as server:
        found = asked(server, server.node._replace(logs=("/var/log", str(logs), "/no/such/place")))
    assert found.user == "root"
    assert found.rsync >= (3, 1, 0)
    assert {"grep", "find", "gzip", "base64"} <= found.tools
    assert found.sftp_server.endswith("sftp-server")
    assert found.roots == (
        Root("/var/log", True, True),
        Root(str(logs), True, True),
        Root("/no/such/place", False, False),
    )


@needs_sshd
def test_a_node_with_few_tools_and_a_talking_shell(tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in ("sh", "env", "timeout", "id", "cat"):
        (bare / name).symlink_to(next(p for p in (Path("/usr/bin") / name, Path("/bin") / name) if p.exists()))
    wrapper = tmp_path / "shell"
    wrapper.write_text(
        f'#!/bin/sh\necho "Welcome! rsync version 9.9.9"\nPATH={bare}\nexec sh -c "$SSH_ORIGINAL_COMMAND"\n'
    )
    wrapper.chmod(0o755)
    with serve(tmp_path, "n1", [f"ForceCommand {wrapper}"]) as server:
        found = asked(server)
    assert found.rsync == ()
    assert not found.compressions
    assert found.tools == {"timeout"}


@needs_sshd
def test_a_node_that_answers_anything_else_is_garbage(tmp_path: Path) -> None:
    wrapper = tmp_path / "shell"
    wrapper.write_text(
        '#!/bin/sh\ncase $SSH_ORIGINAL_COMMAND in echo*) exec sh -c "$SSH_ORIGINAL_COMMAND";; esac\necho no\n'
    )
    wrapper.chmod(0o755)
    with serve(tmp_path, "n1", [f"ForceCommand {wrapper}"]) as server:
        with pytest.raises(NodeError) as error:
            asked(server)
        assert error.value.reason == "garbage"
        with Connections(server.options) as connections, connections.to(server.node) as connection:
            with pytest.raises(NodeError) as error:
                measure(connection)
            assert error.value.reason == "garbage"


@needs_sshd
@pytest.mark.skipif(FAKETIME is None, reason="needs libfaketime")
@pytest.mark.parametrize("ahead", [7.0, -90.0, 0.0])
def test_the_clock_is_measured_to_milliseconds(tmp_path: Path, ahead: float) -> None:
    fake = [f"SetEnv FAKETIME={ahead:+.0f}s LD_PRELOAD={FAKETIME}"] if ahead else []
    with (
        serve(tmp_path, "n1", fake) as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
    ):
        found = measure(connection)
    assert abs(found.seconds - ahead) <= max(found.uncertainty, 0.05)
    assert found.uncertainty < 0.05


@needs_sshd
def test_a_clock_of_whole_seconds_says_so(tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "date").write_text('#!/bin/sh\nexec /bin/date "$(echo "$1" | sed s/.%N/./)"\n')
    (bare / "date").chmod(0o755)
    with (
        serve(tmp_path, "n1", [f"SetEnv PATH={bare}:/usr/bin:/bin"]) as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
    ):
        found = measure(connection)
    assert 0.5 <= found.uncertainty < 1
    assert abs(found.seconds) <= found.uncertainty


@needs_sshd
def test_over_a_slow_way_the_rounds_that_were_made_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haystack.nodes.clock._TIMEOUT", 2.0)
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "date").write_text("#!/bin/sh\nsleep 0.7\nexec /bin/date $1\n")
    (bare / "date").chmod(0o755)
    with (
        serve(tmp_path, "n1", [f"SetEnv PATH={bare}:/usr/bin:/bin"]) as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
    ):
        found = measure(connection)
        assert 0.3 < found.uncertainty < 1
        assert abs(found.seconds) <= found.uncertainty
        (bare / "date").write_text("#!/bin/sh\nsleep 5\n")
        with pytest.raises(NodeError) as error:
            measure(connection)
        assert error.value.reason == "slow"


def test_each_node_is_done_once_and_keeps_its_error() -> None:
    nodes = [Node(f"n{number}") for number in range(40)]

    def work(node: Node) -> str:
        time.sleep(0.001)
        if node.name == "n3":
            raise NodeError("n3", "lost", "the connection broke")
        if node.name == "n4":
            raise ZeroDivisionError("a bug")
        return node.name.upper()

    results: Iterator[tuple[Node, str | NodeError]] = each(nodes, work, 8)
    found = {node.name: str(result) for node, result in results}
    assert len(found) == 40
    assert found["n3"] == "n3: the connection broke"
    assert found["n4"] == "n4: unexpected ZeroDivisionError: a bug"
    assert found["n39"] == "N39"
