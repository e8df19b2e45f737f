"""Records as lines of text and as JSON Lines."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from haystack.record import ExceptionInfo, Level, Origin, Record
from haystack.report.record_report import as_json, as_text
from tests.making import INCIDENTS, NEEDLE, at

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "record-1.schema.json").read_text())


def record(**changes: object) -> Record:
    origin = Origin("c1", "nova-api", "/var/log/nova/nova-api.log", 7, "x", 99)
    plain = Record(
        at(1.5), Level.ERROR, "nova.api", "12", f"req-{NEEDLE}", "", "", "", "", "it fails", (), None, "oslo", 1, origin
    )
    return plain._replace(**changes)  # type: ignore[arg-type]


TEXTS = [
    (
        record(),
        "2026-11-22 06:00:01.500  c1  nova-api  ERROR     /var/log/nova/nova-api.log:7  nova.api  "
        f"req-{NEEDLE}  it fails\n",
    ),
    (
        record(time=None, level=None, logger="", request_id="", body=("Traceback:", "  File", "")),
        "-                        c1  nova-api  -         /var/log/nova/nova-api.log:7  -  -  it fails\n"
        "    Traceback:\n      File\n\n",
    ),
    (
        record(message="a\x1b[31mb\tc\nd\u202e password=hunter2hunter2", body=("\x9b2J",), logger="\x07"),
        None,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "text"), TEXTS)
def test_text(given: Record, text: str | None) -> None:
    shown = as_text(given)
    if text is not None:
        assert shown == text
    assert not set("\x1b\x9b\u202e\x07\t") & set(shown)
    assert "hunter2" not in shown


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize(
    "given",
    [
        record(),
        record(time=None, level=None, pid="", request_id="", global_request_id="req-x", logger=""),
        record(message='a "b" \\ \n\x00\x1b\ud800 ü \u2028', exception=ExceptionInfo("a.B", 'c "d"', 3)),
        record(time=at(0).replace(microsecond=0)),
    ],
)
def test_json(given: Record, ascii_only: bool) -> None:
    line = as_json(ascii_only)(given)
    assert line.count("\n") == 1
    assert line.isascii() or not ascii_only
    document = json.loads(line)
    jsonschema.validate(document, SCHEMA)
    assert list(document) == SCHEMA["required"]
    assert document["message"] == given.message
    assert (document["line"], document["lines"]) == (7, 1)
    if given.exception:
        assert document["exception"] == {"class": "a.B", "message": 'c "d"', "frames": 3}


def test_json_has_no_secrets() -> None:
    line = as_json()(
        record(message="password=hunter2hunter2", exception=ExceptionInfo("X", "token: Bearer abcdefghijklmnopqrst", 0))
    )
    assert "hunter2" not in line
    assert "abcdefghijklmnopqrst" not in line


def test_json_of_captured_logs_is_valid() -> None:
    import haystack

    validator = jsonschema.Draft202012Validator(SCHEMA)
    render = as_json()
    count = 0
    for found in haystack.find("", [INCIDENTS[0]], jobs=1):
        validator.validate(json.loads(render(found)))
        count += 1
    assert count > 100


def test_the_schema_refuses_something() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**json.loads(as_json()(record())), "lines": 0}, SCHEMA)
