"""What machines tell of themselves and of their configuration, asked of real sshd."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from haystack.errors import NodeError
from haystack.facts import facts_of
from haystack.nodes.etc import configuration
from haystack.nodes.facts import gather
from haystack.nodes.facts_told import facts_told
from haystack.nodes.ssh import Connection, Connections
from haystack.nodes.zone import ZONE_SCRIPT, zone_of
from haystack.search.facts import clock
from tests.sshd import needs_sshd, serve

pytestmark = needs_sshd
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "facts-1.schema.json").read_text())

# What programs of a node print; the node's PATH has these before the machine's own.
PROGRAMS = {
    "df": (
        'case $* in *-i*|*Ti*) echo "Filesystem Type Inodes IUsed IFree IUse% Mounted on";'
        ' echo "/dev/sda1 ext4 100 99 1 99% /"; echo "/dev/sdb1 btrfs 0 0 0 - /srv/my data";;'
        ' *) echo "Filesystem Type 1024-blocks Used Available Capacity Mounted on";'
        ' echo "/dev/sda1 ext4 1000 960 40 96% /"; echo "/dev/sdb1 btrfs 2000 20 1980 1% /srv/my data";'
        ' echo "/dev/sda1 ext4 1000 960 40 96% /again";; esac'
    ),
    "systemctl": (
        'echo "nova-compute.service loaded failed failed OpenStack Compute";'
        ' echo "neutron-openvswitch-agent.service loaded active running agent";'
        ' echo "cups.service loaded failed failed x";'
        ' echo "mariadb.service not-found inactive dead mariadb.service"'
    ),
    "timedatectl": "echo yes",
    "chronyc": 'echo "Leap status     : Not synchronised"',
    "ss": (
        "echo 'LISTEN 0 128 10.0.0.1:8774 0.0.0.0:* users:((\"nova-api\",pid=1,fd=3))';"
        " echo 'LISTEN 0 128 [::]:22 [::]:* users:((\"sshd\",pid=2,fd=3))'; echo 'nonsense'"
    ),
    "nproc": "echo 16",
    "docker": 'echo "nova_api Up 3 days"; echo "nova_compute Exited (1) 2 hours ago"',
    "dpkg-query": 'echo "ii  nova-compute 3:27.1.0"; echo "ii  vim 9.0"; echo "rc  nova-api 1.0"',
}


def with_programs(place: Path, programs: dict[str, str]) -> list[str]:
    tools = place / "bin"
    tools.mkdir()
    for name, body in programs.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    return [f"SetEnv PATH={tools}:/usr/sbin:/usr/bin:/sbin:/bin"]


def test_facts_are_as_the_schema_says(tmp_path: Path) -> None:
    with (
        serve(tmp_path, "n1", with_programs(tmp_path, PROGRAMS), containers="docker") as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
    ):
        facts = gather(connection)
    jsonschema.validate(facts, SCHEMA)
    assert facts["filesystems"] == [
        {"mount": "/", "device": "/dev/sda1", "type": "ext4", "size_bytes": 1024000, "used_percent": 96.0,
         "inodes_percent": 99.0},
        {"mount": "/srv/my data", "device": "/dev/sdb1", "type": "btrfs", "size_bytes": 2048000, "used_percent": 1.0},
    ]  # fmt: skip
    assert facts["failed_units"] == ["nova-compute.service", "cups.service"]
    assert facts["services"] == {
        "nova-compute.service": "failed (failed)",
        "neutron-openvswitch-agent.service": "active (running)",
    }
    assert facts["time"] == {"synchronised": False, "source": "chrony"}
    assert facts["listening"] == [
        {"protocol": "tcp", "address": "10.0.0.1", "port": 8774, "process": "nova-api"},
        {"protocol": "tcp", "address": "::", "port": 22, "process": "sshd"},
    ]
    assert facts["cpus"] == 16
    assert facts["containers"] == {"nova_api": "Up 3 days", "nova_compute": "Exited (1) 2 hours ago"}
    assert facts["packages"] == {"nova-compute": "3:27.1.0"}
    assert "problems" not in facts
    told, problem = clock({"facts.json": json.dumps(facts).encode()})
    assert told is not None
    assert told.measured
    assert not problem


def test_nonsense_is_left_out_and_noted(tmp_path: Path) -> None:
    programs = dict.fromkeys(PROGRAMS, "printf 'LISTEN a b c d e\\033[31m %% 99999999999999999999 /x\\n'; exit 1")
    with (
        serve(tmp_path, "n1", with_programs(tmp_path, programs)) as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
    ):
        facts = gather(connection)
    jsonschema.validate(facts, SCHEMA)
    assert "cpus" not in facts
    assert facts["problems"] == [f"{name}: not understood" for name in ("cpus", "units", "listening")]
    assert facts["kernel"]  # what is told in order is kept
    assert json.dumps(facts, ensure_ascii=False).isprintable()


def test_a_program_without_end_costs_its_section_only(tmp_path: Path) -> None:
    programs = {**PROGRAMS, "nproc": "yes", "ss": "yes 'LISTEN 0 128 [::]:22 [::]:*'"}
    with (
        serve(tmp_path, "n1", with_programs(tmp_path, programs)) as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
    ):
        facts = gather(connection)
    assert facts["problems"] == ["cpus: not understood"]
    assert facts["listening"] == [{"protocol": "tcp", "address": "::", "port": 22}]
    assert facts["packages"] == {"nova-compute": "3:27.1.0"}


def test_a_node_that_does_not_come_to_the_end_is_garbage(tmp_path: Path) -> None:
    with (
        serve(tmp_path, "n1", with_programs(tmp_path, {"nice": "echo; echo '@@haystack cpus'; echo 4"})) as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
        pytest.raises(NodeError) as error,
    ):
        gather(connection)
    assert error.value.reason == "garbage"


SECTIONS = (
    "uptime kernel os hostname zone disks inodes memory load cpus oom units packages listening time tracking containers"
)
WORDS = st.sampled_from(
    "/ /var ext4 12% -5% ²% 99999999999999999999% nan inf 1e999 -1 １６ 1_6 MemTotal: MemTotal: LISTEN [::]:22 :99999"
    " a.service loaded failed yes +0200 Europe/Berlin \x1b[31m \u2028 \x85 - Leap".split(" ")
)
ANSWERS = st.one_of(
    st.text(max_size=60), st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=4).map("\n".join)
)


@given(st.fixed_dictionaries(dict.fromkeys(SECTIONS.split(), ANSWERS)))
def test_whatever_is_told_is_a_document(sections: dict[str, str]) -> None:
    told = facts_told(sections)
    jsonschema.validate(told, SCHEMA)
    text = json.dumps(told, allow_nan=False, ensure_ascii=False)
    assert text.isprintable()
    facts_of({"facts.json": text.encode("utf-8", "replace")})


@pytest.mark.parametrize(
    ("link", "timezone", "zone"),
    [
        ("/usr/share/zoneinfo/Europe/Berlin", "", "Europe/Berlin"),
        ("", "Asia/Kolkata", "Asia/Kolkata"),
        # the clock goes by the link: what /etc/timezone says was left behind
        ("/usr/share/zoneinfo/Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo"),
        ("", "Mars/Olympus; reboot", "+05:45"),
        ("", "", "+05:45"),
    ],
)
def test_the_zone_is_what_date_goes_by(tmp_path: Path, link: str, timezone: str, zone: str) -> None:
    real = link.removeprefix("/usr/share/zoneinfo/") or (timezone if timezone == "Asia/Kolkata" else "Asia/Kathmandu")
    programs = {
        "readlink": f"echo '{link}'",
        "head": f"echo '{timezone}'",
        "date": f'TZ=${{TZ:-{real}}} exec /bin/date "$@"',
    }
    path = with_programs(tmp_path, programs)[0].removeprefix("SetEnv ")
    said = subprocess.run(["env", path, "sh", "-c", ZONE_SCRIPT], capture_output=True, text=True, check=True).stdout
    assert zone_of(said) == zone


def test_configuration_is_masked_and_only_what_was_asked_for(tmp_path: Path) -> None:
    """A hostile node lists names that lead away, and sends more than was asked for."""
    nova = "[keystone_authtoken]\npassword = s3cr3t\n[DEFAULT]\ndebug = true\n"
    (tmp_path / "nova.conf").write_text(nova)
    lists = (
        "/etc/nova/nova.conf", "/etc/nova/../shadow.conf", "/etc/ssl/private/a.conf", "/etc/nova/\\033[31m.conf",
        "/etc/keystone/fernet-keys/0.conf", "/etc/nova/..", "etc/relative.conf",
    )  # fmt: skip
    programs = {
        "find": "printf '" + "".join(f"{path}\\0" for path in lists) + "'",
        "nice": f"cat >/dev/null; echo '@/etc/shadow'; echo ' root:x'; echo '@../../up.conf'; echo ' y';"
        f" echo '@/etc/nova/nova.conf'; sed 's/^/ /' {tmp_path}/nova.conf; echo;"
        " echo '@/etc/nova/nova.conf'; echo ' twice'; echo @end; echo ' behind it'",
    }
    asked: list[str] = []
    with (
        serve(tmp_path, "n1", with_programs(tmp_path, programs)) as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
    ):
        found = dict(configuration(connection, lambda path: asked.append(path) or True))  # type: ignore[func-returns-value]
    assert asked == ["/etc/nova/nova.conf"]
    assert list(found) == ["/etc/nova/nova.conf"]
    assert b"s3cr3t" not in found["/etc/nova/nova.conf"]
    assert found["/etc/nova/nova.conf"].count(b"\n") == nova.count("\n")
    assert b"debug = true" in found["/etc/nova/nova.conf"]


CONTENTS = {
    "plain.conf": b"[a]\nb = 1\n", "no end.conf": b"[a]\nb = 1", "empty.conf": b"", "blank.conf": b"\n\n",
    "crlf.conf": b"a = 1\r\n@end\r\n@x\n", "latin.conf": b"a = \xe9\xff\n", "@end.conf": b" a\n",
    "-n 'q' $(x).conf": b"\\n%s\n",
}  # fmt: skip


def test_files_come_byte_for_byte(tmp_path: Path) -> None:
    place = tmp_path / "etc"
    place.mkdir()
    for name, data in CONTENTS.items():
        (place / name).write_bytes(data)
    (place / "binary.conf").write_bytes(b"a\0b\n")
    (place / "link.conf").symlink_to("/etc/passwd")
    (place / "far.conf").write_bytes(b"x = 1\n" * (2 << 20))
    listed = "".join(f"{place}/{name}\n" for name in (*CONTENTS, "binary.conf", "link.conf", "away.conf"))
    (tmp_path / "listed").write_text(listed)
    programs = {"find": f"tr '\\n' '\\0' <{tmp_path}/listed"}
    with (
        serve(tmp_path, "n1", with_programs(tmp_path, programs)) as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
    ):
        found = dict(configuration(connection, lambda _: True))
    assert found == {f"{place}/{name}": data for name, data in CONTENTS.items()}


def test_of_too_much_configuration_what_came_whole_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("haystack.nodes.etc._MOST_BYTES", 1 << 20)
    data = (b"x = " + b"1" * 95 + b"\n") * 700
    for number in range(10, 30):
        (tmp_path / f"{number}.conf").write_bytes(data)
    programs = {"find": f"/usr/bin/find {tmp_path} -name '[12]?.conf' -print0"}
    found: dict[str, bytes] = {}

    def bring(connection: Connection) -> None:
        for path, text in configuration(connection, lambda _: True):
            found[path] = text

    with (
        serve(tmp_path, "n1", with_programs(tmp_path, programs)) as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
        pytest.raises(NodeError) as error,
    ):
        bring(connection)
    assert error.value.says == "it has more than 1 MiB of configuration"
    assert sorted(found) == [f"{tmp_path}/{number}.conf" for number in range(10, 10 + len(found))]
    assert 10 < len(found) < 20
    assert set(found.values()) == {data}


def test_real_find(tmp_path: Path) -> None:
    with (
        serve(tmp_path, "n1") as server,
        Connections(server.options) as connections,
        connections.to(server.node) as connection,
    ):
        found = dict(configuration(connection, lambda path: path == "/etc/ld.so.conf"))
    assert found == {"/etc/ld.so.conf": Path("/etc/ld.so.conf").read_bytes()}
