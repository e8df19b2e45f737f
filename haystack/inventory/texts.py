"""Files of others, read with a bound."""

from __future__ import annotations

from pathlib import Path

from ..errors import SettingsError

_LARGEST = 32 << 20


def read_text(path: Path) -> str:
    """The text of a file. Raises SettingsError for one that cannot be read, is too large or is no text."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as err:
        raise SettingsError(f"{path}: cannot be read: {getattr(err, 'strerror', None) or err}") from err
    if len(data) > _LARGEST:
        raise SettingsError(f"{path}: larger than {_LARGEST >> 20} MiB")
    return text
