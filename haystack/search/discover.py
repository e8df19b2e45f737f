"""From the paths the user gives to log files, each with its node, its service and its path on the node.

``<root>/<node>/var/log/<service>/<file>`` is the layout of a fetched tree; any other directory, a single file or
standard input work too: the node is then the first directory below the root that is no service's.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..errors import SourceError
from ..services import Services, file_stem
from .query import Trouble

# In a directory, files that are no logs by their ending. A file named on the command line is always read.
_NO_LOGS = frozenset(
    """
    .yaml .yml .md .rst .html .htm .css .js .py .pyc .sh .png .jpg .svg .pdf .db .sqlite .so .pcap .rpm .deb .conf
    .cfg .ini .pem .crt .key .journal .qcow2 .img .iso .tar .tgz .zip .rrd .lock .pid .sock
    """.split()
)
_NO_LOG_NAMES = frozenset(("wtmp", "btmp", "lastlog", "faillog", "tallylog"))
_COMPRESSED = {".gz": "gz", ".xz": "xz", ".bz2": "bz2", ".zst": "zst", ".zstd": "zst"}
_ROTATION = re.compile(r"\.(\d{1,4})(?:\.[a-z0-9]+)?$")
_DATED = re.compile(r"[.-](\d{8})(?:-\d+)?(?:\.[a-z0-9]+)?$")
_ARCHIVE = re.compile(r"\.(tar|tgz|zip|tar\.(gz|xz|bz2|zst))$")
_NODE_WORDS = frozenset(("var", "log", "logs", "sos_commands", "etc"))


class LogFile(NamedTuple):
    """A file of logs.

    ``compression`` is empty, gz, xz, bz2 or zst; ``rotation`` is 0 for the current file, greater for older ones.
    """

    source: str
    path: str
    node: str
    service: str
    size: int
    compression: str
    rotation: int

    @property
    def series(self) -> str:
        """What all rotations of one log have in common."""
        return f"{self.node}:{PurePosixPath(self.path).parent}/{file_stem(PurePosixPath(self.path).name)}"


class Found(NamedTuple):
    """The files to read and what could not be listed."""

    files: tuple[LogFile, ...]
    troubles: tuple[Trouble, ...]
    skipped: tuple[Trouble, ...]


def discover(roots: Sequence[Path], services: Services) -> Found:
    """All log files below ``roots``, rotations of a log in the order of time, oldest first.

    Raises SourceError when a root does not exist. An unreadable directory, a link loop or a link out of the tree is
    a ``Trouble``.
    """
    files: list[LogFile] = []
    troubles: list[Trouble] = []
    skipped: list[Trouble] = []
    seen: set[tuple[int, int]] = set()
    for root in roots:
        try:
            info = root.stat()
        except OSError as err:
            raise SourceError(f"--logs {root}: {err.strerror}; give a directory of logs or a log file") from err
        if stat.S_ISDIR(info.st_mode):
            for path, size in _walk(root, seen, troubles, skipped):
                files.append(_log_file(path, size, root, services))
        elif not stat.S_ISREG(info.st_mode):
            troubles.append(Trouble(str(root), "not a regular file"))
        elif _ARCHIVE.search(root.name.lower()):
            troubles.append(Trouble(str(root), "an archive; unpack it and give the directory"))
        elif (info.st_dev, info.st_ino) not in seen:
            seen.add((info.st_dev, info.st_ino))
            files.append(_log_file(root, info.st_size, root.parent, services))
    files.sort(key=lambda file: (file.series, -file.rotation, file.path))
    return Found(tuple(files), tuple(troubles), tuple(skipped))


def _walk(
    root: Path, seen: set[tuple[int, int]], troubles: list[Trouble], skipped: list[Trouble]
) -> Iterator[tuple[Path, int]]:
    real_root = os.path.realpath(root)
    stack = [root]
    while stack:
        directory = stack.pop()
        try:
            info = directory.stat()
            if (info.st_dev, info.st_ino) in seen:
                continue  # a link loop, or a root given twice
            seen.add((info.st_dev, info.st_ino))
            with os.scandir(directory) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as err:
            troubles.append(Trouble(str(directory), err.strerror or str(err)))
            continue
        for entry in entries:
            path = Path(entry.path)
            try:
                if entry.is_symlink() and not _inside(entry.path, real_root):
                    troubles.append(Trouble(entry.path, "a link that leads out of the tree; not followed"))
                    continue
                info = entry.stat()
            except OSError as err:
                troubles.append(Trouble(entry.path, err.strerror or str(err)))
                continue
            if stat.S_ISDIR(info.st_mode):
                stack.append(path)
            elif not stat.S_ISREG(info.st_mode):
                skipped.append(Trouble(entry.path, "not a regular file"))
            elif path.suffix.lower() in _NO_LOGS or entry.name in _NO_LOG_NAMES:
                skipped.append(Trouble(entry.path, "no log by its name"))
            elif (info.st_dev, info.st_ino) not in seen:
                seen.add((info.st_dev, info.st_ino))
                yield path, info.st_size


def _inside(path: str, real_root: str) -> bool:
    return os.path.realpath(path).startswith(real_root + os.sep)


def _log_file(path: Path, size: int, root: Path, services: Services) -> LogFile:
    node, on_node = place(path, root, services)
    return LogFile(
        str(path),
        printable(on_node),
        printable(node),
        services.of_path(on_node),
        size,
        _COMPRESSED.get(path.suffix.lower(), ""),
        _rotation(path.name),
    )


def _rotation(name: str) -> int:
    """``x.log.2.gz`` is 2; a date counts backwards, so that here too the greater is the older."""
    dated = _DATED.search(name)
    if dated:
        return 100_000_000 - int(dated.group(1))
    numbered = _ROTATION.search(name)
    return int(numbered.group(1)) if numbered else 0


def printable(path: str) -> str:
    """A path as it can be shown: bytes of a name that are no UTF-8 become U+FFFD."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def place(path: Path, root: Path, services: Services) -> tuple[str, str]:
    """(node, path on the node) of a file below a root. The node is empty when nothing names it."""
    parts = path.absolute().parts
    for i in range(len(parts) - 2, 0, -1):
        if parts[i : i + 2] == ("var", "log"):
            node = parts[i - 1] if i > 1 else ""
            return node, "/" + "/".join(parts[i:])
    below = path.relative_to(root).parts
    if len(below) > 1 and below[0] not in _NODE_WORDS and not _is_service_dir(below[0], services):
        return below[0], "/" + "/".join(below[1:])
    return "", "/" + "/".join(below)


def _is_service_dir(name: str, services: Services) -> bool:
    return bool(services.of_name(name)) or any(name in row.dirs for row in services.rows.values())


def nodes_of(files: Iterable[LogFile]) -> list[str]:
    """Names of the nodes the files come from, sorted."""
    return sorted({file.node for file in files})
