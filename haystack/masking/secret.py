"""Which options hold secrets, by their names: reports mask them, citations do not quote them."""

from __future__ import annotations

import re

# `_` stands for whatever joins the words of a name: `stats auth`, `ssl_options.password`, `wsrep-sst-auth`.
_SECRET = re.compile(
    r"password|passwd|passphrase|secret|credential|hash_path_(?:prefix|suffix)|(?:dn_lookup|other)_bind$"
    r"|(?:^|_)(?:pass|auth|token|tokens|key|keys|hmac|cookie|kek|pin|psk|community)$|^login$|^requirepass$|^masterauth$"
)
# Names like these tell of secrets and hold none.
_TELLS = re.compile(r"_(?:file|path|dir|directory|provider|method|uuid|length|size|ttl|expiration|name|type|driver)$")
# Of a longer value a citation shows so much.
_LONGEST_QUOTE = 120
_HARMLESS = re.compile(
    r"(?:true|false|yes|no|on|off|none|/(?:etc|var|usr|opt|run|root|home|srv|tmp)/[\w./-]*)?$", re.IGNORECASE
)


def is_secret(section: str, option: str, value: str) -> bool:
    """Whether the value must not be shown; one that is a switch or the path of a file may be."""
    if option.startswith("user ") or (section == "filter:tempauth" and option.startswith("user_")):
        return True  # haproxy's user lists, swift's accounts: the password is in the value
    name = re.sub(r"[^a-z0-9]+", "_", option.lower()).strip("_")
    return bool(_SECRET.search(name)) and not _TELLS.search(name) and not _HARMLESS.match(value)


def quoted(section: str, option: str, value: str) -> str:
    """The value as a sentence can quote it: on one line, cut, and stars for a secret or a URL with an account in it."""
    if is_secret(section, option, value) or ("://" in value and "@" in value):
        return "***"
    line = " ".join(value.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"
