"""What journald holds of the window, as ``journalctl -o export`` says it, whole entries only."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO

from ..abilities import Abilities
from ..reasons import last_words
from ..ssh import Connection
from .manifest import Stretch
from .model import Refusal, Watch
from .stage import Stage
from .stream import saying
from .stretches import Ending, Gap, bring, gaps, still_held, too_much

SOURCE = "journal"
# Named after what was asked, as sos does it: no such file is on the node.
_BASE = "/var/log/journal/journalctl_-o_export"
_START = b"__CURSOR="
_TIME = re.compile(rb"^__REALTIME_TIMESTAMP=(\d{1,18})$", re.MULTILINE)
_FIELD = re.compile(rb"[A-Z_][A-Z0-9_]{0,63}(=?)")
# What journalctl says to who may see nothing of the system's.
_BLIND = re.compile(r"not seeing messages from other users|insufficient permissions|No journal files were opened due")


def journal(
    connection: Connection,
    abilities: Abilities,
    stage: Stage,
    asked: Gap,
    held: dict[str, tuple[Stretch, ...]],
    watch: Watch,
    came: Callable[[int], None],
) -> list[Refusal]:
    """Bring the entries that are not here yet; ``held`` is kept up. What was wrong is in the answer. Raises NodeError
    when the node did not say it all."""
    troubles: list[Refusal] = []
    held[SOURCE] = still_held(stage, held.get(SOURCE, ()))
    for gap in list(gaps(asked, held[SOURCE])):
        command = f"journalctl -o export --no-pager --since=@{_seconds(gap.since)}"
        command += f" --until=@{_seconds(gap.until)}" if gap.until is not None else ""
        with saying(connection, abilities, command, watch) as said:
            brought = bring(stage, _BASE, gap, held[SOURCE], said, ending, came)
        held[SOURCE] = brought.held
        if _BLIND.search(said.words):
            fix = "set `sudo: true` for the node, or add the user to the group systemd-journal"
            return [Refusal(SOURCE, "failed", "it does not show us the system's entries", fix)]
        if brought.cut:
            return [*troubles, too_much(SOURCE)]
        said.check("the journal")
        if said.status and (words := last_words(said.words)) and "No entries" not in words:
            troubles.append(Refusal(SOURCE, "failed", words))
    return troubles


def ending(file: BinaryIO, at: int) -> Ending:
    """Where the last whole entry ends in a file that is read from ``at`` on."""
    tail = file.read()
    end = len(tail)
    while True:
        start = tail.rfind(b"\n\n" + _START, 0, end)
        start = start + 2 if start >= 0 else 0
        if not tail.startswith(_START, start):
            return Ending(at + start, 0)
        length = _entry(tail[start:])
        if length:
            found = _TIME.search(tail, start, start + length)
            return Ending(at + start + length, int(found[1]) if found else 0)
        if start == 0:
            return Ending(at, 0)
        end = start


def _entry(data: bytes) -> int:
    """The length of the whole entry that the data begins with; 0 when it is not whole."""
    at = 0
    while True:
        line = data.find(b"\n", at)
        if line < 0:
            return 0
        if line == at:
            return line + 1 if at else 0
        field = _FIELD.match(data, at, line)
        if field is None:
            return 0
        if field[1]:
            at = line + 1
            continue
        if field.end() != line or len(data) < line + 9:
            return 0
        # A text with line ends: its length, and it, and a line end.
        at = line + 9 + int.from_bytes(data[line + 1 : line + 9], "little") + 1
        if len(data) < at or data[at - 1 : at] != b"\n":
            return 0


def _seconds(time: int) -> str:
    return f"{time // 10**6}.{time % 10**6:06}"
