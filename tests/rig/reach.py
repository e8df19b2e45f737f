"""Reach a node and run something there, as all of haystack does: run by the client, in its own namespaces.

``python -m tests.rig.reach REQUEST`` with the request as JSON. Says ``in`` once logged in, then the outcome as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import NamedTuple

from haystack.errors import NodeError
from haystack.nodes.ssh import Connections
from haystack.settings import Node, SshOptions

from .client import Client
from .cloud import Cloud


class Outcome(NamedTuple):
    """``reason`` is empty where all went well; ``seconds`` from the login on, or of the login that failed."""

    reason: str
    says: str
    seconds: float


class Reaching:
    """A login that is under way; ``entered`` waits for it, ``outcome`` for the end."""

    def __init__(self, client: Client, node: Node, jumps: list[Node], script: str, options: dict[str, object]) -> None:
        request = json.dumps({"node": node, "jumps": jumps, "script": script, "options": options})
        self.process = client.python("-m", "tests.rig.reach", request, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def entered(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"in\n"

    def outcome(self, timeout: float = 60.0) -> Outcome:
        out, err = self.process.communicate(timeout=timeout)
        lines = out.decode().splitlines()
        assert lines, err.decode()
        return Outcome(**json.loads(lines[-1]))


def start(cloud: Cloud, name: str, script: str, address: str = "", **options: object) -> Reaching:
    """Log in to a host of the cloud and run a script there.

    ``options`` are those of SshOptions, and ``timeout`` and ``sudo`` of the script.
    """
    node = cloud.node(name)
    jumps = [cloud.node(jump) for jump in node.jump]
    return Reaching(cloud.client, node._replace(address=address or node.address), jumps, script, options)


def reach(cloud: Cloud, name: str, script: str = "echo here", address: str = "", **options: object) -> Outcome:
    return start(cloud, name, script, address, **options).outcome()


def _main() -> None:
    request = json.loads(sys.argv[1])
    node = _node(request["node"])
    jumps = {jump.name: jump for jump in map(_node, request["jumps"])}
    options = request["options"]
    timeout, sudo = options.pop("timeout", 60), options.pop("sudo", None)
    began = time.monotonic()
    reason = says = ""
    try:
        with Connections(SshOptions(**options), jumps) as connections, connections.to(node) as connection:
            print("in", flush=True)
            began = time.monotonic()
            says = connection.run(request["script"], timeout=timeout, sudo=sudo).stdout.decode()
    except NodeError as err:
        reason, says = err.reason, str(err)
    print(json.dumps({"reason": reason, "says": says, "seconds": time.monotonic() - began}))


def _node(fields: list[object]) -> Node:
    return Node(*(tuple(field) if isinstance(field, list) else field for field in fields))  # type: ignore[arg-type]


if __name__ == "__main__":
    _main()
