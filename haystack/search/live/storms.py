"""Hits of literals in a range of a file on a node, where they are more than can travel.

What ``Hits`` thins here is thinned there, literal by literal: of one that is found thousands of times only the offsets
travel that ``Hits`` would keep. Of the others all lines do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ...scanner import Scanner
from ..hits import MOST_HITS, Hits
from .asking import Run
from .there import FarFile, There

# A literal that is found so often in one file is asked for by itself.
_OFTEN = 300
_ROUNDS = 4
# Around a hit of which only the offset is known so much is read.
_BEFORE, _BEHIND = 512, 3 << 10


class FarHits(Hits):
    """Hits of lines that came from a node; those of the literals ``elsewhere`` are given as offsets."""

    def __init__(self, scanners: list[tuple[Scanner, bool]], elsewhere: Collection[str] = ()) -> None:
        super().__init__(scanners)
        self._elsewhere = frozenset(elsewhere)

    def _taker(self, scanner: Scanner, counts: list[int], base: int, sampled: bool) -> Callable[[int, int], None]:
        take = super()._taker(scanner, counts, base, sampled)
        if not self._elsewhere:
            return take
        left = {number for number, literal in enumerate(scanner.literals) if literal in self._elsewhere}
        return lambda number, end: None if number in left else take(number, end)

    @property
    def thinned(self) -> bool:
        """Whether some hits were left out because they are many."""
        return any(count > 6 for counts in self._counts for count in counts)

    def give(self, offsets: Collection[int], ids: int) -> None:
        """Hits that were counted on the node: offsets of sampled ones, and how many there are of ids."""
        self._offsets.extend(offsets)
        self._lost += max(0, ids - self._taken)


class Storm:
    """What is known of a file with more hits than can travel.

    ``runs`` are lines without those that only hold what is found ``often``: of that there are ``offsets``. ``ids`` is
    how often the ids are found. ``cut`` says that not all lines with other literals came.
    """

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self.often: set[str] = set()
        self.offsets: list[int] = []
        self.ids = 0
        self.cut = False


def storm(there: There, file: FarFile, start: int, end: int, ids: Sequence[str], literals: Sequence[str]) -> Storm:
    """Ask for the hits in a range of a file in a way that bounds the answer. Raises UnreadableError, NodeError."""
    found = Storm()
    if ids:
        counts = there.tally(file, start, end, ids)
        many = there.many(file, start, end, ids, MOST_HITS)
        found.runs, found.ids = many.runs, sum(counts.values())
    if literals:
        _literals(there, file, start, end, literals, found)
    return found


def _literals(there: There, file: FarFile, start: int, end: int, literals: Sequence[str], found: Storm) -> None:
    rest = list(literals)
    for _ in range(_ROUNDS):
        counts = there.tally(file, start, end, rest)
        often = {text for text in rest if counts.get(text, 0) > _OFTEN}
        # A literal in another that is found often is found as often, though grep tells of the longer one only.
        found.often |= often | {text for text in rest for longer in often if text in longer}
        rest = [text for text in rest if text not in found.often]
        answer = next(there.ranges([(file, start, end)], rest, ids=False)) if rest else None
        if answer is None or not answer.storm:
            found.runs += answer.runs if answer else []
            break
    else:
        found.cut = True
    for literal in sorted(found.often):
        behind = len(literal.encode()) - 1
        found.offsets += [offset + behind for offset in there.thinned(file, start, end, literal)]
    there.hold(file, [(offset - _BEFORE, offset + _BEHIND) for offset in sorted(found.offsets)])
