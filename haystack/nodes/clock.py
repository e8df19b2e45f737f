"""How far a node's clock is off ours: several round trips over one channel, of which the quickest counts.

As NTP does it (RFC 5905, clock filter): the less time an answer took, the less can be wrong with it.
"""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Sequence
from contextlib import suppress

from ..errors import NodeError
from .offset import Offset
from .ssh import Connection, reap

# So many rounds; more (for so many seconds) where they are long and unlike each other, for that is a machine that is
# busy. A way that is merely long takes as long each time.
_ROUNDS, _LONG = 10, 4.0
_SHORT, _ALIKE, _ENOUGH = 0.020, 1.25, 3
_TIMEOUT = 10.0
_LONGEST = 4096
# A date that knows no %N leaves it out, or as it is.
_STAMP = re.compile(rb"haystack-clock (\d{9,12})(?:\.(\d{1,9})?(?:%?N)?)?\s*$")
# `date` is asked anew in each round; nothing is written and nothing is kept.
_SCRIPT = 'while read -r _; do echo "haystack-clock $(date +%s.%N)"; done'


def measure(connection: Connection) -> Offset:
    """Measure a node's clock, over a slow way in fewer rounds. Raises NodeError when it does not tell its time."""
    process = connection.start(_SCRIPT, sudo=False, lifetime=_TIMEOUT * 2)
    best: Offset | None = None
    delays: list[float] = []
    started = time.monotonic()
    deadline = started + _TIMEOUT
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        while not _enough(delays) and (best is None or time.monotonic() - started < _LONG):
            asked, began = time.time(), time.monotonic()
            with suppress(BrokenPipeError):
                process.stdin.write(b"\n")
                process.stdin.flush()
            line = _line(process.stdout.fileno(), deadline)
            took = time.monotonic() - began
            found = _STAMP.search(line)
            if not found and best is not None and time.monotonic() >= deadline:
                break
            if not found:
                raise _untold(connection, line)
            delays.append(took)
            whole, fraction = found.groups()
            there = int(whole) + (float(b"0." + fraction) if fraction else 0.5)
            offset = Offset(there - (asked + took / 2), took / 2 + (0.0 if fraction else 0.5))
            if best is None or offset.uncertainty < best.uncertainty:
                best = offset
    finally:
        reap(process)
    assert best is not None
    return best


def _enough(delays: Sequence[float]) -> bool:
    """Whether more round trips would tell no better."""
    if len(delays) < _ROUNDS:
        return False
    least = min(delays)
    return least <= _SHORT or sum(delay <= least * _ALIKE for delay in delays) >= _ENOUGH


def _untold(connection: Connection, said: bytes) -> NodeError:
    """Why there is no time: something else was said, nothing was, or there is no connection any more."""
    if not connection.alive:
        return NodeError(connection.node.name, "lost", "the connection broke")
    if not said:
        return NodeError(connection.node.name, "slow", f"it did not tell its time within {_TIMEOUT:.0f} s")
    return NodeError(connection.node.name, "garbage", "it does not tell its time")


def _line(fd: int, deadline: float) -> bytes:
    """The next line that tells a time; what else a shell says at its start is passed over."""
    said = b""
    while len(said) < _LONGEST:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            break
        data = os.read(fd, _LONGEST)
        if not data:
            break
        said += data
        if said.endswith(b"\n") and b"haystack-clock" in said:
            break
    return said
