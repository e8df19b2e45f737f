"""Roles of nodes, guessed from the services that are seen on them: nodes of one role should be configured alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..services import Services
from .config import Document, name_of

# The first with a service that is seen: a controller may run agents too, a compute node its own metadata API and OSDs.
ROLES: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "controller",
        frozenset(
            "nova-conductor nova-scheduler placement neutron-server glance-api keystone cinder-scheduler heat-engine"
            " octavia-worker ironic-conductor designate-worker magnum-conductor horizon".split()
        ),
    ),
    ("compute", frozenset(("nova-compute",))),
    (
        "network",
        frozenset("neutron-l3-agent neutron-dhcp-agent neutron-metadata-agent ovn-northd".split()),
    ),
    ("storage", frozenset("cinder-volume cinder-backup manila-share swift-storage ceph-osd ceph-mon".split())),
    ("database", frozenset(("mariadb",))),
    ("messaging", frozenset(("rabbitmq",))),
    ("loadbalancer", frozenset(("haproxy",))),
)
OTHER = "other"
ASKED = "asked"


class Role(NamedTuple):
    """Nodes that are compared with each other, and in words how that was decided."""

    name: str
    nodes: tuple[str, ...]
    guessed: str


def roles(documents: Sequence[Document], logged: Mapping[str, Iterable[str]], services: Services) -> list[Role]:
    """The nodes with configuration by role, in the order of ``ROLES``.

    ``logged`` are the services whose logs each node has. They tell more than configuration does (packages put the files
    of services there that do not run), so this is asked only of nodes without any that tells.
    """
    configured: dict[str, set[str]] = {}
    for document in documents:
        seen = configured.setdefault(document.node, set())
        seen |= {services.of_name(name) for name in (document.service, name_of(document.path))}
    found: dict[str, dict[str, str]] = {}
    for node in sorted(configured):
        role, why = _role(set(logged.get(node, ())), "logs") or _role(configured[node], "etc") or (OTHER, "")
        found.setdefault(role, {})[node] = why
    _by_name(found)
    order = [name for name, _ in ROLES] + [OTHER]
    return [
        Role(name, tuple(sorted(found[name])), _words(found[name].values())) for name in sorted(found, key=order.index)
    ]


def _by_name(found: dict[str, dict[str, str]]) -> None:
    """Nodes that nothing else tells the role of have that of nodes called alike: compute7 that of compute1."""
    alike: dict[str, set[str]] = {}
    for role, nodes in found.items():
        for node in nodes:
            alike.setdefault(_stem(node), set()).add(role)
    for node in list(found.get(OTHER, ())):
        same = alike[_stem(node)] - {OTHER}
        if len(same) == 1:
            del found[OTHER][node]
            found[same.pop()][node] = "names alike"
    if not found.get(OTHER, True):
        del found[OTHER]


def _stem(node: str) -> str:
    """What is left of a name without its numbers and domain."""
    return re.sub(r"\d+", "", node.partition(".")[0])


def _role(seen: set[str], where: str) -> tuple[str, str] | None:
    for name, telling in ROLES:
        if seen & telling:
            return name, f"{where}: {', '.join(sorted(seen & telling))}"
    return None


def _words(whys: Iterable[str]) -> str:
    """How the role of all nodes was guessed, said once."""
    return "; ".join(dict.fromkeys(filter(None, whys))) or "no service that tells a role"
