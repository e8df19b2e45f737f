"""The record: one log event, whatever service wrote it and however many lines it took.

Formats make records; everything to the right of them (correlate, diagnose, report) reads records and
never parses a log line again. Times are aware and in UTC.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import NamedTuple


class Level(IntEnum):
    """Severity of a record, ordered; the numbers are those of Python's ``logging``."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


# Names that services use for their levels, upper case. Sources: Python logging, oslo.log (TRACE marks
# traceback lines, AUDIT was used until Juno), RabbitMQ, MariaDB, OVS (vlog), libvirt, syslog severities, Apache, glog.
LEVELS: dict[str, Level] = {
    "TRACE": Level.ERROR,
    "DEBUG": Level.DEBUG,
    "DBG": Level.DEBUG,
    "INFO": Level.INFO,
    "INFORMATION": Level.INFO,
    "AUDIT": Level.INFO,
    "NOTE": Level.INFO,
    "NOTICE": Level.INFO,
    "SYSTEM": Level.INFO,
    "INF": Level.INFO,
    "WARNING": Level.WARNING,
    "WARN": Level.WARNING,
    "WRN": Level.WARNING,
    "ERROR": Level.ERROR,
    "ERR": Level.ERROR,
    "CRITICAL": Level.CRITICAL,
    "CRIT": Level.CRITICAL,
    "ALERT": Level.CRITICAL,
    "EMERG": Level.CRITICAL,
    "EMERGENCY": Level.CRITICAL,
    "PANIC": Level.CRITICAL,
    "FATAL": Level.CRITICAL,
}


# Stands in ``Origin.service`` before the name of a program, until somebody who knows the services has looked.
PROGRAM = "?"


class Origin(NamedTuple):
    """Where a record was read.

    ``path`` is the path as the node knows it (``/var/log/nova/nova-api.log``), ``source`` the path as this
    machine opened it. ``line`` counts from 1 and is 0 until somebody asked for it (counting the lines of a
    large file costs as much as searching it); ``offset`` is the byte where the record starts in the
    uncompressed file.
    """

    node: str
    service: str
    path: str
    line: int
    source: str
    offset: int


class ExceptionInfo(NamedTuple):
    """The exception a record carries: the last one of a chain, as Python prints it."""

    name: str
    message: str
    frames: int


class Record(NamedTuple):
    """One log event.

    ``message`` is the text after the envelope, ``body`` the folded lines that follow it without their
    prefixes (traceback, multi-line messages). ``lines`` is the number of physical lines the record took.
    ``format`` names the row of ``FORMATS`` that understood it, ``raw`` when none did. ``time`` is None only
    where neither the line nor a line before it carries one.
    """

    time: datetime | None
    level: Level | None
    logger: str
    pid: str
    request_id: str
    global_request_id: str
    user: str
    project: str
    instance: str
    message: str
    body: tuple[str, ...]
    exception: ExceptionInfo | None
    format: str
    lines: int
    origin: Origin

    @property
    def text(self) -> str:
        """Message and body as one text: what patterns are matched against."""
        return self.message + "\n" + "\n".join(self.body) if self.body else self.message

    @property
    def place(self) -> tuple[str, int]:
        """Which record this is: the file it was read from and the byte it starts at."""
        return self.origin.source, self.origin.offset

    @property
    def order(self) -> tuple[float, str, int]:
        """Sorts by time, and by place where times are equal or missing."""
        return (self.time.timestamp() if self.time else 0.0, *self.place)

    @property
    def request_ids(self) -> tuple[str, ...]:
        """The ids of the envelope, own id first; empty when the line has none."""
        return tuple(i for i in (self.request_id, self.global_request_id) if i)
