"""The answers for all fixtures, compared whole. `pytest --regold` rewrites them; read the diff before you commit."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import haystack
from haystack.report import json_report, reports, text, triage_json, triage_text
from tests.accuracy.score import FIXTURES, failing_id, labels
from tests.triages import TRIAGES, traced

GOLDEN = Path(__file__).parents[1] / "golden"
DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "diagnosis-1.schema.json").read_text())
TRIAGE_SCHEMA = json.loads((DOCS / "triage-1.schema.json").read_text())
CASES = [(root, failing_id(label) or label["healthy_requests"][0]) for root, label in labels(FIXTURES)]
UNKNOWN = "req-00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(("root", "identifier"), CASES, ids=[root.name for root, _ in CASES])
@pytest.mark.parametrize("width", [80, 200])
def test_text(root: Path, identifier: str, width: int, request: pytest.FixtureRequest) -> None:
    answer = text.plain(haystack.trace([identifier], [root]), width)
    check(answer, f"{root.name}.{width}.txt", request)
    assert max(map(len, answer.splitlines())) <= width


@pytest.mark.parametrize("name", TRIAGES)
@pytest.mark.parametrize("width", [60, 100, 160])
def test_text_of_triage(name: str, width: int, request: pytest.FixtureRequest) -> None:
    answer = triage_text.plain(TRIAGES[name](), width)
    check(answer, f"triage_{name}.{width}.txt", request)
    assert max(map(len, answer.splitlines())) <= width


@pytest.mark.parametrize("name", TRIAGES)
def test_markdown_of_triage(name: str, request: pytest.FixtureRequest) -> None:
    check(reports.render(TRIAGES[name](), "markdown"), f"triage_{name}.md", request)


def test_markdown(request: pytest.FixtureRequest) -> None:
    answer = traced("compute_disk_full")._replace(logs=("fixtures/compute_disk_full",))
    check(reports.render(answer, "markdown"), "compute_disk_full.md", request)


def check(answer: str, name: str, request: pytest.FixtureRequest) -> None:
    path = GOLDEN / name
    if request.config.getoption("--regold"):
        path.write_text(answer)
    assert answer == path.read_text()


@pytest.mark.parametrize(("root", "identifier"), [*CASES, (FIXTURES / "healthy_boot", UNKNOWN)])
def test_json_is_valid_against_the_documented_schema(root: Path, identifier: str) -> None:
    document = json.loads(json_report.render(haystack.trace([identifier], [root])))
    jsonschema.validate(document, SCHEMA)


@pytest.mark.parametrize("name", TRIAGES)
def test_json_of_triage_is_valid_against_the_documented_schema(name: str) -> None:
    document = json.loads(triage_json.render(TRIAGES[name]()))
    jsonschema.validate(document, TRIAGE_SCHEMA)
    for missing in TRIAGE_SCHEMA["required"]:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({key: value for key, value in document.items() if key != missing}, TRIAGE_SCHEMA)


def test_json_schemas_of_trace_and_triage_agree_on_candidates() -> None:
    alone, reached = (schema["properties"]["candidates"]["items"] for schema in (SCHEMA, TRIAGE_SCHEMA))
    assert [*alone["required"], "reach"] == reached["required"]
    assert alone["properties"] == {key: value for key, value in reached["properties"].items() if key != "reach"}


def test_json_schema_refuses_something() -> None:
    document = json_report.document(haystack.trace([UNKNOWN], [FIXTURES / "healthy_boot"]))
    assert document["verdict"] == "not-found"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "verdict": "perhaps"}, SCHEMA)
