"""``facts`` clauses of pattern files: every mistake is refused with its place. ``fact_match`` tries them."""

from __future__ import annotations

import json
from typing import Any

from ..facts import KINDS, Kind
from ..names import did_you_mean
from .conditions import MISSING, OF_NUMBERS, OPERATORS
from .config_clauses import conditions_of, says_of
from .fact_match import CAPTURE, CAPTURES
from .fields import Where, as_list, as_mapping, as_text, as_texts, one_of, only
from .located import Located
from .model import Condition, FactClause

_REQUIRED = ("fact", "says", "hit", "miss")
_KEYS = (*_REQUIRED, "service", "where")


def fact_clauses(doc: Located, data: Any, services: tuple[str, ...]) -> tuple[FactClause, ...]:
    """The clauses of a pattern file, in order; none for nothing. Raises LibraryError, located."""
    if data is None:
        return ()
    return tuple(
        _clause(doc, ("facts", number), item, services) for number, item in enumerate(as_list(doc, ("facts",), data))
    )


def _clause(doc: Located, where: Where, data: Any, services: tuple[str, ...]) -> FactClause:
    mapping = as_mapping(doc, where, data)
    only(doc, where, mapping, (*_KEYS, *OPERATORS, MISSING))
    for key in _REQUIRED:
        if mapping.get(key) in (None, "", []):
            raise doc.error(where, f'"{key}" is missing or empty')
    name = one_of(doc, (*where, "fact"), mapping["fact"], KINDS)
    kind = KINDS[name]
    conditions = conditions_of(doc, where, mapping, "facts")
    _check_conditions(doc, where, conditions, name, kind)
    return FactClause(
        name,
        tuple(
            one_of(doc, (*where, "service"), service, services)
            for service in as_texts(doc, (*where, "service"), mapping.get("service"))
        ),
        _labels(doc, (*where, "where"), mapping.get("where"), name, kind),
        conditions,
        says_of(doc, where, mapping, "the fact's value"),
        _samples(doc, (*where, "hit"), mapping["hit"]),
        _samples(doc, (*where, "miss"), mapping["miss"]),
    )


def _check_conditions(doc: Located, where: Where, conditions: tuple[Condition, ...], name: str, kind: Kind) -> None:
    names = [condition[0] for condition in conditions]
    for operator in names:
        if operator in OF_NUMBERS and not kind.number:
            raise doc.error((*where, operator), f'{name} is no number to be "{operator}" another')
    if MISSING in names and not kind.nothing:
        raise doc.error((*where, MISSING), f'"missing" says nothing of {name}: what is not told may be there')
    if MISSING in names and len(names) > 1:
        raise doc.error((*where, MISSING), "what is missing has no value to compare")


def _labels(doc: Located, where: Where, data: Any, name: str, kind: Kind) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What of several facts of the kind is meant."""
    labels = []
    for label, values in as_mapping(doc, where, data or {}).items():
        if label not in kind.labels:
            text = f'{name} has no "{label}"' + ("" if kind.labels else " or other label")
            raise doc.error((*where, label), text, did_you_mean(label, kind.labels) if kind.labels else "")
        texts = as_texts(doc, (*where, label), values)
        if not texts:
            raise doc.error((*where, label), f'"{label}" is empty')
        for text in texts:
            if "{" in text and not CAPTURE.match(text):
                hint = 'write "{path}", or "[{path}]" where it may be missing'
                raise doc.error((*where, label), f'"{text}" is more than a capture', hint)
        labels.append((label, texts))
    return tuple(labels)


def _samples(doc: Located, where: Where, data: Any) -> tuple[str, ...]:
    return tuple(_sample(doc, (*where, i), item) for i, item in enumerate(as_list(doc, where, data)))


def _sample(doc: Located, where: Where, data: Any) -> str:
    """A piece of a ``facts.json``, as JSON."""
    mapping = as_mapping(doc, where, data)
    captures = as_mapping(doc, (*where, CAPTURES), mapping.get(CAPTURES, {}))
    for name, value in captures.items():
        as_text(doc, (*where, CAPTURES, name), value)
    return json.dumps(mapping)
