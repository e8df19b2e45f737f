"""Which options hold secrets, by their names: reports mask them, citations do not quote them."""

from __future__ import annotations

import re
from functools import lru_cache

# `_` stands for whatever joins the words of a name: `stats auth`, `ssl_options.password`, `wsrep-sst-auth`.
_SECRET = re.compile(
    r"password|passwd|passphrase|secret|credential|hash_path_(?:prefix|suffix)|(?:dn_lookup|other)_bind$"
    r"|(?:^|_)(?:auth|token|tokens|token_id|key|keys|hmac|cookie|kek|pin|psk|dsn)$|(?:pass|pass_phrase|pwd|pw)$"
    r"|^(?:login|masterauth|rename_command|r[ow]community6?|community|create_?user)$|_community$"
)
# Names like these tell of secrets and hold none.
_TELLS = re.compile(
    r"_(?:file|path|dir|directory|provider|method|uuid|length|size|ttl|expiration|name|type|driver|plugins?)$"
    r"|^max_|bypass$|^proxy_pass$|^server_tokens$"
)
_ACCOUNT = re.compile(r"user(?:64)?_")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Of a longer value a citation shows so much.
_LONGEST_QUOTE = 120
_HARMLESS = re.compile(
    r"([\"']?)(?:true|false|yes|no|on|off|none|/(?:etc|var|usr|opt|run|root|home|srv|tmp)/[\w./-]*)?\1;?$",
    re.IGNORECASE,
)


def is_secret(section: str, option: str, value: str) -> bool:
    """Whether the value must not be shown; one that is a switch or the path of a file may be."""
    if option.startswith("user ") or (section.startswith("filter:") and _ACCOUNT.match(option)):
        return True  # haproxy's user lists, swift's accounts: the password is in the value
    return _tells_of_secret(option) and not _HARMLESS.match(value)


@lru_cache(maxsize=4096)
def _tells_of_secret(option: str) -> bool:
    name = re.sub(r"[^a-z0-9]+", "_", _HUMP.sub("_", option).lower()).strip("_")
    return bool(_SECRET.search(name)) and not _TELLS.search(name)


def quoted(section: str, option: str, value: str) -> str:
    """The value as a sentence can quote it: on one line, cut, and stars for a secret or a URL with an account in it."""
    if is_secret(section, option, value) or ("://" in value and "@" in value):
        return "***"
    line = " ".join(value.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"
