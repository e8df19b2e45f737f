"""The only room that knows all stages: search, correlate, diagnose, insight. One module a command.

``haystack.trace`` is this package's ``trace``; the command line calls the same.
"""

from __future__ import annotations

from ..diagnose.gate import GATES, complaints
from .check import all_usable, check_nodes
from .find import Found, find, find_as
from .health import health
from .timings import check_operations, timings
from .trace import trace
from .trees import config_drift, configuration, nodes
from .triage import triage

__all__ = [
    "GATES",
    "Found",
    "all_usable",
    "check_nodes",
    "check_operations",
    "complaints",
    "config_drift",
    "configuration",
    "find",
    "find_as",
    "health",
    "nodes",
    "timings",
    "trace",
    "triage",
]
