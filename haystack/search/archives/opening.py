"""From a file to what is in it: the archive, and the archives inside of it."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

from ...errors import UnreadableError
from ...services import Services
from .. import layouts, reading
from ..query import Trouble
from .limits import Budget, LimitError
from .members import Members, Opened
from .spool import Spool
from .tar import read_tar
from .zip import read_zip

_MAGIC = {b"\x1f\x8b": "gz", b"\xfd7zXZ\0": "xz", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zst"}


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


def open_archive(spool: Spool, services: Services, path: Path, kind: str) -> list[Opened]:
    """The archive and those in it, with logs, and configuration of known services.

    The spool's ``troubles`` have damage and refusals, ``skipped`` what is neither.
    """
    shown = str(path)
    try:
        budget = Budget(spool.limits, path.stat().st_size)
    except OSError as err:
        spool.troubles.append(Trouble(shown, err.strerror or str(err)))
        return []
    opened = Opened(shown, layouts.archive_stem(path.name), [], [], {}, set(), None)
    return list(_open(path, kind, opened, Members(spool, services, opened, budget)))


def _open(path: Path, kind: str, opened: Opened, members: Members) -> Iterator[Opened]:
    troubles, shown = members.spool.troubles, opened.name
    try:
        (read_zip if kind == "zip" else read_tar)(path, kind, members)
    except LimitError as err:
        troubles.append(Trouble(shown, f"{err}; read up to there"))
    except (UnreadableError, OSError) as err:
        troubles.append(Trouble(shown, str(err)))
    members.finish()
    yield opened
    for parts, source in members.nested:
        name = f"{shown}:{'/'.join(parts)}"
        try:
            inner = kind_of(source)
            if inner:
                nested = Opened(name, layouts.archive_stem(parts[-1]), [], [], {}, set(), (opened, parts))
                inside = Members(members.spool, members.services, nested, members.budget, depth=1)
                yield from _open(source, inner, nested, inside)
            else:
                troubles.append(Trouble(name, "no archive, whatever its name says"))
        except (OSError, UnreadableError) as err:
            troubles.append(Trouble(name, str(err)))
        source.unlink(missing_ok=True)
