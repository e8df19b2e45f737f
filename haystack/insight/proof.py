"""The proof of operations: each sample, read through the real formats, shows the step it says, and each sign is shown.

``haystack patterns check`` and the tests run it beside the proof of the patterns.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..library.checks import Complaint, sample_records
from ..library.literals import telling_literals
from ..services import Services
from .calls import Calls
from .operations import Operation, Operations, Sign, Step
from .sightings import FAIL, REFUSED, Reader, Sighting


def check_operations(operations: Operations, services: Services, only: Iterable[str] | None = None) -> list[Complaint]:
    """Complaints about the operations named in ``only``, about all of them when None; and about unusable files."""
    wanted = None if only is None else set(only)
    complaints = [Complaint(Path(text.partition(":")[0]).stem, text, True) for text in operations.problems]
    for operation in operations.rows:
        if wanted is None or operation.id in wanted:
            complaints += _check(operation, services)
    return complaints


def _check(operation: Operation, services: Services) -> list[Complaint]:
    complaints: list[Complaint] = []
    names = {number: step.name for number, step in enumerate(operation.steps)} | {FAIL: "fail"}
    for number, proof in enumerate(operation.proofs, 1):
        shown = _shown(operation, services, number)
        steps = {names[sighting.step] for sighting in shown if sighting.step != REFUSED}
        if proof.step and proof.step not in steps:
            complaints.append(Complaint(operation.id, f'sample {number} does not show the step "{proof.step}"', True))
        if not proof.step and steps:
            complaints.append(Complaint(operation.id, f"sample {number} shows {', '.join(sorted(steps))}", True))
        by_request = "request" in operation.keys
        if any(not (sighting.resource or (by_request and sighting.requests)) for sighting in shown):
            complaints.append(
                Complaint(operation.id, f"sample {number} has none of {', '.join(operation.keys)}", False)
            )
    for step, sign in _signs(operation):
        if sign.clause is not None and not telling_literals(sign.clause):
            text = f'a sign of "{step.name}" has no telling literal: give it a plain text'
            complaints.append(Complaint(operation.id, text, True))
        if not _proven(operation, step, sign, services):
            complaints.append(Complaint(operation.id, f'a sign of "{step.name}" ({_show(sign)}) has no sample', True))
    return complaints


def _shown(operation: Operation, services: Services, number: int) -> list[Sighting]:
    """What the records of a sample (counted from 1) show."""
    reader = Reader([operation], services, Calls(0, None))
    records = sample_records(operation.proofs[number - 1].sample)
    return [sighting for record in records for sighting in reader(record) or ()]


def _signs(operation: Operation) -> list[tuple[Step, Sign]]:
    return [(step, sign) for step in (*operation.steps, operation.fail) for sign in step.signs]


def _proven(operation: Operation, step: Step, sign: Sign, services: Services) -> bool:
    """Whether a sample shows the step by this sign alone."""

    def alone(other: Step) -> Step:
        return other._replace(signs=(sign,) if other is step else ())

    single = operation._replace(steps=tuple(map(alone, operation.steps)), fail=alone(operation.fail))
    return any(
        _shown(single, services, number) for number, proof in enumerate(operation.proofs, 1) if proof.step == step.name
    )


def _show(sign: Sign) -> str:
    if sign.clause is None:
        return f"{sign.method} {sign.tail}"
    return (sign.clause.text or (sign.clause.regex,))[0][:60]
