"""docs/ci.md: its YAML is YAML, and what it tells CI to run does what the page says, on a captured incident."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from haystack.report.reports import REPORTS
from tests.making import CHECKOUT, FIXTURES

PAGE = (CHECKOUT / "docs" / "ci.md").read_text()
BLOCKS: list[Any] = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
BASELINE, GITHUB, GITLAB = BLOCKS
STEPS = [step["run"] for step in GITHUB["jobs"]["triage"]["steps"] if "run" in step]
SCRIPT = GITLAB["triage"]["script"]


def here(command: str) -> list[str]:
    """The words of a command, without outputs of formats that are not there."""
    known = ("-", *(suffix for report in REPORTS.values() for suffix in report.suffixes))
    words: list[str] = []
    for word in shlex.split(command, comments=True):
        words.append(word)
        if words[-2:-1] == ["-o"] and not word.endswith(known):
            del words[-2:]
    return words


def run(commands: list[str], directory: Path, incident: str, baseline: str) -> list[subprocess.CompletedProcess[str]]:
    """Run the lines as a runner does, in a directory with logs and a baseline; haystack is installed already."""
    shutil.copytree(FIXTURES / incident, directory / "logs")
    (directory / "baseline.yaml").write_text(baseline)
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = []
    for words in map(here, commands):
        if "pip" in words:
            continue
        assert words[0] in ("haystack", "cat")
        done.append(subprocess.run(words, cwd=directory, env=env, capture_output=True, text=True, check=False))
    return done


NOTHING = "accept: []\n"
ACCEPTED = re.findall(r"```yaml\n(accept:.*?)```", PAGE, re.DOTALL)[0]
# (incident, baseline, exit code, words of the text)
RUNS = [
    ("neutron_down", NOTHING, 1, "neutron-server on controller1 was stopped"),
    ("neutron_down", ACCEPTED, 0, "Accepted until 2099-01-31"),
    ("libvirtd_down", ACCEPTED, 1, "neutron-server-stopped was not seen; remove it?"),
    ("healthy_boot", NOTHING, 0, "No failure found"),
]


@pytest.mark.parametrize(("incident", "baseline", "code", "words"), RUNS)
def test_the_github_workflow(tmp_path: Path, incident: str, baseline: str, code: int, words: str) -> None:
    find, show = run(STEPS, tmp_path, incident, baseline)
    assert find.returncode == code, find.stderr
    assert words in show.stdout
    assert (tmp_path / "report.json").exists(), "an artifact, whatever the exit code"


@pytest.mark.parametrize(("incident", "baseline", "code", "words"), RUNS)
def test_the_gitlab_job(tmp_path: Path, incident: str, baseline: str, code: int, words: str) -> None:
    (find,) = run(SCRIPT, tmp_path, incident, baseline)
    assert find.returncode == code, find.stderr
    assert words in find.stdout
    artifacts = GITLAB["triage"]["artifacts"]
    named = [*artifacts["paths"], artifacts["reports"]["junit"]]
    known = [name for name in named if name.endswith(tuple(s for report in REPORTS.values() for s in report.suffixes))]
    assert known
    assert all((tmp_path / name).exists() for name in known)
    assert all(f"-o {name}" in SCRIPT[-1] for name in named)


def test_what_the_examples_are() -> None:
    assert GITHUB["jobs"]["triage"]["steps"][0]["uses"].startswith("actions/checkout@")
    assert True in GITHUB, "`on:` is a boolean to YAML 1.1, and a key all the same"
    assert GITLAB["triage"]["allow_failure"]["exit_codes"] == 3
    assert [entry["cause"] for entry in BASELINE["accept"]] == ["neutron-server-stopped"]
    assert all("--fail-on error" in lines for lines in (STEPS[1], SCRIPT[1]))


def test_exit_codes_are_those_of_the_readme() -> None:
    codes = re.compile(r"^\| (\d+) \|", re.MULTILINE)
    assert set(codes.findall(PAGE)) == {"0", "1", "2", "3"} <= set(codes.findall((CHECKOUT / "README.md").read_text()))
