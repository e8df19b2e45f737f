"""haystack.yaml from nodes: short, and read again as what it was."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ..settings import Node
from .fields import FIELDS

_UNSAID = Node("")
_COMMON = tuple(key for key in FIELDS if key not in ("address", "site", "roles"))
_PLAIN = re.compile(r"[A-Za-z_/~][A-Za-z0-9_./~-]*")
# What YAML of one version or another takes for something else than a text.
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "none"))


def haystack_yaml(nodes: Iterable[Node], comment: str, config: str = "") -> str:
    """The text of a haystack.yaml; what all nodes have in common is said once, as defaults."""
    nodes = list(nodes)
    common = {
        key: getattr(nodes[0], key)
        for key in _COMMON
        if nodes and all(getattr(node, key) == getattr(nodes[0], key) != getattr(_UNSAID, key) for node in nodes)
    }
    lines = [f"# {line}" for line in comment.splitlines()]
    if config:
        lines += ["ssh:", f"  config: {_scalar(config)}"]
    if common:
        lines += ["defaults:", *(f"  {key}: {_value(value)}" for key, value in common.items())]
    lines.append("nodes:")
    for node in nodes:
        own = {
            key: getattr(node, key)
            for key in FIELDS
            if key not in common and getattr(node, key) != getattr(_UNSAID, key)
        }
        inner = ", ".join(f"{key}: {_value(value)}" for key, value in own.items())
        lines.append(f"  {_scalar(node.name)}: {{{inner}}}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        items = [_scalar(item) for item in value]
        return items[0] if len(items) == 1 else f"[{', '.join(items)}]"
    return str(value) if isinstance(value, int) else _scalar(str(value))


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else json.dumps(text)
