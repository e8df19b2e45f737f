"""What log trees are and hold besides logs: ``nodes``, ``configuration``, ``config_drift``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

from ..errors import UsageError
from ..insight.config import reads
from ..insight.configuration import Configuration, configuration_of, only
from ..insight.drift import Drift, drift
from ..insight.roles import ASKED, Role
from ..library import load
from ..search import Coverage
from ..search.clock import Clocks, NodeClock
from ..search.discover import discover
from ..search.files import FilesEngine
from ..search.survey import NodeLogs, survey
from .common import check_names, limits


def nodes(
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    zone: tzinfo | None = None,
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> tuple[tuple[NodeLogs, ...], Coverage]:
    """What ``logs`` are: each node with its clock and its logs, and what could not be read.

    The arguments are those of ``trace``.
    """
    clocks = Clocks(NodeClock(zone, source="--tz") if zone else NodeClock())
    archives = limits(max_archive_size, max_archive_members)
    engine = FilesEngine([Path(path) for path in logs], load().services, clocks, 1, None, archives)
    return survey(engine), engine.coverage()


def configuration(
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    nodes: Sequence[str] = (),
    services: Sequence[str] = (),
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> Configuration:
    """The configuration in the trees or archives ``logs``, of all nodes and services or of the given ones.

    With ``nodes`` these are one role, whatever they are; else roles are guessed. The limits are those of ``trace``.
    Raises UsageError for a node or service that has no configuration there, SourceError as ``trace`` does.
    """
    known = load().services
    found = discover([Path(path) for path in logs], known, limits(max_archive_size, max_archive_members))
    whole = configuration_of(found, known)
    if whole.documents:
        having = "has configuration here"
        check_names("node", nodes, {document.node for document in whole.documents}, having)
        directories = {document.service for document in whole.documents}
        nowhere = [name for name in services if not any(reads(known, name, directory) for directory in directories)]
        check_names("service", nowhere, directories, having)
    if nodes:
        whole = whole._replace(roles=(Role(ASKED, tuple(dict.fromkeys(nodes)), "--node"),))
    return only(whole, nodes, services, known)


def config_drift(
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    role: str | None = None,
    nodes: Sequence[str] = (),
    services: Sequence[str] = (),
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> tuple[tuple[Drift, ...], Coverage]:
    """How nodes of one role are configured differently; of all roles, of one, or of the given nodes.

    The other arguments are those of ``configuration``. Raises what it raises, and UsageError for a role that no node
    has and for a single node.
    """
    if len(set(nodes)) == 1:
        raise UsageError(f"--node {nodes[0]}: name two nodes or more to compare")
    found = configuration(
        logs,
        nodes=nodes,
        services=services,
        max_archive_size=max_archive_size,
        max_archive_members=max_archive_members,
    )
    if role is not None and found.roles:
        check_names("role", [role], [group.name for group in found.roles], "has configuration here")
    groups = [group for group in found.roles if role in (None, group.name)]
    return tuple(drift(group, found.documents) for group in groups), found.coverage
