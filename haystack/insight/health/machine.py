"""What the facts of a machine say of its disks, memory, load, units and clock: ``facts.json``, and what sos keeps.

Every figure comes with the file it is from. What is missing or damaged is left out: a report without facts is none the
worse.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...search.facts import DF, DF_INODES, FREE, LSCPU, MEMINFO, TIMEDATECTL, TRACKING, UNITS, UPTIME
from ...services import Services
from .model import AMBER, GREEN, RED, Row, Told

_FULL, _NEARLY_FULL = 95.0, 85.0
_NO_MEMORY, _LITTLE_MEMORY = 5.0, 10.0
_BUSY = 2.0
_FAR_OFF, _OFF = 30.0, 1.0
# Of one kind of facts so many that are wrong are told.
_MOST = 50
_SUFFIX = re.compile(r"(?:@.*)?\.service$")
# Units of these are known, and no cloud stands on them.
_OF_THE_SYSTEM = frozenset(("systemd", "syslog", "kernel", "cloud-init", "sshd", "audit", "snmpd", "juju"))
# Full by nature: images, and what a container sees of the disk of its host.
_FULL_BY_NATURE = re.compile(r"/dev/(?:loop|sr)\d|/snap/|/var/lib/(?:docker|containers|kubelet)/")
# Every repetition is bounded: a file of facts is as hostile as a log.
_DF = re.compile(
    r"^(?P<device>(?:/|[\w.\[\]:-]{1,255}:)\S{0,1000})(?: +\S{1,40}){3} +(?P<percent>\d{1,3})% +"
    r"(?P<mount>/[^\n]{0,4096})",
    re.ASCII | re.MULTILINE,
)
_UNIT = re.compile(r"^[●* ]{0,8}(?P<unit>[\w@.:\\-]{1,255}\.[a-z]{1,20}) +\S{1,20} +failed +\S", re.MULTILINE)
_LOAD = re.compile(r"load averages?: *\d{1,9}(?:\.\d{1,9})?,? +(?P<load>\d{1,9}(?:\.\d{1,9})?)", re.ASCII)
_CPUS = re.compile(r"^CPU\(s\): +(?P<cpus>\d{1,9})", re.ASCII | re.MULTILINE)
_SYNCHRONISED = re.compile(r"^ *(?:System clock|NTP) synchronized: (?P<answer>yes|no)\b", re.MULTILINE)
_LEAP = re.compile(r"^Leap status +: (?P<answer>\S[^\n]{0,80})", re.MULTILINE)
_OFFSET = re.compile(
    r"^System time +: (?P<seconds>\d{1,12}(?:\.\d{1,12})?) seconds (?:slow|fast) of NTP time", re.ASCII | re.MULTILINE
)
_MEMINFO = re.compile(
    r"^MemTotal: +(?P<total>\d{1,18}) kB\n(?:[^\n]*\n)??MemAvailable: +(?P<available>\d{1,18}) kB",
    re.ASCII | re.MULTILINE,
)
_FREE = re.compile(r"^Mem: +(?P<total>\d{1,18})(?: +\d{1,18}){4} +(?P<available>\d{1,18})", re.ASCII | re.MULTILINE)


class Fact(NamedTuple):
    """What a fact says of a subject: the state it is in, in words, and the line that tells."""

    check: str
    state: str
    subject: str
    says: str
    told: Told


def facts_of(files: Mapping[str, bytes]) -> tuple[Fact, ...]:
    """What the facts of a machine say, by the names of ``search.facts.FACT_FILES``; GREEN where all is well."""
    texts = {name: data.decode("utf-8", "replace") for name, data in files.items()}
    document = _document(texts.get("facts.json", ""))
    found: list[Fact] = []
    for reader in (_disks, _memory, _load, _units, _clock):
        # facts.json was written to be read here; where it says nothing, sos's files do.
        found += list(reader(document, {})) or list(reader({}, texts))
    return tuple(found)


def machine_rows(check: str, machines: Mapping[str, Sequence[Fact]], services: Services) -> list[Row]:
    """Rows of a check, one for each fact; those where all is well too. A failed unit of a known service is red."""
    return [
        Row(_state(fact, services), (node,), fact.subject, fact.says, count=1, told=fact.told)
        for node, facts in sorted(machines.items())
        for fact in facts
        if fact.check == check
    ]


def _state(fact: Fact, services: Services) -> str:
    if fact.check != "units" or fact.state == GREEN:
        return fact.state
    service = services.of_name(_SUFFIX.sub("", fact.subject))
    return RED if service and service not in _OF_THE_SYSTEM else AMBER


def _document(text: str) -> dict[str, object]:
    try:
        told = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _first(texts: Mapping[str, str], names: Sequence[str]) -> tuple[str, str]:
    """Name and text of the first file that is there and not empty."""
    return next(((name, texts[name]) for name in names if texts.get(name, "").strip()), ("", ""))


def _line(name: str, text: str, found: re.Match[str]) -> Told:
    end = text.find("\n", found.end())
    start = text.rfind("\n", 0, found.start()) + 1
    return Told(name, text.count("\n", 0, found.start()) + 1, text[start : end if end >= 0 else len(text)].strip())


def _json(key: str, value: object) -> Told:
    return Told("facts.json", 0, f"{key}: {json.dumps(value, ensure_ascii=False)}")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e18 and math.isfinite(value) else None


def _worse(value: float, red: float, amber: float) -> str:
    return RED if value >= red else AMBER if value >= amber else GREEN


def _disks(document: Mapping[str, object], texts: Mapping[str, str]) -> Iterator[Fact]:
    """Space and inodes of each file system that is nearly full, or one fact that none is."""
    wrong: list[Fact] = []
    fullest: Fact | None = None
    for mount, percent, kind, told in (*_json_disks(document), *_df(texts)):
        fact = Fact("disk", _worse(percent, _FULL, _NEARLY_FULL), mount, f"{percent:.0f} % of {kind} used", told)
        wrong += [fact] if fact.state != GREEN else []
        fullest = fullest or fact
    yield from wrong[:_MOST]
    if fullest and not wrong:
        yield fullest._replace(subject="", says="no file system is nearly full")


def _json_disks(document: Mapping[str, object]) -> Iterator[tuple[str, float, str, Told]]:
    rows = document.get("filesystems")
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict) or not isinstance(row.get("mount"), str):
            continue
        for key, kind in (("used_percent", "its space"), ("inodes_percent", "its inodes")):
            percent = _number(row.get(key))
            if percent is not None:
                yield row["mount"], percent, kind, _json("filesystems", row)


def _df(texts: Mapping[str, str]) -> Iterator[tuple[str, float, str, Told]]:
    for names, kind in ((DF, "its space"), (DF_INODES, "its inodes")):
        name, text = _first(texts, names)
        devices: set[str] = set()  # one that is mounted twice is full once
        for found in _DF.finditer(text):
            if found["device"] not in devices and not _FULL_BY_NATURE.search(f"{found['device']} {found['mount']}/"):
                devices.add(found["device"])
                yield found["mount"], float(found["percent"]), kind, _line(name, text, found)


def _memory(document: Mapping[str, object], texts: Mapping[str, str]) -> Iterator[Fact]:
    memory = document.get("memory")
    if isinstance(memory, dict):
        total, available = _number(memory.get("total_bytes")), _number(memory.get("available_bytes"))
        if total and available is not None:
            yield _available(available / total * 100, _json("memory", memory))
    kills = _number(document.get("oom_kills"))
    if kills:
        says = f"the kernel killed {kills:.0f} for want of memory since it was booted"
        yield Fact("memory", AMBER, "", says, _json("oom_kills", document["oom_kills"]))
    for names, expression in (((MEMINFO,), _MEMINFO), (FREE, _FREE)):
        name, text = _first(texts, names)
        found = expression.search(text)
        if found and float(found["total"]):
            yield _available(float(found["available"]) / float(found["total"]) * 100, _line(name, text, found))
            return


def _available(percent: float, told: Told) -> Fact:
    state = RED if percent < _NO_MEMORY else AMBER if percent < _LITTLE_MEMORY else GREEN
    return Fact("memory", state, "", f"{percent:.0f} % of the memory is available", told)


def _load(document: Mapping[str, object], texts: Mapping[str, str]) -> Iterator[Fact]:
    told: Told | None = None
    values = document.get("load")
    load = _number(values[1]) if isinstance(values, list) and len(values) == 3 else None
    cpus = _number(document.get("cpus"))
    if load is not None:
        told = _json("load", values)
    else:
        name, text = _first(texts, UPTIME)
        found = _LOAD.search(text)
        counted = _CPUS.search(texts.get(LSCPU, ""))
        if found and counted:
            load, cpus, told = float(found["load"]), float(counted["cpus"]), _line(name, text, found)
    if load is not None and cpus and told:
        state = AMBER if load > _BUSY * cpus else GREEN
        yield Fact("load", state, "", f"load {load:.1f} over five minutes on {cpus:.0f} CPUs", told)


def _units(document: Mapping[str, object], texts: Mapping[str, str]) -> Iterator[Fact]:
    """Each failed unit, or one fact that there is none. Which of them matter to a cloud ``judge`` knows."""
    failed = document.get("failed_units")
    if isinstance(failed, list):
        names = [unit for unit in failed if isinstance(unit, str)]
        for unit in names[:_MOST]:
            yield Fact("units", AMBER, unit, f"{unit} failed", _json("failed_units", unit))
        if not names:
            yield Fact("units", GREEN, "", "no unit failed", _json("failed_units", failed))
    name, text = _first(texts, UNITS)
    units = {found["unit"]: found for found in _UNIT.finditer(text)}
    for unit, found in list(units.items())[:_MOST]:
        yield Fact("units", AMBER, unit, f"{unit} failed", _line(name, text, found))
    if name and not units and ("loaded" in text or "UNIT" in text):
        yield Fact("units", GREEN, "", "no unit failed", Told(name, 1, text.strip().split("\n")[0]))


def _clock(document: Mapping[str, object], texts: Mapping[str, str]) -> Iterator[Fact]:
    offset = _number(document.get("clock_offset_seconds"))
    if offset is not None:
        yield _off(abs(offset), _json("clock_offset_seconds", offset))
    time = document.get("time")
    if isinstance(time, dict) and isinstance(time.get("synchronised"), bool):
        yield _synchronised(time["synchronised"], _json("time", time))
    name, text = _first(texts, TRACKING)
    found = _OFFSET.search(text)
    if found:
        yield _off(float(found["seconds"]), _line(name, text, found))
    leap = _LEAP.search(text)
    if leap:
        yield _synchronised(not leap["answer"].startswith("Not sync"), _line(name, text, leap))
        return
    name, text = _first(texts, TIMEDATECTL)
    answer = _SYNCHRONISED.search(text)
    if answer:
        yield _synchronised(answer["answer"] == "yes", _line(name, text, answer))


def _off(seconds: float, told: Told) -> Fact:
    return Fact("time", _worse(seconds, _FAR_OFF, _OFF), "offset", f"the clock is {seconds:.3g} s off", told)


def _synchronised(answer: bool, told: Told) -> Fact:
    says = "the clock is synchronised" if answer else "the clock is not synchronised"
    return Fact("time", GREEN if answer else AMBER, "synchronised", says, told)
