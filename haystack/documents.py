"""YAML with the place of every key and value, so that each complaint can name file and line.

Patterns and ``haystack.yaml`` are read with it. Only plain data is read (no tags, no anchors that expand), and a
duplicate key is refused: PyYAML would let the last one win in silence.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .errors import HaystackError

# Nobody writes so much by hand.
_LARGEST = 8 << 20
_DEEPEST = 20
_DEEPEST_PLAIN = 60
# libyaml's nodes are built by recursion in C, which a hundred thousand brackets overflow; so many characters do not.
_SHORT = 8000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Located:
    """A YAML document and the line of each of its parts, by path: ``("match", "any", 0, "text")``."""

    def __init__(
        self, path: Path, data: Any, lines: dict[tuple[str | int, ...], int], kind: type[HaystackError]
    ) -> None:
        self.path = path
        self.data = data
        self.lines = lines
        self._kind = kind

    def line(self, where: tuple[str | int, ...]) -> int:
        """The line of the part at ``where``, or of what is around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def error(self, where: tuple[str | int, ...], text: str, hint: str = "") -> HaystackError:
        """A complaint about the part at ``where``, as ``file:line: text``, with a hint on its own line."""
        return self._kind(f"{self.path}:{self.line(where)}: {text}" + (f"\n  {hint}" if hint else ""))


def read(path: Path, kind: type[HaystackError]) -> Located:
    """Read one YAML file. Raises ``kind``, located, for what is no YAML or has a key twice."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as err:
        raise kind(f"{path}: cannot be read: {err}") from err
    if len(data) > _LARGEST:
        raise kind(f"{path}: larger than {_LARGEST >> 20} MiB")
    return parse(text, path, kind)


def parse(text: str, path: Path, kind: type[HaystackError]) -> Located:
    """The same of a text that was read from ``path``."""
    node = _compose(text, path, kind)
    lines: dict[tuple[str | int, ...], int] = {}
    data = None if node is None else _Reader(path, lines, kind).value(node, (), 0)
    return Located(path, data, lines, kind)


def plain(text: str, path: Path, kind: type[HaystackError]) -> Any:
    """The data of a file that other programs wrote: with aliases, merge keys, and keys given twice (the last wins).

    What an alias stands for is one object wherever it is used, so that it costs nothing. Raises ``kind``.
    """
    node = _compose(text, path, kind, _DEEPEST_PLAIN)
    return None if node is None else _Plain(path, kind).value(node, 0)


def _compose(text: str, path: Path, kind: type[HaystackError], deepest: int = _DEEPEST) -> yaml.Node | None:
    try:
        loader = _LOADER(text)
    except (yaml.YAMLError, UnicodeError) as err:
        raise kind(f"{path}:1: not valid YAML: {getattr(err, 'reason', None) or err}") from err
    try:
        if len(text) > _SHORT:
            depth = 0
            for event in yaml.parse(text, _LOADER):
                depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
                if depth > deepest + 1:
                    raise kind(f"{path}: nested too deeply")
        node: yaml.Node | None = loader.get_single_node()
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise kind(f"{path}:{line}: not valid YAML: {getattr(err, 'problem', None) or err}") from err
    except RecursionError as err:
        raise kind(f"{path}: nested too deeply") from err
    finally:
        loader.dispose()
    return node


class _Reader:
    """Nodes to plain values; an alias is refused, for ten lines of them can stand for a gigabyte."""

    def __init__(self, path: Path, lines: dict[tuple[str | int, ...], int], kind: type[HaystackError]) -> None:
        self._path = path
        self._lines = lines
        self._kind = kind
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, where: tuple[str | int, ...], depth: int) -> Any:
        line = self._lines[where] = node.start_mark.line + 1
        if depth > _DEEPEST:
            raise self._kind(f"{self._path}:{line}: nested too deeply")
        if id(node) in self._seen:
            raise self._kind(f"{self._path}:{line}: an alias (*name) points here; write the value out where it is used")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*where, i), depth + 1) for i, child in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, where: tuple[str | int, ...], depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._kind(f"{self._path}:{line}: a key must be a plain word")
            key = key_node.value
            inner = (*where, key)
            if key in result:
                first = self._lines[inner]
                raise self._kind(f'{self._path}:{line}: duplicate key "{key}", first given at line {first}')
            result[key] = self.value(value_node, inner, depth + 1)
            self._lines[inner] = line
        return result


class _Plain:
    """Nodes to plain values; each node once, however many aliases point to it."""

    def __init__(self, path: Path, kind: type[HaystackError]) -> None:
        self._path = path
        self._kind = kind
        self._made: dict[int, Any] = {}
        self._open: set[int] = set()

    def value(self, node: yaml.Node, depth: int) -> Any:
        if id(node) in self._made:
            return self._made[id(node)]
        if id(node) in self._open or depth > _DEEPEST_PLAIN:
            what = "an alias stands for what it is part of" if id(node) in self._open else "nested too deeply"
            raise self._kind(f"{self._path}:{node.start_mark.line + 1}: {what}")
        self._open.add(id(node))
        value: Any
        if isinstance(node, yaml.MappingNode):
            value = self._mapping(node, depth)
        elif isinstance(node, yaml.SequenceNode):
            value = [self.value(child, depth + 1) for child in node.value]
        else:
            value = _scalar(node)
        self._open.discard(id(node))
        self._made[id(node)] = value
        return value

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            value = self.value(value_node, depth + 1)
            if key_node.tag.endswith(":merge"):
                for part in reversed(value if isinstance(value, list) else [value]):
                    merged.update(part if isinstance(part, dict) else {})
            elif isinstance(key_node, yaml.ScalarNode):
                own[str(key_node.value)] = value
        return {**merged, **own}


def _scalar(node: yaml.Node) -> str | int | bool | None:
    kind = node.tag.rsplit(":", 1)[-1]
    text = str(node.value)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("true", "yes", "on")
    if kind == "int" and text.isascii() and text.lstrip("-").isdigit() and len(text) < 20:
        return int(text)
    return text
