"""What containers say on stdout and stderr, as ``docker logs`` or ``podman logs`` tells it, whole lines only."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from typing import BinaryIO

from ...errors import NodeError
from ..abilities import Abilities
from ..reasons import last_words
from ..ssh import Connection
from .manifest import Stretch
from .model import Refusal, Watch
from .stage import Stage
from .stream import saying
from .stretches import Ending, Gap, bring, gaps, still_held, too_much

_MOST = 500
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}")
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ")


def names(connection: Connection, tool: str) -> tuple[str, ...]:
    """The containers of a node, also those that ended. Raises NodeError."""
    answer = connection.run(f"{tool} ps -a --format '{{{{.Names}}}}'", limit=1 << 20)
    if answer.status:
        raise NodeError(
            connection.node.name, "failed", f"{tool} ps: {last_words(answer.stderr)}", "set `sudo: true` for the node"
        )
    lines = answer.stdout.decode("utf-8", "replace").split()
    return tuple(dict.fromkeys(line for line in lines if _NAME.fullmatch(line)))[:_MOST]


def containers(
    connection: Connection,
    abilities: Abilities,
    stage: Stage,
    asked: Gap,
    held: dict[str, tuple[Stretch, ...]],
    watch: Watch,
    came: Callable[[int], None],
) -> list[Refusal]:
    """Bring what containers said since; ``held`` is kept up by container. What was wrong with one is in the answer."""
    tool = connection.node.containers
    troubles = []
    for name in names(connection, tool):
        source = f"{tool} {name}"
        held[source] = still_held(stage, held.get(source, ()))
        for gap in list(gaps(asked, held[source])):
            command = f"{tool} logs --timestamps --since {_time(gap.since)}"
            command += f" --until {_time(gap.until)}" if gap.until is not None else ""
            with saying(connection, abilities, f"{command} {name} 2>&1", watch) as said:
                base = f"/var/log/containers/{tool}_logs_--timestamps_{name}"
                brought = bring(stage, base, gap, held[source], said, ending, came)
            held[source] = brought.held
            if brought.cut:
                troubles.append(too_much(source))
                break
            said.check(f"{tool} logs {name}")
            if said.status:
                troubles.append(Refusal(source, "failed", f"{tool} logs ended with {said.status}"))
    return troubles


def ending(file: BinaryIO, at: int) -> Ending:
    """Where the last whole line ends in a file that is read from ``at`` on, and the last time in it."""
    tail = file.read()
    size = tail.rfind(b"\n") + 1
    stamps = [found for line in tail[:size].rsplit(b"\n", 200)[-200:] if (found := _STAMP.match(line))]
    return Ending(at + size, max(map(_microseconds, stamps), default=0))


def _microseconds(found: re.Match[bytes]) -> int:
    text, fraction, zone = found[1].decode(), (found[2] or b"").decode(), found[3].decode()
    try:
        time = datetime.fromisoformat(text + zone.replace("Z", "+00:00"))
    except ValueError:
        return 0
    return int(time.timestamp()) * 10**6 + int(fraction.ljust(6, "0")[:6] or 0)


def _time(time: int) -> str:
    return f"{datetime.fromtimestamp(time // 10**6, tz=timezone.utc):%Y-%m-%dT%H:%M:%S}.{time % 10**6:06}Z"
