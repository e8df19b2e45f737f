"""Settings as they may be shown, by node, file and line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..insight.config import Document
from ..masking import shown


class SettingRow(NamedTuple):
    """A setting of a node with its values as they may be shown."""

    node: str
    service: str
    path: str
    line: int
    section: str
    option: str
    values: tuple[str, ...]


def settings(documents: Iterable[Document], option: str = "") -> list[SettingRow]:
    """All settings, or those of one name, by node, file and line."""
    rows = [
        SettingRow(
            document.node,
            document.service,
            setting.path,
            setting.line,
            section,
            name,
            tuple(shown(section, name, value) for value in setting.values),
        )
        for document in documents
        for (section, name), setting in document.options.items()
        if option in ("", name)
    ]
    return sorted(rows, key=lambda row: (row.node, row.path, row.line))
