"""Diagnosis: findings, what explains what, and the ranked candidates."""

from .diagnose import Answer, diagnose
from .model import CAUSE_FOUND, HEALTHY, NOT_FOUND, UNKNOWN_CAUSE, Candidate, Diagnosis, Evidence, Stop, Suspect

__all__ = [
    "CAUSE_FOUND",
    "HEALTHY",
    "NOT_FOUND",
    "UNKNOWN_CAUSE",
    "Answer",
    "Candidate",
    "Diagnosis",
    "Evidence",
    "Stop",
    "Suspect",
    "diagnose",
]
