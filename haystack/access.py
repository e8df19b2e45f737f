"""API access lines: what was asked for, what came of it, and how long it took. Every command reads them here.

127.0.0.1 "POST /v2.1/servers HTTP/1.1" status: 202 len: 842 time: 1.04                     eventlet, request logs
127.0.0.1 - - [22/Nov/2026 06:17:53] "GET /v2/images HTTP/1.1" 200 1874 0.029487            eventlet, its own format
127.0.0.1 () {…} [Sun Nov 22 …] POST /v3/auth/tokens => generated 4755 bytes in 220 msecs (HTTP/1.1 201) …    uWSGI
10.0.0.1 - - [22/Nov/2026:06:02:37 +0000] "PUT /v3/users/x HTTP/1.1" 403 120 "-" "curl" 5120      Apache and nginx
127.0.0.1:37426 [22/…] nova_api_front nova_api_back/c1 0/0/0/2/2 413 481 - - ---- 3/3/0/0/0 0/0 "POST …"   HAProxy
10.0.0.1 10.0.0.2 22/Nov/2026/06/07/38 GET /v1/AUTH_x/c/o HTTP/1.0 200 - curl - - 12 - tx1 - 0.0123 - …    Swift
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from .record import Level, Record

# Who wrote the line: a service of its own request, a server in front of it, a proxy further out.
SERVICE, UWSGI, HTTPD, HAPROXY = "service", "uwsgi", "httpd", "haproxy"
# What every access line holds, as written: one of these is to be scanned for. (Request logs name no protocol.)
ACCESS_LITERALS = ("HTTP/1.", "HTTP/2", "requestlog")

_METHOD = r"(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|COPY|REPORT)"
_URL = r"(?P<url>/[^\s\"]{0,8192})"
_QUOTED = re.compile(
    rf'"{_METHOD} {_URL}(?: HTTP/[\d.]{{1,5}})?"?'
    r"(?:.{0,12}?status: (?P<told>\d{3})| (?P<plain>\d{3}) (?:\d+|-)(?![\w.]))",
    re.DOTALL,
)
_UWSGI = re.compile(
    rf"\b{_METHOD} {_URL} => .{{0,80}}? in (?P<count>\d+) (?P<unit>[mu]?)secs \(HTTP/[\d.]{{1,5}} (?P<status>\d{{3}})\)"
)
# The timers are Tq/Tw/Tc/Tr/Tt in milliseconds, -1 for a phase not reached; the last is what the client waited.
_PROXY = re.compile(
    r"(?:^|\] )\S{1,256} (?P<backend>[^\s/]{1,256})/\S{1,256} [-\d]{1,9}(?:/[-+\d]{1,12}){2,3}/\+?(?P<total>\d{1,12})"
    r" (?P<status>-1|\d{3}) \+?\d+ \S+ \S+ \S{4} [\d/+]+ [\d/]+ .{0,200}?"
    rf'"{_METHOD} {_URL}'
)
_SWIFT = re.compile(
    rf" \d\d/[A-Z][a-z]{{2}}/\d{{4}}/\d\d/\d\d/\d\d {_METHOD} {_URL} HTTP/[\d.]{{1,5}} (?P<status>\d{{3}})"
    r"(?: \S{1,1024}){8} (?P<seconds>\d{1,9}\.\d{1,9})(?: |$)"
)
# Longer access lines are cut: content is hostile, and the expressions must not walk through 64 KiB of it. placement is
# asked for traits with 1.5 KB of names; of an URL so much is kept.
_LONGEST, _URL_KEPT = 12_000, 1000
_TOLD = re.compile(r"\btime: (\d{1,9}\.\d{1,12})")
# Behind the status of eventlet (seconds) or, as kolla configures Apache, with %D (microseconds).
_BEHIND_SIZE = re.compile(r" (?:(\d{1,9}\.\d{3,9})|(\d{3,12}))(?= |$)")
# The one word behind the last quote, as Apache and nginx are told to write it: %D, %T/%D, %{ms}T, $request_time.
_LAST_WORD = re.compile(
    r'(?:" |\brt=|request_time[=:] ?)"?(?:\d{1,9}/)?(?P<count>\d{1,12}(?:\.\d{1,9})?)(?P<unit>\(us\)|us|ms|s|)"?$'
)
# A whole number is taken as microseconds; one below this is not a duration but %T's seconds, or something else.
_FEWEST_MICROSECONDS = 100
# Loggers of clients, which print the calls they make in the form of an access line.
_CLIENTS = ("urllib3", "requests", "keystoneauth", "swiftclient", "glanceclient", "unit")


class Access(NamedTuple):
    """An API access line; ``seconds`` is None where the line does not say how long it took.

    ``status`` is 0 where the client got none (HAProxy's -1). ``writer`` is one of SERVICE, UWSGI, HTTPD and HAPROXY,
    ``backend`` the name that HAProxy calls the service by.
    """

    method: str
    url: str
    status: int
    seconds: float | None
    writer: str = SERVICE
    backend: str = ""


def access(record: Record) -> Access | None:
    """The API access a record reports; None for other records."""
    message = record.message
    if "HTTP/" not in message and "status: " not in message:
        return None
    message = message[:_LONGEST]
    if record.logger == "haproxy":
        return _cut(_proxied(message))
    if " => generated " in message and (call := _uwsgi(message)):
        return _cut(call)
    return _cut(_quoted(message, record.logger) or _proxied(message) or _swift(message))


def served(record: Record) -> Access | None:
    """The API access a record reports of a request that was served here: no client's word for it, and no DEBUG."""
    if (record.level is not None and record.level < Level.INFO) or record.logger.startswith(_CLIENTS):
        return None
    return access(record)


def began(time: datetime, call: Access) -> datetime:
    """When a call began: proxies and front ends stamp its arrival, services its end."""
    if call.writer != SERVICE or not call.seconds:
        return time
    return time - timedelta(seconds=min(call.seconds, 1e6))


def ended(time: datetime, call: Access) -> datetime:
    """When a call ended."""
    if call.writer == SERVICE or not call.seconds:
        return time
    return time + timedelta(seconds=min(call.seconds, 1e6))


def _cut(call: Access | None) -> Access | None:
    return call if call is None or len(call.url) <= _URL_KEPT else call._replace(url=call.url[:_URL_KEPT])


def _proxied(message: str) -> Access | None:
    found = _PROXY.search(message) if "/" in message else None
    if found is None:
        return None
    status = max(0, int(found["status"]))
    return Access(found["method"], found["url"], status, int(found["total"]) / 1000, HAPROXY, found["backend"])


def _uwsgi(message: str) -> Access | None:
    found = _UWSGI.search(message)
    if found is None:
        return None
    seconds = int(found["count"]) * {"m": 1e-3, "u": 1e-6, "": 1.0}[found["unit"]]
    return Access(found["method"], found["url"], int(found["status"]), seconds, UWSGI)


def _swift(message: str) -> Access | None:
    found = _SWIFT.search(message)
    if found is None:
        return None
    return Access(found["method"], found["url"], int(found["status"]), float(found["seconds"]))


def _quoted(message: str, logger: str) -> Access | None:
    found = _QUOTED.search(message)
    if found is None:
        return None
    method, url = found["method"], found["url"]
    if found["told"]:
        taken = _TOLD.search(message, found.end())
        return Access(method, url, int(found["told"]), float(taken[1]) if taken else None)
    writer = HTTPD if logger == "access" else SERVICE
    return Access(method, url, int(found["plain"]), _behind(message, found.end()), writer)


def _behind(message: str, end: int) -> float | None:
    """How long it took, by what stands behind status and size."""
    found = _BEHIND_SIZE.match(message, end)
    if found:
        return float(found[1]) if found[1] else int(found[2]) / 1e6
    found = _LAST_WORD.search(message, end)
    if found is None:
        return None
    count, unit = found["count"], found["unit"]
    if unit or "." in count:
        return float(count) * {"ms": 1e-3, "us": 1e-6, "(us)": 1e-6}.get(unit, 1.0)
    return int(count) / 1e6 if int(count) >= _FEWEST_MICROSECONDS else None
