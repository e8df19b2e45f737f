"""What can go wrong, as one tree, so that a caller can catch as much or as little as it wants.

HaystackError
├── UsageError            what was asked for makes no sense (exit 2)
├── LibraryError          a pattern file is broken, or none could be loaded (exit 2)
├── SourceError           the place to read logs from cannot be used at all (exit 2)
├── SettingsError         haystack.yaml or another inventory is wrong (exit 2)
├── WorkerError           a worker process died (exit 2)
├── NodeError             one node cannot be reached, or not used; the others go on (exit 3)
└── UnreadableError       one file could not be read; the others go on (exit 3)
"""

from __future__ import annotations


class HaystackError(Exception):
    """Root of all errors haystack raises on purpose; its text is a sentence for the operator."""


class UsageError(HaystackError):
    """What was asked for makes no sense; the text says what to try."""


class LibraryError(HaystackError):
    """A pattern file is broken; the text names file, line, key and what was probably meant."""


class SourceError(HaystackError):
    """A log source as a whole cannot be used: it does not exist or is no directory of logs."""


class SettingsError(HaystackError):
    """The inventory is wrong; the text names file, line, key and what was probably meant."""


class WorkerError(HaystackError):
    """A worker process ended without an answer (killed, out of memory)."""


class UnreadableError(HaystackError):
    """One file could not be read, or not to its end. Kept in the coverage; the run goes on."""


class NodeError(HaystackError):
    """A node cannot be reached or used. ``reason`` is a word of ``nodes.reasons``, ``fix`` what to try."""

    def __init__(self, node: str, reason: str, says: str, fix: str = "") -> None:
        super().__init__(f"{node}: {says}" + (f"; {fix}" if fix else ""))
        self.node = node
        self.reason = reason
        self.says = says
        self.fix = fix
