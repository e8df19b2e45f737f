"""The closed vocabulary of facts: which there are, by what labels they are told apart, and how they are said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .model import Fact

# So much of a name or value that a machine tells is said.
_LONGEST = 120


class Kind(NamedTuple):
    """A kind of facts.

    ``words`` say one, with ``{value}`` and its labels; ``otherwise`` says one that is ``false``. ``nothing`` says that
    there is none, with the labels that were asked for; empty where that would mean nothing. ``number`` is set where the
    value is one, said with so many ``digits`` behind the point.
    """

    what: str
    words: str
    labels: tuple[str, ...] = ()
    number: bool = True
    otherwise: str = ""
    nothing: str = ""
    digits: int = 1


KINDS = {
    "filesystems.used_percent": Kind(
        "space of a file system that is used, in percent",
        "{mount} is {value} % full",
        ("mount", "path", "device", "type"),
    ),
    "filesystems.inodes_percent": Kind(
        "inodes of a file system that are used, in percent",
        "{value} % of the inodes of {mount} are used",
        ("mount", "path", "device", "type"),
    ),
    "memory.available_percent": Kind(
        "memory that programs can still get, in percent of all", "{value} % of the memory is available"
    ),
    "memory.swap_free_percent": Kind("swap that is free, in percent of all", "{value} % of the swap is free"),
    "load.per_cpu": Kind("load of the last five minutes for each CPU", "the load is {value} for each of {cpus} CPUs"),
    "oom_kills": Kind(
        "processes that the kernel killed for want of memory since it was booted",
        "{value} killed for want of memory since it was booted",
    ),
    "services": Kind(
        "state of a systemd unit (`active`, `inactive`, `failed`) or a container (`up`, `exited`, `created`)",
        "{unit} is {state}",
        ("unit",),
        number=False,
    ),
    "failed_units": Kind("how many units systemd counts as failed", "units that failed: {value}"),
    "time.synchronised": Kind(
        "whether the clock is synchronised, `true` or `false`",
        "the clock is synchronised",
        number=False,
        otherwise="the clock is not synchronised",
    ),
    "clock_offset_seconds": Kind(
        "how far the clock is off, ahead or behind, in seconds", "the clock is {value} s off", digits=3
    ),
    "packages": Kind(
        "version of an installed package",
        "{package} is {value}",
        ("package",),
        number=False,
    ),
    "listening": Kind(
        "process that listens on a port; may be empty",
        "{value} listens on port {port}",
        ("port", "protocol", "address"),
        number=False,
        nothing="nothing listens on port {port}",
    ),
}


def words(fact: Fact) -> str:
    """The fact as a part of a sentence: ``/var is 100 % full``."""
    kind = KINDS[fact.name]
    template = kind.otherwise if kind.otherwise and fact.value == "false" else kind.words
    return template.format_map({"value": shown(fact), **{label: _cut(text) for label, text in fact.of.items()}})


def words_of_none(name: str, asked: Mapping[str, str]) -> str:
    """In words that a machine has no such fact, with the labels that were asked for."""
    return KINDS[name].nothing.format_map({**dict.fromkeys(KINDS[name].labels, "?"), **asked})


def shown(fact: Fact) -> str:
    """The value as a sentence has it: of a number few digits behind the point, and none where all are zero."""
    kind = KINDS[fact.name]
    if kind.number:
        return f"{float(fact.value):.{kind.digits}f}".removesuffix("." + "0" * kind.digits)
    return _cut(fact.value) or "a process that is not named"


def _cut(text: str) -> str:
    """A text of a machine on one line, not longer than a sentence bears."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
