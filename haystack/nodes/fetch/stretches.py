"""What is kept of sources that are no files, a journal or a container's output: stretches of time, none of them twice.

A stretch is a file that is as long as what came; the next fetch asks for what lies between, before and after. No cursor
is kept: it is worth nothing once the node has rotated the entry away, and says nothing of what lies before it.
"""

from __future__ import annotations

import mmap
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from typing import BinaryIO, NamedTuple

from ..abilities import Abilities
from ..ssh import Connection
from ..writing import directory, permissions
from .manifest import Stretch
from .model import Refusal, Wanted, Watch
from .names import PARTIAL, relative
from .stage import Stage
from .stream import Said, saying

# Without --since: a journal goes back for months.
_DEFAULT = 24 * 3600 * 10**6
# Short stretches that follow each other are one file.
_SMALL = 64 << 20
_MOST = 512 << 20
_MINUTE = 60 * 10**6
# The node's clock is known to a second or so; times that are further ahead of it are nobody's last entry.
_SLACK, _AHEAD = 120 * 10**6, 60 * 10**6


class Gap(NamedTuple):
    """A stretch that is asked for, in microseconds since 1970 by the node's clock; ``until`` is None for now."""

    since: int
    until: int | None


class Asking(NamedTuple):
    """Whom a source is asked for what. ``ahead`` is how far the node's clock is, in seconds; ``came`` is told of bytes
    as they come, and raises what is to end it."""

    connection: Connection
    abilities: Abilities
    stage: Stage
    gap: Gap
    ahead: float
    watch: Watch
    came: Callable[[int], None]
    bwlimit: int = 0

    def saying(self, command: str) -> AbstractContextManager[Said]:
        """What a command on the node says."""
        return saying(self.connection, self.abilities, command, self.watch, bwlimit=self.bwlimit)


class Brought(NamedTuple):
    """The stretches that are held, and whether there was more than is brought at once."""

    held: tuple[Stretch, ...]
    cut: bool


class Ending(NamedTuple):
    """How far what came is whole: where that ends, and the time of the last whole entry (0 without one)."""

    end: int
    last: int


def window(wanted: Wanted, ahead: float, now: float) -> Gap:
    """What is asked for, by the node's clock: some more than the window, to the minute, so that the next fetch of the
    same one finds nothing missing."""
    since = wanted.since.timestamp() if wanted.since else (wanted.until.timestamp() if wanted.until else now)
    start = int((since + ahead) * 1e6) - (0 if wanted.since else _DEFAULT) - _SLACK
    until = None
    if wanted.until and wanted.until.timestamp() + _SLACK / 1e6 < now:
        until = int((wanted.until.timestamp() + ahead) * 1e6) + _SLACK
    return Gap(start - start % _MINUTE, until)


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
    asking: Asking,
    base: str,
    gap: Gap,
    held: Sequence[Stretch],
    said: Said,
    ending: Callable[[bytes | mmap.mmap, int], Ending],
) -> Brought:
    """What comes for a gap into a file of its own, or behind the stretch that it follows.

    ``ending`` finds what is whole of that which came, from a place in the file on. Of more than half a GiB the
    beginning is kept, and the next fetch goes on from there.
    """
    before = next((s for s in held if s.name and s.until + 1 == gap.since and s.size < _SMALL), None)
    name = before.name if before else f"{base}-{_stamp(gap.since)}"
    parts = relative(name).split("/")
    stage = asking.stage
    with directory(stage.path, (*parts[:-1], PARTIAL)) as there:
        handle = os.open(parts[-1], os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600, dir_fd=there)
        with os.fdopen(handle, "w+b") as file:
            if before:
                _copy(stage, name, file)
            begun = file.tell()
            cut = False
            for block in said.blocks():
                file.write(block)
                asking.came(len(block))
                if file.tell() - begun > _MOST:
                    cut = True
                    break
            found = _ending(file, begun, ending)
            file.truncate(found.end)
        if found.last:
            with directory(stage.path, parts[:-1]) as above, directory(stage.home, parts[:-1]) as home:
                os.chmod(parts[-1], permissions(), dir_fd=there)
                os.rename(parts[-1], parts[-1], src_dir_fd=there, dst_dir_fd=above)
                os.rename(parts[-1], parts[-1], src_dir_fd=above, dst_dir_fd=home)
        else:
            os.unlink(parts[-1], dir_fd=there)
    over = gap.until if said.status == 0 and not cut else None
    if not found.last:
        # Nothing was said then; of a time that is not over yet that may change.
        nothing = (Stretch("", gap.since, over, 0),) if over is not None else ()
        return Brought((*held, *nothing), cut)
    # A time that lies ahead would keep all that is still to come from being asked for.
    now = int((time.time() + asking.ahead) * 1e6)
    last = found.last if found.last <= now + _AHEAD else now
    rest = tuple(stretch for stretch in held if stretch is not before)
    since = before.since if before else gap.since
    return Brought((*rest, Stretch(name, since, max(gap.since, last, over or 0), found.end)), cut)


def _ending(file: BinaryIO, begun: int, ending: Callable[[bytes | mmap.mmap, int], Ending]) -> Ending:
    file.flush()
    if file.seek(0, os.SEEK_END) == begun:
        return Ending(begun, 0)
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return ending(data, begun)


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
