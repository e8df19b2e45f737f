"""Many durations in little memory: exact while they are few, then a histogram with a known relative error."""

from __future__ import annotations

from array import array
from math import ceil, inf, log

# So many values are kept as they are; percentiles of no more than these are exact.
EXACT = 500
# A percentile of more values is off by at most this share of itself.
RELATIVE_ERROR = 0.01
_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA = log(_GAMMA)
# Shorter ones are one microsecond, longer ones some twelve days: 1,400 buckets at most.
_SHORTEST, _LONGEST = 1e-6, 1e6


class Durations:
    """Seconds, counted. ``total``, ``longest`` and ``count`` are exact always, percentiles within RELATIVE_ERROR.

    Bucket i of the histogram holds the values above gamma^(i-1) and up to gamma^i.
    """

    __slots__ = ("_buckets", "_exact", "_most_exact", "count", "longest", "total")

    def __init__(self, exact: int = EXACT) -> None:
        self.count = 0
        self.total = 0.0
        self.longest = 0.0
        self._most_exact = exact
        self._exact = array("d")
        self._buckets: dict[int, int] = {}

    def add(self, seconds: float) -> None:
        """One more; what is no duration (negative, not finite) counts as 0."""
        if not 0.0 <= seconds < inf:
            seconds = 0.0
        self.count += 1
        self.total += seconds
        if seconds > self.longest:
            self.longest = seconds
        if self._buckets:
            self._put(seconds)
            return
        self._exact.append(seconds)
        if len(self._exact) > self._most_exact:
            self._spill()

    def merge(self, other: Durations) -> None:
        """Add all of another's."""
        self.count += other.count
        self.total += other.total
        self.longest = max(self.longest, other.longest)
        if not self._buckets and not other._buckets and len(self._exact) + len(other._exact) <= self._most_exact:
            self._exact.extend(other._exact)
            return
        self._spill()
        for seconds in other._exact:
            self._put(seconds)
        for bucket, count in other._buckets.items():
            self._buckets[bucket] = self._buckets.get(bucket, 0) + count

    def percentile(self, percent: float) -> float | None:
        """The smallest value that at least this share of all values does not exceed (nearest rank); None of none."""
        if not self.count:
            return None
        rank = max(1, ceil(self.count * percent / 100 - 1e-9))
        if not self._buckets:
            return sorted(self._exact)[rank - 1]
        for bucket in sorted(self._buckets):
            rank -= self._buckets[bucket]
            if rank <= 0:
                break
        # The middle of the bucket, in the sense of relative error; nothing is longer than the longest.
        return min(2 * _GAMMA**bucket / (_GAMMA + 1), self.longest)

    def _spill(self) -> None:
        for seconds in self._exact:
            self._put(seconds)
        self._exact = array("d")

    def _put(self, seconds: float) -> None:
        if not _SHORTEST <= seconds <= _LONGEST:
            seconds = _SHORTEST if seconds < _SHORTEST else _LONGEST
        bucket = ceil(log(seconds) / _LOG_GAMMA)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
