"""What `nodes check` finds on real servers in all sorts of order, and how it says it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import jsonschema

from haystack.nodes.check import FAILED, OK, WARNING, Checked, Step
from haystack.nodes.offset import Offset
from haystack.pipeline import check_nodes
from haystack.report import check_report
from haystack.report.console import plain
from haystack.settings import Node, Settings
from tests.sshd import free_port, needs_sshd, serve

HAYSTACK = str(Path(sys.executable).with_name("haystack"))
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "check-1.schema.json").read_text())


def text(checked: tuple[Checked, ...]) -> str:
    return plain(lambda console: check_report.render_to(checked, console), 100)


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


@needs_sshd
def test_each_node_is_told_of(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "nova-api.log").write_text("x" * 2000)
    tools = tmp_path / "bin"
    tools.mkdir()
    script(tools / "docker", "echo 'permission denied while trying to connect' >&2; exit 1")
    script(tools / "sudo", "echo 'sudo: a password is required' >&2; exit 1")
    path = [f"SetEnv PATH={tools}:/usr/bin:/bin"]
    with ExitStack() as stack:
        well, boxed = (
            stack.enter_context(serve(tmp_path, name, path, logs=(str(logs),))) for name in ("well", "boxed")
        )
        key = str(tmp_path / "client_key")
        nodes = (
            well.node,
            well.node._replace(name="own-key", identity=key),
            well.node._replace(name="keyless", identity="/no/such/key"),
            well.node._replace(name="shut-out", identity="/no/such/key", user="nobody-here"),
            well.node._replace(name="behind", jump=("shut-out",)),
            well.node._replace(name="twin"),
            well.node._replace(name="no-logs", logs=("/no/such/place",)),
            well.node._replace(name="half", logs=(str(logs), "/no/such/place")),
            boxed.node._replace(containers="docker"),
            well.node._replace(name="no-sudo", sudo=True),
            well.node._replace(name="away", port=free_port()),
        )
        found = check_nodes(Settings(None, nodes, well.options), nodes, parallel=4)
    assert {one.node.name: one.state for one in found} == {
        "well": OK, "own-key": OK, "keyless": WARNING, "shut-out": FAILED, "behind": FAILED,
        "twin": OK, "no-logs": FAILED, "half": WARNING, "boxed": FAILED, "no-sudo": FAILED, "away": FAILED,
    }  # fmt: skip
    failed = {one.node.name: [step.name for step in one.steps if step.state == FAILED] for one in found}
    assert failed["no-logs"] == ["logs"]
    assert failed["boxed"] == ["containers"]
    assert failed["no-sudo"] == ["sudo"]
    assert failed["away"] == failed["shut-out"] == failed["behind"] == ["login"]
    logins = {one.node.name: one.steps[0] for one in found}
    assert logins["keyless"].says.endswith("s, but key file /no/such/key does not exist")
    assert logins["shut-out"].says == "it does not let us in; key file /no/such/key does not exist"
    assert logins["behind"].says.endswith("key file /no/such/key of shut-out does not exist")
    assert all("`identity`" in logins[name].fix for name in ("keyless", "shut-out", "behind"))
    assert found[0].offset is not None
    assert abs(found[0].offset.seconds) < 0.05
    document = json.loads(check_report.as_json(found))
    jsonschema.validate(document, SCHEMA)
    shown = text(found)
    assert shown.index("away") < shown.index("half") < shown.index("own-key, twin, well")
    assert "11 nodes: 5 usable, 2 of them with something to mend, 6 not" in shown


@needs_sshd
def test_the_command(tmp_path: Path) -> None:
    with serve(tmp_path, "n1") as server:
        (tmp_path / "haystack.yaml").write_text(
            f"ssh: {{config: ssh_config, known_hosts: known_hosts}}\ndefaults: {{user: root}}\n"
            f"nodes:\n  n1: {{address: 127.0.0.1, port: {server.node.port}}}\n"
            f"  n2: {{address: 127.0.0.1, port: {free_port()}}}\n"
        )
        for arguments, code in ((["--node", "n1"], 0), ([], 3), (["--node", "n3"], 2)):
            command = [HAYSTACK, "nodes", "check", "--format", "json", *arguments]
            run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
            assert run.returncode == code, run.stderr
            if code != 2:
                jsonschema.validate(json.loads(run.stdout), SCHEMA)
        text = subprocess.run([HAYSTACK, "nodes", "check"], cwd=tmp_path, capture_output=True, text=True).stdout
    assert text.index("✘ n2") < text.index("✔ n1")
    assert "is sshd running, and is `port` right?" in text


@needs_sshd
def test_a_clock_that_is_not_told_or_far_off_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "nova-api.log").write_text("x")
    with ExitStack() as stack:
        servers = []
        for name, body in {
            "dumb": "echo what time",
            "ahead": "expr $(/bin/date +%s) + 90",
            "coarse": "/bin/date +%s",
        }.items():
            (tmp_path / name).mkdir()
            script(tmp_path / name / "date", body)
            path = [f"SetEnv PATH={tmp_path / name}:/usr/bin:/bin"]
            servers.append(stack.enter_context(serve(tmp_path, name, path, logs=(str(tmp_path / "nova-api.log"),))))
        nodes = tuple(server.node for server in servers)
        dumb, ahead, coarse = check_nodes(Settings(None, nodes, servers[0].options), nodes, parallel=3)
    assert (dumb.state, dumb.offset, dumb.steps[-1][:3]) == (
        WARNING,
        None,
        ("clock", WARNING, "it does not tell its time"),
    )
    assert (ahead.state, ahead.steps[-1].state) == (WARNING, WARNING)
    assert ahead.offset is not None
    assert abs(ahead.offset.seconds - 90) <= ahead.offset.uncertainty
    assert (coarse.state, coarse.steps[-1].name) == (OK, "clock")
    jsonschema.validate(json.loads(check_report.as_json((dumb, ahead, coarse))), SCHEMA)


def test_alike_nodes_share_a_line_and_hostile_words_stay_words() -> None:
    def one(number: int, says: str) -> Checked:
        node = Node(f"compute{number}", address=f"10.0.0.{number}")
        return Checked(node, (Step("login", FAILED, says, f"ssh-keyscan 10.0.0.{number}"),))

    found = tuple(one(number, "its host key is not known") for number in range(1, 10))
    shown = text((*found, one(99, "\x1b[31mboo\x07")))
    assert "compute1, compute2, compute3, compute4, compute5, compute6 and 3 more" in shown
    assert shown.count("its host key is not known") == 1
    assert "\x1b" not in shown
    # what mends one of them does not mend the others
    assert all(
        (f"→ ssh-keyscan 10.0.0.{number}\n" in shown) == (number <= 5 or number == 99) for number in range(1, 100)
    )
    assert "and 4 more: --format json" in shown


def test_nodes_that_differ_in_numbers_only_share_a_line_and_tell_each_its_own() -> None:
    def one(name: str, offset: Offset, says: str) -> Checked:
        steps = (
            Step("logs", WARNING, says, "set `sudo: true` for it"),
            Step("clock", WARNING, offset.words, "chronyc makestep"),
        )
        return Checked(Node(name), steps, offset)

    shown = text(
        (
            one("n1", Offset(7.0, 0.002), "3,201 files, 1.2 GB, 14 of them not readable"),
            one("n2", Offset(-90.25, 0.0004), "7 files, 12 B, 1 of them not readable"),
            one("logs", Offset(1.5, 0.002), "7 files, 1.0 kB, 1 of them not readable"),
        )
    )
    assert shown == ALIKE


ALIKE = """\
! logs, n1, n2   clocks within 90.250 s
  logs   logs: 7 files, 1.0 kB, 1 of them not readable
         n1: 3,201 files, 1.2 GB, 14 of them not readable
         n2: 7 files, 12 B, 1 of them not readable
         → set `sudo: true` for it
  clock  logs: 1.500 s ahead (± 2 ms)
         n1: 7.000 s ahead (± 2 ms)
         n2: 90.250 s behind (± 1 ms)
         → chronyc makestep

3 nodes: 3 usable, 3 of them with something to mend
"""
