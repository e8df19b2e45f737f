"""The clauses about settings and facts in words, for ``haystack patterns show``."""

from __future__ import annotations

from collections.abc import Iterable

from .model import Condition, Pattern


def supporting(pattern: Pattern) -> list[str]:
    """What makes a pattern likelier, a line each: settings, then facts."""
    lines = []
    for setting in pattern.config:
        section = f"[{setting.section}] " if setting.section else ""
        name = f"{_listed(setting.service)} {section}{setting.option}".strip()
        lines.append(f"setting {name} {_conditions(setting.conditions)}: {setting.says}")
    for fact in pattern.facts:
        where = "".join(f", {label} {_listed(values)}" for label, values in fact.where)
        of = f" of {_listed(fact.service)}" if fact.service else ""
        lines.append(f"fact {fact.fact}{of}{where} {_conditions(fact.conditions)}: {fact.says}")
    return lines


def _conditions(conditions: Iterable[Condition]) -> str:
    return " and ".join(f"{name.replace('_', ' ')} {_listed(operands)}".strip() for name, operands in conditions)


def _listed(texts: Iterable[str]) -> str:
    return " or ".join(texts)
