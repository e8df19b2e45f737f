"""``facts`` clauses tried on the facts of a machine: by ``checks`` on samples, by ``insight`` on what was fetched."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ..facts import Fact
from ..facts.kinds import shown, words, words_of_none
from ..facts.model import plain_unit
from ..services import Services
from .conditions import MISSING, met
from .model import FactClause

# A capture as a value of `where`, in square brackets where it may be missing.
CAPTURE = re.compile(r"(\[)?\{(?P<name>\w+)\}(?(1)\])$")
# In a sample of a clause what the pattern's other clauses captured, beside the keys of facts.json.
CAPTURES = "captures"
# What lies there is in memory, whatever the file system of the directory above is.
_IN_MEMORY = ("/dev/", "/proc/", "/run/", "/sys/")

Captures = Mapping[str, tuple[str, ...]]


class Supports(NamedTuple):
    """A fact that a clause holds of, in words; the fact is None where it is that there is none."""

    fact: Fact | None
    words: str

    @property
    def value(self) -> str:
        """The fact's value as a sentence has it."""
        return shown(self.fact) if self.fact else "nothing"


def supports(
    clause: FactClause, facts: Sequence[Fact], seen: Collection[str], captures: Captures, services: Services
) -> list[Supports]:
    """The facts of a machine that the clause holds of; none where the machine does not tell facts of the kind.

    ``seen`` are the services that the pattern was seen in there.
    """
    known = [fact for fact in facts if fact.name == clause.fact]
    where: dict[str, tuple[str, ...]] = {}
    for label, operands in clause.where:
        values = _values(operands, captures)
        if values:
            where[label] = values
        elif values is None:
            return []
    if clause.fact == "services" and "unit" not in where:
        wanted = clause.service or seen
        known = [fact for fact in known if _is_of(fact, wanted, services)]
    chosen = [fact for fact in known if all(_fits(fact, label, values, known) for label, values in where.items())]
    if any(name == MISSING for name, _ in clause.conditions):
        asked = {label: ", ".join(values) for label, values in where.items()}
        return [Supports(None, words_of_none(clause.fact, asked))] if known and not chosen else []
    held = [fact for fact in chosen if all(met(condition, fact.value) for condition in clause.conditions)]
    if clause.fact == "services":
        held = _of_whole_services(held, chosen, services)
    return [Supports(fact, words(fact)) for fact in held]


def _values(operands: Sequence[str], captures: Captures) -> tuple[str, ...] | None:
    """What a label may be; nothing where it may be anything, None where it takes a capture that is missing."""
    values: list[str] = []
    optional = False
    for operand in operands:
        found = CAPTURE.match(operand)
        if found is None:
            values.append(operand)
        else:
            values += captures.get(found["name"], ())
            optional = optional or operand.startswith("[")
    return tuple(values) if values or optional else None


def _is_of(fact: Fact, wanted: Collection[str], services: Services) -> bool:
    service = services.of_unit(fact.of["unit"])
    return bool(service) and any(services.matches(name, service) for name in wanted if name)


def _of_whole_services(held: Sequence[Fact], every: Sequence[Fact], services: Services) -> list[Fact]:
    """Those whose service has no other unit that the clause does not hold of: libvirtd may be off where virtqemud runs.

    The instances of one unit, `ceph-osd@3`, speak each for itself.
    """
    others = {services.of_unit(fact.of["unit"]) for fact in every if fact not in held and "@" not in fact.of["unit"]}
    return [fact for fact in held if services.of_unit(fact.of["unit"]) not in others]


def _fits(fact: Fact, label: str, values: Collection[str], known: Sequence[Fact]) -> bool:
    if label == "path":
        return fact.of["mount"] in {_mount_of(path, known) for path in values}
    if label == "unit":
        return plain_unit(fact.of["unit"]) in {plain_unit(value) for value in values}
    return fact.of.get(label) in values


def _mount_of(path: str, known: Sequence[Fact]) -> str:
    """Where the file system is mounted that a path lies on; empty where that is not known."""
    if path.startswith(_IN_MEMORY):
        return ""
    mounts = {fact.of["mount"] for fact in known}
    fitting = [mount for mount in mounts if f"{path}/".startswith(mount.rstrip("/") + "/")]
    return max(fitting, key=len, default="")
