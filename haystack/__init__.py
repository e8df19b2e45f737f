"""haystack finds the root cause of an OpenStack failure in the logs of the whole cloud.

import haystack

diagnosis = haystack.trace(["req-8d06307d-a8da-45a3-b9ad-33e93bda49ee"], logs=["/srv/logs"])
print(diagnosis.verdict, diagnosis.candidates[0].title)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .pipeline import trace as trace

__all__ = ["__version__", "trace"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: `haystack --help` must not pay for the scanner.
    if name == "trace":
        from .pipeline import trace

        return trace
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
