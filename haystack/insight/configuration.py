"""What nodes have configured, as a whole: their documents and roles, what was read and what could not be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ..search import Coverage
from ..search.discover import Found
from ..search.etc import read_configs
from ..services import Services
from .config import Document, documents, reads
from .roles import Role, roles


class Configuration(NamedTuple):
    """The documents of nodes, the nodes by role, and what was read."""

    documents: tuple[Document, ...]
    roles: tuple[Role, ...]
    coverage: Coverage


def configuration_of(found: Found, services: Services) -> Configuration:
    """The configuration of all that was discovered."""
    configs = read_configs(found, services)
    every = tuple(documents(configs.files))
    logged: dict[str, set[str]] = {}
    for file in found.files:
        logged.setdefault(file.node, set()).add(file.service)
    coverage = Coverage(
        len(configs.files),
        sum(len(file.text.encode()) for file in configs.files),
        # A directory of configuration that is no place of logs is no trouble here.
        (*(t for t in found.troubles if not _is_below(t.path, found.etc)), *configs.troubles),
        found.skipped,
        0,
        (),
    )
    return Configuration(every, tuple(roles(every, logged, services)), coverage)


def only(whole: Configuration, nodes: Sequence[str], wanted: Sequence[str], services: Services) -> Configuration:
    """What these nodes and these ``wanted`` services have configured; all of them where none is named.

    The coverage's notes are lines of it that the programs would stumble over.
    """
    some = tuple(
        document
        for document in whole.documents
        if (not nodes or document.node in nodes)
        and (not wanted or any(reads(services, name, document.service) for name in wanted))
    )
    notes = tuple(f"{problem} on {document.node}" for document in some for problem in document.problems)
    return whole._replace(documents=some, coverage=whole.coverage._replace(notes=notes))


def _is_below(path: str, directories: Iterable[Path]) -> bool:
    return any(Path(path).absolute().is_relative_to(directory) for directory in directories)
