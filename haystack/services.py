"""Which service wrote a file, a unit or a logger: the readable table ``patterns/services.yaml``, asked.

The table is the closed vocabulary of services that patterns, options and reports share.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, NamedTuple

# What rotation, compression and front ends add to a file's name: `.log.2.gz`, `-20260311`, `_error.log`.
_COMPRESSION = re.compile(r"\.(gz|xz|bz2|zst|zstd|lz4)$")
_ROTATION = re.compile(r"(\.\d{1,4}|[.-]\d{8}(-\d+)?|\.old|\.bak|~)$")
_DATE = re.compile(r"[.-]\d{8}(-\d+)?$")
_EXTENSION = re.compile(r"\.(log|txt|json|out|err|service|tailed)$")
_FRONT_END = re.compile(r"[._-](error|access|uwsgi|wsgi|stderr|stdout|info|debug|custom)$")
# What units, containers and their logs' files put before a service's name: devstack, RDO, kolla, TripleO, RHOSO.
_PREFIX = re.compile(r"^(?:devstack@|screen-|openstack-|kolla_|tripleo_|edpm_)")
# sos: `journalctl_--no-pager_--unit_nova-compute`, `podman_logs_-t_nova_compute`.
_COMMAND = re.compile(r"^(?:journalctl_.*--unit_|(?:docker|podman)_(?:container_)?logs_(?:-+[a-z]+_)*)(.+)$")
# Kubernetes: <pod>_<namespace>_<container>-<id>, and the pods of deployments, daemon sets and stateful sets.
_POD_LOG = re.compile(r"^([a-z0-9.-]+)_[a-z0-9-]+_([a-z0-9-]+)-[0-9a-f]{12,64}$")
_POD = re.compile(r"(?:-[0-9a-f]{6,10})?-(?:[bcdfghjklmnpqrstvwxz2-9]{5}|\d+)$|-[0-9a-z]{5}$")
# Names of files that say nothing: the directories above do.
_SAYS_NOTHING = frozenset("current previous stdout stderr output error_log access_log error access".split())
_NO_NAMES = frozenset("logs log var containers httpd apache2 pods namespaces rotated".split())


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
        self.of_unit = lru_cache(maxsize=4096)(self._of_unit)
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

    def _of_unit(self, unit: str) -> str:
        """Service of a systemd unit or a container, whatever the deployment tool calls it; empty when unknown."""
        name = _PREFIX.sub("", unit.removesuffix(".service"))
        if name.startswith("kolla-"):  # kolla's unit of a container
            name = name.removeprefix("kolla-").removesuffix("-container")
        # `ceph-osd@3` is an instance of a unit.
        return self.of_name(name) or self.of_name(name.partition("@")[0])

    def _of_path(self, path: str) -> str:
        """Service that writes the file at ``path``; empty when the path does not tell."""
        parts = PurePosixPath(path)
        stem = file_stem(parts.name)
        directory = parts.parent.name
        for name in _names(stem, directory):
            # RDO names its files api.log, server.log, volume.log: the directory completes them.
            service = self.of_name(name)
            if service and (name not in ("server", "api") or not directory):
                return service
        if stem in _SAYS_NOTHING or stem.isdigit():
            for above in parts.parts[-2:-6:-1]:
                service = "" if above in _NO_NAMES else self.of_name(above) or self.of_name(_POD.sub("", above))
                if service:
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


def _names(stem: str, directory: str) -> Iterator[str]:
    """Names a file may be known by, the most telling first."""
    full = "" if directory in _NO_NAMES else f"{directory}-"
    yield f"{full}{stem}"
    yield stem
    pod = _POD_LOG.match(stem)
    if pod:  # the container is the service, the pod may be named after the whole chart
        yield pod.group(2)
        yield _POD.sub("", pod.group(1))
        return
    command = _COMMAND.match(stem)
    short = _EXTENSION.sub("", _PREFIX.sub("", command.group(1) if command else stem))
    yield short
    while (shorter := _FRONT_END.sub("", short)) != short:
        short = shorter
        yield short
        yield f"{full}{short}"


def file_stem(name: str) -> str:
    """``nova-api.log.2.gz`` and ``nova-api.log-20260311`` are both ``nova-api``."""
    name = _COMPRESSION.sub("", name)
    while True:
        shorter = _EXTENSION.sub("", _ROTATION.sub("", name))
        if shorter == name or not shorter:
            return name
        name = shorter


def unrotated(name: str) -> str:
    """``nova-api.log.2.gz``, ``nova-api.log-20260311`` and ``nova-api-20260311.log`` are rotations of ``nova-api.log``.

    Unlike the stem this keeps the extension: ``nova-api.err`` is another log.
    """
    name = _COMPRESSION.sub("", name)
    rotated = _ROTATION.sub("", name)
    if rotated != name:
        return rotated or name
    stem, dot, extension = name.rpartition(".")
    return (_DATE.sub("", stem) or stem) + dot + extension if dot else name
