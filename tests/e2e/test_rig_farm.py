"""Many nodes at once, some of them broken each in a way of its own: the others come whole, and each is told why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

import pytest

from tests.rig.farm import BROKEN, FULL, NO_RSYNC, WORKS, Farm, farm
from tests.rig.fixtures import needs_rig
from tests.rig.harvest import Harvest, fetch
from tests.rig.logs import plant

pytestmark = [needs_rig, pytest.mark.slow]

# Those that only time tells of (a node that is silent, mute or stalls) are in ``python -m tests.rig farm``.
QUICK = [kind for kind in BROKEN if kind.name not in ("silent", "mute", "stalls")]
PARALLEL = 8


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    directory = tmp_path_factory.mktemp("farm")
    plant(directory / "logs", 300_000, Random(1))
    with farm(directory / "farm", [*QUICK, FULL, NO_RSYNC, *[WORKS] * 6], directory / "logs") as made:
        yield made


@pytest.fixture(scope="module")
def harvest(place: Farm) -> Harvest:
    return fetch(place, "to", "--parallel", str(PARALLEL), timeout=100)


def test_all_are_told_of_with_their_reasons_and_the_others_are_whole(place: Farm, harvest: Harvest) -> None:
    assert harvest.wrong == ()
    assert harvest.said.keys() == place.kinds.keys()
    assert len(place.of(works=False)) == len(QUICK) >= 15


def test_it_takes_what_is_at_work_and_not_what_there_is(harvest: Harvest) -> None:
    assert 0 < harvest.load.memory_of_one < 250e6, harvest.load
    assert 0 < harvest.load.files_of_one < 32 + 16 * PARALLEL, harvest.load
    assert harvest.load.processes <= 1 + 8 * PARALLEL, harvest.load


def test_nothing_that_a_node_says_reaches_the_terminal_unescaped(place: Farm, harvest: Harvest) -> None:
    text = json.dumps(harvest.said, ensure_ascii=False)
    assert "\\u001b" not in text
    done = place.client.haystack("fetch", "--to", "to", "--parallel", str(PARALLEL), timeout=100, check=(3,))
    assert all(char.isprintable() or char == "\n" for char in done.stdout + done.stderr)
    for name in place.of(works=False):
        assert name in done.stdout + done.stderr


def test_nothing_is_left(place: Farm, harvest: Harvest) -> None:
    assert place.client.running() == []
    assert place.client.left() == []
