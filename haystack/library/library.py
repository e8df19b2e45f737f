"""The library at run time: all patterns, found by id, and the literals to scan for.

Loading thousands of YAML files and compiling their literals takes seconds, so both are kept in a cache under a
key of the files' identity (path, size, times, inode), haystack's, Python's and Hyperscan's version and the
platform. A cache entry carries its own digest: a stale or damaged one is never used, only made anew.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import __version__, cache, data_files
from ..errors import LibraryError
from ..record import Level
from ..services import Services
from .model import Clause, Condition, ConfigClause, FactClause, Match, Pattern, Sample, Step

SERVICES_FILE = "services.yaml"
# Directories below patterns/ that hold other data than patterns.
_NOT_PATTERNS = frozenset({"operations"})
_FORMAT = 6


class Library:
    """All patterns of one or more directories.

    ``patterns`` maps ids to patterns, ``literals`` is the list to scan for and ``users`` tells, for each of
    them, which (pattern id, clause number) it may stand for. ``problems`` are the pattern files that could
    not be used, one located sentence each; the others work without them. ``in_order`` are the literals of patterns that
    ask for several records: what follows, is absent, or comes so many times.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._built: dict[str, Pattern] = {}
        self.problems: tuple[str, ...] = tuple(document["problems"])
        self.literals: tuple[str, ...] = tuple(document["literals"])
        self.in_order: frozenset[str] = frozenset(document["in_order"])
        self.users: list[list[tuple[str, int]]] = [[(p, c) for p, c in users] for users in document["users"]]
        self.unscanned: list[tuple[str, int]] = [(p, c) for p, c in document["unscanned"]]

    @cached_property
    def services(self) -> Services:
        """The table of services that patterns and paths share."""
        return Services(self._document["services"])

    @property
    def ids(self) -> Sequence[str]:
        """Ids of all patterns, sorted."""
        return list(self._document["patterns"])

    def __len__(self) -> int:
        return len(self._document["patterns"])

    def __contains__(self, pattern_id: object) -> bool:
        return pattern_id in self._document["patterns"]

    def pattern(self, pattern_id: str) -> Pattern:
        """The pattern of that id; built on first use. Raises KeyError for an unknown one."""
        if pattern_id not in self._built:
            self._built[pattern_id] = _build(self._document["patterns"][pattern_id])
        return self._built[pattern_id]


def load(extra: Sequence[Path] = (), cached: bool = True) -> Library:
    """The shipped library and those of ``extra`` directories (a pattern there replaces a shipped one of its id).

    Raises LibraryError when a directory does not exist or no pattern at all could be loaded.
    """
    directories = [data_files.patterns_dir(), *extra]
    files = []
    for directory in directories:
        if not directory.is_dir():
            raise LibraryError(f"{directory}: no such directory of patterns")
        files.append(sorted(_pattern_files(directory)))
    services_file = directories[0] / SERVICES_FILE
    # The code that compiles belongs to the key too: a checkout changes without a new version.
    code = sorted(Path(__file__).parent.glob("*.py"))
    key = _key([*code, services_file, *(path for group in files for path in group)])
    document = _read_cache(key) if cached else None
    if document is None:
        document = _compile(services_file, files)
        if cached:
            _write_cache(key, document)
    library = Library(document)
    if not len(library):
        raise LibraryError(f"no pattern could be loaded from {', '.join(map(str, directories))}")
    return library


def _pattern_files(directory: Path) -> list[Path]:
    return [
        path
        for path in directory.rglob("*.yaml")
        if path.name != SERVICES_FILE and not _NOT_PATTERNS & set(path.relative_to(directory).parts)
    ]


def _compile(services_file: Path, groups: list[list[Path]]) -> dict[str, Any]:
    # Imported here: a run served from the cache needs neither YAML nor the checks.
    from .literals import telling_literals
    from .loader import read_pattern, read_services

    services = read_services(services_file)
    patterns: dict[str, Pattern] = {}
    problems: list[str] = []
    for group in groups:
        seen: dict[str, Path] = {}
        for path in group:
            if path.stem in seen:
                problems.append(f"{path}:1: id {path.stem} is taken by {seen[path.stem]}")
                continue
            seen[path.stem] = path
            try:
                patterns[path.stem] = read_pattern(path, services)
            except LibraryError as err:
                problems.append(str(err))
    ordered = dict(sorted(patterns.items()))
    users: dict[str, list[tuple[str, int]]] = {}
    in_order: set[str] = set()
    unscanned: list[tuple[str, int]] = []
    for pattern in ordered.values():
        for number, clause in enumerate((*pattern.match.clauses, *pattern.match.absent)):
            literals = telling_literals(clause)
            for literal in literals:
                users.setdefault(literal, []).append((pattern.id, number))
            if pattern.match.kind != "any" or pattern.match.absent or pattern.match.at_least > 1:
                in_order.update(literals)
            if not literals:
                unscanned.append((pattern.id, number))
    return {
        "services": services,
        "patterns": ordered,
        "problems": problems,
        "literals": list(users),
        "in_order": sorted(in_order),
        "users": list(users.values()),
        "unscanned": unscanned,
    }


def _build(row: list[Any] | Pattern) -> Pattern:
    """A pattern from its cached form: JSON keeps the order of the fields but makes lists of the tuples."""
    if isinstance(row, Pattern):
        return row
    fields = dict(zip(Pattern._fields, row, strict=True))
    kind, clauses, absent, within, count = fields["match"]
    fields["match"] = Match(kind, _clauses(clauses), _clauses(absent), within, count)
    fields["fix"] = tuple(Step(*step) for step in fields["fix"])
    fields["hits"] = tuple(Sample(*sample) for sample in fields["hits"])
    fields["misses"] = tuple(Sample(*sample) for sample in fields["misses"])
    fields["config"] = tuple(_config_clause(*clause) for clause in fields["config"])
    fields["facts"] = tuple(_fact_clause(*clause) for clause in fields["facts"])
    for name in ("explains", "confirm", "references"):
        fields[name] = tuple(fields[name])
    return Pattern(**fields)


def _clauses(rows: list[Any]) -> tuple[Clause, ...]:
    return tuple(
        Clause(
            tuple(text),
            expression,
            tuple(without),
            logger,
            None if level is None else Level(level),
            tuple(service),
            exception,
            tuple((name, op, number) for name, op, number in where),
        )
        for text, expression, without, logger, level, service, exception, where in rows
    )


def _config_clause(
    service: list[str], section: str, option: str, conditions: list[tuple[str, list[str]]], *rest: Any
) -> ConfigClause:
    default, unit, says, hits, misses = rest
    compared = _conditions(conditions)
    return ConfigClause(tuple(service), section, option, compared, default, unit, says, tuple(hits), tuple(misses))


def _fact_clause(
    fact: str,
    service: list[str],
    where: list[tuple[str, list[str]]],
    conditions: list[tuple[str, list[str]]],
    says: str,
    hits: list[str],
    misses: list[str],
) -> FactClause:
    labels = _conditions(where)
    return FactClause(fact, tuple(service), labels, _conditions(conditions), says, tuple(hits), tuple(misses))


def _conditions(rows: list[tuple[str, list[str]]]) -> tuple[Condition, ...]:
    return tuple((name, tuple(operands)) for name, operands in rows)


def _key(files: list[Path]) -> str:
    digest = hashlib.sha256(
        f"{_FORMAT} {__version__} {sys.version_info[:3]} {platform.machine()} {sys.platform}".encode()
    )
    for path in files:
        try:
            stat = path.stat()
        except OSError as err:
            raise LibraryError(f"{path}: cannot be read: {err.strerror}") from err
        digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}\n".encode())
    return digest.hexdigest()[:32]


def _read_cache(key: str) -> dict[str, Any] | None:
    payload = cache.read_entry(f"library-{key}.json")
    if payload is None:
        return None
    try:
        document = json.loads(payload)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _write_cache(key: str, document: dict[str, Any]) -> None:
    cache.write_entry(f"library-{key}.json", json.dumps(document, separators=(",", ":")).encode())
