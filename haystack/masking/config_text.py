"""Configuration files as a whole, of whatever syntax: masked before they touch our disk.

Line by line, for a file need not be well formed. Rather too much is masked than too little: what matters of a secret is
whether nodes have the same, and equal ones stay equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .config_line import HINT, LONGEST, is_open, masked_line, opens_secret, owes_secret
from .value import hidden, unknown_words

_SECTION = re.compile(r"\s*\[(?P<name>[^\[\]{}\n]{1,200})\]\s*(?:[#;].*)?$")
_COMMENT = re.compile(r"(?P<mark>\s*(?:[#;%!]|//)[#;%! \t]*)(?P<rest>.*)$")
_PEM = re.compile(r"-----(?P<which>BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY")


def masked(text: str) -> str:
    """The text of a configuration file without secrets, line for line."""
    return "\n".join(_lines(text.split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    section = ""
    in_key = False
    secret_at = -1  # how far the option is indented whose secret may go on: what is indented further belongs to it
    listed = owed = False  # a list may go on at the same indent; the next line goes on in any case
    for line in lines:
        says = line.strip()
        pem = _PEM.search(line) if "PRIVATE KEY" in line else None
        if in_key or pem:
            in_key = pem["which"] == "BEGIN" and "END" not in line[pem.end() :] if pem else True
            yield hidden(line) if says else line
            continue
        if not says:
            yield line
            continue
        indent = line.index(says[0])
        if owed or 0 <= secret_at < indent or (listed and indent == secret_at and says.startswith("- ")):
            owed = says.endswith("\\")
            yield line[:indent] + hidden(says)
            continue
        comment = _COMMENT.match(line) if says[0] in "#;%!/" else None
        if says[0] != "[" and len(line) < LONGEST and not HINT.search(line):
            secret_at, listed = (secret_at, listed) if comment else (-1, False)
            yield line
            continue
        if comment:  # what it interrupts goes on
            yield comment["mark"] + masked_line(section, comment["rest"], comment=True)
            continue
        found = _SECTION.match(line) if says[0] == "[" else None
        if found:
            section, secret_at, listed = found["name"].strip().lower(), -1, False
            yield unknown_words(line)
            continue
        told = masked_line(section, line)
        # A URL with a password may go on below as well: the further hosts of a transport_url.
        secret_at = indent if told != line or opens_secret(section, line) else -1
        listed = is_open(section, line)
        owed = owes_secret(line) or (secret_at >= 0 and says.endswith("\\"))
        yield told
