"""What tests make logs of: lines as services write them, trees, compressed files, and the engine over them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from haystack import data_files
from haystack.formats import FORMATS, Line, Place, fold
from haystack.library.loader import read_services
from haystack.record import Record
from haystack.search.files import FilesEngine
from haystack.services import Services

CHECKOUT = Path(__file__).parent.parent
FIXTURES = CHECKOUT / "fixtures"
INCIDENTS = sorted(path.parent for path in FIXTURES.glob("*/incident.yaml"))
assert INCIDENTS

NEEDLE = "8d06afd5-b7e8-4b4c-a6a5-6ed4d2b2ee6e"
OTHER = "7ea6742c-3594-4d4f-a304-cf7fca5a08f2"
INSTANCE = "f07ebc5e-80de-43ca-890d-98d828fa294b"
USER = "1012a03be9574ebf9ccf17016f2b813d"
PROJECT = "0834190f9aa04288a220bc82c9d8418f"
START = datetime(2026, 11, 22, 6, 0, 0, tzinfo=timezone.utc)


def at(seconds: float) -> datetime:
    """So many seconds after START."""
    return START + timedelta(seconds=seconds)


def stamp(seconds: float) -> str:
    """What oslo.log writes for that time."""
    return at(seconds).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def oslo(
    seconds: float,
    text: str,
    request: str = "",
    level: str = "INFO",
    pid: int = 4711,
    logger: str = "nova.compute.manager",
    global_request: str = "None",
) -> str:
    """A line of oslo.log with its context bracket; without one for an empty ``request``."""
    bracket = f"[{global_request} req-{request} {USER} {PROJECT} - - default default]" if request else "[-]"
    return f"{stamp(seconds)} {pid} {level} {logger} {bracket} {text}"


def traceback(
    seconds: float,
    frames: int,
    pid: int = 4711,
    logger: str = "nova.compute.manager",
    last: str = "nova.exception.NovaException: it broke",
) -> list[str]:
    """The lines oslo.log puts under an ``exception``: its prefix on each, and no request id."""
    prefix = f"{stamp(seconds)} {pid} ERROR {logger} "
    lines = ["Traceback (most recent call last):"]
    for number in range(frames):
        lines += [f'  File "/usr/lib/python3/dist-packages/nova/module{number}.py", line {number + 1}, in function']
        lines += [f"    self.step_{number}(context, instance, image_meta)"]
    return [prefix + line for line in [*lines, last]]


def event(
    seconds: float,
    text: str,
    request: str,
    frames: int,
    pid: int = 4711,
    last: str = "nova.exception.NovaException: it broke",
) -> list[str]:
    """An ERROR with its traceback."""
    return [oslo(seconds, text, request, "ERROR", pid), *traceback(seconds, frames, pid, last=last)]


def zstd(data: bytes) -> bytes:
    """Compressed with zstandard, which need not be installed."""
    import zstandard

    return bytes(zstandard.ZstdCompressor().compress(data))


def tree(root: Path, **logs: Sequence[str]) -> Path:
    """A log tree of ``node__service=lines``, with ``_`` for ``-`` in the service: ``c1__nova_api=[...]``."""
    for name, lines in logs.items():
        node, service = name.split("__")
        write(root / node / "var/log" / service.split("_")[0] / f"{service.replace('_', '-')}.log", lines)
    return root


def merged(root: Path, *incidents: str) -> Path:
    """One log tree of several fixtures, captured in this order: the files of a node go on where the last one ended."""
    for incident in incidents:
        for path in sorted((FIXTURES / incident).rglob("*")):
            if path.is_file() and path.name != "incident.yaml":
                target = root / path.relative_to(FIXTURES / incident)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("ab") as file:
                    data = path.read_bytes()
                    file.write(data if data.endswith(b"\n") or not data else data + b"\n")
    return root


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": lambda data: gzip.compress(data, 1),
    ".xz": lambda data: lzma.compress(data, preset=0),
    ".bz2": lambda data: bz2.compress(data, 1),
    ".zst": zstd,
}


def write(path: Path, lines: Iterable[str] | bytes, end: str = "\n") -> Path:
    """A log file, compressed as its name says; its directories are made. ``lines`` may be the bytes themselves."""
    data = lines if isinstance(lines, bytes) else "".join(line + end for line in lines).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(COMPRESS.get(path.suffix, bytes)(data))
    return path


def services() -> Services:
    """The shipped table of services."""
    return Services(read_services(data_files.patterns_dir() / "services.yaml"))


SERVICES = services()


def engine(*roots: Path, jobs: int = 1) -> FilesEngine:
    """The engine over some paths."""
    return FilesEngine(roots, SERVICES, jobs=jobs)


def utc(time: datetime) -> datetime:
    """Naive stamps are UTC in the fixtures and here."""
    return time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)


def fold_all(lines: Sequence[str], place: Place | None = None) -> list[Record]:
    """All records of some lines, by ``fold`` alone; offsets are those in a file of these lines."""
    numbered, offset = [], 0
    for number, text in enumerate(lines, 1):
        numbered.append(Line(text, offset, number))
        offset += len(text.encode()) + 1
    return list(fold(numbered, FORMATS, place or Place("node", "nova-compute", "/var/log/x.log", "x"), utc))


def fixture_files() -> list[Path]:
    """All log files of the captured incidents."""
    files = sorted(path for incident in INCIDENTS for path in incident.rglob("*.log*") if path.is_file())
    assert files
    return files


def fixture_lines(path: Path) -> list[str]:
    """The lines of a log file of the captured incidents."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode("utf-8", "replace").splitlines()


# A child inherits the peak of the process it was forked from, and a test run grows: so a small one forks it.
_LAUNCH = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


def run_measured(command: Sequence[str], peak_file: Path) -> tuple[subprocess.CompletedProcess[bytes], int]:
    """Run a command to its end: how it ended, and the most memory that it had resident, in KiB."""
    launched = [sys.executable, "-I", "-c", _LAUNCH, str(peak_file), *command]
    done = subprocess.run(launched, capture_output=True, check=False)
    return done, int(peak_file.read_text())
