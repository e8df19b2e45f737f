"""``timings``: response times of calls and lead times of operations."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

from ..errors import UsageError
from ..insight.operations import load_operations
from ..insight.over_time import BY
from ..insight.proof import check_operations as prove
from ..insight.timings import Timings, measure
from ..insight.timings import answer as timings_answer
from ..library import load
from ..library.checks import Complaint
from ..names import did_you_mean
from ..search.records import RecordsEngine
from .common import open_logs, shown_paths


def timings(
    logs: Sequence[str | os.PathLike[str]] = (".",),
    *,
    operations: Sequence[str] = (),
    by: str | None = None,
    slowest: int = 10,
    since: datetime | None = None,
    until: datetime | None = None,
    nodes: Sequence[str] = (),
    services: Sequence[str] = (),
    zone: tzinfo | None = None,
    patterns: Sequence[str | os.PathLike[str]] = (),
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    max_archive_size: int | None = None,
    max_archive_members: int | None = None,
) -> Timings:
    """Response times of API calls by service and route, and lead times of operations with their steps.

    ``operations`` are ids of those to follow (all by default), ``by`` is the width of the slots over time (``second``,
    ``minute``, ``hour`` or ``day``; by default what gives some dozens of them), ``slowest`` how many of the slowest
    calls and runs are listed. The other arguments are those of ``trace``; ``patterns`` add operations too.

    The logs are read once, and what is kept is bounded. Raises what ``trace`` raises, UsageError also for an unknown
    operation or width.
    """
    if by is not None and by not in BY:
        raise UsageError(f'no width "{by}"; {did_you_mean(by, BY)}')
    if slowest < 0:
        raise UsageError(f"--slowest {slowest}: a number from 0")
    directories = [Path(directory) for directory in patterns]
    library = load(directories)
    known = load_operations(directories, library.services.rows)
    ids = [operation.id for operation in known.rows]
    for name in operations:
        if name not in ids:
            raise UsageError(f'no operation "{name}"; {did_you_mean(name, ids)}'.rstrip("; "))
    followed = [operation for operation in known.rows if not operations or operation.id in operations]
    engine, scope = open_logs(
        RecordsEngine,
        library,
        logs=logs,
        since=since,
        until=until,
        nodes=nodes,
        services=services,
        zone=zone,
        jobs=jobs,
        progress=progress,
        max_archive_size=max_archive_size,
        max_archive_members=max_archive_members,
    )
    calls, follower = measure(engine, scope, followed, slowest, BY[by] if by else None)
    shown = shown_paths(logs)
    return timings_answer(calls, follower, shown, engine.coverage(), (*library.problems, *known.problems))


def check_operations(
    patterns: Sequence[str | os.PathLike[str]] = (), only: Sequence[str] | None = None
) -> tuple[list[str], list[Complaint]]:
    """Ids of all operations, the shipped ones and those of ``patterns``, and complaints about those in ``only``."""
    directories = [Path(directory) for directory in patterns]
    services = load(directories).services
    operations = load_operations(directories, services.rows)
    return [operation.id for operation in operations.rows], prove(operations, services, only)
