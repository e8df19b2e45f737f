"""``trace --live`` at its ends: the command line, nodes that fail or mean harm, logs that storm or are packed."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import jsonschema
import pytest

import haystack
from haystack.diagnose import Diagnosis
from haystack.pipeline.live import Live
from haystack.settings import Node, Settings
from tests.fetching import tools
from tests.live import said
from tests.sshd import Sshd, free_port, needs_sshd, serve

pytestmark = needs_sshd
FIXTURE = Path(__file__).parents[2] / "fixtures" / "neutron_down"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "diagnosis-1.schema.json").read_text())
REQUEST = "req-8d06307d-a8da-45a3-b9ad-33e93bda49ee"
HAYSTACK = str(Path(sys.executable).with_name("haystack"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The logs of one node below the root they are searched in, for they keep their paths."""
    shutil.copytree(FIXTURE / "controller1" / "var", tmp_path / "controller1" / "var")
    return tmp_path / "controller1" / "var" / "log"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    with serve(tmp_path, "controller1", logs=(str(tmp_path / "controller1" / "var" / "log"),)) as running:
        yield running


def live(server: Sshd, *others: Node) -> Diagnosis:
    nodes = (server.node, *others)
    return haystack.trace([REQUEST], live=Live(nodes, Settings(nodes=nodes, ssh=server.options)))


def same_as_here(server: Sshd, tree: Path) -> Diagnosis:
    """What is found there, which is what is found when the same logs are read here."""
    there = live(server)
    assert not there.coverage.unreadable
    here = haystack.trace([REQUEST], logs=[tree.parents[2]])
    assert said(there, facts=False) == said(here, facts=False)
    return there


def test_the_command_line(server: Sshd, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "haystack.yaml").write_text(
        f"ssh: {{config: {server.options.config}, known_hosts: {server.options.known_hosts}}}\n"
        f"defaults: {{user: root, logs: [{tree}]}}\n"
        f"nodes:\n  controller1: {{address: 127.0.0.1, port: {server.node.port}, site: here}}\n"
        f"  compute9: {{address: 127.0.0.1, port: {free_port()}}}\n"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [HAYSTACK, "trace", REQUEST, *words], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )

    asked = run("--live")
    assert asked.returncode == 3, asked.stderr
    assert "neutron-server on controller1 was stopped" in asked.stdout
    assert "Searched   11 files" in asked.stdout
    assert "compute9 (refused" in asked.stdout
    document = json.loads(run("--live", "--site", "here", "--format", "json").stdout)
    jsonschema.validate(document, SCHEMA)
    assert document["coverage"]["live"]["nodes"] == 1
    assert document["coverage"]["unreadable"] == []
    assert run("--live", "--node", "controller*").returncode == 0
    alone = run("--live", "--node", "compute9")
    assert (alone.returncode, "Nothing read" in alone.stdout, "refused" in alone.stdout) == (3, True, True)
    for words, complaint in (
        (("--live", "--logs", "."), "--logs and --live"),
        (("--site", "here"), "--site goes with --live"),
        (("--accept-new-host-keys",), "--accept-new-host-keys goes with --live"),
        (("--live", "--node", "controler1"), 'did you mean "controller1"'),
    ):
        refused = run(*words)
        assert refused.returncode == 2
        assert complaint in refused.stderr


def test_a_node_without_perl_and_rotated_files_in_all_packings(tmp_path: Path, tree: Path) -> None:
    api = tree / "nova" / "nova-api.log"
    lines = api.read_bytes().splitlines(keepends=True)
    sixth = len(lines) // 6
    packers = {".5.zst": _by("zstd"), ".4.bz2": _by("bzip2"), ".3.xz": _by("xz"), ".2.gz": gzip.compress, ".1": bytes}
    for number, (suffix, pack) in enumerate(packers.items()):
        part = b"".join(lines[number * sixth : (number + 1) * sixth])
        api.with_name(api.name + suffix).write_bytes(pack(part))
    api.write_bytes(b"".join(lines[5 * sixth :]))
    path = tools(tmp_path / "bin", {"perl": None})
    with serve(tmp_path, "controller1", [f"SetEnv PATH={path}"], logs=(str(tree),)) as server:
        assert same_as_here(server, tree).candidates


def _by(program: str) -> Callable[[bytes], bytes]:
    return lambda data: subprocess.run([program, "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def test_a_storm_is_thinned_there_as_it_is_here(server: Sshd, tree: Path) -> None:
    log = tree / "nova" / "nova-api.log"
    lines = log.read_bytes().splitlines(keepends=True)
    errors = [line for line in lines if b" ERROR " in line]
    assert errors
    middle = len(lines) // 2
    log.write_bytes(b"".join((*lines[:middle], *(errors[0] for _ in range(15_000)), *lines[middle:])))
    there = same_as_here(server, tree)
    assert there.coverage.live
    assert there.coverage.live.moved < log.stat().st_size / 4


@pytest.mark.usefixtures("tree")
def test_garbage_does_not_hold_up_the_others(server: Sshd, tmp_path: Path) -> None:
    shells = {
        "babbles": "yes",
        "lies": "printf '> 1\\nnot gzip at all\\n< 1\\n'; sleep 1",
        "bomb": "printf '> 1\\n'; head -c 20000000 /dev/zero | gzip -1; sleep 20",
        "dies": "exit 1",
        "silent": "exec cat >/dev/null",
    }
    others = []
    for name, says in shells.items():
        home = tmp_path / "shells" / name
        home.mkdir(parents=True)
        # Clock and listing are answered, the shell that searches is not.
        shell = home / "shell"
        words = f'case "$SSH_ORIGINAL_COMMAND" in *whole*) {says};; *) eval "$SSH_ORIGINAL_COMMAND";; esac'
        shell.write_text(f"#!/bin/sh\n{words}\n")
        shell.chmod(0o755)
        others.append((name, shell))
    with ExitStack() as stack:
        nodes = [
            stack.enter_context(serve(tmp_path, name, [f"ForceCommand {shell}"], logs=server.node.logs)).node
            for name, shell in others
        ]
        began = time.monotonic()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("haystack.search.live.session.PATIENCE", 8.0)
            patch.setattr("haystack.search.live.session._MOST_BYTES", 16 << 20)
            found = live(server, *nodes)
        assert time.monotonic() - began < 60
    assert found.candidates[0].pattern.id == "neutron-server-stopped"
    told = {trouble.path: trouble.reason.partition(":")[0] for trouble in found.coverage.unreadable}
    assert told == {"babbles": "garbage", "lies": "garbage", "bomb": "garbage", "dies": "lost", "silent": "slow"}
