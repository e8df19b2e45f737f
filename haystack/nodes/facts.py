"""What a machine tells of itself besides its logs: ``facts.json`` of a fetched tree (docs/facts-1.schema.json).

One script, one round trip, cheap for the node: it reads ``/proc`` and asks what is quick to answer, at low priority,
each for so long and for so many bytes. ``facts_told`` reads the answer.
"""

from __future__ import annotations

import shlex
from datetime import datetime, timezone

from ..errors import NodeError
from .clock import measure
from .facts_told import NAMES, facts_told, sections_of
from .offset import Offset
from .ssh import Connection
from .zone import ZONE_SCRIPT

SCHEMA = "haystack/facts-1"
_TIMEOUT = 60.0
_LIMIT = 6 << 20
# File systems that are full by nature, or are no disk.
_NO_DISKS = "tmpfs devtmpfs squashfs overlay iso9660 efivarfs ramfs autofs"

_SCRIPT = """
s() { printf '\\n@@haystack %s\\n' "$1"; }
t() { timeout 5 "$@" 2>/dev/null </dev/null | head -c 300000; }
s uptime; cat /proc/uptime 2>/dev/null
s kernel; uname -sr
s os; sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null
s hostname; uname -n
s zone; ZONE
s disks; t df -lPTk NO_DISKS
s inodes; t df -lPTi NO_DISKS
s memory; grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo
s load; cat /proc/loadavg 2>/dev/null
s cpus; t nproc
s oom; grep '^oom_kill ' /proc/vmstat
s units; command -v systemctl >/dev/null 2>&1 &&
  t systemctl list-units --type=service --all --no-legend --plain --no-pager | cut -c 1-300 | head -n 2000
s packages; { t dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\\n' | sed -n 's/^[ih]i  *//p'
  t rpm -qa --qf '%{NAME} %{VERSION}-%{RELEASE}\\n'; } | grep -E '^(NAMES)' | head -n 500
s listening; t ss -Hltnp | cut -c 1-300 | head -n 1000
s time; t timedatectl show -p NTPSynchronized --value
s tracking; t chronyc -n tracking
s containers; CONTAINERS
s end
"""


def gather(connection: Connection, offset: Offset | None = None) -> dict[str, object]:
    """The document of ``facts.json``. ``offset`` is the clock's, measured anew unless given. Raises NodeError."""
    node = connection.node
    offset = offset or measure(connection)
    script = shlex.quote(_script(node.containers))
    answer = connection.run(f"exec nice -n 10 sh -c {script}", timeout=_TIMEOUT, limit=_LIMIT)
    sections = sections_of(answer.stdout.decode("utf-8", "replace"))
    if "end" not in sections:
        raise NodeError(node.name, "garbage", "it did not tell its facts to the end")
    return {
        "schema": SCHEMA,
        "fetched_at": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "clock_offset_seconds": round(offset.seconds, 6),
        "clock_uncertainty_seconds": round(offset.uncertainty, 6),
        **facts_told(sections),
    }


def _script(program: str) -> str:
    containers = f"t {program} ps -a --format '{{{{.Names}}}} {{{{.Status}}}}' | head -n 500" if program else ":"
    return (
        _SCRIPT.replace("NO_DISKS", " ".join(f"-x {kind}" for kind in _NO_DISKS.split()))
        .replace("NAMES)", "|".join(NAMES) + ")")
        .replace("CONTAINERS", containers)
        .replace("ZONE", ZONE_SCRIPT)
    )
