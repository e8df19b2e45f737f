"""The tree that logs are fetched to: ours alone while a fetch is at work, and what is kept of each node's last one.

``<to>/.haystack/fetch.json`` is read by whoever reads the tree's logs (search.fetched).
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ..writing import directory, write_whole
from .names import OURS
from .result import SCHEMA

LAST = "fetch.json"
_LOCK = "lock"


@contextmanager
def ours(to: Path) -> Iterator[Path]:
    """The directory of the tree, ours alone while it lasts. Raises UsageError."""
    try:
        if not to.exists():
            to.mkdir(mode=0o700, parents=True)  # logs tell secrets
        home = to.resolve()
        with directory(home, (OURS,)) as state:
            lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=state)
    except OSError as err:
        raise UsageError(f"--to {to}: cannot be written to: {err.strerror}") from err
    with os.fdopen(lock, "r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            who = file.read(20).decode("ascii", "replace").strip()
            who = f" (process {who})" if who.isdigit() else ""
            raise UsageError(f"--to {to}: another fetch is at work there{who}; wait for it, or choose another") from err
        except OSError as err:
            raise UsageError(
                f"--to {to}: cannot be locked: {err.strerror}; choose a directory of a local disk"
            ) from err
        with suppress(OSError):  # on a full disk it is locked all the same
            file.truncate(0)
            file.write(b"%d\n" % os.getpid())
        yield home


def last(home: Path) -> dict[str, dict[str, Any]]:
    """The rows of what was kept of the runs before, by node."""
    try:
        document = json.loads((home / OURS / LAST).read_bytes())
        return {str(row["node"]): row for row in document["nodes"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def keep(home: Path, began: datetime, rows: Mapping[str, dict[str, Any]]) -> str:
    """Keep the rows of all nodes of the tree; where that fails, why: it then goes on saying what it said before."""
    document = {"schema": SCHEMA, "began": time_text(began), "nodes": [rows[name] for name in sorted(rows)]}
    try:
        write_whole(home / OURS / LAST, (json.dumps(document, indent=1) + "\n").encode("ascii"))
    except OSError as err:
        return f"{OURS}/{LAST} cannot be written: {err.strerror}"
    return ""


def time_text(time: datetime) -> str:
    """A time of a run, in UTC."""
    return time.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
