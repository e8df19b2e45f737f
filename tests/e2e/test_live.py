"""``trace --live`` answers as ``fetch`` and ``trace`` do, from real sshd."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import haystack
from haystack.pipeline.fetch import fetch
from haystack.pipeline.live import Live
from tests.live import LiveCloud, live_cloud, needs_live, said

pytestmark = needs_live
FIXTURES = sorted(path.parent for path in (Path(__file__).parents[2] / "fixtures").glob("*/incident.yaml"))
NODES = sorted({path.name for fixture in FIXTURES for path in fixture.iterdir() if path.is_dir()})


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveCloud]:
    with live_cloud(tmp_path_factory.mktemp("live"), NODES) as running:
        yield running


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_live_says_what_fetch_and_trace_say(cloud: LiveCloud, fixture: Path, tmp_path: Path) -> None:
    meta = yaml.safe_load((fixture / "incident.yaml").read_text())
    ids = [meta.get("trace") or meta["healthy_requests"][0]]
    nodes = cloud.show(fixture)
    there = haystack.trace(ids, live=Live(nodes, cloud.settings))
    assert not there.coverage.unreadable
    assert there.coverage.live is not None
    assert there.coverage.live.nodes == len(nodes)
    assert {node.state for node in fetch(nodes, cloud.settings, tmp_path).nodes} == {"done"}
    assert said(there) == said(haystack.trace(ids, logs=[tmp_path]))
    if not fixture.name.endswith("skew"):  # the clocks of captured nodes were off, those of these servers are not
        here = haystack.trace(ids, logs=[fixture])
        assert [one.cause for one in there.candidates] == [one.cause for one in here.candidates]
