"""The envelope of one line, as a format reads it, and the contract every format keeps.

A format is a function from a line to a ``Head``, or to None where the line does not begin an event of this
format. It decides nothing else: joining lines to records is ``fold``'s, clocks and zones are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from ..record import Level


class Head(NamedTuple):
    """What the envelope of one line says.

    ``time`` is naive where the line names no zone: local time of the node. ``key`` joins the further lines
    of one event which repeat the prefix (oslo's traceback lines, RabbitMQ's reports): a head with ``part``
    set and the key of an event that is still open belongs to that event, else it begins its own.
    ``body`` holds further lines of the event that the line itself carries (a JSON log has its traceback inside).

    Carriers (syslog, containers) add three: ``sender`` names the process whose line they carry, so that the bare
    lines of a traceback find the event they belong to, with the sender as their key; ``cut`` tells that the carrier
    split the line and its sender's next one goes on with it; without ``year_known`` the year of ``time`` is a guess.
    """

    time: datetime | None
    level: Level | None
    message: str
    logger: str = ""
    pid: str = ""
    request_id: str = ""
    global_request_id: str = ""
    user: str = ""
    project: str = ""
    instance: str = ""
    body: tuple[str, ...] = ()
    key: str = ""
    part: bool = False
    sender: str = ""
    cut: bool = False
    year_known: bool = True


class Format(NamedTuple):
    """One row of ``FORMATS``.

    ``parse`` gets a line without its line end. ``multiline`` tells whether lines without an envelope that
    follow belong to the event (True) or are something else (False: an access log). ``service`` is the
    service whose format this is, where only one writes it; used when the path does not tell. ``finish`` reads an
    event again once all its lines are there, where the first line says too little; the
    event of a ``block`` format ends with a blank line, whatever stands before.
    """

    name: str
    parse: Callable[[str], Head | None]
    multiline: bool
    service: str = ""
    block: bool = False
    finish: Callable[[Head, list[str]], tuple[Head, list[str]]] | None = None
