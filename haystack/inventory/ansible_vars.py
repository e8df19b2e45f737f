"""What a host of an Ansible inventory has for variables in the end, from the inventory and from what lies beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..documents import plain
from ..errors import SettingsError
from .ansible_model import Inventory, Variables
from .fields import shown
from .imported import Left
from .texts import read_text

_SUFFIXES = ("", ".yml", ".yaml", ".json")
_MOST_FILES = 1000


class Beside:
    """``group_vars`` and ``host_vars`` in the inventory's directory; each file is read once."""

    def __init__(self, directory: Path, left: list[Left]) -> None:
        self._directory = directory
        self._left = left
        self._read: dict[tuple[str, str], Variables] = {}
        self._files = 0

    def variables(self, kind: str, name: str) -> Variables:
        """The variables of a group (``group_vars``) or host (``host_vars``)."""
        key = (kind, name)
        if key not in self._read:
            self._read[key] = {}
            if "/" not in name and name not in ("", ".", ".."):
                try:
                    for path in self._paths(self._directory / kind / name):
                        self._read[key].update(self._file(path))
                except OSError as err:  # also a name that no file can have
                    self._left.append(Left(shown(f"{kind}/{name}"), f"cannot be read: {err.strerror}"))
        return self._read[key]

    def _paths(self, base: Path) -> Iterator[Path]:
        for suffix in _SUFFIXES:
            path = base.with_name(base.name + suffix)
            if path.is_file():
                yield path
            elif path.is_dir() and not suffix:
                # Ansible goes on into directories of any depth; nobody has been seen with more than one.
                for inner in sorted((*path.iterdir(), *path.glob("*/*"))):
                    if inner.is_file() and inner.suffix in _SUFFIXES and not inner.name.startswith("."):
                        yield inner

    def _file(self, path: Path) -> Variables:
        shown = str(path.relative_to(self._directory))
        self._files += 1
        if self._files > _MOST_FILES:
            if self._files == _MOST_FILES + 1:
                self._left.append(Left(shown, f"one of more than {_MOST_FILES} files"))
            return {}
        try:
            text = read_text(path)
            if text.startswith("$ANSIBLE_VAULT"):
                # Whole files are vaulted for their passwords, of which none is wanted here.
                self._left.append(Left(shown, "is vaulted", fine=True))
                return {}
            data = plain(text, path, SettingsError)
        except SettingsError as err:
            self._left.append(Left(shown, str(err).splitlines()[0].removeprefix(f"{path}:")))
            return {}
        return data if isinstance(data, dict) else {}


def variables_of(inventory: Inventory, host: str, groups: list[str], beside: Beside, path: Path) -> Variables:
    """All variables of a host; the nearer word wins as in Ansible, where all files beside it come after all groups."""
    result: dict[str, Any] = {}
    for name in ("all", *groups):
        if name in inventory.groups:
            result.update(inventory.groups[name].variables)
    for name in ("all", *groups):
        result.update(beside.variables("group_vars", name))
    result.update(inventory.hosts[host])
    result.update(beside.variables("host_vars", host))
    result.update(
        inventory_hostname=host,
        inventory_hostname_short=host.split(".")[0],
        inventory_dir=str(path.absolute().parent),
        inventory_file=str(path.absolute()),
    )
    return result
