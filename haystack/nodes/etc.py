"""Configuration files of a node, brought in one stream and masked in memory: no secret touches our disk.

A shell loop sends them, not tar: it works with every sh and sed, and what comes is what was read, with no header that
could promise gigabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..errors import NodeError
from ..masking.config_text import masked
from .ssh import Connection

# Where configuration lies besides /etc: what TripleO generates, and snaps.
_ROOTS = "/etc /var/lib/config-data/puppet-generated /var/snap/*/common/etc"
_MOST_FILES = 3000
# Of all a node has; a real one has one or two megabytes. Masking this much takes a minute where it is hostile.
_MOST_BYTES = 16 << 20
_LISTING = 4 << 20
_LONGEST_PATH = 500
_TIMEOUT = 120.0
# Never asked for, whatever their names say.
_NEVER = (
    "/etc/ssl/", "/etc/pki/", "/etc/ssh/", "/etc/shadow", "/etc/gshadow", "/fernet-keys/", "/credential-keys/",
    "/private/", "/etc/letsencrypt/",
)  # fmt: skip
_NEVER_CALLED = (".key", ".pem", ".p12", ".pfx", ".jks", ".keyring")
_FIND = f"""
timeout 30 find {_ROOTS} -xdev -type f -size -1025k \\( -name '*.conf' -o -name '*.ini' -o -name '*.cnf' \\
  -o -name '*.cfg' -o -name '*.config' -o -path /etc/sysconfig/memcached \\) -print0 2>/dev/null </dev/null |
  head -c {_LISTING}
printf 'haystack-end'
"""
# A line with a file's path, then its lines, each behind a blank.
_SEND = """
exec nice -n 10 sh -c '{ while IFS= read -r f; do
  if [ -f "$f" ] && [ ! -L "$f" ] && [ -r "$f" ]; then
    printf "@%s\\n" "$f"; head -c 1048576 "$f" | sed "s/^/ /"; echo
  fi
done 2>/dev/null; echo @end; } | head -c LIMIT'
"""


def configuration(connection: Connection, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Path and masked text of each configuration file of which ``wanted`` (given the path) says so.

    Raises NodeError when they cannot be brought, or not all of them. What was not asked for is left out.
    """
    asked = _asked(connection, wanted)
    if not asked:
        return
    names = "".join(f"{path}\n" for path in asked).encode()
    answer = connection.run(
        _SEND.replace("LIMIT", str(_MOST_BYTES)), stdin=names, timeout=_TIMEOUT, limit=_MOST_BYTES + 4096
    )
    left = set(asked)
    files, whole = _files(answer.stdout)
    for path, data in files:
        if path in left and b"\0" not in data:
            left.discard(path)
            yield path, masked(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if not whole:
        much = len(answer.stdout) >= _MOST_BYTES
        says = f"it has more than {_MOST_BYTES >> 20} MiB of configuration" if much else "its configuration broke off"
        raise NodeError(connection.node.name, "garbage", says)


def _files(stream: bytes) -> tuple[list[tuple[str, bytes]], bool]:
    """Paths and contents, and whether the stream came to its end; the file that it was cut in is left out."""
    files: list[tuple[str, list[bytes]]] = []
    for line in stream.split(b"\n"):
        if line == b"@end":
            return [(path, _content(lines)) for path, lines in files], True
        if line.startswith(b"@"):
            files.append((line[1:].decode("utf-8", "replace"), []))
        elif files:
            files[-1][1].append(line)
    return [(path, _content(lines)) for path, lines in files[:-1]], False


def _content(lines: list[bytes]) -> bytes:
    """The file's own bytes: an end of line of its own is an empty line before the one that was put behind it."""
    return b"\n".join(line[1:] for line in lines)


def _asked(connection: Connection, wanted: Callable[[str], bool]) -> list[str]:
    """The paths to ask for: plain ones of wanted files, a bounded number of them."""
    answer = connection.run(_FIND, timeout=60, limit=_LISTING + 4096)
    listing, end, _ = answer.stdout.rpartition(b"haystack-end")
    if not end:
        raise NodeError(connection.node.name, "garbage", "it did not list its configuration to the end")
    found: list[str] = []
    for name in listing.split(b"\0")[:-1]:
        path = name.decode("utf-8", "replace")
        if len(path) <= _LONGEST_PATH and _is_plain(path) and not _is_key(path) and wanted(path):
            found.append(path)
    return sorted(dict.fromkeys(found))[:_MOST_FILES]


def _is_plain(path: str) -> bool:
    parts = path.split("/")
    return path.isprintable() and path.startswith("/") and ".." not in parts and "\ufffd" not in path


def _is_key(path: str) -> bool:
    return path.endswith(_NEVER_CALLED) or any(part in path for part in _NEVER)
