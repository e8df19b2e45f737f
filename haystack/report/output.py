"""Where a report goes: standard output, or a file that is written whole or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ..errors import UsageError


def write(text: str, path: Path | None) -> None:
    """Text to a file, whole or not at all, or to standard output (None or ``-``).

    Raises UsageError when the file cannot be written. A device or pipe is written to, never replaced.
    """
    if path is None or str(path) == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    import tempfile

    try:
        target = path.resolve()  # a link keeps leading where it leads
        if target.exists() and not target.is_file():
            with target.open("w", encoding="utf-8") as file:
                file.write(text)
            return
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            mask = os.umask(0)
            os.umask(mask)
            Path(temporary).chmod(0o666 & ~mask)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as err:
        raise UsageError(f"-o {path}: cannot be written: {err.strerror}") from err
