"""``haystack config`` as a command, and what ``trace`` makes of it. The configuration files are composed here."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path

import jsonschema
import pytest

from tests.e2e.test_cli_robust import CONTROL, run
from tests.making import FIXTURES, write

DOCS = Path(__file__).parents[2] / "docs"
DIFF_SCHEMA = json.loads((DOCS / "config-1.schema.json").read_text())
SETTINGS_SCHEMA = json.loads((DOCS / "settings-1.schema.json").read_text())
TRIAGE_SCHEMA = json.loads((DOCS / "triage-1.schema.json").read_text())
DIAGNOSIS_SCHEMA = json.loads((DOCS / "diagnosis-1.schema.json").read_text())
NOVA = """\
[DEFAULT]
host = {node}
my_ip = 10.0.0.{number}
transport_url = rabbit://openstack:s3cr3t{secret}@ctl1:5672/
rpc_response_timeout = {timeout}
[vnc]
server_proxyclient_address = 10.0.0.{number}
novncproxy_base_url = http://10.0.0.{number}:6080/
"""
TEXT = """\
compute   cmp1, cmp2, cmp3   (guessed from etc: nova-compute; names alike)
  /etc/nova/nova.conf
    [DEFAULT] rpc_response_timeout
      60  cmp1:5, cmp2:5
      20  cmp3:5
    [libvirt] virt_type
      (not set)  cmp1, cmp2
      kvm        cmp3:/etc/nova/nova.conf.d/90-own.conf:2
  /etc/nova/nova-compute.conf   only on cmp1; not on cmp2, cmp3
  2 differences in 8 options; 4 more by nature, names and addresses (--all shows them)

"""


def tree(root: Path) -> Path:
    """Three computes, of which the third differs."""
    for number in (1, 2, 3):
        text = NOVA.format(node=f"cmp{number}", number=number, secret=1, timeout=20 if number == 3 else 60)
        write(root / f"cmp{number}/etc/nova/nova.conf", [text])
    write(root / "cmp3/etc/nova/nova.conf.d/90-own.conf", ["[libvirt]", "virt_type = kvm"])
    write(root / "cmp1/etc/nova/nova-compute.conf", ["[DEFAULT]", "compute_driver = libvirt.LibvirtDriver"])
    return root


def test_drift_as_text(tmp_path: Path) -> None:
    done = run("config", "diff", "--logs", str(tree(tmp_path)))
    assert done.stdout.decode() == TEXT
    assert done.returncode == 0


def test_drift_as_json(tmp_path: Path) -> None:
    done = run("config", "diff", "--logs", str(tree(tmp_path)), "--format", "json")
    document = json.loads(done.stdout)
    jsonschema.validate(document, DIFF_SCHEMA)
    (role,) = document["roles"]
    assert document["drifted"]
    assert (role["role"], role["nodes"]) == ("compute", ["cmp1", "cmp2", "cmp3"])
    natural = {d["option"] for d in role["differences"] if d["by_nature"]}
    assert natural == {"host", "my_ip", "server_proxyclient_address", "novncproxy_base_url"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "drifted": "perhaps"}, DIFF_SCHEMA)


def test_an_archive_is_as_good_as_a_tree(tmp_path: Path) -> None:
    root = tree(tmp_path / "t")
    for node in ("cmp1", "cmp2", "cmp3"):
        with tarfile.open(tmp_path / f"{node}.tar.xz", "w:xz") as tar:
            tar.add(root / node, f"sosreport-{node}-2026-11-22-abcdefg")
    archives = [word for node in ("cmp1", "cmp2", "cmp3") for word in ("--logs", str(tmp_path / f"{node}.tar.xz"))]
    assert run("config", "diff", *archives).stdout.decode() == TEXT


def test_a_secret_that_differs_is_seen_to_differ(tmp_path: Path) -> None:
    root = tree(tmp_path)
    for secret in (2, 1):
        path = root / "cmp1/etc/nova/nova.conf"
        path.write_text(NOVA.format(node="cmp1", number=1, secret=secret, timeout=60))
        for format_ in ("text", "json"):
            done = run("config", "diff", "--all", "--logs", str(root), "--format", format_)
            assert b"s3cr3t" not in done.stdout
            assert (b"transport_url" in done.stdout) == (secret == 2)
        assert b"s3cr3t" not in run("config", "show", "--logs", str(root)).stdout


# (arguments after `config`, exit code, words of the output or of the complaint)
CODES = [
    (["diff"], 0, "rpc_response_timeout"),
    (["diff", "--fail-on-drift"], 1, "rpc_response_timeout"),
    (["diff", "--fail-on-drift", "--node", "cmp1", "--node", "cmp2", "--service", "neutron"], 2, "no such service"),
    (["diff", "--node", "cmp2", "--node", "cmp3"], 0, "asked for with --node"),
    (["diff", "--node", "cmp2"], 2, "two nodes or more"),
    (["diff", "--node", "cmp2", "--node", "cmp9"], 2, 'did you mean "cmp3"?'),
    (["diff", "--role", "compute"], 0, "rpc_response_timeout"),
    (["diff", "--role", "compte"], 2, 'did you mean "compute"?'),
    (["diff", "--service", "nova"], 0, "rpc_response_timeout"),
    (["diff", "--service", "nvoa"], 2, 'did you mean "nova"?'),
    (["diff", "--all"], 0, "differs by nature"),
    (["show", "my_ip"], 0, "10.0.0.3"),
    (["show", "my_ip", "--node", "cmp2"], 0, "10.0.0.2"),
    (["show", "nothing_of_the_kind"], 4, "Not set"),
]


@pytest.mark.parametrize(("args", "code", "words"), CODES, ids=[" ".join(row[0]) for row in CODES])
def test_exit_codes(tmp_path: Path, args: list[str], code: int, words: str) -> None:
    done = run("config", *args, "--logs", str(tree(tmp_path)))
    assert done.returncode == code, done.stderr
    assert words in (done.stdout + done.stderr).decode()


def test_no_configuration_is_exit_4(tmp_path: Path) -> None:
    write(tmp_path / "c1/var/log/nova/nova-api.log", ["a line"])
    for command in ("diff", "show"):
        done = run("config", command, "--logs", str(tmp_path))
        assert (done.returncode, b"No configuration found" in done.stdout) == (4, True)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    root = tree(tmp_path / "t")
    (tmp_path / "outside.conf").write_text("[DEFAULT]\nk = from outside\n")
    (root / "cmp1/etc/nova/link.conf").symlink_to(tmp_path / "outside.conf")
    (root / "cmp2/etc/nova/binary.conf").write_bytes(b"\0\1\2")
    (root / "cmp3/etc/nova/bad.conf").write_text("[DEFAULT]\nnonsense\n")
    done = run("config", "diff", "--logs", str(root))
    text = done.stdout.decode()
    assert done.returncode == 3
    assert "a link that leads out of the tree" in text
    assert "(binary)" in text
    assert "bad.conf:2: neither a section nor an option on cmp3" in text
    assert "from outside" not in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    root = tree(tmp_path)
    (root / "cmp1/etc/nova/nova.conf").chmod(0)
    done = run("config", "diff", "--logs", str(root))
    assert (done.returncode, b"Permission denied" in done.stdout) == (3, True)


def test_a_link_loop_ends(tmp_path: Path) -> None:
    root = tree(tmp_path)
    (root / "cmp1/etc/nova/again").symlink_to(root / "cmp1/etc/nova")
    (root / "cmp1/etc/nova/self.conf").symlink_to("self.conf")
    done = run("config", "diff", "--logs", str(root))
    assert b"rpc_response_timeout" in done.stdout
    assert done.returncode == 3


@pytest.mark.parametrize("command", ["diff", "show"])
@pytest.mark.parametrize("format_", ["text", "json"])
def test_hostile_content_does_not_reach_the_terminal(tmp_path: Path, command: str, format_: str) -> None:
    for number in (1, 2):
        text = f"[\x1b[31mred]\n\x1b]0;title\x07 = \x9b{number}\u202e\x7f\n{'k' * 100_000} = {number}\n"
        write(tmp_path / f"cmp{number}/etc/nova/nova.conf", [text])
    done = run("config", command, "--logs", str(tmp_path), "--format", format_)
    assert done.returncode == 0
    assert not CONTROL.search(done.stdout.decode())


def test_settings_as_json(tmp_path: Path) -> None:
    done = run("config", "show", "virt_type", "--logs", str(tree(tmp_path)), "--format", "json")
    document = json.loads(done.stdout)
    jsonschema.validate(document, SETTINGS_SCHEMA)
    assert document["settings"] == [
        {
            "node": "cmp3",
            "service": "nova",
            "file": "/etc/nova/nova.conf.d/90-own.conf",
            "line": 2,
            "section": "libvirt",
            "option": "virt_type",
            "values": ["kvm"],
        }
    ]


# --- trace

REQUEST = "req-12ed39ef-458f-43ac-8cf7-30732da922c6"
REASON = "agent_down_time is 25 s in /etc/neutron/neutron.conf:2 on controller1: an agent counts as dead earlier"


@pytest.mark.parametrize("packed", [False, True])
def test_trace_cites_the_setting(tmp_path: Path, packed: bool) -> None:
    """The captured cloud had agent_down_time at 25 s; its configuration was not captured."""
    before = json.loads(
        run("trace", REQUEST, "--logs", str(FIXTURES / "portbinding_dead_agent"), "--format", "json").stdout
    )
    root = tmp_path / "logs"
    shutil.copytree(FIXTURES / "portbinding_dead_agent", root)
    write(root / "controller1/etc/neutron/neutron.conf", ["[DEFAULT]", "agent_down_time = 25"])
    if packed:
        with tarfile.open(tmp_path / "logs.tar", "w") as tar:
            tar.add(root, "logs")
        root = tmp_path / "logs.tar"
    document = json.loads(run("trace", REQUEST, "--logs", str(root), "--format", "json").stdout)
    jsonschema.validate(document, DIAGNOSIS_SCHEMA)
    first = document["candidates"][0]
    assert first["pattern"] == before["candidates"][0]["pattern"] == "neutron-refusing-bind-dead-agent"
    assert any(reason.startswith(REASON) for reason in first["reasons"])
    assert first["settings"][0]["places"] == [{"node": "controller1", "file": "/etc/neutron/neutron.conf", "line": 2}]
    assert first["confidence"] > before["candidates"][0]["confidence"]
    assert before["candidates"][0]["settings"] == []


def test_triage_cites_the_setting_of_a_sure_cause(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    shutil.copytree(FIXTURES / "portbinding_dead_agent", root)
    before = json.loads(run("triage", "--logs", str(root), "--format", "json").stdout)
    write(root / "controller1/etc/neutron/neutron.conf", ["[DEFAULT]", "agent_down_time = 25"])
    write(root / "controller1/etc/neutron/link.conf", ["[DEFAULT]", "\0"])
    after = json.loads(run("triage", "--logs", str(root), "--format", "json").stdout)
    jsonschema.validate(after, TRIAGE_SCHEMA)
    assert any("link.conf (binary): not asked for settings" in note for note in after["coverage"]["notes"])
    sure = [candidate for candidate in after["candidates"] if candidate["confidence"] >= 0.5]
    assert any(reason.startswith(REASON) for candidate in sure for reason in candidate["reasons"])
    # A setting changes neither what the causes are nor their order.
    assert [c["pattern"] for c in after["candidates"]] == [c["pattern"] for c in before["candidates"]]
    assert not any(c["settings"] for c in before["candidates"])
    assert not any(c["settings"] for c in after["candidates"] if c["confidence"] < 0.5)
