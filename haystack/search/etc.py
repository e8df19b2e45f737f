"""Configuration files as they lie in trees and archives, read whole: ``insight`` makes sense of them.

``discover`` tells the ``etc`` directories it passed by and what archives hold; here they are read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ..services import Services
from . import facts
from .config_places import config_place
from .discover import ConfigSource, Found, printable
from .layouts import node_name
from .query import Trouble
from .tree import facts_on_disk, is_inside

# Of a longer file only so much is read. Real ones have some ten thousand bytes, samples with all options 300,000.
_MOST_BYTES = 1 << 20
# A directory or an archive gives so many files and bytes at most. Those of one machine have some dozens of files.
_MOST_FILES = 5000
_MOST_BYTES_IN_ALL = 64 << 20


class ConfigFile(NamedTuple):
    """A configuration file: the node, the service whose directory it lies in, its path there, and its text."""

    node: str
    service: str
    path: str
    text: str


class Configs(NamedTuple):
    """All that were found, by node and path; ``troubles`` are those that could not be read, or not wholly."""

    files: tuple[ConfigFile, ...]
    troubles: tuple[Trouble, ...]


def read_configs(found: Found, services: Services) -> Configs:
    """The configuration of all nodes that were discovered. Raises nothing for what it cannot read."""
    troubles: list[Trouble] = []
    files: dict[tuple[str, str], ConfigFile] = {}
    sources: list[tuple[str, Iterable[ConfigSource]]] = [*found.configs.items()]
    sources += [(str(directory), _on_disk(directory, services, troubles)) for directory in found.etc]
    for name, configs in sources:
        for file in _read(name, configs, troubles):
            files.setdefault((file.node, file.path), file)
    return Configs(tuple(file for _, file in sorted(files.items())), tuple(troubles))


def _read(name: str, configs: Iterable[ConfigSource], troubles: list[Trouble]) -> Iterator[ConfigFile]:
    """The files of one directory or archive, as many as it may give."""
    count, left = 0, _MOST_BYTES_IN_ALL
    for config in configs:
        count += 1
        if count > _MOST_FILES or left <= 0:
            bound = f"{_MOST_FILES} files" if left > 0 else f"{_MOST_BYTES_IN_ALL >> 20} MiB"
            troubles.append(Trouble(printable(name), f"more configuration than {bound}; read up to there"))
            return
        try:
            with config.source.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except OSError as err:
            troubles.append(Trouble(printable(config.shown), err.strerror or str(err)))
            continue
        left -= len(data)
        yield ConfigFile(config.node, config.service, config.path, _text(data, config.shown, troubles))


def _on_disk(directory: Path, services: Services, troubles: list[Trouble]) -> Iterator[ConfigSource]:
    names: dict[tuple[str, ...], str] = {}
    for path in _walk(directory, services, troubles):
        place = config_place(path.parts, services)
        if place is None:
            continue
        if place.machine not in names:
            name = place.machine[-1] if place.machine else ""
            told = facts.hostname(facts_on_disk(Path(*place.machine)))
            names[place.machine] = printable(told or ("" if name == "/" else node_name(name)))
        yield ConfigSource(names[place.machine], place.service, printable(place.path), path, str(path))


def _walk(directory: Path, services: Services, troubles: list[Trouble]) -> Iterator[Path]:
    """Files that are configuration by their place. No link leads out of the tree, and each directory is read once."""
    inside = os.path.realpath(directory.parent)
    seen: set[str] = set()
    stack = [directory]
    while stack:
        here = stack.pop()
        real = os.path.realpath(here)
        if real in seen:
            continue
        seen.add(real)
        try:
            entries = sorted(here.iterdir())
        except OSError as err:
            troubles.append(Trouble(printable(str(here)), err.strerror or str(err)))
            continue
        for path in entries:
            is_directory = path.is_dir()
            wanted = config_place((*path.parts, "x.conf") if is_directory else path.parts, services) is not None
            if path.is_symlink() and not is_inside(str(path), inside):
                if wanted:
                    troubles.append(Trouble(printable(str(path)), "a link that leads out of the tree; not followed"))
            elif is_directory:
                stack.append(path)
            elif wanted and (path.is_file() or path.is_symlink()):  # reading a link to nowhere tells so
                yield path


def _text(data: bytes, shown: str, troubles: list[Trouble]) -> str:
    if b"\0" in data:
        troubles.append(Trouble(printable(shown), "binary"))
        return ""
    if len(data) > _MOST_BYTES:
        troubles.append(Trouble(printable(shown), f"longer than {_MOST_BYTES >> 20} MiB; read up to there"))
    return data[:_MOST_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
