"""Nodes from an Ansible inventory: kolla-ansible's multinode, openstack-ansible's, TripleO's, anybody's.

Of variables those count that say how a host is reached. What only Ansible could work out is left out, and told.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..settings import LOG_ROOTS, Node
from .ansible_model import Inventory, Variables, filled
from .ansible_vars import Beside, variables_of
from .fields import shown
from .group_roles import ROLES, roles_of
from .imported import Imported, Left, collected, node_of
from .ssh_args import SshArgs, read_ssh_args

# The variables of a field; of those that are there the last one counts, as in Ansible.
_NAMES: dict[str, tuple[str, ...]] = {
    "address": ("ansible_host", "ansible_ssh_host"),
    "user": ("ansible_user", "ansible_ssh_user"),
    "port": ("ansible_port", "ansible_ssh_port"),
    "identity": ("ansible_private_key_file", "ansible_ssh_private_key_file"),
}
_ARGS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
_PASSWORDS = ("ansible_password", "ansible_ssh_pass", "ansible_ssh_password")
_SUDO_PASSWORDS = ("ansible_become_pass", "ansible_become_password", "ansible_sudo_pass")
_BECOME = ("ansible_become", "ansible_sudo")
_HERE = ("localhost", "127.0.0.1", "::1")
_SSH = ("", "ssh", "smart", "paramiko", "paramiko_ssh", "ansible.builtin.ssh", "ansible.builtin.paramiko_ssh")
_WINDOWS = re.compile(r"(?:\w+\.\w+\.)?(?:winrm|psrp)")
# Where openstack-ansible binds the logs of its containers to.
_OPENSTACK_ANSIBLE_LOGS = "/openstack/log"


def nodes_of(inventory: Inventory, path: Path) -> Imported:
    """The nodes of an inventory that was read from ``path``. Any inventory in, no exception out."""
    left = [Left(path.name, note) for note in inventory.noted]
    beside = Beside(path.absolute().parent, left)
    nodes = []
    used: set[str] = set()
    for host, groups in inventory.members().items():
        used.update(group for group in groups if roles_of(group))
        node = _node(host, groups, variables_of(inventory, host, groups, beside, path), left)
        if node is not None:
            nodes.append(node)
    silent = [group for group in inventory.groups if group not in used and group not in ("all", "ungrouped")]
    if silent:
        left.append(Left(_some(sorted(silent)), "groups that say no role", fine=True))
    return collected(nodes, left)


def _node(host: str, groups: list[str], variables: Variables, left: list[Left]) -> Node | None:
    values = _Values(host, variables, left)
    why = _not_reached_by_ssh(host, values)
    if why:
        left.append(Left(shown(host), why, fine=True))
        return None
    fields = {field: values.text(*names) for field, names in _NAMES.items()}
    args = _ssh_args(values)
    fields["jump"] = ",".join(args.jump)
    for field in ("user", "port", "identity"):
        # Ansible puts the variable's word before these arguments, and to ssh the first word counts.
        fields[field] = fields[field] or getattr(args, field)
    for sentence in args.left:
        left.append(Left(shown(host), sentence, fine=sentence.startswith("StrictHostKeyChecking")))
    fields["identity"] = _here(fields["identity"], variables)
    said = {role for group in groups for role in roles_of(group)}
    roles = [role for role in ROLES if role in said]
    node = node_of(host, {**fields, "roles": roles}, left)
    if node is None:
        return None
    if "physical_host" in variables and "container_tech" in variables:
        node = node._replace(logs=(*LOG_ROOTS, _OPENSTACK_ANSIBLE_LOGS))
    if any(name in variables for name in _PASSWORDS):
        left.append(Left(node.name, "a password; haystack logs in with a key or an agent", fine=True))
    return node._replace(sudo=_sudo(values))


def _not_reached_by_ssh(host: str, values: _Values) -> str:
    """Why a host is none to log in to; empty for one that is."""
    connection = values.text("ansible_connection")
    address = values.text("ansible_host", "ansible_ssh_host", quiet=True)
    if connection in ("local", "ansible.builtin.local") or (
        host in _HERE and address in ("", *_HERE) and not values.text("ansible_port")
    ):
        return "is this machine; its own logs are read with --logs /var/log"
    if _WINDOWS.fullmatch(connection) or values.text("ansible_shell_type") in ("powershell", "cmd"):
        return "runs Windows"
    if connection.lower() not in _SSH:
        return f'is reached by "{shown(connection)}", not by ssh'
    physical = values.text("physical_host", quiet=True)
    if physical and physical != host and values.text("container_tech", quiet=True):
        return f"is a container of {shown(physical)}, where its logs are below {_OPENSTACK_ANSIBLE_LOGS}"
    return ""


class _Values:
    """Variables of a host, with templates filled in; what cannot be is told once."""

    def __init__(self, host: str, variables: Mapping[str, Any], left: list[Left]) -> None:
        self.host = host
        self._variables = variables
        self._left = left
        self._told: set[str] = set()

    def text(self, *names: str, quiet: bool = False) -> str:
        """The last of the variables that is there, as text; empty for none."""
        for name in reversed(names):
            value = self._variables.get(name)
            if value is None or isinstance(value, dict | list):
                continue
            try:
                return str(filled(value, self._variables)).strip()
            except ValueError as err:
                if not quiet and name not in self._told:
                    self._told.add(name)
                    self._left.append(Left(shown(self.host), f"{name} {err}"))
        return ""

    def tell(self, why: str) -> None:
        """Note what of the host was left out."""
        self._left.append(Left(shown(self.host), why))


def _ssh_args(values: _Values) -> SshArgs:
    texts = [values.text(name) for name in _ARGS]
    return read_ssh_args(" ".join(text for text in texts if text))


def _sudo(values: _Values) -> bool:
    if values.text(*_BECOME).lower() not in ("true", "yes", "on", "1", "y", "t"):
        return False
    method = values.text("ansible_become_method").rsplit(".", 1)[-1]
    if method not in ("", "sudo"):
        values.tell(f'becomes root by "{shown(method)}"; haystack knows sudo')
        return False
    if values.text("ansible_become_user") not in ("", "root"):
        values.tell("becomes another user than root; haystack does not")
        return False
    if any(values.text(name, quiet=True) for name in _SUDO_PASSWORDS):
        values.tell("sudo asks for a password there; haystack gives none")
    return True


def _here(path: str, variables: Mapping[str, Any]) -> str:
    """A path of a key, which Ansible sees from where it runs, as haystack.yaml may have it wherever it lies."""
    if not path or path.startswith(("/", "~")):
        return path
    beside = os.path.join(str(variables["inventory_dir"]), path)  # noqa: PTH118 - Path raises for names that cannot be
    here = os.path.abspath(path)  # noqa: PTH100
    return beside if os.path.exists(beside) and not os.path.exists(here) else here  # noqa: PTH110


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
