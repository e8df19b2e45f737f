"""The health of a cloud: one state for each thing that operators watch, with the line that tells it.

``checks`` is the table of what is looked at, ``judge`` makes of all that was seen a state for each subject of a check.
"""

from __future__ import annotations

from .checks import CHECKS
from .judge import health
from .model import AMBER, GREEN, GROUPS, NO_DATA, RED, STATES, Check, Health, Result, Row

__all__ = [
    "AMBER",
    "CHECKS",
    "GREEN",
    "GROUPS",
    "NO_DATA",
    "RED",
    "STATES",
    "Check",
    "Health",
    "Result",
    "Row",
    "health",
]
