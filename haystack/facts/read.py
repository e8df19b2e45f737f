"""Facts read: ``facts.json``, and what sos keeps of the same.

Every fact comes with the file it is from. What is missing or damaged is left out: a report without facts is none the
worse. A file of facts is as hostile as a log: every repetition of an expression is bounded.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from .files import DF, DF_INODES, FACTS_JSON, FREE, LSCPU, MEMINFO, TIMEDATECTL, TRACKING, UNITS, UPTIME
from .model import Fact, Told, plain_unit

# Of one kind so many are read. A compute node has a mount for each volume, some hundred units and packages.
_MOST = 5000
# Full by nature: images, and what a container sees of the disk of its host.
_FULL_BY_NATURE = re.compile(r"/dev/(?:loop|sr)\d|/snap/|/var/lib/(?:docker|containers|kubelet)/")
_DF = re.compile(
    r"^(?P<device>(?:/|[\w.\[\]:-]{1,255}:)\S{0,1000})(?: +\S{1,40}){3} +(?P<percent>\d{1,3})% +"
    r"(?P<mount>/[^\n]{0,4096})",
    re.ASCII | re.MULTILINE,
)
_UNIT = re.compile(
    r"^[●* ]{0,8}(?P<unit>[\w@.:\\-]{1,255}\.[a-z]{1,20}) +\S{1,20} +(?P<state>[a-z-]{1,20}) +\S", re.MULTILINE
)
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

Document = Mapping[str, object]
Texts = Mapping[str, str]


def facts_of(files: Mapping[str, bytes]) -> tuple[Fact, ...]:
    """The facts of a machine, by the names of its files of facts."""
    texts = {name: data.decode("utf-8", "replace") for name, data in files.items()}
    document = document_of(texts.get(FACTS_JSON, ""))
    found: list[Fact] = []
    for from_json, from_sos in _READERS:
        # facts.json was written to be read here; where it says nothing, sos's files do.
        found += list(from_json(document)) or list(from_sos(texts))
    return tuple(found)


def document_of(text: str) -> dict[str, object]:
    """The document of a ``facts.json``; an empty one for what is none."""
    try:
        told = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _first(texts: Texts, names: Sequence[str]) -> tuple[str, str]:
    """Name and text of the first file that is there and not empty."""
    return next(((name, texts[name]) for name in names if texts.get(name, "").strip()), ("", ""))


def _line(name: str, text: str, found: re.Match[str]) -> Told:
    end = text.find("\n", found.end())
    start = text.rfind("\n", 0, found.start()) + 1
    return Told(name, text.count("\n", 0, found.start()) + 1, text[start : end if end >= 0 else len(text)].strip())


def _json(key: str, value: object) -> Told:
    return Told(FACTS_JSON, 0, f"{key}: {json.dumps(value, ensure_ascii=False)}")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e18 and math.isfinite(value) else None


def _rows(value: object) -> Iterator[dict[str, object]]:
    """The mappings in a list; nothing of what is no list."""
    for row in value[:_MOST] if isinstance(value, list) else ():
        if isinstance(row, dict):
            yield row


def _fact(name: str, value: float | str, told: Told, **of: object) -> Fact:
    """A fact; labels that are no text are left out."""
    text = value if isinstance(value, str) else f"{value:.6f}".rstrip("0").rstrip(".")
    return Fact(name, text, {label: label_of for label, label_of in of.items() if isinstance(label_of, str)}, told)


def _json_disks(document: Document) -> Iterator[Fact]:
    """Space and inodes of each file system."""
    for row in _rows(document.get("filesystems")):
        if not isinstance(row.get("mount"), str) or not row["mount"]:
            continue
        for key in ("used_percent", "inodes_percent"):
            percent = _number(row.get(key))
            if percent is not None:
                told = _json("filesystems", row)
                labels = {label: row.get(label) for label in ("mount", "device", "type")}
                yield _fact(f"filesystems.{key}", percent, told, **labels)


def _sos_disks(texts: Texts) -> Iterator[Fact]:
    for names, key in ((DF, "used_percent"), (DF_INODES, "inodes_percent")):
        name, text = _first(texts, names)
        devices: set[str] = set()  # one that is mounted twice is full once
        for found in _DF.finditer(text):
            device, mount = found["device"], found["mount"]
            if device not in devices and not _FULL_BY_NATURE.search(f"{device} {mount}/"):
                devices.add(device)
                told = _line(name, text, found)
                yield _fact(f"filesystems.{key}", float(found["percent"]), told, mount=mount, device=device)


def _json_memory(document: Document) -> Iterator[Fact]:
    memory = document.get("memory")
    if isinstance(memory, dict):
        for key, total, free in (
            ("available_percent", "total_bytes", "available_bytes"),
            ("swap_free_percent", "swap_total_bytes", "swap_free_bytes"),
        ):
            whole, part = _number(memory.get(total)), _number(memory.get(free))
            if whole and part is not None:
                yield _fact(f"memory.{key}", part / whole * 100, _json("memory", memory))


def _sos_memory(texts: Texts) -> Iterator[Fact]:
    for names, expression in (((MEMINFO,), _MEMINFO), (FREE, _FREE)):
        name, text = _first(texts, names)
        found = expression.search(text)
        if found and float(found["total"]):
            percent = float(found["available"]) / float(found["total"]) * 100
            yield _fact("memory.available_percent", percent, _line(name, text, found))
            return


def _json_kills(document: Document) -> Iterator[Fact]:
    kills = _number(document.get("oom_kills"))
    if kills is not None:
        yield _fact("oom_kills", kills, _json("oom_kills", document["oom_kills"]))


def _json_load(document: Document) -> Iterator[Fact]:
    values = document.get("load")
    load = _number(values[1]) if isinstance(values, list) and len(values) == 3 else None
    cpus = _number(document.get("cpus"))
    if load is not None and cpus:
        yield _fact("load.per_cpu", load / cpus, _json("load", values), cpus=f"{cpus:.0f}")


def _sos_load(texts: Texts) -> Iterator[Fact]:
    name, text = _first(texts, UPTIME)
    found = _LOAD.search(text)
    counted = _CPUS.search(texts.get(LSCPU, ""))
    if found and counted and float(counted["cpus"]):
        per_cpu = float(found["load"]) / float(counted["cpus"])
        yield _fact("load.per_cpu", per_cpu, _line(name, text, found), cpus=counted["cpus"])


def _json_services(document: Document) -> Iterator[Fact]:
    """How many units failed, the state of each of them, and of all others that are told."""
    failed = document.get("failed_units")
    known: set[str] = set()
    if isinstance(failed, list):
        units = [unit for unit in failed[:_MOST] if isinstance(unit, str)]
        yield _fact("failed_units", float(len(units)), _json("failed_units", failed[:10]))
        for unit in units:
            known.add(plain_unit(unit))
            yield _state(unit, "failed", _json("failed_units", unit))
    for key in ("services", "containers"):
        states = document.get(key)
        for unit, state in list(states.items())[:_MOST] if isinstance(states, dict) else ():
            if isinstance(state, str) and state.strip() and plain_unit(unit) not in known:
                yield _state(unit, state, _json(key, {unit: state}))


def _sos_services(texts: Texts) -> Iterator[Fact]:
    name, text = _first(texts, UNITS)
    if name and ("loaded" in text or "UNIT" in text):
        failed = sum(found["state"] == "failed" for found in _UNIT.finditer(text))
        yield _fact("failed_units", float(failed), Told(name, 1, text.strip().split("\n")[0]))
    known: set[str] = set()  # the list of those that failed has no others
    for name in UNITS:
        text = texts.get(name, "")
        for found in _UNIT.finditer(text):
            if found["unit"] not in known and len(known) < _MOST:
                known.add(found["unit"])
                yield _state(found["unit"], found["state"], _line(name, text, found))


def _state(unit: str, state: str, told: Told) -> Fact:
    """``active (running)`` is active, ``Exited (137) 3 hours ago`` is exited."""
    state = state.strip()
    state = state[0].lower() + state[1:]
    return _fact("services", state.split()[0], told, unit=unit, state=state)


def _json_clock(document: Document) -> Iterator[Fact]:
    offset = _number(document.get("clock_offset_seconds"))
    if offset is not None:
        yield _fact("clock_offset_seconds", abs(offset), _json("clock_offset_seconds", offset))
    time = document.get("time")
    if isinstance(time, dict) and isinstance(time.get("synchronised"), bool):
        yield _synchronised(time["synchronised"], _json("time", time))


def _sos_clock(texts: Texts) -> Iterator[Fact]:
    name, text = _first(texts, TRACKING)
    found = _OFFSET.search(text)
    if found:
        yield _fact("clock_offset_seconds", float(found["seconds"]), _line(name, text, found))
    leap = _LEAP.search(text)
    if leap:
        yield _synchronised(not leap["answer"].startswith("Not sync"), _line(name, text, leap))
        return
    name, text = _first(texts, TIMEDATECTL)
    answer = _SYNCHRONISED.search(text)
    if answer:
        yield _synchronised(answer["answer"] == "yes", _line(name, text, answer))


def _synchronised(answer: bool, told: Told) -> Fact:
    return _fact("time.synchronised", "true" if answer else "false", told)


def _json_packages(document: Document) -> Iterator[Fact]:
    packages = document.get("packages")
    for package, version in list(packages.items())[:_MOST] if isinstance(packages, dict) else ():
        if isinstance(version, str):
            yield _fact("packages", version, _json("packages", {package: version}), package=package)


def _json_listening(document: Document) -> Iterator[Fact]:
    for row in _rows(document.get("listening")):
        port = _number(row.get("port"))
        if port is not None:
            process = row.get("process")
            labels = {"port": f"{port:.0f}", "protocol": row.get("protocol"), "address": row.get("address")}
            yield _fact("listening", process if isinstance(process, str) else "", _json("listening", row), **labels)


def _nothing(_texts: Texts) -> Iterator[Fact]:
    return iter(())


# facts.json, and what stands in where it says nothing.
_READERS: tuple[tuple[Callable[[Document], Iterator[Fact]], Callable[[Texts], Iterator[Fact]]], ...] = (
    (_json_disks, _sos_disks),
    (_json_memory, _sos_memory),
    (_json_kills, _nothing),
    (_json_load, _sos_load),
    (_json_services, _sos_services),
    (_json_clock, _sos_clock),
    (_json_packages, _nothing),
    (_json_listening, _nothing),
)
