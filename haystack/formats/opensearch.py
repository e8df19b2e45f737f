"""OpenSearch's and Elasticsearch's log, where a cloud's own logs are collected. Local time.

[2026-03-11T09:14:20,531][WARN ][o.o.c.r.a.DiskThresholdMonitor] [controller1] high disk watermark [90%] exceeded
"""

from __future__ import annotations

import re

from ..record import LEVELS, Level
from .head import Format, Head
from .stamps import stamp_to_time

_LINE = re.compile(
    r"\[(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d),(\d{3})\]\[(TRACE|DEBUG|INFO|WARN|ERROR|FATAL) *\]"
    r"\[([\w.$-]{1,120}) *\] (.*)",
    re.DOTALL | re.ASCII,
)


def parse(line: str) -> Head | None:
    """The head of a line of the server."""
    found = _LINE.match(line) if line[24:27] == "][" + line[26:27] else None
    if found is None:
        return None
    date, clock, fraction, word, logger, message = found.groups()
    time = stamp_to_time(date, clock, fraction)
    level = Level.DEBUG if word == "TRACE" else LEVELS[word]
    return Head(time, level, message, logger) if time else None


FORMAT = Format("opensearch", parse, multiline=True, service="opensearch")
