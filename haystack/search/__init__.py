"""Search: the question (``Query``), and the engines that answer it."""

from .query import Coverage, Engine, Query, Trouble

__all__ = ["Coverage", "Engine", "Query", "Trouble"]
