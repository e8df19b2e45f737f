"""What a tree tells of its machine besides the logs: how it is called, its zone, how far its clock was off.

``FACT_FILES`` are small files of a file system, a sos report or a fetched tree. Nothing here opens a file: whoever
walks the tree or the archive hands over the bytes.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from ..facts.files import FACTS_JSON, RESOURCES, TIMEDATECTL
from ..nodes.offset import Offset
from .clock import NodeClock

# So much of one is read; the largest TZif has 4 KiB, the units of a node with many mounts a few hundred.
MOST_BYTES = 512 << 10
_HOSTNAMES = ("hostname", "sos_commands/host/hostname")
_DATE_UTC = "sos_commands/date/date_--utc"
_DATES = ("sos_commands/date/date", "date")
FACT_FILES = (
    FACTS_JSON,
    "etc/localtime",
    "etc/timezone",
    *_HOSTNAMES,
    *_DATES,
    _DATE_UTC,
    *RESOURCES,
)
_FACTS = {tuple(name.split("/")): name for name in FACT_FILES}
# The target of a link stands in for the content of etc/localtime.
LINK = b"link:"

_NODE = re.compile(r"[A-Za-z0-9_][\w.-]{0,252}$", re.ASCII)
_DATE = re.compile(
    r"[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d)(?P<half> [AP]M)?"
    r" (?P<zone>[A-Z]{2,5}|[+-]\d\d(?:\d\d)?) (?P<year>\d{4})",
    re.ASCII,
)
# What `date` calls zones. Those with summer time follow its rule, so that a log across the change is right as well.
# CST, IST, BST and the like are no key here: each is several zones of the world.
_ABBREVIATIONS = {
    "UTC": "UTC", "GMT": "UTC", "WET": "WET", "WEST": "WET", "CET": "CET", "CEST": "CET", "EET": "EET", "EEST": "EET",
    "MSK": "Europe/Moscow", "EST": "EST5EDT", "EDT": "EST5EDT", "CDT": "CST6CDT", "MST": "MST7MDT", "MDT": "MST7MDT",
    "PDT": "PST8PDT", "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "HKT": "Asia/Hong_Kong",
    "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney", "NZST": "Pacific/Auckland", "NZDT": "Pacific/Auckland",
    "SAST": "Africa/Johannesburg", "PKT": "Asia/Karachi",
}  # fmt: skip
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d):?(\d\d)?$")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_QUARTER = timedelta(minutes=15)
# What is farther off (s) is no clock.
_FARTHEST = 10 * 366 * 86400


def fact_of(parts: Sequence[str]) -> tuple[tuple[str, ...], str] | None:
    """(directory of the machine, name of the fact) when the path is that of a fact."""
    for length in (3, 2, 1):
        name = _FACTS.get(tuple(parts[-length:])) if len(parts) >= length else None
        if name:
            return tuple(parts[:-length]), name
    return None


def hostname(facts: Mapping[str, bytes]) -> str:
    """How the machine calls itself; empty when it does not say, or only says localhost."""
    for name in _HOSTNAMES:
        text = _text(facts, name)
        if _NODE.match(text) and not text.startswith("localhost"):
            return text
    return ""


def clock(facts: Mapping[str, bytes], default: tzinfo = timezone.utc) -> tuple[NodeClock | None, str]:
    """The clock that the facts tell, or None; and in words what about them could not be understood.

    ``default`` is the zone where they only tell how far the clock is off.

    ``etc/localtime`` is what the C library reads, so it comes before ``etc/timezone``; ``facts.json``, which
    was written to be read here, before both. An offset that does not count (``Offset.counts``) is none.
    """
    problems: list[str] = []
    told = _facts_json(facts, problems)
    offset = _offset(told)
    ahead = offset.seconds if offset and offset.counts else 0.0
    found = _zone(facts, told, problems)
    if found is None and not ahead:
        return None, "; ".join(problems)
    zone, source = found or (default, "")
    if ahead:
        source = f"{source}, clock offset from facts.json" if source else "clock offset from facts.json"
    unsure = offset.uncertainty if offset else 0.0
    return NodeClock(zone, ahead, source, measured=offset is not None, uncertainty=unsure), "; ".join(problems)


def _offset(told: Mapping[str, object]) -> Offset | None:
    """The measured offset of a clock; None for what is none."""
    seconds, unsure = (_seconds(told.get(key)) for key in ("clock_offset_seconds", "clock_uncertainty_seconds"))
    return None if seconds is None else Offset(seconds, max(0.0, unsure or 0.0))


def _seconds(value: object) -> float | None:
    """A number of seconds within some years; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < _FARTHEST else None


def taken(facts: Mapping[str, bytes]) -> datetime | None:
    """When the facts were taken, in UTC; None where they do not tell."""
    at = _facts_json(facts, []).get("fetched_at")
    if isinstance(at, str):
        try:
            told = datetime.fromisoformat(at.strip()[:40].replace("Z", "+00:00"))
            return (told if told.tzinfo else told.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
        except (ValueError, OverflowError):
            return None
    here, _ = clock(facts)
    for name, known in ((_DATE_UTC, NodeClock()), *((name, here) for name in _DATES)):
        found = _DATE.search(facts.get(name, b"").decode("utf-8", "replace"))
        moment = _moment(found) if found else None
        if moment and known:
            return known.to_utc(moment)
    return None


def _zone(facts: Mapping[str, bytes], told: Mapping[str, object], problems: list[str]) -> tuple[tzinfo, str] | None:
    names = [(str(told["timezone"]), "facts.json")] if told.get("timezone") else []
    localtime = facts.get("etc/localtime", b"")
    if localtime.startswith(LINK):
        target = localtime[len(LINK) :].decode("utf-8", "replace")
        if "zoneinfo/" in target:
            names.append((target.rpartition("zoneinfo/")[2], "etc/localtime"))
    elif localtime.startswith(b"TZif"):
        zone = _tzif(localtime)
        if zone and not names:
            return zone, "from etc/localtime"
        problems += [] if zone else ["etc/localtime is damaged"]
    if facts.get("etc/timezone"):
        names.append((_text(facts, "etc/timezone"), "etc/timezone"))
    for name in TIMEDATECTL:
        found = re.search(r"^ *Time ?zone: *([\w/+-]+)", facts.get(name, b"").decode("utf-8", "replace"), re.MULTILINE)
        names += [(found.group(1), name)] if found else []
    for text, source in names:
        named = zone_named(text)
        if named:
            return named, f"from {source}"
        problems.append(f'the zone "{text[:60]}" of {source} is not known')
    return _zone_of_date(facts, problems)


def zone_named(text: str) -> tzinfo | None:
    """``Europe/Berlin``, ``CET``, ``UTC`` or ``+05:30`` as a zone; None for what is none."""
    text = text.strip()
    if text.upper() in ("UTC", "Z", "ETC/UTC"):
        return timezone.utc
    found = _OFFSET.match(text)
    if found:
        minutes = int(found.group(2)) * 60 + int(found.group(3) or 0)
        return timezone(timedelta(minutes=-minutes if found.group(1) == "-" else minutes)) if minutes < 1440 else None
    try:
        return ZoneInfo(text)
    except (ValueError, KeyError, OSError):  # a name that is a path or a directory, a broken file, an unknown zone
        return None


def _tzif(data: bytes) -> tzinfo | None:
    """The zone of a TZif file, called by its rule (``CET-1CEST,M3.5.0,M10.5.0/3``): it does not hold its name."""
    rule = data.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii", "replace")
    try:
        return ZoneInfo.from_file(io.BytesIO(data), key=rule if rule.isprintable() and len(rule) < 60 else "localtime")
    except Exception:  # noqa: BLE001 - zoneinfo answers damaged files with struct.error, IndexError and others
        return None


def _zone_of_date(facts: Mapping[str, bytes], problems: list[str]) -> tuple[tzinfo, str] | None:
    """The zone of what `date` said; by the difference from `date --utc` where the letters are of several zones."""
    for name in _DATES:
        found = _DATE.search(facts.get(name, b"").decode("utf-8", "replace"))
        if not found:
            continue
        letters = found["zone"]
        zone = zone_named(_ABBREVIATIONS.get(letters, letters if letters[0] in "+-" else "?"))
        if zone:
            return zone, f"from {name} ({letters})"
        world = _DATE.search(facts.get(_DATE_UTC, b"").decode("utf-8", "replace"))
        here, there = _moment(found), _moment(world) if world else None
        if here and there and abs(here - there) < timedelta(hours=15):
            return timezone(round((here - there) / _QUARTER) * _QUARTER), f"from {name} and date_--utc"
        problems.append(f"the zone {letters} of {name} is several zones of the world; give it with --tz")
    return None


def _moment(found: re.Match[str]) -> datetime | None:
    half = found["half"] or ""
    try:
        day = datetime(int(found["year"]), _MONTHS.index(found["month"]) + 1, int(found["day"]))
        hours, minutes, seconds = map(int, found["clock"].split(":"))
        return day + timedelta(
            hours=hours % 12 + 12 * ("P" in half) if half else hours, minutes=minutes, seconds=seconds
        )
    except ValueError:
        return None


def _facts_json(facts: Mapping[str, bytes], problems: list[str]) -> dict[str, object]:
    if "facts.json" not in facts:
        return {}
    try:
        told = json.loads(facts["facts.json"])
    except (ValueError, RecursionError):
        problems.append("facts.json is no JSON")
        return {}
    return told if isinstance(told, dict) else {}


def _text(facts: Mapping[str, bytes], name: str) -> str:
    """The first line of a fact that is neither empty nor a comment."""
    lines = (line.strip() for line in facts.get(name, b"").decode("utf-8", "replace").splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")
