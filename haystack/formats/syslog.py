"""Syslog files and journalctl output: a carrier around what some program said.

    Nov 22 06:07:39 controller1 dnsmasq[110]: failed to create inotify: …                    RFC 3164, local, no year
    2026-11-22T06:07:39.087123+00:00 controller1 keystone[811]: …                  rsyslog since Debian 12, short-iso
    Mar 11 09:14:22 compute1 nova-compute[811]: ERROR nova.compute.manager [None req-…] …                    devstack
    Feb 04 09:57:32 node1 pacemaker-controld  [478] (do_state_transition) <tab>notice: …             pacemaker's own

Where the text has a head of its own, that head wins; the carrier gives the time it lacks. ``logger`` is else the
program. A level comes only from a word in a place that is made for it; the kernel prints none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from ..record import LEVELS, Level
from . import (
    apache,
    ceph,
    etcd,
    felix,
    klog,
    libvirt,
    logfmt,
    mariadb,
    oslo,
    oslo_bare,
    oslo_json,
    ovs,
    qemu,
    rabbitmq,
    uwsgi,
)
from .carried import TRACEBACK, continues_traceback
from .head import Format, Head
from .stamps import MONTHS, stamp_to_time, without_year

_CARRIER = re.compile(
    r"(?:<\d{1,3}>)?"
    r"(?:([A-Z][a-z]{2}) ( ?[ \d]\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?"
    r"|(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d))"
    r" (?:\[(\d+)\] )?([^\s:|\[\]]{1,255})"  # host, behind the pid in logs of old pacemakers
    r" {1,12}([^\s:\[\]|]{1,128})"
    r"(?:(?:\[(\d+)\])?: ?"
    r"| {0,20}\[(\d+)\] +(?=\()"  # pacemaker and corosync write no colon to their own files
    r"|(?<= corosync) +(?=[a-z]{3,8} +\[))"
    r"(.*)",
    re.DOTALL | re.ASCII,
)
_UPTIME = re.compile(r"\[ *\d+\.\d{3,6}\] ?", re.ASCII)
_LEVEL = re.compile(
    r"(?:\([\w.]{1,80}\) \s{0,4})?"
    r"(?:<(?P<angle>warn|info|error|debug)> "
    r"|(?P<word>(?i:emerg|alert|critical|crit|error|err|warning|warn|notice|info|debug))(?:: | +\[)"
    r"|(?P<upper>CRITICAL|ERROR|WARNING|WARN|INFO|DEBUG)(?::? )"
    r"|\[(?P<bracket>ALERT|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG)\] )"
)
# Formats that programs write into syslog. Order as in FORMATS; HAProxy's has a file and a row of its own.
_INNER: tuple[Callable[[str], Head | None], ...] = (
    oslo.parse,
    oslo_json.parse,
    oslo_bare.parse,
    rabbitmq.parse,
    uwsgi.parse,
    ovs.parse,
    mariadb.parse,
    libvirt.parse,
    qemu.parse,
    ceph.parse,
    felix.parse,
    etcd.parse,
    klog.parse,
    logfmt.parse,
    apache.parse,
)
# A head of these formats begins with a digit, a colour, a level, a bracket or a brace; most texts do not.
_MAY_HAVE_HEAD = frozenset("0123456789\x1b[{=ACDEFINTWMSodt")


class Carrier(NamedTuple):
    """What a syslog line says before the text of the program."""

    time: datetime
    host: str
    program: str
    pid: str
    text: str


def read_carrier(line: str) -> Carrier | None:
    """Prefix and text of a syslog line, RFC 3164 or ISO; None for any other line."""
    found = _CARRIER.match(line)
    if found is None:
        return None
    month, day, clock, fraction, date, iso_clock, iso_fraction, zone, *rest = found.groups()
    pid_before, host, program, pid, pid_pacemaker, text = rest
    if date:
        time = stamp_to_time(date, iso_clock, iso_fraction, zone)
    else:
        time = without_year(MONTHS[month], int(day), clock, fraction) if month in MONTHS else None
    return (
        Carrier(time, host, program.rpartition("/")[2], pid or pid_pacemaker or pid_before or "", text)
        if time
        else None
    )


def parse(line: str) -> Head | None:
    """The head of a syslog line; HAProxy's lines are left to its own row."""
    carrier = read_carrier(line)
    if carrier is None or carrier.program.startswith("haproxy"):
        return None
    text = carrier.text
    if carrier.program == "kernel":
        return Head(carrier.time, None, _UPTIME.sub("", text, count=1), "kernel")
    more: tuple[str, ...] = ()
    if "#0" in text:  # rsyslog's escapes for control characters
        text, *rest = text.replace("#011", "\t").replace("#033", "\x1b").split("#012")
        more = tuple(rest)
    sender = f"{carrier.program}[{carrier.pid}]"
    if text[:1] in _MAY_HAVE_HEAD:
        for read in _INNER:
            head = read(text)
            if head is not None:
                return head._replace(
                    time=head.time or carrier.time,
                    logger=head.logger or carrier.program,
                    pid=head.pid or carrier.pid,
                    body=head.body + more,
                    key=f"{sender}|{head.key}" if head.key else "",
                )
    further = continues_traceback(text)
    level = Level.ERROR if text.startswith(TRACEBACK) else _level(text)
    return Head(carrier.time, level, text, carrier.program, carrier.pid, body=more, key=sender, part=further)


def _level(text: str) -> Level | None:
    found = _LEVEL.match(text)
    return LEVELS.get(str(found.group(str(found.lastgroup))).upper()) if found else None


FORMAT = Format("syslog", parse, multiline=True)
