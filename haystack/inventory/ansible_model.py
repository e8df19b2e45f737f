"""An Ansible inventory as data: hosts, groups, and which variables a host has in the end.

Its INI and its YAML are both read into this. Any variable is kept, for templates name others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Variables = dict[str, Any]
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_DEEPEST_TEMPLATE = 5


class Group:
    """A group: its hosts, the groups in it, its variables."""

    def __init__(self) -> None:
        self.hosts: dict[str, None] = {}
        self.children: dict[str, None] = {}
        self.variables: Variables = {}


class Inventory:
    """Hosts and groups as they are read, in order; ``noted`` are sentences about lines that say nothing known."""

    def __init__(self) -> None:
        self.hosts: dict[str, Variables] = {}
        self.groups: dict[str, Group] = {}
        self.noted: list[str] = []

    def group(self, name: str) -> Group:
        """The group of that name; a new one where there was none."""
        return self.groups.setdefault(name, Group())

    def add(self, group: str, host: str, variables: Mapping[str, Any]) -> None:
        """A host of a group; of what is said twice the last word counts."""
        self.group(group).hosts[host] = None
        self.hosts.setdefault(host, {}).update(variables)

    def members(self) -> dict[str, list[str]]:
        """The groups of each host: the outer ones first, as deep as they are nested, then by name; not ``all``."""
        depths = self._depths()
        parents: dict[str, set[str]] = {}
        for name, group in self.groups.items():
            for child in group.children:
                parents.setdefault(child, set()).add(name)
        direct: dict[str, set[str]] = {host: set() for host in self.hosts}
        for name, group in self.groups.items():
            for host in group.hosts:
                direct[host].add(name)
        above = {name: _above(name, parents) for name in self.groups}
        result = {}
        for host, names in direct.items():
            everything = set().union(*(above[name] for name in names)) - {"all", "ungrouped"}
            result[host] = sorted(everything, key=lambda name: (depths.get(name, 0), name))
        return result

    def _depths(self) -> dict[str, int]:
        """How deep each group is nested; a circle, which Ansible refuses, ends somewhere."""
        depths = dict.fromkeys(self.groups, 1)
        for _ in range(min(len(self.groups), 50)):
            changed = False
            for name, group in self.groups.items():
                for child in group.children:
                    if depths.get(child, 1) <= depths[name] < 50:
                        depths[child] = depths[name] + 1
                        changed = True
            if not changed:
                break
        return depths


def _above(name: str, parents: Mapping[str, set[str]]) -> set[str]:
    found = {name}
    todo = [name]
    while todo:
        for parent in parents.get(todo.pop(), ()):
            if parent not in found:
                found.add(parent)
                todo.append(parent)
    return found


def filled(value: Any, variables: Mapping[str, Any], depth: int = 0) -> Any:
    """A value with ``{{ name }}`` of other variables in it filled in. Raises ValueError for what only Ansible knows."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("$ANSIBLE_VAULT"):
        raise ValueError("is vaulted")
    if "{{" not in value and "{%" not in value:
        return value

    def other(found: re.Match[str]) -> str:
        name = found.group(1)
        if depth >= _DEEPEST_TEMPLATE or not isinstance(variables.get(name), str | int):
            raise ValueError("is a template that only Ansible can fill in")
        return str(filled(variables[name], variables, depth + 1))

    text = _PLACE.sub(other, value) if len(value) < 4000 else value
    if "{{" in text or "{%" in text or len(text) > 4000:
        raise ValueError("is a template that only Ansible can fill in")
    return text
