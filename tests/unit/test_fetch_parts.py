"""What fetch is made of: which names are accepted, which files are wanted, what was rotated, what is whole."""

from __future__ import annotations

import io
import json
import struct
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haystack.errors import NodeError
from haystack.nodes.fetch import containers, journal
from haystack.nodes.fetch.choice import choose
from haystack.nodes.fetch.listing import Listing, list_logs
from haystack.nodes.fetch.manifest import Kept, Manifest, Stretch, read_manifest, write_manifest
from haystack.nodes.fetch.model import Listed, Wanted
from haystack.nodes.fetch.names import collisions, objection
from haystack.nodes.fetch.rotation import moves
from haystack.nodes.fetch.stretches import Gap, gaps
from haystack.nodes.ssh import Answer
from haystack.services import unrotated
from haystack.settings import Node

ROOTS = ("/var/log", "/srv/one.log")


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("/var/log/nova/nova-api.log", True),
        ("/srv/one.log", True),
        ("/var/log/-rf", True),
        ("/var/log/ü \u4e2d'\"$(x).log", True),
        ("/var/log/\udce4.log", True),
        ("/var/log/..", False),
        ("/var/log/a/../../../etc/passwd", False),
        ("/var/log/./a.log", False),
        ("/var/log//a.log", False),
        ("/var/log", True),
        ("/var/logs/a.log", False),
        ("/srv/one.log2", False),
        ("/etc/passwd", False),
        ("var/log/a.log", False),
        ("", False),
        ("/var/log/a\nb.log", False),
        ("/var/log/\x1b[31m.log", False),
        ("/var/log/\x9b31m.log", False),
        ("/var/log/\u202egol.a", False),
        ("/var/log/.haystack/manifest.json", False),
        ("/var/log/.haystack-partial/a.log", False),
        ("/var/log/" + "a" * 250, False),
        ("/var/log" + "/aaaaaaaaa" * 400, False),
    ],
)
def test_names(path: str, accepted: bool) -> None:
    assert (objection(path, ROOTS) == "") == accepted


def listed(path: str, inode: int = 1, size: int = 10, day: int = 1) -> Listed:
    time = int(datetime(2026, 11, day, 12, tzinfo=timezone.utc).timestamp())
    return Listed(path, 1, inode, size, time * 10**9)


@pytest.mark.parametrize(
    ("paths", "fold", "bad"),
    [
        (("/l/a", "/l/b"), False, set()),
        (("/l/a", "/l/a/b"), False, {"/l/a"}),
        (("/l/A", "/l/a"), False, set()),
        (("/l/A", "/l/a"), True, {"/l/a"}),
        (("/l/A", "/l/a/b"), True, {"/l/A"}),
    ],
)
def test_no_file_lands_in_the_place_of_another(paths: tuple[str, ...], fold: bool, bad: set[str]) -> None:
    assert collisions([listed(path) for path in paths], fold) == bad


@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("nova-api.log", "nova-api.log"),
        ("nova-api.log.1", "nova-api.log"),
        ("nova-api.log.12.gz", "nova-api.log"),
        ("nova-api.log-20260311.xz", "nova-api.log"),
        ("nova-api-20260311.log", "nova-api.log"),
        ("nova-api.err", "nova-api.err"),
        ("syslog.1", "syslog"),
        ("syslog", "syslog"),
    ],
)
def test_rotations_belong_to_their_log(name: str, log: str) -> None:
    assert unrotated(name) == log


@pytest.mark.parametrize(
    ("files", "until", "wanted"),
    [
        # What began after the last rotation was ended is too late.
        ({"x.log.2": 10, "x.log.1": 20, "x.log": 30}, 15, {"x.log.2", "x.log.1"}),
        ({"x.log.2": 10, "x.log.1": 20, "x.log": 30}, 25, {"x.log.2", "x.log.1", "x.log"}),
        ({"x.log.2": 10, "x.log.1": 20, "x.log": 30}, 5, {"x.log.2"}),
        # A log that is no longer written to ends nothing.
        ({"x.log": 10, "x.log.1": 20}, 5, {"x.log", "x.log.1"}),
        # Another log beside it, and hosts that look like rotations.
        ({"x.err": 10, "x.log": 20}, 5, {"x.err", "x.log"}),
        ({"10.0.0.1": 10, "10.0.0.2": 20}, 5, {"10.0.0.1", "10.0.0.2"}),
    ],
)
def test_what_began_too_late_is_left_out(files: dict[str, int], until: int, wanted: set[str]) -> None:
    listing = Listing(
        {f"/l/{name}": listed(f"/l/{name}", number, day=day) for number, (name, day) in enumerate(files.items())}
    )
    bound = datetime(2026, 11, until, 12, tzinfo=timezone.utc)
    found = choose(listing, Wanted(lambda name: True, lambda path: False, until=bound))
    assert {path.rpartition("/")[2] for path in found.files} == wanted
    assert found.left_out == len(files) - len(wanted)


@pytest.mark.parametrize(("ahead", "count"), [(0.0, 1), (-7200.0, 1), (7200.0, 0)])
def test_the_window_is_by_the_nodes_clock(ahead: float, count: int) -> None:
    # Written at noon by the node's clock; asked for from 11:30 of ours on.
    since = datetime(2026, 11, 1, 11, 30, tzinfo=timezone.utc)
    listing = Listing({"/l/x.log": listed("/l/x.log")}, ahead)
    assert len(choose(listing, Wanted(lambda name: True, lambda path: False, since)).files) == count


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ({"x": 1}, {"x": 1}, []),
        ({"x": 1}, {"x": 2, "x.1": 1}, [("x", "x.1")]),
        ({"x": 1, "x.1": 2}, {"x": 3, "x.1": 1, "x.2": 2}, [("x.1", "x.2"), ("x", "x.1")]),
        ({"x": 1, "x.1": 2}, {"x": 3, "x.1": 1}, [("x", "x.1")]),  # the oldest is gone
        ({"x": 1, "y": 2}, {"x": 2, "y": 1}, []),  # a circle
        ({"x": 1}, {"y": 1, "z": 1}, []),  # hard links
    ],
)
def test_what_was_rotated(here: dict[str, int], there: dict[str, int], expected: list[tuple[str, str]]) -> None:
    kept = {path: Kept(1, inode, 10, 0, "") for path, inode in here.items()}
    assert list(moves(kept, {path: listed(path, inode) for path, inode in there.items()})) == expected


def test_an_inode_that_was_used_again_is_another_file() -> None:
    assert list(moves({"x": Kept(1, 1, 10, 0, "")}, {"y": listed("y", 1, size=9)})) == []


@pytest.mark.parametrize(
    ("asked", "held", "expected"),
    [
        (Gap(10, 20), [], [Gap(10, 20)]),
        (Gap(10, 20), [(5, 30)], []),
        (Gap(10, 20), [(5, 12)], [Gap(13, 20)]),
        (Gap(10, 20), [(15, 30)], [Gap(10, 14)]),
        (Gap(10, 20), [(16, 17), (12, 13)], [Gap(10, 11), Gap(14, 15), Gap(18, 20)]),
        (Gap(10, None), [(5, 12)], [Gap(13, None)]),
        (Gap(10, None), [(50, 60)], [Gap(10, 49), Gap(61, None)]),
        (Gap(10, 20), [(30, 40)], [Gap(10, 20)]),
    ],
)
def test_only_what_is_not_held_is_asked_for(asked: Gap, held: list[tuple[int, int]], expected: list[Gap]) -> None:
    assert list(gaps(asked, [Stretch("x", *bounds, 1) for bounds in held])) == expected


def entry(number: int, text: bytes = b"text") -> bytes:
    return (
        b"__CURSOR=s=6c;i=%x\n__REALTIME_TIMESTAMP=%d\nMESSAGE\n" % (number, 10**15 + number)
        + struct.pack("<Q", len(text))
        + text
        + b"\n_PID=1\n\n"
    )


@given(st.lists(st.binary(max_size=60), max_size=4), st.data())
def test_of_a_journal_cut_anywhere_only_whole_entries_are_kept(texts: list[bytes], data: st.DataObject) -> None:
    entries = [entry(number, text) for number, text in enumerate(texts)]
    whole = b"".join(entries)
    cut = data.draw(st.integers(0, len(whole)))
    ends = [sum(map(len, entries[:count])) for count in range(len(entries) + 1)]
    expected = max(end for end in ends if end <= cut)
    found = journal.ending(io.BytesIO(whole[:cut]), 0)
    assert found.size == expected
    assert found.last == (10**15 + ends.index(expected) - 1 if expected else 0)


@given(st.binary(max_size=300))
def test_any_bytes_are_no_journal(data: bytes) -> None:
    assert 0 <= journal.ending(io.BytesIO(data), 0).size <= len(data)
    assert 0 <= containers.ending(io.BytesIO(data), 0).size <= len(data)


def test_the_last_time_of_a_containers_lines() -> None:
    lines = b"2026-11-22T06:07:38.123456789Z one\n2026-11-22T08:07:39+02:00 two\nno stamp\n2026-11-22T06:07:40Z cu"
    found = containers.ending(io.BytesIO(lines), 100)
    assert found.size == 100 + lines.rindex(b"\n") + 1
    assert found.last == int(datetime(2026, 11, 22, 6, 7, 39, tzinfo=timezone.utc).timestamp()) * 10**6


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    manifest = Manifest(
        {"/var/log/\udce4.log": Kept(1, 2, 3, 4, "2026-11-22T06:07:38Z")},
        {"/var/log/b.log": listed("/var/log/b.log")},
        {"journal": (Stretch("/var/log/journal/x", 1, 2, 3),)},
        "2026-11-22T06:07:39Z",
        ("/etc/nova/nova.conf",),
    )
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_whatever_a_manifest_holds_is_no_error(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    directory = tmp_path_factory.getbasetemp()
    document = {
        "schema": "haystack/manifest-1",
        "files": value,
        "under_way": value,
        "stretches": value,
        "fetched": "",
        "configs": [],
    }
    (directory / "manifest.json").write_text(json.dumps(document))
    assert isinstance(read_manifest(directory), Manifest)
    (directory / "manifest.json").write_text(json.dumps(value))
    assert read_manifest(directory).files == {}


class Says:
    """A node that answers a listing with given bytes."""

    node = Node("n1", logs=("/var/log",))

    def __init__(self, stdout: bytes, stderr: str = "") -> None:
        self.answer = Answer(0, stdout, stderr)

    def run(self, script: str, **options: object) -> Answer:
        return self.answer


@given(st.lists(st.binary(max_size=80)), st.text(max_size=200))
def test_whatever_a_node_lists_is_inside_its_log_roots_or_an_error(records: list[bytes], stderr: str) -> None:
    records = [b"greeting", b"T 1700000000", b"R /var/log", *records, b"E", b""]
    try:
        found = list_logs(Says(b"\0".join(records), stderr), 0.0)  # type: ignore[arg-type]
    except NodeError as err:
        assert err.reason == "garbage"
    else:
        assert all(not objection(path, ("/var/log",)) for path in found.files)


def test_a_listing_is_read_behind_a_shells_greeting() -> None:
    stdout = (
        b"Welcome to n1!\n\0T 1700000100\0R /var/log\0F 5 1700000000.1234567890 7 8 nova/a b.log\0U 1 2 3 4 c.log\0E\0"
    )
    stderr = "find: ‘/var/log/private’: Permission denied\nfind: '/var/log': No such file or directory\n"
    found = list_logs(Says(stdout, stderr), 1700000000.0)  # type: ignore[arg-type]
    assert found.files == {
        "/var/log/nova/a b.log": Listed("/var/log/nova/a b.log", 8, 7, 5, 1700000000123456789),
        "/var/log/c.log": Listed("/var/log/c.log", 4, 3, 1, 2 * 10**9, readable=False),
    }
    assert (found.ahead, found.missing) == (100.0, ("/var/log",))
    assert [trouble.path for trouble in found.troubles] == ["/var/log/private"]
