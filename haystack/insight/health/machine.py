"""What the facts of a machine mean for its health: how full disks may be, how much memory must be left, and so on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...facts import Fact, Told, facts_of
from ...services import Services
from .model import AMBER, GREEN, RED, Row

_FULL, _NEARLY_FULL = 95.0, 85.0
_NO_MEMORY, _LITTLE_MEMORY = 5.0, 10.0
_BUSY = 2.0
_FAR_OFF, _OFF = 30.0, 1.0
# Of one kind of facts so many that are wrong are told.
_MOST = 50
# Units of these are known, and no cloud stands on them.
_OF_THE_SYSTEM = frozenset(("systemd", "syslog", "kernel", "cloud-init", "sshd", "audit", "snmpd", "juju"))
_DISKS = {"filesystems.used_percent": "its space", "filesystems.inodes_percent": "its inodes"}


class Judged(NamedTuple):
    """What a fact says of a subject: the state it is in, in words, and the line that tells."""

    check: str
    state: str
    subject: str
    says: str
    told: Told


def judged(files: Mapping[str, bytes]) -> tuple[Judged, ...]:
    """What the facts of a machine mean, by the names of its files of facts; GREEN where all is well."""
    facts = facts_of(files)
    judges = (_disks, _memory, _load, _units, _clock)
    return tuple(found for judge in judges for found in judge(facts))


def machine_rows(check: str, machines: Mapping[str, Sequence[Judged]], services: Services) -> list[Row]:
    """Rows of a check, one for each fact; those where all is well too. A failed unit of a known service is red."""
    return [
        Row(_state(fact, services), (node,), fact.subject, fact.says, count=1, told=fact.told)
        for node, facts in sorted(machines.items())
        for fact in facts
        if fact.check == check
    ]


def _state(fact: Judged, services: Services) -> str:
    if fact.check != "units" or fact.state == GREEN:
        return fact.state
    service = services.of_unit(fact.subject)
    return RED if service and service not in _OF_THE_SYSTEM else AMBER


def _worse(value: float, red: float, amber: float) -> str:
    return RED if value >= red else AMBER if value >= amber else GREEN


def _disks(facts: Sequence[Fact]) -> Iterator[Judged]:
    """Space and inodes of each file system that is nearly full, or that none is."""
    every = [_disk(fact) for fact in facts if fact.name in _DISKS]
    wrong = [fact for fact in every if fact.state != GREEN]
    yield from wrong[:_MOST]
    if every and not wrong:
        yield every[0]._replace(subject="", says="no file system is nearly full")


def _disk(fact: Fact) -> Judged:
    percent = float(fact.value)
    says = f"{percent:.0f} % of {_DISKS[fact.name]} used"
    return Judged("disk", _worse(percent, _FULL, _NEARLY_FULL), fact.of["mount"], says, fact.told)


def _memory(facts: Sequence[Fact]) -> Iterator[Judged]:
    for fact in facts:
        number = float(fact.value) if fact.name in ("memory.available_percent", "oom_kills") else 0.0
        if fact.name == "memory.available_percent":
            state = RED if number < _NO_MEMORY else AMBER if number < _LITTLE_MEMORY else GREEN
            yield Judged("memory", state, "", f"{number:.0f} % of the memory is available", fact.told)
        elif number:
            says = f"the kernel killed {number:.0f} for want of memory since it was booted"
            yield Judged("memory", AMBER, "", says, fact.told)


def _load(facts: Sequence[Fact]) -> Iterator[Judged]:
    for fact in facts:
        if fact.name == "load.per_cpu":
            per_cpu, cpus = float(fact.value), float(fact.of["cpus"])
            says = f"load {per_cpu * cpus:.1f} over five minutes on {cpus:.0f} CPUs"
            yield Judged("load", AMBER if per_cpu > _BUSY else GREEN, "", says, fact.told)


def _units(facts: Sequence[Fact]) -> Iterator[Judged]:
    """Each failed unit, or that there is none. Which of them matter to a cloud ``machine_rows`` knows."""
    failed = [fact for fact in facts if fact.name == "services" and fact.value == "failed"]
    for fact in failed[:_MOST]:
        yield Judged("units", AMBER, fact.of["unit"], f"{fact.of['unit']} failed", fact.told)
    counted = next((fact for fact in facts if fact.name == "failed_units"), None)
    if counted and not failed:
        yield Judged("units", GREEN, "", "no unit failed", counted.told)


def _clock(facts: Sequence[Fact]) -> Iterator[Judged]:
    for fact in facts:
        if fact.name == "clock_offset_seconds":
            seconds = float(fact.value)
            says = f"the clock is {seconds:.3f} s off"
            yield Judged("time", _worse(seconds, _FAR_OFF, _OFF), "offset", says, fact.told)
        elif fact.name == "time.synchronised":
            good = fact.value == "true"
            says = f"the clock is {'' if good else 'not '}synchronised"
            yield Judged("time", GREEN if good else AMBER, "synchronised", says, fact.told)
