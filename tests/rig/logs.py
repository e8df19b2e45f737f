"""Log trees of any size that behave as logs do: they grow, are rotated, compressed and removed."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path
from random import Random

_SOURCE = Path(__file__).parents[2] / "fixtures/healthy_boot"
_HEX = re.compile(rb"[0-9a-f]{8,}")
_SERVICES = ("nova/nova-api", "nova/nova-compute", "neutron/neutron-server", "cinder/cinder-volume")


@lru_cache(maxsize=1)
def _captured() -> bytes:
    return b"".join(file.read_bytes() for file in sorted(_SOURCE.rglob("nova-*.log")))


def lines(size: int, random: Random) -> bytes:
    """Captured lines, about so many bytes, with ids of their own: they compress as logs do, not as repetitions."""
    made = bytearray()
    while len(made) < size:
        made += _HEX.sub(lambda found: b"%0*x" % (len(found[0]), random.getrandbits(4 * len(found[0]))), _captured())
    return bytes(made[: made.rindex(b"\n", 0, size) + 1])


def plant(root: Path, size: int, random: Random) -> None:
    """A tree of so many bytes: each service has a log, half of all is in rotated and compressed ones."""
    share = size // len(_SERVICES)
    for name in _SERVICES:
        log = root / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(lines(share // 2, random))
        log.with_suffix(".log.1").write_bytes(lines(share // 4, random))
        log.with_suffix(".log.2.gz").write_bytes(gzip.compress(lines(share, random), 1, mtime=0))


def live(root: Path, size: int, random: Random) -> None:
    """Let a tree live on for about so many bytes: some logs grow, one may be rotated, one may begin."""
    for file in random.sample(sorted(root.rglob("*.log")), 2):
        with file.open("ab") as log:
            log.write(lines(size // 3, random))
    if random.random() < 0.5:
        rotate(random.choice(sorted(root.rglob("*.log"))))
    (root / f"nova/nova-extra{random.randrange(8)}.log").write_bytes(lines(size // 3, random))


def rotate(log: Path) -> None:
    """What logrotate does with delaycompress: .1 is compressed to .2.gz, the log becomes .1, a new one begins."""
    first, second = log.with_suffix(".log.1"), log.with_suffix(".log.2.gz")
    if first.exists():
        second.write_bytes(gzip.compress(first.read_bytes(), 1, mtime=0))
        times = first.stat()
        os.utime(second, (times.st_atime, times.st_mtime))
    if log.exists():
        log.rename(first)
    log.touch()


def digest(file: Path) -> str:
    """What a file holds, in short."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def digests(root: Path) -> dict[str, str]:
    """What each file below a directory holds; ``.haystack`` is left out."""
    found = {}
    for file in root.rglob("*"):
        path = file.relative_to(root)
        if ".haystack" not in path.parts and file.is_file() and not file.is_symlink():
            found[str(path)] = digest(file)
    return found
