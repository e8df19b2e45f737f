"""Configuration files as a whole, of whatever syntax: masked before they touch our disk.

Line by line, for a file need not be well formed. Rather too much is masked than too little: what matters of a secret is
whether nodes have the same, and equal ones stay equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .secret import is_secret
from .value import hidden, shown, unknown_words

_SECTION = re.compile(r"\s*\[(?P<name>[^\[\]{}\n]{1,200})\]\s*(?:[#;].*)?$")
_COMMENT = re.compile(r"(?P<mark>\s*(?:[#;%!]|//)[#;%! \t]*)(?P<rest>.*)$")
# oslo.config, MariaDB, RabbitMQ's rabbitmq.conf, Ceph, libvirt; YAML's and Apache's are words.
_OPTION = re.compile(r"(?P<head>\s*(?:-\s+)?[\"']?(?P<name>[\w.@:/ -]{1,200}?)[\"']?\s*[=:]\s*)(?P<value>\S.*)$")
# HAProxy, redis, memcached: one or two words, then the value.
_WORDS = re.compile(r"(?P<head>\s*(?P<one>[\w.-]{1,100})\s+)(?:(?P<two>[\w.-]{1,100})\s+)?(?P<value>\S.*)$")
# RabbitMQ's rabbitmq.config: {default_pass, <<"guest">>}
_ERLANG = re.compile(r"(?P<head>\{\s*'?(?P<name>\w{1,100})'?\s*,\s*(?:<<)?\")(?P<value>[^\"\n]{1,1000})(?=\")")
_PEM = re.compile(r"-----(?P<which>BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY")


def masked(text: str) -> str:
    """The text of a configuration file without secrets, line for line."""
    return "\n".join(_lines(text.split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    section = ""
    in_key = False
    secret_at = -1  # how far the option is indented whose secret may go on
    for line in lines:
        pem = _PEM.search(line)
        if in_key or pem:
            in_key = pem["which"] == "BEGIN" and "END" not in line[pem.end() :] if pem else True
            yield hidden(line) if line.strip() else line
            continue
        found = _SECTION.match(line)
        if found:
            section, secret_at = found["name"].strip().lower(), -1
            yield unknown_words(line)
            continue
        # oslo.config: a line that is indented further goes on with the value before it.
        indent = len(line) - len(line.lstrip())
        if 0 <= secret_at < indent and line.strip() and not _OPTION.match(line):
            yield line[:indent] + hidden(line.strip())
            continue
        secret_at = -1
        comment = _COMMENT.match(line)
        if comment:
            yield comment["mark"] + _line(section, comment["rest"], words=False)
            continue
        option = _OPTION.match(line)
        if (option and is_secret(section, option["name"].strip(), option["value"])) or _is_open(section, line):
            secret_at = indent
        yield _line(section, line, words=True)


def _is_open(section: str, line: str) -> bool:
    """Whether a secret's value begins on the next line: ``password =`` and nothing."""
    name, sign, value = line.partition("=")
    return bool(sign) and not value.strip() and is_secret(section, name.strip(), "x")


def _line(section: str, line: str, words: bool) -> str:
    line = _ERLANG.sub(lambda found: found["head"] + shown("", found["name"], found["value"]), line)
    option = _OPTION.match(line)
    if option and is_secret(section, option["name"].strip(), option["value"].rstrip()):
        return option["head"] + shown(section, option["name"].strip(), option["value"].rstrip())
    found = _WORDS.match(line) if words else None
    if found:
        one, two, value = found["one"], found["two"] or "", found["value"].rstrip()
        if two and is_secret(section, f"{one} {two}", value):
            return f"{found['head']}{two} {hidden(value)}"
        rest = line[found.end("head") :].rstrip()
        if is_secret(section, one, rest) and rest[:1] not in "=:":
            return found["head"] + hidden(rest)
    return unknown_words(line)
