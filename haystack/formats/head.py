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


class Format(NamedTuple):
    """One row of ``FORMATS``.

    ``parse`` gets a line without its line end. ``multiline`` tells whether lines without an envelope that
    follow belong to the event (True) or are something else (False: an access log). ``service`` is the
    service whose format this is, where only one writes it; used when the path does not tell.
    """

    name: str
    parse: Callable[[str], Head | None]
    multiline: bool
    service: str = ""
