"""Where logs lie on a machine, and what a path tells of the machine: the layouts of the deployment tools.

Functions of paths alone, for directories and archives alike. Which service writes a file is the table of
``services.py``; here is which files are logs, where a machine's tree begins, and how the machine is called.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import NamedTuple

from ..services import Services

# Where logs lie, from the root of a machine's tree. Whatever stands before is the machine.
_PLACES = tuple(
    tuple(place.split("/"))
    for place in (
        "var/log",  # packages, kolla, TripleO, charms, openstack-helm's nodes
        "var/lib/docker/volumes/kolla_logs/_data",  # kolla-ansible's volume, which /var/log/kolla leads to
        "var/lib/containers/storage/volumes/kolla_logs/_data",  # the same with podman
        "var/lib/docker/containers",  # docker's json-file
        "var/snap/*/common/log",  # MicroStack
        "openstack/log",  # openstack-ansible: a directory for each container
        "sos_commands/*/journalctl*",
        "sos_commands/kernel/dmesg*",
        "sos_commands/*/*_logs_*",  # what `docker logs` and `podman logs` said
        "sos_strings",  # the tails of logs that were too long for sos
    )
)
_FIRSTS = frozenset(place[0] for place in _PLACES)
# Directories of a machine that hold no logs; a tree that has them is a copy of a file system.
SYSTEM = frozenset("etc proc sys usr boot dev sos_commands sos_reports".split())
# By their ending no logs. A file named on the command line is always read.
_NO_LOGS = frozenset(
    """
    .yaml .yml .md .rst .html .htm .css .js .py .pyc .sh .png .jpg .svg .pdf .db .sqlite .so .pcap .rpm .deb .conf
    .cfg .ini .pem .crt .key .journal .qcow2 .img .iso .tar .tgz .zip .rrd .lock .pid .sock
    .txz .tbz2 .tzst .md5 .sha1 .sha256 .asc .sig
    """.split()
)
_NO_LOG_NAMES = frozenset(
    """
    wtmp btmp lastlog faillog tallylog journalctl_--disk-usage journalctl_--list-boots journalctl_--header
    journalctl_--verify
    """.split()
)
_ARCHIVE = re.compile(r"\.(?:tar(?:\.(?:gz|xz|bz2|zst|zstd))?|tgz|txz|tbz2?|tzst|zip)$", re.IGNORECASE)
# Directories that never name a node.
_NODE_WORDS = frozenset(("var", "log", "logs", "sos_commands", "sos_strings", "etc", "openstack"))
# sosreport-<host>[-<case>]-<date>-<random>, with `-obfuscated` by `sos clean`; older ones end in -<timestamp>.
_SOS = re.compile(
    r"sos(?:report)?-(?P<host>.+?)(?:-\d{4,10})?-(?:\d{4}-\d\d-\d\d-[a-z]{5,8}|\d{14}(?:-[0-9a-f]+)?)(?:-obfuscated)?$"
)
# openstack-ansible's LXC containers: <host>_<component>_container-<hash>.
_LXC = re.compile(r"(?P<host>[\w-]+?)_\w+_container-[0-9a-f]{6,12}$")
# must-gather: namespaces/<namespace>/pods/<pod>/…: to the service the pod is its host.
_POD = ("namespaces", "*", "pods", "*")


class Layout(NamedTuple):
    """What a path tells: the directory the machine's tree begins in (None when nothing tells), and the path on it."""

    machine: tuple[str, ...] | None
    path: str
    name: str  # how the machine is called as far as the path tells; empty when it does not


def is_log_name(name: str) -> bool:
    """Whether a file may be a log by its name."""
    return PurePosixPath(name).suffix.lower() not in _NO_LOGS and name not in _NO_LOG_NAMES


def is_archive_name(name: str) -> bool:
    """Whether a file is an archive by its name."""
    return bool(_ARCHIVE.search(name))


def archive_stem(name: str) -> str:
    """``sosreport-c1.tar.xz`` is ``sosreport-c1``."""
    return _ARCHIVE.sub("", name) or name


def is_log_place(parts: Sequence[str]) -> bool:
    """Whether logs lie there: not in ``etc``, ``proc`` and the like. ``parts`` are those below the root."""
    return machine_at(parts) is not None or SYSTEM.isdisjoint(parts[:-1])


def machine_at(parts: Sequence[str]) -> int | None:
    """How many leading parts name the machine's directory; None when the path has none of the known places."""
    for at in range(len(parts) - 2, -1, -1):
        # Asked for each file of a tree: of a hundred thousand, this looks closer at few directories only.
        if parts[at] in _FIRSTS and any(_fits(parts[at:], place) for place in _PLACES):
            return at
    return None


def _fits(parts: Sequence[str], place: Sequence[str]) -> bool:
    return len(parts) >= len(place) and all(map(fnmatchcase, parts, place))


def layout(above: Sequence[str], below: Sequence[str], services: Services) -> Layout:
    """What is known of a file at ``above`` + ``below``, where ``above`` are the directories of the root given."""
    parts = (*above, *below)
    at = machine_at(parts)
    if at is not None:
        name = parts[at - 1] if at else ""
        return Layout(parts[:at], _on_node(parts[at:], services), "" if name == "/" else node_name(name))
    for at in range(len(below) - len(_POD)):
        if _fits(below[at:], _POD):
            return Layout(None, "/" + "/".join(below), below[at + len(_POD) - 1])
    for at, name in enumerate(below[:-1]):
        if name not in _NODE_WORDS:
            if _is_service_dir(name, services):
                break
            return Layout((*above, *below[: at + 1]), "/" + "/".join(below[at + 1 :]), node_name(name))
    return Layout(tuple(above), "/" + "/".join(below), "")


def _on_node(parts: Sequence[str], services: Services) -> str:
    """The path as the node knows it; sos keeps ``var/log/nova/x.log`` as ``…/var.log.nova.x.log.tailed``."""
    name = parts[-1]
    if parts[0] == "sos_strings" and name.startswith("var.log.") and name.endswith(".tailed"):
        rest = name[len("var.log.") : -len(".tailed")]
        head, dot, tail = rest.partition(".")
        return (
            f"/var/log/{head}/{tail}" if dot and "." in tail and _is_service_dir(head, services) else f"/var/log/{rest}"
        )
    return "/" + "/".join(parts)


def node_name(name: str) -> str:
    """The node that a directory or an archive of this name is of."""
    found = _SOS.match(name) or _LXC.match(name)
    return found["host"] if found else name


def _is_service_dir(name: str, services: Services) -> bool:
    return bool(services.of_name(name)) or any(name in row.dirs for row in services.rows.values())
