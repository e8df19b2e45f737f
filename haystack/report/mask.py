"""Secrets out of everything shown: tokens, passwords, keys and the credentials in URLs.

Equal secrets stay equal within a run: each is replaced by a short keyed digest, so that "the same wrong token twice"
can still be seen, and nothing can be guessed back.
"""

from __future__ import annotations

import hashlib
import re
import secrets

_KEY = secrets.token_bytes(16)
_SECRETS = re.compile(
    # transport_url, database connection: scheme://user:password@host
    r"(?P<url>\w[\w+.-]*://[^\s/:@'\"]+:)(?P<url_secret>[^\s@'\"]+)(?=@)"
    # headers and tokens: X-Auth-Token: gAAAA…, X-Subject-Token
    r"|(?P<header>X-(?:Auth|Subject|Service|Storage)-Token['\"]?\s*[:=]\s*['\"]?)(?P<header_secret>[^\s'\",}]+)"
    r"|(?P<bearer>(?:Bearer|Basic) )(?P<bearer_secret>[A-Za-z0-9+/=._~-]{16,})"
    # Fernet tokens wherever they stand
    r"|(?P<fernet>\bgAAAA)(?P<fernet_secret>[A-Za-z0-9_=-]{20,})"
    # password=…, 'adminPass': '…', secret_key = …
    r"|(?P<word>\b\w*(?:passw(?:or)?d|adminPass|admin_pass|secret(?:_key)?|auth_token|api_key|private_key)"
    r"['\"]?\s*[:=]\s*u?['\"]?)(?P<word_secret>[^\s'\",;&}\]]+)",
    re.IGNORECASE,
)
_ALREADY = re.compile(r"\*+|None|null|SANITIZED|REDACTED|<.*", re.IGNORECASE)
_HINT = re.compile(r"://|token|bearer|basic|gAAAA|pass|secret|api_key|private_key", re.IGNORECASE)


def mask(text: str) -> str:
    """The text without secrets."""
    return _SECRETS.sub(_replace, text) if _HINT.search(text) else text


def _replace(found: re.Match[str]) -> str:
    for name in ("url", "header", "bearer", "fernet", "word"):
        before = found.group(name)
        if before is not None:
            secret = found.group(f"{name}_secret")
            if _ALREADY.fullmatch(secret):
                return found.group(0)
            digest = hashlib.blake2s(secret.encode("utf-8", "replace"), key=_KEY, digest_size=3).hexdigest()
            return f"{before}***{digest}"
    return found.group(0)
