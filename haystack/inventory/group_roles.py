"""Which groups of an Ansible inventory say what a node does. All others (a service each, mostly) say nothing here."""

from __future__ import annotations

import re
from functools import cache

# Names in lower case with "_" for "-"; docs/nodes.md shows this table.
ROLES = {
    "controller": (
        "control",
        "control_nodes",
        "control_plane",
        "controller",
        "controller_nodes",
        "controllers",
        "controlplane",
        "compute_infra_hosts",
        "os_infra_hosts",
        "shared_infra_hosts",
        "standalone",
    ),
    "compute": ("compute", "compute_hosts", "compute_nodes", "computes", "hypervisor", "hypervisors", "standalone"),
    "network": (
        "network",
        "network_agent_hosts",
        "network_gateway_hosts",
        "network_hosts",
        "network_nodes",
        "networker",
        "networkers",
        "networks",
    ),
    "storage": ("ceph_osd_hosts", "osds", "storage", "storage_hosts", "storage_nodes"),
    "monitoring": ("monitoring",),
    "database": ("database",),
    "messaging": ("messaging",),
    "deployment": ("deployment", "undercloud"),
    "jump": ("bastion", "bastions", "jump", "jumphost"),
}
# TripleO: the role's name, alone or behind that of the stack: overcloud_ComputeHCI, CellController.
_TRIPLEO = (
    ("controller", re.compile(r"(?:.+_)?(?:Cell)?Controller(?:[A-Z]\w*)?")),
    ("compute", re.compile(r"(?:.+_)?(?:Distributed)?Compute(?:[A-Z]\w*)?")),
    ("network", re.compile(r"(?:.+_)?Networker(?:[A-Z]\w*)?")),
    ("storage", re.compile(r"(?:.+_)?(?:(?:Ceph|Block|Object)Storage|ComputeHCI|CephAll)(?:[A-Z]\w*)?")),
    ("database", re.compile(r"(?:.+_)Database")),
    ("messaging", re.compile(r"(?:.+_)Messaging")),
)


@cache
def roles_of(group: str) -> tuple[str, ...]:
    """The roles that the members of a group have; none for a group that is no word of this table."""
    plain = group.lower().replace("-", "_")
    roles = [role for role, names in ROLES.items() if plain in names]
    roles += [role for role, pattern in _TRIPLEO if pattern.fullmatch(group) and role not in roles]
    return tuple(roles)
