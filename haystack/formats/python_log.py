"""Python's logging in the dress that scripts beside OpenStack give it.

    2022-02-04 09:34:05,817 - util.py[DEBUG]: Cloud-init v. 21.4 running 'init-local' …                     cloud-init
    2026-11-22 17:00:12,531 - OpenStack-Helm Mariadb - INFO - Waiting for the lead node to come online …
    2022-02-10 13:48:38,127 - util.py:(434) [DEBUG]: Reading file: /var/lib/…                        ubuntu-advantage
    2026-11-22 06:07:39,087 [12] INFO     gnocchi.cli.metricd: 0 measurements bundles …                      daiquiri
    2013-05-03 15:16:33 INFO [cinder.volume.manager] Updating volume status                   OpenStack until Grizzly
    2022-02-09 22:58:08,130 INFO Starting unattended upgrades script
    INFO  [alembic.runtime.migration] Running upgrade 1d6ee1ae5da5 -> 9d7f1ae5                         db-manage tools

Local time.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from . import oslo, supervisord
from .head import Format, Head
from .stamps import stamp_to_time

_LEVEL = r"(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|AUDIT|TRACE)"
_STAMP = r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:[,.](\d{3,6}))? "
_DASHED = re.compile(
    _STAMP + rf"- (?:([\w./-]{{1,80}})(?::\(\d{{1,6}}\) )?\[{_LEVEL}\]: |([^\n\[\]]{{1,80}}?) - {_LEVEL} - )(.*)",
    re.DOTALL | re.ASCII,
)
_BRACKETED = re.compile(rf"(?:{_STAMP})?{_LEVEL} {{1,3}}\[([A-Za-z_]\w*(?:\.\w+)+)\](?: (.*)|$)", re.DOTALL | re.ASCII)
_DAIQUIRI = re.compile(
    _STAMP + rf"\[(\d{{1,10}})\] (?:\x1b\[[0-9;]{{1,8}}m)?{_LEVEL} {{1,5}}([\w.]{{1,80}}): (.*)", re.DOTALL | re.ASCII
)
# Without a logger, where nobody else's: oslo's and supervisord's stamps look the same.
_PLAIN = re.compile(_STAMP + rf"{_LEVEL} (?!\[)(.*)", re.DOTALL | re.ASCII)


def parse(line: str) -> Head | None:
    """The head of a line of Python's logging in one of these layouts."""
    first = line[:1]
    if first == "2" and " - " in line[19:26]:
        return _dashed(line)
    if line[19:20] == "," and line[23:25] == " [":
        return _daiquiri(line)
    if line[19:20] == ",":
        return _plain(line) or _bracketed(line)
    return _bracketed(line) if first and first in "12DIWECAT" and "[" in line[4:34] else None


def _dashed(line: str) -> Head | None:
    found = _DASHED.match(line)
    if found is None:
        return None
    date, clock, fraction, file, file_level, name, level, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, LEVELS[file_level or level], message, file or name) if time else None


def _daiquiri(line: str) -> Head | None:
    found = _DAIQUIRI.match(line)
    if found is None:
        return None
    date, clock, fraction, pid, level, logger, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, LEVELS[level], message.removesuffix("\x1b[0m"), logger, pid) if time else None


def _plain(line: str) -> Head | None:
    found = _PLAIN.match(line)
    if found is None or oslo.parse(line) is not None or supervisord.parse(line) is not None:
        return None
    date, clock, fraction, level, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    return Head(time, LEVELS[level], message) if time else None


def _bracketed(line: str) -> Head | None:
    found = _BRACKETED.match(line)
    if found is None:
        return None
    date, clock, fraction, level, logger, message = found.groups()
    time = stamp_to_time(date, clock, fraction) if date else None
    if date and time is None:
        return None
    return Head(time, LEVELS[level], message or "", logger)


FORMAT = Format("python_log", parse, multiline=True)
