"""A tree on this machine's disk: which of its files may be logs, and the facts of a machine in it.

No link leads out of the tree, and what is no regular file is never opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import facts
from .archives import SPOOL_PREFIX
from .fetched import STATE
from .layouts import SYSTEM, is_archive_name, is_log_name, is_log_place, machine_at
from .query import Trouble


def walk(
    root: Path, seen: set[tuple[int, int]], troubles: list[Trouble], skipped: list[Trouble], etc: list[Path]
) -> Iterator[tuple[Path, tuple[str, ...], int]]:
    """Logs and archives below a directory: the file, its path below the root, its size.

    ``etc`` gets the directories of configuration, which hold no logs and are passed by.
    """
    real_root = os.path.realpath(root)
    if root.absolute().name == "etc":
        etc.append(root.absolute())
    stack: list[tuple[str, tuple[str, ...]]] = [(str(root), ())]
    machines: set[tuple[str, ...]] = set()
    while stack:
        directory, here = stack.pop()
        try:
            info = Path(directory).stat()
            if (info.st_dev, info.st_ino) in seen:
                continue  # a link loop, or a root given twice
            seen.add((info.st_dev, info.st_ino))
            with os.scandir(directory) as listing:
                # The tails that sos keeps apart come last, after the links to them.
                entries = sorted(listing, key=lambda entry: (entry.name != "sos_strings", entry.name))
        except OSError as err:
            troubles.append(Trouble(directory, err.strerror or str(err)))
            continue
        if any(entry.name == "sos_commands" for entry in entries):
            machines.add(here)
        for entry in entries:
            parts = (*here, entry.name)
            if entry.name in SYSTEM - {"sos_commands"} and not is_log_place((*parts, "")) and entry.is_dir():
                skipped.append(Trouble(entry.path, "no logs by its place"))
                if entry.name == "etc" and is_inside(entry.path, real_root):
                    etc.append(Path(entry.path).absolute())
                continue
            if entry.name == STATE and entry.is_dir():
                continue  # not even of what lies there in the middle of a fetch is anything a log yet
            if entry.name.startswith(SPOOL_PREFIX) and entry.is_dir():
                skipped.append(Trouble(entry.path, "unpacked by haystack itself"))
                continue
            try:
                if entry.is_symlink() and not is_inside(entry.path, real_root):
                    if _is_wanted(parts, machines) and not _in_its_machine(entry.path, parts, real_root):
                        troubles.append(Trouble(entry.path, "a link that leads out of the tree; not followed"))
                    continue
                info = entry.stat()
            except OSError as err:
                if _is_wanted(parts, machines):
                    troubles.append(Trouble(entry.path, err.strerror or str(err)))
                continue
            if stat.S_ISDIR(info.st_mode):
                stack.append((entry.path, parts))
            elif not _is_wanted(parts, machines):
                continue
            elif not stat.S_ISREG(info.st_mode):
                skipped.append(Trouble(entry.path, "not a regular file"))
            elif not is_log_name(entry.name) and not is_archive_name(entry.name):
                skipped.append(Trouble(entry.path, "no log by its name"))
            elif (info.st_dev, info.st_ino) not in seen:
                seen.add((info.st_dev, info.st_ino))
                yield Path(entry.path), parts, info.st_size


def _is_wanted(parts: Sequence[str], machines: set[tuple[str, ...]]) -> bool:
    """Whether a file may be a log by its place. Of a copy of a file system only the known places hold logs."""
    if machine_at(parts) is not None or is_archive_name(parts[-1]):
        return True
    if facts.fact_of(parts) or not is_log_place(parts):
        return False
    return not any(tuple(parts[: len(machine)]) == machine for machine in machines)


def _in_its_machine(link: str, parts: Sequence[str], real_root: str) -> bool:
    """Whether an absolute link leads to what lies below the link's own machine, where it is read without the link.

    Pods' logs and kolla's volume are linked like this in `/var/log`, and lead astray where the tree was copied.
    """
    at = machine_at(parts)
    target = str(Path(link).readlink())
    if at is None or not target.startswith("/"):
        return False
    there = Path(real_root, *parts[:at], target.lstrip("/"))
    return is_inside(str(there), real_root) and there.exists()


def is_inside(path: str, real_root: str) -> bool:
    """Whether a path lies below a directory once all links are followed."""
    return os.path.realpath(path).startswith(real_root.rstrip(os.sep) + os.sep)


def facts_on_disk(machine: Path) -> dict[str, bytes]:
    """The facts in the directory of a machine; a link is followed inside of it only."""
    told: dict[str, bytes] = {}
    real = os.path.realpath(machine)
    for name in facts.FACT_FILES:
        path = machine / name
        try:
            if name == "etc/localtime" and path.is_symlink():
                told[name] = facts.LINK + os.fsencode(path.readlink())
            elif path.is_file() and is_inside(str(path), real):
                with path.open("rb") as file:
                    told[name] = file.read(facts.MOST_BYTES)
        except OSError:
            continue  # a fact that cannot be read is as good as none: --tz tells the zone
    return told
