"""The log of one guest, ``/var/log/libvirt/qemu/instance-00000009.log``: libvirt and QEMU write to it in turn.

    2026-11-22 06:30:34.664+0000: starting up libvirt version: 9.0.0, package: … hostname: compute1
    2026-11-22T06:30:34.805323Z qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69
    2026-11-22 06:30:36.227+0000: shutting down, reason=failed

The command line, ``char device redirected to …`` and failed assertions stand on bare lines and belong to the
line above. QEMU's error_report() prints no level; warn_report() and info_report() do (util/qemu-error.c).
"""

from __future__ import annotations

import re

from ..record import Level
from .head import Format, Head
from .stamps import stamp_to_time

_LIBVIRT = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{3})([+-]\d{4}): ([a-z].*)",
    re.DOTALL | re.ASCII,
)
_QEMU = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.(\d{3,6})(Z) ((?:qemu|kvm)[\w.-]*|/\S*/qemu[\w.-]*): (.*)",
    re.DOTALL | re.ASCII,
)
# What error_report() says without anything having gone wrong.
_QUIET = re.compile(r"terminating on signal|.{0,200}char device redirected to|info: ", re.DOTALL)


def parse(line: str) -> Head | None:
    """The head of a line of libvirt or QEMU about one guest."""
    if line[:1] != "2":
        return None
    if line[10:11] == " ":
        found = _LIBVIRT.match(line)
        if found is None:
            return None
        date, clock, fraction, zone, message = found.groups()
        time = stamp_to_time(date, clock, fraction, zone)
        failed = "reason=failed" in message or "reason=crashed" in message
        return Head(time, Level.ERROR if failed else Level.INFO, message, "libvirt") if time else None
    found = _QEMU.match(line)
    if found is None:
        return None
    date, clock, fraction, zone, program, message = found.groups()
    time = stamp_to_time(date, clock, fraction, zone)
    return Head(time, _level(message), message, program.rpartition("/")[2]) if time else None


def _level(message: str) -> Level:
    if message.startswith("warning: "):
        return Level.WARNING
    return Level.INFO if _QUIET.match(message) else Level.ERROR


FORMAT = Format("qemu", parse, multiline=True, service="qemu")
