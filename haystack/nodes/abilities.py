"""What a node can do for us: asked once, in one round trip."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from ..errors import NodeError
from .ssh import Connection

_TOOLS = "grep rg awk find gzip zgrep xz bzip2 zstd zstdgrep journalctl docker podman nice ionice timeout base64 stat"


class Root(NamedTuple):
    """One of node.logs, as found there."""

    path: str
    found: bool
    readable: bool


class Abilities(NamedTuple):
    """What a node can do."""

    user: str
    rsync: tuple[int, ...]
    compressions: frozenset[str]
    tools: frozenset[str]
    sftp_server: str
    roots: tuple[Root, ...]
    journal: bool


_SCRIPT = r"""
echo "user $(id -un)"
for tool in @tools@; do command -v "$tool" >/dev/null 2>&1 && echo "tool $tool"; done
for file in /usr/lib/openssh/sftp-server /usr/libexec/openssh/sftp-server /usr/lib/ssh/sftp-server /usr/libexec/sftp-server; do
  [ -x "$file" ] && echo "sftp $file"
done
for root in @roots@; do
  if [ -r "$root" ]; then echo "root 11 $root"; elif [ -e "$root" ]; then echo "root 10 $root"; else echo "root 00 $root"; fi
done
[ -n "$(journalctl -q -n 1 --no-pager 2>/dev/null)" ] && echo "journal yes"
rsync --version 2>/dev/null
echo end
"""


def abilities(connection: Connection) -> Abilities:
    """Ask a node what it can do. Raises NodeError."""
    roots = " ".join(map(shlex.quote, connection.node.logs))
    script = _SCRIPT.replace("@tools@", _TOOLS).replace("@roots@", roots)
    text = connection.run(script, timeout=30, limit=1 << 20).stdout.decode("utf-8", "replace")
    if not text.endswith("end\n"):
        raise NodeError(connection.node.name, "garbage", "what it answers is no list of what it can do")

    def told(word: str) -> list[str]:
        return re.findall(rf"^{word} (.*)$", text, re.MULTILINE)

    version = re.search(r"^rsync +version v?(\d+)\.(\d+)(?:\.(\d+))?", text, re.MULTILINE)
    listed = re.search(r"Compress list:\s*\n([^\n]*)", text)
    return Abilities(
        (told("user") or [""])[0],
        tuple(int(part or 0) for part in version.groups()) if version else (),
        frozenset(listed.group(1).split()) if listed else frozenset(),
        frozenset(told("tool")),
        (told("sftp") or [""])[0],
        tuple(Root(row[3:], row[0] == "1", row[1] == "1") for row in told("root")),
        bool(told("journal")),
    )
