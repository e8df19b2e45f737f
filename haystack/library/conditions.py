"""Conditions that clauses put on values: on what is configured (``config_match``), on facts (``fact_match``)."""

from __future__ import annotations

import re
from collections.abc import Callable

import regex

from .model import Condition

NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d)?$")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# What oslo.config takes for a switch; `yes` is `true`.
_SWITCH = {**dict.fromkeys(("true", "1", "on", "yes"), "true"), **dict.fromkeys(("false", "0", "off", "no"), "false")}
# An expression runs on so much of a value.
_LONGEST = 4096


def _below(value: str, operands: tuple[str, ...], unit: str) -> bool:
    number = _number(value, unit)
    return number is not None and number < float(operands[0])


def _above(value: str, operands: tuple[str, ...], unit: str) -> bool:
    number = _number(value, unit)
    return number is not None and number > float(operands[0])


def _at_least(value: str, operands: tuple[str, ...], unit: str) -> bool:
    number = _number(value, unit)
    return number is not None and number >= float(operands[0])


def _at_most(value: str, operands: tuple[str, ...], unit: str) -> bool:
    number = _number(value, unit)
    return number is not None and number <= float(operands[0])


def _equals(value: str, operands: tuple[str, ...], _unit: str) -> bool:
    return any(_alike(value, operand) for operand in operands)


def _not(value: str, operands: tuple[str, ...], unit: str) -> bool:
    return not _equals(value, operands, unit)


def _matches(value: str, operands: tuple[str, ...], _unit: str) -> bool:
    try:
        return regex.search(operands[0], value[:_LONGEST], timeout=0.25) is not None
    except TimeoutError:
        return False


OPERATORS: dict[str, Callable[[str, tuple[str, ...], str], bool]] = {
    "below": _below,
    "above": _above,
    "at_least": _at_least,
    "at_most": _at_most,
    "equals": _equals,
    "not": _not,
    "matches": _matches,
}
# Those that compare numbers.
OF_NUMBERS = frozenset(("below", "above", "at_least", "at_most"))
MISSING = "missing"


def met(condition: Condition, value: str, unit: str = "") -> bool:
    """Whether a value, in ``unit``, is as the condition says."""
    name, operands = condition
    return OPERATORS[name](value, operands, unit)


def _number(value: str, unit: str) -> float | None:
    """The value as a number of ``unit``; one with a unit of its own (``1m``) is converted."""
    found = NUMBER.match(value.strip())
    if found is None:
        return None
    own = found.group(2) or unit
    factor = _SECONDS[own] / _SECONDS[unit] if own in _SECONDS and unit in _SECONDS else 1.0
    return float(found.group(1)) * factor


def _alike(value: str, operand: str) -> bool:
    one, other = value.strip().lower(), operand.strip().lower()
    return one == other or (one in _SWITCH and _SWITCH[one] == _SWITCH.get(other))
