"""From paths to log files: node, service and path on the node in every layout, and what is not read."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from haystack.errors import SourceError
from haystack.search.discover import Found, discover
from haystack.services import file_stem
from tests.making import NEEDLE, SERVICES, oslo, write

LINE = [oslo(0, "x", NEEDLE)]

ID = "0123456789abcdef" * 4
SOS = "sosreport-ctl1-0123456-2026-03-11-abcdefg"

# (file below the directory, root below it, node, path on the node, service)
LAYOUTS = [
    # a fetched tree
    ("c1/var/log/nova/nova-api.log", "", "c1", "/var/log/nova/nova-api.log", "nova-api"),
    ("c1/var/log/syslog", "", "c1", "/var/log/syslog", "syslog"),
    ("site/c1/var/log/nova/nova-api.log", "", "c1", "/var/log/nova/nova-api.log", "nova-api"),
    # one node's directory, its /var/log, one service's directory, one file
    ("c1/var/log/nova/nova-api.log", "c1", "c1", "/var/log/nova/nova-api.log", "nova-api"),
    ("c1/var/log/nova/nova-api.log", "c1/var/log", "c1", "/var/log/nova/nova-api.log", "nova-api"),
    ("c1/var/log/nova/nova-api.log", "c1/var/log/nova", "c1", "/var/log/nova/nova-api.log", "nova-api"),
    ("c1/var/log/nova/nova-api.log", "c1/var/log/nova/nova-api.log", "c1", "/var/log/nova/nova-api.log", "nova-api"),
    # without var/log: the first directory that is no service's is the node
    ("c1/nova/nova-api.log", "", "c1", "/nova/nova-api.log", "nova-api"),
    ("c1/nova-api.log", "", "c1", "/nova-api.log", "nova-api"),
    ("nova/nova-api.log", "", "", "/nova/nova-api.log", "nova-api"),
    ("logs/nova-api.log", "", "", "/logs/nova-api.log", "nova-api"),
    # a flat directory, a single file
    ("nova-api.log", "", "", "/nova-api.log", "nova-api"),
    ("nova-api.log", "nova-api.log", "", "/nova-api.log", "nova-api"),
    ("whatever.txt", "whatever.txt", "", "/whatever.txt", ""),
    # kolla
    ("c1/var/log/kolla/nova/nova-conductor.log", "", "c1", "/var/log/kolla/nova/nova-conductor.log", "nova-conductor"),
    ("c1/var/log/kolla/keystone/keystone-apache-public-error.log", "", "c1", "/var/log/kolla/keystone/keystone-apache-public-error.log", "keystone"),
    ("c1/var/log/kolla/rabbitmq/rabbit@c1.log", "", "c1", "/var/log/kolla/rabbitmq/rabbit@c1.log", "rabbitmq"),
    ("c1/var/log/kolla/mariadb/mariadb.log", "", "c1", "/var/log/kolla/mariadb/mariadb.log", "mariadb"),
    ("c1/var/log/kolla/openvswitch/ovs-vswitchd.log", "", "c1", "/var/log/kolla/openvswitch/ovs-vswitchd.log", "ovs-vswitchd"),
    # RDO: the directory completes the name
    ("c1/var/log/nova/api.log", "", "c1", "/var/log/nova/api.log", "nova-api"),
    ("c1/var/log/neutron/server.log", "", "c1", "/var/log/neutron/server.log", "neutron-server"),
    ("c1/var/log/cinder/volume.log", "", "c1", "/var/log/cinder/volume.log", "cinder-volume"),
    ("c1/var/log/glance/api.log", "", "c1", "/var/log/glance/api.log", "glance-api"),
    ("c1/var/log/neutron/openvswitch-agent.log", "", "c1", "/var/log/neutron/openvswitch-agent.log", "neutron-openvswitch-agent"),
    # rotated and compressed
    ("c1/var/log/nova/nova-api.log.1", "", "c1", "/var/log/nova/nova-api.log.1", "nova-api"),
    ("c1/var/log/nova/nova-api.log.12.gz", "", "c1", "/var/log/nova/nova-api.log.12.gz", "nova-api"),
    ("c1/var/log/nova/nova-api.log-20260311.xz", "", "c1", "/var/log/nova/nova-api.log-20260311.xz", "nova-api"),
    ("c1/var/log/cinder/volume.log.2.bz2", "", "c1", "/var/log/cinder/volume.log.2.bz2", "cinder-volume"),
    # kolla's volume where /var/log/kolla was not fetched
    ("c1/var/lib/docker/volumes/kolla_logs/_data/nova/nova-api.log", "", "c1", "/var/lib/docker/volumes/kolla_logs/_data/nova/nova-api.log", "nova-api"),
    ("c1/var/lib/containers/storage/volumes/kolla_logs/_data/glance/glance-api-uwsgi.log", "", "c1", "/var/lib/containers/storage/volumes/kolla_logs/_data/glance/glance-api-uwsgi.log", "glance-api"),
    # openstack-ansible
    ("c1/openstack/log/infra1_nova_api_container-3a7f12cd/nova-api-os-compute.log", "", "c1", "/openstack/log/infra1_nova_api_container-3a7f12cd/nova-api-os-compute.log", "nova-api"),
    ("c1/openstack/log/infra1_galera_container-3a7f12cd/galera_server_error.log", "", "c1", "/openstack/log/infra1_galera_container-3a7f12cd/galera_server_error.log", "mariadb"),
    ("infra1_cinder_api_container-3a7f12cd/var/log/cinder/cinder-api.log", "", "infra1", "/var/log/cinder/cinder-api.log", "cinder-api"),
    # TripleO
    ("c1/var/log/containers/nova/nova-compute.log", "", "c1", "/var/log/containers/nova/nova-compute.log", "nova-compute"),
    ("c1/var/log/containers/neutron/server.log", "", "c1", "/var/log/containers/neutron/server.log", "neutron-server"),
    ("c1/var/log/containers/httpd/nova-api/nova_api_wsgi_access.log", "", "c1", "/var/log/containers/httpd/nova-api/nova_api_wsgi_access.log", "nova-api"),
    ("c1/var/log/containers/httpd/heat-api-cfn/error_log", "", "c1", "/var/log/containers/httpd/heat-api-cfn/error_log", "heat-api"),
    ("c1/var/log/containers/stdouts/nova_compute.log", "", "c1", "/var/log/containers/stdouts/nova_compute.log", "nova-compute"),
    ("c1/var/log/pacemaker/bundles/galera-bundle-0/pacemaker.log", "", "c1", "/var/log/pacemaker/bundles/galera-bundle-0/pacemaker.log", "pacemaker"),
    # charms
    ("juju-1-lxd-5/var/log/apache2/nova-api-os-compute_error.log", "", "juju-1-lxd-5", "/var/log/apache2/nova-api-os-compute_error.log", "nova-api"),
    ("c1/var/log/apache2/error.log", "", "c1", "/var/log/apache2/error.log", "apache"),
    ("c1/var/log/juju/unit-nova-compute-0.log", "", "c1", "/var/log/juju/unit-nova-compute-0.log", "juju"),
    # devstack
    ("controller/logs/screen-n-cpu.txt.gz", "", "controller", "/logs/screen-n-cpu.txt.gz", "nova-compute"),
    ("logs/controller/logs/devstack@q-svc.service.log", "", "controller", "/logs/devstack@q-svc.service.log", "neutron-server"),
    ("devstack@n-cond-cell1.service.log", "", "", "/devstack@n-cond-cell1.service.log", "nova-conductor"),
    # openstack-helm, kubernetes
    (f"w1/var/log/containers/nova-compute-default-x7k2p_openstack_nova-compute-{ID}.log", "", "w1", f"/var/log/containers/nova-compute-default-x7k2p_openstack_nova-compute-{ID}.log", "nova-compute"),
    (f"w1/var/log/containers/nova-api-osapi-6d5f7c9b8-x2zkq_openstack_nova-osapi-{ID}.log", "", "w1", f"/var/log/containers/nova-api-osapi-6d5f7c9b8-x2zkq_openstack_nova-osapi-{ID}.log", "nova-api"),
    (f"w1/var/log/containers/mariadb-server-0_openstack_init-{ID}.log", "", "w1", f"/var/log/containers/mariadb-server-0_openstack_init-{ID}.log", ""),
    ("w1/var/log/pods/openstack_nova-conductor-7c9d8_9f0e/nova-conductor/0.log", "", "w1", "/var/log/pods/openstack_nova-conductor-7c9d8_9f0e/nova-conductor/0.log", "nova-conductor"),
    ("mg/quay-io/namespaces/openstack/pods/neutron-6d5f7c9b8-x2zkq/neutron-api/neutron-api/logs/previous.log", "", "neutron-6d5f7c9b8-x2zkq", "/mg/quay-io/namespaces/openstack/pods/neutron-6d5f7c9b8-x2zkq/neutron-api/neutron-api/logs/previous.log", "neutron-server"),
    # sos
    (f"{SOS}/var/log/nova/nova-api.log", "", "ctl1", "/var/log/nova/nova-api.log", "nova-api"),
    (f"{SOS}/sos_commands/logs/journalctl_--no-pager", "", "ctl1", "/sos_commands/logs/journalctl_--no-pager", ""),
    (f"{SOS}/sos_commands/logs/journalctl_--no-pager_--unit_nova-compute", "", "ctl1", "/sos_commands/logs/journalctl_--no-pager_--unit_nova-compute", "nova-compute"),
    (f"{SOS}/sos_commands/kernel/dmesg_-T", "", "ctl1", "/sos_commands/kernel/dmesg_-T", "kernel"),
    (f"{SOS}/sos_commands/podman/podman_logs_-t_nova_compute", "", "ctl1", "/sos_commands/podman/podman_logs_-t_nova_compute", "nova-compute"),
    (f"{SOS}/sos_strings/openstack_nova/var.log.nova.nova-api.log.tailed", "", "ctl1", "/var/log/nova/nova-api.log", "nova-api"),
    (f"{SOS}/sos_strings/logs/var.log.syslog.tailed", "", "ctl1", "/var/log/syslog", "syslog"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["journalctl_--list-boots", "journalctl_--disk-usage"])
def test_what_sos_asks_journalctl_about_itself_is_no_log(tmp_path: Path, name: str) -> None:
    write(tmp_path / f"{SOS}/sos_commands/logs/{name}", ["Archived and active journals take up 8.0M on disk."])
    assert not discover([tmp_path], SERVICES).files


@pytest.mark.parametrize(("path", "root", "node", "on_node", "service"), LAYOUTS)
def test_node_path_and_service(tmp_path: Path, path: str, root: str, node: str, on_node: str, service: str) -> None:
    write(tmp_path / path, LINE)
    (file,) = discover([tmp_path / root], SERVICES).files
    assert (file.node, file.path, file.service) == (node, on_node, service)
    assert file.source == str(tmp_path / path)


def test_relative_roots_give_the_same_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "c1/var/log/nova/nova-api.log", LINE)
    write(tmp_path / "c2/nova-api.log", LINE)
    monkeypatch.chdir(tmp_path)
    assert [(f.node, f.path) for f in discover([Path()], SERVICES).files] == [
        ("c1", "/var/log/nova/nova-api.log"),
        ("c2", "/nova-api.log"),
    ]
    monkeypatch.chdir(tmp_path / "c1")
    assert [f.node for f in discover([Path("var/log")], SERVICES).files] == ["c1"]


STEMS = [
    ("nova-api.log", "nova-api"),
    ("nova-api.log.2.gz", "nova-api"),
    ("nova-api.log-20260311", "nova-api"),
    ("nova-api.log-20260311.gz", "nova-api"),
    ("nova-api.log-20260311-1430", "nova-api"),
    ("nova-api-20260311.log.xz", "nova-api"),
    ("nova-api.1.log", "nova-api"),
    ("nova-api.log.old", "nova-api"),
    ("nova-api.log~", "nova-api"),
    ("syslog.7.gz", "syslog"),
    ("mysqld.err", "mysqld"),
    (".log", ".log"),
    ("1", "1"),
]


@pytest.mark.parametrize(("name", "stem"), STEMS)
def test_stem(name: str, stem: str) -> None:
    assert file_stem(name) == stem


COMPRESSIONS = [
    ("a.log.gz", "gz"),
    ("a.log.xz", "xz"),
    ("a.log.bz2", "bz2"),
    ("a.log.zst", "zst"),
    ("a.log.GZ", "gz"),
    ("a.log", ""),
]


@pytest.mark.parametrize(("name", "compression"), COMPRESSIONS)
def test_compression_by_ending(tmp_path: Path, name: str, compression: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert [f.compression for f in discover([tmp_path], SERVICES).files] == [compression]


def test_rotations_in_the_order_of_time(tmp_path: Path) -> None:
    names = ["nova-api.log.11.gz", "nova-api.log.10.gz", "nova-api.log.2.gz", "nova-api.log.1", "nova-api.log"]
    for name in sorted(names):
        write(tmp_path / name, LINE)
    files = discover([tmp_path], SERVICES).files
    assert [Path(f.path).name for f in files] == names
    assert len({f.series for f in files}) == 1


def test_two_nodes_have_two_series(tmp_path: Path) -> None:
    for node in ("c1", "c2"):
        write(tmp_path / node / "var/log/nova/nova-api.log", LINE)
    assert len({f.series for f in discover([tmp_path], SERVICES).files}) == 2


# --- links and odd things


def names(found: Found) -> tuple[list[str], list[str], list[str]]:
    """Base names of (read, in trouble, skipped)."""
    return (
        sorted(Path(f.source).name for f in found.files),
        sorted(Path(t.path).name for t in found.troubles),
        sorted(Path(t.path).name for t in found.skipped),
    )


def test_a_link_loop_ends(tmp_path: Path) -> None:
    write(tmp_path / "tree/a.log", LINE)
    (tmp_path / "tree/sub").mkdir()
    (tmp_path / "tree/sub/up").symlink_to(tmp_path / "tree")
    (tmp_path / "tree/self").symlink_to("self")
    (tmp_path / "tree/here").symlink_to(".")
    read, troubles, _ = names(discover([tmp_path / "tree"], SERVICES))
    assert read == ["a.log"]
    assert "self" in troubles


def test_a_link_out_of_the_tree_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "outside/secret.log", LINE)
    write(tmp_path / "tree/a.log", LINE)
    (tmp_path / "tree/leak.log").symlink_to(tmp_path / "outside/secret.log")
    (tmp_path / "tree/leak").symlink_to(tmp_path / "outside")
    (tmp_path / "tree-2").mkdir()
    write(tmp_path / "tree-2/b.log", LINE)
    (tmp_path / "tree/near").symlink_to(tmp_path / "tree-2")  # begins like the root and is not below it
    found = discover([tmp_path / "tree"], SERVICES)
    assert names(found)[:2] == (["a.log"], ["leak", "leak.log", "near"])
    assert all("out of the tree" in t.reason for t in found.troubles)


def test_an_absolute_link_of_a_copied_machine(tmp_path: Path) -> None:
    """What it leads to is read in its own place; where that was not copied, it is told."""
    logs = tmp_path / "tree/c1/var/log"
    write(logs / "pods/openstack_nova-0/nova-api/0.log", LINE)
    (logs / "containers").mkdir()
    (logs / "containers/nova-api.log").symlink_to("/var/log/pods/openstack_nova-0/nova-api/0.log")
    (logs / "containers/gone.log").symlink_to("/var/log/pods/gone/0.log")
    (logs / "containers/evil.log").symlink_to("/../../../etc/passwd")
    found = discover([tmp_path / "tree"], SERVICES)
    assert names(found)[:2] == (["0.log"], ["evil.log", "gone.log"])


def test_a_root_that_is_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path / "real/a.log", LINE)
    (tmp_path / "real/b.log").symlink_to("a.log")
    (tmp_path / "link").symlink_to("real")
    assert len(discover([tmp_path / "link"], SERVICES).files) == 1


def test_a_dangling_link_is_a_trouble(tmp_path: Path) -> None:
    write(tmp_path / "a.log", LINE)
    (tmp_path / "gone.log").symlink_to("nowhere.log")
    assert names(discover([tmp_path], SERVICES))[:2] == (["a.log"], ["gone.log"])


def test_one_file_by_two_ways_is_read_once(tmp_path: Path) -> None:
    write(tmp_path / "a.log", LINE)
    os.link(tmp_path / "a.log", tmp_path / "b.log")
    (tmp_path / "c.log").symlink_to("a.log")
    assert len(discover([tmp_path, tmp_path, tmp_path / "a.log"], SERVICES).files) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads any directory")
def test_an_unreadable_directory_is_a_trouble(tmp_path: Path) -> None:
    write(tmp_path / "a.log", LINE)
    (tmp_path / "closed").mkdir(mode=0)
    assert names(discover([tmp_path], SERVICES))[:2] == (["a.log"], ["closed"])


def test_fifo_and_socket_are_skipped_without_being_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.log", LINE)
    os.mkfifo(tmp_path / "pipe.log")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.log")
        found = discover([tmp_path], SERVICES)
    assert names(found) == (["a.log"], [], ["pipe.log", "socket.log"])


def test_a_fifo_named_as_root_is_a_trouble(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.log")
    assert names(discover([tmp_path / "pipe.log"], SERVICES))[:2] == ([], ["pipe.log"])


NO_LOGS = [
    "incident.yaml",
    "run.py",
    "README.md",
    "nova.conf",
    "wtmp",
    "x.journal",
    "core.png",
    "dump.pcap",
    "x.PY",
    "a.tar",
]


@pytest.mark.parametrize("name", NO_LOGS)
def test_no_log_by_its_name_is_skipped_unless_it_is_named(tmp_path: Path, name: str) -> None:
    write(tmp_path / "a.log", LINE)
    (tmp_path / name).write_text(LINE[0])
    assert names(discover([tmp_path], SERVICES)) == (["a.log"], [], [name])
    assert names(discover([tmp_path / name], SERVICES))[0] == [name]


def test_a_root_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere: No such file"):
        discover([tmp_path, tmp_path / "nowhere"], SERVICES)


def test_an_empty_directory_has_no_files(tmp_path: Path) -> None:
    assert discover([tmp_path], SERVICES) == Found((), (), ())


def test_a_directory_with_the_name_of_a_file(tmp_path: Path) -> None:
    write(tmp_path / "x.log.gz/inside.log", LINE)
    assert names(discover([tmp_path], SERVICES))[0] == ["inside.log"]


# --- services by name and logger


LOGGERS = [
    ("nova.compute.manager", "nova-compute"),
    ("nova.api.openstack.wsgi", "nova-api"),
    ("neutron.agent.dhcp.agent", "neutron-dhcp-agent"),
    ("requests.packages.urllib3", ""),
    ("novaclient", ""),
    ("", ""),
]


@pytest.mark.parametrize(("logger", "service"), LOGGERS)
def test_service_of_logger(logger: str, service: str) -> None:
    assert SERVICES.of_logger(logger) == service


MATCHES = [
    ("nova-api", "nova-api", True),
    ("nova", "nova-api", True),
    ("nova-api", "nova", True),
    ("nova-api", "", True),
    ("nova-api", "nova-compute", False),
    ("nova", "novajoin", False),
    ("cinder", "nova-api", False),
]


@pytest.mark.parametrize(("wanted", "actual", "matches"), MATCHES)
def test_services_match(wanted: str, actual: str, matches: bool) -> None:
    assert SERVICES.matches(wanted, actual) is matches
