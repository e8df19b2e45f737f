"""Configuration files of a node, brought in one stream and masked in memory: no secret touches our disk."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator

from ..errors import NodeError
from ..masking.config_text import masked
from .ssh import Connection

# Where configuration lies besides /etc: what TripleO generates, and snaps.
_ROOTS = "/etc /var/lib/config-data/puppet-generated /var/snap/*/common/etc"
_MOST_FILES = 3000
_MOST_BYTES = 64 << 20
_LISTING = 4 << 20
_LONGEST_PATH = 500
_TIMEOUT = 120.0
# Never asked for, whatever their names say.
_NEVER = ("/etc/ssl/", "/etc/pki/", "/etc/ssh/", "/etc/shadow", "/etc/gshadow", "/fernet-keys/", "/credential-keys/")
_FIND = f"""
timeout 30 find {_ROOTS} -xdev -type f -size -1025k \\( -name '*.conf' -o -name '*.ini' -o -name '*.cnf' \\
  -o -name '*.cfg' -o -name '*.config' -o -path /etc/sysconfig/memcached \\) -print0 2>/dev/null </dev/null |
  head -c {_LISTING}
printf 'haystack-end'
"""
_TAR = "exec nice -n 10 tar -C / -cf - --no-recursion --ignore-failed-read --null -T - 2>/dev/null"


def configuration(connection: Connection, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Path and masked text of each configuration file of which ``wanted`` (given the path) says so.

    Raises NodeError when they cannot be brought. What is no regular file, or was not asked for, is left out.
    """
    asked = _asked(connection, wanted)
    if not asked:
        return
    names = "\0".join(path.lstrip("/") for path in asked).encode()
    answer = connection.run(_TAR, stdin=names, timeout=_TIMEOUT, limit=_MOST_BYTES)
    if answer.status == 127:
        raise NodeError(connection.node.name, "tool", "there is no tar, so no configuration was brought", "install tar")
    left = set(asked)
    try:
        with tarfile.open(fileobj=io.BytesIO(answer.stdout), mode="r:") as archive:
            for member in archive:
                path = "/" + member.name.removeprefix("./").lstrip("/")
                if not member.isreg() or path not in left:
                    continue
                left.discard(path)
                file = archive.extractfile(member)
                data = file.read() if file else b""
                if b"\0" not in data:
                    yield path, masked(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    except (tarfile.TarError, EOFError) as err:
        raise NodeError(connection.node.name, "garbage", f"its configuration came damaged: {err}") from err


def _asked(connection: Connection, wanted: Callable[[str], bool]) -> list[str]:
    """The paths to ask for: plain ones of wanted files, a bounded number of them."""
    answer = connection.run(_FIND, timeout=60, limit=_LISTING + 4096)
    listing, end, _ = answer.stdout.rpartition(b"haystack-end")
    if not end:
        raise NodeError(connection.node.name, "garbage", "it did not list its configuration to the end")
    found: list[str] = []
    for name in listing.split(b"\0")[:-1]:
        path = name.decode("utf-8", "replace")
        plain = path.isprintable() and path.startswith("/") and "/../" not in path and "\ufffd" not in path
        if plain and len(path) <= _LONGEST_PATH and not any(part in path for part in _NEVER) and wanted(path):
            found.append(path)
    return sorted(dict.fromkeys(found))[:_MOST_FILES]
