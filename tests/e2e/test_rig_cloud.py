"""The whole way on a cloud: check, fetch, trace; other clocks and zones change nothing of the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.rig.__main__ import plans
from tests.rig.cloud import Cloud, cloud
from tests.rig.fixtures import needs_faketime, needs_rig

pytestmark = [needs_rig, pytest.mark.slow]

FIXTURES = Path(__file__).parents[2] / "fixtures"
# Evidence on several nodes, and computes behind the jump host.
INCIDENT = "compute_disk_full"
CLOCKS = {
    "controller1": (0, "America/New_York"),
    "controller2": (-90, "UTC"),
    "compute1": (7, "UTC"),
    "compute2": (-90, "Asia/Kolkata"),
}


@pytest.fixture(scope="module", params=["right", pytest.param("wrong", marks=needs_faketime)])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The incident's cloud, with right clocks and with wrong ones, fetched to ``logs``."""
    directory = tmp_path_factory.mktemp("cloud")
    clocks = CLOCKS if request.param == "wrong" else {}
    with cloud(plans(FIXTURES / INCIDENT, directory / "logs", clocks), directory / "rig") as made:
        made.write_settings()
        made.client.haystack("fetch", "--to", "logs", "--parallel", "4")
        yield made


def trace(cloud: Cloud, *words: str) -> dict[str, object]:
    incident = yaml.safe_load((FIXTURES / INCIDENT / "incident.yaml").read_text())
    done = cloud.client.haystack("trace", incident["trace"], *words, "--format", "json")
    return dict(json.loads(done.stdout))


def cause(answer: dict[str, object]) -> list[object]:
    """What is said of the cause, without times: files and lines are the same whatever the clock."""
    return [
        answer["verdict"],
        [
            (c["rank"], c["pattern"], c["cause"], [(e["node"], e["file"], e["line"]) for e in c["evidence"]])
            for c in answer["candidates"]  # type: ignore[attr-defined]
        ],
    ]


def same_order(answer: dict[str, object], other: dict[str, object]) -> bool:
    """Whether two timelines have the same entries, within 50 ms, and in the same order where that tells them apart."""
    times = [
        {(e["node"], e["file"], e["line"]): seconds(e["time"]) for e in one["timeline"]}  # type: ignore[attr-defined]
        for one in (answer, other)
    ]
    latest = 0.0
    for entry, time in times[0].items():
        if entry not in times[1] or abs(times[1][entry] - time) > 0.05 or times[1][entry] < latest - 0.05:
            return False
        latest = max(latest, times[1][entry])
    return len(times[0]) == len(times[1])


@pytest.fixture(scope="module")
def local(built: Cloud) -> dict[str, object]:
    """The answer from the captured files as they lie here."""
    return trace(built, "--logs", str(FIXTURES / INCIDENT))


def test_all_nodes_are_usable(built: Cloud) -> None:
    answer = json.loads(built.client.haystack("nodes", "check", "--format", "json").stdout)
    unwell = {
        node["node"]: {
            step["step"]: f"{step['state']}: {step['says']}" for step in node["steps"] if step["state"] != "ok"
        }
        for node in answer["nodes"]
    }
    assert unwell.keys() == built.hosts.keys()
    # Nobody logs on the jump host, and a clock that is off by seconds is to be mended: nothing else is warned of.
    expected = {name: {"clock"} if host.plan.ahead else set() for name, host in built.hosts.items()}
    assert {name: set(steps) for name, steps in unwell.items()} == expected | {"bastion": {"logs"}}, unwell
    assert all(text.startswith("warning: ") for steps in unwell.values() for text in steps.values()), unwell
    for node in answer["nodes"]:
        assert abs(node["clock_offset_seconds"] - built[node["node"]].plan.ahead) < 0.05


def test_what_was_fetched_is_what_the_nodes_have(built: Cloud) -> None:
    for name, host in built.hosts.items():
        there = {f.relative_to(host.logs): f.read_bytes() for f in host.logs.rglob("*") if f.is_file()}
        root = built.client.work / "logs" / name / "var/log"
        assert {f.relative_to(root): f.read_bytes() for f in root.rglob("*") if f.is_file()} == there
        assert {f: (root / f).stat().st_mtime for f in there} == {f: (host.logs / f).stat().st_mtime for f in there}
    assert sum(host.logs != built["bastion"].logs for host in built.hosts.values()) == len(built.hosts) - 1


def test_the_diagnosis_is_that_of_local_files(built: Cloud, local: dict[str, object]) -> None:
    fetched = trace(built, "--logs", "logs")
    incident = yaml.safe_load((FIXTURES / INCIDENT / "incident.yaml").read_text())
    assert fetched["candidates"][0]["pattern"] == incident["expect"]  # type: ignore[index]
    assert cause(fetched) == cause(local)
    assert same_order(fetched, local)


def test_the_live_diagnosis_is_that_of_fetched_files(built: Cloud) -> None:
    fetched = trace(built, "--logs", "logs")
    live = trace(built, "--live", "--node", "co*", "--node", "network*", "--node", "storage*")
    assert cause(live) == cause(fetched)
    assert same_order(live, fetched)


def test_the_clocks_are_told_to_within_50_ms(built: Cloud) -> None:
    for name, host in built.hosts.items():
        facts = json.loads((built.client.work / "logs" / name / "facts.json").read_text())
        assert abs(facts["clock_offset_seconds"] - host.plan.ahead) < 0.05
        assert facts["clock_uncertainty_seconds"] < 0.05
        assert facts["timezone"] == host.plan.zone


def test_a_second_fetch_brings_nothing(built: Cloud) -> None:
    answer = json.loads(built.client.haystack("fetch", "--to", "logs", "--format", "json").stdout)
    assert {node["node"] for node in answer["nodes"]} == set(built.hosts)
    assert [(node["files"]["new"], node["files"]["changed"]) for node in answer["nodes"]] == [(0, 0)] * len(built.hosts)


def test_nothing_is_left_and_nothing_was_written(built: Cloud) -> None:
    assert built.client.running() == []
    assert built.client.left() == []
    for name, host in built.hosts.items():
        host.settled()
        assert (name, host.running(), host.written()) == (name, [], [])


def seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
