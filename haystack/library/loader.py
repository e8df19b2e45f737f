"""Pattern files to ``Pattern`` values: every mistake is refused with its file, line and a suggestion.

``read_pattern`` is what ``haystack patterns check`` and the library share; it checks one file on its own.
References between patterns are checked by ``checks`` when all are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import regex

from ..errors import LibraryError
from ..names import did_you_mean
from . import located
from .config_clauses import config_clauses
from .fact_clauses import fact_clauses
from .fields import Where, as_duration, as_level, as_list, as_mapping, as_text, as_texts, one_of, only
from .model import LAYERS, SCOPES, SEVERITIES, Clause, Match, Pattern, Sample, Step

_REQUIRED = (
    "id",
    "title",
    "service",
    "severity",
    "layer",
    "scope",
    "what",
    "why",
    "match",
    "fix",
    "references",
    "samples",
)
_OPTIONAL = ("explains", "lag", "confirm", "releases", "config", "facts")
_CLAUSE = ("text", "regex", "without", "logger", "level", "service", "exception", "where")
_MATCH_KINDS = ("any", "all", "then")
_MATCH = (*_MATCH_KINDS, "absent", "within", "count")
_SAMPLE = ("log", "text", "from", "synthetic")
_WHERE = re.compile(r"(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?)$")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9.]+)*$")
_PLACEHOLDER = re.compile(r"{(\w+)}")
# What every record has; texts may use it like a capture.
RECORD_FIELDS = ("node", "service")

DEFAULT_WITHIN = 120.0
DEFAULT_LAG = 120.0


def read_services(path: Path) -> dict[str, Any]:
    """The table of ``services.yaml``, checked. Raises LibraryError."""
    doc = located.read(path)
    if not isinstance(doc.data, dict) or not doc.data:
        raise doc.error((), "must be a mapping of services")
    for key, row in doc.data.items():
        only(doc, (key,), as_mapping(doc, (key,), row), ("names", "ports", "loggers", "dirs"))
    return doc.data


def read_pattern(path: Path, services: Iterable[str]) -> Pattern:
    """Read and check one pattern file. Raises LibraryError, located, at the first mistake."""
    doc = located.read(path)
    data = as_mapping(doc, (), doc.data)
    only(doc, (), data, (*_REQUIRED, *_OPTIONAL))
    for key in _REQUIRED:
        if data.get(key) in (None, "", [], {}):
            raise doc.error((), f'"{key}" is missing or empty')
    name = as_text(doc, ("id",), data["id"])
    if name != path.stem:
        raise doc.error(("id",), f'id "{name}" differs from the file name "{path.stem}"')
    if not _ID.match(name):
        raise doc.error(("id",), f'id "{name}" must be lower-case words joined by "-"')
    known = tuple(services)
    match = _match(doc, data["match"], known)
    pattern = Pattern(
        name,
        as_text(doc, ("title",), data["title"]),
        one_of(doc, ("service",), data["service"], known),
        one_of(doc, ("severity",), data["severity"], SEVERITIES),
        one_of(doc, ("layer",), data["layer"], LAYERS),
        one_of(doc, ("scope",), data["scope"], SCOPES),
        as_text(doc, ("what",), data["what"]),
        as_text(doc, ("why",), data["why"]),
        match,
        as_texts(doc, ("explains",), data.get("explains")),
        as_duration(doc, ("lag",), data.get("lag", DEFAULT_LAG)),
        as_texts(doc, ("confirm",), data.get("confirm")),
        tuple(_step(doc, ("fix", i), step) for i, step in enumerate(as_list(doc, ("fix",), data["fix"]))),
        as_texts(doc, ("references",), data["references"]),
        _releases(doc, data.get("releases")),
        *_samples(doc, data["samples"], known),
        config_clauses(doc, data.get("config"), known),
        fact_clauses(doc, data.get("facts"), known),
    )
    _check_placeholders(doc, pattern)
    return pattern


def _match(doc: located.Located, data: Any, services: tuple[str, ...]) -> Match:
    mapping = as_mapping(doc, ("match",), data)
    only(doc, ("match",), mapping, _MATCH)
    kinds = [kind for kind in _MATCH_KINDS if kind in mapping]
    if len(kinds) != 1:
        raise doc.error(("match",), f"needs exactly one of {', '.join(_MATCH_KINDS)}; has {', '.join(kinds) or 'none'}")
    kind = kinds[0]
    count = mapping.get("count", 1)
    if not isinstance(count, int) or count < 1:
        raise doc.error(("match", "count"), "must be a whole number from 1")
    clauses = _clauses(doc, ("match", kind), mapping[kind], services)
    if kind in ("all", "then") and len(clauses) < 2:
        raise doc.error(("match", kind), f'"{kind}" needs two clauses or more; use "any" for one')
    return Match(
        kind,
        clauses,
        _clauses(doc, ("match", "absent"), mapping["absent"], services) if "absent" in mapping else (),
        as_duration(doc, ("match", "within"), mapping.get("within", DEFAULT_WITHIN)),
        count,
    )


def _clauses(doc: located.Located, where: Where, data: Any, services: tuple[str, ...]) -> tuple[Clause, ...]:
    items = as_list(doc, where, data)
    if not items:
        raise doc.error(where, "needs at least one clause")
    return tuple(read_clause(doc, (*where, i), item, services) for i, item in enumerate(items))


def read_clause(doc: located.Located, where: Where, data: Any, services: tuple[str, ...]) -> Clause:
    mapping = as_mapping(doc, where, data)
    only(doc, where, mapping, _CLAUSE)
    if not mapping.keys() & {"text", "regex", "exception"}:
        raise doc.error(where, "a clause needs text, regex or exception: something to look for in the record")
    expression = mapping.get("regex", "")
    captures: Iterable[str] = ()
    if expression:
        try:
            captures = regex.compile(as_text(doc, (*where, "regex"), expression)).groupindex
        except regex.error as err:
            raise doc.error((*where, "regex"), f"not a valid regular expression: {err}") from err
    conditions = []
    for name, condition in as_mapping(doc, (*where, "where"), mapping.get("where") or {}).items():
        found = _WHERE.match(str(condition))
        if found is None:
            raise doc.error((*where, "where", name), f'"{condition}" is not a comparison', 'write for example ">= 95"')
        if name not in captures:
            raise doc.error((*where, "where", name), f'no group "{name}" in the regex', did_you_mean(name, captures))
        conditions.append((name, found.group(1), float(found.group(2))))
    return Clause(
        as_texts(doc, (*where, "text"), mapping.get("text")),
        str(expression),
        as_texts(doc, (*where, "without"), mapping.get("without")),
        str(mapping.get("logger", "")),
        as_level(doc, (*where, "level"), mapping.get("level")),
        tuple(
            one_of(doc, (*where, "service"), name, services)
            for name in as_texts(doc, (*where, "service"), mapping.get("service"))
        ),
        str(mapping.get("exception", "")),
        tuple(conditions),
    )


def _step(doc: located.Located, where: Where, data: Any) -> Step:
    mapping = as_mapping(doc, where, data)
    only(doc, where, mapping, ("read-only", "changing"))
    if len(mapping) != 1:
        raise doc.error(where, 'a step is either "read-only: …" or "changing: …"')
    (kind, text), *_ = mapping.items()
    return Step(as_text(doc, (*where, kind), text), kind == "changing")


def _samples(
    doc: located.Located, data: Any, services: tuple[str, ...]
) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    mapping = as_mapping(doc, ("samples",), data)
    only(doc, ("samples",), mapping, ("hit", "miss"))
    if not mapping.get("hit"):
        raise doc.error(("samples",), 'needs at least one "hit"')
    return tuple(  # type: ignore[return-value]
        tuple(
            read_sample(doc, ("samples", kind, i), item, services)
            for i, item in enumerate(as_list(doc, ("samples", kind), mapping.get(kind) or []))
        )
        for kind in ("hit", "miss")
    )


def read_sample(doc: located.Located, where: Where, data: Any, services: tuple[str, ...]) -> Sample:
    mapping = as_mapping(doc, where, data)
    only(doc, where, mapping, _SAMPLE)
    source = str(mapping.get("from") or "")
    synthetic = bool(mapping.get("synthetic", False))
    if not source:
        raise doc.error(where, 'a sample says where it comes from: "from: …"')
    return Sample(
        as_text(doc, (*where, "text"), mapping.get("text")),
        one_of(doc, (*where, "log"), mapping.get("log"), services),
        source,
        synthetic,
    )


def _releases(doc: located.Located, data: Any) -> str:
    if data is None:
        return ""
    mapping = as_mapping(doc, ("releases",), data)
    only(doc, ("releases",), mapping, ("since", "until"))
    return ", ".join(f"{key} {value}" for key, value in mapping.items())


def _check_placeholders(doc: located.Located, pattern: Pattern) -> None:
    """Texts may use captures, ``{host}``, and the record's ``{node}`` and ``{service}``; nothing else."""
    captures = {
        name for clause in pattern.match.clauses if clause.regex for name in regex.compile(clause.regex).groupindex
    }
    texts: list[tuple[Where, str]] = [(("title",), pattern.title)]
    texts += [(("confirm", i), text) for i, text in enumerate(pattern.confirm)]
    texts += [(("fix", i), step.text) for i, step in enumerate(pattern.fix)]
    operands = [(i, text) for i, clause in enumerate(pattern.facts) for _, texts in clause.where for text in texts]
    texts += [(("facts", i, "where"), text) for i, text in operands]
    for where, text in texts:
        for name in _PLACEHOLDER.findall(text):
            if name not in captures and name not in RECORD_FIELDS:
                raise doc.error(where, f'no clause captures "{name}"', did_you_mean(name, captures))


__all__ = ["LibraryError", "read_pattern", "read_services"]
