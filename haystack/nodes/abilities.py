"""What a node can do for us: who we are there, which tools it has, which log roots are found. One round trip."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from ..errors import NodeError
from .ssh import Connection

TOOLS = tuple(
    "grep rg awk find gzip zgrep xz bzip2 zstd zstdgrep journalctl docker podman nice ionice timeout base64 stat tar"
    " rsync".split()
)
_SFTP_SERVERS = (
    "/usr/lib/openssh/sftp-server",  # Debian, Ubuntu
    "/usr/libexec/openssh/sftp-server",  # RHEL, Fedora
    "/usr/lib/ssh/sftp-server",  # SUSE, Arch
    "/usr/libexec/sftp-server",
    "/usr/lib/sftp-server",
)
# A node that greets in its shell's start-up files says other things besides.
_MARK = "haystack: "
_LIMIT = 256 << 10
_TIMEOUT = 30.0


class Root(NamedTuple):
    """One of the node's ``logs``, as it is found there. ``readable`` is the root itself: what is below may differ."""

    path: str
    found: bool
    readable: bool


class Abilities(NamedTuple):
    """What a node can do.

    ``user`` is who commands run as, after sudo. ``rsync`` is its version, () where there is none, and ``compressions``
    what it can compress with. ``tools`` are those of ``TOOLS`` on its PATH. ``sftp_server`` is the program's path, for
    use with sudo. ``journal`` tells whether journalctl has something to read.
    """

    user: str = ""
    rsync: tuple[int, ...] = ()
    compressions: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    sftp_server: str = ""
    roots: tuple[Root, ...] = ()
    journal: bool = False


def abilities(connection: Connection) -> Abilities:
    """Ask a node what it can do. Raises NodeError."""
    roots = connection.node.logs
    answer = connection.run(_script(roots), timeout=_TIMEOUT, limit=_LIMIT)
    said: dict[str, list[str]] = {}
    for line in answer.stdout.decode("utf-8", "replace").splitlines():
        if line.startswith(_MARK):
            key, _, value = line[len(_MARK) :].partition(" ")
            said.setdefault(key, []).append(value.strip())
    if "end" not in said:
        raise NodeError(
            connection.node.name,
            "garbage",
            f"its shell did not run our script to the end (status {answer.status})",
            f"what does ssh {connection.node.host} true say?",
        )
    version = re.match(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})", _first(said, "rsync"))
    found = {number: rights for number, _, rights in (line.partition(" ") for line in said.get("root", ()))}
    return Abilities(
        user=_first(said, "user")[:64],
        rsync=tuple(map(int, version.groups())) if version else (),
        compressions=frozenset(" ".join(said.get("compress", ())).split()) if version else frozenset(),
        tools=frozenset(said.get("tool", ())).intersection(TOOLS),
        sftp_server=next((path for path in said.get("sftp", ()) if path in _SFTP_SERVERS), ""),
        roots=tuple(
            Root(path, str(number) in found, found.get(str(number)) == "readable") for number, path in enumerate(roots)
        ),
        journal="journal" in said,
    )


def _script(roots: tuple[str, ...]) -> str:
    looks = "\n".join(
        f'r={shlex.quote(root)}; if [ -e "$r" ]; then if [ -r "$r" ] && {{ [ ! -d "$r" ] || [ -x "$r" ]; }};'
        f" then say root {number} readable; else say root {number} closed; fi; fi"
        for number, root in enumerate(roots)
    )
    return f"""
say() {{ printf '{_MARK}%s\\n' "$*"; }}
say user "$(id -un 2>/dev/null || id -u)"
for t in {" ".join(TOOLS)}; do command -v $t >/dev/null 2>&1 && say tool $t; done
if command -v rsync >/dev/null 2>&1; then
  rsync --version 2>/dev/null | head -n 60 | sed -n \\
    -e 's/^rsync  *version  *\\([0-9.]*\\).*/{_MARK}rsync \\1/p' -e '/^Compress list/{{n;s/^ */{_MARK}compress /p;}}'
fi
for p in {" ".join(_SFTP_SERVERS)}; do [ -x $p ] && {{ say sftp $p; break; }}; done
{looks}
if command -v journalctl >/dev/null 2>&1; then
  [ -n "$(timeout 10 journalctl -q -n 1 -o cat 2>/dev/null | head -c 1)" ] && say journal
fi
say end
"""


def _first(said: dict[str, list[str]], key: str) -> str:
    return next(iter(said.get(key, ())), "")
