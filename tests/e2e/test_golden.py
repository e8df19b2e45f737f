"""The answers for all fixtures, compared whole. `pytest --regold` rewrites them; read the diff before you commit."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import haystack
from haystack.report import json_report, text
from tests.accuracy.score import FIXTURES, failing_id, labels

GOLDEN = Path(__file__).parents[1] / "golden"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "diagnosis-1.schema.json").read_text())
CASES = [(root, failing_id(label) or label["healthy_requests"][0]) for root, label in labels(FIXTURES)]
UNKNOWN = "req-00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(("root", "identifier"), CASES, ids=[root.name for root, _ in CASES])
@pytest.mark.parametrize("width", [80, 200])
def test_text(root: Path, identifier: str, width: int, request: pytest.FixtureRequest) -> None:
    answer = text.plain(haystack.trace([identifier], [root]), width)
    path = GOLDEN / f"{root.name}.{width}.txt"
    if request.config.getoption("--regold"):
        path.write_text(answer)
    assert answer == path.read_text()
    assert max(map(len, answer.splitlines())) <= width


@pytest.mark.parametrize(("root", "identifier"), [*CASES, (FIXTURES / "healthy_boot", UNKNOWN)])
def test_json_is_valid_against_the_documented_schema(root: Path, identifier: str) -> None:
    document = json.loads(json_report.render(haystack.trace([identifier], [root])))
    jsonschema.validate(document, SCHEMA)


def test_json_schema_refuses_something() -> None:
    document = json_report.document(haystack.trace([UNKNOWN], [FIXTURES / "healthy_boot"]))
    assert document["verdict"] == "not-found"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "verdict": "perhaps"}, SCHEMA)
