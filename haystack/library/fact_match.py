"""``facts`` clauses tried on the facts of a machine: by ``checks`` on samples, by ``insight`` on what was fetched."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
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
# `fetch` brings no more of a list: what is not in one so long may be missing from it alone.
_WHOLE = 500
# What lies there is in memory, whatever the file system of the directory above is.
_IN_MEMORY = ("/dev/", "/proc/", "/run/", "/sys/")

Captures = Mapping[str, tuple[str, ...]]


class Supports(NamedTuple):
    """A fact that a clause holds of, in words; the fact is None where it is that there is none. ``of`` tells of what it
    is, or what was asked for."""

    fact: Fact | None
    words: str
    of: Mapping[str, str]

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
    where: dict[str, Collection[str]] = {}
    for label, operands in clause.where:
        values = _values(operands, captures)
        if values:
            where[label] = values
        elif values is None:
            return []
    if clause.fact == "services" and "unit" not in where:
        wanted = clause.service or seen
        known = [fact for fact in known if _is_of(fact, wanted, services)]
    fitting = {**where, "path": _mounts_of(where["path"], known)} if "path" in where else where
    chosen = [fact for fact in known if all(_fits(fact, label, values) for label, values in fitting.items())]
    if any(name == MISSING for name, _ in clause.conditions):
        asked = {label: ", ".join(values) for label, values in where.items()}
        whole = 0 < len(known) < _WHOLE
        return [Supports(None, words_of_none(clause.fact, asked), asked)] if whole and not chosen else []
    held = [fact for fact in chosen if all(met(condition, fact.value) for condition in clause.conditions)]
    if clause.fact == "services":
        held = _of_whole_services(held, chosen, services)
    return [Supports(fact, words(fact), fact.of) for fact in held]


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
    holding = {fact.of["unit"] for fact in held}
    others = {services.of_unit(name) for fact in every if "@" not in (name := fact.of["unit"]) and name not in holding}
    return [fact for fact in held if services.of_unit(fact.of["unit"]) not in others]


def _fits(fact: Fact, label: str, values: Collection[str]) -> bool:
    if label == "path":
        return fact.of["mount"] in values
    if label == "unit":
        return plain_unit(fact.of["unit"]) in {plain_unit(value) for value in values}
    return fact.of.get(label) in values


def _mounts_of(paths: Iterable[str], known: Sequence[Fact]) -> set[str]:
    """Where the file systems are mounted that paths lie on, as far as that is known."""
    mounts = {fact.of["mount"] for fact in known}
    found = set()
    for path in paths:
        above = [mount for mount in mounts if f"{path}/".startswith(mount.rstrip("/") + "/")]
        if above and not path.startswith(_IN_MEMORY):
            found.add(max(above, key=len))
    return found
