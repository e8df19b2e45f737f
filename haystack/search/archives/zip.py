"""A zip: its members by the list at its end."""

from __future__ import annotations

import stat
import time
import zipfile
from pathlib import Path

from ...errors import UnreadableError
from .. import reading
from .limits import LimitError
from .members import Members
from .spool import NoRoomError, possible_time

_LONGEST_LINK = 4096


def read_zip(path: Path, _kind: str, members: Members) -> None:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as err:
        raise UnreadableError(f"damaged: {err}; its list of members, at the end, cannot be read") from err
    with archive:
        for member in archive.infolist():
            _take_zipped(member, archive, members)


def _take_zipped(member: zipfile.ZipInfo, archive: zipfile.ZipFile, members: Members) -> None:
    members.budget.member()
    name = member.filename.replace("\\", "/")
    parts = members.parts_of(name)
    if parts is None or name.endswith("/") or not members.takes(parts):
        return
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFLNK):
        members.complain(name, "a device or pipe; refused")
        return
    try:
        if member.flag_bits & 1:
            raise UnreadableError("encrypted; unpack it with its password first")
        with archive.open(member) as file:

            def read(size: int) -> bytes:
                data = reading.read_some(file, size)
                members.budget.take(len(data))
                return data

            if kind == stat.S_IFLNK:
                members.link(parts, read(_LONGEST_LINK).decode("utf-8", "surrogateescape"), hard=False)
            else:
                members.file(parts, member.file_size, _zip_time(member), read)
    except (LimitError, NoRoomError):
        raise
    except (UnreadableError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as err:
        members.complain(name, str(err))


def _zip_time(member: zipfile.ZipInfo) -> float:
    try:
        return possible_time(time.mktime((*member.date_time, 0, 0, -1)))
    except (ValueError, OverflowError):
        return time.time()
