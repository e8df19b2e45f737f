"""Other inventories become haystack.yaml: what is taken over, what is left out and told, and that any text is borne."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haystack.cli.main import run
from haystack.errors import SettingsError
from haystack.inventory import imported_yaml, load, read_other
from haystack.inventory.ansible_model import filled
from haystack.inventory.fields import FIELDS
from haystack.inventory.group_roles import ROLES, roles_of
from haystack.inventory.host_list import read_host_list
from haystack.inventory.imported import Imported
from haystack.inventory.load import loads
from haystack.inventory.ssh_args import SshArgs, read_ssh_args
from haystack.inventory.write import haystack_yaml
from haystack.report.inventory_report import left_out
from haystack.settings import LOG_ROOTS, Node

DOCS = Path(__file__).parents[2] / "docs"


def imported(tmp_path: Path, text: str, kind: str = "", name: str = "hosts") -> Imported:
    path = tmp_path / name
    path.write_text(text)
    yaml_text, found = imported_yaml(path, kind)
    assert loads(yaml_text, tmp_path / "haystack.yaml").nodes == tuple(expanded(node) for node in found.nodes)
    return found


def expanded(node: Node) -> Node:
    return node._replace(identity=node.identity and str(Path(node.identity).expanduser()))


def by_name(found: Imported) -> dict[str, Node]:
    return {node.name: node for node in found.nodes}


def told(found: Imported) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for one in found.left:
        reasons.setdefault(one.what, []).append(one.why)
    return reasons


# --- Ansible, INI

KOLLA = """\
# shaped as kolla-ansible's multinode is
[control]
control[01:03] ansible_user=kolla ansible_become=true

[network:children]
control

[compute]
compute01 ansible_host=10.0.0.11 neutron_external_interface=eth1 api_interface=em1
compute02 ansible_host=10.0.0.12   # a comment

[storage]
storage01 ansible_port=2022

[monitoring]
control01

[deployment]
localhost       ansible_connection=local

[baremetal:children]
control
network
compute

[nova-api:children]
control

[neutron-l3-agent:children]
network

[all:vars]
ansible_ssh_private_key_file = ~/.ssh/kolla
ansible_python_interpreter=/opt/kolla/bin/python
"""


def test_kolla(tmp_path: Path) -> None:
    found = imported(tmp_path, KOLLA)
    key = "~/.ssh/kolla"
    assert found.nodes == (
        Node("control01", user="kolla", identity=key, roles=("controller", "network", "monitoring"), sudo=True),
        Node("control02", user="kolla", identity=key, roles=("controller", "network"), sudo=True),
        Node("control03", user="kolla", identity=key, roles=("controller", "network"), sudo=True),
        Node("compute01", "10.0.0.11", identity=key, roles=("compute",)),
        Node("compute02", "10.0.0.12", identity=key, roles=("compute",)),
        Node("storage01", port=2022, identity=key, roles=("storage",)),
    )
    assert left_out(found.left) == [
        "localhost: is this machine; its own logs are read with --logs /var/log",
        "baremetal, neutron-l3-agent, nova-api: groups that say no role",
    ]
    assert all(one.fine for one in found.left)


# Lines of INI, and the nodes they are: Ansible's own answers.
INI: list[tuple[str, list[Node]]] = [
    ("[g]\nlone:2222", [Node("lone", port=2222)]),
    ("[g]\nn[01:05:2].x", [Node("n01.x"), Node("n03.x"), Node("n05.x")]),
    ("[g]\nn-[a:c]", [Node("n-a"), Node("n-b"), Node("n-c")]),
    ("[g]\n10.0.0.[1:2]:22", [Node("10.0.0.1", port=22), Node("10.0.0.2", port=22)]),
    ("[g]\na ansible_ssh_host=1.2.3.4 ansible_ssh_user=u ansible_ssh_port=9", [Node("a", "1.2.3.4", "u", 9)]),
    ("[g]\na ansible_host=1.2.3.4 ansible_host=5.6.7.8", [Node("a", "5.6.7.8")]),
    ("a ansible_user=u\n[g]\nb", [Node("a", user="u"), Node("b")]),
    ("[g]\na\n[g:vars]\nansible_user = 'q'  # c\nansible_host=\"1.2.3.4\"", [Node("a", "1.2.3.4", "q")]),
    ("[g]\na\n[h]\na\n[g:vars]\nansible_user=g\n[h:vars]\nansible_user=h", [Node("a", user="h")]),
    ("[g]\na\n[h:children]\ng\n[g:vars]\nansible_user=g\n[h:vars]\nansible_user=h\n[all:vars]\nansible_user=a", [Node("a", user="g")]),
    ("[g]\na ansible_user=own\n[g:vars]\nansible_user=g", [Node("a", user="own")]),
    ("[a:children]\nb\n[b:children]\na\n[b]\nx\n[a:vars]\nansible_user=u", [Node("x", user="u")]),
    ("; c\n# c\n[g]  # c\na # c", [Node("a")]),
    ("[g]\na ansible_host='{{ ip }}' ip=10.1.1.1", [Node("a", "10.1.1.1")]),
    ('[g]\na ansible_host="{{ inventory_hostname }}.{{ domain }}"\n[all:vars]\ndomain={{ base }}.org\nbase=x', [Node("a", "a.x.org")]),
    ("[g]\na ansible_ssh_common_args='-o ProxyCommand=\"ssh -W %h:%p -q u@gate\"'", [Node("a", jump=("u@gate",))]),
    ("[g]\na ansible_ssh_common_args='-J b,c' ansible_ssh_extra_args=-p2022", [Node("a", port=2022, jump=("b", "c"))]),
    ("[g]\na ansible_become=yes ansible_become_method=sudo", [Node("a", sudo=True)]),
    ("[g]\na ansible_become=no", [Node("a")]),
    ("[g]\n127.0.0.1 ansible_port=2201", [Node("127.0.0.1", port=2201)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), INI)
def test_ini(tmp_path: Path, text: str, expected: list[Node]) -> None:
    assert list(imported(tmp_path, text).nodes) == expected


# What is left out: the line, what is told of it, and whether it is a fault of ours (exit 3) or of the matter.
FINE, FAULT = True, False
LEFT = [
    ("a ansible_host=\"{{ lookup('env', 'X') }}\"", "a", "ansible_host is a template that only Ansible can fill in", FAULT),
    ("a ansible_host='{{ b }}' b='{{ ansible_host }}'", "a", "ansible_host is a template", FAULT),
    ("a ansible_user='$ANSIBLE_VAULT;1.1;AES256'", "a", "ansible_user is vaulted", FAULT),
    ("w ansible_connection=winrm", "w", "runs Windows", FINE),
    ("w ansible_connection=microsoft.ad.psrp", "w", "runs Windows", FINE),
    ("w ansible_shell_type=powershell", "w", "runs Windows", FINE),
    ("s ansible_connection=network_cli", "s", 'is reached by "network_cli", not by ssh', FINE),
    ("c ansible_connection=community.docker.docker", "c", "not by ssh", FINE),
    ("localhost", "localhost", "is this machine", FINE),
    ("x ansible_connection=local", "x", "is this machine", FINE),
    ("a ansible_port=ssh", "a", 'port: "ssh" is no port', FAULT),
    ("a ansible_host=-oProxyCommand=id", "a", "address: ", FAULT),
    ("a ansible_user='-x'", "a", "user: ", FAULT),
    ("-a", "-a", "cannot be a name", FAULT),
    ("a/../b", "a/../b", "cannot be a name", FAULT),
    ("a\nA", "A", "the name is another node's, \"a\"", FAULT),
    ("a ansible_password=secret", "a", "a password; haystack logs in with a key or an agent", FINE),
    ("a ansible_become=true ansible_become_method=su", "a", 'becomes root by "su"', FAULT),
    ("a ansible_become=true ansible_become_user=nova", "a", "becomes another user than root", FAULT),
    ("a ansible_become=true ansible_become_pass=secret", "a", "sudo asks for a password there", FAULT),
    ("a ansible_ssh_common_args='-o ProxyCommand=\"nc -X 5 %h %p\"'", "a", "is not ssh; it belongs into ~/.ssh/config", FAULT),
    ("a ansible_ssh_common_args='-o StrictHostKeyChecking=no'", "a", "haystack always checks host keys", FINE),
    ("a ansible_ssh_common_args='-J a'", "a", "the way to it goes in a circle: a -> a", FAULT),
    ("a[3:1]", "hosts", "is empty", FAULT),
    ("a b=c d", "hosts", 'line 2: "d" is no variable', FAULT),
    ("a b='", "hosts", "line 2: No closing quotation", FAULT),
    ("a[0:99999]", "hosts", "more than 10000 names", FAULT),
]  # fmt: skip


@pytest.mark.parametrize(("line", "what", "why", "fine"), LEFT)
def test_what_is_left_out_is_told(tmp_path: Path, line: str, what: str, why: str, fine: bool) -> None:
    found = imported(tmp_path, f"[g]\n{line}\nother")
    matching = [one for one in found.left if one.what == what and why in one.why]
    assert matching
    assert matching[0].fine is fine
    assert "secret" not in str(found.left)
    assert "other" in by_name(found)


def test_variables_beside_the_inventory(tmp_path: Path) -> None:
    for path, text in {
        "group_vars/all.yml": "ansible_user: of_all\nlist: [1]\n",
        "group_vars/all.json": '{"ansible_port": 22}',
        "group_vars/g/a.yml": "ansible_user: of_g\n",
        "group_vars/g/vault.yml": "$ANSIBLE_VAULT;1.1;AES256\n3362\n",
        "group_vars/g/.hidden.yml": "ansible_user: hidden\n",
        "group_vars/h": "a: b: c",
        "host_vars/b.yaml": "ansible_host: 10.0.0.2\nansible_user: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = imported(tmp_path, "[g]\na\nb\n[h]\nc\n[g:vars]\nansible_user=inline\n[../x]\nd")
    assert found.nodes == (
        Node("a", user="of_g", port=22), Node("b", "10.0.0.2", port=22), Node("c", user="of_all", port=22), Node("d", user="of_all", port=22),
    )  # fmt: skip
    assert told(found)["b"] == ["ansible_user is vaulted"]
    assert told(found)["group_vars/g/vault.yml"] == ["is vaulted"]
    assert "not valid YAML" in told(found)["group_vars/h"][0]


# --- Ansible, YAML and JSON

TRIPLEO = """\
Undercloud:
  hosts: {undercloud: {}}
  vars: {ansible_connection: local, ansible_host: localhost, plans: [cell1, overcloud]}
Controller:
  children: {overcloud_Controller: {}}
overcloud_Controller:
  hosts:
    overcloud-controller-0: {ansible_host: 192.168.24.12, ctlplane_ip: 192.168.24.12, tenant_ip: 172.16.0.167}
  vars: {ansible_ssh_user: heat-admin, dns: &id001 [], serial: '1'}
overcloud_ComputeHCI:
  hosts:
    overcloud-computehci-0: {ansible_host: 192.168.24.13}
  vars: {ansible_ssh_user: heat-admin, dns: *id001}
allovercloud:
  children: {overcloud_Controller: {}, overcloud_ComputeHCI: {}}
kernel:
  children: {overcloud_kernel: {}}
overcloud_kernel:
  children: {overcloud_Controller: {}, overcloud_ComputeHCI: {}}
"""


def test_tripleo(tmp_path: Path) -> None:
    found = imported(tmp_path, TRIPLEO)
    assert found.nodes == (
        Node("overcloud-controller-0", "192.168.24.12", "heat-admin", roles=("controller",)),
        Node("overcloud-computehci-0", "192.168.24.13", "heat-admin", roles=("compute", "storage")),
    )
    assert told(found)["undercloud"] == ["is this machine; its own logs are read with --logs /var/log"]


def openstack_ansible() -> dict[str, Any]:
    metal = {"ansible_host": "172.29.236.11", "container_tech": "lxc", "is_metal": True, "physical_host": "infra1"}
    container = {"ansible_host": "172.29.238.4", "container_tech": "lxc", "physical_host": "infra1"}
    return {
        "_meta": {"hostvars": {"infra1": metal, "infra1_glance_container-2aed2155": container, "cmp1": {**metal, "ansible_host": "172.29.236.21", "physical_host": "cmp1"}}},
        "all": {"vars": {"container_cidr": "172.29.236.0/22"}},
        "glance_all": {"children": ["glance_api"], "hosts": []},
        "glance_api": {"hosts": ["infra1_glance_container-2aed2155"]},
        "shared-infra_hosts": {"hosts": ["infra1"]},
        "compute_hosts": {"hosts": ["cmp1"]},
    }  # fmt: skip


def test_openstack_ansible(tmp_path: Path) -> None:
    found = imported(tmp_path, json.dumps(openstack_ansible(), indent=4))
    logs = (*LOG_ROOTS, "/openstack/log")
    assert by_name(found) == {
        "infra1": Node("infra1", "172.29.236.11", roles=("controller",), logs=logs),
        "cmp1": Node("cmp1", "172.29.236.21", roles=("compute",), logs=logs),
    }
    assert told(found)["infra1_glance_container-2aed2155"] == [
        "is a container of infra1, where its logs are below /openstack/log"
    ]


YAML: list[tuple[str, list[Node]]] = [
    ("all: {hosts: {a: , b: {ansible_port: 5}}}", [Node("a"), Node("b", port=5)]),
    ("all:\n  hosts:\n    n[1:2].x:2222: {ansible_host: 10.0.0.1}", [Node("n1.x", "10.0.0.1", port=2222), Node("n2.x", "10.0.0.1", port=2222)]),
    ("g: {hosts: {a: }, vars: &v {ansible_user: u}}\nh: {hosts: {b: }, vars: {<<: *v, ansible_port: 7}}", [Node("a", user="u"), Node("b", user="u", port=7)]),
    ("all: {children: {one: {children: {two: {hosts: {a: }, vars: {ansible_user: two}}}, vars: {ansible_user: one}}}}", [Node("a", user="two")]),
    ("g: {hosts: a}", [Node("a")]),
    ("g: {hosts: [a, b]}\nold: [b, c]", [Node("a"), Node("b"), Node("c")]),
    ("g: {hosts: {a: {ansible_become: true}}}\nh:\n2001: {hosts: {}}", [Node("a", sudo=True)]),
    ("g: {hosts: {a: }}\ng: {hosts: {b: }}", [Node("b")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), YAML)
def test_yaml(tmp_path: Path, text: str, expected: list[Node]) -> None:
    assert list(imported(tmp_path, text).nodes) == expected


def test_aliases_cost_nothing(tmp_path: Path) -> None:
    bomb = "a0: &a0 {hosts: {x: }}\n" + "".join(
        f"a{n}: &a{n} {{children: {{l: *a{n - 1}, r: *a{n - 1}}}}}\n" for n in range(1, 28)
    )
    assert [node.name for node in imported(tmp_path, bomb).nodes] == ["x"]


GROUPS = [
    ("control", ("controller",)), ("Controller", ("controller",)), ("overcloud_Controller", ("controller",)), ("cell1_CellController", ("controller",)),
    ("compute", ("compute",)), ("computes", ("compute",)), ("ComputeOvsDpdk", ("compute",)), ("overcloud_ComputeHCI", ("compute", "storage")), ("DistributedComputeHCI", ("compute",)),
    ("compute-infra_hosts", ("controller",)), ("compute_hosts", ("compute",)), ("network-gateway_hosts", ("network",)), ("Networker", ("network",)),
    ("CephStorage", ("storage",)), ("Standalone", ("controller", "compute")), ("bastion", ("jump",)), ("Undercloud", ("deployment",)),
    ("nova-compute-ironic", ()), ("nova_compute", ()), ("ovn-controller-compute", ()), ("ovn_controller", ()), ("neutron-server", ()), ("compute_containers", ()), ("storage-infra_hosts", ()), ("all", ()),
]  # fmt: skip


@pytest.mark.parametrize(("group", "expected"), GROUPS)
def test_roles_of_groups(group: str, expected: tuple[str, ...]) -> None:
    assert roles_of(group) == expected


def test_the_page_shows_the_roles(request: pytest.FixtureRequest) -> None:
    page = DOCS / "nodes.md"
    rows = [f"| {role} | {', '.join(f'`{name}`' for name in names)} |" for role, names in ROLES.items()]
    table = "\n".join(["", "| role | groups (in any case, `-` as good as `_`) |", "| --- | --- |", *rows, ""])
    text = re.sub(r"(?<=<!-- roles -->).*?(?=<!-- /roles -->)", lambda _: table, page.read_text(), flags=re.DOTALL)
    if request.config.getoption("--regold"):
        page.write_text(text)
    assert len(rows) > 5
    assert page.read_text() == text, "run pytest --regold and read the diff"


TEMPLATES = [
    ("{{ a }}", {"a": "x"}, "x"),
    ("{{a}}-{{ b }}", {"a": "{{ b }}", "b": 1}, "1-1"),
    (True, {}, True),
    ("{{ a }}", {}, None),
    ("{{ a | default('x') }}", {"a": "x"}, None),
    ("{% if a %}", {"a": "x"}, None),
    ("{{ a }}", {"a": ["x"]}, None),
    ("{{ a }}", {"a": "{{ a }}"}, None),
    ("{{ a }}" * 3, {"a": "{{ b }}" * 40, "b": "{{ c }}" * 40, "c": "{{ d }}" * 40, "d": "x" * 90}, None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "variables", "expected"), TEMPLATES)
def test_templates(value: Any, variables: dict[str, Any], expected: Any) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="template"):
            filled(value, variables)
    else:
        assert filled(value, variables) == expected


ARGS: list[tuple[str, SshArgs]] = [
    ("", SshArgs()),
    ("-J u@b:22,c", SshArgs(jump=("u@b:22", "c"))),
    ("-Jb", SshArgs(jump=("b",))),
    ("-o ProxyJump=b", SshArgs(jump=("b",))),
    ("-oProxyJump=b", SshArgs(jump=("b",))),
    ("-o 'ProxyJump b'", SshArgs(jump=("b",))),
    ("-o proxyjump=none", SshArgs()),
    ("-o ProxyCommand='ssh -W %h:%p b'", SshArgs(jump=("b",))),
    ("-o ProxyCommand='ssh -W %h:%p -p 2022 -l root b'", SshArgs(jump=("root@b:2022",))),
    ("-o ProxyCommand='/usr/bin/ssh -q u@b nc %h %p'", SshArgs(jump=("u@b",))),
    ("-o 'ProxyCommand=ssh -J a -o StrictHostKeyChecking=yes -W [%h]:%p b'", SshArgs(jump=("a", "b"))),
    ("-o ProxyCommand=none", SshArgs()),
    ("-i key -l u -p 9", SshArgs(identity="key", user="u", port="9")),
    ("-ikey -o User=u -o Port=9 -qo IdentityFile=k2", SshArgs(identity="key", user="u", port="9")),
    ("-J a -p 1 -o ProxyJump=b -p 2", SshArgs(jump=("a",), port="1")),
    ("-C -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR", SshArgs()),
    ("-o", SshArgs(left=("the ssh option ; it belongs into ~/.ssh/config",))),
    ("-F x", SshArgs(left=('the ssh_config "x"; name it as "config" below "ssh"',))),
    ("-o Ciphers=aes", SshArgs(left=("the ssh option ciphers; it belongs into ~/.ssh/config",))),
    ("-o ProxyCommand='ssh -W %h:%p -i k b'", SshArgs(jump=("b",), left=('the key "k" of the jump host b; it belongs into ~/.ssh/config',))),
    ("'", SshArgs(left=("words for ssh that no shell understands",))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ARGS)
def test_words_for_ssh(text: str, expected: SshArgs) -> None:
    assert read_ssh_args(text) == expected


# --- ssh_config


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    return tmp_path


SSH_CONFIG = """\
Include config.d/*
Include ~/.ssh/config
Host *.example.org !gate.example.org
    ProxyJump gate.example.org
Host ctl1 "ctl2" # the controllers
    HostName 10.0.0.1
    User root
    ProxyJump gate,inner
Host ctl2
    ProxyJump late
Host gate.example.org a.example.org
Host github.com
    User git
Host w-*
    User x
host=cmp1
    proxycommand ssh -W %h:%p gate
    proxyjump never
Host direct
    ProxyJump none
Host *
    ProxyJump last
"""


def test_ssh_config(home: Path) -> None:
    (home / ".ssh" / "config.d").mkdir()
    (home / ".ssh" / "config.d" / "lab").write_text("Host lab1\n  ProxyJump lab-gate\n")
    found = imported(home, SSH_CONFIG, name=".ssh/config")
    assert found.config == ""
    assert found.nodes == (
        Node("lab1", jump=("lab-gate",)),
        Node("ctl1", jump=("gate", "inner")),
        Node("ctl2", jump=("gate", "inner")),
        Node("gate.example.org", jump=("last",)),
        Node("a.example.org", jump=("gate.example.org",)),
        Node("cmp1"),
        Node("direct"),
    )
    assert told(found) == {"github.com": ["its user is git: no machine to log in to"]}


def test_another_ssh_config_is_named_in_the_result(home: Path) -> None:
    found = imported(home, "Match exec true\n  ProxyJump x\nHost a\n  ProxyJump b\n", name="lab.config")
    assert found == Imported((Node("a"),), (), str(home / "lab.config"))
    text, _ = imported_yaml(home / "lab.config")
    assert loads(text, home / "haystack.yaml").ssh.config == str(home / "lab.config")


def test_includes_end(home: Path) -> None:
    (home / ".ssh" / "a").write_text("Include b\nHost a\n")
    (home / ".ssh" / "b").write_text("Include a\nHost b\n")
    assert set(by_name(imported(home, "Include a\n", name=".ssh/config"))) == {"a", "b"}


# --- lists

LISTS: list[tuple[str, list[Node]]] = [
    ("a\nb.example.org # c\n\n# d", [Node("a"), Node("b.example.org")]),
    ("root@a:2022", [Node("a", user="root", port=2022)]),
    ("c[01-03]", [Node("c01"), Node("c02"), Node("c03")]),
    ("10.0.0.1", [Node("10.0.0.1")]),
    ("u@[2001:db8::7]:22\n::2", [Node("2001-db8--7", "2001:db8::7", "u", 22), Node("_--2", "::2")]),
    ("10.0.0.1 a.example.org a\n10.0.0.2\tb.example.org", [Node("a", "10.0.0.1"), Node("b.example.org", "10.0.0.2")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), LISTS)
def test_lists(tmp_path: Path, text: str, expected: list[Node]) -> None:
    found = imported(tmp_path, text)
    assert list(found.nodes) == expected
    assert not found.left


def test_etc_hosts(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        "127.0.0.1 localhost\n127.0.1.1 me\n::1 ip6-localhost\nff02::1 ip6-allnodes\nfe00::0 ip6-localnet\n10.0.0.1 a\n10.0.0.1 a\nx y\n",
    )
    assert found.nodes == (Node("a", "10.0.0.1"),)
    assert [(one.what, one.fine) for one in found.left] == [
        ("localhost", True), ("me", True), ("ip6-localhost", True), ("ip6-allnodes", True), ("ip6-localnet", True), ("line 8", False), ("a", True),
    ]  # fmt: skip


# --- kinds

KINDS = [
    ("[g]\na", "ansible"), ("# c\n\n[g:children]\na", "ansible"), ("a ansible_host=b\n", "ansible"), ("---\nall: {hosts: {a: }}", "ansible"),
    ("all:\n  hosts:\n    a:", "ansible"), ('{"g": {"hosts": ["a"]}}', "ansible"), ("Host a\n  User b", "ssh-config"), ("host=a", "ssh-config"),
    ("Include x\nHost a", "ssh-config"), ("a\nb", "hosts"), ("10.0.0.1 a b", "hosts"), ("u@a:22", "hosts"), ("hostname1", "hosts"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), KINDS)
def test_the_kind_is_told_by_the_content(home: Path, text: str, kind: str) -> None:
    (home / "x").write_text(text)
    assert read_other(home / "x")[0] == kind


REFUSED = [
    ("#!/usr/bin/env python3\nprint('{}')\n[g]\na", "", "is a program; write its list to a file"),
    ("plugin: openstack.cloud.openstack\n", "", "settings of an inventory plugin"),
    ("shared-infra_hosts: {infra1: {ip: 172.29.236.11}}", "", "openstack_inventory.json"),
    ("nodes: {a: }", "", "is a haystack.yaml already"),
    ("x: [1]", "", "no inventory that haystack knows (--from ansible, ssh-config, hosts)"),
    ("a: b: c", "", "not valid YAML"),
    ("", "", "no nodes in it"),
    ("[g]\nlocalhost", "", "no nodes in it (localhost: is this machine"),
    ("[g]", "hosts", "no nodes in it ([g]: "),
    ("\x1b[2J", "hosts", "no nodes in it (?[2J: "),
    ("[g]\nlocalhost \x1b", "", 'no nodes in it (x: line 2: "?" is no variable'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "expected"), REFUSED)
def test_what_cannot_be_imported_is_refused(tmp_path: Path, text: str, kind: str, expected: str) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(SettingsError) as caught:
        imported_yaml(tmp_path / "x", kind)
    assert str(caught.value).startswith(str(tmp_path / "x"))
    assert expected in str(caught.value)


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    long = "n" * 300
    (tmp_path / "group_vars").mkdir()
    found = imported(tmp_path, f"[{long}]\n{long}\n[g]\na\n[g:vars]\nansible_ssh_private_key_file={long}")
    assert by_name(found)["a"].identity.endswith(long)
    assert any(why.startswith("cannot be read: File name too long") for whys in told(found).values() for why in whys)


def test_directories_and_devices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"is a directory; .* ansible-inventory -i"):
        imported_yaml(tmp_path)
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        imported_yaml(tmp_path / "none")
    with pytest.raises(SettingsError, match="larger than 32 MiB"):
        imported_yaml(Path("/dev/zero"))


# --- writing

_WORDS = st.sampled_from(["a", "b1", "no", "1", "0x1f", "1e5", "null", "c-d_e.f", "on", "y", "007", "~x"])
_NODES = st.builds(
    Node,
    name=st.from_regex(r"[a-z0-9_][a-z0-9_.-]{0,8}", fullmatch=True) | _WORDS.filter(lambda word: word != "~x"),
    address=st.sampled_from(["", "10.0.0.1", "2001:db8::7", "x.example.org", "no", "10"]),
    user=st.sampled_from(["", "root", "yes", "me@example.org", "DOM\\u", "x#y", "a:b"]),
    port=st.sampled_from([0, 22, 65535]),
    jump=st.lists(st.sampled_from(["gate1", "u@gate2:22", "[2001:db8::7]:22"]), unique=True).map(tuple),
    identity=st.sampled_from(["", "/k", "/with space/k: #x", "/é"]),
    site=st.sampled_from(["", "no", "north"]),
    roles=st.lists(_WORDS.filter(lambda word: word != "~x"), unique=True).map(tuple),
    sudo=st.booleans(),
    logs=st.sampled_from([LOG_ROOTS, ("/var/log", "/a b"), ("/x",), ("/x: y", "/#z", "/'q\"")]),
    containers=st.sampled_from(["", "docker", "podman"]),
)


@given(
    st.lists(_NODES, min_size=1, max_size=4, unique_by=lambda node: node.name.lower()),
    st.sampled_from(["", "/etc/ssh/x y"]),
)
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_as_it_was(nodes: list[Node], config: str) -> None:
    text = haystack_yaml(nodes, "of a test", config)
    found = loads(text, Path("/x/haystack.yaml"))
    assert list(found.nodes) == nodes
    assert found.ssh.config == config
    jsonschema.validate(yaml.safe_load(text), json.loads((DOCS / "haystack-1.schema.json").read_text()))


# --- any text

_PIECES = st.sampled_from([
    "[g]", "[g:vars]", "[g:children]", "\n", "a", "b[1:3]", "[", "]", ":", "=", " ", "'", '"', "ansible_host=", "ansible_user: ", "{{ a }}", "{{", "hosts:", "all:", "children:", "- ",
    "Host ", "Match ", "Include ", "ProxyJump ", "*", "!", "&x", "*x", "<<:", "10.0.0.1 ", "u@", "::1", "ansible_ssh_common_args='-o ProxyCommand=\"", "-J ", "%h:%p", "#", "{", "}", "$ANSIBLE_VAULT",
])  # fmt: skip


@given(
    st.one_of(st.text(), st.lists(_PIECES, max_size=40).map("".join)),
    st.sampled_from(["", "ansible", "ssh-config", "hosts"]),
)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_nodes_or_a_settings_error(home: Path, text: str, kind: str) -> None:
    path = home / "inventory"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        yaml_text, found = imported_yaml(path, kind)
    except SettingsError:
        return
    assert {node.name for node in loads(yaml_text, path).nodes} == {node.name for node in found.nodes}


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["hosts", "children", "vars", "a", "_meta", "hostvars", "ansible_host", "ansible_become"]), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["all", "g", "_meta"]), _ANYTHING, min_size=1))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_data_is_nodes_or_a_settings_error(home: Path, data: dict[str, Any]) -> None:
    path = home / "inventory.json"
    path.write_text(json.dumps(data))
    try:
        imported_yaml(path, "ansible")
    except SettingsError:
        return


@given(st.text())
def test_any_list_is_read(text: str) -> None:
    read_host_list(text)


@given(st.text())
def test_any_words_for_ssh_are_read(text: str) -> None:
    read_ssh_args(text)


# --- the commands


def command(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["haystack", *words])
    return run()


def test_import_and_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("multinode").write_text(KOLLA)
    assert command(monkeypatch, "nodes", "import", "multinode", "-o", "haystack.yaml") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("haystack: 6 nodes in haystack.yaml\n")
    assert "haystack: left out: localhost: is this machine" in said.err
    written = Path("haystack.yaml").read_text()
    assert written.startswith(
        "# Made by `haystack nodes import` from multinode; yours to change.\ndefaults:\n  identity: ~/.ssh/kolla\nnodes:\n"
    )

    assert command(monkeypatch, "nodes", "import", "multinode", "-o", "haystack.yaml") == 2
    assert "-o haystack.yaml: is there already; --force replaces it" in capsys.readouterr().err
    assert Path("haystack.yaml").read_text() == written

    assert command(monkeypatch, "nodes", "list", "--role", "compute") == 0
    listed = capsys.readouterr().out
    assert listed.splitlines()[0].split() == ["node", "address", "roles"]
    assert listed.splitlines()[1].split() == ["compute01", "10.0.0.11", "compute"]
    assert listed.splitlines()[-1] == f"2 nodes of 6 in {tmp_path / 'haystack.yaml'}"

    assert command(monkeypatch, "nodes", "list", "--inventory", "haystack.yaml", "--format", "json") == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((DOCS / "inventory-1.schema.json").read_text()))
    assert [node["node"] for node in document["nodes"]] == [node.name for node in load(Path("haystack.yaml")).nodes]
    assert document["nodes"][0]["line"] == 5


EXITS = [
    (["nodes", "import", "good", "--force", "-o", "good"], 0, "1 node in good"),
    (["nodes", "import", "good"], 0, "haystack: 1 node\n"),
    (["nodes", "import", "good", "-o", "-"], 0, "haystack: 1 node\n"),
    (["nodes", "import", "part"], 3, "left out: a: ansible_host is a template"),
    (["nodes", "import", "none"], 2, "none: cannot be read"),
    (["nodes", "import", "good", "--from", "puppet"], 2, "puppet"),
    (["nodes", "list", "--inventory", "none"], 2, "none: cannot be read"),
    (["nodes", "list", "--inventory", "good"], 2, "good:1: "),
    (["nodes", "list", "--site", "x"], 2, "no haystack.yaml here or above; write one by `haystack nodes import`"),
    (["nodes", "list", "--inventory", "yes.yaml", "--logs", "."], 2, "ask one at a time"),
    (["nodes", "list", "--inventory", "yes.yaml", "--node", "b"], 2, "--node b: no such node in the inventory; known are: a"),
    (["nodes", "list", "--inventory", "yes.yaml", "--node", "a"], 0, ""),
]  # fmt: skip


@pytest.mark.parametrize(("words", "code", "says"), EXITS)
def test_exit_codes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good").write_text("a\n")
    Path("part").write_text("[g]\na ansible_host='{{ x }}'\n")
    Path("yes.yaml").write_text("nodes: {a: }\n")
    assert command(monkeypatch, *words) == code
    assert says in capsys.readouterr().err


def test_hostile_names_do_not_reach_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x").write_text("[g]\na\n\x1b[31mred\nb ansible_connection=\x1b]0;x\x07 ansible_user=\x1b[0m\n[\x1b[2J]\nc\n")
    assert command(monkeypatch, "nodes", "import", "x") == 3
    said = capsys.readouterr()
    assert "\x1b" not in said.out + said.err
    assert "\x07" not in said.out + said.err


def test_every_field_is_shown_in_the_docs() -> None:
    page = (DOCS / "nodes.md").read_text()
    assert FIELDS
    assert all(f"`{field}`" in page for field in FIELDS)


def test_the_example_of_the_page_is_one(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", (DOCS / "nodes.md").read_text(), re.DOTALL)
    assert example
    found = loads(example.group(1), tmp_path / "haystack.yaml")
    assert len(found.nodes) == 25
    assert found.by_name["bastion"].jump == ()
    assert found.by_name["net1"].jump == ("bastion", "root@gate.south.example.com:2222")
