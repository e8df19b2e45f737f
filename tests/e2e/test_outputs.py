"""`--format` and `-o`: what goes where, in which format; files are whole or as they were."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from haystack.report.reports import REPORTS, Output, outputs

HAYSTACK = Path(sys.executable).parent / "haystack"

# (values of -o, --format, outputs)
OUTPUTS: list[tuple[list[str], str | None, list[tuple[str | None, str]]]] = [
    ([], None, [(None, "text")]),
    ([], "json", [(None, "json")]),
    (["a.txt", "b.json"], None, [("a.txt", "text"), ("b.json", "json")]),
    (["-"], None, [(None, "text")]),
    (["-", "A.JSON"], None, [(None, "text"), ("A.JSON", "json")]),
    (["a.txt", "b.foo", "-"], "json", [("a.txt", "json"), ("b.foo", "json"), (None, "json")]),
    (["/dev/null"], None, [("/dev/null", "text")]),
]


@pytest.mark.parametrize(("paths", "form", "expected"), OUTPUTS)
def test_what_goes_where(paths: list[str], form: str | None, expected: list[tuple[str | None, str]]) -> None:
    assert outputs([Path(path) for path in paths], form) == [
        Output(path if path is None else Path(path), name) for path, name in expected
    ]


@pytest.mark.parametrize("name", REPORTS)
def test_each_format_is_known_by_its_names(name: str) -> None:
    assert REPORTS[name].suffixes
    for suffix in REPORTS[name].suffixes:
        assert outputs([Path(f"incident{suffix}")], None)[0].format == name


def demo(*args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([HAYSTACK, "demo", *args], capture_output=True, text=True, env=env, check=False)


ERRORS = [
    (["-o", "x.foo"], ["-o x.foo: which format?", ".json (json)", "--format"]),
    (["-o", "report"], ["-o report: which format?"]),
    (["-o", "a.json", "-o", "a.json"], ["-o a.json: given twice"]),
    (["--format", "pdf"], ["pdf", "json"]),
]


@pytest.mark.parametrize(("args", "words"), ERRORS)
def test_what_makes_no_sense_is_told_before_the_search(args: list[str], words: list[str]) -> None:
    done = demo(*args)
    assert (done.returncode, done.stdout) == (2, "")
    for word in words:
        assert word in done.stderr


def test_several_formats_in_one_run(tmp_path: Path) -> None:
    files = [tmp_path / f"incident{REPORTS[name].suffixes[0]}" for name in REPORTS]
    done = demo(*(part for file in files for part in ("-o", str(file))))
    assert (done.returncode, done.stdout) == (0, "")
    assert sorted(tmp_path.iterdir()) == sorted(files)
    for file, name in zip(files, REPORTS, strict=True):
        assert f"wrote {file} ({name})" in done.stderr
        assert "neutron-server-stopped" in file.read_text()
    again = {file: file.read_bytes() for file in files}
    demo(*(part for file in files for part in ("-o", str(file))))
    assert again == {file: file.read_bytes() for file in files}, "same input, same bytes"


def test_a_file_and_standard_output(tmp_path: Path) -> None:
    done = demo("-o", str(tmp_path / "a.json"), "-o", "-")
    assert "Root cause" in done.stdout
    assert json.loads((tmp_path / "a.json").read_text())["verdict"] == "cause-found"
    assert json.loads(demo("--format", "json").stdout)["verdict"] == "cause-found"
