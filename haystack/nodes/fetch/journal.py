"""What journald holds of the window, as ``journalctl -o export`` says it, whole entries only."""

from __future__ import annotations

import mmap
import re

from ..reasons import last_words
from .manifest import Stretch
from .model import Refusal
from .stretches import Asking, Ending, bring, gaps, still_held, too_much

SOURCE = "journal"
# Named after what was asked, as sos does it: no such file is on the node.
_BASE = "/var/log/journal/journalctl_-o_export"
_START = b"__CURSOR="
_NEXT = b"\n\n" + _START
# So much before the end is stepped through: what is before that is whole.
_STEPPED = 1 << 20
_TIME = re.compile(rb"^__REALTIME_TIMESTAMP=(\d{1,18})$", re.MULTILINE)
_FIELD = re.compile(rb"[A-Z_][A-Z0-9_]{0,63}(=?)")
# What journalctl says to who may see nothing of the system's.
_BLIND = re.compile(r"not seeing messages from other users|insufficient permissions|No journal files were opened due")


def journal(asking: Asking, held: dict[str, tuple[Stretch, ...]]) -> list[Refusal]:
    """Bring the entries that are not here yet; ``held`` is kept up. What was wrong is in the answer. Raises NodeError
    when the node did not say it all."""
    troubles: list[Refusal] = []
    held[SOURCE] = still_held(asking.stage, held.get(SOURCE, ()))
    for gap in list(gaps(asking.gap, held[SOURCE])):
        command = f"journalctl -o export --no-pager --since=@{_seconds(gap.since)}"
        command += f" --until=@{_seconds(gap.until)}" if gap.until is not None else ""
        with asking.saying(command) as said:
            brought = bring(asking, _BASE, gap, held[SOURCE], said, ending)
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


def ending(data: bytes | mmap.mmap, begun: int) -> Ending:
    """Where the last whole entry ends in what came from ``begun`` on.

    Texts of entries may look like entries: from somewhere before the end on each is stepped over from its beginning.
    """
    before = data.rfind(_NEXT, begun, max(begun, len(data) - _STEPPED))
    found = _stepped(data, begun if before < 0 else before + 2)
    while not found.last and before >= 0:
        # The one that is cut is longer than all that was stepped over.
        before = data.rfind(_NEXT, begun, before + len(_NEXT) - 1)
        found = _whole(data, begun if before < 0 else before + 2)
    return found if found.last else Ending(begun, 0)


def _stepped(data: bytes | mmap.mmap, at: int) -> Ending:
    found = Ending(at, 0)
    while at < len(data):
        size = _entry(data, at)
        if size == 0:
            break  # the last one, cut
        if size > 0:
            found = _whole(data, at)
            at = found.end
            continue
        # It began in the middle of a text, or is damaged.
        at = data.find(_NEXT, at) + 2
        if at < 2:
            break
    return found


def _whole(data: bytes | mmap.mmap, at: int) -> Ending:
    size = max(0, _entry(data, at))
    time = _TIME.search(data, at, at + size)
    return Ending(at + size, int(time[1]) if time else 0)


def _entry(data: bytes | mmap.mmap, begun: int) -> int:
    """The length of the whole entry that begins somewhere; 0 when it is cut, less when it is none."""
    at = begun
    if data[at : at + len(_START)] != _START:
        return -1
    while True:
        line = data.find(b"\n", at)
        if line < 0:
            return 0
        if line == at:
            return line + 1 - begun
        field = _FIELD.match(data, at, line)
        if field is None:
            return -1
        if field[1]:
            at = line + 1
            continue
        if field.end() != line:
            return -1
        if len(data) < line + 9:
            return 0
        # A text with line ends: its length, and it, and a line end.
        at = line + 9 + int.from_bytes(data[line + 1 : line + 9], "little") + 1
        if len(data) < at:
            return 0
        if data[at - 1 : at] != b"\n":
            return -1


def _seconds(time: int) -> str:
    return f"{time // 10**6}.{time % 10**6:06}"
