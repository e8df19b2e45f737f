"""The library of known faults: patterns as data, loaded, checked and matched."""

from .library import Library, load
from .matcher import Finding, Hit, Matcher
from .model import Clause, Match, Pattern, Sample, Step

__all__ = ["Clause", "Finding", "Hit", "Library", "Match", "Matcher", "Pattern", "Sample", "Step", "load"]
