"""Secrets out of everything shown: tokens, passwords, keys and the credentials in URLs.

Equal secrets stay equal within a run, in whatever coat they come: each is replaced by a short keyed digest, so that
"the same wrong token twice" can still be seen, and nothing can be guessed back.
"""

from __future__ import annotations

import hashlib
import re
import secrets

_KEY = secrets.token_bytes(16)
# Every part is bounded: log content is hostile, and 64 KiB of it must not take a second.
_SECRETS = re.compile(
    # transport_url, database connection: scheme://user:password@host. A path or query ends an http one: there the
    # `@` further on belongs to something else. A password of the others may hold a slash.
    r"(?<![\w+.-])https?://[^\s/:@'\"?#]{0,100}:(?P<web>[^\s@'\"/?#]{1,200})(?=@)"
    r"|(?<![\w+.-])(?!http)[a-z][\w+.-]{1,30}://[^\s/:@'\"?#]{0,100}:(?P<url>[^\s@'\"?#,]{1,200})(?=@)"
    # the further hosts of a transport_url
    r"|(?<=,)[\w.-]{1,100}:(?P<more>[^\s@'\"/?#,]{1,200})(?=@[\w\[])"
    r"|\bX-(?:Auth|Subject|Service|Storage)-Token\\?['\"]?\s{0,4}[:=]\s{0,4}\\?['\"]?(?P<header>[^\s'\",}\\]{1,8192})"
    r"|\b(?:Bearer|Basic) (?P<bearer>[A-Za-z0-9+/=._~-]{16,8192})"
    # a Fernet token wherever it stands
    r"|\b(?P<fernet>gAAAA[A-Za-z0-9_=-]{20,8192})"
    # password=…, 'adminPass': '…', secret_key = …; a quoted value goes up to its quote
    r"|(?<!\w)\w{0,60}?(?:password|passwd|adminpass|admin_pass|secret(?:_key)?|auth_token|api_key|private_key)"
    r"\\?['\"]?\s{0,4}[:=]\s{0,4}u?(?:\\?\"(?P<double>[^\"\\\n]{1,500})\\?\"|\\?'(?P<single>[^'\\\n]{1,500})\\?'"
    r"|(?P<word>[^\s'\",;&}\]\\)]{1,500}))",
    re.IGNORECASE,
)
_ALREADY = re.compile(r"\*+[0-9a-f]*|None|null|SANITIZED|REDACTED|<.*|YES|NO", re.IGNORECASE)
_HINT = re.compile(r"://|token|bearer|basic|gAAAA|pass|secret|api_key|private_key", re.IGNORECASE)


def mask(text: str) -> str:
    """The text without secrets."""
    return _SECRETS.sub(_replace, text) if _HINT.search(text) else text


def _replace(found: re.Match[str]) -> str:
    name = str(found.lastgroup)
    secret = found.group(name)
    if _ALREADY.fullmatch(secret):
        return found.group(0)
    digest = hashlib.blake2s(secret.encode("utf-8", "replace"), key=_KEY, digest_size=3).hexdigest()
    start = found.start(name) - found.start()
    return found.group(0)[:start] + f"***{digest}" + found.group(0)[start + len(secret) :]
