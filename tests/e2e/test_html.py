"""The HTML report as a document: valid, self-contained, of bounded size, inert, and readable in both schemes."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import html5lib
import pytest
from lxml import etree

from haystack.diagnose import Diagnosis
from haystack.diagnose.model import Triage
from haystack.report.html import page
from haystack.report.html.elements import Html, lines, short, tag
from haystack.report.reports import render
from tests import hostile
from tests.e2e.test_inert import ANSWERS, answer_of, every_answer
from tests.triages import traced

STYLE = (Path(page.__file__).parent / "style.css").read_text()
VALIDATOR = Path(os.environ.get("HAYSTACK_TEST_NPM", "/nonexistent")) / "node_modules/.bin/html-validate"


def parsed(text: str) -> etree._Element:
    """The page as a strict parser of HTML 5 reads it."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("lxml"), namespaceHTMLElements=False, strict=True)
    return parser.parse(text).getroot()


@every_answer
def test_a_strict_parser_has_nothing_to_say(name: str) -> None:
    root = parsed(render(answer_of(name), "html"))
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    for target in root.xpath("//a/@href[starts-with(., '#')]"):
        assert target[1:] in ids
    for label in root.xpath("//@aria-labelledby"):
        assert label in ids
    assert len(root.xpath("//h1")) == len(root.xpath("//main")) == 1


@pytest.mark.skipif(not VALIDATOR.exists(), reason="no html-validate; tests/run installs it where npm is")
def test_a_validator_has_nothing_to_say(tmp_path: Path) -> None:
    for name in ANSWERS:
        (tmp_path / f"{name.replace(' ', '-')}.html").write_text(render(answer_of(name), "html"))
    presets = ["--preset", "standard,recommended,a11y"]
    done = subprocess.run([VALIDATOR, *presets, *tmp_path.iterdir()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    wrong = tmp_path / "wrong.html"
    wrong.write_text(render(answer_of("not found"), "html").replace("</h1>", "</h2>"))
    assert subprocess.run([VALIDATOR, *presets, wrong], capture_output=True, check=False).returncode == 1


@every_answer
def test_nothing_is_loaded_from_elsewhere(name: str) -> None:
    root = parsed(render(answer_of(name), "html"))
    elements = {element.tag for element in root.iter() if isinstance(element.tag, str)}
    assert not elements & {"img", "iframe", "object", "embed", "form", "base", "audio", "video", "foreignObject"}
    sources = root.xpath("//@src | //link/@href | //*[local-name()='use']/@href")
    assert sources
    assert all(source == "data:," or source.startswith("#") for source in sources)
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on") or name == "style"]


def test_the_script_makes_no_markup_of_text() -> None:
    script = (Path(page.__file__).parent / "script.js").read_text()
    assert script.startswith('"use strict";')
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
        "import(",
    ):
        assert way not in script


@every_answer
def test_the_policy_allows_what_is_ours_and_nothing_else(name: str) -> None:
    root = parsed(render(answer_of(name), "html"))
    (policy,) = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; ")
    for element in ("style", "script"):
        (found,) = root.xpath(f"//{element}")
        digest = base64.b64encode(hashlib.sha256(found.text.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", hostile.ANSWERS)
def test_what_the_log_says_is_text(name: str) -> None:
    root = parsed(render(hostile.ANSWERS[name](), "html"))
    for element in root.xpath("//style | //script"):
        element.getparent().remove(element)
    text = "".join(root.itertext())
    for evil in ("<script>window.pwned=1</script>", "<svg onload=window.pwned=1>", "<![CDATA["):
        assert evil in text
    assert not root.xpath("//a[starts-with(@href, 'javascript:')]")


def crowd(count: int) -> Diagnosis:
    """A trace of very many records that are as long and as costly to escape as can be."""
    answer = hostile.diagnosis()
    assert answer.trace
    first = answer.trace.records[0]
    assert first.time
    message, body = "&\U0001f600<" * 2000, ("&" * 9000,) * 9
    many = tuple(
        first._replace(
            time=first.time + timedelta(milliseconds=number),
            message=message,
            body=body,
            origin=first.origin._replace(node=f"node{number % 90}", offset=number),
        )
        for number in range(count)
    )
    evidence = tuple(
        item._replace(record=many[0], text=many[0].message) for item in answer.candidates[0].evidence[:1] * 8
    )
    candidate = answer.candidates[0]._replace(evidence=evidence)
    return answer._replace(trace=answer.trace._replace(records=many), candidates=(candidate,) * 40)


def test_the_size_is_bounded_and_what_is_left_out_is_told() -> None:
    text = render(crowd(20_000), "html")
    assert len(text.encode()) < 2_000_000
    assert "19,000 records of lower levels left out" in text
    assert "more lanes are in the table only" in text
    root = parsed(text)
    assert len(root.xpath("//table[@class='records']/tbody/tr")) == 1000


def test_triage_of_very_much_is_bounded_too() -> None:
    answer = hostile.triage()
    long = answer.unexplained[0]._replace(template="&\U0001f600<" * 9000)
    reach = answer.unexplained[0].reach._replace(nodes=tuple(f"node{n}" for n in range(3000)), over_time=(3,) * 200)
    rows = tuple(long._replace(reach=reach) for _ in range(5000))
    candidates = tuple(
        c._replace(cause="<&>" * 3000, reach=reach, evidence=c.evidence * 4) for c in answer.candidates * 60
    )
    assert len(render(answer._replace(unexplained=rows, candidates=candidates), "html").encode()) < 2_000_000


ELEMENTS = [
    (tag("b", "a < b & c"), "<b>a &lt; b &amp; c</b>"),
    (tag("b", tag("i", "x"), "<i>"), "<b><i>x</i>&lt;i&gt;</b>"),
    (tag("p", title='"<x>&', hidden=True, lang=None), '<p title="&quot;&lt;x&gt;&amp;" hidden></p>'),
    (tag("use", href="#a", data_row=3), '<use href="#a" data-row="3"/>'),
    (tag("p", "a\x00\u202eb password=hunter2hunter2"), None),
    (lines("a\n\t<b>"), "a\n    &lt;b&gt;"),
]  # fmt: skip


@pytest.mark.parametrize(("element", "text"), ELEMENTS)
def test_elements(element: Html, text: str | None) -> None:
    if text is not None:
        assert element == text
    assert not {"\x00", "\u202e"} & set(element)
    assert "hunter2" not in element


@pytest.mark.parametrize("room", [10, 100])
@pytest.mark.parametrize("text", ["x" * 500, "&" * 500, "\U0001f600" * 500, "<>\u20ac" * 500, "short"])
def test_short_fits(text: str, room: int) -> None:
    cut = short(text, room)
    assert len(tag("b", cut).encode()) <= room + len("<b>…</b>".encode())
    assert cut == text or cut.endswith("…")


# --- colours


def luminance(colour: str) -> float:
    colour = colour.lstrip("#")
    colour = colour if len(colour) == 6 else "".join(2 * c for c in colour)
    parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_in_both_schemes_and_on_paper() -> None:
    schemes = [
        dict(re.findall(r"--([\w-]+): (#\w+);", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    ]
    assert len(schemes) == 3
    for scheme in schemes:
        for ground in ("page", "card", *(("hover",) if "hover" in scheme else ())):
            for colour in ("text", "soft", "accent", "error", "warning", "info", "good"):
                assert contrast(scheme[colour], scheme[ground]) >= 4.5, (colour, ground, scheme)
            for mark in ("debug", "proof"):
                assert contrast(scheme[mark], scheme[ground]) >= 3, (mark, ground)


def test_the_page_says_what_the_answer_says() -> None:
    answer = traced("compute_disk_full")
    text = "".join(parsed(render(answer, "html")).itertext())
    best = answer.candidates[0]
    for said in (best.cause, best.reasons[0], best.fix[0][0], best.confirm[0], best.evidence[0].text, "Response times"):
        assert said in text


def test_a_triage_page_has_each_part() -> None:
    answer = answer_of("triage sick")
    assert isinstance(answer, Triage)
    text = "".join(parsed(render(answer, "html")).itertext())
    for said in ("14 requests failed", "Over time", "Not explained", "Known noise", "compute7 (unreachable)", "41%"):
        assert said in text
