"""Facts of nodes in what ``trace`` and ``triage`` answer. The logs are captured, the facts are composed here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest

from tests.e2e.test_cli_robust import run
from tests.making import CHECKOUT, FIXTURES, write

DOCS = CHECKOUT / "docs"
PATTERNS = CHECKOUT / "patterns"
SCHEMAS = {name: json.loads((DOCS / f"{name}-1.schema.json").read_text()) for name in ("diagnosis", "triage")}
FULL = {
    "fetched_at": "2026-11-22T07:05:00Z",
    "filesystems": [
        {"mount": "/", "used_percent": 41},
        {"mount": "/var/lib/nova", "used_percent": 100, "inodes_percent": 3},
    ],
}
REASON = (
    "compute1: /var/lib/nova is 100 % full (facts.json as of 2026-11-22 07:05 UTC, 3 min after it was seen): "
    "nothing more can be written there"
)
REQUEST = "req-0acf9a64-0a57-4a46-b7ec-635bdfabf3a8"


def tree(root: Path, **facts: object) -> Path:
    shutil.copytree(FIXTURES / "compute_disk_full", root)
    for node, document in facts.items():
        write(root / node / "facts.json", [json.dumps(document)])
    return root


def trace(root: Path, form: str = "json") -> str:
    return run("trace", REQUEST, "--logs", str(root), "--format", form).stdout.decode()


def test_trace_cites_the_fact_and_is_surer(tmp_path: Path) -> None:
    before = json.loads(trace(tree(tmp_path / "before")))
    after = json.loads(trace(tree(tmp_path / "after", compute1=FULL, compute2=FULL)))
    jsonschema.validate(after, SCHEMAS["diagnosis"])
    first = after["candidates"][0]
    assert first["pattern"] == before["candidates"][0]["pattern"] == "nova-disk-space-base"
    assert first["reasons"] == [*before["candidates"][0]["reasons"], REASON]
    assert first["confidence"] > before["candidates"][0]["confidence"]
    assert before["candidates"][0]["facts"] == []
    assert [
        {key: fact[key] for key in ("fact", "value", "of", "node", "file", "line", "taken", "counts")}
        for fact in first["facts"]
    ] == [
        {
            "fact": "filesystems.used_percent",
            "value": "100",
            "of": {"mount": "/var/lib/nova"},
            "node": "compute1",
            "file": "facts.json",
            "line": None,
            "taken": "2026-11-22T07:05:00.000000Z",
            "counts": True,
        }
    ]
    assert 0 < first["facts"][0]["away_seconds"] < 200


@pytest.mark.parametrize("time", ["2026-11-24T07:05:00Z", "2026-11-12T07:05:00Z", None])
def test_facts_of_another_time_are_shown_and_do_not_count(tmp_path: Path, time: str | None) -> None:
    before = json.loads(trace(tree(tmp_path / "before")))["candidates"][0]
    after = json.loads(trace(tree(tmp_path / "after", compute1={**FULL, "fetched_at": time})))["candidates"][0]
    assert after["confidence"] == before["confidence"]
    assert [fact["counts"] for fact in after["facts"]] == [False]
    assert "not count" in after["reasons"][-1] or "too far to count" in after["reasons"][-1]


def test_room_on_the_disk_is_no_reason(tmp_path: Path) -> None:
    room = {
        **FULL,
        "filesystems": [{"mount": "/var/lib/nova", "used_percent": 60}, {"mount": "/", "used_percent": 100}],
    }
    before = json.loads(trace(tree(tmp_path / "before")))["candidates"]
    after = json.loads(trace(tree(tmp_path / "after", compute1=room)))["candidates"]
    assert after[0] == before[0]


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_reports_for_people_say_it(tmp_path: Path, form: str) -> None:
    root = tree(tmp_path / "logs", compute1=FULL)
    for text in (trace(root, form), run("triage", "--logs", str(root), "--format", form).stdout.decode()):
        flat = " ".join(text.replace("`", "").split())
        assert "/var/lib/nova is 100 % full" in flat
        assert "facts.json as of 2026-11-22 07:05 UTC, 3 min after it was seen" in flat


def test_triage_cites_the_facts_of_a_sure_cause(tmp_path: Path) -> None:
    before = json.loads(run("triage", "--logs", str(tree(tmp_path / "before")), "--format", "json").stdout)
    root = tree(tmp_path / "after", compute1=FULL)
    after = json.loads(run("triage", "--logs", str(root), "--format", "json").stdout)
    jsonschema.validate(after, SCHEMAS["triage"])
    assert [(c["pattern"], c["confidence"]) for c in after["candidates"]] == [
        (c["pattern"], c["confidence"]) for c in before["candidates"]
    ]
    assert REASON in after["candidates"][0]["reasons"]
    assert not any(c["facts"] for c in after["candidates"] if c["confidence"] < 0.5)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_hostile_facts_are_inert(tmp_path: Path, form: str) -> None:
    """A pattern that takes any file system, and a machine that calls one what no terminal or page should see."""
    anywhere = (PATTERNS / "nova/nova-disk-space-base.yaml").read_text().replace('    where: {path: "{path}"}\n', "")
    write(tmp_path / "own/nova-disk-space-base.yaml", [anywhere])
    mount = "/\x1b]0;x\x07\u202e<script>alert(1)</script>" + "y" * 4000
    root = tree(tmp_path / "logs", compute1={**FULL, "filesystems": [{"mount": mount, "used_percent": 100}]})
    args = ("--logs", str(root), "--patterns", str(tmp_path / "own"), "--format", form)
    text = run("trace", REQUEST, *args).stdout.decode()
    assert "% full" in text.replace("`", "")
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "y" * 200 not in (text if form != "json" else json.loads(text)["candidates"][0]["reasons"][-1])
    assert form != "html" or "<script>alert(1)" not in text


def test_patterns_show_tells_the_clauses() -> None:
    shown = run("patterns", "show", "nova-disk-space-base").stdout.decode()
    assert (
        "Likelier with\n  fact filesystems.used_percent, path {path} at least 99: nothing more can be written" in shown
    )
