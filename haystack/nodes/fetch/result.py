"""A node's fetch as the row of ``haystack/fetch-1`` (docs/fetch-1.schema.json): in the answer, and kept in the tree."""

from __future__ import annotations

from typing import Any

from .model import NodeFetch, Refusal

SCHEMA = "haystack/fetch-1"


def row(fetch: NodeFetch, asked: str) -> dict[str, Any]:
    """The node's row; ``asked`` is when it was last tried, ISO 8601."""
    return {
        "node": fetch.node,
        "state": fetch.state,
        "reason": fetch.reason or None,
        "says": fetch.says or None,
        "fix": fetch.fix or None,
        "asked": asked,
        "fetched": fetch.fetched or None,
        "transport": fetch.transport or None,
        "seconds": round(fetch.seconds, 3),
        "files": {
            "new": fetch.new,
            "changed": fetch.changed,
            "unchanged": fetch.unchanged,
            "renamed": fetch.renamed,
            "left_out": fetch.left_out,
            "refused": fetch.refused,
            "failed": fetch.failed,
            "vanished": fetch.vanished,
        },
        "bytes": {
            "files": fetch.size,
            "moved": fetch.moved,
            "journal": fetch.journal,
            "containers": fetch.containers,
        },
        "troubles": [_trouble(trouble) for trouble in fetch.troubles],
        "notes": list(fetch.notes),
    }


def _trouble(trouble: Refusal) -> dict[str, Any]:
    # Names come from the node, and may be no UTF-8.
    path = trouble.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return {"path": path, "reason": trouble.reason, "says": trouble.says, "fix": trouble.fix or None}
