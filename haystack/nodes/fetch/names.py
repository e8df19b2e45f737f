"""Which names of a node are accepted as places here. Names come from the node: each is taken for hostile."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from .model import Listed

# haystack's own directory in each node's, and rsync's in each directory of the stage.
OURS = ".haystack"
PARTIAL = ".haystack-partial"
FACTS = "/facts.json"
# What rsync calls a file while it comes: .<name>.<six letters>.
TEMPORARY = re.compile(r"\.(?P<name>.+)\.[A-Za-z0-9]{6}", re.DOTALL)
_LONGEST_NAME = 240
_LONGEST_PATH = 3000
# Control characters, and what turns the writing direction or separates lines.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def objection(path: str, roots: Sequence[str]) -> str:
    """Why a path on a node is not accepted as a place below its directory here; empty when it is."""
    parts = path.split("/")
    if not path.startswith("/") or any(part in ("", ".", "..") for part in parts[1:]):
        return "no plain path"
    if not any(path == root or path.startswith(root + "/") for root in roots):
        return "outside the log roots that were asked for"
    if _CONTROL.search(path):
        return "control characters in its name"
    if path == FACTS or any(part in (OURS, PARTIAL) for part in parts):
        return "a name that haystack keeps for itself"
    # Bytes: what the file system here counts.
    if len(os.fsencode(path)) > _LONGEST_PATH or max(map(len, map(os.fsencode, parts))) > _LONGEST_NAME:
        return "a name too long for this machine"
    return ""


def collisions(files: Iterable[Listed], fold: bool) -> set[str]:
    """Paths that would land in the place of another file or its directory; ``fold`` where case does not count here."""
    places: dict[str, str] = {}
    directories: dict[str, str] = {}
    bad: set[str] = set()
    for file in files:
        key = file.path.casefold() if fold else file.path
        if key in places:
            bad.add(file.path)
            continue
        places[key] = file.path
        above = key.rpartition("/")[0]
        while above and above not in directories:
            directories[above] = file.path
            above = above.rpartition("/")[0]
    return bad | {path for key, path in places.items() if key in directories}


def relative(path: str) -> str:
    """The place of a path on a node below the node's directory."""
    return path.lstrip("/")
