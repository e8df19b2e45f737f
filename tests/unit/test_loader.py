"""Pattern files: each mistake is refused with its place and a suggestion, one broken file harms no other, no stale or
damaged cache entry is ever used."""

# ruff: noqa: E501 - a row is a line
from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from haystack import cache, data_files
from haystack.errors import LibraryError
from haystack.library import Matcher, load
from haystack.library.loader import read_pattern
from haystack.record import Level
from tests.making import CHECKOUT, NEEDLE, OTHER, SERVICES, fold_all, oslo

GOOD = """\
id: nova-odd
title: "it is odd on {host}"
service: nova-compute
severity: error
layer: root
scope: node
what: >
  It is odd.
why: Because.
match:
  any:
    - text: something odd
      regex: 'odd on (?P<host>\\w+), (?P<percent>\\d+) %'
      where: {percent: ">= 95"}
      level: warning
confirm: ["systemctl status {host}"]
fix:
  - read-only: look at {host}
  - changing: mend it
references: ["https://example.org"]
lag: 5m
samples:
  hit:
    - log: nova-compute
      from: composed
      text: "2026-11-22 06:00:00.000 1 WARNING nova.x [-] something odd on alpha, 97 %"
"""


def pattern_file(directory: Path, text: str = GOOD, name: str = "nova-odd") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.yaml"
    path.write_text(text)
    return path


def test_a_good_file(tmp_path: Path) -> None:
    pattern = read_pattern(pattern_file(tmp_path), SERVICES.rows)
    (clause,) = pattern.match.clauses
    assert (clause.text, clause.level, clause.where) == (("something odd",), Level.WARNING, (("percent", ">=", 95.0),))
    assert (pattern.lag, pattern.fix[1].changing, pattern.match.kind) == (300.0, True, "any")


# (what is replaced, by what, line of the complaint, words of the complaint)
BROKEN = [
    ("severity: error", "severty: error", 4, ['unknown key "severty"', 'did you mean "severity"?']),
    ("severity: error", "severity: eror", 4, ['unknown severity "eror"', 'did you mean "error"?']),
    ("layer: root", "layer: rot", 5, ['unknown layer "rot"', 'did you mean "root"?']),
    ("scope: node", "scope: nodes", 6, ['did you mean "node"?']),
    ("service: nova-compute", "service: nova-compue", 3, ['unknown service "nova-compue"', 'did you mean "nova-compute"?']),
    ("log: nova-compute", "log: nova-computer", 24, ['did you mean "nova-compute"?']),
    ("id: nova-odd", "id: nova-even", 1, ['id "nova-even" differs from the file name "nova-odd"']),
    ("why: Because.\n", "", 1, ['"why" is missing or empty']),
    ("why: Because.", "why: ''", 1, ['"why" is missing or empty']),
    ("why: Because.", "why: Because.\nlayer: root", 10, ['duplicate key "layer", first given at line 5']),
    ("      level: warning", "      level: warning\n      level: error", 16, ['duplicate key "level"', "line 15"]),
    ("  any:", "  anny:", 11, ['unknown key "anny"', 'did you mean "any"?']),
    ("  any:", "  all:", 11, ['"all" needs two clauses or more']),
    ("      level: warning", "      levl: warning", 15, ['unknown key "levl"', 'did you mean "level"?']),
    ("      level: warning", "      level: warming", 15, ['unknown level "warming"', 'did you mean "WARNING"?']),
    ("(?P<host>", "(?P<host", 13, ["not a valid regular expression"]),
    ("odd on (?P", "odd on *+(?P[", 13, ["not a valid regular expression"]),
    ('percent: ">= 95"', 'percnt: ">= 95"', 14, ['no group "percnt"', 'did you mean "percent"?']),
    ('percent: ">= 95"', 'percent: "many"', 14, ["is not a comparison"]),
    ('title: "it is odd on {host}"', 'title: "it is odd on {hoost}"', 2, ['no clause captures "hoost"', 'did you mean "host"?']),
    ("{host}\"]", "{hots}\"]", 16, ['no clause captures "hots"', 'did you mean "host"?']),
    ("look at {host}", "look at {nowhere}", 18, ['no clause captures "nowhere"']),
    ("  - changing: mend it", "  - chnging: mend it", 19, ['did you mean "changing"?']),
    ("  - changing: mend it", "  - mend it", 19, ["must be a mapping"]),
    ("lag: 5m", "lag: soon", 21, ['"soon" is not a duration', "write for example"]),
    ("      from: composed\n", "", 24, ["where it comes from"]),
    ("  hit:", "  hits:", 23, ['did you mean "hit"?']),
    ("match:\n  any:", "match:\n  count: 0\n  any:", 11, ["whole number from 1"]),
    ("match:\n  any:", "match:\n  within: -3\n  any:", 11, ["not a duration"]),
    ("    - text: something odd\n      regex", "    - logger: nova\n      regx", 13, ['did you mean "regex"?']),
    ("id: nova-odd", "id: [nova-odd", 2, ["not valid YAML"]),
    ("id: nova-odd", "\tid: nova-odd", 1, ["not valid YAML"]),
    ("id: nova-odd", "id: !!python/object/apply:os.system [true]", 1, ["must be a text"]),
    (GOOD, "", 1, ["must be a mapping"]),
    (GOOD, "- just\n- a list\n", 1, ["must be a mapping"]),
    ("samples:", "samples: {}\nsample:", 23, ['did you mean "samples"?']),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "words"), BROKEN, ids=[row[1][:40] for row in BROKEN])
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, line: int, words: list[str]) -> None:
    assert old in GOOD
    path = pattern_file(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(LibraryError) as caught:
        read_pattern(path, SERVICES.rows)
    text = str(caught.value)
    for word in words:
        assert word in text
    assert text.startswith(f"{path}:{line}: "), text


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = pattern_file(tmp_path)
    path.write_bytes(b"id: \xff\xfe\n")
    with pytest.raises(LibraryError, match="cannot be read"):
        read_pattern(path, SERVICES.rows)


def test_aliases_do_not_explode(tmp_path: Path) -> None:
    """Anchors are not expanded (located.py): nine levels of ten aliases would be a billion laughs."""
    rows = ["a0: &a0 [lol, lol]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 6)]
    path = pattern_file(tmp_path, "\n".join(rows))
    began = time.monotonic()
    with pytest.raises(LibraryError) as caught:
        read_pattern(path, SERVICES.rows)
    assert "alias" in str(caught.value).removeprefix(str(path)) or "anchor" in str(caught.value)
    assert time.monotonic() - began < 0.2


# --- a library of several files


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small shipped library in place of the big one, and a cache of its own."""
    directory = tmp_path / "shipped"
    pattern_file(directory / "nova")
    shutil.copy(CHECKOUT / "patterns" / "services.yaml", directory)
    monkeypatch.setattr(data_files, "patterns_dir", lambda: directory)
    monkeypatch.setenv("HAYSTACK_CACHE", str(tmp_path / "own-cache"))
    return directory


@pytest.mark.parametrize("cached", [True, False])
def test_one_broken_file_harms_no_other(shipped: Path, tmp_path: Path, cached: bool) -> None:
    broken = pattern_file(
        tmp_path / "mine", GOOD.replace("scope: node", "scope: nodes").replace("nova-odd", "nova-bad"), "nova-bad"
    )
    good = pattern_file(tmp_path / "mine", GOOD.replace("nova-odd", "nova-good"), "nova-good")
    for _ in range(2):  # the second time from the cache
        library = load([broken.parent], cached=cached)
        assert list(library.ids) == ["nova-good", "nova-odd"]
        (problem,) = library.problems
        assert problem.startswith(f"{broken}:6: ")
    assert good.exists()


def test_a_duplicate_id_is_named_with_both_places(shipped: Path) -> None:
    second = pattern_file(shipped / "other")
    library = load()
    (problem,) = library.problems
    assert str(second) in problem
    assert str(shipped / "nova" / "nova-odd.yaml") in problem
    assert "nova-odd" in problem
    assert len(library) == 1


def test_an_extra_directory_replaces_by_id(shipped: Path, tmp_path: Path) -> None:
    pattern_file(tmp_path / "mine", GOOD.replace('"it is odd on {host}"', "mine"))
    assert load([tmp_path / "mine"]).pattern("nova-odd").title == "mine"
    assert load([tmp_path / "mine"]).problems == ()
    assert load().pattern("nova-odd").title == "it is odd on {host}"


def test_a_broken_extra_pattern_does_not_hide_the_shipped_one(shipped: Path, tmp_path: Path) -> None:
    pattern_file(tmp_path / "mine", GOOD.replace("scope: node", "scope: nodes"))
    library = load([tmp_path / "mine"])
    assert list(library.ids) == ["nova-odd"]
    assert len(library.problems) == 1


def test_no_such_directory(shipped: Path, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="nowhere: no such directory"):
        load([tmp_path / "nowhere"])


def test_nothing_that_could_be_loaded(shipped: Path) -> None:
    pattern_file(shipped / "nova", "broken")
    with pytest.raises(LibraryError, match="no pattern could be loaded"):
        load()


# --- the cache


def titles() -> dict[str, str]:
    library = load()
    return {i: library.pattern(i).title for i in library.ids}


def change_text(path: Path) -> None:
    path.write_text(path.read_text().replace("it is odd", "it is bad"))


def change_text_keeping_size_and_times(path: Path) -> None:
    before = path.stat()
    change_text(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def replace_file(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_text(path.read_text().replace("it is odd", "it is bad"))
    before = path.stat()
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


@pytest.mark.parametrize("change", [change_text, change_text_keeping_size_and_times, replace_file])
def test_a_stale_entry_is_not_used(shipped: Path, change: object) -> None:
    assert titles() == {"nova-odd": "it is odd on {host}"}
    change(shipped / "nova" / "nova-odd.yaml")  # type: ignore[operator]
    assert titles() == {"nova-odd": "it is bad on {host}"}


def test_added_and_removed_files_are_seen(shipped: Path) -> None:
    assert len(titles()) == 1
    added = pattern_file(shipped / "nova", GOOD.replace("nova-odd", "nova-new"), "nova-new")
    assert len(titles()) == 2
    added.unlink()
    assert len(titles()) == 1


def test_a_changed_table_of_services_is_seen(shipped: Path) -> None:
    load()
    table = shipped / "services.yaml"
    table.write_text(table.read_text() + "\nbrand-new: {names: [brand-newd]}\n")
    assert load().services.of_name("brand-newd") == "brand-new"


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


DAMAGE = {
    "a flipped bit": flip,
    "truncated": lambda data: data[: len(data) // 2],
    "truncated in the digest": lambda data: data[:20],
    "empty": lambda data: b"",
    "longer": lambda data: data + b" ",
    "other digest": lambda data: b"0" * 64 + data[64:],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_not_used(shipped: Path, damage: str) -> None:
    before = titles()
    entries = list(cache.cache_dir().iterdir())
    assert entries
    for entry in entries:
        entry.write_bytes(DAMAGE[damage](entry.read_bytes()))
        assert cache.read_entry(entry.name) is None
    assert titles() == before
    assert all(cache.read_entry(entry.name) is not None for entry in entries), "the damaged entry is made anew"


def test_a_damaged_scan_database_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan finds the same with no entry, a good one and damaged ones."""
    from haystack.scanner import Scanner

    monkeypatch.setenv("HAYSTACK_CACHE", str(tmp_path))
    literals = [f"literal number {n}" for n in range(200)]

    def hits() -> list[int]:
        seen: list[int] = []
        Scanner(literals).scan(b"here is literal number 123 and literal number 77.", lambda n, _end: seen.append(n))
        return seen

    expected = hits()
    assert set(expected) >= {123, 77}
    (entry,) = tmp_path.iterdir()
    good = entry.read_bytes()
    assert hits() == expected
    for damage in DAMAGE.values():
        entry.write_bytes(damage(good))
        assert hits() == expected
    cache.write_entry(entry.name, b"a right digest over what is no database")
    assert hits() == expected


@pytest.mark.parametrize("place", ["/proc/none/cache", "file/cache", "file"])
def test_a_cache_that_cannot_be_written_costs_only_time(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "file").write_text("no directory")
    monkeypatch.setenv("HAYSTACK_CACHE", str(tmp_path / place))
    assert titles() == titles() == {"nova-odd": "it is odd on {host}"}


def test_the_cache_is_private_and_does_not_grow(shipped: Path) -> None:
    path = shipped / "nova" / "nova-odd.yaml"
    for n in range(8):
        path.write_text(GOOD + f"# {n}\n")
        load()
    directory = cache.cache_dir()
    assert directory.stat().st_mode & 0o077 == 0
    assert 1 <= len(list(directory.iterdir())) <= 5
    assert not list(directory.glob(".new-*"))


def test_what_comes_from_the_cache_is_what_was_put_there() -> None:
    """The whole shipped library, field by field."""
    fresh, cached = load(cached=False), load()
    cached = load()
    assert len(fresh) > 100
    assert [fresh.pattern(i) for i in fresh.ids] == [cached.pattern(i) for i in cached.ids]
    assert (fresh.literals, fresh.users, fresh.unscanned) == (cached.literals, cached.users, cached.unscanned)


def test_the_good_pattern_matches(shipped: Path) -> None:
    matcher = Matcher(load())
    texts = [("odd on alpha, 97 %", 1), ("odd on alpha, 94 %", 0), ("even on alpha, 97 %", 0)]
    for text, hits in texts:
        (record,) = fold_all([oslo(0, f"something {text}", OTHER, "WARNING")])
        assert len(matcher.hits(record)) == hits, text
    assert NEEDLE
