"""Nodes from a list: a host a line, ``[user@]host[:port]``, or lines as /etc/hosts has them."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from typing import Any

from ..settings import Node
from .fields import shown
from .imported import Imported, Left, collected, node_of
from .ranges import expand

# Names of /etc/hosts that are this machine, or none.
_HERE = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")


def read_host_list(text: str) -> Imported:
    """The nodes of a list. Any text in, no exception out."""
    left: list[Left] = []
    nodes: list[Node] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        address = _address(words[0])
        if len(words) == 1:
            nodes += _hosts(words[0], left)
        elif address is None:
            left.append(
                Left(f"line {number}", f'"{shown(line.strip())}" is neither a host nor an address and its names')
            )
        elif address.is_loopback or address.is_multicast or address.is_unspecified or words[1] in _HERE:
            left.append(Left(words[1], "is this machine, or none", fine=True))
        elif words[1].startswith("ip6-"):
            left.append(Left(words[1], "is no machine", fine=True))
        else:
            # The short name, where there is one, is what logs call it.
            name = next((word for word in words[1:] if "." not in word), words[1])
            nodes += _some(node_of(name, {"address": str(address)}, left))
    counts = Counter(nodes)
    left += [Left(node.name, "is there twice", fine=True) for node, count in counts.items() if count > 1]
    return collected(counts, left)


def _hosts(word: str, left: list[Left]) -> list[Node]:
    user, _, host = word.rpartition("@")
    port = ""
    bracketed = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](?::(.*))?", host)
    if bracketed:
        host, port = bracketed.group(1), bracketed.group(2) or ""
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    fields: dict[str, Any] = {"user": user, "port": port}
    address = _address(host)
    if address is not None and address.version == 6:
        # A name becomes a directory, and colons have a meaning for rsync.
        name = str(address).replace(":", "-")
        return _some(node_of(f"_{name}" if name.startswith("-") else name, {**fields, "address": host}, left))
    try:
        names = expand(host)
    except ValueError as err:
        left.append(Left(shown(host), str(err)))
        return []
    return [node for name in names for node in _some(node_of(name, fields, left))]


def _some(node: Node | None) -> list[Node]:
    return [] if node is None else [node]


def _address(word: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(word)
    except ValueError:
        return None
