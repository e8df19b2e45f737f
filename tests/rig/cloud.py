"""The cloud: hosts on a network, a jump host, an operator's machine, and proxies where the way is to be bad."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

from haystack.settings import Node

from . import needs
from .client import Client
from .host import Host, Plan
from .net import Network, silence
from .proxy import Proxy
from .space import Space

CLIENT = "10.77.0.1"
PROXY = "10.77.0.3"
SILENT = "10.77.9.9"  # drops every packet


class Cloud:
    """What was built; ``node`` tells haystack of a host."""

    def __init__(self, client: Client, hosts: dict[str, Host], proxy: Proxy | None) -> None:
        self.client = client
        self.hosts = hosts
        self.proxy = proxy

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    def node(self, name: str) -> Node:
        """A host as ``haystack.yaml`` would have it."""
        host = self.hosts[name]
        jump = (host.plan.behind,) if host.plan.behind else ()
        return Node(name, host.address, host.plan.user, jump=jump, sudo=bool(host.plan.sudo))

    def write_settings(self, name: str = "haystack.yaml", **ssh: float) -> Path:
        """A ``haystack.yaml`` of the cloud in the client's working directory; ``ssh`` are its options."""
        nodes = {}
        for host in self.hosts.values():
            node = self.node(host.name)
            fields = {"address": node.address, "user": node.user, "jump": list(node.jump), "sudo": node.sudo}
            nodes[node.name] = {key: value for key, value in fields.items() if value}
        file = self.client.work / name
        file.write_text(yaml.safe_dump({"ssh": ssh, "nodes": nodes}))
        return file

    def inventory(self) -> str:
        """An Ansible inventory (INI) of the cloud, as somebody would have written it by hand."""
        lines = []
        groups: dict[str, list[str]] = {}
        for host in self.hosts.values():
            words = [host.name, f"ansible_host={host.address}", f"ansible_user={host.plan.user}"]
            if host.plan.behind:
                jump = self.hosts[host.plan.behind]
                words.append(f"ansible_ssh_common_args='-J {jump.plan.user}@{jump.address}'")
            if host.plan.sudo:
                words.append("ansible_become=true")
            lines.append(" ".join(words))
            groups.setdefault(host.name.rstrip("0123456789"), []).append(host.name)
        for group, names in groups.items():
            lines += ["", f"[{group}]", *names]
        return "\n".join([*lines, ""])


@contextmanager
def cloud(plans: Sequence[Plan], directory: Path | None = None, *, proxied: Sequence[str] = ()) -> Iterator[Cloud]:
    """Build a cloud; all of it ends with the block. ``proxied`` are hosts to be reached by way of toxiproxy.

    A host that is ``behind`` another has no link to the client, the other has links to both.
    """
    if needs.missing():
        raise RuntimeError(needs.missing())
    with ExitStack() as stack:
        if directory is None:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="haystack-rig-")))
        directory.mkdir(exist_ok=True, mode=0o700)  # what is below is each host's
        network = Network()
        stack.callback(network.close)
        client = Client(directory / "client")
        stack.callback(client.close)
        network.attach(client.space, "cloud", CLIENT)
        silence(client.space, SILENT)
        proxy = None
        if proxied:
            space = Space("proxy")
            network.attach(space, "cloud", PROXY)
            proxy = Proxy(space)
            stack.callback(proxy.close)
        hosts: dict[str, Host] = {}
        passed = {plan.behind for plan in plans}
        for number, plan in enumerate(plans):
            own = directory / plan.name
            own.mkdir()
            address = f"10.78.1.{number + 1}" if plan.behind else f"10.77.1.{number + 1}"
            host = Host(plan, own, client.public_key, address)
            stack.callback(host.close)
            network.attach(host.space, "inner" if plan.behind else "cloud", address)
            if plan.name in passed:
                network.attach(host.space, "inner", f"10.78.0.{number + 1}", "eth1")
            host.start_sshd()
            if proxy is not None and plan.name in proxied:
                host.address = f"10.77.2.{number + 1}"
                proxy.space.sh(f"ip addr add {host.address}/16 dev eth0")
                proxy.to(plan.name, host.address, address)
            client.knows(f"{host.address},{plan.name}", host.host_key)
            hosts[plan.name] = host
        client.names({name: host.address for name, host in hosts.items() if not host.plan.behind})
        yield Cloud(client, hosts, proxy)
