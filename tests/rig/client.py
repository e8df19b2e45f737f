"""The operator's machine: no way out but to the cloud, a home with keys, and haystack."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from .space import Process, Space, children

REPOSITORY = Path(__file__).parents[2]
_HAYSTACK = "import sys; from haystack.cli import main; sys.argv[0] = 'haystack'; sys.exit(main())"


class Done(NamedTuple):
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


class Client:
    """A space with the user's home (``~/.ssh`` with a key and known_hosts) and a working directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.work = directory / "work"
        self.temporary = directory / "tmp"
        self.ssh = directory / "home/.ssh"
        for made in (self.work, self.temporary, self.ssh, directory / "etc"):
            made.mkdir(parents=True)
        self.ssh.chmod(0o700)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.ssh / "id_ed25519")], check=True)
        self.known_hosts = self.ssh / "known_hosts"
        self.known_hosts.touch()
        self.public_key = (self.ssh / "id_ed25519.pub").read_text()
        home = Path("~").expanduser()
        lines = []
        for name, upper, place in (("home", "home", home), ("etc", "etc", Path("/etc"))):
            (directory / f"work-{name}").mkdir()
            options = f"lowerdir={place},upperdir={directory / upper},workdir={directory}/work-{name}"
            lines.append(f"mount -t overlay overlay -o {shlex.quote(options)} {shlex.quote(str(place))}")
        self.space = Space("client", "\n".join(lines))

    def close(self) -> None:
        self.space.close()

    def knows(self, address: str, key: str) -> None:
        """Note a host key."""
        with self.known_hosts.open("a") as file:
            file.write(f"{address} {key}\n")

    def names(self, addresses: Mapping[str, str]) -> None:
        """Make names resolve."""
        lines = "".join(f"{address} {name}\n" for name, address in addresses.items())
        self.space.run("sh", "-c", "cat > /etc/hosts", stdin=f"127.0.0.1 localhost client\n{lines}")

    def haystack(self, *words: str, timeout: float = 120.0, check: Iterable[int] = (0,)) -> Done:
        """Run haystack in the working directory to its end; another status than those of ``check`` is an error."""
        process = self.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.space.kill(lambda p: True)
            out, err = process.communicate()
            raise AssertionError(f"haystack {shlex.join(words)} did not end in {timeout} s: {err.decode()}") from None
        done = Done(process.returncode, out.decode(), err.decode())
        allowed = tuple(check)
        if allowed and done.status not in allowed:
            raise AssertionError(f"haystack {shlex.join(words)} ended with {done.status}\n{done.stdout}{done.stderr}")
        return done

    def start(
        self, *words: str, stdout: int | IO[bytes] = subprocess.DEVNULL, stderr: int | IO[bytes] = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start haystack in the working directory; ``pid_of`` tells its own process."""
        return self.python("-c", _HAYSTACK, *words, stdout=stdout, stderr=stderr)

    def python(
        self, *words: str, stdout: int | IO[bytes] = subprocess.DEVNULL, stderr: int | IO[bytes] = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start Python with haystack at hand."""
        environment = {
            **{k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "HAYSTACK_CACHE")},
            "HOME": str(Path("~").expanduser()),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(REPOSITORY),
        }
        return self.space.start([sys.executable, *words], str(self.work), environment, stdout=stdout, stderr=stderr)

    def running(self) -> list[Process]:
        """What runs here."""
        return self.space.processes()

    def left(self) -> list[str]:
        """Directories of connections that are still there."""
        return sorted(p.name for p in self.temporary.glob("haystack-*"))

    def small_disk(self, name: str, size: str) -> Path:
        """A directory of the working directory with so much room, ``8m`` say; seen by the client alone."""
        place = self.work / name
        place.mkdir()
        self.space.sh(f"mount -t tmpfs -o size={size} tmpfs {shlex.quote(str(place))}")
        return place

    def seen(self, path: Path) -> Path:
        """A path as the client sees it, from outside."""
        return Path(f"/proc/{self.space.pid}/root") / path.relative_to("/")


def pid_of(process: subprocess.Popen[bytes], timeout: float = 5.0) -> int:
    """The process of haystack itself, of one that was started here."""
    deadline = time.monotonic() + timeout
    while process.poll() is None and time.monotonic() < deadline:
        # One that ended meanwhile has none.
        with suppress(FileNotFoundError, ProcessLookupError):
            if found := children(process.pid):
                return found[0]
        time.sleep(0.005)
    raise ProcessLookupError("it does not run")
