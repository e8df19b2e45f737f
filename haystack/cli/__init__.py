"""The command line: click and nothing but. Options become settings, the pipeline does the work, a report prints."""

from __future__ import annotations

import sys


def main() -> None:
    """The ``haystack`` command. Imports happen inside, so that ^C while they do ends as quietly as later."""
    try:
        from .main import run

        sys.exit(run())
    except KeyboardInterrupt:
        sys.exit(130)


__all__ = ["main"]
