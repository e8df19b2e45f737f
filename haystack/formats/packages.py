"""The logs of dpkg, apt, yum and dnf: what was installed when, which explains many a fault.

    2022-02-07 15:32:54 status half-installed efibootmgr:amd64 17-1                                       dpkg.log
    Start-Date: 2022-02-07  15:32:54                                     apt/history.log; what was done stands below
    Log started: 2022-02-07  15:32:54                                  apt/term.log; below it what the scripts print
    Jan 12 10:11:12 Installed: openstack-nova-compute-18.2.0-1.el7.noarch                                  yum.log
    2026-03-11T09:14:20+0000 DDEBUG Command: dnf upgrade              dnf.log, dnf.rpm.log, dnf.librepo.log, hawkey.log

Local time, where the stamp has no zone.
"""

from __future__ import annotations

import re

from ..record import LEVELS, Level
from . import oslo
from .head import Format, Head
from .stamps import MONTHS, stamp_to_time, without_year

_DPKG = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) "
    r"((?:startup|status|install|upgrade|configure|trigproc|remove|purge|disappear|conffile) \S.*)",
    re.DOTALL | re.ASCII,
)
_APT = re.compile(
    r"(Start-Date|End-Date|Log started|Log ended): (\d{4}-\d\d-\d\d)  (\d\d:\d\d:\d\d)$",
    re.ASCII,
)
_YUM = re.compile(
    r"([A-Z][a-z]{2}) (\d\d) (\d\d:\d\d:\d\d) ((?:Installed|Updated|Erased|Obsoleted|Dep-Installed|Reinstalled): \S.*)",
    re.DOTALL | re.ASCII,
)
_DNF = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(Z|[+-]\d{4}) "
    r"(SUBDEBUG|DDEBUG|DEBUG|INFO|WARNING|ERROR|CRITICAL|ALL|TRACE) (.*)",
    re.DOTALL | re.ASCII,
)
_LEVELS = {**LEVELS, "SUBDEBUG": Level.DEBUG, "DDEBUG": Level.DEBUG, "ALL": Level.DEBUG, "TRACE": Level.DEBUG}


def parse(line: str) -> Head | None:
    """The head of a line of a package manager, or of the first line of what apt did."""
    first = line[:1]
    if first == "2":
        return _dpkg(line) if line[10:11] == " " else _dnf(line)
    if first in ("S", "E", "L") and (found := _APT.match(line)):
        time = stamp_to_time(found.group(2), found.group(3))
        return Head(time, None, found.group(1), "apt") if time else None
    return _yum(line) if line[15:16] == " " and first in "JFMASOND" else None


def _dpkg(line: str) -> Head | None:
    found = _DPKG.match(line)
    time = stamp_to_time(found.group(1), found.group(2)) if found else None
    return Head(time, None, found.group(3), "dpkg") if found and time else None


def _dnf(line: str) -> Head | None:
    found = _DNF.match(line) if line[10:11] == "T" else None
    if found is None or oslo.parse(line) is not None:
        return None
    date, clock, zone, level, message = found.groups()
    time = stamp_to_time(date, clock, None, zone)
    return Head(time, _LEVELS[level], message, "dnf") if time else None


def _yum(line: str) -> Head | None:
    found = _YUM.match(line)
    if found is None or found.group(1) not in MONTHS:
        return None
    month, day, clock, message = found.groups()
    time = without_year(MONTHS[month], int(day), clock)
    return Head(time, None, message, "yum", year_known=False) if time else None


FORMAT = Format("packages", parse, multiline=True)
