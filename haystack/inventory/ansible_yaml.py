"""Ansible's YAML, and the JSON that ``ansible-inventory --list`` and inventory programs print."""

from __future__ import annotations

from typing import Any

from .ansible_ini import add_hosts
from .ansible_model import Inventory

_PARTS = frozenset(("hosts", "children", "vars"))


def is_inventory(data: Any) -> bool:
    """Whether data is that of an Ansible inventory."""
    if not isinstance(data, dict) or not data:
        return False
    return "_meta" in data or any(isinstance(group, dict) and _PARTS & group.keys() for group in data.values())


def read_yaml(data: dict[str, Any]) -> Inventory:
    """The inventory of parsed YAML or JSON. Any data in, no exception out."""
    inventory = Inventory()
    seen: set[tuple[str, int]] = set()
    for name, group in data.items():
        if name != "_meta":
            _group(inventory, name, group, seen)
    meta = data.get("_meta")
    variables = meta.get("hostvars") if isinstance(meta, dict) else None
    for host, values in (variables if isinstance(variables, dict) else {}).items():
        if isinstance(values, dict):
            inventory.hosts.setdefault(host, {}).update(values)
    return inventory


def _group(inventory: Inventory, name: str, data: Any, seen: set[tuple[str, int]]) -> None:
    # An alias may put one group into many places.
    if (name, id(data)) in seen:
        return
    seen.add((name, id(data)))
    group = inventory.group(name)
    if isinstance(data, list):  # the oldest inventory programs
        data = {"hosts": data}
    if data is None:
        return
    if not isinstance(data, dict):
        inventory.noted.append(f'group "{name[:60]}": not a mapping')
        return
    variables = data.get("vars")
    group.variables.update(variables if isinstance(variables, dict) else {})
    for host, values in _named(data.get("hosts")):
        add_hosts(inventory, name, host, values if isinstance(values, dict) else {})
    for child, inner in _named(data.get("children")):
        group.children[child] = None
        _group(inventory, child, inner, seen)


def _named(data: Any) -> list[tuple[str, Any]]:
    """Names with what is said of each; of a list, or of a single name, nothing is said."""
    if isinstance(data, dict):
        return list(data.items())
    items = data if isinstance(data, list) else [data]
    return [(str(item), None) for item in items if isinstance(item, str | int) and not isinstance(item, bool)]
