"""What a machine's answers say, section by section, as the keys of ``facts.json``. ``facts`` asks.

What it has no tool for is left out; so is nonsense, which is noted under ``problems``. Whatever it answers, the
document is as docs/facts-1.schema.json says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from .zone import zone_of

_MARK = "@@haystack "
# Of each list so much is kept: a node may answer anything.
_MOST = 500
_LONGEST = 300
# Units, packages and containers that matter to a cloud, by the beginning of their names.
NAMES = (
    "nova neutron cinder glance keystone placement heat horizon ironic octavia designate barbican manila magnum aodh"
    " ceilometer gnocchi masakari mistral trove swift openstack python3-nova python3-neutron python3-cinder"
    " python3-oslo rabbitmq mariadb mysql galera memcached redis etcd haproxy keepalived pacemaker corosync pcsd"
    " apache2 httpd nginx uwsgi libvirt virt qemu ovn openvswitch ovs ceph rbd radosgw bird calico felix chrony ntp"
    " systemd-timesyncd docker containerd podman kolla multipath iscsi tgt nfs ssh"
).split()
_MATTERS = re.compile(r"(?:devstack@)?(?:" + "|".join(NAMES) + r")", re.IGNORECASE)
_NAME = re.compile(r"[\w@:.+~\\-]{1,200}$", re.ASCII)
_WHOLE = re.compile(r"\d{1,17}$", re.ASCII)


class _Section(NamedTuple):
    """A section and how it is read. ``quiet`` ones may say what tells nothing: that chronyd does not run."""

    name: str
    read: Callable[[str], dict[str, object]]
    quiet: bool = False


def sections_of(text: str) -> dict[str, str]:
    """The answer of the script, by the names of its sections."""
    found: dict[str, str] = {}
    for part in text.split("\n" + _MARK)[1:]:
        name, _, body = part.partition("\n")
        found.setdefault(name.strip(), body)
    return found


def facts_told(sections: Mapping[str, str]) -> dict[str, object]:
    """The keys of ``facts.json`` that the sections tell, and the problems with them. Raises nothing."""
    document: dict[str, object] = {}
    problems: list[str] = []
    for section in _SECTIONS:
        text = sections.get(section.name, "")
        try:
            told = section.read(text)
        except (ValueError, LookupError, ArithmeticError):
            told = {}
        if text.strip() and not told and not section.quiet:
            problems.append(f"{section.name}: not understood")
        document.update(told)
    _inodes(document, sections.get("inodes", ""))
    return {**document, **({"problems": problems} if problems else {})}


def _clean(text: str) -> str:
    return "".join(c for c in text.strip() if c.isprintable())[:_LONGEST]


def _lines(text: str) -> Iterator[list[str]]:
    for line in text.split("\n")[: _MOST * 4]:
        words = line.split()
        if words:
            yield words


def _whole(text: str) -> int:
    """A number without a sign. Raises ValueError: int() takes more than machines should say."""
    if not _WHOLE.match(text):
        raise ValueError(text)
    return int(text)


def _uptime(text: str) -> dict[str, object]:
    return {"uptime_seconds": _whole(text.split()[0].partition(".")[0])} if text.strip() else {}


def _text(key: str) -> Callable[[str], dict[str, object]]:
    def read(text: str) -> dict[str, object]:
        told = _clean(text.strip().split("\n")[0].strip("\"' "))
        return {key: told} if told else {}

    return read


def _zone(text: str) -> dict[str, object]:
    told = zone_of(text)
    return {"timezone": told} if told else {}


def _disks(text: str) -> dict[str, object]:
    """POSIX df with types: Filesystem Type 1024-blocks Used Available Capacity Mounted on."""
    rows: list[dict[str, object]] = []
    devices: set[str] = set()
    for words in _lines(text):
        if len(words) < 7 or not _WHOLE.match(words[2]) or words[0] in devices or _percent(words[5]) is None:
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
        percent = _percent(told.get(row["mount"], "-"))
        if percent is not None:
            row["inodes_percent"] = percent


def _percent(text: str) -> float | None:
    return float(min(100, int(text[:-1]))) if text.endswith("%") and _WHOLE.match(text[:-1]) else None


def _memory(text: str) -> dict[str, object]:
    told = {words[0].rstrip(":"): _whole(words[1]) * 1024 for words in _lines(text) if len(words) >= 2}
    keys = {
        "MemTotal": "total_bytes",
        "MemAvailable": "available_bytes",
        "SwapTotal": "swap_total_bytes",
        "SwapFree": "swap_free_bytes",
    }
    memory = {keys[name]: told[name] for name in keys if name in told}
    return {"memory": memory} if memory else {}


def _load(text: str) -> dict[str, object]:
    load = [float(word) for word in text.split()[:3]]
    return {"load": load} if len(load) == 3 and all(map(math.isfinite, load)) else {}


def _cpus(text: str) -> dict[str, object]:
    return {"cpus": _whole(text.strip())} if text.strip() else {}


def _oom(text: str) -> dict[str, object]:
    return {"oom_kills": _whole(text.split()[1])} if text.strip() else {}


def _units(text: str) -> dict[str, object]:
    """UNIT LOAD ACTIVE SUB; those that are loaded, of all those that failed, of the others those that matter."""
    states: dict[str, object] = {}
    failed: list[str] = []
    seen = False
    for words in _lines(text):
        if len(words) < 4 or not _NAME.match(words[0]) or "." not in words[0]:
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
        if _WHOLE.match(port) and int(port) < 65536:
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
    _Section("disks", _disks, quiet=True),
    _Section("memory", _memory),
    _Section("load", _load),
    _Section("cpus", _cpus),
    _Section("oom", _oom),
    _Section("units", _units),
    _Section("packages", _packages),
    _Section("listening", _listening),
    _Section("time", _time, quiet=True),
    _Section("tracking", _tracking, quiet=True),
    _Section("containers", _containers),
)
