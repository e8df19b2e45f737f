"""``haystack health`` as a command, on captured logs: what is red, exit codes, the JSON document, hostile logs."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest

import haystack
from haystack.insight.health import CHECKS
from haystack.report import health_report
from tests.e2e.test_cli_robust import CONTROL, hostile_tree, run
from tests.making import FIXTURES, INCIDENTS, oslo, write

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "health-1.schema.json").read_text())
GOLDEN = Path(__file__).parents[1] / "golden"

# fixture: checks that are red or amber, and of what; all others are green or without data
STATES: dict[str, dict[str, dict[str, set[str]]]] = {
    "compute_disk_full": {"red": {"disk": {"compute1"}}},
    "glance_file_missing__skew": {},
    "healthy_boot": {},
    "healthy_parallel": {},
    "libvirtd_down": {"red": {"hypervisors": {"compute2"}}},
    "neutron_down": {
        "red": {"services-stopped": {"neutron-server"}, "state-reports": {"neutron-dhcp-agent"}},
        "amber": {"rpc": {"neutron-dhcp-agent"}, "api-errors": {"nova-api"}},
    },
    "novalidhost_image_props__json": {},
    "portbinding_dead_agent": {"red": {"neutron-agents": {"Open vSwitch agent on compute2"}}},
    "rabbit_down": {
        "red": {
            "rabbitmq-node": {"controller1"},
            "rabbitmq-connection": {"controller1:5672"},
            "neutron-agents": {
                *(f"{kind} agent on network1" for kind in ("DHCP", "L3", "Metadata", "Open vSwitch")),
                *(f"Open vSwitch agent on compute{number}" for number in (1, 2, 3)),
            },
        },
        "amber": {"haproxy-servers": {"nova_api_back"}},
    },
    "rotated_logs": {},
}


def health(*args: str) -> CompletedProcess[bytes]:
    return run("health", *args)


def document(*args: str) -> dict[str, Any]:
    done = health("--format", "json", *args)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("root", INCIDENTS, ids=[root.name for root in INCIDENTS])
def test_the_state_of_captured_clouds(root: Path) -> None:
    told = document("--logs", str(root))
    jsonschema.validate(told, SCHEMA)
    assert [check["check"] for check in told["checks"]] == list(CHECKS)
    found: dict[str, dict[str, set[str]]] = {}
    for check in told["checks"]:
        for row in check["rows"]:
            if row["state"] in ("red", "amber"):
                subject = row["subject"] or row["nodes"][0]
                found.setdefault(row["state"], {}).setdefault(check["check"], set()).add(subject)
    assert found == STATES[root.name]


def test_evidence_is_a_line_of_the_file_it_names() -> None:
    told = document("--logs", str(FIXTURES / "rabbit_down"))
    seen = 0
    for check in told["checks"]:
        for row in check["rows"]:
            if row["state"] in ("red", "amber"):
                evidence = row["evidence"]
                lines = (FIXTURES / "rabbit_down" / evidence["node"] / evidence["file"][1:]).read_text().split("\n")
                assert evidence["text"] in lines[evidence["line"] - 1]
                seen += 1
    assert seen == 10


def test_counts_are_those_of_grep() -> None:
    told = document("--logs", str(FIXTURES / "rabbit_down"), "--check", "rabbitmq-connection")
    (row,) = told["checks"][0]["rows"]
    logs = [path.read_text() for path in (FIXTURES / "rabbit_down").rglob("*.log")]
    lines = [line for log in logs for line in log.split("\n") if "AMQP server on controller1:5672 is unreach" in line]
    assert row["count"] == len(lines)
    assert len(lines) > 2000


def test_a_broker_that_was_told_to_stop_once_counts_once() -> None:
    """It closed 120 connections for that, and each of those lines says why."""
    told = document("--logs", str(FIXTURES / "rabbit_down"), "--check", "rabbitmq-node")
    (row,) = told["checks"][0]["rows"]
    assert (row["says"], row["count"]) == ("RabbitMQ was told to stop", 1)


# (arguments, exit code)
CODES = [
    (["--logs", "rabbit_down"], 0),
    (["--logs", "rabbit_down", "--fail-on", "red"], 1),
    (["--logs", "rabbit_down", "--fail-on", "amber"], 1),
    (["--logs", "rabbit_down", "--fail-on", "red", "--check", "haproxy-servers"], 0),
    (["--logs", "rabbit_down", "--fail-on", "amber", "--check", "haproxy-servers"], 1),
    (["--logs", "rabbit_down", "--fail-on", "red", "--until", "2026-11-22T06:32:31"], 0),
    (["--logs", "healthy_boot", "--fail-on", "amber"], 0),
    (["--logs", "healthy_boot", "--check", "rabitmq-node"], 2),
    (["--logs", "healthy_boot", "--fail-on", "green"], 2),
    (["--logs", "nowhere"], 2),
]


@pytest.mark.parametrize(("args", "code"), CODES, ids=[" ".join(row[0]) for row in CODES])
def test_exit_codes(args: list[str], code: int) -> None:
    done = health(*(str(FIXTURES / arg) if args[i - 1] == "--logs" else arg for i, arg in enumerate(args)))
    assert done.returncode == code, done.stderr


def test_an_unknown_check_is_told_with_the_one_meant() -> None:
    done = health("--logs", str(FIXTURES / "healthy_boot"), "--check", "rabitmq-node")
    assert b'did you mean "rabbitmq-node"' in done.stderr


def test_a_file_is_written_and_standard_input_is_read(tmp_path: Path) -> None:
    target = tmp_path / "health.json"
    text = oslo(0, "AMQP server on ctl1:5672 is unreachable: [Errno 111] ECONNREFUSED.", logger="nova.compute.manager")
    done = run("health", "--logs", "-", "--format", "json", "-o", str(target), stdin=text.encode() + b"\n")
    assert (done.returncode, done.stdout) == (0, b"")
    told = json.loads(target.read_text())
    assert (told["state"], told["query"]["logs"]) == ("red", ["-"])


@pytest.mark.parametrize("width", [60, 100, 160])
def test_text(width: int, request: pytest.FixtureRequest) -> None:
    found = haystack.health([FIXTURES / "rabbit_down"], jobs=1)._replace(logs=("fixtures/rabbit_down",))
    answer = health_report.plain(found, width)
    path = GOLDEN / f"health_rabbit_down.{width}.txt"
    if request.config.getoption("--regold"):
        path.write_text(answer)
    assert answer == path.read_text()
    assert max(map(len, answer.splitlines())) <= width


def test_all_shows_what_is_green_in_full() -> None:
    few = health("--logs", str(FIXTURES / "healthy_boot")).stdout.decode()
    full = health("--logs", str(FIXTURES / "healthy_boot"), "--all").stdout.decode()
    assert all(check.title in full for check in CHECKS.values())
    assert len(full.splitlines()) > len(CHECKS) > len(few.splitlines())
    assert "no log and no facts of it" in full


def test_schema_refuses_something() -> None:
    told = document("--logs", str(FIXTURES / "healthy_boot"))
    for wrong in ({"state": "blue"}, {"checks": [{}]}, {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**told, **wrong}, SCHEMA)


def test_hostile_logs_and_facts_harm_no_terminal(tmp_path: Path) -> None:
    tree = hostile_tree(tmp_path)
    evil = "\x1b[31mctl\u202e1"
    lines = [
        oslo(
            0, f"AMQP server on {evil}:5672 is unreachable: rabbit://nova:s3cret@{evil} x. Trying again", level="ERROR"
        )
    ]
    write(tree / "c9/var/log/nova/nova-compute.log", lines)
    facts = {"filesystems": [{"mount": f"/{evil}", "used_percent": 99}], "failed_units": [f"nova-{evil}.service"]}
    write(tree / "c9/facts.json", json.dumps(facts).encode())
    text = health("--logs", str(tree), "--all").stdout.decode()
    jsonned = health("--logs", str(tree), "--format", "json").stdout.decode()
    assert "is unreachable" in text
    assert "99 % of its space used" in text
    for answer in (text, jsonned):
        assert not CONTROL.search(answer)
        assert "s3cret" not in answer
    jsonschema.validate(json.loads(jsonned), SCHEMA)
