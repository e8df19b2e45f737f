"""Docs that code makes: the CLI page and the README's example. `pytest --regold` rewrites them."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

import haystack
from haystack.cli.demo import REQUEST
from haystack.cli.main import COMMANDS, cli
from haystack.report import text, triage_text
from haystack.report.reports import REPORTS

ROOT = Path(__file__).parents[2]
TRIAGE = re.compile(r"(?<=<!-- triage -->\n).*?(?=<!-- /triage -->)", re.DOTALL)
DEMO = re.compile(r"(?<=<!-- demo -->\n).*?(?=<!-- /demo -->)", re.DOTALL)


def pages(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=name)
    page = f"## {name}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            page += "\n" + pages(found, f"{name} {child}")
    return page


def check(path: Path, expected: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--regold"):
        path.write_text(expected)
    assert path.read_text() == expected, "run pytest --regold and read the diff"


def test_the_cli_page_is_what_help_says(request: pytest.FixtureRequest) -> None:
    page = "# Commands and options\n\nMade from the help texts; exit codes are in the [README](../README.md).\n\n"
    check(ROOT / "docs" / "cli.md", page + pages(cli, "haystack"), request)


def test_every_command_and_option_has_help() -> None:
    seen = 0
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.help
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.name}"
                seen += 1
    assert seen > 8


def test_the_readme_shows_what_the_demo_answers(request: pytest.FixtureRequest) -> None:
    readme = ROOT / "README.md"
    logs = ROOT / "fixtures" / "neutron_down"
    answer = text.plain(haystack.trace([REQUEST], [logs]), width=110)
    page = DEMO.sub(lambda _: f"```\n{answer.strip()}\n```\n", readme.read_text())
    assert "Root cause" in page
    check(readme, page, request)


def test_the_readme_shows_what_triage_answers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    readme = ROOT / "README.md"
    answer = triage_text.plain(haystack.triage(["fixtures/portbinding_dead_agent"]), width=110)
    first, more, _ = answer.partition("\n\n○")  # what is possible besides would fill the page
    assert more
    page = TRIAGE.sub(lambda _: f"```\n{first}\n```\n", readme.read_text())
    assert "1 cause found" in page
    check(readme, page, request)


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/haystack demo" in readme
    assert "tests/run" in readme


@pytest.mark.parametrize(
    "page",
    ["architecture.md", "ci.md", "patterns.md", "operations.md", "changelog.md", "reports.md", "health.md", "fetch.md"],
)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    source = ROOT / "docs" / page
    for target in re.findall(r"\]\(([^)#:]+)\)", source.read_text()):
        assert (source.parent / target).exists(), target


def test_the_page_on_reports_names_each_format_and_its_names() -> None:
    page = (ROOT / "docs" / "reports.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (`\..*?) \|", page, re.MULTILINE)
    assert {name: tuple(re.findall(r"`(\S+)`", names)) for name, names in rows} == {
        name: report.suffixes for name, report in REPORTS.items()
    }


def test_the_wheel_ships_patterns_and_the_demo() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    sources = re.findall(r'^"([\w/]+)" = "haystack/data/', project, re.MULTILINE)
    assert sources == ["patterns", "fixtures/neutron_down"]
    assert all((ROOT / source).is_dir() for source in sources)
