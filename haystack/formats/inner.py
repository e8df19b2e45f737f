"""What a carrier's text means: a head of one of the formats that programs write into carriers, or the program's words.

Used by syslog, the journal and the containers' logs. The head within wins; the carrier gives what it lacks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from ..record import LEVELS, Level
from . import (
    apache,
    ceph,
    etcd,
    felix,
    haproxy,
    klog,
    libvirt,
    logfmt,
    mariadb,
    maxscale,
    nginx,
    oslo,
    oslo_bare,
    oslo_json,
    ovs,
    proxysql,
    python_log,
    qemu,
    rabbitmq,
    supervisord,
    swift,
    uwsgi,
)
from .carried import TRACEBACK, continues_traceback
from .head import Head

# Order as in FORMATS.
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
    python_log.parse,
    supervisord.parse,
    nginx.parse,
    proxysql.parse,
    maxscale.parse,
    haproxy.parse_bare,
    apache.parse,
    swift.parse,
)
# A head of these formats begins with a digit, a colour, a level, a bracket or a brace; most texts do not.
_MAY_HAVE_HEAD = frozenset("0123456789\x1b[{=ACDEFINTWMSodtbBP!us*")
_LEVEL = re.compile(
    r"(?:\([\w.]{1,80}\) \s{0,4})?"
    r"(?:<(?P<angle>warn|info|error|debug)> "
    r"|(?P<word>(?i:emerg|alert|critical|crit|error|err|warning|warn|notice|info|debug))(?:: | +\[)"
    r"|(?P<upper>CRITICAL|ERROR|WARNING|WARN|INFO|DEBUG)(?::? )"
    r"|\[(?P<bracket>ALERT|CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG)\] )"
)


def read_inner(text: str) -> Head | None:
    """The head of the first format that understands the text."""
    if text[:1] in _MAY_HAVE_HEAD:
        for parse in _INNER:
            head = parse(text)
            if head is not None:
                return head
    return None


def carried(
    text: str, time: datetime | None, sender: str, program: str = "", pid: str = "", level: Level | None = None
) -> Head:
    """The head of a carried line, whose carrier tells time, sender, program and pid; it may hold several lines.

    ``level`` is what the carrier says of it, which counts only where the line says nothing.
    """
    text, *more = text.split("\n") if "\n" in text else (text,)
    head = read_inner(text)
    if head is not None:
        return head._replace(
            time=head.time or time,
            year_known=head.year_known or not head.time,
            logger=head.logger or program,
            pid=head.pid or pid,
            level=head.level or level,
            body=head.body + without_prefixes(more),
            key=f"{sender}|{head.key}" if head.key else "",
            sender=sender,
        )
    if program.startswith("haproxy"):
        return haproxy.read_notice(text, time, pid)._replace(body=tuple(more), sender=sender)
    own = level_in(text)
    further = own is None and continues_traceback(text)
    if text.startswith(TRACEBACK):
        own = Level.ERROR
    body = without_prefixes(more)
    return Head(time, own or level, text, program, pid, body=body, key=sender, part=further, sender=sender)


def without_prefixes(lines: Sequence[str]) -> tuple[str, ...]:
    """Further lines of an event without the prefix that oslo.log repeats on those of a traceback."""
    return tuple(_stripped(line) for line in lines)


def _stripped(line: str) -> str:
    head = oslo.parse(line) if line[:1].isdigit() else oslo_bare.parse(line)
    return head.message if head is not None and head.part else line


def level_in(text: str) -> Level | None:
    """The level of a text that begins with one, in a place that is made for it."""
    found = _LEVEL.match(text.lstrip())  # pacemaker writes `pacemaker-controld[478]:  notice: …`
    return LEVELS.get(str(found.group(str(found.lastgroup))).upper()) if found else None
