"""Log content stays text in every format, and the formats are valid; hostile logs, read back with real parsers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from lxml import etree
from markdown_it import MarkdownIt
from markdown_it.token import Token

from haystack.diagnose import CAUSE_FOUND, NOT_FOUND, Diagnosis
from haystack.diagnose.model import Triage
from haystack.report.reports import REPORTS, render
from haystack.search import Coverage
from tests import hostile
from tests.triages import TRIAGES, traced

DATA = Path(__file__).parents[1] / "data"
XSD = etree.XMLSchema(etree.parse(DATA / "junit-10.xsd"))
SARIF = jsonschema.Draft4Validator(json.loads((DATA / "sarif-2.1.0.json").read_text()))
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def nowhere() -> Diagnosis:
    return Diagnosis(("req-<b>|`x",), NOT_FOUND, Coverage(), ("/nowhere",), ())


ANSWERS = {
    **{f"hostile {name}": make for name, make in hostile.ANSWERS.items()},
    **{f"triage {name}": make for name, make in TRIAGES.items()},
    **{name: (lambda name=name: traced(name)) for name in ("neutron_down", "healthy_boot", "compute_disk_full")},
    "not found": nowhere,
}
every_answer = pytest.mark.parametrize("name", ANSWERS)


def answer_of(name: str) -> Diagnosis | Triage:
    answer = ANSWERS[name]()
    assert isinstance(answer, Diagnosis | Triage)
    return answer


@every_answer
@pytest.mark.parametrize("form", REPORTS)
def test_no_control_characters_and_no_secrets_anywhere(name: str, form: str) -> None:
    text = render(answer_of(name), form)
    assert text.endswith("\n")
    assert not UNSEEN.search(text)
    assert "hunter2" not in text
    assert text == render(answer_of(name), form), "same answer, same text"
    text.encode("utf-8")
    if form not in ("text", "markdown"):
        assert render(answer_of(name), form, ascii_only=True).isascii()


# --- junit


@every_answer
@pytest.mark.parametrize("ascii_only", [False, True])
def test_junit_is_valid(name: str, ascii_only: bool) -> None:
    answer = answer_of(name)
    tree = etree.fromstring(render(answer, "junit", ascii_only).encode())
    XSD.assertValid(tree)
    (suite,) = tree
    for attribute, kind in (
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        assert int(suite.get(attribute)) == len(list(suite.iter(kind))), attribute
    failed = {case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None}
    assert bool(failed) == (answer.verdict not in ("healthy", "not-found"))
    if answer.verdict == CAUSE_FOUND:
        assert answer.candidates[0].pattern.id in failed


def test_junit_holds_what_the_log_says() -> None:
    tree = etree.fromstring(render(hostile.diagnosis(), "junit").encode())
    known = {"testsuites", "testsuite", "properties", "property", "testcase", "failure", "skipped", "system-err"}
    assert {element.tag for element in tree.iter()} <= known
    everything = "".join(tree.itertext()) + "".join(
        value for element in tree.iter() for value in element.attrib.values()
    )
    assert "<script>window.pwned=1</script>" in everything


def test_the_junit_schema_refuses_something() -> None:
    assert not XSD.validate(etree.fromstring(render(nowhere(), "junit").replace("classname", "klass").encode()))


# --- sarif


@every_answer
def test_sarif_is_valid(name: str) -> None:
    answer = answer_of(name)
    document = json.loads(render(answer, "sarif"))
    SARIF.validate(document)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for place in [*result["locations"], *result["relatedLocations"]]:
            assert re.fullmatch(r"[\w.~/%-]+", place["physicalLocation"]["artifactLocation"]["uri"])
    failing = [result for result in run["results"] if result.get("kind", "fail") == "fail"]
    assert bool(failing) == (answer.verdict not in ("healthy", "not-found"))


def test_sarif_messages_have_no_links_and_no_places_to_fill() -> None:
    results = json.loads(render(hostile.triage(), "sarif"))["runs"][0]["results"]
    texts = [
        place["message"]["text"] for result in results for place in result["locations"] + result["relatedLocations"]
    ]
    texts += [result["message"]["text"] for result in results]
    assert any("javascript" in text for text in texts)
    for text in texts:
        assert not re.search(r"(?<!\\)\[", text)
        assert not re.search(r"(?<!\{)\{\d+\}(?!\})", text)


def test_sarif_fingerprints_stay_when_ids_and_times_change() -> None:
    def prints(answer: Diagnosis | Triage) -> list[str]:
        results = json.loads(render(answer, "sarif"))["runs"][0]["results"]
        return [result["partialFingerprints"]["haystackCause/v1"] for result in results]

    answer = traced("neutron_down")
    other = tuple(c._replace(cause=re.sub(r"[0-9a-f-]{36}", "1" * 36, c.cause), evidence=()) for c in answer.candidates)
    assert other != answer.candidates
    assert prints(answer) == prints(answer._replace(candidates=other))
    assert len(set(prints(answer))) > 1


def test_the_sarif_schema_refuses_something() -> None:
    document = json.loads(render(nowhere(), "sarif"))
    assert not SARIF.is_valid({**document, "version": "2.0.0"})


# --- markdown


def tokens(text: str) -> Iterator[Token]:
    # With HTML and tables, as GitHub and GitLab read it.
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough").parse(text):
        yield token
        yield from token.children or ()


@every_answer
def test_markdown_is_inert(name: str) -> None:
    seen = list(tokens(render(answer_of(name), "markdown")))
    kinds = {token.type for token in seen}
    forbidden = {"html_block", "html_inline", "link_open", "image", "em_open", "s_open", "blockquote_open", "hr"}
    assert not kinds & (forbidden | {"code_block", "lheading_open", "ordered_list_open"})
    assert {"heading_open", "inline"} <= kinds
    for token in seen:
        if token.type == "text":
            # What trackers link or mention although it is escaped.
            assert not re.search(r"@|#\d|://|www\.|GH-\d|[<>|!~$]|[0-9a-f]{7,40}\b(?<=\d)", token.content), (
                token.content
            )


@pytest.mark.parametrize("name", hostile.ANSWERS)
def test_markdown_holds_what_the_log_says(name: str) -> None:
    seen = list(tokens(render(hostile.ANSWERS[name](), "markdown")))
    said = "\n".join(token.content for token in seen if token.type in ("fence", "code_inline"))
    assert "<script>window.pwned=1</script>" in said
    assert "@everyone @root #123 GH-12" in said
    assert "``` ````" in said


def test_markdown_tables_keep_their_columns() -> None:
    seen = list(tokens(render(hostile.triage(), "markdown")))
    rows = [n for n, token in enumerate(seen) if token.type == "tr_open"]
    assert len(rows) > 10
    for start in rows:
        end = next(n for n in range(start, len(seen)) if seen[n].type == "tr_close")
        assert sum(token.type in ("td_open", "th_open") for token in seen[start:end]) in (4, 7)
    cells = [token.content for token in seen if token.type == "code_inline"]
    assert any(cell.startswith("a | b") for cell in cells)
