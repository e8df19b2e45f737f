"""What stands before a program's text in syslog files and in the output of journalctl.

    Nov 22 06:07:39 controller1 dnsmasq[110]: …                       RFC 3164 and ``-o short``: local time, no year
    Nov 22 06:07:39.087123 controller1 dnsmasq[110]: …                                          ``-o short-precise``
    2026-11-22T06:07:39.087123+00:00 controller1 keystone[811]: …        rsyslog since Debian 12, ``-o short-iso``
    Wed 2026-03-11 09:14:22 UTC controller1 keystone[811]: …                                       ``-o short-full``
    1773220462.531204 controller1 keystone[811]: …                                                 ``-o short-unix``
    Mar 11 09:14:20 dnsmasq[110]: …                          a program's own file in this dress, which has no host
    Feb 04 10:10:13  IPaddr2(res_vip)[29031]:    INFO: …                      a resource agent in pacemaker's own file
    Jul 05 10:11:12 notice  [TOTEM ] …                                                          corosync's own file

Used by the syslog format and by HAProxy's, which knows its lines better.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import NamedTuple

from ..record import Level
from .stamps import MONTHS, stamp_to_time, without_year

_CLOCK = r"(\d\d:\d\d:\d\d)"
_STAMP = (
    rf"(?:([A-Z][a-z]{{2}}) ( ?[ \d]\d) {_CLOCK}(?:\.(\d{{1,6}}))?"
    rf"|(\d{{4}}-\d\d-\d\d)T{_CLOCK}(?:[.,](\d{{1,9}}))?(Z|[+-]\d\d:?\d\d)"
    rf"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{{4}}-\d\d-\d\d) {_CLOCK}(?:\.(\d{{6}}))? ([A-Z]{{3,5}}|[+-]\d\d(?:\d\d)?)"
    r"|(\d{10}\.\d{6}))"
)
_PREFIX = re.compile(
    r"(?:<(\d{1,3})>)?" + _STAMP + r" (?:\[(\d+)\] )?"  # the pid stands before the host in old pacemakers'
    r"(?!(?:(?:SUB|D)?DEBUG|INFO|WARNING|ERROR|CRITICAL) )([^\s:|\[\]]{1,255})"  # no host is named like dnf's levels
    r" {1,12}(?!\d\d:\d\d)([^\s:\[\]|]{1,128})"
    r"(?:(?:\[(\d+)\])?: ?"
    r"| {0,20}\[(\d+)\] +(?=\()"  # pacemaker and corosync write no colon to their own files
    r"|(?<= corosync) +(?=[a-z]{3,8} +\[))"
    r"(.*)",
    re.DOTALL | re.ASCII,
)
_HOSTLESS = re.compile(
    r"([A-Z][a-z]{2}) ( ?[ \d]\d) (\d\d:\d\d:\d\d) {1,2}(?:([a-zA-Z][\w./()-]{1,120})\[(\d{1,7})\]:"
    r"|(corosync)(?= \[)|(?=(?:emerg|alert|crit|error|warning|notice|info|debug) {1,3}\[[A-Z]{2,8} *\])) ?(.*)",
    re.DOTALL | re.ASCII,
)
# RFC 5424, 6.2.1, and journald's PRIORITY.
SEVERITIES = (
    Level.CRITICAL,
    Level.CRITICAL,
    Level.CRITICAL,
    Level.ERROR,
    Level.WARNING,
    Level.INFO,
    Level.INFO,
    Level.DEBUG,
)
_FIRST = frozenset("<JFMASOND0123456789TW")


class Prefix(NamedTuple):
    """What a syslog line says before the text of the program. ``severity`` is that of its ``<PRI>``, if any."""

    time: datetime
    year_known: bool
    host: str
    program: str
    pid: str
    severity: int | None
    text: str


def read_prefix(line: str) -> Prefix | None:
    """Prefix and text of a syslog line; None for any other line."""
    if line[:1] not in _FIRST:
        return None
    found = _PREFIX.match(line)
    if found is None:
        return _hostless(line)
    pri, month, day, clock, fraction, *iso, epoch, pid_before, host, program, pid, pid_pacemaker, text = found.groups()
    if month:
        time = without_year(MONTHS[month], int(day), clock, fraction) if month in MONTHS else None
    elif epoch:
        time = datetime.fromtimestamp(float(epoch), tz=timezone.utc)
    elif iso[0]:
        time = stamp_to_time(iso[0], iso[1], iso[2], iso[3])
    else:  # short-full
        time = stamp_to_time(iso[4], iso[5], iso[6], read_zone_word(iso[7]))
    if time is None:
        return None
    pid = pid or pid_pacemaker or pid_before or ""
    severity = int(pri) & 7 if pri else None
    return Prefix(time, not month, host, program.rpartition("/")[2], pid, severity, text)


def read_zone_word(word: str) -> str | None:
    """The zone that systemd prints, as ``stamp_to_time`` takes it; an abbreviation such as CEST tells no offset."""
    return "Z" if word in ("UTC", "GMT") else word if word[0] in "+-" else None


def _hostless(line: str) -> Prefix | None:
    found = _HOSTLESS.match(line)
    if found is None or found.group(1) not in MONTHS:
        return None
    month, day, clock, program, pid, _, text = found.groups()
    time = without_year(MONTHS[month], int(day), clock)
    program = program.rpartition("/")[2] if program else "corosync"
    return Prefix(time, False, "", program, pid or "", None, text) if time else None
