"""Secrets out of everything shown: tokens, passwords, keys and the credentials in URLs.

Equal secrets stay equal, in whatever coat they come: each is replaced by a short keyed digest, so that
"the same wrong token twice" can still be seen, and nothing can be guessed back.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from functools import lru_cache

from ..cache import read_entry, write_entry

# Every part is bounded: log content is hostile, and 64 KiB of it must not take a second.
_SECRETS = re.compile(
    # transport_url, database connection: scheme://user:password@host. A path or query ends an http one: there the
    # `@` further on belongs to something else. A password of the others may hold a slash.
    r"(?<![\w+.-])https?://[^\s/:@'\"?#]{0,100}:(?P<web>[^\s@'\"/?#]{1,200})(?=@)"
    r"|(?<![\w+.-])(?!http)[a-z][\w+.-]{1,30}://[^\s/:@'\"?#]{0,100}:(?P<url>[^\s@'\"?#,]{1,200})(?=@)"
    # the further hosts of a transport_url
    r"|(?<=,)[\w.-]{1,100}:(?P<more>[^\s@'\"/?#,]{1,200})(?=@[\w\[])"
    r"|\b(?:X-[\w-]{1,40}-Token|Set-Cookie|Cookie)\\?['\"]?\s{0,4}[:=]\s{0,4}\\?['\"]?(?P<header>[^\s'\",}\\]{1,8192})"
    r"|\b(?:Bearer|Basic) (?P<bearer>[A-Za-z0-9+/=._~-]{16,8192})"
    # a Fernet token wherever it stands
    r"|\b(?P<fernet>gAAAA[A-Za-z0-9_=-]{20,8192})"
    # password=…, 'adminPass': '…', secret_key = …; a quoted value goes up to its quote
    # key blocks, Ceph keys, SQL and command lines
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?P<pem>[^-]{1,8192})"
    r"|\bkey = (?P<ceph>AQ[A-Za-z0-9+/]{36,40}==)"
    r"|\bIDENTIFIED BY (?:PASSWORD )?'(?P<sql>[^']{1,200})'"
    r"|--?(?:password|os-password|passphrase)[ =](?P<option>[^\s-]\S{0,200})"
    r"|(?<!\w)\w{0,60}?(?:password|passwd|passphrase|adminpass|admin_pass|secret(?:_access)?(?:_key)?|auth_token"
    r"|admin_token|api_key|auth_key|signing_key|private_key|(?<=[?&])token|(?<=\")token|(?<=')token)"
    r"\\?['\"]?\s{0,4}[:=]\s{0,4}u?(?:\\?\"(?P<double>[^\"\\\n]{1,500})\\?\"|\\?'(?P<single>[^'\\\n]{1,500})\\?'"
    r"|(?P<word>[^\s'\",;&}\]\\)]{1,500}))",
    re.IGNORECASE,
)
_ONE_KEY = threading.Lock()
_ALREADY = re.compile(r"\*+[0-9a-f]*|None|null|SANITIZED|REDACTED|<[\w -]{0,40}>?|YES|NO", re.IGNORECASE)
# One of these is in every text with a secret. Asked one by one they cost a tenth of the expression with all of them.
_HINTS = (
    "://", "token", "bearer", "basic", "gaaaa", "pass", "secret", "_key", "private key", "key = aq", "identified by",
    "cookie",
)  # fmt: skip


@lru_cache(maxsize=1)
def _kept_key() -> bytes:
    key = read_entry("mask-key")
    if key is None:
        write_entry("mask-key", secrets.token_bytes(16))
        key = read_entry("mask-key")  # another run may have been the last to write one
    return key or secrets.token_bytes(16)


def _key() -> bytes:
    """This user's own, kept: equal secrets stay equal from run to run, and no table of digests fits."""
    with _ONE_KEY:  # the first threads that ask would each make one
        return _kept_key()


def mask(text: str) -> str:
    """The text without secrets."""
    lower = text.lower()
    for hint in _HINTS:
        if hint in lower:
            return _SECRETS.sub(_replace, text)
    return text


def _replace(found: re.Match[str]) -> str:
    name = str(found.lastgroup)
    secret = found.group(name)
    if _ALREADY.fullmatch(secret):
        return found.group(0)
    start = found.start(name) - found.start()
    return found.group(0)[:start] + stars(secret) + found.group(0)[start + len(secret) :]


def stars(secret: str) -> str:
    """What stands in the place of a secret: equal for equal ones."""
    return f"***{hashlib.blake2s(secret.encode('utf-8', 'replace'), key=_key(), digest_size=3).hexdigest()}"
