"""From the paths the user gives to log files, each with its node, its service and its path on the node.

``<root>/<node>/var/log/<service>/<file>`` is the layout of a fetched tree; any other directory, a single file, an
archive or standard input work too. ``layouts`` knows what paths tell, ``archives`` opens archives, ``facts`` reads what
a tree tells of its machine.
"""

from __future__ import annotations

import filecmp
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timezone, tzinfo
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..errors import SourceError, UnreadableError
from ..services import Services, file_stem
from . import facts
from .archives import Limits, Opened, Spool, kind_of, open_archive
from .clock import NodeClock
from .config_places import config_place
from .fetched import is_fetched, troubles
from .layouts import Layout, is_archive_name, layout, machine_at, node_name
from .query import Trouble
from .tree import facts_on_disk, walk

_COMPRESSED = {".gz": "gz", ".xz": "xz", ".bz2": "bz2", ".zst": "zst", ".zstd": "zst"}
_ROTATION = re.compile(r"\.(\d{1,4})(?:\.[a-z0-9]+)?$")
_DATED = re.compile(r"[.-](\d{8})(?:-\d+)?(?:\.[a-z0-9]+)?$")


class LogFile(NamedTuple):
    """A file of logs.

    ``source`` is the file as this machine opens it, for a member of an archive the spooled one. ``compression`` is
    empty, gz, xz, bz2 or zst; ``rotation`` is 0 for the current file, greater for older ones.
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
        directory, _, name = self.path.rpartition("/")
        return f"{self.node}:{directory}/{file_stem(name)}"


class ConfigSource(NamedTuple):
    """A configuration file: ``source`` is where it can be read, ``shown`` its name for the reader."""

    node: str
    service: str
    path: str
    source: Path
    shown: str


class Found(NamedTuple):
    """The files to read and what could not be listed.

    ``clocks`` are those of nodes whose tree tells them, ``notes`` what about them could not be understood. ``shown``
    are the names of spooled files for the reader, by source; the files are there as long as ``spool`` is. ``etc`` are
    the directories of configuration on the way, ``configs`` what each archive holds of it. ``machines`` are the facts
    of each node as its tree has them: bytes by name of ``facts.FACT_FILES``.
    """

    files: tuple[LogFile, ...]
    troubles: tuple[Trouble, ...]
    skipped: tuple[Trouble, ...]
    clocks: Mapping[str, NodeClock] = {}
    notes: tuple[str, ...] = ()
    shown: Mapping[str, str] = {}
    spool: Spool | None = None
    etc: tuple[Path, ...] = ()
    configs: Mapping[str, tuple[ConfigSource, ...]] = {}
    machines: Mapping[str, Mapping[str, bytes]] = {}


def discover(
    roots: Sequence[Path], services: Services, limits: Limits | None = None, zone: tzinfo = timezone.utc
) -> Found:
    """All log files below ``roots``, rotations of a log in the order of time, oldest first.

    Archives are unpacked within ``limits`` as far as they hold logs. ``zone`` is that of nodes of which only the
    clock's offset is known. Raises SourceError when a root does not exist. An unreadable directory, a link loop, a link
    out of the tree or a damaged archive is a ``Trouble``. Of copies of a log, one is among the files.
    """
    search = _Search(services, limits or Limits(), zone)
    for root in roots:
        try:
            info = root.stat()
        except OSError as err:
            raise SourceError(f"--logs {root}: {err.strerror}; give a directory of logs or a log file") from err
        if stat.S_ISDIR(info.st_mode):
            search.directory(root)
        elif not stat.S_ISREG(info.st_mode):
            search.troubles.append(Trouble(str(root), "not a regular file"))
        elif (info.st_dev, info.st_ino) not in search.seen:
            search.seen.add((info.st_dev, info.st_ino))
            search.named_file(root, info.st_size)
    return search.found()


class _Search:
    """What was found below the roots so far."""

    def __init__(self, services: Services, limits: Limits, zone: tzinfo) -> None:
        self.zone = zone
        self.services = services
        self.limits = limits
        self.files: list[LogFile] = []
        self.troubles: list[Trouble] = []
        self.skipped: list[Trouble] = []
        self.seen: set[tuple[int, int]] = set()
        self.clocks: dict[str, NodeClock] = {}
        self.notes: dict[str, None] = {}
        self.shown: dict[str, str] = {}
        self.spool: Spool | None = None
        self.etc: list[Path] = []
        self.configs: dict[str, tuple[ConfigSource, ...]] = {}
        self.machines: dict[str, Mapping[str, bytes]] = {}
        self.is_fetched: dict[tuple[str, ...], bool] = {}

    def found(self) -> Found:
        """All of it, in order."""
        self.files.sort(key=lambda file: (file.series, -file.rotation, file.path, file.size))
        self._drop_copies()
        if self.spool:
            self.troubles += self.spool.troubles
            self.skipped += self.spool.skipped
        return Found(
            tuple(self.files),
            tuple(self.troubles),
            tuple(self.skipped),
            self.clocks,
            tuple(self.notes),
            self.shown,
            self.spool,
            tuple(dict.fromkeys(self.etc)),
            self.configs,
            self.machines,
        )

    def _drop_copies(self) -> None:
        """Of the same log of a node twice, as of an archive beside what was unpacked of it, one is read."""
        kept: list[LogFile] = []
        for _, group in groupby(self.files, key=lambda file: (file.node, file.path, file.size)):
            different: list[LogFile] = []
            for file in group:
                same = next((other for other in different if file.size and _same_content(file, other)), None)
                if same is None:
                    different.append(file)
                else:
                    reason = f"the same as {self.shown.get(same.source, same.source)}"
                    self.skipped.append(Trouble(file.source, reason))
            kept += different
        self.files = kept

    def named_file(self, path: Path, size: int) -> None:
        """A file that the user named: an archive when it is one, else a log whatever its name."""
        try:
            kind = kind_of(path)
        except (OSError, UnreadableError):
            kind = ""  # reading it as a log tells what is wrong with it
        if kind:
            self.archive(path, kind)
        else:
            self._disk_file(path, size, path.parent.absolute().parts, (path.name,), {})

    def directory(self, root: Path) -> None:
        """All logs and archives below a directory."""
        names: dict[tuple[str, ...], str] = {}
        above = root.absolute().parts
        self.troubles += troubles(root)
        for path, below, size in walk(root, self.seen, self.troubles, self.skipped, self.etc):
            if is_archive_name(below[-1]):
                self._archive_in_directory(path)
            else:
                self._disk_file(path, size, above, below, names)

    def _archive_in_directory(self, path: Path) -> None:
        try:
            kind = kind_of(path)
        except (OSError, UnreadableError) as err:
            self.troubles.append(Trouble(str(path), getattr(err, "strerror", None) or str(err)))
            return
        if kind:
            self.archive(path, kind)
        elif path.suffix.lower() == ".tar":
            self.skipped.append(Trouble(str(path), "no log by its name"))
        else:
            self.troubles.append(Trouble(str(path), "no archive, whatever its name says"))

    def archive(self, path: Path, kind: str) -> None:
        """All logs in an archive, and in those inside it."""
        self.spool = self.spool or Spool(self.limits)
        for opened in open_archive(self.spool, self.services, path, kind):
            self._opened(opened)

    def _opened(self, opened: Opened) -> None:
        default = self._node_of(opened)
        for machine, told in opened.facts.items():
            self._clock(self._node_in(opened, machine, default), told)
        for member in opened.members:
            found = layout((), member.parts, self.services)
            if found.machine is None:
                node = found.name or default
            else:
                node = self._node_in(opened, found.machine, found.name or default)
            name = "/".join(member.parts)
            self.shown[str(member.source)] = f"{opened.name}:{name}"
            self._add(member.source, member.parts[-1], found.path, node, member.size)
        self.configs[opened.name] = tuple(self._configs_in(opened, default))

    def _configs_in(self, opened: Opened, default: str) -> Iterator[ConfigSource]:
        for member in opened.configs:
            place = config_place(member.parts, self.services)
            if place:
                named = node_name(place.machine[-1]) if place.machine else ""
                node = self._node_in(opened, place.machine, named or default)
                shown = f"{opened.name}:{'/'.join(member.parts)}"
                yield ConfigSource(printable(node), place.service, printable(place.path), member.source, shown)

    def _node_of(self, opened: Opened) -> str:
        """The node of what stands at the top of an archive: the machine it lies on, or what it is called."""
        if opened.outer:
            outer, parts = opened.outer
            at = machine_at(parts)
            if at is not None:  # a bundle of logs below some machine's /var/log
                return self._node_in(outer, parts[:at], node_name(parts[at - 1]) if at else self._node_of(outer))
        return node_name(opened.stem)

    def _node_in(self, opened: Opened, machine: tuple[str, ...], otherwise: str) -> str:
        told = facts.hostname(opened.facts.get(machine, {}))
        return told or otherwise

    def _disk_file(
        self, path: Path, size: int, above: Sequence[str], below: Sequence[str], names: dict[tuple[str, ...], str]
    ) -> None:
        found = self._fetched(above, below) or layout(above, below, self.services)
        node = found.name
        if found.machine is not None:
            if found.machine not in names:
                told = facts_on_disk(Path(*found.machine))
                names[found.machine] = facts.hostname(told) or node
                self._clock(names[found.machine], told)
            node = names[found.machine]
        self._add(path, below[-1], found.path, node, size)

    def _fetched(self, above: Sequence[str], below: Sequence[str]) -> Layout | None:
        """The place of a file in a fetched tree, where the directory says which node it is, whatever the path says."""
        parts = (*above, *below)
        for length in range(len(above) + len(below) - 1, 1, -1):
            machine = parts[:length]
            if machine not in self.is_fetched:
                self.is_fetched[machine] = is_fetched(Path(*machine))
            if self.is_fetched[machine]:
                return Layout(machine, "/" + "/".join(parts[length:]), machine[-1])
        return None

    def _clock(self, node: str, told: Mapping[str, bytes]) -> None:
        if told:
            self.machines.setdefault(printable(node), told)
        clock, problem = facts.clock(told, self.zone)
        if clock and printable(node) not in self.clocks:
            self.clocks[printable(node)] = clock
        if problem:
            self.notes[f"{node or 'clock'}: {problem}"] = None

    def _add(self, source: Path, name: str, on_node: str, node: str, size: int) -> None:
        self.files.append(
            LogFile(
                str(source),
                printable(on_node),
                printable(node),
                self.services.of_path(on_node),
                size,
                compression(name),
                rotation(name),
            )
        )


def _same_content(one: LogFile, other: LogFile) -> bool:
    try:
        return one.size > 0 and filecmp.cmp(one.source, other.source, shallow=False)
    except OSError:
        return False  # reading it tells what is wrong with it


def compression(name: str) -> str:
    """How a file is compressed by its name: empty, gz, xz, bz2 or zst."""
    return _COMPRESSED.get(PurePosixPath(name).suffix.lower(), "")


def rotation(name: str) -> int:
    """``x.log.2.gz`` is 2; a date counts backwards, so that here too the greater is the older."""
    dated = _DATED.search(name)
    if dated:
        return 100_000_000 - int(dated.group(1))
    numbered = _ROTATION.search(name)
    return int(numbered.group(1)) if numbered else 0


def printable(path: str) -> str:
    """A path as it can be shown: bytes of a name that are no UTF-8 become U+FFFD."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def nodes_of(files: Iterable[LogFile]) -> list[str]:
    """Names of the nodes the files come from, sorted."""
    return sorted({file.node for file in files})
