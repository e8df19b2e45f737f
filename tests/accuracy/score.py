"""Scores the diagnosis on labelled incidents: is the true cause among the evidence of the first candidates?

Once traced, from the request that failed, and once triaged, without being told anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import haystack
from haystack.diagnose import Diagnosis
from haystack.diagnose.diagnose import SURE
from haystack.diagnose.gate import sure_causes
from haystack.diagnose.model import Candidate

FIXTURES = Path(__file__).parents[2] / "fixtures"


@dataclass
class Score:
    incidents: int = 0
    first: int = 0
    among_three: int = 0
    healthy: int = 0
    alarms: int = 0
    rows: list[str] = field(default_factory=list)

    def summary(self) -> str:
        share = f"{self.first / self.incidents:.0%}" if self.incidents else "-"
        three = f"{self.among_three / self.incidents:.0%}" if self.incidents else "-"
        return (
            f"{self.incidents} incidents: cause first {self.first} ({share}), among three {self.among_three} ({three});"
            " "
            f"{self.healthy} healthy requests: alarms {self.alarms}"
        )


def labels(directory: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The labelled incidents below a directory; raises when there is none, for a score of nothing is no score."""
    found = sorted([*directory.glob("*/incident.yaml"), *directory.glob("*/truth.yaml")])
    if not found:
        raise FileNotFoundError(f"{directory}: no incident.yaml or truth.yaml in any folder")
    return [(path.parent, yaml.safe_load(path.read_text())) for path in found]


def failing_id(label: dict[str, Any]) -> str:
    return label.get("trace") or next(iter(label.get("failing_request_ids") or []), "")


def rank_of_cause(diagnosis: Diagnosis, label: dict[str, Any]) -> int | None:
    """Place of the first candidate with a true cause line in its evidence, from 1."""
    return rank_among(diagnosis.candidates, label)


def rank_among(candidates: Sequence[Candidate], label: dict[str, Any]) -> int | None:
    """Place of the first of some candidates with a true cause line in its evidence, from 1."""
    true = {(*line["file"].split("/", 1), int(line["line"])) for line in label.get("cause_lines") or []}
    for rank, candidate in enumerate(candidates, 1):
        for item in candidate.evidence:
            origin = item.record.origin
            first = origin.line
            if any(
                node == origin.node and f"/{path}" == origin.path and first <= line < first + item.record.lines
                for node, path, line in true
            ):
                return rank
    return None


def score(directory: Path) -> Score:
    result = Score()
    for root, label in labels(directory):
        identifier = failing_id(label)
        if identifier and not label.get("healthy"):
            diagnosis = haystack.trace([identifier], [root])
            rank = rank_of_cause(diagnosis, label)
            result.incidents += 1
            result.first += rank == 1
            result.among_three += rank is not None and rank <= 3
            top = diagnosis.candidates[0] if diagnosis.candidates else None
            says = f"{top.pattern.id} {top.confidence}: {top.cause}" if top else diagnosis.verdict
            result.rows.append(f"{root.name:32} rank {rank!s:4} {says}")
        for healthy in label.get("healthy_requests") or (label.get("healthy") and label.get("ok_request_ids")) or []:
            diagnosis = haystack.trace([healthy], [root])
            result.healthy += 1
            wrong = [c for c in diagnosis.candidates if c.confidence >= SURE]
            result.alarms += bool(wrong)
            if wrong:
                result.rows.append(f"{root.name:32} ALARM {healthy} {wrong[0].pattern.id} {wrong[0].confidence}")
    return result


@dataclass
class TriageScore:
    incidents: int = 0
    first: int = 0
    among_three: int = 0
    healthy: int = 0
    alarms: int = 0
    rows: list[str] = field(default_factory=list)

    def summary(self) -> str:
        share = f"{self.first / self.incidents:.0%}" if self.incidents else "-"
        return (
            f"{self.incidents} incidents triaged: cause first {self.first} ({share}), among three {self.among_three}; "
            f"{self.healthy} healthy: alarms {self.alarms}"
        )


def score_triage(directory: Path) -> TriageScore:
    """How often triage of an incident names its cause first, and names none where nothing was wrong."""
    result = TriageScore()
    for root, label in labels(directory):
        triage = haystack.triage([root])
        if label.get("cause_lines"):
            rank = rank_among(triage.candidates, label)
            result.incidents += 1
            result.first += rank == 1
            result.among_three += rank is not None and rank <= 3
            says = [f"{c.pattern.id} {c.confidence}: {c.cause}" for c in triage.candidates[:1]]
            result.rows.append(f"{root.name:32} rank {rank!s:4} {(says or [triage.verdict])[0]}")
        elif label.get("healthy_requests") or label.get("healthy"):
            alarms = sure_causes(triage)
            result.healthy += 1
            result.alarms += bool(alarms)
            if alarms:
                result.rows.append(f"{root.name:32} ALARM {alarms[0].pattern.id} {alarms[0].confidence}")
    return result
