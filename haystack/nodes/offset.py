"""How far a node's clock is off, when that counts, and how it is said. ``clock`` measures it; reports say it."""

from __future__ import annotations

import math
from typing import NamedTuple

# Logs are stamped to the millisecond and written when somebody comes to it: less than this (s) changes no order.
_LEAST = 0.010


class Offset(NamedTuple):
    """Seconds that a node's clock is ahead of ours (negative: behind), and how far that may be wrong (0: not told)."""

    seconds: float
    uncertainty: float = 0.0

    @property
    def counts(self) -> bool:
        """Whether the clock is off at all, as far as can be told."""
        return abs(self.seconds) >= max(_LEAST, self.uncertainty)

    @property
    def words(self) -> str:
        """``7.000 s ahead (± 2 ms)``."""
        text = f"{abs(self.seconds):.3f} s {'ahead' if self.seconds > 0 else 'behind'}"
        return f"{text} (± {self._unsure})" if self.uncertainty else text

    @property
    def _unsure(self) -> str:
        # Rounded up: it may not be surer in words than it is.
        if self.uncertainty < 1:
            return f"{math.ceil(self.uncertainty * 1000)} ms"
        return f"{math.ceil(self.uncertainty * 10) / 10:.1f} s"
