"""Operations: files to values, their proof, and runs followed through composed logs."""

# ruff: noqa: E501 - log lines are as long as they are
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from haystack import data_files
from haystack.errors import LibraryError
from haystack.insight import runs
from haystack.insight.calls import Calls
from haystack.insight.operations import Operation, Operations, load_operations, read_operation
from haystack.insight.proof import check_operations
from haystack.insight.runs import Follower, Lead
from haystack.insight.sightings import Reader
from haystack.record import Record
from tests.making import INSTANCE, NEEDLE, OTHER, SERVICES, fold_all, oslo, stamp

SECOND = "99e111f2-2f2c-4f6f-8c5c-1f6b1b6e3c11"
PERIODIC = "408adfc9-fd09-42a6-b693-0f993d50b755"
SHIPPED = load_operations([], SERVICES.rows)

BEGIN = oslo(0, r"1.2.3.4 \"POST /v1/things HTTP/1.1\" status: 202 len: 1 time: 0.5", NEEDLE)
MINIMAL = f"""\
id: thing-make
title: Make a thing
service: nova-api
what: From here to there.
keys: [request, instance]
begin: {{any: [{{call: POST /things}}]}}
steps:
  - name: halfway
    any: [{{text: "halfway there"}}]
end: {{name: made, any: [{{text: "thing is made"}}]}}
references: ["nowhere"]
samples:
  - {{step: begin, log: nova-api, from: "x", text: "{BEGIN}"}}
  - {{step: halfway, log: nova-api, from: "x", text: "{oslo(1, "halfway there", NEEDLE)}"}}
  - {{step: made, log: nova-api, from: "x", text: "{oslo(2, "thing is made", NEEDLE)}"}}
"""


def made(tmp_path: Path, text: str, name: str = "thing-make") -> Path:
    path = tmp_path / "operations" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_the_shipped_operations_are_proven() -> None:
    assert len(SHIPPED.rows) >= 12
    assert SHIPPED.problems == ()
    assert check_operations(SHIPPED, SERVICES) == []


# (what is replaced, by what, words of the complaint)
WRONG = [
    ("id: thing-make", "id: thing", ["thing-make.yaml:1:", "differs from the file name"]),
    ("service: nova-api", "service: nova-apo", ["thing-make.yaml:3:", 'did you mean "nova-api"']),
    ("title: Make a thing\n", "", ['"title" is missing']),
    ("what:", "wat:", ["thing-make.yaml:4:", 'unknown key "wat"']),
    ("[request, instance]", "[request, server]", ["thing-make.yaml:5:", 'unknown keys "server"']),
    ("[request, instance]", "[port, instance]", ["at most one kind of resource"]),
    ("POST /things", "POST things", ["thing-make.yaml:6:", "is no call", "POST /servers/{id}/action"]),
    ("{call: POST /things}", "{call: POST /things, text: x}", ['unknown key "text"']),
    ("{any: [{call: POST /things}]}", "{any: []}", ["thing-make.yaml:6:", "at least one sign"]),
    ("name: halfway", "name: made", ['the name "made" is taken']),
    ("step: made", "step: mode", ['unknown step "mode"', 'did you mean "made"']),
    ('from: "x", ', "", ["says where it comes from"]),
    ('[{text: "halfway there"}]', "[{regex: '('}]", ["thing-make.yaml:9:", "not a valid regular expression"]),
]


@pytest.mark.parametrize(("old", "new", "words"), WRONG, ids=[row[1] or row[0] for row in WRONG])
def test_mistakes_are_located(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert old in MINIMAL
    path = made(tmp_path, MINIMAL.replace(old, new, 1))
    with pytest.raises(LibraryError) as caught:
        read_operation(path, tuple(SERVICES.rows))
    for word in words:
        assert word in str(caught.value)


# (what is replaced, by what, the complaint)
UNPROVEN = [
    ("", "", []),
    ('text: "halfway there"', 'text: "half the way"', ["does not show", 'sign of "halfway" (half the way)']),
    ('text: "halfway there"}]', 'text: "halfway there"}, {text: "another word"}]', ["(another word) has no sample"]),
    ("step: halfway, ", "", ["sample 2 shows halfway", "(halfway there) has no sample"]),
    ('{text: "halfway there"}', "{regex: 'half.*'}", ['sign of "halfway" has no telling literal']),
    ("POST /things}", "POST /thongs}", ["sample 1 does not show", "(POST /thongs) has no sample"]),
]


@pytest.mark.parametrize(("old", "new", "words"), UNPROVEN, ids=[row[1] for row in UNPROVEN])
def test_what_is_not_proven_is_told(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    operation = read_operation(made(tmp_path, MINIMAL.replace(old, new, 1)), tuple(SERVICES.rows))
    complaints = check_operations(Operations((operation,), ()), SERVICES)
    assert len(complaints) == len(words), complaints
    for word in words:
        assert any(word in complaint.text and complaint.fatal for complaint in complaints), (word, complaints)


def test_extra_directories_add_and_replace(tmp_path: Path) -> None:
    made(tmp_path, MINIMAL)
    shipped = (data_files.patterns_dir() / "operations" / "volume-create.yaml").read_text()
    made(tmp_path, shipped.replace("Create a volume", "Our own way"), "volume-create")
    made(tmp_path, "id: [", "broken")
    loaded = load_operations([tmp_path], SERVICES.rows)
    titles = {operation.id: operation.title for operation in loaded.rows}
    assert len(titles) == len(SHIPPED.rows) + 1
    assert (titles["thing-make"], titles["volume-create"]) == ("Make a thing", "Our own way")
    assert len(loaded.problems) == 1
    assert "broken.yaml:" in loaded.problems[0]


# Runs


def call(seconds: float, request: str, what: str, status: int, taken: float) -> str:
    return oslo(
        seconds, f'1.2.3.4 "{what} HTTP/1.1" status: {status} len: 1 time: {taken}', request, logger="nova.wsgi"
    )


def compute(seconds: float, request: str, text: str, instance: str = INSTANCE) -> str:
    return oslo(seconds, f"[instance: {instance}] {text}", request)


def bare(seconds: float, text: str, instance: str = INSTANCE) -> str:
    """A line with the id of a periodic task, which all instances of the node share."""
    return f"{stamp(seconds)} 1 INFO nova.compute.manager [req-{PERIODIC} - - - - -] [instance: {instance}] {text}"


def claim(seconds: float, request: str, instance: str) -> str:
    return oslo(seconds, f"[instance: {instance}] Claim successful on node c1", request, logger="nova.compute.claims")


def operation(name: str) -> Operation:
    return next(row for row in SHIPPED.rows if row.id == name)


def follow(name: str, lines: Sequence[str]) -> Lead:
    """What becomes of an operation over some log lines, in the order given."""
    reader, follower = Reader([operation(name)], SERVICES, Calls(5, None)), Follower([operation(name)], 5)
    records: list[Record] = [record for line in lines for record in fold_all([line])]
    for record in records:
        follower.see(reader(record) or ())
    follower.end()
    return follower.leads[0]


BUILT = "Took 8.00 seconds to build instance."
CREATE = call(2, NEEDLE, "POST /v2.1/servers", 202, 2.0)
# (operation, lines, (completed, failed, refused, unfinished), lead times, (step, seconds) of the first run)
RUNS: list[tuple[str, list[str], tuple[int, int, int, int], list[float], dict[str, float]]] = [
    (
        "server-create",
        [CREATE, claim(3, NEEDLE, INSTANCE), bare(7, "VM Started (Lifecycle Event)"), compute(10, NEEDLE, BUILT)],
        (1, 0, 0, 0),
        [10.0],
        {"claimed": 3.0, "started": 4.0, "built": 3.0},
    ),
    # The API's line is written after work began, or even after it ended.
    ("server-create", [claim(1, NEEDLE, INSTANCE), CREATE, compute(9, NEEDLE, BUILT)], (1, 0, 0, 0), [9.0], {"built": 8.0}),
    ("server-create", [compute(1.5, NEEDLE, BUILT), CREATE], (1, 0, 0, 0), [1.5], {"built": 1.5}),
    # Two servers of one request.
    (
        "server-create",
        [
            CREATE,
            claim(3, NEEDLE, INSTANCE),
            claim(3.5, NEEDLE, SECOND),
            compute(8, NEEDLE, BUILT, SECOND),
            compute(10, NEEDLE, BUILT),
        ],
        (2, 0, 0, 0),
        [8.0, 10.0],
        {"claimed": 3.0, "built": 4.5},
    ),
    # A step of the past: clocks of nodes differ.
    ("server-create", [CREATE, claim(-5, NEEDLE, INSTANCE), compute(10, NEEDLE, BUILT)], (1, 0, 0, 0), [10.0], {"claimed": 0.0}),
    ("server-create", [call(2, NEEDLE, "POST /v2.1/servers", 403, 2.0)], (0, 0, 1, 0), [], {}),
    ("server-create", [call(2, NEEDLE, "POST /v2.1/servers", 500, 2.0)], (0, 0, 1, 0), [], {}),
    ("server-create", [CREATE], (0, 0, 0, 1), [], {}),
    ("server-create", [CREATE, oslo(4, "Failed to schedule instances: x", NEEDLE, "ERROR", logger="nova.conductor.manager")], (0, 1, 0, 0), [], {}),
    # It was retried: the good end counts.
    ("server-create", [CREATE, compute(4, NEEDLE, "Failed to build and run instance"), compute(9, NEEDLE, BUILT)], (1, 0, 0, 0), [9.0], {}),
    # It began before the logs did; another's request; a periodic task.
    ("server-create", [claim(3, NEEDLE, INSTANCE), compute(9, NEEDLE, BUILT)], (0, 0, 0, 0), [], {}),
    ("server-create", [CREATE, compute(9, OTHER, BUILT, SECOND)], (0, 0, 0, 1), [], {}),
    ("server-create", [bare(9, "VM Started (Lifecycle Event)")], (0, 0, 0, 0), [], {}),
    # The call alone does not tell which action it was.
    ("server-reboot", [call(2, NEEDLE, f"POST /v2.1/servers/{INSTANCE}/action", 202, 0.5)], (0, 0, 0, 0), [], {}),
    (
        "server-reboot",
        [
            call(2, NEEDLE, f"POST /v2.1/servers/{INSTANCE}/action", 202, 0.5),
            compute(3, NEEDLE, "Rebooting instance"),
            oslo(5, f"[instance: {INSTANCE}] Instance rebooted successfully.", logger="nova.virt.libvirt.driver"),
            call(12, OTHER, f"POST /v2.1/servers/{INSTANCE}/action", 202, 0.5),
            compute(13, OTHER, "Rebooting instance"),
            oslo(20, f"[instance: {INSTANCE}] Instance rebooted successfully.", logger="nova.virt.libvirt.driver"),
        ],
        (2, 0, 0, 0),
        [3.5, 8.5],
        {"rebooting": 1.5, "rebooted": 2.0},
    ),
    # Nothing but the port joins these.
    (
        "port-binding",
        [
            call(2, NEEDLE, f"PUT /v2.0/ports/{INSTANCE}", 200, 2.0),
            f"{stamp(4)} 1 INFO neutron.plugins.ml2.drivers.openvswitch.agent.ovs_neutron_agent [req-{PERIODIC} - - - - -] "
            f"Port {INSTANCE} updated. Details: {{}}",
            oslo(5, f"Nova event response: {{'name': 'network-vif-plugged', 'tag': '{INSTANCE}'}}", logger="neutron.notifiers.nova"),
        ],
        (1, 0, 0, 0),
        [5.0],
        {"taken up by the agent": 4.0, "plugged": 1.0},
    ),
    ("image-upload", [call(9, NEEDLE, f"PUT /v2/images/{INSTANCE}/file", 204, 7.5)], (1, 0, 0, 0), [7.5], {"uploaded": 7.5}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "lines", "counts", "times", "steps"), RUNS, ids=range(len(RUNS)))
def test_runs(
    name: str, lines: list[str], counts: tuple[int, ...], times: list[float], steps: dict[str, float]
) -> None:
    lead = follow(name, lines)
    assert (lead.completed, lead.failed, lead.refused, lead.unfinished) == counts
    assert sorted(run.seconds for run in lead.slowest) == pytest.approx(times)
    for step in lead.steps:
        if step.name in steps:
            assert step.durations.percentile(50) == pytest.approx(steps[step.name]), step.name
    if times:
        assert sum(step.durations.total for step in lead.steps) == pytest.approx(sum(times))


def test_a_run_that_takes_too_long_is_not_ended() -> None:
    longest = operation("server-create").longest
    late = call(longest + 10, OTHER, "POST /v2.1/servers", 202, 2.0)
    lead = follow("server-create", [CREATE, late, compute(longest + 20, NEEDLE, BUILT)])
    assert (lead.completed, lead.unfinished) == (0, 2)


def test_too_many_runs_at_once_lose_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_RUNS", 3)
    ids = [f"{number:08x}{NEEDLE[8:]}" for number in range(10)]
    lines = [call(number, request, "POST /v2.1/servers", 202, 0.1) for number, request in enumerate(ids)]
    reader = Reader([operation("server-create")], SERVICES, Calls(0, None))
    follower = Follower([operation("server-create")], 5)
    for record in fold_all([*lines, compute(20, ids[-1], BUILT), compute(21, ids[0], BUILT)]):
        follower.see(reader(record) or ())
    follower.end()
    assert (follower.leads[0].completed, follower.leads[0].unfinished) == (1, 9)
    assert follower.lost == 8
