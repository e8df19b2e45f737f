"""The files of the library: YAML with places, whose complaints are LibraryErrors."""

from __future__ import annotations

from pathlib import Path

from ..documents import Located
from ..documents import read as read_document
from ..errors import LibraryError

__all__ = ["Located", "read"]


def read(path: Path) -> Located:
    """Read one file of the library. Raises LibraryError, located, for what is no YAML or has a key twice."""
    return read_document(path, LibraryError)
