"""Archives as log sources: sos reports, must-gathers, the zip of a ticket.

Search asks each file several times, so the members that are logs are spooled to a private directory (0700); compressed
members stay compressed. Neither names nor links of an archive ever reach the file system: spooled files are
numbered, links are followed among the members only. What is refused, and what lies behind damage, is told.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tarfile
import tempfile
import time
import weakref
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from ..errors import SourceError, UnreadableError
from . import facts, layouts, reading
from .query import Trouble

_CHUNK = 1 << 20
_MAGIC = {b"\x1f\x8b": "gz", b"\xfd7zXZ\0": "xz", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zst"}
# Below this many bytes any ratio is taken for a log that repeats itself.
_RATIO_FREE = 256 << 20
# Headers that name a member hold a path. tarfile reads them whole into memory.
_LONGEST_HEADER = 1 << 20
_LONGEST_LINK = 4096
_MOST_HOPS = 16
# Archives in an archive are opened, archives in those are not.
_DEEPEST = 1
# Complaints about one archive; a hostile one has as many as it has members.
_MOST_TROUBLES = 50


class Limits(NamedTuple):
    """How far an archive is unpacked: bytes in all, members, and bytes for each byte of the archive (0: any).

    Archives inside count for the one they are in.
    """

    size: int = 20 << 30
    members: int = 500_000
    ratio: int = 250


class Member(NamedTuple):
    """A log that was spooled: its path in the archive, and the file that holds it now."""

    parts: tuple[str, ...]
    source: Path
    size: int


class Opened(NamedTuple):
    """What was found in an archive. ``system`` are the directories in it that are copies of a file system."""

    name: str  # as it is shown: path of the archive, for a nested one `outer.zip:inner.tar`
    stem: str
    members: list[Member]
    facts: dict[tuple[str, ...], dict[str, bytes]]
    system: set[tuple[str, ...]]
    outer: tuple[Opened, tuple[str, ...]] | None  # the archive it is in, and where in it


class LimitError(UnreadableError):
    """An archive holds more than the limits allow."""


class NoRoomError(UnreadableError):
    """The private directory cannot take more."""


def kind_of(path: Path) -> str:
    """What archive a file is by its content: ``zip``, ``tar``, ``tar.gz`` …; empty for none.

    Raises OSError, and UnreadableError when it is damaged at its very beginning.
    """
    with path.open("rb") as file:
        head = file.read(tarfile.BLOCKSIZE)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if _is_tar(head):
        return "tar"
    for magic, compression in _MAGIC.items():
        if head.startswith(magic):
            with reading.open_stream(str(path), compression) as stream:
                data = next(reading.stream_blocks(stream, tarfile.BLOCKSIZE), b"")
            return f"tar.{compression}" if _is_tar(data) else ""
    return ""


def _is_tar(data: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(data[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class Spool:
    """The private directory of one run; it goes with the object, at the latest when the process ends.

    A process that is killed with SIGKILL leaves it behind, as ``haystack-spool-…`` below ``$TMPDIR``.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.troubles: list[Trouble] = []
        self.skipped: list[Trouble] = []
        try:
            self.directory = Path(tempfile.gettempdir()) / f"haystack-spool-{secrets.token_hex(8)}"
            # Registered before it is there: a signal may come in between.
            self._remove = weakref.finalize(self, _remove, self.directory, os.getpid())
            self.directory.mkdir(mode=0o700)
        except OSError as err:
            raise SourceError(f"no place to unpack archives: {err}; set TMPDIR") from err
        self._count = 0

    def close(self) -> None:
        """Remove the directory."""
        self._remove()

    def open(self, path: Path, kind: str) -> list[Opened]:
        """The archive and those in it. Damage and refusals are in ``troubles``, what is no log in ``skipped``."""
        shown = str(path)
        try:
            budget = _Budget(self.limits, path.stat().st_size)
        except OSError as err:
            self.troubles.append(Trouble(shown, err.strerror or str(err)))
            return []
        return list(self._open(path, kind, shown, layouts.archive_stem(path.name), None, budget))

    def _open(
        self,
        path: Path,
        kind: str,
        shown: str,
        stem: str,
        outer: tuple[Opened, tuple[str, ...]] | None,
        budget: _Budget,
    ) -> Iterator[Opened]:
        reader = _Reader(self, Opened(shown, stem, [], {}, set(), outer), budget, depth=1 if outer else 0)
        try:
            (_read_zip if kind == "zip" else _read_tar)(path, kind, reader)
        except LimitError as err:
            self.troubles.append(Trouble(shown, f"{err}; read up to there"))
        except NoRoomError as err:
            self.troubles.append(Trouble(shown, str(err)))
        except (UnreadableError, OSError) as err:
            self.troubles.append(Trouble(shown, str(err)))
        opened = reader.finish()
        yield opened
        for parts, source in reader.nested:
            name = f"{shown}:{'/'.join(parts)}"
            try:
                inner = kind_of(source)
                if inner:
                    yield from self._open(source, inner, name, layouts.archive_stem(parts[-1]), (opened, parts), budget)
                else:
                    self.troubles.append(Trouble(name, "no archive, whatever its name says"))
            except (OSError, UnreadableError) as err:
                self.troubles.append(Trouble(name, str(err)))
            source.unlink(missing_ok=True)

    def write(self, read: Callable[[int], bytes], modified: float) -> tuple[Path, int, str]:
        """Spool what ``read`` gives: the file, its size, and in words the damage that ended it early."""
        self._count += 1
        path = self.directory / f"{self._count:07}"
        size, damage = 0, ""
        try:
            with path.open("xb") as file:
                while True:
                    try:
                        data = read(_CHUNK)
                    except UnreadableError as err:
                        if isinstance(err, LimitError):
                            raise
                        damage = str(err)
                        break
                    if not data:
                        break
                    size += len(data)
                    try:
                        file.write(data)
                        file.flush()
                    except OSError as err:
                        raise NoRoomError(
                            f"not unpacked to its end: {self.directory.parent}: {err.strerror}; set TMPDIR to a"
                            " directory with more room"
                        ) from err
            # The year of a syslog line is told by the file's time.
            os.utime(path, (modified, modified))
        except UnreadableError:
            path.unlink(missing_ok=True)
            raise
        except OSError as err:
            path.unlink(missing_ok=True)
            raise NoRoomError(f"not unpacked to its end: {self.directory.parent}: {err.strerror}") from err
        return path, size, damage


def _remove(directory: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked worker shares the object, not the directory
        shutil.rmtree(directory, ignore_errors=True)


class _Budget:
    """What is left of the limits for one archive and those in it."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self.limits = limits
        self.packed = max(packed, 1)
        self.unpacked = 0
        self.members = 0

    def take(self, size: int) -> None:
        """Account for unpacked bytes. Raises LimitError."""
        self.unpacked += size
        limits = self.limits
        if self.unpacked > limits.size:
            raise LimitError(
                f"unpacks to more than {_in_words(limits.size)}; raise it with --max-archive-size if you trust it"
            )
        if limits.ratio and self.unpacked > max(_RATIO_FREE, limits.ratio * self.packed):
            raise LimitError(
                f"unpacks to more than {limits.ratio} times its size, as archive bombs do;"
                " say how much it may be with --max-archive-size if you trust it"
            )

    def member(self) -> None:
        """Account for a member. Raises LimitError."""
        self.members += 1
        if self.members > self.limits.members:
            raise LimitError(
                f"holds more than {self.limits.members:,} members; raise it with --max-archive-members if you trust it"
            )


def _in_words(size: int) -> str:
    for unit, name in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >= 1 << unit:
            return f"{size / (1 << unit):.4g} {name}"
    return f"{size} bytes"


class _Reader:
    """Takes the members of one archive, one by one, and decides what becomes of each."""

    def __init__(self, spool: Spool, opened: Opened, budget: _Budget, depth: int) -> None:
        self.spool = spool
        self.opened = opened
        self.budget = budget
        self.depth = depth
        self.nested: list[tuple[tuple[str, ...], Path]] = []
        self._files: dict[tuple[str, ...], Member] = {}
        self._links: dict[tuple[str, ...], tuple[tuple[str, ...], str]] = {}
        self._left_out = 0
        self._complaints = 0

    def complain(self, name: str, reason: str) -> None:
        """Tell of something in the archive that was refused."""
        self._complaints += 1
        if self._complaints <= _MOST_TROUBLES:
            self.spool.troubles.append(Trouble(f"{self.opened.name}:{name}", reason))

    def parts_of(self, name: str) -> tuple[str, ...] | None:
        """The path of a member, or None for one that leads out of the archive."""
        parts = tuple(part for part in name.split("/") if part not in ("", "."))
        if name.startswith("/") or ".." in parts:
            self.complain(name, "a path that leads out of the archive; refused")
            return None
        if "sos_commands" in parts:
            self.opened.system.add(parts[: parts.index("sos_commands")])
        return parts or None

    def takes(self, parts: tuple[str, ...]) -> bool:
        """Whether something at this path is wanted: a log, a fact, an archive."""
        if facts.fact_of(parts):
            return True
        if layouts.is_log_place(parts) and (layouts.is_log_name(parts[-1]) or layouts.is_archive_name(parts[-1])):
            return True
        self._left_out += 1
        return False

    def file(self, parts: tuple[str, ...], size: int, modified: float, read: Callable[[int], bytes]) -> None:
        """A regular file that is wanted. Raises UnreadableError for damage in it, after what could be read."""
        fact = facts.fact_of(parts)
        if fact:
            if size <= facts.MOST_BYTES:
                self._fact(fact, read(facts.MOST_BYTES))
        elif layouts.is_archive_name(parts[-1]):
            if self.depth >= _DEEPEST:
                self.complain(
                    "/".join(parts), "an archive in an archive in an archive; unpack the outer one to read it"
                )
                return
            path, _, damage = self.spool.write(read, modified)
            self.nested.append((parts, path))
            if damage:
                raise UnreadableError(damage)
        else:
            path, got, damage = self.spool.write(read, modified)
            before = self._files.pop(parts, None)
            if before:  # the later of two members of one name is the file, as `tar --append` has it
                before.source.unlink(missing_ok=True)
            self._files[parts] = Member(parts, path, got)
            if damage:
                raise UnreadableError(damage)

    def link(self, parts: tuple[str, ...], target: str, hard: bool) -> None:
        """A link that is wanted; where it leads is seen when all members are known."""
        fact = facts.fact_of(parts)
        if fact and fact[1] == "etc/localtime":
            self._fact(fact, facts.LINK + target.encode("utf-8", "surrogateescape"))
        elif not fact:
            self._links[parts] = ((), target) if hard else (parts[:-1], target)

    def _fact(self, fact: tuple[tuple[str, ...], str], data: bytes) -> None:
        self.opened.facts.setdefault(fact[0], {})[fact[1]] = data

    def finish(self) -> Opened:
        """What the archive held, once all members went by."""
        for parts in self._links:
            self._follow(parts)
        members = [
            member
            for parts, member in self._files.items()
            if layouts.machine_at(parts) is not None
            or not any(parts[: len(top)] == top for top in self.opened.system)
            or self._leave_out(member)
        ]
        self.opened.members.extend(members)
        if self._left_out:
            reason = f"{self._left_out} members are no logs, by their place or name"
            self.spool.skipped.append(Trouble(self.opened.name, reason))
        if self._complaints > _MOST_TROUBLES:
            reason = f"{self._complaints - _MOST_TROUBLES} more members were refused"
            self.spool.troubles.append(Trouble(self.opened.name, reason))
        return self.opened

    def _leave_out(self, member: Member) -> bool:
        self._left_out += 1
        member.source.unlink(missing_ok=True)
        return False

    def _follow(self, parts: tuple[str, ...]) -> None:
        """A link to a member that was spooled. sos keeps a log's tail elsewhere, with a link in the log's place."""
        at = parts
        for _ in range(_MOST_HOPS):
            base, target = self._links[at]
            following = _join(base, target, layouts.machine_at(at) or 0)
            if following is None:
                self.complain("/".join(parts), "a link that leads out of the archive; not followed")
                return
            at = following
            if at not in self._links:
                break
        else:
            self.complain("/".join(parts), "a link that leads to itself; not followed")
            return
        member = self._files.get(at)
        if member is None:
            if not any(known[: len(at)] == at for known in self._files):
                reason = "a link to what is not in the archive, or is no log"
                self.spool.skipped.append(Trouble(f"{self.opened.name}:{'/'.join(parts)}", reason))
        elif "sos_strings" in at and parts not in self._files:
            del self._files[at]
            self._files[parts] = member._replace(parts=parts)


def _join(base: tuple[str, ...], target: str, machine: int) -> tuple[str, ...] | None:
    """Where a link at ``base`` leads; an absolute one is seen from the machine's root. None: out of the archive."""
    path = list(base[:machine]) if target.startswith("/") else list(base)
    for part in target.split("/"):
        if part == "..":
            if not path:
                return None
            path.pop()
        elif part not in ("", "."):
            path.append(part)
    return tuple(path)


# tar


class _Header(tarfile.TarInfo):
    """A header that says when it cannot be read: tarfile takes damage behind the first member for the end."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> tarfile.TarInfo:  # type: ignore[override]
        try:
            return super().fromtarfile(tar)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as err:
            raise UnreadableError(f"damaged at byte {tar.offset} of its content ({err}); read up to there") from err

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        names = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
        if self.size < 0 or (self.type in (*names, tarfile.SOLARIS_XHDTYPE) and self.size > _LONGEST_HEADER):
            raise UnreadableError(f"a header of {self.size} bytes; read up to there")
        found: tarfile.TarInfo = super()._proc_member(tar)  # type: ignore[misc]
        return found


class _Counted:
    """The content of a tar: what is passed over counts as well, for it is unpacked too."""

    def __init__(self, stream: IO[bytes], budget: _Budget) -> None:
        self._stream = stream
        self._budget = budget
        self.damage: UnreadableError | None = None

    def read(self, size: int) -> bytes:
        """Damage is the end: an error would make tarfile throw away what it has of the member it is in."""
        if self.damage is not None:
            return b""
        try:
            data = reading.read_some(self._stream, size)
        except UnreadableError as err:
            self.damage = err
            return b""
        self._budget.take(len(data))
        return data


def _read_tar(path: Path, kind: str, reader: _Reader) -> None:
    compression = kind.removeprefix("tar").removeprefix(".")
    with reading.open_stream(str(path), compression) as stream:
        content = _Counted(stream, reader.budget)
        try:
            with tarfile.open(
                fileobj=content,  # type: ignore[call-overload]
                mode="r|",
                bufsize=1 << 17,
                tarinfo=_Header,
                encoding="utf-8",
                errors="surrogateescape",
            ) as tar:
                while (member := tar.next()) is not None:
                    tar.members = []  # tarfile keeps them all
                    _take(member, tar, reader)
        except (UnreadableError, tarfile.TarError) as err:
            if isinstance(err, (LimitError, NoRoomError)):
                raise
            if content.damage is not None:
                raise content.damage from err
            raise err if isinstance(err, UnreadableError) else _damaged(err) from err
        except (ValueError, OverflowError, RecursionError) as err:  # numbers in headers that are none
            raise _damaged(err) from err


def _damaged(err: Exception) -> UnreadableError:
    return UnreadableError(f"damaged: {err}; read up to there")


def _take(member: tarfile.TarInfo, tar: tarfile.TarFile, reader: _Reader) -> None:
    reader.budget.member()
    parts = reader.parts_of(member.name)
    if parts is None or member.isdir() or not reader.takes(parts):
        return
    if member.issym() or member.islnk():
        reader.link(parts, member.linkname[:_LONGEST_LINK], hard=member.islnk())
    elif not member.isreg():
        reader.complain("/".join(parts), "a device or pipe; refused")
    else:
        read = _sparse(member, tar, reader.budget) if member.issparse() else _content(member, tar)
        reader.file(parts, member.size, _sensible(member.mtime), read)


def _content(member: tarfile.TarInfo, tar: tarfile.TarFile) -> Callable[[int], bytes]:
    """Reads a member. ``extractfile`` would keep back the last piece before the damage."""
    stream: IO[bytes] = tar.fileobj  # type: ignore[assignment]
    stream.seek(member.offset_data)
    left = member.size

    def read(size: int) -> bytes:
        nonlocal left
        data = stream.read(min(size, left))
        left -= len(data)
        if left and not data:
            raise UnreadableError("damaged: ends in the middle of a member; read up to there")
        return data

    return read


def _sparse(member: tarfile.TarInfo, tar: tarfile.TarFile, budget: _Budget) -> Callable[[int], bytes]:
    """Reads a member with holes, which may be far more than what goes through the archive."""
    file = tar.extractfile(member)
    assert file is not None
    content = file

    def read(size: int) -> bytes:
        try:
            data = content.read(size)
        except (tarfile.TarError, EOFError) as err:
            raise _damaged(err) from err
        budget.take(len(data))
        return data

    return read


# zip


def _read_zip(path: Path, _kind: str, reader: _Reader) -> None:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as err:
        raise UnreadableError(f"damaged: {err}; its list of members, at the end, cannot be read") from err
    with archive:
        for member in archive.infolist():
            _take_zipped(member, archive, reader)


def _take_zipped(member: zipfile.ZipInfo, archive: zipfile.ZipFile, reader: _Reader) -> None:
    reader.budget.member()
    name = member.filename.replace("\\", "/")
    parts = reader.parts_of(name)
    if parts is None or name.endswith("/") or not reader.takes(parts):
        return
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFLNK):
        reader.complain(name, "a device or pipe; refused")
        return
    try:
        if member.flag_bits & 1:
            raise UnreadableError("encrypted; unpack it with its password first")
        with archive.open(member) as file:

            def read(size: int) -> bytes:
                data = reading.read_some(file, size)
                reader.budget.take(len(data))
                return data

            if kind == stat.S_IFLNK:
                reader.link(parts, read(_LONGEST_LINK).decode("utf-8", "surrogateescape"), hard=False)
            else:
                reader.file(parts, member.file_size, _zip_time(member), read)
    except (LimitError, NoRoomError):
        raise
    except (UnreadableError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as err:
        reader.complain(name, str(err))


def _zip_time(member: zipfile.ZipInfo) -> float:
    try:
        return _sensible(time.mktime((*member.date_time, 0, 0, -1)))
    except (ValueError, OverflowError):
        return time.time()


def _sensible(modified: float) -> float:
    """A time that a file can have."""
    return modified if 0 <= modified < 1 << 33 else time.time()
