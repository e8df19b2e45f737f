"""``config`` clauses of pattern files: every mistake is refused with its place. ``config_match`` tries them.

``fact_clauses`` reads conditions with the same functions.
"""

from __future__ import annotations

import re
from typing import Any

from .conditions import MISSING, NUMBER, OF_NUMBERS, OPERATORS
from .fields import Where, as_list, as_mapping, as_text, as_texts, one_of, only
from .located import Located
from .model import Condition, ConfigClause

_REQUIRED = ("option", "says", "hit")
_KEYS = (*_REQUIRED, "service", "section", "default", "unit", "miss")
_PLACE = re.compile(r"{(\w*)}")


def config_clauses(doc: Located, data: Any, services: tuple[str, ...]) -> tuple[ConfigClause, ...]:
    """The clauses of a pattern file, in order; none for nothing. Raises LibraryError, located."""
    if data is None:
        return ()
    return tuple(
        _clause(doc, ("config", number), item, services) for number, item in enumerate(as_list(doc, ("config",), data))
    )


def _clause(doc: Located, where: Where, data: Any, services: tuple[str, ...]) -> ConfigClause:
    mapping = as_mapping(doc, where, data)
    only(doc, where, mapping, (*_KEYS, *OPERATORS, MISSING))
    for key in _REQUIRED:
        if mapping.get(key) in (None, "", []):
            raise doc.error(where, f'"{key}" is missing or empty')
    conditions = conditions_of(doc, where, mapping, "config")
    says = says_of(doc, where, mapping, "what is set")
    default = _value(doc, (*where, "default"), mapping.get("default"))
    return ConfigClause(
        tuple(
            one_of(doc, (*where, "service"), name, services)
            for name in as_texts(doc, (*where, "service"), mapping.get("service"))
        ),
        str(mapping.get("section", "DEFAULT")),
        as_text(doc, (*where, "option"), mapping["option"]),
        conditions,
        default,
        str(mapping.get("unit", "")),
        says,
        _values(doc, (*where, "hit"), mapping["hit"]),
        _values(doc, (*where, "miss"), mapping.get("miss", [])),
    )


def conditions_of(doc: Located, where: Where, mapping: dict[str, Any], kind: str) -> tuple[Condition, ...]:
    """The conditions among the keys of a clause of that kind, at least one."""
    names = [name for name in (*OPERATORS, MISSING) if name in mapping]
    if not names:
        raise doc.error(where, f"a {kind} clause needs one of {', '.join((*OPERATORS, MISSING))}")
    return tuple((name, _operands(doc, (*where, name), name, mapping[name])) for name in names)


def says_of(doc: Located, where: Where, mapping: dict[str, Any], value: str) -> str:
    """What a clause means; ``{value}`` in it stands for ``value``."""
    says = as_text(doc, (*where, "says"), mapping["says"])
    for name in _PLACE.findall(says):
        if name != "value":
            raise doc.error((*where, "says"), f'"says" knows no "{name}"', f"write {{value}} for {value}")
    return says


def _operands(doc: Located, where: Where, name: str, data: Any) -> tuple[str, ...]:
    if name == MISSING:
        if data is not True:
            raise doc.error(where, '"missing" is true or left out')
        return ()
    operands = tuple(filter(None, _values(doc, where, data if isinstance(data, list) else [data])))
    if not operands or (len(operands) > 1 and name not in ("equals", "not")):
        raise doc.error(where, f'"{name}" needs one value')
    if name in OF_NUMBERS and (number := NUMBER.match(operands[0])) and not number.group(2):
        return operands
    if name in OF_NUMBERS:
        raise doc.error(where, f'"{operands[0]}" is no number')
    if name == "matches":
        import regex

        try:
            regex.compile(operands[0])
        except regex.error as err:
            raise doc.error(where, f"not a valid regular expression: {err}") from err
    return operands


def _values(doc: Located, where: Where, data: Any) -> tuple[str | None, ...]:
    return tuple(_value(doc, where, item) for item in as_list(doc, where, data))


def _value(doc: Located, where: Where, data: Any) -> str | None:
    """A value as a configuration file has it: YAML's true is ``true``."""
    if data is None:
        return None
    if isinstance(data, bool):
        return str(data).lower()
    if isinstance(data, str | int | float):
        return str(data)
    raise doc.error(where, "must be a value as the configuration file has it")
