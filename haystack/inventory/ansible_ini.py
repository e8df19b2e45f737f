"""Ansible's INI: ``[group]``, ``[group:children]``, ``[group:vars]``, host lines with variables and ranges."""

from __future__ import annotations

import re
import shlex
from typing import Any

from .ansible_model import Inventory
from .ranges import expand

HEADER = re.compile(r"\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?")
_QUOTED = re.compile(r"""(['"])(.*)\1\s*(?:#.*)?""")
_PORT = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]]*(?:\[[^\]]*\][^:\[\]]*)*)):(?P<port>\d{1,5})")


def read_ini(text: str) -> Inventory:
    """The inventory of a text in INI. Any text in, no exception out: a line that says nothing known is noted."""
    inventory = Inventory()
    group, kind = "ungrouped", "hosts"
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        header = HEADER.fullmatch(line)
        if header:
            group, kind = header.group(1), header.group(2) or "hosts"
            inventory.group(group)
            if kind not in ("hosts", "children", "vars"):
                inventory.noted.append(f'line {number}: unknown kind of section "{kind}"')
        elif kind == "hosts":
            _host(inventory, group, line, number)
        elif kind == "children":
            child = line.split("#")[0].strip()
            inventory.group(group).children[child] = None
            inventory.group(child)
        elif kind == "vars" and "=" in line:
            key, _, value = line.partition("=")
            inventory.group(group).variables[key.strip()] = _value(value.strip())
        else:
            inventory.noted.append(f"line {number}: neither a host nor a variable")
    return inventory


def _host(inventory: Inventory, group: str, line: str, number: int) -> None:
    try:
        pattern, *words = shlex.split(line, comments=True)
    except ValueError as err:
        inventory.noted.append(f"line {number}: {err}")
        return
    variables: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            inventory.noted.append(f'line {number}: "{word[:40]}" is no variable')
            continue
        variables[key] = _value(value)
    add_hosts(inventory, group, pattern, variables)


def add_hosts(inventory: Inventory, group: str, pattern: str, variables: dict[str, Any]) -> None:
    """The hosts that a name with ranges, and perhaps a port, stands for."""
    found = _PORT.fullmatch(pattern)
    if found:
        pattern = found["v6"] or found["host"]
        variables = {"ansible_port": found["port"], **variables}
    elif pattern.startswith("[") and pattern.endswith("]") and pattern.count(":") > 2:
        pattern = pattern[1:-1]
    try:
        names = expand(pattern, colon=True)
    except ValueError as err:
        inventory.noted.append(f'"{pattern[:60]}": {err}')
        return
    for name in names:
        inventory.add(group, name, variables)


def _value(text: str) -> str | bool:
    """Ansible reads values as Python where they are; of that only quotes and truth matter here."""
    quoted = _QUOTED.fullmatch(text)
    if quoted and quoted.group(1) not in quoted.group(2).replace(f"\\{quoted.group(1)}", ""):
        return quoted.group(2).replace(f"\\{quoted.group(1)}", quoted.group(1))
    return {"True": True, "False": False}.get(text, text)
