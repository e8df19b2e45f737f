"""Namespaces of their own for a host: network, mounts, processes, name. They live as long as their first process."""

from __future__ import annotations

import ctypes
import os
import shlex
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

_KINDS = ("--net", "--mount", "--uts", "--ipc", "--pid")
_CLONE_NEWNET = 0x40000000
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Process(NamedTuple):
    """A running process, by its number outside of the space."""

    pid: int
    parent: int
    command: str


class Space:
    """A host's namespaces; ``setup`` is a shell script that its first process runs before anything else does.

    The first process dies with the thread that made it, and the kernel ends all others with it.
    """

    def __init__(self, name: str, setup: str = "") -> None:
        self.name = name
        script = (
            f"set -e\nip link set lo up\n{setup}\nsleep infinity >/dev/null &\necho ready\nexec >/dev/null\nwait $!"
        )
        words = ["setpriv", "--pdeathsig", "KILL", "unshare", *_KINDS, "--fork", "--kill-child=KILL", "--mount-proc"]
        self._holder = subprocess.Popen(
            [*words, "sh", "-c", f"hostname {shlex.quote(name)}\n{script}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "ready\n":
            _, words_of = self._holder.communicate()
            raise RuntimeError(f"{name}: {words_of}")
        self.pid = children(self._holder.pid)[0]
        self._kept = {self.pid, *children(self.pid)}

    def close(self) -> None:
        """End everything in it."""
        # The first process, and not its parent, which then waits for it: an orphan is reaped whenever init likes to.
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._holder.communicate()

    def command(self, words: Sequence[str], directory: str = "/") -> list[str]:
        """The command that runs ``words`` in here; its own first child is what ``words`` become."""
        enter = ["nsenter", "-t", str(self.pid), "-m", "-u", "-i", "-n", "-p", "--"]
        return [*enter, "env", "-C", directory, *words]

    def run(
        self, *words: str, stdin: str = "", timeout: float = 30.0, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, successful or not."""
        return subprocess.run(
            self.command(words),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            env=env or {"PATH": _PATH},
            check=False,
        )

    def sh(self, script: str) -> str:
        """What a shell script says; it must succeed."""
        done = self.run("sh", "-ec", script)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {script}: {done.stderr}")
        return done.stdout

    def start(
        self,
        words: Sequence[str],
        directory: str = "/",
        env: Mapping[str, str] | None = None,
        stdout: int | IO[bytes] = subprocess.DEVNULL,
        stderr: int | IO[bytes] = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Start a program. The process given is the one that waits for it: signals go to its child."""
        return subprocess.Popen(
            self.command(words, directory),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=env or {"PATH": _PATH},
            start_new_session=True,
        )

    def processes(self) -> list[Process]:
        """All that runs in here, but for what holds it; zombies do not run."""
        here = Path(f"/proc/{self.pid}/ns/pid").readlink()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) in self._kept:
                continue
            try:
                if (entry / "ns/pid").readlink() == here:
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    parent = int((entry / "stat").read_text().rpartition(") ")[2].split()[1])
                    if line:  # a zombie has none
                        found.append(Process(int(entry.name), parent, line.strip()))
            except (OSError, ValueError):
                continue  # gone meanwhile
        return found

    def kill(self, wanted: Callable[[Process], bool], number: int = signal.SIGKILL) -> list[Process]:
        """Send a signal to the processes that are wanted; those that were sent it."""
        hit = []
        for process in self.processes():
            if wanted(process):
                try:
                    os.kill(process.pid, number)
                except ProcessLookupError:
                    continue
                hit.append(process)
        return hit

    def connect(self, address: tuple[str, int], timeout: float = 5.0) -> socket.socket:
        """A connection made from in here, usable outside."""
        made: list[socket.socket | OSError] = []

        def enter() -> None:
            with open(f"/proc/{self.pid}/ns/net") as net:  # noqa: PTH123 - a handle is all that is wanted
                if ctypes.CDLL(None, use_errno=True).setns(net.fileno(), _CLONE_NEWNET):
                    made.append(OSError(ctypes.get_errno(), "setns"))
                    return
            try:
                made.append(socket.create_connection(address, timeout))
            except OSError as err:
                made.append(err)

        # The namespace is the thread's, and the socket keeps it.
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]


def children(pid: int) -> list[int]:
    """The processes that a process started and that still are."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
