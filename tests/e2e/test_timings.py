"""``haystack timings`` as a command: its figures against a plain count of the same files, its two forms, its ends."""

# ruff: noqa: E501 - log lines are as long as they are

from __future__ import annotations

import gzip
import json
import math
import re
import subprocess
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import haystack
from haystack.report import timings_report
from tests.e2e.test_cli_robust import CONTROL, HAYSTACK, on_terminal, run
from tests.making import FIXTURES, INCIDENTS, NEEDLE, OTHER, oslo, write

GOLDEN = Path(__file__).parents[1] / "golden"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "timings-1.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
PARALLEL = FIXTURES / "healthy_parallel"
WITH_MILLISECONDS = [root for root in INCIDENTS if not root.name.endswith(("__json", "__skew"))]


def timings(*args: str) -> subprocess.CompletedProcess[bytes]:
    return run("timings", *args)


def document(*args: str, code: int = 0) -> dict[str, Any]:
    done = timings(*args, "--format", "json")
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    VALIDATOR.validate(found)
    return found


# The plain count: no code of haystack's

FILES = {
    "nova-api": "nova-api", "neutron-server": "neutron-server", "cinder-api": "cinder-api", "glance-api": "glance-api",
    "heat-api": "heat-api", "keystone": "keystone", "placement-api": "placement", "haproxy": "haproxy",
}  # fmt: skip
LINES = (
    re.compile(r'INFO [\w.]*wsgi[\w.]* .*"(?P<m>[A-Z]+) (?P<u>\S+) HTTP/1.\d" status: (?P<s>\d+) +len: \d+ time: (?P<t>[\d.]+)'),
    re.compile(r'INFO [\w.]*wsgi[\w.]* .*"(?P<m>[A-Z]+) (?P<u>\S+) HTTP/1.\d" (?P<s>\d+) \d+ (?P<t>\d+\.\d+)$'),
    re.compile(r"^\[pid: .* (?P<m>[A-Z]+) (?P<u>\S+) => .* in (?P<ms>\d+) msecs \(HTTP/1.\d (?P<s>\d+)\)"),
    re.compile(r'[\d/-]+/(?P<ms>\d+) (?P<s>\d+) \d+ - - .* "(?P<m>[A-Z]+) (?P<u>\S+) HTTP'),
)  # fmt: skip


def raw_lines(root: Path) -> list[tuple[str, str]]:
    """(service, line) of the API logs below a tree, JSON lines as their message with the logger in front."""
    found = []
    for path in sorted(root.rglob("*")):
        service = FILES.get(path.name.partition(".")[0])
        if service is None or not path.is_file():
            continue
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for line in data.decode("utf-8", "replace").splitlines():
            text = line
            if line.startswith("{"):
                event = json.loads(line)
                text = f"{event['levelname']} {event['name']} {event['message']}"
            found.append((service, text))
    return found


def counted(root: Path) -> dict[str, list[tuple[str, str, int, float]]]:
    """(method, URL, status, seconds) of all calls by service."""
    calls = defaultdict(list)
    for service, line in raw_lines(root):
        match = next((match for form in LINES if (match := form.search(line))), None)
        if match:
            parts = match.groupdict()
            seconds = float(parts["t"]) if parts.get("t") else int(parts["ms"]) / 1000
            calls[service].append((parts["m"], parts["u"], int(parts["s"]), seconds))
    return calls


def rank(values: list[float], percent: int) -> float:
    return sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]


@pytest.mark.parametrize("root", INCIDENTS, ids=[root.name for root in INCIDENTS])
def test_response_times_are_those_of_a_plain_count(root: Path) -> None:
    calls = counted(root)
    assert len(calls) >= 6
    found = document("--logs", str(root))
    services = {row["service"]: row for row in found["services"]}
    assert set(services) == set(calls)
    for service, own in calls.items():
        row = services[service]
        statuses = [status for _, _, status, _ in own]
        times = [seconds for *_, seconds in own]
        assert row["count"] == len(own), service
        assert row["errors"] == sum(status >= 500 for status in statuses)
        assert row["refused"] == sum(400 <= status < 500 for status in statuses)
        for name, percent in (("p50", 50), ("p95", 95), ("p99", 99)):
            assert row["seconds"][name] == pytest.approx(rank(times, percent), abs=1e-6)
        assert row["seconds"]["max"] == pytest.approx(max(times), abs=1e-6)
        assert row["seconds"]["total"] == pytest.approx(sum(times), abs=1e-3)
        assert sum(slot["count"] for slot in row["over_time"]) == len(own)
        assert sum(r["count"] for r in found["routes"] if r["service"] == service) == len(own)
    slowest = sorted((seconds for own in calls.values() for *_, seconds in own), reverse=True)[:10]
    assert [call["seconds"] for call in found["slowest"]] == pytest.approx(slowest, abs=1e-6)
    creations = [call for call in calls["nova-api"] if call[0] == "POST" and call[1] == "/v2.1/servers"]
    rows = [
        r for r in found["routes"] if (r["service"], r["method"], r["route"]) == ("nova-api", "POST", "/v2.1/servers")
    ]
    assert sum(row["count"] for row in rows) == len(creations)


STAMP = re.compile(r"^(\S+ \S+) \d+ INFO .*?\[(?:None |req-\S+ )?(req-[0-9a-f-]{36}) .*")
INSTANCE = re.compile(r"(?:/servers/|for instance )([0-9a-f-]{36})")
# (operation, log and text of the API's line, log and text of the end, what joins them)
ENDS = [
    ("server-create", "nova-api", '"POST /v2.1/servers HTTP', "nova-compute", "seconds to build instance", STAMP),
    ("server-delete", "nova-api", '"DELETE /v2.1/servers/', "nova-*", "Deleted allocations for instance", INSTANCE),
    ("volume-create", "cinder-api", "/volumes HTTP/1.1\" status: 202", "cinder-volume", "Created volume successfully", STAMP),
    ("volume-delete", "cinder-api", '"DELETE /v3/', "cinder-volume", "Deleted volume successfully", STAMP),
]  # fmt: skip


def stamped(root: Path, log: str, text: str, key: re.Pattern[str]) -> dict[str, tuple[float, str]]:
    """Request or instance id -> (seconds, line) of the lines of a log that hold a text."""
    found: dict[str, tuple[float, str]] = {}
    for path in sorted(root.rglob(f"{log}.log*")):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for line in data.decode().splitlines():
            match = STAMP.match(line) if text in line else None
            if match:
                joins = key.search(line)
                assert joins
                found[joins[joins.lastindex or 0]] = (datetime.fromisoformat(match[1]).timestamp(), line)
    return found


@pytest.mark.parametrize("root", WITH_MILLISECONDS, ids=[root.name for root in WITH_MILLISECONDS])
def test_lead_times_are_those_of_a_plain_count(root: Path) -> None:
    leads = {lead["operation"]: lead for lead in document("--logs", str(root))["operations"]}
    compared = 0
    for operation, log, begin, end_log, end, key in ENDS:
        begun = {
            request: (time - float(line.rpartition("time: ")[2]), int(line.partition("status: ")[2][:3]))
            for request, (time, line) in stamped(root, log, begin, key).items()
        }
        ended = stamped(root, end_log, end, key)
        times = [
            ended[request][0] - time for request, (time, status) in begun.items() if status < 400 and request in ended
        ]
        lead = leads.get(operation, {"begun": 0, "completed": 0, "refused": 0, "seconds": None})
        assert (lead["begun"], lead["completed"]) == (len(begun), len(times)), operation
        assert lead["refused"] == sum(status >= 400 for _, status in begun.values())
        if times:
            assert lead["seconds"]["p50"] == pytest.approx(rank(times, 50), abs=1e-3)
            assert lead["seconds"]["max"] == pytest.approx(max(times), abs=1e-3)
            assert sum(step["share"] for step in lead["steps"]) == pytest.approx(1, abs=1e-4)
            compared += len(times)
    assert compared


def test_one_process_or_several_count_the_same(tmp_path: Path) -> None:
    for number in range(3):  # more than a process is worth
        for path in PARALLEL.glob("controller*/var/log/**/*.log"):
            lines = path.read_text().splitlines() * 70
            write(tmp_path / f"{number}{path.relative_to(PARALLEL)}", lines)
    one, two = (document("--logs", str(tmp_path), "--jobs", jobs, "--by", "minute") for jobs in ("1", "3"))
    assert one["calls"] > 100_000
    assert one == two


def test_text_says_what_fails_first() -> None:
    done = timings("--logs", str(FIXTURES / "neutron_down"))
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("55 access lines, 2 failed (5xx or no answer); 3 operations, 1 failed or refused")
    assert [line.split()[:2] for line in lines[4:6]] == [["POST", "/v2.1/servers"]] * 2
    assert "req-8d06307d-a8da-45a3-b9ad-33e93bda49ee" in done.stdout.decode()
    assert "server-create   1 begun, 0 done, 1 refused" in lines
    assert (done.returncode, done.stderr) == (0, b"")


def test_scope_operation_rows_and_width() -> None:
    logs = ("--logs", str(PARALLEL))
    assert {row["service"] for row in document(*logs, "--service", "keystone")["services"]} == {"keystone"}
    only = document(*logs, "--operation", "volume-delete", "--slowest", "1", "--by", "hour")
    assert [lead["operation"] for lead in only["operations"]] == ["volume-delete"]
    assert (len(only["slowest"]), len(only["operations"][0]["slowest"]), only["slot_seconds"]) == (1, 1, 3600)
    part = document(*logs, "--since", "2026-11-22T06:18:00", "--until", "2026-11-22T06:18:10")
    assert 0 < part["calls"] < document(*logs)["calls"]
    assert "2026-11-22T06:18:00" <= part["first"] <= part["last"] <= "2026-11-22T06:18:10.999"
    assert "and 41 more routes" in timings(*logs, "--rows", "1").stdout.decode()


def test_from_python() -> None:
    found = haystack.timings([PARALLEL], operations=["server-create"], jobs=1)
    assert [(lead.operation.id, lead.completed) for lead in found.leads] == [("server-create", 9)]
    assert found.routes[0].tally.durations.longest == found.slowest[0].seconds


@pytest.mark.parametrize("name", ["neutron_down", "healthy_parallel"])
@pytest.mark.parametrize("width", [100, 160])
def test_text_as_a_whole(name: str, width: int, request: pytest.FixtureRequest) -> None:
    answer = timings_report.plain(haystack.timings([FIXTURES / name], slowest=5), 10, width)
    path = GOLDEN / f"timings.{name}.{width}.txt"
    if request.config.getoption("--regold"):
        path.write_text(answer)
    assert answer == path.read_text()
    assert max(map(len, answer.splitlines())) <= width


def test_json_schema_refuses_something() -> None:
    found = document("--logs", str(PARALLEL))
    for key in ("calls", "services", "operations"):
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate({name: value for name, value in found.items() if name != key})
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**found, "routes": [{**found["routes"][0], "count": -1}]})


# (arguments, exit code, words)
CHECKS = [
    (["server-create"], 0, ["0 patterns and 1 operations checked, 0 errors"]),
    (["server-create", "neutron-server-down"], 0, ["1 patterns and 1 operations checked"]),
    (["server-crate"], 2, ['no pattern or operation "server-crate"', "server-create"]),
]


@pytest.mark.parametrize(("args", "code", "words"), CHECKS, ids=[" ".join(row[0]) for row in CHECKS])
def test_patterns_check_proves_operations(args: list[str], code: int, words: list[str]) -> None:
    done = run("patterns", "check", *args)
    assert done.returncode == code
    for word in words:
        assert word in (done.stdout + done.stderr).decode()


def test_patterns_check_tells_of_an_operation_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations/odd.yaml").write_text("id: odd\n")
    done = run("patterns", "check", "--patterns", str(tmp_path), "server-create", "odd")
    assert done.returncode == 1
    assert b'odd.yaml:1: "title" is missing' in done.stdout


# (arguments, words of the sentence)
USAGE = [
    (["--operation", "server-crate"], ["server-crate", 'did you mean "server-create"']),
    (["--by", "fortnight"], ["fortnight", "minute"]),
    (["--slowest", "-1"], ["--slowest"]),
    (["--rows", "0"], ["--rows"]),
    (["--since", "15:00", "--until", "14:00"], ["later than"]),
    (["--node", "controler1"], ["controler1", "controller1"]),
    (["--logs", "/nonexistent/logs"], ["/nonexistent/logs"]),
]


@pytest.mark.parametrize(("args", "words"), USAGE, ids=[" ".join(row[0]) for row in USAGE])
def test_what_makes_no_sense_is_2_and_a_sentence(args: list[str], words: list[str]) -> None:
    done = timings(*args, *([] if "--logs" in args else ["--logs", str(PARALLEL)]))
    assert (done.returncode, done.stdout) == (2, b"")
    for word in words:
        assert word in done.stderr.decode()


def test_nothing_to_measure_is_4(tmp_path: Path) -> None:
    assert document("--logs", str(tmp_path), code=4)["calls"] == 0
    write(tmp_path / "c1/var/log/nova/nova-compute.log", [oslo(0, "no access line here", OTHER)])
    found = document("--logs", str(tmp_path), code=4)
    assert (found["calls"], found["routes"], found["operations"], found["first"]) == (0, [], [], None)
    done = timings("--logs", str(tmp_path))
    assert (done.returncode, done.stdout) == (4, b"No access line and no operation in 1 files.\n")


def test_operations_without_a_single_access_line_are_none(tmp_path: Path) -> None:
    write(tmp_path / "c1/var/log/nova/nova-compute.log", [oslo(0, "Took 8.00 seconds to build instance.", OTHER)])
    assert timings("--logs", str(tmp_path)).returncode == 4


def test_what_cannot_be_read_is_3_and_named(tmp_path: Path) -> None:
    write(
        tmp_path / "c1/var/log/nova/nova-api.log",
        [oslo(0, '1.2.3.4 "GET / HTTP/1.1" status: 200 len: 1 time: 0.5', OTHER)],
    )
    write(tmp_path / "c1/var/log/nova/nova-conductor.log.gz", b"no gzip at all").write_bytes(b"no gzip at all")
    (tmp_path / "more/operations").mkdir(parents=True)
    (tmp_path / "more/operations/odd.yaml").write_text("id: odd\n")
    done = timings("--logs", str(tmp_path / "c1"))
    assert done.returncode == 3
    assert b"nova-conductor.log.gz" in done.stdout
    done = timings("--logs", str(tmp_path / "c1/var/log/nova/nova-api.log"), "--patterns", str(tmp_path / "more"))
    assert done.returncode == 3
    assert b'odd.yaml:1: "title" is missing' in done.stdout


HOSTILE = [
    "/v2.1/servers/\x1b[31mred\x07/action",
    "/v2.1/servers/\u202egnp.exe",
    "/v2.1/%00%1b]0;x%07/[bold]x[/bold]",
    "/v3?password=hunter2secret&token=gAAAAABkhunter2hunter2hunter2",
    "/" + "a/" * 3000,
    "/" + "x" * 70_000,
    "/v2.1/<script>alert(1)</script>",
]


@pytest.mark.parametrize("form", ["text", "json"])
def test_hostile_paths_and_ids(tmp_path: Path, form: str) -> None:
    lines = [
        oslo(n, f'1.2.3.4 "GET {url} HTTP/1.1" status: 500 len: 1 time: {n}.5', NEEDLE, logger="nova.wsgi")
        for n, url in enumerate(HOSTILE)
    ]
    lines.append(oslo(9, '1.2.3.4 "GET / HTTP/1.1" status: 500 len: 1 time: ' + "9" * 400 + ".5", "\x1b[2J"))
    write(tmp_path / "c1/var/log/nova/nova-api.log", lines)
    done = timings("--logs", str(tmp_path), "--format", form)
    assert done.returncode == 0
    assert b"hunter2" not in done.stdout
    if form == "json":
        VALIDATOR.validate(json.loads(done.stdout))
    else:
        assert "/v2.1/servers/{id}/action" in done.stdout.decode()
        assert not CONTROL.search(done.stdout.decode())
    _, shown, _ = on_terminal([HAYSTACK, "timings", "--logs", str(tmp_path), "--format", form])
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown.decode()).replace("\r\n", "\n")  # our own colours
    assert not CONTROL.search(plain)


def test_standard_input_and_output_file(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    line = oslo(0, '1.2.3.4 "GET / HTTP/1.1" status: 200 len: 1 time: 0.5', OTHER, logger="nova.wsgi")
    done = run("timings", "--logs", "-", "--format", "json", "-o", str(out), stdin=(line + "\n").encode())
    assert (done.returncode, done.stdout) == (0, b"")
    found = json.loads(out.read_text())
    assert (found["calls"], found["query"]["logs"]) == (1, ["-"])
