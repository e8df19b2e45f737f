"""Ids in records: which a record carries, of what kind, and which of them lead on to other records.

How ids travel between services: neutron and placement log nova's id as the global one; clients print the id of
the server they called; ports, volumes and instances join what no request id does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..record import Record

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
UUID = re.compile(_UUID)
_HEX = re.compile(r"[0-9a-f]{32}")
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


def normalise(asked: str) -> str:
    """What to search for when the user gives an id: without ``req-``, lower case.

    Services print ids without the prefix too (kolla's central logs), so the bare uuid finds every form.
    """
    text = asked.strip().strip("'\"<>[](),;:.")
    lowered = text.lower().removeprefix("req-")
    return lowered if UUID.fullmatch(lowered) else text


def spellings(asked: str) -> tuple[str, ...]:
    """All that an id may stand for: 32 hex digits are a user's or project's id, or a uuid that lost its dashes."""
    text = normalise(asked)
    digits = text.lower().removeprefix("req-")
    if not _HEX.fullmatch(digits):
        return (text,)
    return digits, "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def bare(request_id: str) -> str:
    """A request id as it is searched for."""
    return request_id.removeprefix("req-").lower()


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
