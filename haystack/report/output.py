"""Where a report goes: standard output, or a file that is written whole or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..errors import UsageError


def write(text: str, path: Path | None) -> None:
    """Text to a file, whole or not at all, or to standard output."""
    if path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    import tempfile

    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            mask = os.umask(0)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as err:
        raise UsageError(f"-o {path}: cannot be written: {err.strerror}") from err
