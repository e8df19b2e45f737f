"""The HTML report in a real browser: nothing hostile runs, nothing overflows; by keyboard, on paper, without script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from haystack.report.reports import render
from tests import hostile
from tests.browser import CHROMIUM, Browser
from tests.e2e.test_inert import ANSWERS, answer_of

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium; tests/run installs it as root on Debian"),
    pytest.mark.slow,
]
SHOWN = "[...document.querySelectorAll('.records tbody tr')].filter(row => !row.hidden).length"
MARKS = "[...document.querySelectorAll('.lanes .mark')].filter(mark => mark.style.display !== 'none').length"
WIDE = "[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, .lanes, .unseen, .skip, .shapes') &&"
WIDE += " e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 200))"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("pages")
    found = {name: directory / f"{number}.html" for number, name in enumerate(ANSWERS)}
    for name, path in found.items():
        path.write_text(render(answer_of(name), "html"))
    return found


def test_the_browser_tells_what_goes_wrong(browser: Browser, tmp_path: Path) -> None:
    """What the other tests look for would be seen."""
    page = tmp_path / "bad.html"
    page.write_text(
        "<!DOCTYPE html><script>console.error('oh'); window.pwned=1; nothing.there</script><img src=http://x.invalid/y>"
    )
    browser.open(page)
    assert browser.run("window.pwned") == 1
    kinds = {problem.split(":")[0] for problem in browser.problems}
    assert {"console", "exception", "request"} <= kinds


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", ANSWERS)
def test_no_error_and_no_overflow(browser: Browser, pages: dict[str, Path], name: str, width: int, dark: bool) -> None:
    browser.open(pages[name], width, 900, dark)
    browser.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert browser.problems == []
    assert browser.run("document.documentElement.scrollWidth <= innerWidth"), browser.run(WIDE)
    assert browser.run(WIDE) == []
    luminance = browser.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]")
    assert (luminance < 100) == dark


@pytest.mark.parametrize("name", hostile.ANSWERS)
def test_no_script_of_a_log_runs(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[f"hostile {name}"])
    browser.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    move = "document.querySelectorAll('*').forEach(e => e.dispatchEvent(new MouseEvent('mouseover', {bubbles: true})))"
    browser.run(move)
    assert browser.run("typeof window.pwned") == "undefined"
    assert browser.problems == []
    assert browser.run("document.scripts.length") == 1
    assert browser.run("document.images.length") == 0
    assert "<script>window.pwned=1</script>" in browser.run("document.body.innerText")


def test_even_markup_that_slipped_in_would_not_run(browser: Browser, tmp_path: Path) -> None:
    """The policy is the second wall: it holds when the first, escaping, has a hole."""
    page = tmp_path / "hole.html"
    text = render(answer_of("neutron_down"), "html")
    page.write_text(text.replace("</main>", "<script>window.pwned=1</script><img src=x onerror=window.pwned=1></main>"))
    browser.open(page)
    assert browser.run("typeof window.pwned") == "undefined"
    assert browser.problems


FILTERS = [
    ("node", "compute1", "row.dataset.node === 'compute1'"),
    ("service", "nova-compute", "row.dataset.service === 'nova-compute'"),
    ("level", "40", "Number(row.dataset.level) >= 40"),
    ("text", "No SPACE left", "row.textContent.includes('No space left')"),
]


@pytest.mark.parametrize(("name", "value", "holds"), FILTERS)
def test_filters(browser: Browser, pages: dict[str, Path], name: str, value: str, holds: str) -> None:
    browser.open(pages["compute_disk_full"])
    every = browser.run(SHOWN)
    assert every > 50
    browser.run(
        f"(f => {{ f.value = {value!r}; f.dispatchEvent(new Event('input', {{bubbles: true}})); }})"
        f"(document.querySelector('[data-filter={name}]'))"
    )
    shown = browser.run(SHOWN)
    assert 0 < shown < every
    assert browser.run(MARKS) == shown
    assert browser.run(f"[...document.querySelectorAll('.records tbody tr')].every(row => row.hidden !== ({holds}))")
    assert browser.run("document.querySelector('.status').textContent").startswith(f"{shown} of {every} records")
    assert browser.problems == []


def test_zoom_by_keyboard_buttons_and_wheel(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["compute_disk_full"])
    every = browser.run(SHOWN)
    ticks = "document.querySelector('.timeline .axis').textContent"
    before = browser.run(ticks)
    browser.run("document.querySelector('.timeline .lanes').focus()")
    browser.press("+")
    browser.press("+")
    near = browser.run(SHOWN)
    assert 0 < near < every
    assert browser.run(ticks) != before
    browser.press("ArrowRight")
    assert browser.run(SHOWN) != near
    browser.press("0")
    assert (browser.run(SHOWN), browser.run(ticks)) == (every, before)
    browser.run("document.querySelector('[data-zoom=in]').click()")
    assert browser.run(SHOWN) < every
    browser.run("document.querySelector('[data-zoom=all]').click()")
    wheel = "document.querySelector('.lanes').dispatchEvent(new WheelEvent('wheel', {deltaY: -100, clientX: 700, bubbles: true, cancelable: true, ctrlKey: true}))"  # noqa: E501
    for _ in range(8):
        browser.run(wheel)
    assert browser.run(SHOWN) < every
    for _ in range(40):
        browser.press("+")
    assert browser.problems == []


def test_a_mark_leads_to_its_record(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["neutron_down"])
    assert browser.run(
        "(m => { m.dispatchEvent(new MouseEvent('click', {bubbles: true})); "
        "return document.activeElement.id === 'r' + m.dataset.row; })(document.querySelector('.mark.error'))"
    )


def test_the_keyboard_reaches_everything(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["neutron_down"])
    reached = []
    for _ in range(40):
        browser.press("Tab")
        reached.append(browser.run("(e => e.tagName + '.' + e.className)(document.activeElement)"))
        outline = browser.run("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or reached[-1].startswith("BODY"), reached[-1]
    assert reached[0] == "A.skip"
    for wanted in ("SUMMARY.", "SELECT.", "INPUT.", "BUTTON.", "DIV.lanes", "SECTION.scroll"):
        assert wanted in reached
    browser.open(pages["neutron_down"])
    browser.press("Tab")
    browser.press("Enter")
    assert browser.run("document.activeElement.id") == "answer"


def test_what_a_screen_reader_is_told(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["triage sick"])
    told = browser.accessible()
    roles = {role for role, _ in told}
    assert {"main", "banner", "contentinfo", "heading", "table", "status", "article", "image"} <= roles
    named = [name for role, name in told if role in ("button", "combobox", "searchbox", "region", "article", "image")]
    assert len(named) > 12
    assert all(named)
    assert any(role == "cell" and "Caught SIGTERM" in name for role, name in told)


def test_all_is_there_without_scripts(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["compute_disk_full"], scripts=False)
    assert not browser.run("document.querySelector('.tools').checkVisibility()")
    assert browser.run(SHOWN) == browser.run("document.querySelectorAll('.records tbody tr').length") > 50
    inside = "(b => b.x > 100 && b.x < innerWidth)(document.querySelector('.mark.error').getBoundingClientRect())"
    assert browser.run(inside)


@pytest.mark.parametrize("name", ANSWERS)
def test_it_prints(browser: Browser, pages: dict[str, Path], name: str) -> None:
    browser.open(pages[name], dark=True)
    pdf = browser.pdf()
    assert pdf.startswith(b"%PDF")
    assert 1 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type /Page/") <= 40
    assert browser.problems == []
