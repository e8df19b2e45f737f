"""What a fetched tree tells of its nodes: where the directory of one begins, and which could not be fetched last.

``fetch`` keeps both in directories ``.haystack`` (docs/nodes.md); there are no logs in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .query import Trouble

STATE = ".haystack"
_MANIFEST = "manifest.json"
_LAST = "fetch.json"
_LARGEST = 64 << 20


def is_fetched(directory: Path) -> bool:
    """Whether a directory is that of a fetched node."""
    return (directory / STATE / _MANIFEST).is_file()


def fetched_above(root: Path) -> tuple[str, ...] | None:
    """The directory of the fetched node that a path is in, or is itself; None where it is in none."""
    absolute = root.absolute()
    return next((path.parts for path in (absolute, *absolute.parents) if is_fetched(path)), None)


def troubles(root: Path) -> Iterator[Trouble]:
    """The nodes of a tree, or the one that a path is in, that could not be fetched when they were last asked."""
    node = fetched_above(root)
    tree = Path(*node[:-1]) if node else root
    for row in _rows(tree):
        name, state = str(row.get("node")), row.get("state")
        if state == "done" or (node and name != node[-1]):
            continue
        if state == "partial":
            files = row.get("troubles")
            yield Trouble(name, f"not fetched in full: {_first(files)}")
        else:
            reason = ": ".join(str(row[key]) for key in ("reason", "says") if row.get(key)) or "not fetched"
            when = f"; what is here is of {row['fetched']}" if row.get("fetched") else ""
            yield Trouble(name, f"{reason}{when}")


def _rows(tree: Path) -> list[dict[str, Any]]:
    path = tree / STATE / _LAST
    try:
        if path.stat().st_size > _LARGEST:
            return []
        document = json.loads(path.read_bytes())
        return [row for row in document["nodes"] if isinstance(row, dict)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []  # a tree that was not fetched


def _first(troubles: object) -> str:
    rows: Sequence[Any] = troubles if isinstance(troubles, list) else ()
    words = [f"{row.get('path')} ({row.get('says')})" for row in rows if isinstance(row, dict)]
    return words[0] + (f" and {len(words) - 1} more" if len(words) > 1 else "") if words else "some files failed"
