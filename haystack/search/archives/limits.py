"""How far an archive is unpacked, and what is left of it: bombs are stopped by bytes that were really unpacked."""

from __future__ import annotations

from typing import NamedTuple

from ...errors import UnreadableError

# Below this many bytes any ratio is taken for a log that repeats itself.
_RATIO_FREE = 256 << 20


class Limits(NamedTuple):
    """How far an archive is unpacked: bytes in all, members, and bytes for each byte of the archive (0: any).

    Archives inside count for the one they are in.
    """

    size: int = 20 << 30
    members: int = 500_000
    ratio: int = 250


class LimitError(UnreadableError):
    """An archive holds more than the limits allow."""


class Budget:
    """What is left of the limits for one archive and those in it."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self.limits = limits
        self.packed = max(packed, 1)
        self.unpacked = 0
        self.members = 0

    def take(self, size: int) -> None:
        """Account for unpacked bytes. Raises LimitError."""
        self.unpacked += size
        limits = self.limits
        if self.unpacked > limits.size:
            raise LimitError(
                f"unpacks to more than {_in_words(limits.size)}; raise it with --max-archive-size if you trust it"
            )
        if limits.ratio and self.unpacked > max(_RATIO_FREE, limits.ratio * self.packed):
            raise LimitError(
                f"unpacks to more than {limits.ratio} times its size, as archive bombs do;"
                " say how much it may be with --max-archive-size if you trust it"
            )

    def member(self) -> None:
        """Account for a member. Raises LimitError."""
        self.members += 1
        if self.members > self.limits.members:
            raise LimitError(
                f"holds more than {self.limits.members:,} members; raise it with --max-archive-members if you trust it"
            )


def _in_words(size: int) -> str:
    for unit, name in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size >= 1 << unit:
            return f"{size / (1 << unit):.4g} {name}"
    return f"{size} bytes"
