"""HAProxy's requests and notices, in syslog and on their own.

    127.0.0.1:33368 [22/Nov/2026:06:40:43.022] nova_api_front nova_api_back/controller2 0/0/0/36/36 200 2490 - - ----
      2/2/0/0/0 0/0 "GET /v2.1/flavors HTTP/1.1"                                                    (http, one line)
    192.0.2.21:48122 [11/Mar/2026:08:14:22.100] mariadb mariadb/controller-01 1/0/3600001 182211 cD 120/2/0/0/0 0/0
    127.0.0.1:50322 [22/Nov/2026:06:50:01.115] glance_tls/1: SSL handshake failure
    Mar 11 09:14:20 ctl haproxy[221]: Server nova_api/ctl2 is DOWN, reason: Layer4 connection problem, …
    [WARNING] 040/202835 (80343) : Server mqtt/broker_1 is DOWN, …                                    (its stderr)

The time of a request is that of its arrival (the bracket): it has milliseconds and a year, the syslog stamp has
neither. HAProxy prints no level: a request's follows from status and termination state (HAProxy's configuration
manual, 8.5), a notice's from what it tells. ``logger`` is always ``haproxy``, also for neutron's metadata proxies.
"""

from __future__ import annotations

import re
from datetime import datetime

from ..record import LEVELS, Level
from .head import Format, Head
from .stamps import http_to_time
from .syslog_prefix import read_prefix

_REQUEST = re.compile(
    r"(?:[\w.:\-]{1,64}:\d{1,5}|unix:\d{1,5}|-) "
    r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3})\] "
    r"[^\s\"]{1,256}"  # front end; a trailing ~ is TLS
    r"(?: [^\s\"]{1,512}"  # back end / server
    r" [\d+/-]{3,80}"  # timers
    r"(?: (?P<status>-1|\d{3}))? \+?\d+"  # tcp has no status
    r"(?: (?P<cookie>\S{1,512} \S{1,512}))?"
    r" (?P<state>[-A-Za-z]{2,4})"
    r" [\d+/]{5,60} [\d/]{3,20}(?: .*)?"
    r"|: (?P<failure>.+))$",
    re.DOTALL | re.ASCII,
)
_BARE_NOTICE = re.compile(
    r"\[(?P<word>ALERT|WARNING|NOTICE|INFO|DIAG)\] *(?:\d{3}/\d{6} ?)?\(\d+\) : "
    r"|(?:Backup )?Server [^\s/]{1,256}/[^\s/]{1,256} (?:is (?:going )?(?:DOWN|UP)|(?:UP|DOWN)/|was )"
    r"|(?:backend|proxy) \S{1,256} has no server available!"
    r"|Proxy \S{1,256} (?:started|stopped|reached )",
    re.DOTALL | re.ASCII,
)
_WORD = re.compile(r"\[(ALERT|WARNING|NOTICE|INFO|DIAG)\] ")
_WORST = (
    (re.compile(r"has no server available|Cannot (?:bind|fork)|cannot bind"), Level.CRITICAL),
    (re.compile(r" is (?:going )?DOWN|exited with code [1-9]"), Level.ERROR),
    (re.compile(r" reached (?:the|process|system)|SSL handshake failure|Connection error"), Level.WARNING),
    (re.compile(r" is (?:going )?UP|^Proxy \S+ st|^Connect from "), Level.INFO),
)


def parse(line: str) -> Head | None:
    """The head of a line of HAProxy, with or without syslog in front."""
    if "haproxy" in line[:160]:
        prefix = read_prefix(line)
        if prefix is not None and prefix.program.startswith("haproxy"):
            return _request(prefix.text, prefix.pid) or read_notice(
                prefix.text, prefix.time, prefix.pid, prefix.year_known
            )
    return parse_bare(line)


def parse_bare(line: str) -> Head | None:
    """The head of a line of HAProxy as it writes it itself."""
    first = line[:1]
    if "[" in line[:72] and (head := _request(line)):
        return head
    if first and first in "[SBbpP" and _BARE_NOTICE.match(line):
        return read_notice(line)
    return None


def _request(text: str, pid: str = "") -> Head | None:
    found = _REQUEST.match(text)
    time = http_to_time(found.group(1)) if found else None
    if found is None or time is None:
        return None
    if found["failure"]:
        level = Level.WARNING
    elif found["status"]:
        level = Level.ERROR if found["status"][0] == "5" else Level.INFO
    else:
        level = _tcp_level(found["state"])
    return Head(time, level, text, "haproxy", pid)


def _tcp_level(state: str) -> Level:
    """Of a tcp session: an error when no server answered, a warning when it was cut by other than the client."""
    if state[1] in "CQ" and state[0] in "SsRI":
        return Level.ERROR
    return Level.INFO if state[0] in "-Cc" else Level.WARNING


def read_notice(text: str, time: datetime | None = None, pid: str = "", year_known: bool = True) -> Head:
    """The head of what HAProxy says of itself."""
    level = next((level for sign, level in _WORST if sign.search(text)), None)
    word = _WORD.match(text)
    if level is None and word:
        level = LEVELS.get(word.group(1), Level.INFO)
    return Head(time, level, text, "haproxy", pid, year_known=year_known)


FORMAT = Format("haproxy", parse, multiline=False, service="haproxy")
