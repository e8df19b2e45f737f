"""Configuration: where it is looked for, what is one document, which role a node has, what is drift, what is secret.

The configuration files are composed here.
"""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import tarfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haystack.insight.config import documents, reads
from haystack.insight.drift import Drift, drift
from haystack.insight.roles import Role, roles
from haystack.masking import quoted, shown
from haystack.report.setting import settings
from haystack.search.config_places import config_place
from haystack.search.discover import discover
from haystack.search.etc import ConfigFile, read_configs
from tests.making import SERVICES, write

# (path below the root, machine, service, path on the node)
PLACES = [
    ("c1/etc/nova/nova.conf", "c1", "nova", "/etc/nova/nova.conf"),
    ("c1/etc/nova/nova.conf.d/90-x.conf", "c1", "nova", "/etc/nova/nova.conf.d/90-x.conf"),
    ("c1/etc/neutron/plugins/ml2/ml2_conf.ini", "c1", "neutron", "/etc/neutron/plugins/ml2/ml2_conf.ini"),
    ("etc/glance/glance-api.conf", "", "glance", "/etc/glance/glance-api.conf"),
    ("a/b/sosreport-c1-2026-11-22-abcdefg/etc/heat/heat.conf", "a/b/sosreport-c1-2026-11-22-abcdefg", "heat", "/etc/heat/heat.conf"),
    ("c1/etc/kolla/nova-compute/nova.conf", "c1", "nova-compute", "/etc/kolla/nova-compute/nova.conf"),
    ("c1/etc/kolla/mariadb/galera.cnf", "c1", "mariadb", "/etc/kolla/mariadb/galera.cnf"),
    ("c1/var/lib/config-data/puppet-generated/nova_libvirt/etc/nova/nova.conf", "c1", "nova", "/var/lib/config-data/puppet-generated/nova_libvirt/etc/nova/nova.conf"),
    ("c1/var/lib/config-data/neutron/etc/neutron/neutron.conf", "c1", "neutron", "/var/lib/config-data/neutron/etc/neutron/neutron.conf"),
    ("c1/var/snap/microstack/common/etc/nova/nova.conf", "c1", "nova", "/var/snap/microstack/common/etc/nova/nova.conf"),
    ("c1/etc/my.cnf", "c1", "mysql", "/etc/my.cnf"),
    ("c1/etc/my.cnf.d/galera.cnf", "c1", "mysql", "/etc/my.cnf.d/galera.cnf"),
    ("c1/etc/mysql/mariadb.conf.d/50-server.cnf", "c1", "mysql", "/etc/mysql/mariadb.conf.d/50-server.cnf"),
    ("c1/etc/rabbitmq/rabbitmq.config", "c1", "rabbitmq", "/etc/rabbitmq/rabbitmq.config"),
    ("c1/etc/haproxy/haproxy.cfg", "c1", "haproxy", "/etc/haproxy/haproxy.cfg"),
    ("c1/etc/sysconfig/memcached", "c1", "memcached", "/etc/sysconfig/memcached"),
    ("c1/etc/swift/proxy-server.conf", "c1", "swift", "/etc/swift/proxy-server.conf"),
]  # fmt: skip
NO_PLACES = [
    "c1/var/log/nova/nova.conf",
    "c1/nova/nova.conf",
    "c1/etc/nova/policy.yaml",
    "c1/etc/nova/.nova.conf",
    "c1/etc/nova/nova.conf.rpmsave",
    "c1/etc/systemd/journald.conf",
    "c1/etc/apache2/apache2.conf",
    "c1/etc/kolla/config/nova/nova.conf",
    "c1/etc/kolla/globals.conf",
    "c1/etc/host.conf",
    "etc",
    "nova.conf",
]


@pytest.mark.parametrize(("path", "machine", "service", "on_node"), PLACES, ids=[row[0] for row in PLACES])
def test_where_configuration_lies(path: str, machine: str, service: str, on_node: str) -> None:
    place = config_place(path.split("/"), SERVICES)
    assert place == (tuple(filter(None, machine.split("/"))), service, on_node)


@pytest.mark.parametrize("path", NO_PLACES)
def test_what_is_no_configuration(path: str) -> None:
    assert config_place(path.split("/"), SERVICES) is None


# (service asked for, directory, whether its files are that service's)
READS = [
    ("nova", "nova", True), ("nova", "nova-compute", True), ("nova-api", "nova", True), ("nova-api", "nova-compute", False),
    ("neutron-server", "neutron", True), ("mariadb", "mysql", True), ("glance-api", "glance", True), ("nova", "neutron", False),
    ("heat-engine", "heat", True), ("octavia-worker", "octavia", True), ("rabbitmq", "rabbitmq", True), ("nova", "unknown", False),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "directory", "expected"), READS)
def test_whose_files_they_are(wanted: str, directory: str, expected: bool) -> None:
    assert reads(SERVICES, wanted, directory) is expected


def config(node: str, path: str, text: str) -> ConfigFile:
    place = config_place([node, *path.strip("/").split("/")], SERVICES)
    assert place is not None
    return ConfigFile(node, place.service, path, text)


def test_a_later_file_of_the_family_replaces_what_an_earlier_one_set() -> None:
    files = [
        config("c1", "/etc/nova/nova.conf.d/20-b.conf", "[DEFAULT]\na = 20\nm = x"),
        config("c1", "/etc/nova/nova.conf", "[DEFAULT]\na = 1\nb = 1\nm = 1\nm = 2"),
        config("c1", "/etc/nova/nova.conf.d/10-a.conf", "[DEFAULT]\na = 10\nnonsense"),
        config("c1", "/etc/nova/nova-compute.conf", "[DEFAULT]\na = other file"),
    ]
    compute, main = documents(files)
    assert (compute.path, main.path) == ("/etc/nova/nova-compute.conf", "/etc/nova/nova.conf")
    assert main.options["DEFAULT", "a"] == (("20",), "/etc/nova/nova.conf.d/20-b.conf", 2)
    assert main.options["DEFAULT", "b"] == (("1",), "/etc/nova/nova.conf", 3)
    assert main.options["DEFAULT", "m"].values == ("x",)
    assert main.problems == ("/etc/nova/nova.conf.d/10-a.conf:3: neither a section nor an option",)


def test_all_that_mariadb_includes_is_one_document() -> None:
    files = [
        config("c1", "/etc/mysql/my.cnf", "!includedir /etc/mysql/conf.d/\n[mysqld]\nmax_connections = 100"),
        config("c1", "/etc/mysql/mariadb.conf.d/50-server.cnf", "[mysqld]\nmax-connections = 4096"),
    ]
    (document,) = documents(files)
    assert document.options["mysqld", "max_connections"].values == ("4096",)


# (files by node, services logged by node, role of each node)
ROLES = [
    ({"a": ["/etc/nova/nova.conf"]}, {"a": ["nova-compute"]}, {"a": "compute"}),
    ({"a": ["/etc/nova/nova.conf"]}, {"a": ["nova-compute", "nova-api", "neutron-l3-agent"]}, {"a": "compute"}),
    ({"a": ["/etc/nova/nova.conf", "/etc/nova/nova-compute.conf"]}, {}, {"a": "compute"}),
    ({"a": ["/etc/nova/nova.conf", "/etc/keystone/keystone.conf"]}, {"a": ["nova-compute"]}, {"a": "compute"}),
    ({"a": ["/etc/keystone/keystone.conf"]}, {}, {"a": "controller"}),
    ({"a": ["/etc/kolla/nova-conductor/nova.conf", "/etc/kolla/neutron-l3-agent/neutron.conf"]}, {}, {"a": "controller"}),
    ({"a": ["/etc/neutron/l3_agent.ini"]}, {}, {"a": "network"}),
    ({"a": ["/etc/kolla/cinder-volume/cinder.conf"]}, {}, {"a": "storage"}),
    ({"a": ["/etc/mysql/my.cnf"]}, {}, {"a": "database"}),
    ({"a": ["/etc/rabbitmq/rabbitmq.conf"]}, {}, {"a": "messaging"}),
    ({"a": ["/etc/haproxy/haproxy.cfg"]}, {}, {"a": "loadbalancer"}),
    ({"a": ["/etc/nova/nova.conf"]}, {}, {"a": "other"}),
    ({"hv1": ["/etc/nova/nova.conf"], "hv2.x": ["/etc/nova/nova.conf"]}, {"hv1": ["nova-compute"]}, {"hv1": "compute", "hv2.x": "compute"}),
    ({"hv1": ["/etc/nova/nova.conf"], "net1": ["/etc/nova/nova.conf"]}, {"hv1": ["nova-compute"]}, {"hv1": "compute", "net1": "other"}),
]  # fmt: skip


@pytest.mark.parametrize(("files", "logged", "expected"), ROLES)
def test_roles_are_guessed(files: dict[str, list[str]], logged: dict[str, list[str]], expected: dict[str, str]) -> None:
    every = documents(config(node, path, "[DEFAULT]\na = 1") for node, paths in files.items() for path in paths)
    found = roles(every, logged, SERVICES)
    assert {node: role.name for role in found for node in role.nodes} == expected
    assert all(role.guessed for role in found)


def compared(*texts: str, path: str = "/etc/nova/nova.conf") -> Drift:
    """The drift between c1, c2 …, each with one of the texts; an empty one is no file."""
    names = tuple(f"c{number}" for number in range(1, len(texts) + 1))
    files = [config(name, path, text) for name, text in zip(names, texts, strict=True) if text]
    return drift(Role("compute", names, ""), documents(files))


OWN = "[DEFAULT]\nhost = {n}.example\nmy_ip = 10.0.0.{i}\n"
# (text of c1, of c2, of c3, whether it is drift, differences in all)
DRIFTS = [
    ("[a]\nk = 1", "[a]\nk = 1", "[a]\nk = 1", False, 0),
    ("[a]\nk = 1", "[A]\nk=1", "[a]\nk = '1'", False, 0),
    ("[a]\nk = 1", "[a]\nk = 1", "[a]\nk = 2", True, 1),
    ("[a]\nk = 1", "[a]\nk = 1", "[a]\nK = 1", True, 2),
    ("[a]\nk = 1", "[a]\nk = 1", "[a]\n#k = 1", True, 1),
    ("[a]\nk = 1\nk = 2", "[a]\nk = 2\nk = 1", "[a]\nk = 1\nk = 2", True, 1),
    ("[a]\nk = 1", "[a]\nk = 1", "", True, 0),
    (OWN.format(n="c1", i=1), OWN.format(n="c2", i=2), OWN.format(n="c3", i=3), False, 2),
    # the same address twice is a mistake, whatever the option
    (OWN.format(n="c1", i=1), OWN.format(n="c2", i=2), OWN.format(n="c3", i=2), True, 2),
    ("[a]\nmy_ip = 10.0.0.1", "[a]\nmy_ip = 10.0.0.2", "[a]\nk = 1", True, 2),
    # addresses of the nodes' own in options of any name
    *(
        (*(OWN.format(n=f"c{i}", i=i) + f"[vnc]\nurl = http://{who}:6080/" for i, who in enumerate(whom, 1)), drifted, 3)
        for whom, drifted in (
            (("10.0.0.1", "10.0.0.2", "10.0.0.3"), False),
            (("c1", "c2.example", "c3"), False),
            (("c1", "c2", "c3"), False),
            (("10.0.0.1", "10.0.0.2", "10.0.0.4"), True),
            (("10.0.0.1", "10.0.0.2", "10.0.0.30"), True),
        )
    ),
    ("[a]\nbind_host = 0.0.0.0", "[a]\nbind_host = 0.0.0.0", "[a]\nbind_host = 10.0.0.3", True, 1),
    ("[a]\nname = c1", "[a]\nname = c2", "[a]\nname = c3", False, 1),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "third", "drifted", "count"), DRIFTS)
def test_what_is_drift(first: str, second: str, third: str, drifted: bool, count: int) -> None:
    found = compared(first, second, third)
    assert (found.drifted, len(found.differences)) == (drifted, count)


def test_the_majority_comes_first_and_each_has_its_place() -> None:
    found = compared("[a]\nk = odd", "# c\n[a]\nk = 1", "[a]\nk = 1", "[a]\nl = 1")
    difference = next(d for d in found.differences if d.option == "k")
    assert [(same.values, same.nodes) for same in difference.same] == [
        (("1",), ("c2", "c3")),
        (("odd",), ("c1",)),
        (None, ("c4",)),
    ]
    assert difference.same[0].places["c2"] == ("/etc/nova/nova.conf", 3)


def test_a_node_alone_has_no_drift() -> None:
    assert not compared("[a]\nk = 1").drifted


@given(
    st.lists(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["1", "2"]), min_size=1), min_size=2, max_size=4)
)
def test_drift_is_told_if_and_only_if_options_differ(tables: list[dict[str, str]]) -> None:
    found = compared(*("[x]\n" + "\n".join(f"{k} = {v}" for k, v in table.items()) for table in tables))
    differing = {key for key in "abcd" if len({table.get(key) for table in tables}) > 1}
    assert {difference.option for difference in found.differences} == differing
    for difference in found.differences:
        nodes = [node for same in difference.same for node in same.nodes]
        assert sorted(nodes) == [f"c{number}" for number in range(1, len(tables) + 1)]


SECRET = "s3cr3tW0rd"
# (section, option, value) of which SECRET is not to be seen
SECRETS = [
    ("keystone_authtoken", "password", SECRET),
    ("database", "connection", f"mysql+pymysql://nova:{SECRET}@db/nova"),
    ("database", "connection", f"mysql+pymysql://nova:a@b{SECRET}@db/nova"),
    ("database", "connection", f"mysql+pymysql://nova:a#{SECRET}@db/nova"),
    ("database", "connection", f"mysql+pymysql://nova:a?{SECRET}@db/nova"),
    ("database", "connection", f"mysql+pymysql://nova:a/{SECRET}@db/nova"),
    ("DEFAULT", "transport_url", f"rabbit://openstack:{SECRET}@c1:5672,openstack:{SECRET}@c2:5672/"),
    ("DEFAULT", "transport_url", f"rabbit://openstack:a@c1:5672,openstack:b#{SECRET}@c2:5672/"),
    ("DEFAULT", "anything", f"redis://:{SECRET}@10.0.0.1:6379"),
    ("neutron", "metadata_proxy_shared_secret", SECRET),
    ("DEFAULT", "auth_encryption_key", SECRET),
    ("DEFAULT", "admin_token", SECRET),
    ("health_manager", "heartbeat_key", SECRET),
    ("cache", "memcache_secret_key", SECRET),
    ("", "default_pass", SECRET),
    ("", "ssl_options.password", SECRET),
    ("mysqld", "wsrep_sst_auth", f"sst:{SECRET}"),
    ("listen stats", "stats auth", f"admin:{SECRET}"),
    ("userlist u", "user admin", f"insecure-password {SECRET}"),
    ("swift-hash", "swift_hash_path_suffix", SECRET),
    ("filter:tempauth", "user_admin_admin", f"{SECRET} .admin"),
    ("client.nova", "key", SECRET),
    ("simple_crypto_plugin", "kek", f"'{SECRET}'"),
    ("p11_crypto_plugin", "login", SECRET),
    ("", "dn_lookup_bind", f'{{"cn=haystack", "{SECRET}"'),
    ("DEFAULT", "password", f"/etc/{SECRET}"[5:]),
    ("DEFAULT", "san_password", f"{SECRET} with blanks"),
]  # fmt: skip
# Shown as they are.
HARMLESS = [
    ("keystone_authtoken", "user_domain_name", "Default"),
    ("token", "expiration", "3600"),
    ("token", "provider", "fernet"),
    ("api", "auth_strategy", "keystone"),
    ("keystone_authtoken", "auth_type", "password"),
    ("ssl", "key_file", "/etc/ssl/private/x.key"),
    ("ssl", "key", "/etc/ssl/private/x.key"),
    ("libvirt", "inject_password", "False"),
    ("libvirt", "rbd_secret_uuid", "514c9fca-8cbe-11e2-9c52-3bc8c7819472"),
    ("glance", "api_servers", "https://10.0.0.125:9292"),
    ("database", "connection", "sqlite:////var/lib/x.sqlite"),
    ("DEFAULT", "transport_url", "*********"),
    ("keystone_authtoken", "password", "*********"),
    ("DEFAULT", "my_ip", "10.0.0.1"),
    ("DEFAULT", "contact", "mail to admin@example.org"),
]


@pytest.mark.parametrize(("section", "option", "value"), SECRETS)
def test_secrets_are_never_shown(section: str, option: str, value: str) -> None:
    text = shown(section, option, value)
    assert SECRET not in text
    assert text == shown(section, option, value)
    assert text != shown(section, option, value.replace(SECRET, "another"))


@pytest.mark.parametrize(("section", "option", "value"), HARMLESS)
def test_what_is_no_secret_is_shown(section: str, option: str, value: str) -> None:
    assert shown(section, option, value) == value


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=20))
def test_no_password_in_a_url_is_shown(password: str) -> None:
    value = f"rabbit://openstack:{password}@c1:5672,openstack:{password}@c2:5672/vhost"
    assert password not in shown("DEFAULT", "transport_url", value) or set(password) == {"*"}


@pytest.mark.parametrize("part", ["a", "a://", "a://u@", "u@h,", "[", "a:b@", " a", "password="])
def test_no_value_takes_long_to_show(part: str) -> None:
    began = time.process_time()
    shown("DEFAULT", "option", part * ((1 << 20) // len(part)))
    assert time.process_time() - began < 5  # far less; what is quadratic takes minutes


@pytest.mark.parametrize(
    "text",
    [
        f'[{{rabbit, [{{default_user, <<"u">>}}, {{default_pass, <<"{SECRET}">>}}]}}].',
        f'{{default_pass,\n  <<"{SECRET}">>}}',
        f'{{default_pass,\n\n  [\n <<"{SECRET}">>}}',
    ],
)
def test_a_password_among_terms_is_known_for_one(text: str) -> None:
    (document,) = documents([config("c1", "/etc/rabbitmq/rabbitmq.config", text)])
    rows = settings([document])
    assert "default_pass" in {row.option for row in rows}
    assert SECRET not in str(rows)


# (section, option, value, what a sentence says of it)
QUOTED = [
    ("DEFAULT", "k", "60", "60"),
    ("DEFAULT", "k", "one\ntwo", "one two"),
    ("DEFAULT", "k", "x" * 1000, "x" * 120 + "…"),
    ("DEFAULT", "password", SECRET, "***"),
    ("DEFAULT", "transport_url", f"rabbit://u:a@b#{SECRET}@h", "***"),
]


@pytest.mark.parametrize(("section", "option", "value", "expected"), QUOTED)
def test_what_a_citation_quotes(section: str, option: str, value: str, expected: str) -> None:
    assert quoted(section, option, value) == expected


def test_a_file_of_nonsense_has_few_complaints() -> None:
    (document,) = documents([config("c1", "/etc/nova/nova.conf", "nonsense\n" * 1000)])
    assert len(document.problems) == 11
    assert document.problems[-1] == "/etc/nova/nova.conf: 990 more lines like these"


def test_thousands_of_names_of_one_node_are_not_all_looked_for() -> None:
    names = "".join(f"[s{i}]\nhost = name{i}\n" for i in range(20_000))
    began = time.process_time()
    compared(names, names.replace("name", "other"))
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("most", "value", "words"), [("_MOST_FILES", 2, "2 files"), ("_MOST_BYTES_IN_ALL", 1, "0 MiB")]
)
def test_a_tree_gives_so_much_configuration_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: str, value: int, words: str
) -> None:
    monkeypatch.setattr(f"haystack.search.etc.{most}", value)
    for number in range(4):
        write(tmp_path / f"t/c1/etc/nova/{number}.conf", ["[a]", "k = 1"])
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        tar.add(tmp_path / "t", "t")
    for root in ("t", "t.tar"):
        configs = read_configs(discover([tmp_path / root], SERVICES), SERVICES)
        assert len(configs.files) == value
        assert [words in trouble.reason for trouble in configs.troubles] == [True]
