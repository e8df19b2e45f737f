"""What was rotated on a node since it was last listed: what is here of it follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .manifest import Kept
from .model import Listed

_PACKED = (".gz", ".xz", ".zst", ".bz2")
# Who compresses a log keeps its time, some to the second only.
_SAME_TIME = 2 * 10**9


def moves(kept: Mapping[str, Kept | Listed], listed: Mapping[str, Listed]) -> Iterator[tuple[str, str]]:
    """(path here, path there) of one inode, in an order in which nothing that is still to be moved is written over.

    ``kept`` is what is here. A file that shrank is another one: its inode was used again.
    """
    by_inode: dict[tuple[int, int], list[Listed]] = {}
    for file in listed.values():
        by_inode.setdefault((file.device, file.inode), []).append(file)
    going: dict[str, str] = {}
    for path, entry in kept.items():
        now = by_inode.get((entry.device, entry.inode), [])
        if len(now) != 1 or now[0].path == path or now[0].size < entry.size:
            continue  # hard links have several names, and none of them is the new one
        if now[0].path not in kept or not kept[now[0].path].is_same_file(now[0]):
            going[path] = now[0].path
    targets: dict[str, str] = {}
    for path, to in going.items():
        targets.setdefault(to, path)
    going = {path: to for to, path in targets.items()}
    while going:
        free = [path for path, to in going.items() if to not in going]
        if not free:
            return  # a circle: what changed places comes anew
        for path in free:
            yield path, going.pop(path)


def compressed(kept: Mapping[str, Kept], listed: Mapping[str, Listed]) -> Iterator[tuple[str, Listed]]:
    """(path here, file there) of what is no longer there as it is here, but compressed under its own name."""
    for path, entry in kept.items():
        if path in listed:
            continue
        for packed in _PACKED:
            file = listed.get(path + packed)
            if file is not None and abs(file.mtime - entry.mtime) < _SAME_TIME:
                yield path, file
                break
