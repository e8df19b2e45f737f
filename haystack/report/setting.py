"""Settings as they may be shown: what an option's name says is secret is masked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ..insight.config import Document
from ..insight.secret import is_secret
from .mask import mask, stars

_WORD = re.compile(r"\S+")
_HOST = r"(?:[\w.%$-]*|\[[0-9a-fA-F:.]*\])(?::\d*)?"
_USER = r"(?:[^\s:@/,]+|[^\s:@/,]*:\*+[0-9a-f]*)@"
# What `mask` leaves of the hosts of a URL: users without a password or with a masked one, and no user after a host
# without one, for such a host may be half a password.
_CLEAN_HOSTS = re.compile(rf"{_USER}{_HOST}(?:,{_USER}{_HOST})*(?:,{_HOST})*")


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


def shown(section: str, option: str, value: str) -> str:
    """The value without secrets: equal ones stay equal, and one that differs is seen to differ."""
    if is_secret(section, option, value):
        # The parts of a deployment tool that hide secrets leave such stars, which say nothing.
        return value if not value.strip("*") else stars(value)
    return _WORD.sub(_checked, mask(value))


def _checked(word: re.Match[str]) -> str:
    """A URL with credentials that `mask` did not fully understand (an `@` or `#` in a password) loses all of it."""
    scheme, slashes, rest = word.group().partition("://")
    hosts, _, path = rest.partition("/")
    if "@" not in rest or (_CLEAN_HOSTS.fullmatch(hosts) and "@" not in path):
        return word.group()
    return f"{scheme}{slashes}{stars(rest)}"
