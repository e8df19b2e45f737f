"""Correlation: from whatever the user gives to the records that belong together."""

from __future__ import annotations

from pathlib import Path

import pytest

from haystack.correlate.trace import Trace, entry, find, follow
from haystack.search import Query
from tests.making import FIXTURES, INSTANCE, NEEDLE, OTHER, engine, oslo, write

DISK = FIXTURES / "compute_disk_full"
DISK_REQUEST = "0acf9a64-0a57-4a46-b7ec-635bdfabf3a8"
DISK_INSTANCE = "ce870ed2-a800-4cad-8d4d-7f28d0a4dc5a"
PORT = "3f2cffe0-1788-4113-a28d-ba75083ee0fe"
VOLUME = "4433380a-504b-4e7b-ba6f-0cd35da98b8c"
CINDER = "11111111-5120-40a8-8414-72e575068055"
STRANGER = "22222222-5120-40a8-8414-72e575068055"


def trace(root: Path, *asked: str) -> Trace:
    """The trace of some ids below a directory."""
    files = engine(root)
    return follow(files, asked, find(files, asked, Query()), Query())


def messages(found: Trace) -> list[str]:
    return [record.message for record in found.records]


# --- what the user types


SPELLINGS = [
    f"req-{DISK_REQUEST}",
    DISK_REQUEST,
    DISK_REQUEST.upper(),
    f"REQ-{DISK_REQUEST.upper()}",
    f"'req-{DISK_REQUEST}'",
    f"  [req-{DISK_REQUEST}] ",
    DISK_REQUEST.replace("-", ""),
    "req-" + DISK_REQUEST.replace("-", "").upper(),
]


@pytest.mark.parametrize("asked", SPELLINGS)
def test_every_spelling_of_an_id_gives_the_same_trace(asked: str) -> None:
    found = trace(DISK, asked)
    assert found.main == DISK_REQUEST
    assert len(found.records) > 20
    assert found.records == trace(DISK, DISK_REQUEST).records


def test_an_id_without_dashes_may_be_one_that_has_none(tmp_path: Path) -> None:
    """A project's id is written without dashes: it is found as it is, whatever a uuid of the same digits is."""
    plain, dashed = NEEDLE.replace("-", ""), NEEDLE
    write(tmp_path / "c1/var/log/nova/nova-api.log", [oslo(1, f"quota of project {plain} used up", OTHER)])
    found = trace(tmp_path, plain)
    assert (found.asked, found.main, list(found.resources)) == ((plain,), OTHER, [plain])
    write(tmp_path / "c1/var/log/neutron/server.log", [oslo(2, "own record", dashed)])
    both = trace(tmp_path, plain)
    assert both.asked == (plain, dashed)
    assert both.main == dashed
    assert messages(both) == [f"quota of project {plain} used up", "own record"]
    assert trace(tmp_path, f"{'0' * 31}1").asked == (f"{'0' * 31}1",)


def test_records_come_in_the_order_of_time_and_once() -> None:
    found = trace(DISK, DISK_REQUEST)
    times = [r.time for r in found.records if r.time]
    assert times == sorted(times)
    places = [(r.origin.source, r.origin.offset) for r in found.records]
    assert len(places) == len(set(places))
    assert found.since == min(t for r, t in zip(found.records, times, strict=False)) or found.since <= times[0]


def test_asked_by_instance_the_request_that_made_it_is_found() -> None:
    found = trace(DISK, DISK_INSTANCE)
    assert found.main == DISK_REQUEST
    assert found.resources[DISK_INSTANCE] == "instance"
    began = entry(found)
    assert began is not None
    assert (began[1].method, began[1].url) == ("POST", "/v2.1/servers")


def test_asked_by_port_the_request_is_found() -> None:
    found = trace(FIXTURES / "portbinding_dead_agent", PORT)
    assert found.main == "12ed39ef-458f-43ac-8cf7-30732da922c6"


def test_several_ids_are_traced_together() -> None:
    other = "913fb273-f62a-4d49-b4e9-213c6ea1b50d"
    both, one, two = trace(DISK, f"req-{DISK_REQUEST}", other), trace(DISK, DISK_REQUEST), trace(DISK, other)
    assert both.requests >= {DISK_REQUEST, other}
    assert set(both.records) >= {r for r in one.records if r.request_ids} | {r for r in two.records if r.request_ids}
    assert both.main == DISK_REQUEST


def test_the_same_id_twice_is_one() -> None:
    assert trace(DISK, DISK_REQUEST, f"req-{DISK_REQUEST.upper()}").records == trace(DISK, DISK_REQUEST).records


# --- hops: (lines of other files, messages that belong, messages that do not)
HOPS = [
    pytest.param(
        [oslo(1.2, "made a port", CINDER, global_request=f"req-{NEEDLE}", logger="neutron.x")],
        ["made a port"],
        [],
        id="global id",
    ),
    pytest.param(
        [
            oslo(1.1, f"GET call to volumev3 used request id req-{CINDER}", NEEDLE),
            oslo(1.2, "volume shown", CINDER, logger="cinder.api"),
        ],
        ["volume shown"],
        [],
        id="used request id",
    ),
    pytest.param(
        [
            oslo(1.1, f"Creating instance [instance: {INSTANCE}]", NEEDLE).replace(
                "] Creating", f"] [instance: {INSTANCE}] Creating"
            ),
            oslo(1.2, "").replace("[-] ", f"[-] [instance: {INSTANCE}] VM Stopped"),
            oslo(5000, "").replace("[-] ", f"[-] [instance: {INSTANCE}] VM Much Later"),
        ],
        ["VM Stopped"],
        ["VM Much Later"],
        id="instance without an id of a request",
    ),
    pytest.param(
        [
            oslo(1.1, f"Successfully plugged port {PORT}", NEEDLE),
            oslo(1.3, f"Port {PORT} updated", logger="neutron.agent.x"),
        ],
        [f"Port {PORT} updated"],
        [],
        id="port in an agent",
    ),
    pytest.param(
        [
            oslo(1.1, f"Attaching volume {VOLUME} to /dev/vdb", NEEDLE),
            oslo(1.3, f"volume-{VOLUME} has no space", level="WARNING", logger="cinder.volume.drivers.lvm"),
        ],
        [f"volume-{VOLUME} has no space"],
        [],
        id="volume at the backend",
    ),
    pytest.param(
        [
            oslo(1.1, f"Creating instance [instance: {INSTANCE}]", NEEDLE),
            oslo(1.2, f'127.0.0.1 "GET /v2.1/servers/{INSTANCE} HTTP/1.1" status: 200 len: 9 time: 0.1', STRANGER),
        ],
        [],
        [f'127.0.0.1 "GET /v2.1/servers/{INSTANCE} HTTP/1.1" status: 200 len: 9 time: 0.1'],
        id="another request that polls the instance",
    ),
    pytest.param(
        [
            oslo(1.1, "GET /v2/images/33333333-5120-40a8-8414-72e575068055", NEEDLE),
            oslo(1.2, "image 33333333-5120-40a8-8414-72e575068055 of somebody else", STRANGER),
        ],
        [],
        ["image 33333333-5120-40a8-8414-72e575068055 of somebody else"],
        id="an image is shared and not followed",
    ),
]


@pytest.mark.parametrize(("lines", "belong", "strangers"), HOPS)
def test_hops(tmp_path: Path, lines: list[str], belong: list[str], strangers: list[str]) -> None:
    access = '127.0.0.1 "POST /v2.1/servers HTTP/1.1" status: 202 len: 1 time: 1.0'
    write(
        tmp_path / "c1/var/log/nova/nova-api.log",
        [oslo(1, access, NEEDLE, logger="nova.osapi_compute.wsgi.server"), oslo(2, "end", NEEDLE)],
    )
    write(tmp_path / "c2/var/log/any/any.log", lines)
    found = trace(tmp_path, NEEDLE)
    texts = messages(found)
    assert set(belong) <= set(texts)
    assert not set(strangers) & set(texts)
    assert access in texts
    assert found.main == NEEDLE


def test_a_resource_nobody_requested_is_traced_all_the_same(tmp_path: Path) -> None:
    write(tmp_path / "x.log", [oslo(1, "").replace("[-] ", f"[-] [instance: {INSTANCE}] VM Stopped")])
    assert messages(trace(tmp_path, INSTANCE)) == ["VM Stopped"]


def test_asked_by_instance_a_failed_request_goes_before_a_later_good_one(tmp_path: Path) -> None:
    lines = [
        oslo(1, f"create instance: {INSTANCE}", NEEDLE),
        oslo(2, f"Instance {INSTANCE} failed", NEEDLE, "ERROR"),
        oslo(9, f"delete instance: {INSTANCE}", OTHER),
    ]
    found = trace(tmp_path, INSTANCE) if write(tmp_path / "nova-compute.log", lines) else None
    assert found is not None
    assert found.main == NEEDLE
    assert any("1 other request" in note for note in found.notes)


def test_a_text_that_is_no_id_gives_its_records(tmp_path: Path) -> None:
    write(tmp_path / "x.log", [oslo(1, "my-server is gone"), oslo(2, "other")])
    assert messages(trace(tmp_path, "my-server")) == ["my-server is gone"]


def test_not_found_is_an_empty_trace(tmp_path: Path) -> None:
    write(tmp_path / "x.log", [oslo(1, "other")])
    found = trace(tmp_path, NEEDLE)
    assert (found.records, found.since, found.main) == ((), None, "")
