"""uWSGI's request line, which keystone, placement and others have between their oslo.log lines.

    [pid: 9473|app: 0|req: 199/397] 127.0.0.1 () {32 vars in 477 bytes} [Sun Nov 22 06:06:27 2026] POST
      /v3/auth/tokens => generated 109 bytes in 358 msecs (HTTP/1.1 401) 6 headers in 248 bytes (…)    (one line)
    Wed Mar 11 09:14:20 2026 - *** HARAKIRI ON WORKER 3 (pid: 811, try: 1) ***
    !!! uWSGI process 9473 got Segmentation Fault !!!

The time is local, in seconds, and that of the request's begin. What uWSGI says of itself
has a date with ``logdate`` only; its backtrace, one line a frame, is joined.
"""

from __future__ import annotations

import re

from ..record import Level
from .head import Format, Head
from .stamps import wordy_to_time

_REQUEST = re.compile(
    r"\[pid: (\d+)\|app: -?\d+\|req: -?\d+/\d+\] ([^\[]{0,400}\[(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4})\] .*)",
    re.DOTALL | re.ASCII,
)
_STATUS = re.compile(r"\(HTTP/\d(?:\.\d)? (\d{3})\)", re.ASCII)
_OWN = re.compile(r"((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}) - (.*)", re.DOTALL | re.ASCII)
_PLAIN = re.compile(
    r"!!! uWSGI process \d+ got |DAMN ! |SIGINT/SIGTERM received|goodbye to uWSGI|worker \d+ buried after "
    r"|\*\*\* (?:backtrace of \d+|HARAKIRI |Starting uWSGI )|unable to load app \d+|spawned uWSGI (?:worker|master)"
    r"|--- no python application found",
    re.ASCII,
)
# What it prints when it starts and stops, one after the other, without date and level.
_START = re.compile(
    r"\[uWSGI\] getting |\*\*\* (?:WARNING: |Operational MODE: |uWSGI is running in |no app loaded)"
    r"|compiled with version: |os: Linux-|nodename: \S+$|machine: \w+$|clock source: |pcre jit |lock engine: "
    r"|thunder lock: |current working directory: /|uwsgi socket \d+ |detected (?:number of CPU|binary path|max file)"
    r"|your (?:processes number|memory page|server socket|mercy for)|Python (?:version: [\d.]+ |main interpreter )"
    r"|python threads support |mapped \d+ bytes|WSGI app \d+ \(mountpoint=|set[ug]id\(\) to |dropping root"
    r"|[Gg]racefully (?:killing|shutting)|\.\.\.(?:gracefully|brutally) (?:killing|reloading)"
    r"|worker \d+ \(pid: \d+\) (?:died|is )|Respawned uWSGI worker |binary reloading uWSGI|closing all non-uwsgi",
    re.ASCII,
)
_FRAME = re.compile(r"/\S{1,512}\([^()\s]{0,512}\) \[0x[0-9a-f]{1,16}\]$|\*\*\* end of backtrace \*\*\*$", re.ASCII)
# uWSGI gives no level, but these are no notes: a request killed for its time, a worker that died.
_FATAL = ("HARAKIRI", "DAMN !", "!!! uWSGI process", "unable to load app", "--- no python application")
_BEGINS = frozenset("!DSgw*us-/[conmpdyltPWGRbr.")


def parse(line: str) -> Head | None:
    """The head of a request line or of a dated line of uWSGI itself."""
    if line.startswith("[pid: "):
        found = _REQUEST.match(line)
        time = wordy_to_time(found.group(3)) if found else None
        if found is None or time is None:
            return None
        status = _STATUS.search(line, found.start(3))
        failed = status is not None and status.group(1)[0] == "5"
        return Head(time, Level.ERROR if failed else Level.INFO, found.group(2), "uwsgi", found.group(1))
    if line[:1] in "MTWFS" and line[24:27] == " - ":
        found = _OWN.match(line)
        time = wordy_to_time(found.group(1)) if found else None
        if found is None or time is None:
            return None
        return Head(time, _level(found.group(2)), found.group(2), "uwsgi")
    return _plain(line) if line[:1] in _BEGINS else None


def _plain(line: str) -> Head | None:
    if _PLAIN.match(line):
        return Head(None, _level(line), line, "uwsgi", key="uwsgi" if "backtrace of" in line else "")
    if _START.match(line):
        return Head(None, None, line, "uwsgi")
    return Head(None, None, line, "uwsgi", key="uwsgi", part=True) if _FRAME.match(line) else None


def _level(text: str) -> Level | None:
    return Level.ERROR if any(sign in text for sign in _FATAL) else None


FORMAT = Format("uwsgi", parse, multiline=False)
