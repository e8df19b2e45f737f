"""Files kept from run to run: compiled libraries and scan databases.

An entry carries the digest of its content and belongs to this user; a stale or damaged one is never used, only made
anew. A directory that cannot be written to costs time, nothing else.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def cache_dir() -> Path:
    """Where compiled libraries are kept: ``$HAYSTACK_CACHE``, ``$XDG_CACHE_HOME/haystack`` or ``~/.cache/haystack``."""
    explicit = os.environ.get("HAYSTACK_CACHE")
    if explicit:
        return Path(explicit)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "haystack"
    except RuntimeError:  # no home directory known
        import tempfile

        return Path(tempfile.gettempdir()) / f"haystack-{os.getuid()}"


def read_entry(name: str) -> bytes | None:
    """A cache entry whose digest is right and which this user owns; None otherwise."""
    path = cache_dir() / name
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_uid != os.getuid():
                return None
            digest, payload = file.read(64), file.read()
    except OSError:
        return None
    return payload if _digest(name, payload) == digest else None


def write_entry(name: str, payload: bytes) -> None:
    """Keep a cache entry, atomically; a directory that cannot be written to only costs time."""
    import tempfile  # only who writes pays for it

    directory = cache_dir()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=directory, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(name, payload) + payload)
            Path(temporary).replace(directory / name)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError:
        return
    _forget_old(directory, name.partition("-")[0])


def _digest(name: str, payload: bytes) -> bytes:
    """The name belongs to it: an entry renamed to another key is not that key's."""
    return hashlib.sha256(name.encode() + b"\0" + payload).hexdigest().encode()


def _forget_old(directory: Path, kind: str, keep: int = 4) -> None:
    """Keep the newest few entries of a kind: each change of the library leaves one behind."""
    try:
        entries = sorted(directory.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in entries[keep:]:
            path.unlink(missing_ok=True)
    except OSError:
        pass
