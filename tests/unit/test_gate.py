"""What CI asks: severities, ids, what must be found, and which exit code wins."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import haystack
from haystack.diagnose import HEALTHY, UNKNOWN_CAUSE, Diagnosis
from haystack.diagnose.gate import complaints
from haystack.diagnose.model import Names, Triage
from haystack.search import Coverage
from tests.making import FIXTURES, NEEDLE, oslo, tree

HAYSTACK = Path(sys.executable).parent / "haystack"
DOWN = FIXTURES / "neutron_down"  # critical
FILTERED = FIXTURES / "novalidhost_image_props__json"  # a warning that is raised to error, for a request failed
REQUESTS = {
    DOWN: "req-8d06307d-a8da-45a3-b9ad-33e93bda49ee",
    FILTERED: "req-fad7f9a5-92a3-4130-86e0-e4185bf2575b",
}
STOPPED = "neutron-server-stopped"


def run(*args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(HAYSTACK), *map(str, args)], capture_output=True, text=True, check=False)


# (logs, --fail-on, complaints of triage, of trace)
FAIL_ON: list[tuple[Path, list[str], int, int]] = [
    (DOWN, ["critical"], 1, 1),
    (DOWN, ["error"], 1, 1),
    (DOWN, ["warning"], 1, 1),
    (DOWN, ["critical", "warning"], 2, 2),
    (DOWN, [STOPPED], 1, 1),
    (DOWN, ["nova-quota-exceeded"], 0, 0),
    (DOWN, ["neutron-server-down"], 0, 0),  # seen, but an effect
    (DOWN, [], 0, 0),
    (FILTERED, ["critical"], 0, 0),
    (FILTERED, ["error"], 1, 1),
    (FILTERED, ["warning"], 1, 1),
    (FIXTURES / "healthy_boot", ["warning", "error", "critical"], 0, 0),
]


@pytest.mark.parametrize(("logs", "fail_on", "triaged", "traced"), FAIL_ON)
def test_fail_on(logs: Path, fail_on: list[str], triaged: int, traced: int) -> None:
    assert len(complaints(haystack.triage([logs], jobs=1), fail_on, [])) == triaged
    if logs in REQUESTS:
        assert len(complaints(haystack.trace([REQUESTS[logs]], [logs], jobs=1), fail_on, [])) == traced


EXPECT: list[tuple[list[str], int]] = [
    ([STOPPED], 0),
    (["neutron-server-down"], 1),
    (["nova-quota-exceeded", STOPPED], 1),
    (["nova-quota-exceeded", "nova-no-valid-host"], 2),
]


@pytest.mark.parametrize(("expected", "count"), EXPECT)
def test_expect(expected: list[str], count: int) -> None:
    found = complaints(haystack.triage([DOWN], jobs=1), [], expected)
    assert len(found) == count
    assert all(f"causes found: {STOPPED}" in sentence for sentence in found)


def test_what_is_expected_of_a_healthy_cloud() -> None:
    healthy = haystack.triage([FIXTURES / "healthy_boot"], jobs=1)
    assert complaints(healthy, [], [STOPPED]) == [f"--expect {STOPPED}: not found; causes found: none"]


# (requests that failed, of which for no known reason, --fail-on, does it pass?)
UNKNOWN: list[tuple[int, int, str, bool]] = [
    (1, 1, "warning", False),
    (1, 1, "error", False),
    (1, 1, "critical", True),
    (1, 1, "nova-no-valid-host", True),
    (1, 0, "error", True),  # refused, or a cause that is accepted
    (0, 0, "warning", True),
]


@pytest.mark.parametrize(("failed", "unknown", "wish", "passes"), UNKNOWN)
def test_failures_for_no_known_reason(failed: int, unknown: int, wish: str, passes: bool) -> None:
    answer = Triage(UNKNOWN_CAUSE, Coverage(), (), (), failed=Names(failed), unknown=Names(unknown))
    assert (complaints(answer, [wish], []) == []) == passes


def test_no_outcome_is_no_failure() -> None:
    assert complaints(Diagnosis((NEEDLE,), HEALTHY, Coverage(), (), ()), ["warning"], []) == []


def test_an_unknown_failure_fails_triage_and_trace(tmp_path: Path) -> None:
    logs = tree(tmp_path, n1__nova_compute=[oslo(1, "the frobnicator lost its wheels", NEEDLE, "ERROR")])
    for command in (["triage"], ["trace", NEEDLE]):
        done = run(*command, "--logs", logs, "--fail-on", "error")
        assert (done.returncode, "failed for no known reason" in done.stderr) == (1, True), command
        assert run(*command, "--logs", logs, "--fail-on", "critical").returncode == 0


# --- mistakes

MISTAKES = [
    (["--fail-on", "eror"], ["--fail-on eror", 'did you mean "error"?']),
    (["--fail-on", "neutron-server-stoped"], [f'did you mean "{STOPPED}"?']),
    (["--fail-on", "info"], ["--fail-on info: no pattern of this id"]),
    (["--expect", "neutron-server-stoped"], ["--expect neutron-server-stoped", f'did you mean "{STOPPED}"?']),
    (["--expect", "error"], ["--expect error: no pattern of this id"]),
]


@pytest.mark.parametrize(("args", "words"), MISTAKES)
@pytest.mark.parametrize("command", ["triage", "trace"])
def test_a_mistake_is_told_before_the_search(command: str, args: list[str], words: list[str]) -> None:
    done = run(command, *([NEEDLE] if command == "trace" else []), "--logs", "/nowhere", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert all(word in done.stderr for word in words), done.stderr
    assert "/nowhere" not in done.stderr


# --- exit codes

# (options, a file that cannot be read?, exit code)
CODES: list[tuple[list[str], bool, int]] = [
    ([], False, 0),
    ([], True, 3),
    (["--fail-on", "critical"], False, 1),
    (["--fail-on", "critical"], True, 1),
    (["--fail-on", "nova-quota-exceeded"], True, 3),
    (["--expect", STOPPED], True, 3),
    (["--expect", "nova-quota-exceeded"], True, 1),
    (["--expect", STOPPED], False, 0),
]


@pytest.mark.parametrize(("options", "broken", "code"), CODES)
@pytest.mark.parametrize("command", ["triage", "trace"])
def test_which_exit_code_wins(tmp_path: Path, command: str, options: list[str], broken: bool, code: int) -> None:
    (tmp_path / "logs").symlink_to(DOWN)
    logs = ["--logs", tmp_path / "logs"]
    if broken:
        (tmp_path / "c9/var/log/nova").mkdir(parents=True)
        (tmp_path / "c9/var/log/nova/nova-api.log.gz").write_bytes(b"\x1f\x8b\x08\x00 no gzip")
        logs += ["--logs", tmp_path / "c9"]
    done = run(command, *([REQUESTS[DOWN]] if command == "trace" else []), *logs, *options)
    assert done.returncode == code, done.stderr
    assert STOPPED in done.stdout, "the answer is given all the same"


def test_an_id_that_is_nowhere_wins() -> None:
    done = run("trace", "req-00000000-dead-4bad-8bad-00000000dead", "--logs", DOWN, "--expect", STOPPED)
    assert done.returncode == 4
