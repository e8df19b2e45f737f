"""``config`` clauses tried on values: by ``checks`` on its samples, by ``insight`` on what is configured."""

from __future__ import annotations

from .conditions import MISSING, met
from .model import ConfigClause


def holds(clause: ConfigClause, value: str | None) -> bool:
    """Whether the clause holds of a value, None for an option that is not set: then its default is meant."""
    effective = clause.default if value is None else value
    return all(
        value is None if condition[0] == MISSING else effective is not None and met(condition, effective, clause.unit)
        for condition in clause.conditions
    )
