"""What is kept of sources that are no files, a journal or a container's output: stretches of time, none of them twice.

A stretch is a file that is as long as what came; the next fetch asks for what lies between, before and after. No cursor
is kept: it is worth nothing once the node has rotated the entry away, and says nothing of what lies before it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from typing import BinaryIO, NamedTuple

from ..writing import directory
from .manifest import Stretch
from .model import Refusal, Wanted
from .names import PARTIAL, relative
from .stage import Stage
from .stream import Said

# Without --since: a journal goes back for months.
_DEFAULT = 24 * 3600 * 10**6
# Short stretches that follow each other are one file.
_SMALL = 64 << 20
_MOST = 512 << 20
_TAIL = 8 << 20


class Gap(NamedTuple):
    """A stretch that is asked for, in microseconds since 1970 by the node's clock; ``until`` is None for now."""

    since: int
    until: int | None


class Brought(NamedTuple):
    """The stretches that are held, and whether there was more than is brought at once."""

    held: tuple[Stretch, ...]
    cut: bool


class Ending(NamedTuple):
    """How far what came is whole: its length up to there, and the time of the last whole entry (0 without one)."""

    size: int
    last: int


def window(wanted: Wanted, ahead: float, now: float) -> Gap:
    """What is asked for, by the node's clock."""
    since = wanted.since.timestamp() if wanted.since else (wanted.until.timestamp() if wanted.until else now)
    start = int((since + ahead) * 1e6) - (0 if wanted.since else _DEFAULT)
    until = int((wanted.until.timestamp() + ahead) * 1e6) if wanted.until and wanted.until.timestamp() < now else None
    return Gap(start, until)


def gaps(asked: Gap, held: Sequence[Stretch]) -> Iterator[Gap]:
    """The parts of what is asked for that are not held yet, in order."""
    since = asked.since
    for stretch in sorted(held, key=lambda stretch: stretch.since):
        if asked.until is not None and stretch.since > asked.until:
            break
        if stretch.since > since:
            yield Gap(since, stretch.since - 1)
        since = max(since, stretch.until + 1)
    if asked.until is None or since <= asked.until:
        yield Gap(since, asked.until)


def still_held(stage: Stage, held: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """The stretches whose files are as they were left; others are taken away, or what comes again would be twice."""
    kept = []
    for stretch in held:
        if not stretch.name or stage.size_here(stretch.name) == stretch.size:
            kept.append(stretch)
        elif stage.size_here(stretch.name) >= 0:
            stage.remove(stretch.name)
    return tuple(kept)


def bring(
    stage: Stage,
    base: str,
    gap: Gap,
    held: Sequence[Stretch],
    said: Said,
    ending: Callable[[BinaryIO, int], Ending],
    watch: Callable[[int], None],
) -> Brought:
    """What comes for a gap into a file of its own, or behind the stretch that it follows.

    ``ending`` finds in the last bytes of a file what is whole. Of more than half a GiB the beginning is kept, and the
    next fetch goes on from there.
    """
    before = next((s for s in held if s.name and s.until + 1 == gap.since and s.size < _SMALL), None)
    name = before.name if before else f"{base}-{_stamp(gap.since)}"
    parts = relative(name).split("/")
    with directory(stage.path, (*parts[:-1], PARTIAL)) as there:
        handle = os.open(parts[-1], os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600, dir_fd=there)
        with os.fdopen(handle, "w+b") as file:
            if before:
                _copy(stage, name, file)
            begun = file.tell()
            cut = False
            for block in said.blocks():
                file.write(block)
                watch(len(block))
                if file.tell() - begun > _MOST:
                    cut = True
                    break
            at = max(begun, file.tell() - _TAIL)
            file.seek(at)
            found = ending(file, at)
            file.truncate(found.size)
        if found.last:
            with directory(stage.path, parts[:-1]) as above, directory(stage.home, parts[:-1]) as home:
                os.rename(parts[-1], parts[-1], src_dir_fd=there, dst_dir_fd=above)
                os.rename(parts[-1], parts[-1], src_dir_fd=above, dst_dir_fd=home)
        else:
            os.unlink(parts[-1], dir_fd=there)
    whole = said.status == 0 and not cut
    until = gap.until if whole and gap.until is not None else found.last
    if not found.last:
        # Nothing was said then; of a time that is not over yet that may change.
        nothing = (Stretch("", gap.since, gap.until, 0),) if whole and gap.until is not None else ()
        return Brought((*held, *nothing), cut)
    rest = tuple(stretch for stretch in held if stretch is not before)
    since = before.since if before else gap.since
    return Brought((*rest, Stretch(name, since, max(until, found.last), found.size)), cut)


def too_much(source: str) -> Refusal:
    """What is said of a source of which there was more."""
    fix = "fetch again: it goes on; or ask for a shorter window"
    return Refusal(source, "failed", f"more than {_MOST >> 20} MiB at once; the beginning is here", fix)


def _copy(stage: Stage, name: str, file: BinaryIO) -> None:
    *above, own = relative(name).split("/")
    with directory(stage.home, above, make=False) as home:
        handle = os.open(own, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=home)
        with os.fdopen(handle, "rb") as old:
            shutil.copyfileobj(old, file, 1 << 20)


def _stamp(time: int) -> str:
    # Like a dated rotation: the files of a source are read as one log, in order.
    return datetime.fromtimestamp(time // 10**6, tz=timezone.utc).strftime("%Y%m%d-%H%M%S")
