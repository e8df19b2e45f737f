"""What the rig needs of the machine, and what is missing here."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

PROGRAMS = {
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "rsync": "rsync",
}
SSHD = shutil.which("sshd") or "/usr/sbin/sshd"


@lru_cache(maxsize=1)
def missing() -> str:
    """Why there can be no rig on this machine; empty when there can."""
    if os.geteuid() != 0:
        return "needs root, to make namespaces"
    absent = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})
    if not Path(SSHD).exists():
        absent.append("openssh-server")
    if absent:
        return f"needs the packages {', '.join(absent)}"
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        return "needs overlayfs"
    words = "unshare --net --mount --uts --ipc --pid --fork --mount-proc ip link add b0 type bridge".split()
    tried = subprocess.run(words, capture_output=True, text=True, check=False)
    return f"no namespaces with a bridge here: {tried.stderr.strip()}" if tried.returncode else ""


@lru_cache(maxsize=1)
def faketime() -> str:
    """The library that gives a program another clock; empty where it is not installed."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return str(found[0]) if found else ""


@lru_cache(maxsize=1)
def toxiproxy() -> str:
    """The proxy that spoils connections: of $HAYSTACK_TOXIPROXY or PATH; empty where there is none."""
    return os.environ.get("HAYSTACK_TOXIPROXY") or shutil.which("toxiproxy-server") or ""


def sudo() -> bool:
    """Whether hosts can have sudo."""
    return shutil.which("sudo") is not None


def told() -> list[str]:
    """What this machine has no tests of, and why."""
    if missing():
        return [f"no rig here, so nothing of nodes is tested on it: {missing()}"]
    lacks = []
    if not faketime():
        lacks.append("no clocks that are wrong: libfaketime is not installed (package faketime)")
    if not toxiproxy():
        lacks.append("no slow or broken connections: no toxiproxy (tests/run builds it where Go is installed)")
    if not sudo():
        lacks.append("no sudo on the hosts: it is not installed")
    return lacks
