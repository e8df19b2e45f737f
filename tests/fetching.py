"""Fetching in tests: a node with captured logs, the tree they come to, and what may be done to both."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import haystack
from haystack.library import load
from haystack.nodes.fetch.model import Fetch, NodeFetch
from haystack.pipeline.fetch import fetch
from haystack.services import Services
from haystack.settings import Settings
from tests.sshd import Sshd

ROOT = Path(__file__).parents[1]
FIXTURE = ROOT / "fixtures" / "rotated_logs" / "controller1"


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
        """Fetch once, nothing but log files unless asked for; the node's answer."""
        return self.run(**{"facts": False, "journal": False, **options}).nodes[0]

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


def services() -> Services:
    return load().services


def messages(directory: Path) -> list[str]:
    return [record.message for record in haystack.find("", [directory])]


def started(cloud: Cloud, *options: str) -> subprocess.Popen[bytes]:
    """``haystack fetch`` as a process of its own."""
    inventory = cloud.to.parent / "haystack.yaml"
    ssh, node = cloud.server.options, cloud.node
    document = {
        "ssh": {"config": ssh.config, "known_hosts": ssh.known_hosts},
        "nodes": {node.name: {"address": node.address, "port": node.port, "user": node.user, "logs": list(node.logs)}},
    }
    inventory.write_text(json.dumps(document))
    command = [
        str(Path(sys.executable).parent / "haystack"),
        "fetch",
        "--inventory",
        str(inventory),
        "--to",
        str(cloud.to),
    ]
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
