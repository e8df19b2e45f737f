"""``haystack.yaml`` to ``Settings``: where it is found, and every mistake in it with its line, all at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..documents import Located, parse, read
from ..errors import SettingsError
from ..names import did_you_mean
from ..settings import Node, Settings, SshOptions
from .fields import FIELDS, LOCAL_PATHS, SSH_FIELDS, addresses, name
from .jumps import circles, without_itself
from .problems import Problems, Readers, Where
from .ranges import MOST, expand

FILE_NAME = "haystack.yaml"
_SECTIONS = ("$schema", "defaults", "sites", "nodes", "ssh")
_OF_NODE = {**FIELDS, "address": addresses}
_OF_DEFAULTS = {key: reader for key, reader in FIELDS.items() if key != "address"}
_OF_SITE = {key: reader for key, reader in _OF_DEFAULTS.items() if key != "site"}


def find(start: Path | None = None) -> Path | None:
    """The nearest haystack.yaml from a directory upwards; None where there is none.

    Raises SettingsError for one that somebody else put there: what it says decides which programs ssh runs here.
    """
    try:
        here = (start or Path.cwd()).absolute()
    except FileNotFoundError:  # the working directory was removed
        return None
    for directory in (here, *here.parents):
        path = directory / FILE_NAME
        if os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises for a directory that may not be searched
            _check_owner(path)
            return path
    return None


def _check_owner(path: Path) -> None:
    found = path.stat()
    ours = {0, os.geteuid()}
    if os.geteuid() == 0 and os.environ.get("SUDO_UID", "").isdecimal():
        ours.add(int(os.environ["SUDO_UID"]))
    if found.st_uid not in ours:
        raise SettingsError(f"{path}: belongs to somebody else; name it by --inventory if it is meant")
    if found.st_mode & stat.S_IWOTH:
        raise SettingsError(f"{path}: can be changed by anybody; chmod o-w it, or name it by --inventory")


def load(path: Path) -> Settings:
    """What a haystack.yaml says. Raises SettingsError with all its mistakes, each with file and line."""
    return _settings(read(path, SettingsError))


def loads(text: str, path: Path) -> Settings:
    """The same of a text that is, or will be, at ``path``."""
    return _settings(parse(text, path, SettingsError))


def _settings(doc: Located) -> Settings:
    problems = Problems(doc)
    top = problems.mapping((), doc.data)
    problems.only((), top, _SECTIONS)
    sites = {
        site: _fields(problems, ("sites", site), {} if data is None else data, _OF_SITE)
        for site, data in problems.mapping(("sites",), top.get("sites", {})).items()
        if problems.read(("sites", site), name, site)
    }
    known_sites = sites if "sites" in top else None
    defaults = _fields(problems, ("defaults",), top.get("defaults", {}), _OF_DEFAULTS)
    _check_site(problems, ("defaults", "site"), defaults, known_sites)
    ssh = _fields(problems, ("ssh",), top.get("ssh", {}), SSH_FIELDS)
    entries = problems.mapping(("nodes",), top.get("nodes", {}))
    if not entries and not problems:
        problems.add(("nodes",), "nodes: there are none; it names the machines there are")
    nodes: dict[str, Node] = {}
    lines: dict[str, int] = {}
    keys: dict[str, str] = {}
    first: dict[str, str] = {}
    for key, data in entries.items():
        where = ("nodes", key)
        own = _fields(problems, where, {} if data is None else data, _OF_NODE)
        _check_site(problems, (*where, "site"), own, known_sites)
        site = sites.get(own.get("site", defaults.get("site", "")), {})
        for node in _nodes(problems, where, own, {**defaults, **site}):
            twin = first.setdefault(node.name.lower(), node.name)
            if twin in nodes:
                problems.add(where, f'"{node.name}" is the name of another node, "{twin}" of line {lines[twin]}')
                continue
            nodes[node.name] = node
            lines[node.name] = doc.line(where)
            keys[node.name] = key
        if len(nodes) > MOST:
            problems.add(where, f"more than {MOST} nodes")
            break
    for circle in circles(nodes):
        problems.add(("nodes", keys[circle[0]]), f"the way to {circle[0]} goes in a circle: {' -> '.join(circle)}")
    problems.report()
    return Settings(doc.path, tuple(nodes.values()), SshOptions(**ssh), lines)


def _fields(problems: Problems, where: Where, data: Any, readers: Readers) -> dict[str, Any]:
    """The fields of one mapping; paths on this machine are seen from where the file lies."""
    fields = problems.fields(where, data, readers)
    base = problems.doc.path.absolute().parent
    return {key: str(base / Path(value).expanduser()) if key in LOCAL_PATHS else value for key, value in fields.items()}


def _check_site(problems: Problems, where: Where, fields: Mapping[str, Any], known: Mapping[str, Any] | None) -> None:
    """Where there are ``sites``, a site that is named is one of them."""
    site = fields.get("site", "")
    if site and known is not None and site not in known:
        problems.add(where, f'unknown site "{site}"', did_you_mean(site, known))


def _nodes(problems: Problems, where: Where, own: dict[str, Any], inherited: dict[str, Any]) -> Iterator[Node]:
    """The nodes that one key stands for; the nearer word on a field wins, none is added to another."""
    names = problems.read(where, expand, str(where[-1])) or []
    given = own.pop("address", [])
    if given and len(given) != len(names):
        problems.add(where, f"{len(names)} names, but {len(given)} addresses", "give both a range of the same length")
        return
    if any(problems.read(where, name, text) is None for text in names):
        return
    fields = {**inherited, **own}
    for text, address in zip(names, given or [""] * len(names), strict=True):
        way = fields.get("jump", ())
        yield Node(text, address, **{**fields, "jump": way if "jump" in own else without_itself(text, way)})
