"""Another inventory to nodes: what kind it is, and its reader."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..documents import plain
from ..errors import SettingsError
from . import ansible, ssh_config
from .ansible_ini import HEADER, read_ini
from .ansible_yaml import is_inventory, read_yaml
from .fields import shown
from .host_list import read_host_list
from .imported import Imported
from .load import loads
from .texts import read_text
from .write import haystack_yaml

KINDS = ("ansible", "ssh-config", "hosts")
_SSH_CONFIG = re.compile(r"\s*(?:Host|Match|Include)[\s=]+\S", re.IGNORECASE)
_LIST = "write its list to a file and import that: ansible-inventory -i {path} --list > inventory.json"


def imported_yaml(path: Path, kind: str = "", target: Path | None = None) -> tuple[str, Imported]:
    """The haystack.yaml that another inventory comes to, for ``target``, and what was imported.

    Raises SettingsError for an inventory that cannot be read or has no node to log in to.
    """
    kind, found = read_other(path, kind)
    if not found.nodes:
        said = "; ".join(shown(f"{one.what}: {one.why}", 200) for one in found.left[:3])
        raise SettingsError(f"{path}: no nodes in it" + (f" ({said})" if said else ""))
    comment = f"Made by `haystack nodes import` from {shown(path.name)}; yours to change."
    text = haystack_yaml(found.nodes, comment, found.config)
    loads(text, target or Path("haystack.yaml"))
    return text, found


def read_other(path: Path, kind: str = "") -> tuple[str, Imported]:
    """The kind of an inventory, recognised by its content unless given, and its nodes.

    Raises SettingsError for one that cannot be read, or that Ansible itself would have to read.
    """
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for one that may not be looked at
        raise SettingsError(f"{path}: is a directory; {_LIST.format(path=path)}")
    text = read_text(path)
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and line[0] not in "#;"]
    kind = kind or _kind(lines)
    if kind == "hosts":
        return kind, read_host_list(text)
    if kind == "ssh-config":
        return kind, ssh_config.read_ssh_config(text, path)
    if text.startswith("#!"):
        raise SettingsError(f"{path}: is a program; {_LIST.format(path=path)}")
    if any(map(HEADER.fullmatch, lines)) or not _is_yaml(lines):
        return kind, ansible.nodes_of(read_ini(text), path)
    data = plain(text, path, SettingsError)
    if is_inventory(data):
        return kind, ansible.nodes_of(read_yaml(data), path)
    if isinstance(data, dict) and "plugin" in data:
        raise SettingsError(f"{path}: settings of an inventory plugin; {_LIST.format(path=path)}")
    if isinstance(data, dict) and {"defaults", "sites", "nodes"} & data.keys():
        raise SettingsError(f"{path}: is a haystack.yaml already")
    if isinstance(data, dict) and any(str(key).endswith("_hosts") for key in data):
        raise SettingsError(
            f"{path}: openstack-ansible makes its inventory of this; "
            "import /etc/openstack_deploy/openstack_inventory.json of its deployment host"
        )
    raise SettingsError(f"{path}: no inventory that haystack knows (--from {', '.join(KINDS)})")


def _kind(lines: list[str]) -> str:
    if any(map(HEADER.fullmatch, lines)):
        return "ansible"
    if any(map(_SSH_CONFIG.match, lines)):
        return "ssh-config"
    if _is_yaml(lines) or any("=" in word for line in lines for word in line.split()[1:]):
        return "ansible"
    return "hosts"


def _is_yaml(lines: list[str]) -> bool:
    """A mapping, in YAML or JSON: of a host list no line looks like that."""
    return bool(lines) and (
        lines[0] in ("---", "{") or lines[0].startswith("{") or bool(re.match(r"\S+:(?:\s|$)", lines[0]))
    )
