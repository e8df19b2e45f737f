"""``fetch`` from nodes that mean harm: nothing but their own directory changes here, and nothing hangs."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fetching import (
    Cloud,
)
from tests.sshd import needs_sshd

pytestmark = [needs_sshd, pytest.mark.skipif(not shutil.which("rsync"), reason="needs rsync")]


HOSTILE_FIND = r"""
printf 'R %s\0' "$2"
for name in ../../../../x.log a/../../x.log /etc/cron.d/x x//y.log ./z.log "$(printf 'esc\033[31m.log')" \
    "$(printf 'two\nlines.log')" .haystack/manifest.json a/.haystack-partial/b.log; do
  printf 'F 5 1700000000.5 %s 1 %s\0' $$ "$name"
done
printf 'F 5 1700000000.5 7 1 a.log\0F 5 1700000000.5 8 1 a.log\0F 5 1700000000.5 9 1 d\0F 5 1700000000.5 10 1 d/e.log\0'
printf 'R %s\0F 5 1700000000.5 10 1 passwd\0' /etc
"""


def around(cloud: Cloud) -> set[str]:
    """All that there is outside of the node's own directory."""
    parent = cloud.to.parent
    return {
        str(path.relative_to(parent))
        for path in parent.rglob("*")
        if cloud.home not in (path, *path.parents)
        and not str(path.relative_to(parent)).startswith(("controller1", "bin"))
    }


def test_names_that_lead_out_are_refused(hostile: Callable[[dict[str, str]], Cloud]) -> None:
    cloud = hostile({"find": HOSTILE_FIND})
    (cloud.logs / "d").mkdir()
    for name in ("a.log", "d/e.log"):
        (cloud.logs / name).write_bytes(b"12345")
    found = cloud.fetch()
    assert found.state == "partial"
    assert found.refused >= 12, found
    assert all(json.loads(json.dumps(trouble.path)) == trouble.path for trouble in found.troubles)
    assert {path.name for path in cloud.home.rglob("*") if path.is_file() and ".haystack" not in path.parts} <= {
        "a.log",
        "e.log",
        "facts.json",
    }


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("yes", "garbage"),
        ("printf 'no listing'", "garbage"),
        ("while :; do printf 'F 5 1700000000.5 7 1 a%s.log\\0' $((n=n+1)); done", "garbage"),
        ("printf 'F 99999999999999 1700000000.5 7 1 a.log\\0'", "disk-full"),
    ],
)
def test_listings_that_are_none(
    hostile: Callable[[dict[str, str]], Cloud], script: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haystack.nodes.fetch.listing._MOST_BYTES", 1 << 20)
    cloud = hostile({"find": f"printf 'R %s\\0' \"$2\"\n{script}"})
    found = cloud.fetch()
    assert (found.state, found.reason) == ("failed", reason), found


RSYNCS = {
    # Another root than was asked for, in which a log is a directory of files that nobody knows of.
    "more files": """
case "$*" in *--server*) shift 2
  for word; do shift; case $word in /) word={evil} ;; esac; set -- "$@" "$word"; done
  exec {rsync} --server --sender -r "$@" ;;
esac
exec {rsync} "$@"
""",
    "endless": 'case "$*" in *--server*) exec cat /dev/zero ;; esac; exec {rsync} "$@"',
    "endless words": 'case "$*" in *--server*) yes >&2 ;; esac; exec {rsync} "$@"',
    "text": 'case "$*" in *--server*) echo Welcome; esac; exec {rsync} "$@"',
    "nothing": 'case "$*" in *--server*) exit 0; esac; exec {rsync} "$@"',
    "dies": 'case "$*" in *--server*) kill -9 $$; esac; exec {rsync} "$@"',
}


@pytest.mark.parametrize("kind", RSYNCS)
def test_an_rsync_that_lies(
    hostile: Callable[[dict[str, str]], Cloud], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haystack.nodes.fetch.rsync._DRIP_TIME", 1.0 if kind == "endless words" else 3.0)
    evil = tmp_path / "evil"
    evil.mkdir()
    cloud = hostile({"rsync": RSYNCS[kind].format(rsync=shutil.which("rsync"), evil=evil)})
    place = evil / str(cloud.logs).lstrip("/") / "nova" / "nova-api.log"
    place.mkdir(parents=True)
    (place / "evil.log").write_text("evil")
    before = around(cloud)
    began = time.monotonic()
    found = cloud.fetch()
    assert time.monotonic() - began < 30
    # Of the more files none is asked for, and those that were are not there.
    expected = ("",) if kind == "more files" else ("garbage", "lost", "slow")
    assert (found.state != "done", found.new, found.reason in expected) == (True, 0, True), found
    assert around(cloud) - before <= {"to", "to/.haystack", "to/.haystack/fetch.json", "to/.haystack/lock"}
    assert not [path for path in cloud.home.rglob("*") if path.is_symlink()]
    assert "evil.log" not in {path.name for path in cloud.home.rglob("*")}


def test_an_rsync_that_never_says_a_word_is_given_up(
    hostile: Callable[[dict[str, str]], Cloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haystack.nodes.fetch.rsync._STALLED", 2)
    rsync = f'case "$*" in *--server*) exec sleep 60;; esac; exec {shutil.which("rsync")} "$@"'
    cloud = hostile({"rsync": rsync})
    began = time.monotonic()
    found = cloud.fetch()
    assert (found.state, found.reason, found.says) == ("failed", "slow", "nothing came for 2 s"), found
    assert time.monotonic() - began < 20


def test_a_file_that_never_ends_is_cut_off(
    hostile: Callable[[dict[str, str]], Cloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haystack.nodes.fetch.model._GROWTH", 1 << 20)
    # It lists one byte, and sends 64 MiB.
    cloud = hostile({"find": "printf 'R %s\\0F 1 1700000000.5 7 1 a.log\\0' \"$2\""})
    with (cloud.logs / "a.log").open("wb") as file:
        file.truncate(64 << 20)
    found = cloud.fetch()
    assert (found.state, found.reason) == ("failed", "garbage"), found
    assert not (cloud.here / "a.log").exists()
    assert sum(path.stat().st_size for path in cloud.home.rglob("*") if path.is_file()) < 4 << 20


def test_links_in_the_stage_are_not_followed(cloud: Cloud, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    cloud.fetch()
    stage = cloud.home / ".haystack" / "stage"
    shutil.rmtree(stage)
    stage.mkdir()
    (stage / str(cloud.logs).lstrip("/").split("/")[0]).symlink_to(away)
    cloud.write("new.log", b"new")
    assert cloud.fetch().state == "done"
    assert not list(away.rglob("*"))
    assert cloud.differing() == []
