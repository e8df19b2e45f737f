"""The telling literals of a clause: what is scanned for before any expression is run.

A log of a gigabyte is scanned for all clauses' literals in a single pass; only lines that hold one are parsed
and matched. A literal must therefore be in every line the clause can match, in whatever coat the line
wears: JSON escapes quotes, backslashes and non-ASCII, syslog turns line ends into ``#012``; so literals
are cut at such characters.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

from .common_words import COMMON_WORDS
from .model import Clause

with warnings.catch_warnings():
    # The parser of `re` moved in 3.11 and the old name warns; it has no public one in any release.
    warnings.simplefilter("ignore", DeprecationWarning)
    import sre_constants
    import sre_parse

# Shorter pieces are in too many lines to be worth looking for.
SHORTEST = 5
_CUT = re.compile(r"[^\x20-\x7e]|[\"\\<>&]")
_WORD = re.compile(r"[A-Za-z]+")


# Parts of common words tell no more than the words: `[Ss]ecurity` leaves `ecurity`.
_COMMON = COMMON_WORDS | {word[1:] for word in COMMON_WORDS if len(word) > 3}
# A requirement with more alternatives than this is no filter any more.
_MOST_ALTERNATIVES = 12

# Texts of which one must be there.
Requirement = tuple[str, ...]
EMPTY: Requirement = ()


def telling_literals(clause: Clause) -> Requirement:
    """The literals to scan for, of which one is in every record the clause holds on.

    Mostly one; more where the best the clause requires is one of several words (``ECONNREFUSED|Connection refused``).
    Empty when nothing tells; the author should be told.
    """
    requirements: list[Requirement] = [(piece,) for text in clause.text for piece in pieces(text)]
    if clause.regex:
        requirements += required_literals(clause.regex)
    if clause.exception:
        requirements.append((clause.exception.rpartition(".")[2],))
    return max(requirements, key=_telling_of_worst) if requirements else EMPTY


def required_literals(expression: str) -> list[Requirement]:
    """What every text that the expression matches must have; what stands under ``(?i)`` does not count."""
    try:
        parsed = sre_parse.parse(expression)
    except (re.error, RecursionError, OverflowError):
        return []  # an expression only the `regex` module understands
    if parsed.state.flags & re.IGNORECASE:
        return []
    runs, alternatives = _walk(parsed)
    return [(piece,) for run in runs for piece in pieces(run)] + alternatives


def _walk(items: Any) -> tuple[list[str], list[Requirement]]:
    """Literal runs in order (a run ends where something else matches), and requirements with alternatives."""
    runs = [""]
    alternatives: list[Requirement] = []
    for op, argument in items:
        if op is sre_constants.LITERAL:
            runs[-1] += chr(argument)
        elif op is sre_constants.SUBPATTERN and not argument[1] & re.IGNORECASE:
            inner, more = _walk(argument[3])
            # A group goes on with the run it stands in, and ends it when it holds more than a literal.
            runs[-1] += inner[0]
            runs += inner[1:]
            alternatives += more
        elif op in (sre_constants.MAX_REPEAT, sre_constants.MIN_REPEAT) and argument[0] >= 1:
            inner, more = _walk(argument[2])
            runs += ["", *inner, ""]
            alternatives += more
        elif op is sre_constants.BRANCH:
            runs.append("")
            alternatives += _branch(argument[1])
        elif op is not sre_constants.AT:
            runs.append("")
    return runs, alternatives


def _branch(branches: Any) -> list[Requirement]:
    """One requirement made of the best literal of each branch; none when a branch has no literal."""
    best: list[str] = []
    for branch in branches:
        runs, alternatives = _walk(branch)
        own: list[Requirement] = [(piece,) for run in runs for piece in pieces(run)]
        own += alternatives
        if not own:
            return []
        chosen: Requirement = max(own, key=_telling_of_worst)
        best += chosen
    return [tuple(dict.fromkeys(best))] if len(best) <= _MOST_ALTERNATIVES else []


def pieces(text: str, shortest: int = SHORTEST) -> list[str]:
    """The parts of a text that are written alike in every coat, the shorter ones left out."""
    return [piece for piece in _CUT.split(text) if len(piece.strip()) >= shortest]


def _telling_of_worst(requirement: Requirement) -> tuple[int, int, int]:
    return (*min(map(_telling, requirement)), -len(requirement))


def _telling(literal: str) -> tuple[int, int]:
    """Rare words tell by their length; common ones only by standing together in this order."""
    words = _WORD.findall(literal)
    rare = sum(len(word) for word in words if word.lower() not in _COMMON)
    signs = sum(not c.isalpha() and c != " " for c in literal)
    return 2 * rare + 4 * max(0, len(words) - 1) + signs, len(literal)
