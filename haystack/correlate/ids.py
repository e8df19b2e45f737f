"""Ids in records: which a record carries, of what kind, and which of them lead on to other records.

How ids travel between services: neutron and placement log nova's id as the global one; clients print the id of
the server they called; ports, volumes and instances join what no request id does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..record import Record

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
UUID = re.compile(_UUID)
_REQUEST = re.compile(rf"req-({_UUID})")
_DOMAIN = re.compile(r"\binstance-[0-9a-f]{8}\b")
# Kind by what stands before the uuid: URL paths, words, event names. Networks, images, projects, users and
# flavors are shared by many requests and are not followed.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "instance",
        re.compile(
            rf"(?:/servers/|/allocations/|\b[Ii]nstance[ :=]+'?|server_uuid'?: '?|\b[Ss]erver |device_id="
            rf"|Server \"[^\"]{{1,80}}\" \[)({_UUID})"  # heat prints [physical id] behind a resource's name
        ),
    ),
    (
        "port",
        re.compile(
            rf"(?:/ports/|network-vif-(?:un)?plugged[-:]|network-changed[-:]|\b[Pp]ort(?:[ _]id)?[ :=]+'?)({_UUID})"
        ),
    ),
    (
        "volume",
        re.compile(rf"(?:/volumes/|\b[Vv]olume(?:[ _]id)?[ :=-]+'?|volume-|Volume \"[^\"]{{1,80}}\" \[)({_UUID})"),
    ),
    ("attachment", re.compile(rf"(?:/attachments/|\b[Aa]ttachment(?:[ _]id)?[ :=]+'?)({_UUID})")),
    ("stack", re.compile(rf"(?:/stacks/[\w.-]+/|\b[Ss]tack(?:[ _]id)?[ :=]+'?)({_UUID})")),
)
# An access line: what was asked for, and what came of it. Eventlet, nova's request log, uWSGI, HAProxy and Apache.
_ACCESS = re.compile(
    r'"?(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (?P<url>/[^\s"]{0,1000})(?: HTTP/[\d.]{1,5})?"?'
    r"(?:.{0,12}?status: (?P<status>\d{3})|.{0,120}?\(HTTP/[\d.]{1,5} (?P<uwsgi>\d{3})\)| (?P<apache>\d{3}) \d+)"
)
# HAProxy has the status before the request: ` 200 2490 - - ---- 2/2/0/0/0 0/0 "GET /v2.1/flavors HTTP/1.1"`.
_PROXY = re.compile(
    r" (?P<status>\d{3}) \d+ \S+ \S+ \S{4} [\d/+]+ [\d/]+ .{0,200}?"
    r'"(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (?P<url>/[^\s"]{0,1000})'
)
# Longer access lines are cut: content is hostile, and the expressions must not walk through 64 KiB of it.
_ACCESS_LINE = 2048
_TIME_TAKEN = re.compile(r"\btime: (\d+\.\d+)| in (\d+) msecs| (\d+\.\d{6})$")


class Access(NamedTuple):
    """An API access line; ``seconds`` is None where the line does not say how long it took."""

    method: str
    url: str
    status: int
    seconds: float | None


def normalise(asked: str) -> str:
    """What to search for when the user gives an id: without ``req-``, lower case.

    Services print ids without the prefix too (kolla's central logs), so the bare uuid finds every form.
    """
    text = asked.strip().strip("'\"<>[](),;:.")
    lowered = text.lower().removeprefix("req-")
    return lowered if UUID.fullmatch(lowered) else text


def bare(request_id: str) -> str:
    """A request id as it is searched for."""
    return request_id.removeprefix("req-").lower()


def access(record: Record) -> Access | None:
    """The API access a record reports; None for other records."""
    message = record.message
    if "HTTP" not in message and "status: " not in message:
        return None
    message = message[:_ACCESS_LINE]
    proxied = _PROXY.search(message)
    if proxied:
        return Access(proxied.group("method"), proxied.group("url"), int(proxied.group("status")), None)
    found = _ACCESS.search(message)
    if found is None:
        return None
    taken = _TIME_TAKEN.search(message)
    seconds = None
    if taken:
        plain, millis, glance = taken.groups()
        seconds = float(plain or glance) if plain or glance else int(millis) / 1000
    status = found.group("status") or found.group("uwsgi") or found.group("apache")
    return Access(found.group("method"), found.group("url"), int(status), seconds)


def mentioned_requests(record: Record) -> set[str]:
    """Bare request ids that stand in the text of a record: of calls it made, of answers it got."""
    text = record.text if record.body else record.message
    return set(_REQUEST.findall(text)) if "req-" in text else set()


def resources(record: Record) -> Iterator[tuple[str, str]]:
    """(kind, id) of the resources a record names and that can be followed."""
    if record.instance and UUID.fullmatch(record.instance):
        yield "instance", record.instance
    text = record.message if len(record.message) < 4096 else record.message[:4096]
    for kind, pattern in _KINDS:
        for found in pattern.findall(text):
            yield kind, found
    if record.origin.path.startswith("/var/log/libvirt") or "instance-0" in text:
        for found in _DOMAIN.findall(text):
            yield "domain", found
