"""The diagnosis of every fixture is right, and a healthy request is never alarmed about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import haystack
from haystack.diagnose import CAUSE_FOUND, HEALTHY

from .score import FIXTURES, failing_id, labels, rank_of_cause, score_triage

LABELS = labels(FIXTURES)
FAILING = [(root, label) for root, label in LABELS if failing_id(label)]
HEALTHY_REQUESTS = [(root, i) for root, label in LABELS for i in label.get("healthy_requests") or []]


def test_fixtures_are_labelled() -> None:
    assert len(FAILING) >= 6
    assert len(HEALTHY_REQUESTS) >= 10
    assert sum(not failing_id(label) for _, label in LABELS) >= 2


@pytest.mark.parametrize(("root", "label"), FAILING, ids=[root.name for root, _ in FAILING])
def test_the_cause_comes_first(root: Path, label: dict[str, Any]) -> None:
    diagnosis = haystack.trace([failing_id(label)], [root])
    assert diagnosis.verdict == CAUSE_FOUND
    assert diagnosis.candidates[0].pattern.id == label["expect"]
    assert rank_of_cause(diagnosis, label) == 1


@pytest.mark.parametrize(
    ("root", "identifier"), HEALTHY_REQUESTS, ids=[f"{r.name}-{i[:12]}" for r, i in HEALTHY_REQUESTS]
)
def test_a_healthy_request_has_no_cause(root: Path, identifier: str) -> None:
    diagnosis = haystack.trace([identifier], [root])
    assert diagnosis.verdict == HEALTHY
    assert diagnosis.candidates == ()


def test_triage_names_the_same_without_being_told() -> None:
    result = score_triage(FIXTURES)
    assert (result.first, result.incidents) == (len(FAILING), len(FAILING)), result.rows
    assert (result.alarms, result.healthy) == (0, len(LABELS) - len(FAILING)), result.rows
