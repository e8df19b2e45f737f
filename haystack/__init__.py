"""haystack finds the root cause of an OpenStack failure in the logs of the whole cloud.

import haystack

diagnosis = haystack.trace(["req-8d06307d-a8da-45a3-b9ad-33e93bda49ee"], logs=["/srv/logs"])
print(diagnosis.verdict, diagnosis.candidates[0].title)

triage = haystack.triage(logs=["/srv/logs"])
print([(cause.cause, cause.reach.requests.count) for cause in triage.candidates])

for record in haystack.find("No valid host", logs=["/srv/logs"]):
    print(record.time, record.origin.node, record.message)

health = haystack.health(logs=["/srv/logs"])
print(health.state, [(result.check.id, row.says) for result in health.results for row in result.rows])

for row in haystack.timings(logs=["/srv/logs"]).routes:
    print(row.key.server.service, row.key.method, row.key.route, row.tally.count, row.tally.durations.percentile(95))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .pipeline import find as find
    from .pipeline import health as health
    from .pipeline import timings as timings
    from .pipeline import trace as trace
    from .pipeline import triage as triage

__all__ = ["__version__", "find", "health", "timings", "trace", "triage"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: `haystack --help` must not pay for the scanner.
    if name in ("find", "health", "timings", "trace", "triage"):
        from . import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
