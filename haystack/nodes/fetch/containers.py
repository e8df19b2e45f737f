"""What containers say on stdout and stderr, as ``docker logs`` or ``podman logs`` tells it, whole lines only."""

from __future__ import annotations

import mmap
import re
from datetime import datetime, timezone

from ...errors import NodeError
from ..reasons import last_words
from ..ssh import Connection
from .manifest import Stretch
from .model import Refusal
from .stretches import Asking, Ending, bring, gaps, still_held, too_much

_MOST = 500
# A line is of 16 KiB at most, then docker begins another.
_LAST_LINES = 256 << 10
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
    return tuple(dict.fromkeys(line for line in lines if _NAME.fullmatch(line)))


def containers(asking: Asking, held: dict[str, tuple[Stretch, ...]]) -> list[Refusal]:
    """Bring what containers said since; ``held`` is kept up by container. What was wrong with one is in the answer."""
    tool = asking.connection.node.containers
    found = names(asking.connection, tool)
    troubles = []
    if len(found) > _MOST:
        troubles.append(Refusal(tool, "failed", f"{len(found)} containers; only the first {_MOST} were asked"))
    for name in found[:_MOST]:
        source = f"{tool} {name}"
        held[source] = still_held(asking.stage, held.get(source, ()))
        for gap in list(gaps(asking.gap, held[source])):
            command = f"{tool} logs --timestamps --since {_time(gap.since)}"
            command += f" --until {_time(gap.until)}" if gap.until is not None else ""
            with asking.saying(f"{command} {name} 2>&1") as said:
                base = f"/var/log/containers/{tool}_logs_--timestamps_{name}"
                brought = bring(asking, base, gap, held[source], said, ending)
            held[source] = brought.held
            if brought.cut:
                troubles.append(too_much(source))
                break
            said.check(f"{tool} logs {name}")
            if said.status:
                troubles.append(Refusal(source, "failed", f"{tool} logs ended with {said.status}"))
    return troubles


def ending(data: bytes | mmap.mmap, begun: int) -> Ending:
    """Where the last whole line ends in what came from ``begun`` on, and the last time in the lines before it."""
    end = max(begun, data.rfind(b"\n", begun) + 1)
    lines = data[max(begun, end - _LAST_LINES) : end].split(b"\n")
    stamps = [found for line in lines if (found := _STAMP.match(line))]
    return Ending(end, max(map(_microseconds, stamps), default=0))


def _microseconds(found: re.Match[bytes]) -> int:
    text, fraction, zone = found[1].decode(), (found[2] or b"").decode(), found[3].decode()
    try:
        time = datetime.fromisoformat(text + zone.replace("Z", "+00:00"))
    except ValueError:
        return 0
    return int(time.timestamp()) * 10**6 + int(fraction.ljust(6, "0")[:6] or 0)


def _time(time: int) -> str:
    return f"{datetime.fromtimestamp(time // 10**6, tz=timezone.utc):%Y-%m-%dT%H:%M:%S}.{time % 10**6:06}Z"
