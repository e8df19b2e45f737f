"""Which of a node's files are brought: logs by their names, written in the window that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from ...services import unrotated
from .listing import Listing
from .model import Listed, Wanted
from .names import TEMPORARY

# The clock's offset is known to a second or so; logs are flushed late, not early.
_SLACK = 120.0


class Choice(NamedTuple):
    """The files wanted, by path, and how many are not."""

    files: dict[str, Listed]
    left_out: int


def choose(listing: Listing, wanted: Wanted) -> Choice:
    """The files that may hold a line of the window."""
    logs = {path: file for path, file in listing.files.items() if _is_log(path, wanted)}
    since = _on_node(wanted.since, listing.ahead, -_SLACK)
    until = _on_node(wanted.until, listing.ahead, _SLACK)
    before = _predecessors(logs.values()) if until is not None else {}
    chosen = {
        path: file
        for path, file in logs.items()
        if (since is None or file.mtime >= since)
        and (until is None or path not in before or before[path].mtime <= until)
    }
    return Choice(chosen, len(listing.files) - len(chosen))


def _is_log(path: str, wanted: Wanted) -> bool:
    name = path.rpartition("/")[2]
    # What another rsync left there is no log, and would look like what ours leaves here.
    return not TEMPORARY.fullmatch(name) and wanted.is_log(name)


def _on_node(time: datetime | None, ahead: float, slack: float) -> int | None:
    return None if time is None else int((time.timestamp() + ahead + slack) * 1e9)


def _predecessors(files: Iterable[Listed]) -> Mapping[str, Listed]:
    """The rotation that ended where a file began, by the file's path."""
    series: dict[str, list[Listed]] = {}
    for file in files:
        directory, _, name = file.path.rpartition("/")
        series.setdefault(f"{directory}/{unrotated(name)}", []).append(file)
    before: dict[str, Listed] = {}
    for log, rotations in series.items():
        if all(file.path != log for file in rotations):
            continue  # `10.0.0.1` and `10.0.0.2` are no rotations of a `10.0.0` that is not there
        rotations.sort(key=lambda file: file.mtime)
        for older, newer in pairwise(rotations):
            if older.path != log:  # the current file is nobody's predecessor, however long it was not written to
                before[newer.path] = older
    return before
