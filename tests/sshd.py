"""Real sshd on loopback ports, each a node of its own: its host key, its files, its ways to fail."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from haystack.settings import Node, SshOptions

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
needs_sshd = pytest.mark.skipif(
    not Path(SSHD).exists() or os.geteuid() != 0, reason="needs sshd (package openssh-server) and root"
)


class Sshd(NamedTuple):
    """A running server, and how a client is told of it."""

    node: Node
    options: SshOptions
    directory: Path
    process: subprocess.Popen[bytes]

    @property
    def config(self) -> Path:
        return self.directory / "sshd_config"


def keys(directory: Path) -> Path:
    """The client's key and an empty known_hosts, made once in a directory."""
    key = directory / "client_key"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        (directory / "known_hosts").touch()
        (directory / "ssh_config").write_text(f"IdentityFile {key}\nIdentitiesOnly yes\n")
    return key


@contextmanager
def serve(
    directory: Path, name: str, lines: Sequence[str] = (), *, known: bool = True, **node: object
) -> Iterator[Sshd]:
    """An sshd for node ``name``; ``lines`` are added to its configuration, ``known`` notes its key for the client."""
    key = keys(directory)
    home = directory / name
    home.mkdir(exist_ok=True)
    if not (home / "host_key").exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / "host_key")], check=True)
    port = free_port()
    # Without the start-up files of this machine's root, which each command would run.
    environment = [f"HOME={home}", *(line.removeprefix("SetEnv ") for line in lines if line.startswith("SetEnv "))]
    given = [line for line in lines if not line.startswith("SetEnv ")]
    authorized = home / "authorized_keys"
    authorized.write_text(key.with_suffix(".pub").read_text())
    (home / "sshd_config").write_text(
        "\n".join(
            (
                *given,  # the first word on a matter wins
                f"SetEnv {' '.join(environment)}",
                f"Port {port}",
                "ListenAddress 127.0.0.1",
                f"HostKey {home / 'host_key'}",
                f"AuthorizedKeysFile {authorized}",
                f"PidFile {home / 'pid'}",
                "StrictModes no",
                "PasswordAuthentication no",
                "PermitRootLogin yes",
                "UsePAM no",
                "Subsystem sftp internal-sftp",
                "",
            )
        )
    )
    if known:
        public = (home / "host_key.pub").read_text().split()
        with (directory / "known_hosts").open("a") as file:
            file.write(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
    Path("/run/sshd").mkdir(exist_ok=True)
    with (home / "sshd.log").open("ab") as log:
        process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(home / "sshd_config")], stderr=log, start_new_session=True
        )
    options = SshOptions(config=str(directory / "ssh_config"), known_hosts=str(directory / "known_hosts"))
    try:
        wait_for(port)
        yield Sshd(Node(name, address="127.0.0.1", port=port, user="root", **node), options, home, process)  # type: ignore[arg-type]
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
