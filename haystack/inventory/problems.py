"""All mistakes of a haystack.yaml at once: what is wrong is noted with its line, and reading goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..documents import Located
from ..errors import SettingsError
from ..names import did_you_mean
from .fields import shown

_MOST_SHOWN = 20

Where = tuple[str | int, ...]
Readers = Mapping[str, Callable[[Any], Any]]


class Problems:
    """The mistakes found so far in a document."""

    def __init__(self, doc: Located) -> None:
        self.doc = doc
        self._found: set[tuple[int, str]] = set()

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, where: Where, text: str, hint: str = "") -> None:
        """Note what is wrong with a part."""
        self._found.add((self.doc.line(where), text + (f"\n  {hint}" if hint else "")))

    def report(self) -> None:
        """Raise SettingsError if anything was found."""
        if not self._found:
            return
        lines = [f"{self.doc.path}:{line}: {text}" for line, text in sorted(self._found)]
        more = len(lines) - _MOST_SHOWN
        raise SettingsError("\n".join(lines[:_MOST_SHOWN]) + (f"\nand {more} more" if more > 0 else ""))

    def mapping(self, where: Where, value: Any) -> dict[str, Any]:
        """A mapping; an empty one where it is something else."""
        if isinstance(value, dict):
            return value
        self.add(where, f"{shown(where[-1]) if where else 'the file'} must be a mapping of keys and values")
        return {}

    def only(self, where: Where, mapping: Iterable[str], known: Iterable[str]) -> None:
        """No other keys than the known ones."""
        for key in mapping:
            if key not in known:
                self.add((*where, key), f'unknown key "{shown(key)}"', did_you_mean(key, known))

    def read(self, where: Where, reader: Callable[[Any], Any], value: Any) -> Any:
        """What a reader makes of a value; None where it refuses."""
        try:
            return reader(value)
        except ValueError as err:
            text, *hint = err.args
            self.add(where, f"{shown(where[-1])}: {text}", *hint)
            return None

    def fields(self, where: Where, data: Any, readers: Readers) -> dict[str, Any]:
        """The values of a mapping that has a reader for each key, as far as they are right."""
        mapping = self.mapping(where, data)
        self.only(where, mapping, readers)
        values = {
            key: self.read((*where, key), readers[key], value) for key, value in mapping.items() if key in readers
        }
        return {key: value for key, value in values.items() if value is not None}
