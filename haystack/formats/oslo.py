"""oslo.log's text formats, default, context and exception prefix, of all releases since Newton.

    2026-11-22 06:07:39.087 28816 ERROR nova.api.openstack.wsgi [None req-8d06… 5f5c… f94e… - - default default] text

Sources: oslo_log/_options.py and formatters.py of oslo.log 3.20.1 to 8.3.2. Until 4.7 the bracket is
``[request user project domain user_domain project_domain]``; since 4.8 the global id comes first and prints
``None`` when there is none. sapcc patches the format to ``[req-… g<global id> …]`` (helm-charts PR 2521).
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from ..record import LEVELS, Level
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"(?:\x1b\[[0-9;]*m)?"
    r"(?P<stamp>(?P<date>\d{4}-\d\d-\d\d)[ T](?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,6}))?)"
    r"(?: ?(?P<zone>Z|[+-]\d\d:?\d\d))?"
    r"(?: \|)?(?: (?P<pid>\d+))?"  # devstack's console puts a bar behind the stamp
    r" (?:\x1b\[[0-9;]*m)?(?P<level>DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|TRACE|AUDIT|NOTICE|FATAL)"
    r" (?:\x1b\[[0-9;]*m)?(?P<logger>[A-Za-z_][\w.\-/]*)"  # juju has unit.mysql/2.juju-log
    r"(?: (?P<rest>.*))?$",
    re.DOTALL | re.ASCII,
)
# The default formats with the default context, which nearly every line has, all in one expression: a quarter of the
# time that the general way below takes. Words that `read_context` would take for something else are left to it.
_PLAIN = re.compile(
    r"(20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) (\d+) (DEBUG|INFO|WARNING|ERROR|CRITICAL) ([A-Za-z_][\w.\-]*) "
    r"\[(?:-|(?:(?:None|(req-[\w\-]{36})) )?(req-[\w\-]{36}) "
    r"(?!g?None|greq-|req-)([\w\-]+) (?!None)([\w\-]+) [^\]\[]*)\] ?"
    r"(?:\[instance: ([^\]]*)\] ?)?",
    re.ASCII,
)
_CONTEXT = re.compile(r"\[([^\]\[]*)\] ?")
# A format string of one's own may put up to two words or brackets before the context.
_LATER_CONTEXT = re.compile(r"((?:\[[^\[\]]{1,60}\] |[\w.:-]{1,60} ){1,2})\[((?:None |g?req-)[^\[\]]*)\] ?")
# What a shipper or a format string of one's own puts before the stamp: a host, a container, a file's name.
_BEFORE = re.compile(
    r"(?:[A-Za-z][\w.-]{1,80}(?: +\|)?|\[[A-Za-z][\w.-]{1,80}\]) (?=20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d)", re.ASCII
)
_new = tuple.__new__
_PLAIN_REST = (False, "", False, True)  # part, sender, cut, year_known
_INSTANCE = re.compile(r"\[instance: ([^\]]*)\] ?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_REQUEST = re.compile(r"req-[0-9a-zA-Z][\w\-]*$")


def parse(line: str) -> Head | None:
    """The head of an oslo.log line; a line of its traceback comes back as a ``part``."""
    found = _PLAIN.match(line)
    if found is None:
        return _parse_any(line)
    stamp, pid, level, logger, global_, own, user, project, instance = found.groups("")
    try:
        time = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    message = line[found.end() :]
    if "\x1b" in message:  # uWSGI and devstack colour the line: `ESC[00m` ends it
        message = _COLOUR.sub("", message)
    if user == "-":
        user = ""
    if project == "-":
        project = ""
    # `tuple.__new__` takes half the time of naming the fields, and every line of every log comes by here.
    fields = (time, LEVELS[level], message, logger, pid, own, global_, user, project, instance, ())
    return _new(Head, fields + (f"{stamp}|{pid}|{logger}",) + _PLAIN_REST)  # noqa: RUF005 - unpacking is slower


def _parse_any(line: str) -> Head | None:
    found = _LINE.match(line)
    if found is None:
        before = None if line[:1].isdigit() else _BEFORE.match(line)
        return parse(line[before.end() :]) if before else None
    stamp, date, clock, fraction, zone, pid, level_name, logger, rest = found.groups()
    rest = rest or ""
    if "\x1b" in rest:
        rest = _COLOUR.sub("", rest)
    pid = pid or ""
    if not pid and "." not in logger and not rest.startswith("[") and (line[19:20] == "," or (zone and not fraction)):
        # supervisord's `2026-03-11 09:14:20,531 INFO waiting for …`, dnf's `2026-03-11T09:14:20Z DEBUG no …`
        return None
    level = LEVELS[level_name]
    time = stamp_to_time(date, clock, fraction, zone)
    if time is None:
        return None
    return read_rest(rest, Head(time, level, "", logger, pid, key=f"{stamp}|{pid}|{logger}"))


def read_rest(rest: str, head: Head) -> Head:
    """The head with what stands behind the logger: context bracket, instance and message.

    A line of ERROR without a context is one of a traceback (logging_exception_prefix) and comes back as ``part``.
    """
    context = _CONTEXT.match(rest)
    ids = read_context(context.group(1)) if context else None
    before = ""
    if ids is None and (later := _LATER_CONTEXT.match(rest)):  # `[az1] [req-…] text`, `host1 [req-…] text`
        before, context, ids = later.group(1), later, read_context(later.group(2))
    if context is None or ids is None:
        instance, message = _split_instance(rest)
        further = head.level is not None and head.level >= Level.ERROR
        return head._replace(message=message, instance=instance, part=further)
    own, global_, user, project = ids
    instance, message = _split_instance(rest[context.end() :])
    return head._replace(
        message=before + message,
        request_id=own,
        global_request_id=global_,
        user=user,
        project=project,
        instance=instance,
    )


@lru_cache(maxsize=4096)
def read_context(text: str) -> tuple[str, str, str, str] | None:
    """(request id, global request id, user, project) of a context bracket; None if it is no context."""
    words = text.split(" ")
    if text.strip() in ("-", ""):
        return "", "", "", ""
    first = words[0]
    second = words[1] if len(words) > 1 else ""
    if first == "None" or _REQUEST.match(first):
        if _REQUEST.match(second):  # [global own user project …], oslo.log >= 4.8
            names = words[2:]
            # devstack prints names, the project first, and nothing else
            return _real(second), _real(first), *_identity(names[::-1] if len(names) == 2 else names)
        if second.startswith("g") and (second == "gNone" or _REQUEST.match(second[1:])):
            return _real(first), _real(second[1:]), *_identity(words[2:])
        return _real(first), "", *_identity(words[1:])
    if first.startswith("g") and (first == "gNone" or _REQUEST.match(first[1:])):
        return _real(second), _real(first[1:]), *_identity(words[2:])
    return ("", "", *_identity(words)) if len(words) >= 5 else None


def _real(identifier: str) -> str:
    return "" if identifier in ("None", "-") else identifier


def _identity(words: list[str]) -> tuple[str, str]:
    user = words[0] if words else ""
    project = words[1] if len(words) > 1 else ""
    return _real(user), _real(project)


def _split_instance(text: str) -> tuple[str, str]:
    if text.startswith("[instance: "):
        found = _INSTANCE.match(text)
        if found:
            return found.group(1), text[found.end() :]
    return "", text


FORMAT = Format("oslo", parse, multiline=True)
