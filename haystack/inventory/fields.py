"""The fields of a node as haystack.yaml writes them: the table of their readers.

A reader takes what was read as YAML and gives the value that ``Node`` has. It raises ValueError with what is wrong, and
with a hint as second argument where there is one. The importers ask the same readers whether a value will do.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from ..names import did_you_mean
from .ranges import expand

# A node's name becomes a directory, and an argument of commands.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_HOST = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]*")
# What newer ssh refuses in a user's name, for shells behind it may read it.
_USER = re.compile(r"""[^\s'"`$;&<>|(){}\\@-][^\s'"`;&<>|(){}]*(?<!\\)""")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Nothing there is a log, and some of it never ends.
_NO_LOGS = ("/proc", "/sys", "/dev")
CONTAINERS = ("docker", "podman", "none")


def name(value: Any) -> str:
    """A name of a node, site or role."""
    text = _text(value)
    if not NAME.fullmatch(text):
        raise ValueError(
            f'"{shown(text)}" cannot be a name',
            'a name begins with a letter, a digit or "_" and has only these, "." and "-" (it names a directory)',
        )
    return text


def names(value: Any) -> tuple[str, ...]:
    """One name or a list of them."""
    return tuple(map(name, _items(value)))


def address(value: Any) -> str:
    """A host name or address as ssh takes it."""
    text = _text(value)
    if "@" in text:
        raise ValueError(f'"{shown(text)}" names a user', 'write it as "user"')
    if re.fullmatch(r"\[.*\]", text):
        raise ValueError(f'"{shown(text)}" has brackets', f'write "{shown(text[1:-1])}"')
    if not _HOST.fullmatch(text):
        raise ValueError(f'"{shown(text)}" is no host name and no address')
    if ":" in text and not _is_v6(text):
        raise ValueError(f'"{shown(text)}" is no IPv6 address', 'write a port as "port"')
    return text


def addresses(value: Any) -> list[str]:
    """The addresses that a text with ranges stands for."""
    return [address(text) for text in expand(_text(value))]


def user(value: Any) -> str:
    """A name to log in with."""
    text = _text(value)
    if not _USER.fullmatch(text) or _CONTROL.search(text):
        raise ValueError(f'"{shown(text)}" is no name of a user')
    return text


def port(value: Any) -> int:
    """A port number."""
    if isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) < 6:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 65535:
        raise ValueError(f'"{shown(value)}" is no port', "a port is a number from 1 to 65535")
    return value


def jump(value: Any) -> tuple[str, ...]:
    """Hosts on the way, the first one first: a list, or as ssh's ProxyJump writes it; none for ``[]`` and ``none``."""
    if value == []:
        return ()
    hosts = tuple(word.strip() for item in _items(value) for word in _text(item).split(","))
    if [host.lower() for host in hosts] == ["none"]:
        return ()
    for host in hosts:
        _check_hop(host)
    if len(set(hosts)) < len(hosts):
        raise ValueError("names a host twice")
    return hosts


def _check_hop(text: str) -> None:
    given, _, rest = text.rpartition("@")
    if given or text.startswith("@"):
        user(given)
    found = re.fullmatch(r"\[(?P<v6>[^\]]*)\](?::(?P<port>.*))?|(?P<host>[^:]*)(?::(?P<number>[^:]*))?", rest)
    if "://" in text or (found is None and not _is_v6(rest)):
        raise ValueError(f'"{shown(text)}" is no host', "write [user@]host[:port], or the name of a node")
    if found is not None:
        address(found["v6"] if found["v6"] is not None else found["host"])
        number = found["port"] if found["v6"] is not None else found["number"]
        if number is not None:
            port(number)


def path(value: Any) -> str:
    """A path on this machine, as ssh can be told of it."""
    text = _text(value)
    if _CONTROL.search(text) or text.startswith("-") or '"' in text:
        raise ValueError(f'"{shown(text)}" is no path')
    try:
        Path(text).expanduser()
    except RuntimeError as err:
        raise ValueError(f'"{shown(text)}" is in the home of a user who is not here') from err
    return text


def sudo(value: Any) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise ValueError(f'"{shown(value)}" is neither true nor false')
    return value


def logs(value: Any) -> tuple[str, ...]:
    """Directories and files on the node."""
    roots = tuple(_root(_text(item)) for item in _items(value))
    if len(set(roots)) < len(roots):
        raise ValueError("names a path twice")
    return roots


def _root(text: str) -> str:
    root = text.rstrip("/") if text.strip("/") else "/"
    if not text.startswith("/"):
        raise ValueError(f'"{shown(text)}" is not an absolute path', "write for example /var/log")
    if root == "/":
        raise ValueError('"/" is all of the node, not its logs', "write for example /var/log")
    if ".." in root.split("/") or str(PurePosixPath(root)) != root or root.startswith("//"):
        raise ValueError(f'"{shown(text)}" has empty parts, "." or ".." in it', "write the path itself")
    if _CONTROL.search(root) or set(root) & set("*?["):
        raise ValueError(f'"{shown(text)}" is a pattern, not a path', "name the directory; what is below is looked at")
    if any(root == place or root.startswith(f"{place}/") for place in _NO_LOGS):
        raise ValueError(f'"{shown(text)}" holds no logs')
    return root


def containers(value: Any) -> str:
    """What runs containers there."""
    if value not in CONTAINERS:
        raise ValueError(f'unknown containers "{shown(value)}"', did_you_mean(str(value), CONTAINERS))
    return "" if value == "none" else str(value)


def seconds(value: Any) -> float:
    """A time to wait."""
    number = float(value) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", str(value)) else 0.0
    if not 1 <= number <= 600:
        raise ValueError(f'"{shown(value)}" is no time to wait', "write seconds, from 1 to 600")
    return number


# The key in haystack.yaml is the field of Node.
FIELDS: dict[str, Callable[[Any], Any]] = {
    "address": address,
    "user": user,
    "port": port,
    "jump": jump,
    "identity": path,
    "site": name,
    "roles": names,
    "sudo": sudo,
    "logs": logs,
    "containers": containers,
}
SSH_FIELDS: dict[str, Callable[[Any], Any]] = {
    "config": path,
    "known_hosts": path,
    "connect_timeout": seconds,
    "idle_timeout": seconds,
}
# Paths here, relative to the file that names them.
LOCAL_PATHS = ("identity", "config", "known_hosts")


def shown(value: object, longest: int = 60) -> str:
    """A value in a sentence: on one line, without control characters, not long."""
    text = str(value)[: longest + 1]
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, bool):
        raise ValueError("must be a text, not true or false", "put it in quotes")
    if not isinstance(value, str) or not value:
        raise ValueError("must be a text")
    return value


def _items(value: Any) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    if not items:
        raise ValueError("must not be empty")
    return items


def _is_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
