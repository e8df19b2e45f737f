"""Files of sections and options: oslo.config's, my.cnf, and rabbitmq.conf, each as its own program reads it.

Nothing is refused: a line that the program would not take is a problem, and what follows is read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(r"[\w.-]+$")


class Setting(NamedTuple):
    """An option as it stands in a file. Options before any section are in section ``""``."""

    section: str
    option: str
    value: str
    line: int


class Parsed(NamedTuple):
    """What a file says. ``problems`` are lines its program would stumble over: number, and why."""

    settings: tuple[Setting, ...]
    problems: tuple[tuple[int, str], ...] = ()


def oslo(text: str) -> Parsed:
    """A file of oslo.config, as its iniparser reads it: an indented line continues the value above.

    Sections are lower-cased but for DEFAULT, for oslo.config looks them up so; options are not. A value's quotes
    and an empty first line are dropped, substitutions (``$state_path``) stay as written.
    """
    settings: list[Setting] = []
    problems: list[tuple[int, str]] = []
    section = ""
    value: list[str] | None = None  # lines of the value that an indented line continues
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip()
        if line and line[0] in " \t":
            if value is not None:
                value.append(line.lstrip())
            else:  # an indented comment as well
                problems.append((number, "an indented line that continues no value"))
            continue
        if value is not None:
            settings[-1] = settings[-1]._replace(value="\n".join(value))
            value = None
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            name = line[1:-1] if line[-1] == "]" else ""
            if name:
                section = name if name == "DEFAULT" else name.lower()
            else:
                problems.append((number, "a section without a name or its end"))
            continue
        key, first = _split(line)
        if not key:
            problems.append((number, "neither a section nor an option"))
            continue
        if not section:
            problems.append((number, "an option before the first section"))
        first = _oslo_unquoted(first)
        value = [first] if first else []
        settings.append(Setting(section, key, first, number))
    if value:
        settings[-1] = settings[-1]._replace(value="\n".join(value))
    return Parsed(tuple(settings), tuple(problems))


def mysql(text: str) -> Parsed:
    """A file of MariaDB or MySQL: an option may go without a value, and ``-`` and ``_`` in names are the same."""
    return _indented(text, "-")


def ceph(text: str) -> Parsed:
    """ceph.conf: options may be indented, and blanks and ``_`` in names are the same."""
    return _indented(text, " -")


def _indented(text: str, joins: str) -> Parsed:
    """Sections and options with blanks before them; ``joins`` are the characters that join words as ``_`` does."""
    settings: list[Setting] = []
    problems: list[tuple[int, str]] = []
    section = ""
    for number, line in _lines(text, "#;"):
        if line.startswith("!"):
            directive, _, target = line.partition(" ")
            settings.append(Setting(section, directive, target.strip(), number))
        elif line.startswith("["):
            section = line.strip("[] ").lower()
        else:
            key, _, value = line.partition("=")
            name = re.sub(f"[{re.escape(joins)}]+", "_", key.strip().lower())
            if _NAME.match(name):
                settings.append(Setting(section, name, _uncommented(value), number))
            else:
                problems.append((number, "neither a section nor an option"))
    return Parsed(tuple(settings), tuple(problems))


def flat(text: str) -> Parsed:
    """A file without sections: rabbitmq.conf, libvirtd.conf, what shells read."""
    settings: list[Setting] = []
    problems: list[tuple[int, str]] = []
    for number, line in _lines(text, "#"):
        key, equals, value = line.partition("=")
        if equals and key.strip():
            settings.append(Setting("", key.strip(), _uncommented(value), number))
        elif line not in ("]", "],"):  # the end of a list of libvirt's that goes over lines
            problems.append((number, "no option"))
    return Parsed(tuple(settings), tuple(problems))


def _lines(text: str, comments: str) -> list[tuple[int, str]]:
    """Lines that say something, without the blanks around them, by number."""
    stripped = ((number, line.strip()) for number, line in enumerate(text.split("\n"), 1))
    return [(number, line) for number, line in stripped if line and line[0] not in comments]


def _split(line: str) -> tuple[str, str]:
    """Key and value by the first ``=`` or ``:``; an empty key for a line that has neither."""
    found = re.search("[=:]", line)
    return (line[: found.start()].strip(), line[found.end() :].strip()) if found else ("", "")


def _oslo_unquoted(value: str) -> str:
    """To oslo.config a single quote is a quoted nothing."""
    return "" if value in ("'", '"') else _unquoted(value)


def _uncommented(value: str) -> str:
    """A value without the comment behind it, and without its quotes, in which a ``#`` is none."""
    value = value.strip()
    if value[:1] not in ("'", '"', "["):
        value = re.split(r"\s#", value, maxsplit=1)[0].strip()
    return _unquoted(value)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
