"""Connections to nodes by the system's OpenSSH: one login a node, and everything goes over it.

``Connections`` opens a control master for each node and for each jump host, shared by the nodes behind it. ssh reads
its own configuration (keys, agent, ``Host`` and ``Match`` blocks), so that what works in a shell works here. A master
is held by a pipe: when haystack ends, however it ends, the pipe closes, the node's side of it ends and so do both.
"""

from __future__ import annotations

import os
import selectors
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

from ..errors import NodeError, SettingsError
from ..settings import Node, SshOptions
from .children import held
from .reasons import last_words, sudo_refused, why

_READY = b"haystack-ready"
# A login shell that greets at length is put up with for so many bytes.
_GREETING = 64 << 10
_STDERR = 64 << 10
# Beyond the connect timeout: key exchange, login, PAM, a slow login shell.
_LOGIN = 20.0
# A control socket's path ends with 17 characters of ssh's own while it is made; the kernel allows 104 to 108.
_LONGEST_SOCKET = 80
_LOST = 255


class Answer(NamedTuple):
    """What a command on a node answered; ``stdout`` is never longer than was allowed."""

    status: int
    stdout: bytes
    stderr: str


class Connections:
    """Connections that end together; ``jumps`` are the nodes by name, for jump hosts that are nodes."""

    def __init__(self, options: SshOptions | None = None, jumps: Mapping[str, Node] | None = None) -> None:
        self.options = options or SshOptions()
        self.nodes = dict(jumps or {})
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._jumps: dict[tuple[str, ...], _Jump] = {}
        self._count = 0
        self.directory = Path()

    def __enter__(self) -> Connections:
        ssh = shutil.which("ssh")
        if ssh is None:
            raise SettingsError("ssh is not installed; install the package openssh-client")
        base = tempfile.gettempdir()
        base = "/tmp" if len(base) > _LONGEST_SOCKET else base  # noqa: S108 - mkdtemp makes it ours alone
        self.directory = Path(tempfile.mkdtemp(prefix="haystack-ssh-", dir=base))
        self._stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def to(self, node: Node) -> Iterator[Connection]:
        """A connection to a node, logged in. Raises NodeError."""
        connection = Connection(node, self.options, self._socket(), self._way(node))
        try:
            connection.open()
            yield connection
        finally:
            connection.close()

    def _way(self, node: Node) -> Connection | None:
        """The open connection to the last host on the way to a node; None where it is reached directly."""
        if not node.jump:
            return None
        with self._lock:
            jump = self._jumps.setdefault(node.jump, _Jump(threading.Lock()))
        with jump.lock:  # the first who comes opens it, the others wait
            if jump.error is not None:
                raise NodeError(node.name, "jump", f"the jump host {jump.error}")
            if jump.connection is None or not jump.connection.alive:
                host = self.nodes.get(node.jump[-1]) or jump_host(node.jump[-1])
                try:
                    before = self._way(host._replace(name=node.jump[-1], jump=node.jump[:-1] or host.jump))
                    jump.connection = Connection(host, self.options, self._socket(), before, is_jump=True)
                    self._stack.callback(jump.connection.close)
                    jump.connection.open()
                except NodeError as err:
                    jump.error = err
                    raise NodeError(node.name, "jump", f"the jump host {err}") from err
            return jump.connection

    def _socket(self) -> Path:
        with self._lock:
            self._count += 1
            return self.directory / str(self._count)


class _Jump:
    def __init__(self, lock: threading.Lock) -> None:
        self.lock = lock
        self.connection: Connection | None = None
        self.error: NodeError | None = None


class Connection:
    """One login on a node. Safe to use from several threads; each command is a channel of its own.

    It ends with the thread that opened it.
    """

    def __init__(
        self, node: Node, options: SshOptions, socket: Path, way: Connection | None, is_jump: bool = False
    ) -> None:
        self.node = node
        self.is_jump = is_jump
        self._options = options
        self._socket = socket
        self._way = way
        self._master: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        """Whether the login still stands, as far as ssh knows."""
        return self._master is not None and self._master.poll() is None

    def open(self) -> None:
        """Log in. Raises NodeError."""
        # The shell of the user may be any; these words are the same in all of them.
        command = [*self._ssh(master=True), self.node.host, f"echo {_READY.decode()}; exec cat >/dev/null"]
        # A jump host's must outlive the thread that comes first; it ends when no node behind it is left.
        command = command if self.is_jump else held(command)
        self._master = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )
        timeout = self._options.connect_timeout + _LOGIN
        said, stderr, ended = _until(self._master, _READY, timeout)
        if _READY in said:
            return
        self.close()
        if len(said) >= _GREETING:
            raise NodeError(
                self.node.name, "garbage", "it greets without end", "look at the shell's start-up files there"
            )
        words = stderr.decode("utf-8", "replace")
        if not ended and not words.strip():
            raise NodeError(self.node.name, "slow", f"no login within {timeout:.0f} s", "is it overloaded?")
        raise why(self.node, words, known_hosts=self._options.known_hosts)

    def close(self) -> None:
        """End the login and everything that goes over it."""
        master, self._master = self._master, None
        if master is None:
            return
        for pipe in (master.stdin, master.stdout, master.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        # Asked by signal, not through its socket: a master whose link is cut would not answer there.
        master.terminate()
        try:
            master.wait(2)
        except subprocess.TimeoutExpired:
            master.kill()
            master.wait()
        self._socket.unlink(missing_ok=True)

    def run(
        self,
        script: str,
        *,
        stdin: bytes = b"",
        sudo: bool | None = None,
        timeout: float = 60.0,
        limit: int = 8 << 20,
    ) -> Answer:
        """Run a POSIX shell script on the node and wait for its end; ``sudo`` is the node's setting unless given.

        A status other than 0 is an answer. Raises NodeError when the connection breaks, sudo refuses, the time is over
        or more than ``limit`` bytes come.
        """
        process = self.start(script, sudo=sudo, lifetime=timeout)
        try:
            out, err, problem = _communicate(process, stdin, timeout, limit)
        finally:
            reap(process)
        if problem == "slow":
            raise NodeError(self.node.name, "slow", f"no answer within {timeout:.0f} s", "is it overloaded?")
        if problem:
            raise NodeError(self.node.name, "garbage", f"it answers without end (more than {limit} bytes)")
        words = err.decode("utf-8", "replace")
        if process.returncode == _LOST or process.returncode < 0:
            raise self.lost(words)
        refused = sudo_refused(self.node, words) if self._sudo(sudo) and process.returncode == 1 else None
        if refused:
            raise refused
        return Answer(process.returncode, out, words)

    def start(
        self,
        script: str,
        *,
        sudo: bool | None = None,
        lifetime: float = 3600.0,
        stdin: int | IO[bytes] = subprocess.PIPE,
        stdout: int | IO[bytes] = subprocess.PIPE,
        stderr: int | IO[bytes] = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start a POSIX shell script on the node; the caller reads, waits and asks ``lost`` about status 255.

        It ends with the thread that starts it, on the node after ``lifetime`` seconds at the latest: sshd leaves alone
        what runs on when a connection is lost.
        """
        return subprocess.Popen(  # noqa: S603
            held([*self._ssh(), self.node.host, self._command(script, sudo, lifetime)]),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=_environment(),
            start_new_session=True,
        )

    def lost(self, stderr: str) -> NodeError:
        """Why a command ended with 255: what ssh said, or that the connection broke."""
        error = why(self.node, stderr)
        return error if last_words(stderr) else NodeError(self.node.name, "lost", "the connection broke")

    def remote_shell(self) -> str:
        """What ``rsync -e`` is given: ssh over this login."""
        return shlex.join(self._ssh())

    def subsystem(self, name: str, channel: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start a subsystem of sshd (``sftp``) on both ends of a socket."""
        command = held([*self._ssh(), "-s", self.node.host, name])
        return subprocess.Popen(  # noqa: S603
            command, stdin=channel, stdout=channel, stderr=subprocess.PIPE, env=_environment(), start_new_session=True
        )

    def _sudo(self, sudo: bool | None) -> bool:
        return self.node.sudo if sudo is None else sudo

    def _command(self, script: str, sudo: bool | None, lifetime: float) -> str:
        # C: what tools say is read here. The script goes as an argument, so that stdin is the caller's.
        words = ["env", "LC_ALL=C", "timeout", "-k", "5", f"{lifetime + 5:.0f}", "sh", "-c", script]
        return shlex.join(["sudo", "-n", "--", *words] if self._sudo(sudo) else words)

    def _ssh(self, master: bool = False) -> list[str]:
        """ssh with all its options, without the host."""
        options, node = self._options, self.node
        words = ["ssh", "-T", "-S", str(self._socket)]
        words += ["-F", options.config] if options.config else []
        words += ["-l", node.user] if node.user else []
        words += ["-p", str(node.port)] if node.port else []
        given = {
            "ControlMaster": "yes" if master else "no",
            "ControlPersist": "no",
            "BatchMode": "yes",
            "StrictHostKeyChecking": "accept-new" if options.accept_new else "yes",
            "UpdateHostKeys": "no",
            "ConnectTimeout": str(max(1, round(options.connect_timeout))),
            "ServerAliveInterval": str(max(1, round(options.idle_timeout / 3))),
            "ServerAliveCountMax": "3",
            # What the user's configuration may ask for a shell would break a command.
            "ClearAllForwardings": "yes",
            "ForwardAgent": "no",
            "ForwardX11": "no",
            "PermitLocalCommand": "no",
            "RemoteCommand": "none",
            "EscapeChar": "none",
        }
        # ssh splits these at blanks and expands percent signs.
        files = {"UserKnownHostsFile": options.known_hosts, "IdentityFile": node.identity}
        given |= {key: '"{}"'.format(path.replace("%", "%%")) for key, path in files.items() if path}
        if not master:
            # A login that is gone is a node that is lost. ssh would make another one, of its own and behind our back.
            given["ProxyCommand"] = "false"
        elif self._way is not None:
            # Over the jump host's own login: two hundred nodes behind it are one connection to it.
            words += ["-o", f"ProxyCommand={shlex.join(self._way._through())}"]
        for key, value in given.items():
            words += ["-o", f"{key}={value}"]
        return words

    def _through(self) -> list[str]:
        # %h and %p are the next host's; other percent signs are the text's own.
        return [word.replace("%", "%%") for word in self._ssh()] + ["-W", "[%h]:%p", self.node.host.replace("%", "%%")]


def jump_host(text: str) -> Node:
    """The node that ``[user@]host[:port]`` or ``[user@][v6]:port`` names, as in ssh's ProxyJump."""
    user, _, rest = text.rpartition("@")
    if rest.startswith("["):
        host, _, port = rest[1:].partition("]")
        port = port.removeprefix(":")
    else:
        host, _, port = rest.partition(":") if rest.count(":") == 1 else (rest, "", "")
    return Node(name=text, address=host, user=user, port=int(port) if port.isdigit() else 0)


def _environment() -> dict[str, str]:
    # ssh's own words are read here; nobody sits before a window to type a password into.
    environment = {key: value for key, value in os.environ.items() if key not in ("SSH_ASKPASS", "DISPLAY")}
    return {**environment, "LC_ALL": "C"}


def _until(process: subprocess.Popen[bytes], mark: bytes, timeout: float) -> tuple[bytes, bytes, bool]:
    """What a process said on stdout up to a mark, what on stderr, and whether it ended."""
    said, stderr = bytearray(), bytearray()
    deadline = time.monotonic() + timeout
    assert process.stdout is not None
    assert process.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, said)
        selector.register(process.stderr, selectors.EVENT_READ, stderr)
        while selector.get_map() and mark not in said and len(said) < _GREETING:
            left = deadline - time.monotonic()
            if left <= 0:
                return bytes(said), bytes(stderr), False
            for key, _ in selector.select(left):
                data = os.read(key.fd, 4096)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.data is said or len(stderr) < _STDERR:
                    key.data.extend(data)
    return bytes(said), bytes(stderr), not selector.get_map()


def _communicate(
    process: subprocess.Popen[bytes], stdin: bytes, timeout: float, limit: int
) -> tuple[bytes, bytes, str]:
    """What a process answered to ``stdin``, and what was wrong with that: ``slow``, ``endless`` or nothing."""
    out, err = bytearray(), bytearray()
    deadline = time.monotonic() + timeout
    rest = memoryview(stdin)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    os.set_blocking(process.stdin.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, out)
        selector.register(process.stderr, selectors.EVENT_READ, err)
        selector.register(process.stdin, selectors.EVENT_WRITE)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return bytes(out), bytes(err), "slow"
            for key, _ in selector.select(left):
                if key.fileobj is process.stdin:
                    try:
                        rest = rest[os.write(key.fd, rest[: 1 << 16]) :] if rest else rest
                    except BrokenPipeError:
                        rest = rest[:0]  # it does not want to know more
                    except BlockingIOError:
                        continue
                    if not rest:
                        selector.unregister(process.stdin)
                        with suppress(OSError):
                            process.stdin.close()
                    continue
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.data is out:
                    out.extend(data)
                    if len(out) > limit:
                        return b"", bytes(err), "endless"  # nobody wants it, and it may be large
                elif len(err) < _STDERR:
                    err.extend(data)
    try:
        process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return bytes(out), bytes(err), "slow"
    return bytes(out), bytes(err), ""


def reap(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here, with its pipes."""
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    if process.poll() is None:
        process.kill()
        process.wait()
