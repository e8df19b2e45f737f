"""Many literals in one pass over the bytes, by Hyperscan.

Compiling thousands of literals takes a second, so the compiled database is kept in the cache.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Sequence
from typing import Any

import hyperscan

from .cache import read_entry, write_entry

# Databases below this compile in a few milliseconds: not worth a file.
_WORTH_CACHING = 64

OnHit = Callable[[int, int], None]


class Scanner:
    """Finds literals in bytes. ``scan`` calls back with (number of the literal, offset behind its end)."""

    def __init__(self, literals: Sequence[str], ignore_case: bool = False) -> None:
        self.literals = tuple(literals)
        self._database: Any = (
            _compile(self.literals, hyperscan.HS_FLAG_CASELESS) if ignore_case else _database(self.literals)
        )

    def scan(self, data: bytes | memoryview, on_hit: OnHit) -> None:
        """Report every occurrence of every literal, in the order of their ends."""

        def handler(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            on_hit(number, end)

        self._database.scan(data, match_event_handler=handler)


def _database(literals: tuple[str, ...]) -> hyperscan.Database:
    if len(literals) < _WORTH_CACHING:
        return _compile(literals)
    digest = hashlib.sha256("\0".join((_version(), platform.machine(), *literals)).encode()).hexdigest()
    name = f"scan-{digest[:32]}.hs"
    serialized = read_entry(name)
    if serialized is not None:
        try:
            database = hyperscan.loadb(serialized, hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
        except hyperscan.HyperscanError:
            pass  # of another CPU or version: compiled anew below
        else:
            return database
    database = _compile(literals)
    write_entry(name, hyperscan.dumpb(database))
    return database


def _version() -> str:
    """Version of the binding; it ships its own Hyperscan, so this pins both."""
    return str(getattr(hyperscan, "__version__", ""))


def _compile(literals: tuple[str, ...], flag: int = 0) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[literal.encode() for literal in literals],
        ids=list(range(len(literals))),
        elements=len(literals),
        flags=[flag] * len(literals),
        literal=True,
    )
    return database
