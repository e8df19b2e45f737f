"""Drift: where nodes of one role are configured differently.

Nodes differ by nature in their names and addresses. Such differences are found too, and marked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from .config import Document, Key, Option
from .roles import Role

# Options that tell who a node is: different on all nodes they are as they should be.
_IDENTITY = frozenset(
    """
    host my_ip my_block_storage_ip local_ip ovn_local_ip tunnel_ip bind_host bind_address bind_ip listen_addr
    server_id server-id server_proxyclient_address proxyclient_address vncserver_listen vncserver_proxyclient_address
    vnc_server_listen server_listen live_migration_inbound_addr target_ip_address iscsi_ip_address osapi_volume_listen
    osapi_compute_listen metadata_listen registry_host wsrep_node_name wsrep_node_address wsrep_node_incoming_address
    report_host listen_address node_name nodename bind_ip_address worker_self_reference_url
    """.split()
)
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}")
# So many names and addresses of a node are looked for in values.
_MOST_OWN = 64
# What several nodes may listen on is nobody's own.
_NOBODYS = re.compile(r"0\.0\.0\.0$|127\.|::1?$|localhost")


class Same(NamedTuple):
    """Nodes that have one value, None where the option is not set; ``places`` are path and line by node."""

    values: tuple[str, ...] | None
    nodes: tuple[str, ...]
    places: Mapping[str, tuple[str, int]]


class Difference(NamedTuple):
    """An option that differs: the nodes by value, the majority first. ``by_nature``: as names and addresses do."""

    service: str
    path: str
    section: str
    option: str
    same: tuple[Same, ...]
    by_nature: bool


class Partly(NamedTuple):
    """A file that only some of the nodes have."""

    service: str
    path: str
    nodes: tuple[str, ...]
    without: tuple[str, ...]


class Drift(NamedTuple):
    """How the nodes of one role differ; ``compared`` counts the options that were looked at."""

    role: Role
    differences: tuple[Difference, ...]
    files: tuple[Partly, ...]
    compared: int

    @property
    def drifted(self) -> bool:
        """Whether anything differs that should not."""
        return bool(self.files) or any(not difference.by_nature for difference in self.differences)


def drift(role: Role, documents: Iterable[Document]) -> Drift:
    """What differs between the nodes of a role. A role of one node has nothing to differ from."""
    mine = sorted((d for d in documents if d.node in role.nodes), key=lambda d: (d.path, d.node))
    owns = _owns(role.nodes, mine)
    differences: list[Difference] = []
    files: list[Partly] = []
    compared = 0
    for path, group in groupby(mine, key=lambda d: d.path):
        have = {document.node: document for document in group}
        without = tuple(node for node in role.nodes if node not in have)
        service = next(iter(have.values())).service
        if without:
            files.append(Partly(service, path, tuple(have), without))
        keys = sorted({key for document in have.values() for key in document.options}, key=_order)
        compared += len(keys)
        for key in keys:
            options = {node: document.options.get(key) for node, document in have.items()}
            if len({option.values if option else None for option in options.values()}) > 1:
                differences.append(Difference(service, path, *key, _same(options), _is_natural(key, options, owns)))
    return Drift(role, tuple(differences), tuple(files), compared)


def _order(key: Key) -> tuple[bool, Key]:
    return key[0] != "DEFAULT", key


def _same(options: Mapping[str, Option | None]) -> tuple[Same, ...]:
    by_value: dict[tuple[str, ...] | None, list[str]] = {}
    for node, option in options.items():
        by_value.setdefault(option.values if option else None, []).append(node)
    # Of two equally large groups the one that sets the option comes first.
    ordered = sorted(by_value.items(), key=lambda item: (-len(item[1]), item[0] is None, item[1]))
    return tuple(
        Same(values, tuple(nodes), {n: (o.path, o.line) for n in nodes if (o := options[n]) is not None})
        for values, nodes in ordered
    )


def _is_natural(key: Key, options: Mapping[str, Option | None], owns: Mapping[str, re.Pattern[str]]) -> bool:
    """Whether the values are the nodes' own: different on each where they tell who it is, or equal but for the name."""
    values = {node: option.values for node, option in options.items() if option}
    if len(values) < len(options):
        return False
    if key[1].lower() in _IDENTITY and len(set(values.values())) == len(values):
        return True
    return len({tuple(owns[node].sub("<own>", text) for text in texts) for node, texts in values.items()}) == 1


def _owns(nodes: Sequence[str], documents: Sequence[Document]) -> dict[str, re.Pattern[str]]:
    """For each node an expression that finds its names and addresses in a value."""
    told: dict[str, set[str]] = {node: {node, node.partition(".")[0]} for node in nodes}
    for document in documents:
        for (_, name), option in document.options.items():
            if name.lower() in _IDENTITY:
                # A node has a few; a file of thousands is no node's.
                told[document.node].update(filter(_is_telling, option.values[: _MOST_OWN - len(told[document.node])]))
    shared = Counter(text for texts in told.values() for text in texts)
    return {
        node: re.compile(
            "|".join(
                rf"(?<![\w.-]){re.escape(text)}(?![\w-]|\.\d)"
                for text in sorted(texts, key=len, reverse=True)
                if text and shared[text] == 1
            )
            or r"(?!)"
        )
        for node, texts in told.items()
    }


def _is_telling(text: str) -> bool:
    """Whether a value is a name or an address by which a node can be known."""
    if _NOBODYS.match(text):
        return False
    return bool(_ADDRESS.fullmatch(text) or re.fullmatch(r"[a-zA-Z][\w.-]{2,252}", text))
