"""haystack.yaml: what it means, every mistake with its line, and editors' schema of one mind with the loader."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from haystack.errors import SettingsError, UsageError
from haystack.inventory import choose, find, load
from haystack.inventory.load import loads
from haystack.inventory.ranges import expand
from haystack.settings import Node, Settings, SshOptions

HERE = Path("/srv/cloud/haystack.yaml")
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "haystack-1.schema.json").read_text())

CLOUD = """\
# yaml-language-server: $schema=https://example.org/haystack-1.schema.json
$schema: https://example.org/haystack-1.schema.json
defaults: {user: stack, sudo: true, jump: bastion, roles: compute}
sites:
  north: {jump: [gate, "root@inner:2222"], logs: [/var/log/, /srv/logs]}
  south:
nodes:
  bastion: {address: 198.51.100.7, roles: [jump]}
  compute[01-03]: {address: "10.0.0.[11-13]"}
  gate: {site: north}
  net1: {site: north, jump: none, user: root, port: 2022, identity: keys/id_net, containers: podman}
  net2: {site: south, logs: /var/log/kolla, address: "2001:db8::7", jump: []}
ssh: {config: ssh_config, known_hosts: ~/known, connect_timeout: 5, idle_timeout: 7.5}
"""


def cloud() -> Settings:
    return loads(CLOUD, HERE)


def node(name: str) -> Node:
    return cloud().by_name[name]


def test_the_nearer_word_wins() -> None:
    assert node("compute02") == Node(
        "compute02", "10.0.0.12", "stack", jump=("bastion",), roles=("compute",), sudo=True
    )
    assert node("net1") == Node(
        "net1",
        "",
        "root",
        2022,
        (),
        "/srv/cloud/keys/id_net",
        "north",
        ("compute",),
        True,
        ("/var/log", "/srv/logs"),
        "podman",
    )
    assert node("net2") == Node(
        "net2", "2001:db8::7", "stack", site="south", roles=("compute",), sudo=True, logs=("/var/log/kolla",)
    )


def test_a_jump_host_does_not_jump_over_itself() -> None:
    assert node("bastion").jump == ()
    assert node("gate").jump == ()
    assert loads("sites: {n: {jump: [a, b]}}\ndefaults: {site: n}\nnodes: {a: , b: , c: }", HERE).by_name["b"].jump == (
        "a",
    )


def test_ssh_options_are_relative_to_the_file() -> None:
    assert cloud().ssh == SshOptions("/srv/cloud/ssh_config", str(Path("~/known").expanduser()), False, 5.0, 7.5)


def test_settings_remember_where_a_node_was_defined() -> None:
    assert cloud().place("compute03") == f"{HERE}:9"
    assert cloud().place("nobody") == ""


# What is written, and what is said of it. `schema`: whether an editor's schema sees it too.
SEES, BLIND = True, False
MISTAKES = [
    ("nodes:", BLIND, [":1: nodes must be a mapping"]),
    ("", BLIND, [":1: the file must be a mapping"]),
    ("[]", SEES, [":1: the file must be a mapping"]),
    ("defaults: {}", SEES, [":1: nodes: there are none"]),
    ("nodes: {}", SEES, [":1: nodes: there are none"]),
    ("nodes: {a: }\nndoes: {}", SEES, [':2: unknown key "ndoes"\n  did you mean "nodes"?']),
    ("nodes:\n  a: {adress: x}", SEES, [':2: unknown key "adress"\n  did you mean "address"?']),
    ("nodes:\n  a: [x]", SEES, [":2: a must be a mapping"]),
    ("nodes: {a: }\nnodes: {b: }", BLIND, ['duplicate key "nodes", first given at line 1']),
    ("nodes: &x {a: *x}", BLIND, ["an alias (*name)"]),
    ("nodes: {a: {port: 0}}", SEES, [':1: port: "0" is no port']),
    ("nodes: {a: {port: 65536}}", SEES, ["is no port"]),
    ("nodes: {a: {port: ssh}}", SEES, ["is no port"]),
    ("nodes: {a: {port: true}}", SEES, ["is no port"]),
    ("nodes: {a: {sudo: 1}}", SEES, ['sudo: "1" is neither true nor false']),
    ("nodes: {a: {user: true}}", SEES, ["user: must be a text, not true or false\n  put it in quotes"]),
    ("nodes: {a: {user: }}", SEES, ["user: must be a text"]),
    ("nodes: {a: {user: -oProxyCommand=id}}", SEES, ["is no name of a user"]),
    ("nodes: {a: {user: 'a;b'}}", SEES, ["is no name of a user"]),
    ("nodes: {a: {address: -oProxyCommand=id}}", SEES, ['"-oProxyCommand=id" is no host name and no address']),
    ("nodes: {a: {address: root@b}}", SEES, ['"root@b" names a user\n  write it as "user"']),
    ("nodes: {a: {address: 'b c'}}", SEES, ["is no host name"]),
    ("nodes: {a: {address: 'b:22'}}", BLIND, ['is no IPv6 address\n  write a port as "port"']),
    ("nodes: {a: {address: '[::1]'}}", BLIND, ['has brackets\n  write "::1"']),
    ("nodes: {a: {address: ssh://b}}", SEES, ["is no host name"]),
    ("nodes: {a/b: }", SEES, ['"a/b" cannot be a name']),
    ("nodes: {.a: }", SEES, ['".a" cannot be a name']),
    ("nodes: {-a: }", SEES, ['"-a" cannot be a name']),
    ("nodes: {..: }", SEES, ['".." cannot be a name']),
    ("nodes: {a b: }", SEES, ['"a b" cannot be a name']),
    ('nodes: {"a\\e[31m": }', SEES, ['"a?[31m" cannot be a name']),
    ('nodes: {"": }', SEES, ["must be a text"]),
    ("nodes:\n  a:\n  A:", BLIND, [':3: "A" is the name of another node, "a" of line 2']),
    ("nodes:\n  a[1-3]:\n  a2:", BLIND, [':3: "a2" is the name of another node, "a2" of line 2']),
    ("nodes:\n  a[3-1]:", BLIND, ['the range "[3-1]" is empty']),
    ("nodes:\n  a[1-z]:", BLIND, ["from a number to a letter"]),
    ("nodes:\n  a[1-99999]:", BLIND, ["more than 10000 names"]),
    ("nodes:\n  a[1:9]:", SEES, ['"a[1:9]" cannot be a name']),
    ("nodes:\n  a[1-3]: {address: 'b[1-2]'}", BLIND, [":2: 3 names, but 2 addresses\n  give both a range of the same length"]),
    ("nodes:\n  a[1-3]: {address: b}", BLIND, [":2: 3 names, but 1 addresses"]),
    ("nodes: {a: {logs: var/log}}", SEES, ["is not an absolute path"]),
    ("nodes: {a: {logs: /}}", SEES, ['"/" is all of the node']),
    ("nodes: {a: {logs: ///}}", SEES, ['"/" is all of the node']),
    ("nodes: {a: {logs: []}}", SEES, ["logs: must not be empty"]),
    ("nodes: {a: {logs: [/var/log, /var/../etc]}}", SEES, ['"." or ".." in it']),
    ("nodes: {a: {logs: /var//log}}", SEES, ['"." or ".." in it']),
    ("nodes: {a: {logs: /var/./log}}", SEES, ['"." or ".." in it']),
    ("nodes: {a: {logs: '/var/log/*'}}", SEES, ["is a pattern, not a path"]),
    ("nodes: {a: {logs: /proc/kmsg}}", SEES, ["holds no logs"]),
    ("nodes: {a: {logs: /dev}}", SEES, ["holds no logs"]),
    ("nodes: {a: {logs: [/var/log, /var/log]}}", SEES, ["names a path twice"]),
    ("nodes: {a: {containers: doker}}", SEES, ['unknown containers "doker"\n  did you mean "docker"?']),
    ("nodes: {a: {roles: [a b]}}", SEES, ['roles: "a b" cannot be a name']),
    ("nodes: {a: {roles: []}}", SEES, ["roles: must not be empty"]),
    ("nodes: {a: {jump: -oProxyCommand=id}}", SEES, ["is no host name"]),
    ("nodes: {a: {jump: 'b:c'}}", BLIND, ['"c" is no port']),
    ("nodes: {a: {jump: 'a:b:c'}}", BLIND, ['"a:b:c" is no host']),
    ("nodes: {a: {jump: ssh://b}}", SEES, ['"ssh://b" is no host']),
    ("nodes: {a: {jump: [b, b]}}", BLIND, ["names a host twice"]),
    ("nodes: {a: {jump: a}}", BLIND, [":1: the way to a goes in a circle: a -> a"]),
    ("nodes:\n  a: {jump: b}\n  b: {jump: [x, c]}\n  c:\n  x: {jump: a}", BLIND, ["goes in a circle: a -> b -> c -> x -> a"]),
    ("sites: {n: }\nnodes:\n  a: {site: m}", BLIND, [':3: unknown site "m"']),
    ("sites: {n: {address: x}}\nnodes: {a: }", SEES, ['unknown key "address"']),
    ("sites: {n: {site: m}}\nnodes: {a: }", SEES, ['unknown key "site"']),
    ("defaults: {address: x}\nnodes: {a: }", SEES, ['unknown key "address"']),
    ("nodes: {a: }\nssh: {connect_timeout: 0}", SEES, ['connect_timeout: "0" is no time to wait\n  write seconds, from 1 to 600']),
    ("nodes: {a: }\nssh: {idle_timeout: 1h}", SEES, ["is no time to wait"]),
    ("nodes: {a: }\nssh: {confg: x}", SEES, ['did you mean "config"?']),
    ("nodes:\n  a: [\n", BLIND, [":3: not valid YAML"]),
    ("nodes: {a: {identity: ~nosuchuser/key}}", BLIND, ["in the home of a user who is not here"]),
    ("nodes: {a: {identity: -x}}", SEES, ["is no path"]),
    ("nodes: {a: {identity: 'x\"y'}}", SEES, ["is no path"]),
    ("nodes: {a: }\nports: " + "[" * 200_000, BLIND, ["nested too deeply"]),
    ("- " * 200_000, BLIND, ["nested too deeply"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "schema", "expected"), MISTAKES, ids=[row[0][:60].replace("\n", "|") for row in MISTAKES]
)
def test_mistakes_are_named_with_their_place(text: str, schema: bool, expected: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        loads(text, HERE)
    for part in expected:
        assert part in str(caught.value)
        assert str(caught.value).startswith(str(HERE))
    if schema:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(text), SCHEMA)


GOOD = [
    CLOUD,
    "nodes: {a: }",
    "nodes: {a: {}}",
    "nodes: {1: , 2.example.com: {address: 10}}",
    "nodes: {a: {roles: x, logs: /var/log/, jump: 'u@h:22, [::1]:22, fe80::1'}}",
    "nodes: {a: {jump: none, sudo: false, containers: none, user: 'DOM\\user'}}",
    "nodes: {a: {user: me@example.org, address: fe80::1%eth0, identity: ~/.ssh/id, port: 65535}}",
    "nodes: {a-b_c.d: , 'r[1-3]x[a-c]': {address: '10.[1-3].0.[1-3]'}}",
    "sites: {}\nnodes: {a: }",
    "defaults: {site: somewhere}\nnodes: {a: {logs: [/var/log, /openstack/log, '/srv/with space']}}",
    "nodes: {a: }\nssh: {connect_timeout: 600, idle_timeout: 1.5}",
]


@pytest.mark.parametrize("text", GOOD)
def test_loader_and_schema_take_the_same(text: str) -> None:
    assert loads(text, HERE).nodes
    jsonschema.validate(yaml.safe_load(text), SCHEMA)


def test_the_schema_knows_the_fields_of_the_loader() -> None:
    from haystack.inventory.fields import FIELDS, SSH_FIELDS

    assert (
        set(SCHEMA["properties"]["nodes"]["additionalProperties"]["properties"])
        == set(FIELDS)
        == set(Node._fields) - {"name"}
    )
    assert set(SCHEMA["properties"]["ssh"]["properties"]) == set(SSH_FIELDS) == set(SshOptions._fields) - {"accept_new"}
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_all_mistakes_are_told_at_once_in_order_and_not_without_end() -> None:
    with pytest.raises(SettingsError) as caught:
        loads("nodes:\n" + "".join(f"  n{number}: {{port: x}}\n" for number in range(30)), HERE)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(f"{HERE}:2: port")
    assert lines[2].startswith(f"{HERE}:3: port")
    assert lines[-1] == "and 10 more"


def test_it_is_found_from_here_upwards(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find(inner) is None or tmp_path not in find(inner).parents  # type: ignore[union-attr]
    (tmp_path / "haystack.yaml").write_text("nodes: {a: }")
    assert find(inner) == tmp_path / "haystack.yaml"
    (inner / "haystack.yaml").mkdir()
    assert find(inner) == tmp_path / "haystack.yaml"
    (tmp_path / "a" / "haystack.yaml").write_text("nodes: {b: }")
    assert load(find(inner) or Path()).nodes[0].name == "b"


def test_nothing_is_found_where_there_is_no_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert find() is None


def test_one_that_others_can_change_is_not_taken_unasked(tmp_path: Path) -> None:
    path = tmp_path / "haystack.yaml"
    path.write_text("nodes: {a: }")
    path.chmod(0o666)
    with pytest.raises(SettingsError, match="can be changed by anybody"):
        find(tmp_path)
    if os.geteuid() == 0:
        path.chmod(0o644)
        os.chown(path, 12345, -1)
        with pytest.raises(SettingsError, match="belongs to somebody else"):
            find(tmp_path)
    assert load(path).nodes  # named, it is


@pytest.mark.parametrize("data", [b"\xff\xfe", b"nodes: {a: }\x00"])
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "haystack.yaml").write_bytes(data)
    with pytest.raises(SettingsError):
        load(tmp_path / "haystack.yaml")


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "none.yaml")
    with pytest.raises(SettingsError, match="larger than 8 MiB"):
        load(Path("/dev/zero"))


RANGES: list[tuple[str, bool, list[str]]] = [
    ("a", False, ["a"]),
    ("a[1-3]", False, ["a1", "a2", "a3"]),
    ("a[08-11].x", False, ["a08.x", "a09.x", "a10.x", "a11.x"]),
    ("[a-c]1", False, ["a1", "b1", "c1"]),
    ("a[1:3]", False, ["a[1:3]"]),
    ("a[1:3]", True, ["a1", "a2", "a3"]),
    ("a[01:05:2]", True, ["a01", "a03", "a05"]),
    ("a[a:f:2]b[1:2]", True, ["aab1", "aab2", "acb1", "acb2", "aeb1", "aeb2"]),
    ("a[1-3]", True, ["a[1-3]"]),
    ("a[0-2]", False, ["a0", "a1", "a2"]),
]


@pytest.mark.parametrize(("text", "colon", "expected"), RANGES)
def test_ranges(text: str, colon: bool, expected: list[str]) -> None:
    assert expand(text, colon) == expected


CHOICES: list[tuple[dict[str, list[str]], list[str]]] = [
    ({}, ["bastion", "compute01", "compute02", "compute03", "gate", "net1", "net2"]),
    ({"names": ["net1", "bastion"]}, ["bastion", "net1"]),
    ({"names": ["compute*", "n?t2"]}, ["compute01", "compute02", "compute03", "net2"]),
    ({"names": ["compute[02-03]"]}, ["compute02", "compute03"]),
    ({"sites": ["north"]}, ["gate", "net1"]),
    ({"sites": ["north", "south"], "roles": ["compute"]}, ["gate", "net1", "net2"]),
    ({"names": ["net*"], "sites": ["south"]}, ["net2"]),
]


@pytest.mark.parametrize(("asked", "expected"), CHOICES)
def test_nodes_are_chosen(asked: dict[str, Any], expected: list[str]) -> None:
    assert [node.name for node in choose(cloud(), **asked)] == expected


NO_CHOICE = [
    ({"names": ["compute04"]}, '--node compute04: no such node in the inventory; did you mean "compute0'),
    ({"names": ["compute[01-04]"]}, "--node compute04: no such node"),
    ({"names": ["x*"]}, "--node x*: no such node in the inventory; known are: bastion"),
    ({"names": ["a[2-1]"]}, 'the range "[2-1]" is empty'),
    ({"sites": ["nord"]}, '--site nord: no such site in the inventory; did you mean "north"?'),
    ({"roles": ["computer"]}, '--role computer: no such role in the inventory; did you mean "compute"?'),
    ({"sites": ["south"], "roles": ["jump"]}, "no node has site south and role jump"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), NO_CHOICE)
def test_a_choice_that_fits_nothing_is_an_error(asked: dict[str, Any], expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(cloud(), **asked)
    assert expected in str(caught.value)


# Texts that look like haystack.yaml, so that the search gets beyond "must be a mapping".
_WORDS = st.sampled_from(
    [
        "nodes:",
        "a",
        "A:",
        "-",
        "  ",
        "\n",
        "[1-3]",
        "{",
        "}",
        "address:",
        "jump: a",
        "logs: /x",
        ":",
        "&a",
        "*a",
        "<<:",
        "sites:",
        "port: 1",
        "'",
        '"',
    ]
)


@given(st.one_of(st.text(), st.lists(_WORDS).map("".join)))
@settings(max_examples=400)
def test_any_text_is_settings_or_a_settings_error(text: str) -> None:
    try:
        found = loads(text, HERE)
    except SettingsError:
        return
    assert found.nodes


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["a", "b", "/var/log", "10.0.0.1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_KEYS = st.sampled_from([*Node._fields, "x"])


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "A", "c[1-2]", "-x"]), st.dictionaries(_KEYS, _VALUES, max_size=4), min_size=1
    )
)
@settings(max_examples=300, deadline=None)
def test_any_values_are_settings_or_a_settings_error(nodes: dict[str, Any]) -> None:
    try:
        found = loads(yaml.safe_dump({"nodes": nodes}), HERE)
    except SettingsError:
        return
    for one in found.nodes:
        assert not one.host.startswith("-")
        assert one.name not in (".", "..")
        assert "/" not in one.name
        assert all(root.startswith("/") and ".." not in root.split("/") for root in one.logs)
