"""What a node's directory holds and what was under way when a fetch ended: ``<node>/.haystack/manifest.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from ..writing import write_whole
from .model import Listed

SCHEMA = "haystack/manifest-1"
NAME = "manifest.json"
_LARGEST = 512 << 20


class Kept(NamedTuple):
    """A whole file here: which file it was there, as of which size and time, and when it was brought."""

    device: int
    inode: int
    size: int
    mtime: int
    fetched: str

    def is_same_file(self, file: Listed) -> bool:
        """Whether it was brought from that very file."""
        return (self.device, self.inode) == (file.device, file.inode)

    def is_same_content(self, file: Listed) -> bool:
        """Whether that file was not written to since."""
        return self.is_same_file(file) and (self.size, self.mtime) == (file.size, file.mtime)


class Stretch(NamedTuple):
    """A stretch of time of a journal or container that is held, in microseconds since 1970, both inclusive.

    ``name`` is its file, as a path below the node's directory; empty where nothing was said then.
    """

    name: str
    since: int
    until: int
    size: int


class Manifest(NamedTuple):
    """``files`` are whole, ``under_way`` are those that were listed before a transfer began and may be in the stage.

    ``stretches`` are what was brought of the journal and of containers, by source; ``configs`` are the paths of the
    configuration that is here. ``fetched`` is when the node was last fetched to its end.
    """

    files: dict[str, Kept]
    under_way: dict[str, Listed]
    stretches: dict[str, tuple[Stretch, ...]]
    fetched: str = ""
    configs: tuple[str, ...] = ()


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a node's directory of state; an empty one where there is none, or none that can be read."""
    try:
        path = directory / NAME
        if path.is_symlink() or path.stat().st_size > _LARGEST:
            return Manifest({}, {}, {})
        document = json.loads(path.read_bytes())
        if document["schema"] != SCHEMA:
            return Manifest({}, {}, {})
        return Manifest(
            {path: _kept(row) for path, row in document["files"].items()},
            {path: _listed(path, row) for path, row in document["under_way"].items()},
            {source: tuple(map(_stretch, rows)) for source, rows in document["stretches"].items()},
            str(document["fetched"]),
            tuple(map(str, document["configs"])),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Manifest({}, {}, {})  # everything is looked at anew, byte by byte


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write it whole or not at all, and onto the disk: it says what the files beside it are."""
    document = {
        "schema": SCHEMA,
        "fetched": manifest.fetched,
        "files": {path: kept._asdict() for path, kept in sorted(manifest.files.items())},
        "under_way": _rows(manifest.under_way),
        "configs": list(manifest.configs),
        "stretches": {source: [s._asdict() for s in rows] for source, rows in sorted(manifest.stretches.items())},
    }
    write_whole(directory / NAME, json.dumps(document, separators=(",", ":")).encode("ascii"))


def under_way(files: Iterable[Listed]) -> dict[str, Listed]:
    """What is under way, by path."""
    return {file.path: file for file in files}


def _rows(files: Mapping[str, Listed]) -> dict[str, dict[str, int]]:
    return {
        path: {"device": file.device, "inode": file.inode, "size": file.size, "mtime": file.mtime}
        for path, file in sorted(files.items())
    }


def _kept(row: Mapping[str, object]) -> Kept:
    return Kept(*_numbers(row), str(row["fetched"]))


def _listed(path: str, row: Mapping[str, object]) -> Listed:
    return Listed(path, *_numbers(row))


def _numbers(row: Mapping[str, object]) -> tuple[int, int, int, int]:
    return _int(row["device"]), _int(row["inode"]), _int(row["size"]), _int(row["mtime"])


def _stretch(row: Mapping[str, object]) -> Stretch:
    return Stretch(str(row["name"]), _int(row["since"]), _int(row["until"]), _int(row["size"]))


def _int(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("no number")
    return value
