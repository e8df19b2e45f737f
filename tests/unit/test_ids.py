"""Ids in records: what is searched for, access lines of all kinds, and the resources a record leads to."""

# ruff: noqa: E501 - log lines are as long as they are
from __future__ import annotations

import pytest

from haystack.access import access
from haystack.correlate.ids import bare, mentioned_requests, normalise, resources, spellings
from haystack.record import Record
from tests.making import INSTANCE, NEEDLE, OTHER, fold_all, oslo

UPPER = NEEDLE.upper()

# (as the user gives it, as it is searched for)
ASKED = [
    (f"req-{NEEDLE}", NEEDLE),
    (NEEDLE, NEEDLE),
    (UPPER, NEEDLE),
    (f"REQ-{UPPER}", NEEDLE),
    (f"Req-{NEEDLE}", NEEDLE),
    (f"  req-{NEEDLE}\n", NEEDLE),
    (f"'req-{NEEDLE}'", NEEDLE),
    (f'"{NEEDLE}"', NEEDLE),
    (f"[req-{NEEDLE}]", NEEDLE),
    (f"(req-{NEEDLE}),", NEEDLE),
    (f"<{NEEDLE}>;", NEEDLE),
    (f"req-{NEEDLE}.", NEEDLE),
    (f"req-{NEEDLE}:", NEEDLE),
    ("instance-0000006d", "instance-0000006d"),
    ("My Server", "My Server"),
    ("volume.Backup-1", "volume.Backup-1"),
]


@pytest.mark.parametrize(("asked", "searched"), ASKED)
def test_normalise(asked: str, searched: str) -> None:
    assert normalise(asked) == searched


BARE = NEEDLE.replace("-", "")
# (as the user gives it, all that is searched for)
SPELLED = [
    (f"req-{NEEDLE}", (NEEDLE,)),
    (BARE, (BARE, NEEDLE)),
    (f"req-{BARE}", (BARE, NEEDLE)),
    (f" REQ-{BARE.upper()}\n", (BARE, NEEDLE)),
    (f"'{BARE}'", (BARE, NEEDLE)),
    (BARE[:-1], (BARE[:-1],)),
    (f"{BARE}0", (f"{BARE}0",)),
    (f"g{BARE[1:]}", (f"g{BARE[1:]}",)),
    ("instance-0000006d", ("instance-0000006d",)),
]


@pytest.mark.parametrize(("asked", "searched"), SPELLED)
def test_spellings(asked: str, searched: tuple[str, ...]) -> None:
    assert spellings(asked) == searched


@pytest.mark.parametrize(
    ("asked", "searched"), [(f"req-{NEEDLE}", NEEDLE), (NEEDLE, NEEDLE), (f"req-{UPPER}", NEEDLE), ("", "")]
)
def test_bare(asked: str, searched: str) -> None:
    assert bare(asked) == searched


def record(message: str, instance: str = "", body: tuple[str, ...] = ()) -> Record:
    """A record of that message."""
    (made,) = fold_all([oslo(0, message, OTHER)])
    return made._replace(message=message, instance=instance, body=body)


# (message, method, url, status, seconds)
ACCESSES = [
    # eventlet, as nova, cinder and neutron print it
    ('127.0.0.1 "POST /v2.1/servers HTTP/1.1" status: 500 len: 635 time: 3.6851571', "POST", "/v2.1/servers", 500, 3.6851571),
    ('127.0.0.1,10.0.0.1 "GET /v3/1/volumes/detail HTTP/1.1" status: 200  len: 342 time: 0.6706498', "GET", "/v3/1/volumes/detail", 200, 0.6706498),
    # neutron with the client's port
    ('10.0.0.5 "DELETE /v2.0/ports/x HTTP/1.1" status: 204  len: 168 time: 0.5', "DELETE", "/v2.0/ports/x", 204, 0.5),
    # nova's request log and placement's
    ('127.0.0.1 "GET /allocation_candidates?limit=1000" status: 200 len: 1917 microversion: 1.36', "GET", "/allocation_candidates?limit=1000", 200, None),
    # glance
    ('127.0.0.1 - - [22/Nov/2026 06:02:40] "GET /v2/images/x HTTP/1.1" 200 998 0.076677', "GET", "/v2/images/x", 200, 0.076677),
    # uWSGI
    ("127.0.0.1 () {32 vars in 541 bytes} [Sun Nov 22 06:02:37 2026] POST /v3/auth/tokens => generated 4755 bytes in 776 msecs (HTTP/1.1 201) 6 headers in 385 bytes", "POST", "/v3/auth/tokens", 201, 0.776),
    # Apache
    ('10.0.0.1 - - [22/Nov/2026:06:02:37 +0000] "PUT /v3/users/x HTTP/1.1" 403 120 "-" "curl"', "PUT", "/v3/users/x", 403, None),
    ('10.0.0.1 "PATCH /v2.0/networks/1 HTTP/1.0" status: 409 len: 9 time: 1.25', "PATCH", "/v2.0/networks/1", 409, 1.25),
    # HAProxy
    ('127.0.0.1:46856 [22/Nov/2026:06:07:27.571] nova_api_front nova_api_back/controller2 0/0/0/134/134 503 2187 - - ---- 1/1/0/0/0 0/0 "GET /v2.1/flavors HTTP/1.1"', "GET", "/v2.1/flavors", 503, 0.134),
]  # fmt: skip


@pytest.mark.parametrize(("message", "method", "url", "status", "seconds"), ACCESSES, ids=range(len(ACCESSES)))
def test_access_lines(message: str, method: str, url: str, status: int, seconds: float | None) -> None:
    call = access(record(message))
    assert call is not None
    assert (call.method, call.url, call.status, call.seconds) == (method, url, status, seconds)


NO_ACCESS = [
    "REQ: curl -g -i -X GET http://controller1:9696/v2.0/networks",
    "HTTP exception thrown: Unexpected API Error",
    "GET call to neutron for http://c1:9696/v2.0/ports used request id req-1",
    "Processing request: GET /v1/421a59bd84ab411f82f3b1c5c6d3bec1/stacks",
    "status: 200 of the operation",
    "",
]


@pytest.mark.parametrize("message", NO_ACCESS)
def test_no_access_lines(message: str) -> None:
    assert access(record(message)) is None


# (message, kind) of a record that leads to the instance's uuid as a resource of that kind; "" for none
RESOURCES = [
    (f"GET /v2.1/servers/{INSTANCE} HTTP/1.1", "instance"),
    (f"[instance: {INSTANCE}] went away", "instance"),
    (f"Instance {INSTANCE} is gone", "instance"),
    (f"PUT /allocations/{INSTANCE} HTTP", "instance"),
    (f"device_id={INSTANCE}&x", "instance"),
    (f"{{'server_uuid': '{INSTANCE}', 'name': 'network-changed'}}", "instance"),
    (f"DELETE /v2.0/ports/{INSTANCE} HTTP", "port"),
    (f"Received event network-vif-plugged-{INSTANCE}", "port"),
    (f"Received unexpected event network-vif-unplugged-{INSTANCE}", "port"),
    (f"network-changed-{INSTANCE} for", "port"),
    (f"Port {INSTANCE} updated", "port"),
    (f"Failed to bind port {INSTANCE} on host", "port"),
    (f"port_id={INSTANCE}", "port"),
    (f"GET /v3/abc/volumes/{INSTANCE} HTTP", "volume"),
    (f"Attaching volume {INSTANCE} to /dev/vdb", "volume"),
    (f"rbd:volumes/volume-{INSTANCE}", "volume"),
    (f"volume_id: {INSTANCE}", "volume"),
    (f"volume-{INSTANCE} created", "volume"),
    (f"/attachments/{INSTANCE}", "attachment"),
    (f"attachment_id={INSTANCE}", "attachment"),
    (f"GET /v1/p/stacks/name/{INSTANCE}", "stack"),
    (f"/v2/images/{INSTANCE}", ""),
    (f"/v2.0/networks/{INSTANCE}", ""),
    (f"project {INSTANCE}", ""),
    (f"flavor {INSTANCE}", ""),
    (f"image {INSTANCE}", ""),
    (f"support {INSTANCE}", ""),
]


@pytest.mark.parametrize(("message", "kind"), RESOURCES)
def test_resources(message: str, kind: str) -> None:
    assert set(resources(record(message))) == ({(kind, INSTANCE)} if kind else set())


def test_resources_of_the_envelope_and_libvirt() -> None:
    assert ("instance", INSTANCE) in set(resources(record("x", INSTANCE)))
    assert ("domain", "instance-0000006d") in set(resources(record("domain instance-0000006d crashed")))


def test_mentioned_requests_stand_anywhere() -> None:
    mentions = record(f"used request id req-{NEEDLE}", body=(f"(Request-ID: req-{OTHER})",))
    assert mentioned_requests(mentions) == {NEEDLE, OTHER}
    assert mentioned_requests(record("used request id req-nonsense")) == set()
