"""Shared by all tests: `--regold`, and a cache of their own, so that no test reads or spoils the user's."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One cache for the whole run: the library is compiled once."""
    directory = tmp_path_factory.mktemp("cache")
    before = os.environ.get("HAYSTACK_CACHE")
    os.environ["HAYSTACK_CACHE"] = str(directory)
    yield directory
    if before is None:
        del os.environ["HAYSTACK_CACHE"]
    else:
        os.environ["HAYSTACK_CACHE"] = before


def pytest_configure(config: pytest.Config) -> None:
    """The one marker: tests of several seconds. And ^C, which a run in the background ignores and hands on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "slow: takes several seconds (deselect with -m 'not slow')")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--regold` rewrites the expected texts; read the diff before you commit."""
    parser.addoption(
        "--regold", action="store_true", help="rewrite the expected texts; read the diff before you commit"
    )
