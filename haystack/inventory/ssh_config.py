"""Nodes from an ssh_config: the hosts it names.

What it says of them is not copied: ssh is called by the same name and reads it again, so that nothing can differ. Only
the way is: over a jump host that haystack knows of, all nodes share one login.
"""

from __future__ import annotations

import glob
import re
import shlex
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from ..errors import SettingsError
from .imported import Imported, Left, collected, node_of
from .texts import read_text

_MOST_FILES = 100
_LINE = re.compile(r"\s*([A-Za-z]+)\s*(?:=|\s)\s*(.*?)\s*")
KEYWORDS = ("host", "match", "include")


class _Block(NamedTuple):
    """What holds for hosts of some patterns; of a Match, whose conditions ssh alone can tell, ``patterns`` are none."""

    patterns: tuple[str, ...]
    options: dict[str, str]

    def fits(self, name: str) -> bool:
        wanted = any(_fits(name, pattern) for pattern in self.patterns if not pattern.startswith("!"))
        return wanted and not any(_fits(name, pattern[1:]) for pattern in self.patterns if pattern.startswith("!"))


def _fits(name: str, pattern: str) -> bool:
    # Compiling each name as a pattern would take seconds for some thousand hosts.
    return fnmatchcase(name, pattern) if set(pattern) & set("*?") else name == pattern


def read_ssh_config(text: str, path: Path) -> Imported:
    """The nodes that an ssh_config read from ``path`` names. Any text in, no exception out."""
    left: list[Left] = []
    blocks = [_Block(("*",), {})]
    _read(text, path, blocks, left, [path])
    names = dict.fromkeys(
        pattern for block in blocks for pattern in block.patterns if not set(pattern) & set("*?!") and pattern
    )
    nodes = []
    for name in names:
        if _value(blocks, name, "user") == "git":
            left.append(Left(name, "its user is git: no machine to log in to", fine=True))
            continue
        node = node_of(name, {"jump": _way(blocks, name)}, left)
        if node is not None:
            nodes.append(node)
    return collected(nodes, left, "" if _is_default(path) else str(path.absolute()))


def _is_default(path: Path) -> bool:
    return path.absolute() == Path.home().absolute() / ".ssh" / "config"


def _way(blocks: list[_Block], name: str) -> str:
    """The ProxyJump of a host, empty where it is better left to ssh: none, or one that a Match may change."""
    for block in blocks:
        if not block.patterns and {"proxyjump", "proxycommand"} & block.options.keys():
            return ""
        if block.fits(name):
            for option in block.options:  # the first of the two wins
                if option == "proxycommand":
                    return ""
                if option == "proxyjump":
                    way = block.options[option]
                    return "" if way.lower() == "none" or "%" in way or "://" in way else way
    return ""


def _value(blocks: list[_Block], name: str, option: str) -> str:
    return next((block.options[option] for block in blocks if option in block.options and block.fits(name)), "")


def _read(text: str, path: Path, blocks: list[_Block], left: list[Left], seen: list[Path]) -> None:
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        keyword, value = found.group(1).lower(), found.group(2)
        if keyword == "host":
            blocks.append(_Block(tuple(_words(value)), {}))
        elif keyword == "match":
            blocks.append(_Block(("*",) if value.lower() == "all" else (), {}))
        elif keyword == "include":
            before = blocks[-1]
            for included in _included(value, path):
                _include(included, blocks, left, seen)
            blocks.append(_Block(before.patterns, {}))
        else:
            blocks[-1].options.setdefault(keyword, " ".join(_words(value)))


def _include(path: Path, blocks: list[_Block], left: list[Left], seen: list[Path]) -> None:
    if path in seen or len(seen) >= _MOST_FILES:
        return
    seen.append(path)
    try:
        text = read_text(path)
    except SettingsError as err:
        left.append(Left(f"Include {path}", str(err).removeprefix(f"{path}: ")))
        return
    _read(text, path, blocks, left, seen)


def _included(value: str, path: Path) -> Iterator[Path]:
    for word in _words(value):
        # ssh looks there, wherever the file that says it lies.
        base = Path("/etc/ssh") if path.is_relative_to("/etc/ssh") else Path.home() / ".ssh"
        wanted = word.replace("~", str(Path.home()), 1) if word.startswith("~/") else word
        for found in sorted(glob.glob(str(base / wanted)))[:_MOST_FILES]:  # noqa: PTH207 - the pattern may be absolute
            if Path(found).is_file():
                yield Path(found)


def _words(value: str) -> list[str]:
    try:
        return shlex.split(value, comments=True)
    except ValueError:
        return value.split()
