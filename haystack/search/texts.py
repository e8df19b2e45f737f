"""From the text or expression that somebody looks for to what a record is tested with."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from ..errors import UsageError
from .seek import Seek, Test

# No expression may run longer than this on one text (seconds), and not on so many of them: it would take for ever.
_TIMEOUT = 0.5
_MOST_TIMEOUTS = 20


def seek_text(text: str, pieces: Sequence[str], ignore_case: bool = False) -> Seek:
    """A plain text; ``pieces`` are the parts of it that are written alike in every coat of a log line."""
    if not text:
        return Seek()
    literals = (max(pieces, key=len),) if pieces else ()
    if not ignore_case:
        return Seek(lambda line: text in line, literals, exact=literals == (text,))
    lowered = text.lower()
    return Seek(lambda line: lowered in line.lower(), literals, exact=literals == (text,), ignore_case=True)


def seek_expression(expression: str, required: Sequence[Sequence[str]], ignore_case: bool = False) -> Seek:
    """An expression; of each of the ``required`` groups of texts one is in whatever it matches.

    Raises UsageError when it is no expression; testing raises it when the expression takes too long on many texts.
    """
    flags = regex.MULTILINE | (regex.IGNORECASE if ignore_case else 0)
    try:
        compiled = regex.compile(expression, flags)
    except (regex.error, OverflowError, RecursionError) as err:
        raise UsageError(f'"{expression}" is no regular expression: {err}') from err
    if "{" in regex.sub(r"\{\d*,?\d*\}", "", expression):
        required = ()  # the braces of an inexact match: (?:word){e<=1} does not require the word
    best = max(required, key=lambda group: (min(map(len, group)), -len(group)), default=())
    return Seek(_bounded(compiled), tuple(best), ignore_case=ignore_case)


def _bounded(compiled: regex.Pattern[str]) -> Test:
    search = compiled.search
    late = 0

    def test(text: str) -> bool:
        nonlocal late
        try:
            return search(text, timeout=_TIMEOUT) is not None
        except TimeoutError:
            late += 1
            if late > _MOST_TIMEOUTS:
                raise UsageError(
                    f'the expression "{compiled.pattern}" takes too long; repeat less inside of repeats, as (a+)+ does'
                ) from None
            return False

    return test
