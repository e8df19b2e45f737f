"""YAML with the place of every key and value, so that each complaint can name file and line.

Only plain data is read (no tags, no anchors that expand), and a duplicate key is refused: PyYAML would let the
last one win in silence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..errors import LibraryError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Located:
    """A YAML document and the line of each of its parts, by path: ``("match", "any", 0, "text")``."""

    def __init__(self, path: Path, data: Any, lines: dict[tuple[str | int, ...], int]) -> None:
        self.path = path
        self.data = data
        self.lines = lines

    def error(self, where: tuple[str | int, ...], text: str, hint: str = "") -> LibraryError:
        """A complaint about the part at ``where``, as ``file:line: text``, with a hint on its own line."""
        while where and where not in self.lines:
            where = where[:-1]
        return LibraryError(f"{self.path}:{self.lines.get(where, 1)}: {text}" + (f"\n  {hint}" if hint else ""))


def read(path: Path) -> Located:
    """Read one YAML file. Raises LibraryError, located, for what is no YAML or has a key twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise LibraryError(f"{path}: cannot be read: {err}") from err
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise LibraryError(f"{path}:{line}: not valid YAML: {getattr(err, 'problem', None) or err}") from err
    finally:
        loader.dispose()
    lines: dict[tuple[str | int, ...], int] = {}
    return Located(path, None if node is None else _Reader(path, lines).value(node, (), 0), lines)


class _Reader:
    """Nodes to plain values; an alias is refused, for ten lines of them can stand for a gigabyte."""

    def __init__(self, path: Path, lines: dict[tuple[str | int, ...], int]) -> None:
        self._path = path
        self._lines = lines
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, where: tuple[str | int, ...], depth: int) -> Any:
        line = self._lines[where] = node.start_mark.line + 1
        if depth > 20:
            raise LibraryError(f"{self._path}:{line}: nested too deeply")
        if id(node) in self._seen:
            raise LibraryError(
                f"{self._path}:{line}: an alias (*name) points here; write the value out where it is used"
            )
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*where, i), depth + 1) for i, child in enumerate(node.value)]
        kind = node.tag.rsplit(":", 1)[-1]
        text = str(node.value)
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in ("true", "yes", "on")
        if kind == "int" and text.lstrip("-").isdigit():
            return int(text)
        return text

    def _mapping(self, node: yaml.MappingNode, where: tuple[str | int, ...], depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise LibraryError(f"{self._path}:{line}: a key must be a plain word")
            key = key_node.value
            inner = (*where, key)
            if key in result:
                first = self._lines[inner]
                raise LibraryError(f'{self._path}:{line}: duplicate key "{key}", first given at line {first}')
            result[key] = self.value(value_node, inner, depth + 1)
            self._lines[inner] = line
        return result
