"""What was rotated on a node since the last fetch: the same inode under another name is moved here as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .manifest import Kept
from .model import Listed


def moves(kept: Mapping[str, Kept], listed: Mapping[str, Listed]) -> Iterator[tuple[str, str]]:
    """(path here, path there), in an order in which no file that is still to be moved is written over.

    ``kept`` is what is here, whole. A file that shrank is another one: its inode was used again.
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
