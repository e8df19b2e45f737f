"""Which service wrote a file, a unit or a logger: the readable table ``patterns/services.yaml``, asked.

The table is the closed vocabulary of services that patterns, options and reports share.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, NamedTuple

# What rotation, compression and front ends add to a file's name: `.log.2.gz`, `-20260311`, `_error.log`.
_COMPRESSION = re.compile(r"\.(gz|xz|bz2|zst|zstd|lz4)$")
_ROTATION = re.compile(r"(\.\d{1,4}|[.-]\d{8}(-\d+)?|\.old|\.bak|~)$")
_EXTENSION = re.compile(r"\.(log|txt|json|out|err)$")
_FRONT_END = re.compile(r"[._-](error|access|uwsgi|wsgi|stderr|stdout|info|debug|custom)$")


class Service(NamedTuple):
    """A row of the table."""

    id: str
    names: tuple[str, ...]
    ports: tuple[int, ...]
    loggers: tuple[str, ...]
    dirs: tuple[str, ...]


class Services:
    """The table with its look-ups. Build it once from the parsed YAML mapping (checked by the loader)."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.rows = {
            key: Service(
                key,
                tuple(map(str, (row or {}).get("names", ()))),
                tuple(map(int, (row or {}).get("ports", ()))),
                tuple(map(str, (row or {}).get("loggers", ()))),
                tuple(map(str, (row or {}).get("dirs", ()))),
            )
            for key, row in table.items()
        }
        self._exact: dict[str, str] = {}
        self._prefix: list[tuple[str, str]] = []
        self._dirs: dict[str, list[str]] = {}
        self._loggers: dict[str, str] = {}
        self.by_port: dict[int, str] = {}
        for row in self.rows.values():
            for name in (row.id, *row.names):
                if name.endswith("*"):
                    self._prefix.append((name[:-1], row.id))
                else:
                    self._exact.setdefault(name, row.id)
            for directory in row.dirs:
                self._dirs.setdefault(directory, []).append(row.id)
            for logger in row.loggers:
                self._loggers.setdefault(logger, row.id)
            for port in row.ports:
                self.by_port.setdefault(port, row.id)
        self._prefix.sort(key=lambda item: -len(item[0]))
        self.of_path = lru_cache(maxsize=None)(self._of_path)
        self.of_logger = lru_cache(maxsize=4096)(self._of_logger)

    def of_name(self, name: str) -> str:
        """Service of a file stem, unit, container or program; empty when unknown."""
        for text in (name, name.replace("_", "-")):
            if text in self._exact:
                return self._exact[text]
            for prefix, service in self._prefix:
                if text.startswith(prefix):
                    return service
        return ""

    def _of_path(self, path: str) -> str:
        """Service that writes the file at ``path``; empty when the path does not tell."""
        parts = PurePosixPath(path)
        stem = file_stem(parts.name)
        directory = parts.parent.name
        short = _FRONT_END.sub("", stem)
        for name in (f"{directory}-{stem}", stem, short, f"{directory}-{short}"):
            # RDO names its files api.log, server.log, volume.log: the directory completes them.
            service = self.of_name(name)
            if service and (name not in ("server", "api") or not directory):
                return service
        for name in (directory, parts.parent.parent.name):
            if name in self._dirs:
                # A directory of one project: the generic row (nova, cinder) comes last in its list.
                return name if name in self.rows else self._dirs[name][0]
        return ""

    def _of_logger(self, logger: str) -> str:
        """Service whose logger this is, by the longest known prefix; empty when shared or unknown."""
        name = logger
        while name:
            if name in self._loggers:
                return self._loggers[name]
            name = name.rpartition(".")[0]
        return ""

    def matches(self, wanted: str, actual: str) -> bool:
        """Whether a record of ``actual`` can be one of ``wanted``: equal, or the same project when one is general."""
        if wanted == actual or not actual:
            return True
        general, special = sorted((wanted, actual), key=len)
        return special.startswith(general + "-")


def file_stem(name: str) -> str:
    """``nova-api.log.2.gz`` and ``nova-api.log-20260311`` are both ``nova-api``."""
    name = _COMPRESSION.sub("", name)
    while True:
        shorter = _EXTENSION.sub("", _ROTATION.sub("", name))
        if shorter == name or not shorter:
            return name
        name = shorter
