"""Operations as data: how a server creation and its like show in the logs, from the API's answer to the last step.

``patterns/operations/*.yaml`` and those of extra directories; docs/operations.md describes each field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .. import data_files
from ..errors import LibraryError
from ..library.fields import Where, as_duration, as_list, as_mapping, as_text, as_texts, one_of, only
from ..library.loader import read_clause, read_sample
from ..library.located import Located, read
from ..library.model import Clause, Sample

DIRECTORY = "operations"
# What records of one run may share: the request's id, or a resource of one of these kinds.
KEYS = ("request", "instance", "port", "volume", "image", "stack")
_FIELDS = (
    "id",
    "title",
    "service",
    "what",
    "keys",
    "longest",
    "begin",
    "steps",
    "end",
    "fail",
    "references",
    "samples",
)
_OPTIONAL = ("longest", "steps", "fail")
_CALL = re.compile(r"(GET|POST|PUT|PATCH|DELETE) ((?:/(?:[\w.-]+|\{id\}))+)$")
_LONGEST = "1h"


class Sign(NamedTuple):
    """One thing that shows a step: an API call (``method`` and the ``tail`` of its route), or a clause on a record."""

    method: str = ""
    tail: str = ""
    clause: Clause | None = None


class Step(NamedTuple):
    """A step, shown by any of its signs."""

    name: str
    signs: tuple[Sign, ...]


class Proof(NamedTuple):
    """A sample, and the name of the step it shows; empty for one that shows none."""

    step: str
    sample: Sample


class Operation(NamedTuple):
    """What is followed: ``steps`` begin with the beginning and end with the end; ``fail`` is the bad end.

    ``keys`` are what records of one run share, ``resource`` the kind among them that is no request. With ``shared``
    other operations begin in the same way, and a run counts once a further step was seen. ``longest`` (seconds) is how
    long a run is waited for.
    """

    id: str
    title: str
    service: str
    what: str
    keys: tuple[str, ...]
    shared: bool
    longest: float
    steps: tuple[Step, ...]
    fail: Step
    references: tuple[str, ...]
    proofs: tuple[Proof, ...]

    @property
    def resource(self) -> str:
        """The kind of resource a run is about; empty where only the request tells."""
        return next((key for key in self.keys if key != "request"), "")


class Operations(NamedTuple):
    """All operations by id, and what could not be used of the files."""

    rows: tuple[Operation, ...]
    problems: tuple[str, ...]


def load_operations(extra: Sequence[Path], services: Iterable[str]) -> Operations:
    """The shipped operations and those below ``operations/`` of the extra directories; a later one of an id wins.

    A file that is wrong is a located sentence among the ``problems``.
    """
    found: dict[str, Operation] = {}
    problems: list[str] = []
    known = tuple(services)
    for directory in (data_files.patterns_dir(), *extra):
        for path in sorted((directory / DIRECTORY).glob("*.yaml")):
            try:
                found[path.stem] = read_operation(path, known)
            except LibraryError as err:
                problems.append(str(err))
    return Operations(tuple(found[name] for name in sorted(found)), tuple(problems))


def read_operation(path: Path, services: tuple[str, ...]) -> Operation:
    """One file, checked. Raises LibraryError, located, at the first mistake."""
    doc = read(path)
    data = as_mapping(doc, (), doc.data)
    only(doc, (), data, _FIELDS)
    for key in _FIELDS:
        if key not in _OPTIONAL and data.get(key) in (None, "", [], {}):
            raise doc.error((), f'"{key}" is missing or empty')
    if data["id"] != path.stem:
        raise doc.error(("id",), f'id "{data["id"]}" differs from the file name "{path.stem}"')
    begin = as_mapping(doc, ("begin",), data["begin"])
    only(doc, ("begin",), begin, ("any", "shared"))
    end = as_mapping(doc, ("end",), data["end"])
    only(doc, ("end",), end, ("name", "any"))
    fail = as_mapping(doc, ("fail",), data.get("fail") or {"any": []})
    only(doc, ("fail",), fail, ("any",))
    further = [
        _step(doc, ("steps", i), item, services)
        for i, item in enumerate(as_list(doc, ("steps",), data.get("steps") or []))
    ]
    steps = (
        Step("begin", _signs(doc, ("begin",), begin, services)),
        *further,
        Step(as_text(doc, ("end", "name"), end.get("name")), _signs(doc, ("end",), end, services)),
    )
    names = [step.name for step in steps]
    for number, name in enumerate(names):
        if name in (*names[:number], "fail"):
            raise doc.error(("steps",), f'the name "{name}" is taken')
    keys = tuple(one_of(doc, ("keys",), key, KEYS) for key in as_texts(doc, ("keys",), data["keys"]))
    if len([key for key in keys if key != "request"]) > 1:
        raise doc.error(("keys",), "at most one kind of resource")
    return Operation(
        path.stem,
        as_text(doc, ("title",), data["title"]),
        one_of(doc, ("service",), data["service"], services),
        as_text(doc, ("what",), data["what"]),
        keys,
        bool(begin.get("shared", False)),
        as_duration(doc, ("longest",), data.get("longest", _LONGEST)),
        steps,
        Step("fail", _signs(doc, ("fail",), fail, services) if fail["any"] else ()),
        as_texts(doc, ("references",), data["references"]),
        tuple(
            _proof(doc, ("samples", i), item, services, (*names, "fail"))
            for i, item in enumerate(as_list(doc, ("samples",), data["samples"]))
        ),
    )


def _step(doc: Located, where: Where, data: Any, services: tuple[str, ...]) -> Step:
    step = as_mapping(doc, where, data)
    only(doc, where, step, ("name", "any"))
    return Step(as_text(doc, (*where, "name"), step.get("name")), _signs(doc, where, step, services))


def _signs(doc: Located, where: Where, step: dict[str, Any], services: tuple[str, ...]) -> tuple[Sign, ...]:
    items = as_list(doc, (*where, "any"), step.get("any"))
    if not items:
        raise doc.error(where, "needs at least one sign")
    return tuple(_sign(doc, (*where, "any", i), item, services) for i, item in enumerate(items))


def _sign(doc: Located, where: Where, data: Any, services: tuple[str, ...]) -> Sign:
    sign = as_mapping(doc, where, data)
    if "call" not in sign:
        return Sign(clause=read_clause(doc, where, sign, services))
    only(doc, where, sign, ("call",))
    found = _CALL.match(as_text(doc, (*where, "call"), sign["call"]))
    if found is None:
        raise doc.error(
            (*where, "call"), f'"{sign["call"]}" is no call', 'write for example "POST /servers/{id}/action"'
        )
    return Sign(found[1], found[2])


def _proof(doc: Located, where: Where, data: Any, services: tuple[str, ...], steps: tuple[str, ...]) -> Proof:
    proof = dict(as_mapping(doc, where, data))
    step = proof.pop("step", None)
    name = "" if step is None else one_of(doc, (*where, "step"), step, steps)
    return Proof(name, read_sample(doc, where, proof, services))
