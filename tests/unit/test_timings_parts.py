"""The parts of timings: access lines with their durations, routes, histograms, slots over time."""

# ruff: noqa: E501 - log lines are as long as they are
from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haystack.access import ACCESS_LITERALS, HAPROXY, HTTPD, SERVICE, UWSGI, Access, access, began, ended, served
from haystack.insight.calls import OTHER, ROUTES, Calls
from haystack.insight.durations import EXACT, RELATIVE_ERROR, Durations
from haystack.insight.over_time import OverTime
from haystack.insight.routes import route
from tests.making import OTHER as REQUEST
from tests.making import START, fold_all, oslo

ID = "8d060efe-5de8-4534-93bb-fb9b01750b91"
COMBINED = '10.0.0.1 - - [22/Nov/2026:06:02:37 +0000] "GET /v3 HTTP/1.1" 200 120'

# (line as written, writer, seconds, backend)
LINES = [
    (oslo(0, '10.0.0.1 "GET /v2.1/servers HTTP/1.1" status: 200 len: 5 time: 0.25', REQUEST, logger="nova.osapi_compute.wsgi.server"), SERVICE, 0.25, ""),
    (oslo(0, '10.0.0.1 "GET /v2.1/servers" status: 200 len: 5 microversion: 2.1 time: 0.75', REQUEST, logger="nova.api.openstack.requestlog"), SERVICE, 0.75, ""),
    (oslo(0, '10.0.0.1 "GET /usages" status: 200 len: 5 microversion: 1.36', REQUEST, logger="placement.requestlog"), SERVICE, None, ""),
    (oslo(0, '10.0.0.1 - - [22/Nov/2026 06:17:53] "GET /v2/images HTTP/1.1" 200 1874 0.029487', REQUEST, logger="eventlet.wsgi.server"), SERVICE, 0.029487, ""),
    (oslo(0, '10.0.0.1: "GET /vnc_auto.html HTTP/1.1" 200 -', logger="nova.console.websocketproxy"), SERVICE, None, ""),
    ("[pid: 1|app: 0|req: 4/8] 127.0.0.1 () {32 vars in 541 bytes} [Sun Nov 22 06:17:53 2026] POST /v3/auth/tokens => generated 4755 bytes in 220 msecs (HTTP/1.1 201) 6 headers in 385 bytes (1 switches on core 3)", UWSGI, 0.22, ""),
    ("[pid: 1|app: 0|req: 4/8] 127.0.0.1 () {32 vars in 541 bytes} [Sun Nov 22 06:17:53 2026] GET /v3?a=%5B => generated 5 bytes in 17 usecs (HTTP/1.1 200) 6 headers in 385 bytes (1 switches on core 3)", UWSGI, 0.000017, ""),
    (COMBINED, HTTPD, None, ""),
    (COMBINED + ' "-" "curl/7.88"', HTTPD, None, ""),
    (COMBINED + ' "-" "curl/7.88" 51234', HTTPD, 0.051234, ""),  # %D
    (COMBINED + ' "-" "curl/7.88" 51234(us)', HTTPD, 0.051234, ""),
    (COMBINED + ' "-" "curl/7.88" 0/51234', HTTPD, 0.051234, ""),  # %T/%D
    (COMBINED + ' "-" "curl/7.88" 51ms', HTTPD, 0.051, ""),
    (COMBINED + ' "-" "curl/7.88" 2', HTTPD, None, ""),  # %T, or anything
    (COMBINED + ' "-" "curl/7.88" "-" rt=0.120', HTTPD, 0.12, ""),  # nginx
    (COMBINED + ' "-" "curl/7.88" 0.120', HTTPD, 0.12, ""),
    (COMBINED + ' "-" "curl/7.88" 812 4321', HTTPD, None, ""),  # %I %O: bytes
    ('- 10.0.0.1 - - [22/Nov/2026:06:02:37 +0000] "GET /v3 HTTP/1.1" 200 120 51234 "-" "curl/7.88"', HTTPD, 0.051234, ""),  # kolla
    ('192.0.2.7, 192.0.2.8 10.0.0.1 - - [22/Nov/2026:06:02:37 +0000] "GET /v3 HTTP/1.1" 200 120 51234 "-" "curl/7.88"', HTTPD, 0.051234, ""),
    ('127.0.0.1:5 [22/Nov/2026:06:07:27.571] nova_api_front nova_api_back/c2 0/0/0/130/134 503 2187 - - ---- 1/1/0/0/0 0/0 "GET /v2.1/flavors HTTP/1.1"', HAPROXY, 0.134, "nova_api_back"),
    ('127.0.0.1:5 [22/Nov/2026:06:07:27.571] nova~ nova/<NOSRV> 0/-1/-1/-1/+5007 -1 0 - - CC-- 1/1/0/0/0 0/0 "GET /v2.1/flavors HTTP/1.1"', HAPROXY, 5.007, "nova"),
    (oslo(0, "10.0.0.1 10.0.0.2 22/Nov/2026/06/07/38 GET /v1/AUTH_x/c/o HTTP/1.0 200 - curl - - 12 - tx1 - 0.0123 - - 1700000000.1 1700000000.2 0", logger="proxy-server"), SERVICE, 0.0123, ""),
]  # fmt: skip


@pytest.mark.parametrize(("line", "writer", "seconds", "backend"), LINES, ids=range(len(LINES)))
def test_access_lines_tell_writer_and_duration(line: str, writer: str, seconds: float | None, backend: str) -> None:
    (record,) = fold_all([line])
    call = served(record)
    assert call is not None
    assert (call.writer, call.backend) == (writer, backend)
    assert call.seconds == (None if seconds is None else pytest.approx(seconds))
    assert any(literal in line for literal in ACCESS_LITERALS)


# (length of the URL, whether the line is read)
LONG = [(1500, True), (8000, True), (20_000, False)]


@pytest.mark.parametrize(("length", "read"), LONG)
def test_long_urls(length: int, read: bool) -> None:
    url = "/traits?name=in:" + "A" * length
    (record,) = fold_all([oslo(0, f'1.2.3.4 "GET {url} HTTP/1.1" status: 200 len: 5 time: 0.25', REQUEST)])
    call = access(record)
    assert (call is not None) is read
    assert call is None or (call.seconds, len(call.url)) == (0.25, 1000)


# What clients say of the calls they make, and what is no access line at all.
NOT_SERVED = [
    oslo(0, 'http://c1:9696 "GET /v2.0/ports HTTP/1.1" 200 791', REQUEST, "DEBUG", logger="urllib3.connectionpool"),
    oslo(0, 'http://c1:9696 "GET /v2.0/ports HTTP/1.1" 200 791', REQUEST, logger="urllib3.connectionpool"),
    oslo(0, '10.0.0.1 "GET / HTTP/1.1" status: 200 len: 5 time: 0.25', REQUEST, "DEBUG", logger="neutron.wsgi"),
    oslo(0, "HTTP exception thrown: status: 404", REQUEST),
    oslo(0, "REQ: curl -g -i -X GET http://c1/v2.0/ports HTTP/1.1", REQUEST),
]


@pytest.mark.parametrize("line", NOT_SERVED)
def test_what_was_not_served_here(line: str) -> None:
    (record,) = fold_all([line])
    assert served(record) is None


def test_services_stamp_the_end_and_proxies_the_beginning() -> None:
    of_service = Access("GET", "/", 200, 2.0)
    of_proxy = of_service._replace(writer=HAPROXY)
    assert (began(START, of_service), ended(START, of_service)) == (START - timedelta(seconds=2), START)
    assert (began(START, of_proxy), ended(START, of_proxy)) == (START, START + timedelta(seconds=2))


@given(st.text(max_size=300))
def test_any_text_may_follow_an_access_line(text: str) -> None:
    (record,) = fold_all([oslo(0, "x", REQUEST)])
    call = access(record._replace(message=f'10.0.0.1 "GET /{text} HTTP/1.1" status: 200 len: 1 time: 0.5'))
    assert call is None or 0 <= call.status < 1000


# (URL, route)
ROUTES_OF = [
    ("/", "/"),
    ("", "/"),
    (f"/v2.1/servers/{ID}", "/v2.1/servers/{id}"),
    (f"/v2.1/servers/{ID.upper()}/action", "/v2.1/servers/{id}/action"),
    ("/v2.1/servers/detail?limit=1&marker=/x", "/v2.1/servers/detail"),
    ("/v2.1/servers/web-1", "/v2.1/servers/{id}"),
    ("/v3/421a59bd84ab411f82f3b1c5c6d3bec1/volumes/detail", "/v3/{id}/volumes/detail"),
    (f"/v3/421a59bd84ab411f82f3b1c5c6d3bec1/volumes/{ID}/action", "/v3/{id}/volumes/{id}/action"),
    ("/v3/auth/tokens", "/v3/auth/tokens"),
    (f"/v2/images/{ID}/file", "/v2/images/{id}/file"),
    ("/v2/schemas/image", "/v2/schemas/image"),
    (f"/v1/421a59bd84ab411f82f3b1c5c6d3bec1/stacks/app/{ID}/resources/srv", "/v1/{id}/stacks/{id}/{id}/resources/{id}"),
    ("/allocation_candidates?limit=1000&resources=DISK_GB%3A1", "/allocation_candidates"),
    (f"/resource_providers/{ID}/inventories/VCPU", "/resource_providers/{id}/inventories/{id}"),
    (f"/v2.0/ports/{ID}.json", "/v2.0/ports/{id}"),
    ("//v2.0/fw/firewall_policies.json", "/v2.0/fw/firewall_policies.json"),
    (f"/v2.0/qos/policies/{ID}", "/v2.0/qos/policies/{id}"),
    ("/v2.1/flavors/m1.tiny/os-extra_specs/hw:cpu_policy", "/v2.1/flavors/{id}/os-extra_specs/{id}"),
    ("/v2.1/os-keypairs/my%20key", "/v2.1/os-keypairs/{id}"),
    ("/v1/AUTH_abc/container/deep/object?x=1", "/v1/{id}/{id}/{id}"),
    ("/v1/AUTH_abc", "/v1/{id}"),
    ("http://c1:8774/v2.1/limits", "/v2.1/limits"),
    ("/2009-04-04/meta-data/instance-id", "/2009-04-04/meta-data/instance-id"),
    ("/v2.1/servers/\x1b[31mred/x", "/v2.1/servers/{id}/x"),
    ("/x" * 40, "/x" * 12 + "/…"),
    ("/" + "a" * 5000, "/{id}"),
]


@pytest.mark.parametrize(("url", "expected"), ROUTES_OF, ids=range(len(ROUTES_OF)))
def test_routes(url: str, expected: str) -> None:
    assert route(url) == expected


@given(st.text(max_size=200))
def test_a_route_is_short_and_printable(text: str) -> None:
    found = route("/" + text)
    assert found.isascii() or found.endswith("/…")
    assert found.isprintable()
    assert len(found) <= 12 * 61 + 2


def rank(values: list[float], percent: float) -> float:
    return sorted(values)[max(1, math.ceil(len(values) * percent / 100)) - 1]


TIMES = st.floats(1e-6, 1e5)


@given(st.lists(TIMES, min_size=1, max_size=EXACT), st.sampled_from([1, 50, 95, 99, 100]))
def test_percentiles_of_few_are_exact(values: list[float], percent: int) -> None:
    durations = Durations()
    for value in values:
        durations.add(value)
    assert durations.percentile(percent) == rank(values, percent)
    assert (durations.count, durations.longest) == (len(values), max(values))


@given(st.lists(TIMES, min_size=30, max_size=200), st.lists(TIMES, max_size=200), st.sampled_from([50, 95, 99, 100]))
def test_percentiles_of_many_are_within_the_error(one: list[float], other: list[float], percent: int) -> None:
    first, second = Durations(exact=20), Durations(exact=20)
    for value in one:
        first.add(value)
    for value in other:
        second.add(value)
    first.merge(second)
    assert first.count == len(one) + len(other)
    assert first.total == pytest.approx(sum(one) + sum(other))
    assert first.percentile(percent) == pytest.approx(rank(one + other, percent), rel=RELATIVE_ERROR * 1.0001)


def test_what_is_no_duration_counts_as_nothing() -> None:
    durations = Durations(exact=1)
    for value in (math.nan, math.inf, -1.0, 1e300, 0.0):
        durations.add(value)
    assert durations.count == 5
    assert durations.longest == 1e300
    assert durations.percentile(50) == pytest.approx(1e-6, rel=RELATIVE_ERROR)
    assert Durations().percentile(50) is None


@given(st.lists(st.tuples(st.integers(0, 10**9), st.booleans()), min_size=1, max_size=300), st.sampled_from([None, 60]))
def test_slots_are_bounded_and_lose_nothing(events: list[tuple[int, bool]], width: int | None) -> None:
    whole, parts = OverTime(width), [OverTime(width), OverTime(width)]
    for number, (time, error) in enumerate(events):
        whole.add(time, 0.5, error)
        parts[number % 2].add(time, 0.5, error)
    parts[0].merge(parts[1])
    for series in (whole, parts[0]):
        slots = list(series)
        assert len(slots) <= (1500 if width else 60)
        assert sum(slot.count for _, slot in slots) == len(events)
        assert sum(slot.errors for _, slot in slots) == sum(error for _, error in events)
        assert [start for start, _ in slots] == sorted(start for start, _ in slots)
        assert all(not start % series.width for start, _ in slots)


def test_routes_made_up_by_the_thousand_are_counted_together() -> None:
    (record,) = fold_all([oslo(0, "x", REQUEST)])
    calls, other = Calls(3, None), Calls(3, None)
    for number in range(ROUTES + 50):
        call = Access("GET", f"/a{number}", 200, number / 1000)
        (calls if number % 2 else other).add(record, call, "", route(call.url))
    calls.merge(other)
    for number in range(100):
        calls.add(record, Access("GET", f"/b{number}", 200, 0.1), "", f"/b{number}")
    assert len(calls.routes) == ROUTES + 1
    assert calls.lost_routes == 150
    assert sum(tally.count for key, tally in calls.routes.items() if key.route == OTHER) == 150
    assert calls.count == ROUTES + 150
    assert sorted(slow.seconds for slow in calls.slowest) == [2.047, 2.048, 2.049]
