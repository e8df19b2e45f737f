"""Files that are no INI: haproxy.cfg, memcached's command line, RabbitMQ's Erlang terms, as sections and options."""

from __future__ import annotations

import re
import shlex
from itertools import zip_longest

from .ini import Parsed, Setting

# https://docs.haproxy.org/2.8/configuration.html#2: a section goes on until the next of these.
_SECTIONS = frozenset(
    "global defaults frontend backend listen peers resolvers userlist program cache mailers ring http-errors".split()
)
# Keywords whose second word belongs to the name: there is one of each, not of the keyword.
_TWO_WORDS = frozenset("timeout option stats server server-template user group acl errorfile".split())
_TERM = re.compile(r"\{\s{0,9}'?(\w+)'?\s{0,9},")
_BRACKETS = "[]{},. \t"


def haproxy(text: str) -> Parsed:
    """haproxy.cfg: ``timeout client 1m`` below ``defaults`` is its option ``timeout client``."""
    settings: list[Setting] = []
    section = ""
    for number, line in enumerate(text.split("\n"), 1):
        words = line.partition(" #")[0].split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in _SECTIONS:
            section = " ".join(words[:2])
            continue
        length = 2 if words[0] in _TWO_WORDS and len(words) > 1 else 1
        settings.append(Setting(section, " ".join(words[:length]), " ".join(words[length:]), number))
    return Parsed(tuple(settings))


def memcached(text: str) -> Parsed:
    """memcached.conf, a command line (``-m 64``) word by word, or what sysconfig says (``CACHESIZE="64"``)."""
    settings: list[Setting] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("-"):
            option, _, value = line.partition("=" if line.startswith("--") and "=" in line else " ")
        else:
            option, _, value = line.partition("=")
            value = _unquoted(value)
        settings.append(Setting("", option.strip() or line, value.strip(), number))
    return Parsed(tuple(settings))


def erlang(text: str) -> Parsed:
    """rabbitmq.config and advanced.config, term by term: ``{heartbeat, 60}`` is the option ``heartbeat``.

    A line without a term is one more value of the one above, so that a difference in it shows, and so that the second
    line of a password is known for one.
    """
    settings: list[Setting] = []
    name = "(no term)"
    for number, line in enumerate(text.split("\n"), 1):
        line = line.partition("%")[0].strip()
        if not line.strip(_BRACKETS):
            continue
        terms = list(_TERM.finditer(line))
        if rest := line[: terms[0].start() if terms else None].strip(_BRACKETS):
            settings.append(Setting("", name, rest, number))
        for term, following in zip_longest(terms, terms[1:]):
            name = term[1]
            value = line[term.end() : following.start() if following else None].strip(_BRACKETS)
            settings.append(Setting("", name, value, number))
    return Parsed(tuple(settings))


def _unquoted(value: str) -> str:
    try:
        return " ".join(shlex.split(value))
    except ValueError:  # a quote that is not closed
        return value
