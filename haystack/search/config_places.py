"""Where configuration lies on a machine: functions of paths alone, for directories and archives alike.

``archives`` asks which members to take, ``discover`` and ``etc`` which node and service a file is of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from ..services import Services

# Directories below `etc` of what stands beneath OpenStack, and of the project whose row names no directory.
_BESIDE = frozenset("mysql mariadb my.cnf.d rabbitmq haproxy memcached libvirt ceph swift".split())
_SINGLE = {"my.cnf": "mysql", "memcached.conf": "memcached", "sysconfig/memcached": "memcached"}
_NAME = re.compile(r"[^.].*\.(?:conf|ini|cnf|cfg|config)$")
# What stands between a machine's root and an `etc` of its own: TripleO's generated trees, snaps.
_BETWEEN = (
    ("var", "lib", "config-data", "puppet-generated", "*"),
    ("var", "lib", "config-data", "*"),
    ("var", "snap", "*", "common"),
)
# kolla keeps what the operator wants changed there; the result lies beside it.
_NOT_KOLLA = frozenset(("config",))


class ConfigPlace(NamedTuple):
    """What a path tells: the directory of the machine, the service whose directory it is, the path on the node."""

    machine: tuple[str, ...]
    service: str
    path: str


def config_place(parts: Sequence[str], services: Services) -> ConfigPlace | None:
    """The place of a configuration file of a known service; None for any other file."""
    at = next((at for at in range(len(parts) - 2, -1, -1) if parts[at] == "etc"), None)
    if at is None:
        return None
    service = _service(parts[at + 1 :], services)
    if not service:
        return None
    machine = tuple(parts[:at])
    for between in _BETWEEN:
        if len(machine) >= len(between) and all(map(fnmatchcase, machine[-len(between) :], between)):
            machine = machine[: -len(between)]
            break
    return ConfigPlace(machine, service, "/" + "/".join(parts[len(machine) :]))


def _service(below: Sequence[str], services: Services) -> str:
    single = _SINGLE.get("/".join(below))
    if single or not _NAME.match(below[-1]) or len(below) < 2:
        return single or ""
    if below[0] == "kolla":
        container = below[1] if len(below) > 2 and below[1] not in _NOT_KOLLA else ""
        return container if services.of_name(container) or _is_known(container, services) else ""
    if _is_known(below[0], services):
        return "mysql" if below[0] == "my.cnf.d" else below[0]
    return ""


def _is_known(directory: str, services: Services) -> bool:
    # Only what OpenStack's services log has loggers.
    return directory in _BESIDE or any(directory in row.dirs for row in services.rows.values() if row.loggers)
