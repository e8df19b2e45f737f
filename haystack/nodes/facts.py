"""What a machine tells of itself besides its logs: ``facts.json`` of a fetched tree (docs/facts-1.schema.json).

One script, one round trip, cheap for the node: it reads ``/proc`` and asks what is quick to answer. What a node has no
tool for, or answers with nonsense, is left out; nonsense is noted under ``problems``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import NamedTuple

from ..errors import NodeError
from .clock import Offset, measure
from .ssh import Connection

SCHEMA = "haystack/facts-1"
_MARK = "@@haystack "
_TIMEOUT = 60.0
_LIMIT = 2 << 20
# Of each list so much is kept: a node may answer anything.
_MOST = 500
_LONGEST = 300
# Units, packages and containers that matter to a cloud, by the beginning of their names.
_NAMES = (
    "nova neutron cinder glance keystone placement heat horizon ironic octavia designate barbican manila magnum aodh"
    " ceilometer gnocchi masakari mistral trove swift openstack python3-nova python3-neutron python3-cinder"
    " python3-oslo rabbitmq mariadb mysql galera memcached redis etcd haproxy keepalived pacemaker corosync pcsd"
    " apache2 httpd nginx uwsgi libvirt virt qemu ovn openvswitch ovs ceph rbd radosgw bird calico felix chrony ntp"
    " systemd-timesyncd docker containerd podman kolla multipath iscsi tgt nfs ssh"
).split()
_MATTERS = re.compile(r"(?:devstack@)?(?:" + "|".join(map(re.escape, _NAMES)) + r")", re.IGNORECASE)
_NAME = re.compile(r"[\w@:.+~\\-]{1,200}$", re.ASCII)
_ZONE = re.compile(r"[A-Za-z][\w+/-]{0,60}$|[+-]\d{4}$", re.ASCII)
# File systems that are full by nature, or are no disk.
_NO_DISKS = "tmpfs devtmpfs squashfs overlay iso9660 efivarfs ramfs autofs"

_SCRIPT = """
s() { printf '\\n@@haystack %s\\n' "$1"; }
t() { timeout 10 "$@" 2>/dev/null </dev/null; }
s uptime; cat /proc/uptime 2>/dev/null
s kernel; uname -sr
s os; sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null
s hostname; uname -n
s zone; cat /etc/timezone 2>/dev/null; readlink /etc/localtime | sed -n 's,.*zoneinfo/,,p'; date +%z
s disks; t df -lPTk NO_DISKS
s inodes; t df -lPTi NO_DISKS
s memory; grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo
s load; cat /proc/loadavg 2>/dev/null
s cpus; nproc 2>/dev/null
s oom; grep '^oom_kill ' /proc/vmstat
s units; command -v systemctl >/dev/null 2>&1 &&
  t systemctl list-units --type=service --all --no-legend --plain --no-pager | cut -c 1-300 | head -n 2000
s packages; { t dpkg-query -W -f '${Package} ${Version}\\n' || t rpm -qa --qf '%{NAME} %{VERSION}-%{RELEASE}\\n'; } |
  grep -E '^(NAMES)' | head -n 500
s listening; t ss -Hltnp | cut -c 1-300 | head -n 1000
s time; t timedatectl show -p NTPSynchronized --value
s tracking; t chronyc -n tracking
s containers; CONTAINERS
s end
"""


class _Section(NamedTuple):
    name: str
    read: Callable[[str], dict[str, object]]


def gather(connection: Connection, offset: Offset | None = None) -> dict[str, object]:
    """The document of ``facts.json``. ``offset`` is the clock's, measured anew unless given. Raises NodeError."""
    node = connection.node
    offset = offset or measure(connection)
    program = node.containers
    containers = f"t {program} ps -a --format '{{{{.Names}}}} {{{{.Status}}}}' | head -n 500" if program else ":"
    script = (
        _SCRIPT.replace("NO_DISKS", " ".join(f"-x {kind}" for kind in _NO_DISKS.split()))
        .replace("NAMES)", "|".join(name.replace(".", "[.]") for name in _NAMES) + ")")
        .replace("CONTAINERS", containers)
    )
    answer = connection.run(f"exec nice -n 10 sh -c {_quoted(script)}", timeout=_TIMEOUT, limit=_LIMIT)
    sections = _sections(answer.stdout.decode("utf-8", "replace"))
    if "end" not in sections:
        raise NodeError(node.name, "garbage", "it did not tell its facts to the end")
    document: dict[str, object] = {
        "schema": SCHEMA,
        "fetched_at": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "clock_offset_seconds": round(offset.seconds, 6),
        "clock_uncertainty_seconds": round(offset.uncertainty, 6),
    }
    problems: list[str] = []
    for section in _SECTIONS:
        try:
            document.update(section.read(sections.get(section.name, "")))
        except (ValueError, LookupError, ArithmeticError):
            problems.append(f"{section.name}: not understood")
    _inodes(document, sections.get("inodes", ""))
    return {**document, **({"problems": problems} if problems else {})}


def _quoted(script: str) -> str:
    return "'" + script.replace("'", "'\\''") + "'"


def _sections(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split("\n" + _MARK)[1:]:
        name, _, body = part.partition("\n")
        found.setdefault(name.strip(), body)
    return found


def _clean(text: str) -> str:
    return "".join(c for c in text.strip() if c.isprintable())[:_LONGEST]


def _lines(text: str) -> Iterator[list[str]]:
    for line in text.split("\n")[: _MOST * 4]:
        words = line.split()
        if words:
            yield words


def _uptime(text: str) -> dict[str, object]:
    return {"uptime_seconds": round(float(text.split()[0]))} if text.strip() else {}


def _text(key: str) -> Callable[[str], dict[str, object]]:
    def read(text: str) -> dict[str, object]:
        told = _clean(text.strip().split("\n")[0].strip("\"' "))
        return {key: told} if told else {}

    return read


def _zone(text: str) -> dict[str, object]:
    """The first that tells a name; else the offset that `date` gives."""
    told = [line.strip() for line in text.split("\n") if _ZONE.match(line.strip())]
    return {"timezone": f"{told[0][:3]}:{told[0][3:]}" if told[0][0] in "+-" else told[0]} if told else {}


def _disks(text: str) -> dict[str, object]:
    """POSIX df with types: Filesystem Type 1024-blocks Used Available Capacity Mounted on."""
    rows: list[dict[str, object]] = []
    devices: set[str] = set()
    for words in _lines(text):
        if len(words) < 7 or not words[5].endswith("%") or words[0] in devices:
            continue
        devices.add(words[0])  # mounted twice, it is full once
        rows.append(
            {
                "mount": _clean(" ".join(words[6:])),
                "device": _clean(words[0]),
                "type": _clean(words[1]),
                "size_bytes": int(words[2]) * 1024,
                "used_percent": _percent(words[5]),
            }
        )
    return {"filesystems": rows[:_MOST]} if rows else {}


def _inodes(document: dict[str, object], text: str) -> None:
    """File systems without a count of inodes (btrfs) tell `-`."""
    told = {_clean(" ".join(words[6:])): words[5] for words in _lines(text) if len(words) >= 7}
    rows = document.get("filesystems")
    for row in rows if isinstance(rows, list) else ():
        percent = told.get(row["mount"], "-")
        if percent.endswith("%") and percent[:-1].isdigit():
            row["inodes_percent"] = _percent(percent)


def _percent(text: str) -> float:
    return float(max(0, min(100, int(text.rstrip("%")))))


def _memory(text: str) -> dict[str, object]:
    told = {words[0].rstrip(":"): int(words[1]) * 1024 for words in _lines(text) if len(words) >= 2}
    keys = {
        "MemTotal": "total_bytes",
        "MemAvailable": "available_bytes",
        "SwapTotal": "swap_total_bytes",
        "SwapFree": "swap_free_bytes",
    }
    memory = {keys[name]: told[name] for name in keys if name in told}
    return {"memory": memory} if memory else {}


def _load(text: str) -> dict[str, object]:
    return {"load": [float(word) for word in text.split()[:3]]} if text.strip() else {}


def _cpus(text: str) -> dict[str, object]:
    return {"cpus": int(text)} if text.strip() else {}


def _oom(text: str) -> dict[str, object]:
    return {"oom_kills": int(text.split()[1])} if text.strip() else {}


def _units(text: str) -> dict[str, object]:
    """UNIT LOAD ACTIVE SUB; those that are loaded, of all those that failed, of the others those that matter."""
    states: dict[str, object] = {}
    failed: list[str] = []
    seen = False
    for words in _lines(text):
        if len(words) < 4 or not _NAME.match(words[0]):
            continue
        unit, load, active, sub = words[:4]
        seen = True
        if active == "failed":
            failed.append(unit)
        if load == "loaded" and _MATTERS.match(unit) and len(states) < _MOST:
            states[unit] = _clean(f"{active} ({sub})")
    return {"failed_units": failed[:_MOST], "services": states} if seen else {}


def _packages(text: str) -> dict[str, object]:
    told = {words[0]: _clean(words[1]) for words in _lines(text) if len(words) == 2 and _NAME.match(words[0])}
    return {"packages": dict(list(told.items())[:_MOST])} if told else {}


_PROCESS = re.compile(r'users:\(\("(?P<name>[^"]{1,100})"')


def _listening(text: str) -> dict[str, object]:
    """State Recv-Q Send-Q Local:Port Peer:Port Process; one row for each address, port and process."""
    rows: dict[tuple[str, int, str], dict[str, object]] = {}
    for words in _lines(text):
        if len(words) < 5 or words[0] != "LISTEN":
            continue
        address, _, port = words[3].rpartition(":")
        named = _PROCESS.search(" ".join(words[5:]))
        process = _clean(named["name"]) if named else ""
        if port.isdigit() and int(port) < 65536:
            row = {"protocol": "tcp", "address": _clean(address.strip("[]")), "port": int(port)}
            rows[address, int(port), process] = {**row, **({"process": process} if process else {})}
    return {"listening": list(rows.values())[:_MOST]} if rows else {}


def _time(text: str) -> dict[str, object]:
    told = text.strip()
    return {"time": {"synchronised": told == "yes", "source": "timedatectl"}} if told in ("yes", "no") else {}


def _tracking(text: str) -> dict[str, object]:
    """chrony knows better than systemd, which asks the kernel."""
    leap = re.search(r"^Leap status +: (?P<status>[A-Za-z ]{1,40})$", text, re.MULTILINE)
    return {"time": {"synchronised": leap["status"] != "Not synchronised", "source": "chrony"}} if leap else {}


def _containers(text: str) -> dict[str, object]:
    told: dict[str, object] = {}
    for words in _lines(text):
        if len(words) >= 2 and _NAME.match(words[0]) and len(told) < _MOST:
            told[words[0]] = _clean(" ".join(words[1:]))
    return {"containers": told} if told else {}


_SECTIONS = (
    _Section("uptime", _uptime),
    _Section("kernel", _text("kernel")),
    _Section("os", _text("os")),
    _Section("hostname", _text("hostname")),
    _Section("zone", _zone),
    _Section("disks", _disks),
    _Section("memory", _memory),
    _Section("load", _load),
    _Section("cpus", _cpus),
    _Section("oom", _oom),
    _Section("units", _units),
    _Section("packages", _packages),
    _Section("listening", _listening),
    _Section("time", _time),
    _Section("tracking", _tracking),
    _Section("containers", _containers),
)
