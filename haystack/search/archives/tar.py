"""A tar as a stream, plain or compressed: its members go by once, up to its end or to the damage."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from ...errors import UnreadableError
from .. import reading
from .limits import Budget, LimitError
from .members import Members
from .spool import NoRoomError, possible_time

# Headers that name a member hold a path. tarfile reads them whole into memory.
_LONGEST_HEADER = 1 << 20
_LONGEST_LINK = 4096


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

    def __init__(self, stream: IO[bytes], budget: Budget) -> None:
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


def read_tar(path: Path, kind: str, members: Members) -> None:
    compression = kind.removeprefix("tar").removeprefix(".")
    with reading.open_stream(str(path), compression) as stream:
        content = _Counted(stream, members.budget)
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
                    _take(member, tar, members)
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


def _take(member: tarfile.TarInfo, tar: tarfile.TarFile, members: Members) -> None:
    members.budget.member()
    parts = members.parts_of(member.name)
    if parts is None or member.isdir() or not members.takes(parts):
        return
    if member.issym() or member.islnk():
        members.link(parts, member.linkname[:_LONGEST_LINK], hard=member.islnk())
    elif not member.isreg():
        members.complain("/".join(parts), "a device or pipe; refused")
    else:
        read = _sparse(member, tar, members.budget) if member.issparse() else _content(member, tar)
        members.file(parts, member.size, possible_time(member.mtime), read)


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


def _sparse(member: tarfile.TarInfo, tar: tarfile.TarFile, budget: Budget) -> Callable[[int], bytes]:
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
