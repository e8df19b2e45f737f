"""Ceph: the logs of its daemons and clients, the cluster log, ceph-volume's and cephadm's.

    2022-02-10T09:32:05.746+0000 7f6fa1d2ad80 -1 bluestore(/var/lib/ceph/osd/ceph-1) _verify_csum bad crc32c/0x80000 …
    2026-03-11T09:14:22.531+0000 mon.a (mon.0) 1203 : cluster [WRN] Health check failed: 1 osds down (OSD_DOWN)
    2018-01-11 09:14:22.531201 mon.test mon.0 10.230.16.59:6789/0 1203 : cluster [INF] mon.test calling …     < Nautilus
    [2022-02-09 22:38:21,163][ceph_volume.process][INFO  ] stderr -->  RuntimeError: could not find osd.0 …
    2026-03-11 09:14:20,531 7f1234567740 DEBUG Non-zero exit code 1 from /usr/bin/podman …                      cephadm

Until Nautilus the time is local and without zone. A daemon prints how chatty a line is: -1 is an error, 0 and 1 are
what the default shows. Lines of containers begin with ``debug``.
"""

from __future__ import annotations

import re

from ..record import LEVELS, Level
from .head import Format, Head
from .stamps import stamp_to_time

_STAMP = r"(?:debug )?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)\.(\d{3,6})(Z|[+-]\d\d:?\d\d)? "
_DAEMON = re.compile(_STAMP + r"([0-9a-f]{4,16}) +(-?\d{1,2}) (.*)", re.DOTALL | re.ASCII)
_CLUSTER = re.compile(
    _STAMP + r"(?:[0-9a-f]{4,16} )?([a-z]+\.\S{1,128}) (?:[a-z]+\.\S{1,128} \S{1,128}|\([^)]{1,128}\)) \d+ : "
    r"(?:([a-z]{1,16}) )?\[(DBG|INF|SEC|WRN|ERR)\] (.*)",
    re.DOTALL | re.ASCII,
)
_VOLUME = re.compile(
    r"\[(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3})\]\[([\w.]{1,80})\]\[(DEBUG|INFO|WARNING|ERROR|CRITICAL) *\] (.*)",
    re.DOTALL | re.ASCII,
)
_CEPHADM = re.compile(
    r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3}) ([0-9a-f]{8,16}) (DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)",
    re.DOTALL | re.ASCII,
)
_IN_TEXT = re.compile(r"log_channel\(\w{1,16}\) log \[(DBG|INF|SEC|WRN|ERR)\] ", re.ASCII)
_LEVELS = {**LEVELS, "SEC": Level.INFO}


def parse(line: str) -> Head | None:
    """The head of a line of a Ceph daemon, the cluster log or ceph-volume."""
    first = line[:1]
    if first in ("2", "d"):
        return _cephadm(line) if line[19:20] == "," else _daemon(line) or _cluster(line)
    return _volume(line) if first == "[" else None


def _daemon(line: str) -> Head | None:
    found = _DAEMON.match(line)
    if found is None:
        return None
    date, clock, fraction, zone, thread, chatter, text = found.groups()
    time = stamp_to_time(date, clock, fraction, zone)
    named = _IN_TEXT.match(text)
    if named:
        level = _LEVELS[named.group(1)]
    else:
        level = Level.ERROR if chatter[0] == "-" else Level.INFO if int(chatter) <= 1 else Level.DEBUG
    return Head(time, level, text, pid=thread) if time else None


def _cluster(line: str) -> Head | None:
    found = _CLUSTER.match(line)
    if found is None:
        return None
    date, clock, fraction, zone, sender, _, level, text = found.groups()
    time = stamp_to_time(date, clock, fraction, zone)
    return Head(time, _LEVELS[level], text, sender) if time else None


def _cephadm(line: str) -> Head | None:
    found = _CEPHADM.match(line)
    if found is None:
        return None
    date, clock, fraction, thread, level, text = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, LEVELS[level], text, "cephadm", thread) if time else None


def _volume(line: str) -> Head | None:
    found = _VOLUME.match(line)
    if found is None:
        return None
    date, clock, fraction, logger, level, text = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, LEVELS[level], text, logger) if time else None


FORMAT = Format("ceph", parse, multiline=True)
