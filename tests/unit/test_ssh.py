"""Connections to real sshd: what goes over them, and what is said when they fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from haystack.errors import NodeError
from haystack.nodes.reasons import REASONS, sudo_refused, why
from haystack.nodes.ssh import Connections, jump_host
from haystack.settings import Node, SshOptions
from tests.sshd import Sshd, free_port, needs_sshd, serve

pytestmark = needs_sshd


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> object:
    with serve(tmp_path_factory.mktemp("ssh"), "controller1") as server:
        yield server


def reach(
    server: Sshd, node: Node | None = None, options: SshOptions | None = None, jumps: dict[str, Node] | None = None
) -> str:
    """What the node says of its name; the error's reason where it cannot be reached."""
    with Connections(options or server.options, jumps) as connections:
        try:
            with connections.to(node or server.node) as connection:
                return connection.run("echo here").stdout.decode().strip()
        except NodeError as err:
            return err.reason if err.reason in REASONS else "no known reason"


def test_a_command_gets_its_input_and_tells_its_status(sshd: Sshd) -> None:
    with Connections(sshd.options) as connections, connections.to(sshd.node) as connection:
        answer = connection.run("cat; echo oops >&2; exit 7", stdin=b"x" * 300_000)
        assert (answer.status, answer.stdout, answer.stderr) == (7, b"x" * 300_000, "oops\n")
        quoted = connection.run("printf '%s|' \"$HOME\" 'a  b' '$x' ; echo \"it's\"")
        assert quoted.stdout.endswith(b"|a  b|$x|it's\n")


def test_reasons(sshd: Sshd, tmp_path: Path) -> None:
    node = sshd.node
    changed = tmp_path / "changed"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    public = (tmp_path / "other.pub").read_text().split()
    changed.write_text(f"[127.0.0.1]:{node.port} {public[0]} {public[1]}\n")
    (tmp_path / "empty").touch()
    (tmp_path / "broken").write_text("Bogus yes\n")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    cases = {
        "here": {},
        "host-key-changed": {"options": sshd.options._replace(known_hosts=str(changed))},
        "host-key-unknown": {"options": sshd.options._replace(known_hosts=str(tmp_path / "empty"))},
        "settings": {"options": sshd.options._replace(config=str(tmp_path / "broken"))},
        "refused": {"node": node._replace(port=free_port())},
        "unresolved": {"node": node._replace(address="no-such-host.invalid")},
        "login": {
            "options": sshd.options._replace(config="/dev/null"),
            "node": node._replace(identity=str(tmp_path / "key")),
        },
        "jump": {"node": node._replace(jump=(f"root@127.0.0.1:{free_port()}",))},
    }
    assert {reason: reach(sshd, **case) for reason, case in cases.items()} == {reason: reason for reason in cases}  # type: ignore[arg-type]


def test_a_new_key_is_noted_when_asked_to(sshd: Sshd, tmp_path: Path) -> None:
    options = sshd.options._replace(known_hosts=str(tmp_path / "known"), accept_new=True)
    assert reach(sshd, options=options) == "here"
    assert reach(sshd, options=options._replace(accept_new=False)) == "here"


def test_files_may_have_any_name(sshd: Sshd, tmp_path: Path) -> None:
    odd = tmp_path / "a b %h 'c'"
    odd.mkdir()
    for name in ("client_key", "known_hosts"):
        (odd / name).write_bytes((sshd.directory.parent / name).read_bytes())
        (odd / name).chmod(0o600)
    (odd / "ssh_config").write_text("IdentitiesOnly yes\n")
    options = SshOptions(config=str(odd / "ssh_config"), known_hosts=str(odd / "known_hosts"))
    node = sshd.node._replace(identity=str(odd / "client_key"))
    assert reach(sshd, node, options) == "here"
    assert reach(sshd, node._replace(jump=("gate",)), options, {"gate": node}) == "here"


def test_a_changed_key_is_refused_whatever_is_accepted(sshd: Sshd, tmp_path: Path) -> None:
    known = tmp_path / "known"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    public = (tmp_path / "other.pub").read_text().split()
    known.write_text(f"[127.0.0.1]:{sshd.node.port} {public[0]} {public[1]}\n")
    options = sshd.options._replace(known_hosts=str(known), accept_new=True)
    with Connections(options) as connections, pytest.raises(NodeError) as error, connections.to(sshd.node):
        pass
    fix = error.value.fix.partition(": ")[2]
    subprocess.run(fix, shell=True, check=True, capture_output=True)  # the very command that is told
    assert reach(sshd, options=options) == "here"


def test_through_a_jump_host_that_is_opened_once(sshd: Sshd, tmp_path: Path) -> None:
    with serve(sshd.directory.parent, "bastion") as bastion:
        jumps = {"bastion": bastion.node}
        node = sshd.node._replace(jump=("bastion",))
        with Connections(sshd.options, jumps) as connections:
            for _ in range(3):
                with connections.to(node) as connection:
                    assert connection.run("echo here").stdout == b"here\n"
        log = (bastion.directory / "sshd.log").read_text()
        assert log.count("Accepted publickey") == 1
        assert reach(sshd, node=sshd.node._replace(jump=(f"root@127.0.0.1:{bastion.node.port}",))) == "here"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["ForceCommand yes"], "garbage"),
        (["ForceCommand sleep 60"], "slow"),
        (["ForceCommand exit 0"], "failed"),
        (["MaxSessions 0"], "login"),
        (["MaxSessions 1"], "login"),
    ],
)
def test_servers_that_do_not_let_us_work(
    sshd: Sshd, lines: list[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haystack.nodes.ssh._LOGIN", 1.0)
    with serve(sshd.directory.parent, "odd", lines) as odd:
        began = time.monotonic()
        assert reach(odd, options=odd.options._replace(connect_timeout=1)) in (reason, "lost")
        assert time.monotonic() - began < 10


def test_no_end_of_output_and_no_answer(sshd: Sshd) -> None:
    with Connections(sshd.options) as connections, connections.to(sshd.node) as connection:
        with pytest.raises(NodeError) as error:
            connection.run("yes", limit=1 << 20)
        assert error.value.reason == "garbage"
        with pytest.raises(NodeError) as error:
            connection.run("sleep 60", timeout=0.5)
        assert error.value.reason == "slow"
        assert connection.run("echo still here").stdout == b"still here\n"


def test_a_master_that_is_killed_is_a_lost_node(sshd: Sshd) -> None:
    with Connections(sshd.options) as connections, connections.to(sshd.node) as connection:
        process = connection.start("sleep 60")
        time.sleep(0.3)
        assert connection._master is not None
        os.kill(connection._master.pid, signal.SIGKILL)
        assert process.wait(5) == 255
        connection._master.wait(5)  # its socket closes a moment before it is gone
        assert not connection.alive


def test_nothing_outlives_a_killed_haystack(sshd: Sshd, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(f"""
        from haystack.nodes.ssh import Connections
        from haystack.settings import Node, SshOptions
        with Connections({sshd.options!r}) as connections, connections.to({sshd.node!r}) as connection:
            connection.start("sleep 987", lifetime=1)
            print(connections.directory, flush=True)
            connection.run("sleep 988", timeout=3)
        """)
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        directory = process.stdout.readline().strip()
        time.sleep(0.5)
        assert directory in processes()
        process.kill()
    deadline = time.monotonic() + 5
    while directory in processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert directory not in processes()


def processes() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("bastion", Node("bastion", "bastion")),
        ("ops@bastion:2222", Node("ops@bastion:2222", "bastion", "ops", 2222)),
        ("ops@[fe80::1]:22", Node("ops@[fe80::1]:22", "fe80::1", "ops", 22)),
        ("fe80::1", Node("fe80::1", "fe80::1")),
    ],
)
def test_jump_hosts(text: str, node: Node) -> None:
    assert jump_host(text) == node


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("ssh: connect to host 10.0.0.9 port 22: Connection timed out\n", "unreachable"),
        ("ssh: connect to host 10.0.0.9 port 22: No route to host\n", "unreachable"),
        ("kex_exchange_identification: read: Connection reset by peer\nConnection reset by 10.0.0.9 port 22\n", "lost"),
        ("channel 0: open failed: connect failed: Connection timed out\nstdio forwarding failed\n", "unreachable"),
        ("Timeout, server 10.0.0.9 not responding.\n", "lost"),
        ("", "lost"),
        ("\x1b[31mno idea\x07", "failed"),
    ],
)
def test_words_of_ssh(stderr: str, reason: str) -> None:
    error = why(Node("n1", jump=("bastion",)), stderr)
    assert error.reason == reason
    assert str(error).isprintable()


@pytest.mark.parametrize(
    ("stderr", "says"),
    [
        ("sudo: a password is required\n", "a password is required"),
        ("sudo: unable to resolve host n1: Name or service not known\nsudo: a password is required\n", "a password"),
        ("Sorry, user ops is not allowed to execute '/usr/bin/env' as root on n1.\n", "user ops is not allowed"),
        ("sudo: unable to resolve host n1: Name or service not known\nls: cannot access 'x'\n", ""),
        ("ls: cannot access 'x': No such file or directory\n", ""),
    ],
)
def test_words_of_sudo(stderr: str, says: str) -> None:
    refused = sudo_refused(Node("n1", user="ops"), stderr)
    assert (refused is None) == (not says)
    assert says in str(refused)
