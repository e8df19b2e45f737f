"""Hundreds of nodes on one host: each has an address, a host key, logs and a way to fail of its own.

They share a network and process space; an ``sshd -i`` is started for each connection, with the node's own /var/log.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import NamedTuple

import yaml

from . import needs
from .client import Client
from .cloud import CLIENT, SILENT
from .net import Network, silence
from .space import Space

_HOST = "10.77.15.1"
_FIRST = IPv4Address("10.77.16.1")


class Kind(NamedTuple):
    """How the nodes of a kind are, and what must be said of them: ``reasons`` is empty for those that work.

    ``state`` is what the node's fetch ends with; of one that is ``partial`` some trouble has the reason. ``serve``
    replaces sshd, ``known`` is what the client knows of the host key, ``programs`` stand first in PATH.
    """

    name: str
    reasons: tuple[str, ...] = ()
    address: str = ""
    fields: Mapping[str, object] = {}
    known: str = "right"  # or wrong, no
    authorized: bool = True
    sshd: tuple[str, ...] = ()
    programs: Mapping[str, str] = {}
    setup: str = ""
    serve: str = ""
    state: str = "failed"


WORKS = Kind("works")
NO_RSYNC = Kind("no-rsync", setup="hide /usr/bin/rsync")
# Nothing is written on a node, so that one with no room left is as good as any.
FULL = Kind("full", setup="for d in /root /var/tmp /dev/shm; do mount -t tmpfs -o size=4k,nr_inodes=1 tmpfs $d; done")
_USER = {"user": "ops"}
_DIES = """#!/bin/sh
case $1 in --server) ;; *) exec /usr/bin/rsync "$@" ;; esac
/usr/bin/rsync "$@" | stdbuf -o0 head -c 20000  # so much gets through before the machine dies
process=$$ chain=
while [ "$process" -gt 1 ]; do
  process=$(ps -o ppid= -p "$process" | tr -d ' ')
  case $(ps -o comm= -p "$process") in sshd*) chain="$chain $process" ;; esac
done
kill -9 $chain
"""
_STALLS = """#!/bin/sh
case $1 in --server) exec sleep 1000 ;; *) exec /usr/bin/rsync "$@" ;; esac
"""
# 10 % of a large cloud.
BROKEN = (
    Kind("refused", ("refused",), fields={"port": 2222}),
    Kind("silent", ("unreachable",), address=SILENT),
    Kind("unresolved", ("unresolved",), address="no-such-node.invalid"),
    Kind("key-unknown", ("host-key-unknown",), known="no"),
    Kind("key-changed", ("host-key-changed",), known="wrong"),
    Kind("no-login", ("login",), authorized=False),
    Kind(
        "nologin-shell",
        ("login", "failed", "lost"),
        sshd=("ForceCommand echo This account is currently not available.; exit 1",),
    ),
    Kind("no-log-root", ("failed",), fields={"logs": ["/srv/logs"]}),
    Kind("no-sessions", ("login",), sshd=("MaxSessions 0",)),
    Kind("sudo-refused", ("sudo",), fields={**_USER, "sudo": True}),
    Kind("unreadable", ("failed",), fields=_USER, setup="chmod 700 /var/log", state="partial"),
    Kind(
        "no-tools",
        ("tool",),
        sshd=("Subsystem sftp /nonexistent",),
        setup="hide /usr/bin/rsync /usr/lib/openssh/sftp-server",
    ),
    Kind("dies", ("lost",), programs={"rsync": _DIES}),
    Kind("stalls", ("slow", "lost"), programs={"rsync": _STALLS}),
    Kind("endless-greeting", ("garbage",), sshd=("ForceCommand yes",)),
    Kind("endless-banner", ("garbage", "lost", "unreachable"), serve="exec yes"),
    Kind("no-ssh", ("garbage", "lost", "unreachable"), serve="printf 'HTTP/1.1 400 Bad Request\r\n\r\n'; sleep 1"),
    Kind("mute", ("unreachable", "slow"), serve="exec sleep 1000"),
    Kind("closes", ("lost",), serve="exit 0"),
    Kind("endless-list", ("garbage",), programs={"find": "#!/bin/sh\nexec yes /var/log/nova/nova-api.log\n"}),
    Kind("bad-jump", ("jump",), fields={"jump": f"root@{_HOST}:2222"}),
)


class Farm:
    """The nodes, and the client beside them.

    ``kinds`` tells each node's kind, ``nodes`` what haystack.yaml says of it.
    """

    def __init__(
        self,
        client: Client,
        space: Space,
        nodes: dict[str, Mapping[str, object]],
        kinds: dict[str, Kind],
        directory: Path,
    ) -> None:
        self.client = client
        self.space = space
        self.nodes = nodes
        self.kinds = kinds
        self.directory = directory

    def logs(self, name: str) -> Path:
        return self.directory / "logs" / name

    def of(self, works: bool) -> list[str]:
        """Names of the nodes that work, or of those that do not."""
        return [name for name, kind in self.kinds.items() if (not kind.reasons) == works]


@contextmanager
def farm(directory: Path, kinds: Sequence[Kind], logs: Path, **ssh: object) -> Iterator[Farm]:
    """Nodes of these kinds, all with the same logs in directories of their own.

    ``ssh`` are options of haystack.yaml.
    """
    directory.mkdir(exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        network = Network()
        stack.callback(network.close)
        client = Client(directory / "client")
        stack.callback(client.close)
        network.attach(client.space, "cloud", CLIENT)
        silence(client.space, SILENT)
        nodes, named = _build(directory, kinds, logs, client)
        etc = directory / "etc"
        (directory / "work-etc").mkdir()
        (etc / "ssh").mkdir(parents=True)
        (etc / "ssh/rig_authorized_keys").write_text(client.public_key)
        (etc / "passwd").write_text(Path("/etc/passwd").read_text() + "ops:x:4711:4711::/:/bin/sh\n")
        (etc / "shadow").write_text(Path("/etc/shadow").read_text() + "ops:*:19000:0:99999:7:::\n")
        space = Space(
            "farm",
            f"mount -t overlay overlay -o lowerdir=/etc,upperdir={etc},workdir={directory}/work-etc /etc\n"
            "mount -t tmpfs tmpfs /run; mkdir /run/sshd\n"
            f"mount --bind {directory} {directory}; mount -o remount,bind,ro /\n"
            # every address of a range is its own
            "ip route add local 10.77.16.0/20 dev lo\n",
        )
        stack.callback(space.close)
        network.attach(space, "cloud", _HOST)
        server = space.start(
            [sys.executable, str(Path(__file__).with_name("inetd.py")), str(directory / "nodes")],
            stdout=subprocess.PIPE,
        )
        assert server.stdout is not None
        if server.stdout.readline() != b"ready\n":
            raise RuntimeError("the farm's server did not start")
        (client.work / "haystack.yaml").write_text(yaml.safe_dump({"ssh": ssh, "nodes": nodes}))
        yield Farm(client, space, nodes, named, directory)


def _build(
    directory: Path, kinds: Sequence[Kind], logs: Path, client: Client
) -> tuple[dict[str, Mapping[str, object]], dict[str, Kind]]:
    nodes: dict[str, Mapping[str, object]] = {}
    named: dict[str, Kind] = {}
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / "other")], check=True)
    for number, kind in enumerate(kinds):
        address = str(_FIRST + number)
        name = f"compute{number + 1}" if not kind.reasons else f"bad{number + 1}-{kind.name}"
        own = directory / "nodes" / address
        own.mkdir(parents=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(own / "host_key")], check=True)
        tree = directory / "logs" / name
        tree.parent.mkdir(exist_ok=True)
        subprocess.run(["cp", "-al", str(logs), str(tree)], check=True)
        _serve(own, kind, tree, directory)
        key = (directory if kind.known == "wrong" else own) / ("other.pub" if kind.known == "wrong" else "host_key.pub")
        if kind.known != "no":
            client.knows(address, " ".join(key.read_text().split()[:2]))
        nodes[name] = {"address": kind.address or address, "user": "root", **kind.fields}
        named[name] = kind
    return nodes, named


def _serve(own: Path, kind: Kind, tree: Path, directory: Path) -> None:
    lines = (
        *kind.sshd,
        f"HostKey {own}/host_key",
        f"AuthorizedKeysFile /etc/ssh/rig_{'' if kind.authorized else 'no_'}authorized_keys",
        "PidFile none",
        "StrictModes no",
        "PasswordAuthentication no",
        "PermitRootLogin yes",
        "UsePAM no",
        "UseDNS no",
        "PrintMotd no",
        *(() if any("sftp" in line for line in kind.sshd) else ("Subsystem sftp /usr/lib/openssh/sftp-server",)),
    )
    (own / "sshd_config").write_text("".join(f"{line}\n" for line in lines))
    (own / "programs").mkdir()
    for name, text in kind.programs.items():
        (own / "programs" / name).write_text(text)
        (own / "programs" / name).chmod(0o755)
    inside = [
        "mount -t tmpfs tmpfs /root",
        "hide() { for f; do mount --bind /dev/null $f; done; }",
        f"mount --bind {shlex.quote(str(tree))} /var/log",
        f"mount --bind {shlex.quote(str(own / 'programs'))} /usr/local/bin" if kind.programs else "",
        kind.setup,
        f"exec {needs.SSHD} -i -e -f {own}/sshd_config 2>>{own}/log",
    ]
    script = "\n".join(filter(None, inside))
    words = f"exec unshare --mount --propagation private sh -c {shlex.quote(script)}"
    (own / "serve").write_text(f"#!/bin/sh\n{kind.serve or words}\n")
    (own / "serve").chmod(0o755)
