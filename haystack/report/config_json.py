"""``--format json`` of ``config``: the documents ``haystack/config-1`` and ``haystack/settings-1``.

Values come masked by what their options are called (``setting``); as they are compared, none is cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..insight.drift import Difference, Drift, Same
from ..masking import shown
from ..search import Coverage
from .json_report import coverage_document, printed
from .setting import SettingRow

DRIFT_SCHEMA = "haystack/config-1"
SETTINGS_SCHEMA = "haystack/settings-1"


def diff_as_json(drifts: Sequence[Drift], coverage: Coverage, logs: Sequence[str], ascii_only: bool = False) -> str:
    """The document, indented, with a line end."""
    document = {
        "schema": DRIFT_SCHEMA,
        "query": {"command": "config diff", "logs": list(logs)},
        "drifted": any(drift.drifted for drift in drifts),
        "roles": [_drift(drift) for drift in drifts],
        "coverage": coverage_document(coverage),
    }
    return printed(document, ascii_only)


def settings_as_json(
    rows: Sequence[SettingRow], coverage: Coverage, logs: Sequence[str], ascii_only: bool = False
) -> str:
    """The document, indented, with a line end."""
    document = {
        "schema": SETTINGS_SCHEMA,
        "query": {"command": "config show", "logs": list(logs)},
        "settings": [
            {
                "node": row.node,
                "service": row.service,
                "file": row.path,
                "line": row.line,
                "section": row.section,
                "option": row.option,
                "values": list(row.values),
            }
            for row in rows
        ],
        "coverage": coverage_document(coverage),
    }
    return printed(document, ascii_only)


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        "role": drift.role.name,
        "guessed_from": drift.role.guessed,
        "nodes": list(drift.role.nodes),
        "options_compared": drift.compared,
        "differences": [
            {
                "service": difference.service,
                "file": difference.path,
                "section": difference.section,
                "option": difference.option,
                "by_nature": difference.by_nature,
                "values": [_same(difference, same) for same in difference.same],
            }
            for difference in drift.differences
        ],
        "files": [
            {
                "service": partly.service,
                "file": partly.path,
                "nodes": list(partly.nodes),
                "without": list(partly.without),
            }
            for partly in drift.files
        ],
    }


def _same(difference: Difference, same: Same) -> dict[str, Any]:
    values = None
    if same.values is not None:
        values = [shown(difference.section, difference.option, value) for value in same.values]
    return {
        "values": values,
        "nodes": list(same.nodes),
        "places": [{"node": node, "file": path, "line": line} for node, (path, line) in same.places.items()],
    }
