"""Apache httpd: access lines (also nginx's and every other ``common`` or ``combined``) and the error log.

    192.0.2.1 - - [11/Mar/2026:09:14:22 +0000] "POST /v3/auth/tokens HTTP/1.1" 201 4755 "-" "python-requests/2.28"
    192.0.2.1 - - [11/Mar/2026 09:14:20] "GET /v1/ping HTTP/1.1" 200 -                   Werkzeug; Django has no client
    [Wed Mar 11 09:14:20.531 2026] [wsgi:error] [pid 811:tid 140] [client 192.0.2.21:48122] text
    2026-03-11 09:14:20.531204 text                                          kolla's ErrorLogFormat "%{cu}t %M"

An error line whose stamp was cut off is known by ``[module:level]``. mod_wsgi writes what a service prints to the error
log, line by line, always as ``error``: where that is an oslo.log line its own level, time and ids win; the lines of
a bare traceback are joined by process, thread and client.
"""

from __future__ import annotations

import re

from ..record import LEVELS, Level
from . import oslo, oslo_bare
from .carried import TRACEBACK, continues_traceback
from .head import Format, Head
from .stamps import http_to_time, stamp_to_time, wordy_to_time

_ACCESS = re.compile(
    r"(?:[\w.\-*\[\]:]{1,255}:\d{1,5} |(?:[\w.:\-]{1,64}(?:, |,| (?=[\w.:\-]{1,255} \S{1,64} \S{1,255} \[))){1,8})?"
    # (vhost_combined; kolla puts %{X-Forwarded-For}i in front, a list of addresses or -)
    r"[\w.:\-]{1,255} \S{1,64} \S{1,255} \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "
    r'"[^"]*" (\d{3}) (?:\d+|-)(?: .*)?$',
    re.DOTALL | re.ASCII,
)
# The small servers of Django, Werkzeug and Python itself: local time, no zone.
_SMALL = re.compile(
    r"(?:[\w.:\-]{1,255} - - )?\[(\d\d/[A-Z][a-z]{2}/\d{4}) (\d\d:\d\d:\d\d)\] "
    r'(?:"[^"]*" (\d{3}) (?:\d+|-)$|code (\d{3}), message )',
    re.DOTALL | re.ASCII,
)
_ERROR = re.compile(
    r"(?:\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})? \d{4})\] (?=\[)|(?=\[[\w-]+:))"
    r"\[(?:([\w-]*):)?(emerg|alert|crit|error|warn|notice|info|debug|trace\d)\] "
    r"(?:\[pid (\d+)(?::tid (\d+))?\] )?"
    r"(?:\[(?:client|remote) ([^\]]{1,80})\] )?"
    r"(.*)",
    re.DOTALL | re.ASCII,
)
_KOLLA = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{6}) (.*)", re.DOTALL | re.ASCII)
# Texts that only Apache and mod_wsgi write; others have stamps of six digits too.
_OWN = re.compile(r"AH\d{5}: |mod_wsgi |\s{2}|Traceback \(most recent", re.ASCII)


def parse(line: str) -> Head | None:
    """The head of an access or error line."""
    if line[:1] == "[" and line[3:4] != "/":
        return _error(line)
    if line[10:11] == " " and line[26:27] == " ":
        head = _kolla(line)
        if head is not None:
            return head
    if '] "' in line[:700]:
        return _access(line) or _small(line)
    return _small(line) if "] code " in line[:300] else None


def _access(line: str) -> Head | None:
    found = _ACCESS.match(line)
    time = http_to_time(found.group(1)) if found else None
    if found is None or time is None:
        return None
    return Head(time, Level.ERROR if found.group(2)[0] == "5" else Level.INFO, line, "access")


def _small(line: str) -> Head | None:
    found = _SMALL.match(line)
    time = http_to_time(f"{found.group(1)}:{found.group(2)}") if found else None
    if found is None or time is None:
        return None
    status = found.group(3) or found.group(4)
    return Head(time, Level.ERROR if status[0] == "5" else Level.INFO, line, "access")


def _error(line: str) -> Head | None:
    found = _ERROR.match(line)
    if found is None:
        return None
    stamp, module, word, pid, thread, client, text = found.groups()
    time = wordy_to_time(stamp) if stamp else None
    if stamp and time is None:
        return None
    inner = oslo.parse(text) or oslo_bare.parse(text)
    if inner is not None:
        return inner._replace(time=inner.time or time, pid=inner.pid or pid or "")
    level = Level.DEBUG if word.startswith("trace") else LEVELS[word.upper()]
    further = module == "wsgi" and continues_traceback(text)
    return Head(time, level, text, module or "", pid or "", key=f"{pid}:{thread}:{client}", part=further)


def _kolla(line: str) -> Head | None:
    found = _KOLLA.match(line)
    if found is None:
        return None
    date, clock, fraction, text = found.groups()
    inner = oslo.parse(text) if text[:1] == "2" else None
    further = continues_traceback(text)
    if inner is not None or not (further or _OWN.match(text)):
        return inner
    time = stamp_to_time(date, clock, fraction)
    level = Level.ERROR if text.startswith(("mod_wsgi ", TRACEBACK)) else None
    return Head(time, level, text, key="kolla", part=further) if time else None


FORMAT = Format("apache", parse, multiline=False)
