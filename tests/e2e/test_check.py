"""What `nodes check` finds on real servers in all sorts of order, and how it says it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import jsonschema

from haystack.nodes.check import FAILED, OK, WARNING, Checked, Step
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
        nodes = (
            well.node,
            well.node._replace(name="twin"),
            well.node._replace(name="no-logs", logs=("/no/such/place",)),
            well.node._replace(name="half", logs=(str(logs), "/no/such/place")),
            boxed.node._replace(containers="docker"),
            well.node._replace(name="no-sudo", sudo=True),
            well.node._replace(name="away", port=free_port()),
        )
        found = check_nodes(Settings(None, nodes, well.options), nodes, parallel=4)
    assert {one.node.name: one.state for one in found} == {
        "well": OK, "twin": OK, "no-logs": FAILED, "half": WARNING, "boxed": FAILED, "no-sudo": FAILED, "away": FAILED,
    }  # fmt: skip
    failed = {one.node.name: [step.name for step in one.steps if step.state == FAILED] for one in found}
    assert failed["no-logs"] == ["logs"]
    assert failed["boxed"] == ["containers"]
    assert failed["no-sudo"] == ["sudo"]
    assert failed["away"] == ["login"]
    assert found[0].offset is not None
    assert abs(found[0].offset.seconds) < 0.05
    document = json.loads(check_report.as_json(found))
    jsonschema.validate(document, SCHEMA)
    shown = text(found)
    assert shown.index("away") < shown.index("half") < shown.index("twin, well")
    assert "7 nodes: 3 usable, 1 of them with something to mend, 4 not" in shown


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


def test_alike_nodes_share_a_line_and_hostile_words_stay_words() -> None:
    def one(number: int, says: str) -> Checked:
        node = Node(f"compute{number}", address=f"10.0.0.{number}")
        return Checked(node, (Step("login", FAILED, says, f"ssh-keyscan 10.0.0.{number}"),))

    found = tuple(one(number, "its host key is not known") for number in range(1, 10))
    shown = text((*found, one(99, "\x1b[31mboo\x07")))
    assert "compute1, compute2, compute3, compute4, compute5, compute6 and 3 more" in shown
    assert shown.count("its host key is not known") == 1
    assert "\x1b" not in shown
