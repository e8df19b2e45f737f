"""What log files a node has: one ``find`` over its log roots, its answer bounded and doubted."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from ...errors import NodeError
from ..reasons import last_words
from ..ssh import Connection
from .model import Listed, Refusal
from .names import collisions, objection

# Sixteen nodes that list without end are to fit into the memory of an operator's machine.
_MOST_BYTES = 48 << 20
_MOST_FILES = 300_000
_DEEPEST = 24
_TIMEOUT = 120.0
_MOST_TROUBLES = 50
# Roots are followed where they are links, links below them are not: who may write a log may make one. The exception is
# kolla's /var/log/kolla, which leads to a volume; it lies where only root writes. -xdev keeps out of network mounts,
# but a disk of its own for some logs is one of ours.
_SCRIPT = r"""
list() {
  printf 'R %s\0' "$1"
  find -H "$1" -xdev -maxdepth @deepest@ -type f \
    \( -readable -printf 'F %s %T@ %i %D %P\0' -o -printf 'U %s %T@ %i %D %P\0' \)
}
printf '\0T %s\0' "$(date +%s)"
for root in @roots@; do
  list "$root"
  for link in "$root"/*; do
    [ -L "$link" ] || continue
    case $(readlink "$link") in
      /var/lib/docker/volumes/*/_data | /var/lib/containers/storage/volumes/*/_data)
        if [ -d "$link" ]; then list "$link"; else printf 'D %s\0' "$link"; fi ;;
    esac
  done
  [ -r /proc/mounts ] || continue
  while read -r _ at kind _; do
    case $at in "$root"/*)
      case $kind in ext[234] | xfs | btrfs | zfs | f2fs | jfs | overlay | tmpfs) list "$at" ;; esac ;;
    esac
  done </proc/mounts
done
printf 'E\0'
"""
_FILE = re.compile(r"[FU] (\d{1,19}) (\d{1,12})(?:\.(\d{1,12}))? (\d{1,20}) (\d{1,20}) (.*)", re.DOTALL)
_FIND = re.compile(r"^find: ['‘](?P<path>.{1,4096}?)['’]: (?P<says>[^\n]{1,200})$", re.MULTILINE)


class Listing(NamedTuple):
    """The files a node has. ``ahead`` is how far its clock is ahead, in seconds, as far as one round trip tells."""

    files: dict[str, Listed]
    ahead: float = 0.0
    refused: tuple[Refusal, ...] = ()
    troubles: tuple[Refusal, ...] = ()
    missing: tuple[str, ...] = ()


def list_logs(connection: Connection, now: float, fold: bool = False) -> Listing:
    """Ask a node for the files below its log roots. ``now`` is our clock, ``fold`` that case does not count here.

    Raises NodeError when the answer is no listing, or there is no end to it.
    """
    node = connection.node
    roots = " ".join(map(shlex.quote, node.logs))
    script = _SCRIPT.replace("@deepest@", str(_DEEPEST)).replace("@roots@", roots)
    answer = connection.run(script, timeout=_TIMEOUT, limit=_MOST_BYTES)
    # Before the first mark is what a shell's start-up file has to say.
    records = answer.stdout.partition(b"\0")[2].split(b"\0")
    if len(records) < 3 or records[-2:] != [b"E", b""] or not records[0].startswith(b"T "):
        words = last_words(answer.stderr)
        if "-printf" in words or "find: not found" in answer.stderr:
            raise NodeError(node.name, "tool", f"its find is of no use: {words}", "install GNU findutils there")
        raise NodeError(node.name, "garbage", "what it lists is no list of files" + (f": {words}" if words else ""))
    if len(records) > _MOST_FILES:
        raise NodeError(
            node.name, "garbage", f"it lists more than {_MOST_FILES} files", "narrow `logs` to where the logs are"
        )
    return _read(connection, records[:-2], answer.stderr, now, fold)


def _read(connection: Connection, records: list[bytes], stderr: str, now: float, fold: bool) -> Listing:
    node = connection.node
    date = records[0][2:]
    ahead = int(date) - now if date.isdigit() and len(date) < 12 else 0.0
    files: dict[str, Listed] = {}
    twice: list[Listed] = []
    refused: list[Refusal] = []
    troubles: list[Refusal] = []
    root = ""
    for record in records[1:]:
        text = record.decode("utf-8", "surrogateescape")
        if text.startswith("R "):
            root = text[2:]
        elif text.startswith("D "):
            troubles.append(_denied(text[2:], node.sudo, "the volume it leads to cannot be entered"))
        else:
            file = _file(text, root)
            if file is None:
                raise NodeError(node.name, "garbage", "what it lists is no list of files")
            why = objection(file.path, node.logs)
            if why:
                refused.append(Refusal(file.path, "garbage", why))
            elif file.path in files:
                twice.append(file)
            else:
                files[file.path] = file
    for path in collisions(files.values(), fold) if files else ():
        refused.append(Refusal(path, "garbage", "it would take the place of another file"))
        del files[path]
    # A mount below a root is listed once as such; a path that is listed as two different files is a lie.
    for file in twice:
        if file.path in files and not file.is_same_file(files[file.path]):
            refused.append(Refusal(file.path, "garbage", "listed twice"))
    missing = []
    for found in _FIND.finditer(stderr):
        if "No such file" in found["says"]:
            missing += [found["path"]] if found["path"] in node.logs else []
        elif len(troubles) < _MOST_TROUBLES:
            troubles.append(_denied(found["path"], node.sudo, found["says"]))
    return Listing(files, ahead, tuple(refused), tuple(troubles), tuple(missing))


def _file(text: str, root: str) -> Listed | None:
    found = _FILE.fullmatch(text)
    if not found or not root:
        return None
    size, seconds, fraction, inode, device, below = found.groups()
    mtime = int(seconds) * 10**9 + int((fraction or "").ljust(9, "0")[:9])
    path = f"{root}/{below}" if below else root
    return Listed(path, int(device), int(inode), int(size), mtime, text[0] == "F")


def _denied(path: str, sudo: bool, says: str) -> Refusal:
    fix = "" if sudo else "set `sudo: true` for the node, or let the user read it (group adm)"
    return Refusal(path, "failed", says, fix)
