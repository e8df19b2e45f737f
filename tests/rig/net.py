"""The network between hosts: bridges in a space of their own, and the cables of hosts to them."""

from __future__ import annotations

import subprocess

from .space import Space

# Addresses of a bridge's hosts are <prefix>.<number>/16, so that a farm of nodes has room.
BRIDGES = {"cloud": "10.77", "inner": "10.78"}


class Network:
    """Bridges, each a subnet; nothing routes between them."""

    def __init__(self) -> None:
        self.space = Space("switch", "".join(f"ip link add {b} type bridge; ip link set {b} up\n" for b in BRIDGES))
        self._cables = 0

    def close(self) -> None:
        self.space.close()

    def attach(self, space: Space, bridge: str, address: str, interface: str = "eth0") -> None:
        """Give a host an interface with an address on a bridge."""
        self._cables += 1
        cable = f"v{self._cables}"
        # The peer is named by its process, in numbers of outside: only the network namespace is entered.
        _ip(self.space, f"link add {cable} type veth peer name {interface} netns {space.pid}",
            f"link set {cable} master {bridge} up")  # fmt: skip
        _ip(space, f"addr add {address}/16 dev {interface}", f"link set {interface} up")


def unplug(space: Space, interface: str = "eth0") -> None:
    """Cut a host's link, at its own end: packets to it are lost without a word."""
    _ip(space, f"link set {interface} down")


def plug(space: Space, interface: str = "eth0") -> None:
    """Mend a host's link."""
    _ip(space, f"link set {interface} up")


def silence(space: Space, address: str, interface: str = "eth0") -> None:
    """Make an address one that drops all packets, as seen from a host: they are sent to a machine that is not there."""
    _ip(space, f"neigh replace {address} lladdr 02:00:00:00:00:99 nud permanent dev {interface}")


def _ip(space: Space, *commands: str) -> None:
    done = subprocess.run(
        ["nsenter", "-t", str(space.pid), "-n", "ip", "-batch", "-"],
        input="\n".join(commands),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{space.name}: {commands}: {done.stderr}")
