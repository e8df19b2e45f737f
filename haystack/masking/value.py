"""Values of options as they may be shown: what the option's name says is secret is masked."""

from __future__ import annotations

import re

from .mask import mask, stars
from .secret import is_secret

_WORD = re.compile(r"\S+")
_HOST = r"(?:[\w.%$-]*|\[[0-9a-fA-F:.]*\])(?::\d*)?"
_USER = r"(?:[^\s:@/,]+|[^\s:@/,]*:\*+[0-9a-f]*)@"
# What `mask` leaves of the hosts of a URL: users without a password or with a masked one, and no user after a host
# without one, for such a host may be half a password.
_CLEAN_HOSTS = re.compile(rf"{_USER}{_HOST}(?:,{_USER}{_HOST})*(?:,{_HOST})*")
_BARE = re.compile(r"(?P<user>[^\s:@/]{1,100}:)(?P<secret>[^\s@](?:\S*[^\s@])?)@[\w\[]")
# What was masked when it was fetched stays as it is, so that it looks alike from wherever it was read.
_MASKED = re.compile(r"\*{3}[0-9a-f]{6}")


def shown(section: str, option: str, value: str) -> str:
    """The value without secrets: equal ones stay equal, and one that differs is seen to differ."""
    if is_secret(section, option, value):
        # The parts of a deployment tool that hide secrets leave such stars, which say nothing.
        return value if not value.strip("*") else hidden(value)
    return unknown_words(value)


def hidden(secret: str) -> str:
    """What stands in the place of a secret; itself, where it is masked already."""
    return secret if _MASKED.fullmatch(secret) else stars(secret)


def unknown_words(text: str) -> str:
    """Text of which no option's name tells what it is, without what looks like a secret."""
    return _WORD.sub(_checked, mask(text))


def _checked(word: re.Match[str]) -> str:
    """A URL with credentials that `mask` did not fully understand (an `@` or `#` in a password) loses all of it.

    Without a scheme too: the further hosts of a transport_url may stand on lines of their own.
    """
    scheme, slashes, rest = word.group().partition("://")
    bare = "" if slashes else scheme
    found = _BARE.match(bare)
    if found:
        return f"{found['user']}{hidden(found['secret'])}{bare[found.end('secret') :]}"
    hosts, _, path = rest.partition("/")
    if "@" not in rest or (_CLEAN_HOSTS.fullmatch(hosts) and "@" not in path):
        return word.group()
    return f"{scheme}{slashes}{stars(rest)}"
