"""Configuration as data: what each node has set, with the file and line that set it.

A ``Document`` is a file with what its ``.d`` directory adds, for that is what a process reads as one. Which
syntax a file has, its name tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from pathlib import PurePosixPath
from typing import NamedTuple

from ..search.etc import ConfigFile
from ..services import Services
from . import blocks, ini
from .ini import Parsed, Setting

# Of one file; what is no configuration at all has as many as it has lines.
_MOST_PROBLEMS = 10

# (section, option)
Key = tuple[str, str]


class Option(NamedTuple):
    """An option as one node has it: the value, or the values of one that was given several times; the last's line."""

    values: tuple[str, ...]
    path: str
    line: int


class Document(NamedTuple):
    """What a service of a node reads as one file. ``problems`` are lines its program would stumble over, in words."""

    node: str
    service: str
    path: str
    options: Mapping[Key, Option]
    problems: tuple[str, ...] = ()


# The first that fits the path on the node.
_SYNTAXES: tuple[tuple[re.Pattern[str], Callable[[str], Parsed]], ...] = (
    (re.compile(r"\.cnf$"), ini.mysql),
    (re.compile(r"/ceph[^/]*/[^/]+\.conf$"), ini.ceph),
    (re.compile(r"/haproxy[^/]*/.*\.cfg$"), blocks.haproxy),
    (re.compile(r"/(?:rabbitmq|advanced)\.config$"), blocks.erlang),
    (re.compile(r"/rabbitmq[^/]*/|/libvirt/|/(?:libvirtd|qemu|virt\w+)\.conf$"), ini.flat),
    (re.compile(r"/memcached(?:\.conf)?$"), blocks.memcached),
)
# Files that are read as one with another: its `.d`, and all that MariaDB includes.
_FAMILIES = (
    (re.compile(r"^(.*/rabbitmq)/conf\.d/[^/]+$"), r"\1/rabbitmq.conf"),
    (re.compile(r"^(.*/mysql)/(?:[^/]+/)*[^/]+\.cnf$"), r"\1/my.cnf"),
    (re.compile(r"^(.*)/my\.cnf\.d/[^/]+$"), r"\1/my.cnf"),
    (re.compile(r"^(.*\.conf)\.d/[^/]+$"), r"\1"),
)


def documents(files: Iterable[ConfigFile]) -> list[Document]:
    """The files as documents, by node and path.

    What a later file of one family sets replaces what an earlier one did: the main file first, then those of its
    directories by name. oslo.config would add to an option of type MultiStr instead; the type is not in the file.
    """
    ordered = sorted(files, key=_order)
    return [
        _merged(node, path, list(family))
        for (node, path), family in groupby(ordered, lambda f: (f.node, _family(f.path)))
    ]


def reads(services: Services, wanted: str, service: str) -> bool:
    """Whether the files in a directory called ``service`` are configuration of ``wanted``, as services.yaml has it."""
    row = services.rows.get(wanted)
    if service == wanted or (row is not None and service in row.dirs):
        return True
    known = services.of_name(service)
    return bool(known) and services.matches(wanted, known)


def _order(file: ConfigFile) -> tuple[str, str, bool, str]:
    family = _family(file.path)
    return file.node, family, file.path != family, file.path


def _family(path: str) -> str:
    for expression, main in _FAMILIES:
        if expression.match(path):
            return expression.sub(main, path)
    return path


def _merged(node: str, path: str, files: list[ConfigFile]) -> Document:
    options: dict[Key, Option] = {}
    problems: list[str] = []
    for file in files:
        parsed = _parse(file)
        problems += [f"{file.path}:{line}: {reason}" for line, reason in parsed.problems[:_MOST_PROBLEMS]]
        if len(parsed.problems) > _MOST_PROBLEMS:
            problems.append(f"{file.path}: {len(parsed.problems) - _MOST_PROBLEMS} more lines like these")
        own: dict[Key, list[Setting]] = {}
        for setting in parsed.settings:
            own.setdefault((setting.section, setting.option), []).append(setting)
        for key, given in own.items():
            options[key] = Option(tuple(setting.value for setting in given), file.path, given[-1].line)
    return Document(node, files[0].service, path, options, tuple(problems))


def _parse(file: ConfigFile) -> Parsed:
    for expression, parse in _SYNTAXES:
        if expression.search(file.path):
            return parse(file.text)
    return ini.oslo(file.text)


def name_of(path: str) -> str:
    """What a document's file is called, without its ending: ``l3_agent``, ``nova-compute``."""
    return PurePosixPath(path).stem
