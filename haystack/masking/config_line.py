"""One line of a configuration file without its secrets, whatever the syntax: ``config_text`` puts lines together."""

from __future__ import annotations

import re

from .secret import is_secret
from .value import hidden, shown, unknown_words

_NAMED = r"\s*(?:-\s+)?[\"']?(?P<name>[\w.@:/ -]{1,200}?)[\"']?\s*[=:]\s*"
# oslo.config, MariaDB, RabbitMQ's rabbitmq.conf, Ceph, libvirt; YAML's and Apache's are words.
_OPTION = re.compile(rf"(?P<head>{_NAMED})(?P<value>\S.*)$")
# An option whose value follows on the next lines; in YAML behind `|` or `>`.
_EMPTY = re.compile(rf"{_NAMED}(?:[|>][+-]?\d?\s*)?$")
# HAProxy, redis, memcached: one or two words, then the value.
_WORDS = re.compile(r"(?P<head>\s*(?P<one>[\w.-]{1,100})\s+)(?:(?P<two>[\w.-]{1,100})\s+)?(?P<value>\S.*)$")
# RabbitMQ's rabbitmq.config: {default_pass, <<"guest">>}. A list or a term goes to the end of the line.
_TERM = re.compile(r"\{\s{0,20}'?(?P<name>\w{1,100})'?\s{0,20},\s{0,20}")
_TERM_VALUE = re.compile(
    r"(?:<<)?\"(?P<double>(?:[^\"\\\n]|\\.){0,4000})|'(?P<single>(?:[^'\\\n]|\\.){0,4000})|[\[{].*|(?P<word>[\w.-]{1,4000})"
)
# A name with a value somewhere in a line: env = OS_PASSWORD=…, {token: …}, key k { secret "…"; }
_PAIR = re.compile(
    r"(?<![\w.-])(?P<name>[\w.-]{1,100})(?:\\?[\"'])?(?:[ \t]{0,20}(?P<sign>=>|[:=])[ \t]{0,20}|[ \t]{1,20})"
)
_PAIR_VALUE = re.compile(
    r"\[[^\]\n]{0,4000}\]?|\{[^}\n]{0,4000}\}?"
    r"|\\\"(?P<escaped>[^\"\\\n]{0,4000})|\"(?P<double>(?:[^\"\\\n]|\\.){0,4000})|'(?P<single>[^'\n]{0,4000})|(?P<word>[^\s,;&}\])\"'\\]{1,4000})"
)
# `check send "AUTH …"` to redis, and its other forms; what is sent as hex could be anything.
_SENT = re.compile(r"(?P<head>\btcp-check\s{1,20}send(?P<form>(?:-lf|-binary){0,2})\s{1,20})(?P<value>\S.*)$")
_AUTHORIZATION = re.compile(r"(?P<head>\bauthorization\\?[\"']?[\s:=]\s{0,20})(?P<value>[^\s:=].*)$", re.IGNORECASE)
# What crypt(3) and its like make of passwords.
_CRYPT = re.compile(
    r"\$(?:1|2[abxy]?|5|6|7|y|gy|P|H|S|apr1|argon2\w{0,2}|pbkdf2[\w-]{0,20}|scrypt)\$[^\s'\",;:]{8,500}"
)
# One of these is in every line with a secret, and in few others.
HINT = re.compile(
    r"pass|secret|credential|token|key|auth|cookie|hmac|kek|pin|psk|pw|dsn|login|communit|user|hash_path|bind|rename|send"
    r"|@|\$|bearer|basic|gaaaa|identified",
    re.IGNORECASE,
)
# Nobody writes a longer line by hand, and it would take long to look at.
LONGEST = 16 << 10
_USERS = frozenset(("user", "sentinel"))


def opens_secret(section: str, line: str) -> bool:
    """Whether the line names a secret, whose value may go on below."""
    found = _EMPTY.match(line) or _OPTION.match(line)
    return found is not None and is_secret(section, found["name"].strip(), "x")


def is_open(section: str, line: str) -> bool:
    """Whether the line names a secret and nothing of its value."""
    found = _EMPTY.match(line)
    return found is not None and is_secret(section, found["name"].strip(), "x")


def owes_secret(line: str) -> bool:
    """Whether the secret that the line names must stand on the next, however that is indented."""
    terms = [*_TERM.finditer(line)]
    return bool(terms) and terms[-1].end() == len(line.rstrip()) and is_secret("", terms[-1]["name"], "x")


def masked_line(section: str, line: str, *, comment: bool = False) -> str:
    """The line without its secrets; in a comment, which may be prose, less is taken for an option and its value."""
    if len(line) > LONGEST:
        return hidden(line.rstrip())
    if not HINT.search(line):
        return line
    line = _values_hidden("", line, _TERM, _TERM_VALUE)
    option = _OPTION.match(line)
    if option and is_secret(section, option["name"].strip(), option["value"].rstrip()):
        return option["head"] + shown(section, option["name"].strip(), option["value"].rstrip())
    sent = _SENT.search(line)
    if sent and ("AUTH" in sent["value"] or "binary" in sent["form"]):
        return line[: sent.end("head")] + hidden(sent["value"].rstrip())
    line = _AUTHORIZATION.sub(lambda found: found["head"] + hidden(found["value"].rstrip()), line)
    words = _of_words(section, line, comment)
    if words is not None:
        return words
    return unknown_words(
        _CRYPT.sub(lambda found: hidden(found.group()), _values_hidden(section, line, _PAIR, _PAIR_VALUE))
    )


def _of_words(section: str, line: str, comment: bool) -> str | None:
    """A line of words, of which the first one or two name a secret."""
    found = _WORDS.match(line)
    if not found:
        return None
    one, two, value = found["one"], found["two"] or "", found["value"].rstrip()
    # `# password of the database` is no option; `# stats auth admin:…` is one.
    prose = comment and len(value.split()) > 1 and one not in _USERS
    if two and not prose and is_secret(section, f"{one} {two}", value):
        return f"{found['head']}{two} {hidden(value)}"
    rest = line[found.end("head") :].rstrip()
    if is_secret(section, one, rest) and rest[:1] not in "=:" and not (comment and len(rest.split()) > 1):
        return found["head"] + hidden(rest)
    return None


def _values_hidden(section: str, line: str, name: re.Pattern[str], value: re.Pattern[str]) -> str:
    """The line without the values behind names that tell of secrets, wherever in it they stand."""
    parts: list[str] = []
    done = at = 0
    while found := name.search(line, at):
        at = found.end()  # what stands behind another name may hold names itself
        told = value.match(line, at)
        if told is None or (name is _PAIR and not _belong(line, found, told)):
            continue
        start, end = told.span(told.lastgroup or 0)
        text = line[start:end]
        if text and is_secret(section, found["name"], text):
            parts += [line[done:start], hidden(text)]
            done = at = end
    return "".join([*parts, line[done:]])


def _belong(line: str, name: re.Match[str], value: re.Match[str]) -> bool:
    """Whether a sign joins the two: not ``auth_token:filter_factory``. Words are a pair before a semicolon: named."""
    if name["sign"] == ":" and name.group().endswith(":"):
        return line[value.start()] in "\"'\\[{"
    return name["sign"] is not None or line[value.end() :].lstrip("\"' ").startswith(";")
