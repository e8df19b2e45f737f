"""Correlation: from an id to all records that belong together, and the clocks that put them in order."""

from .trace import Trace

__all__ = ["Trace"]
