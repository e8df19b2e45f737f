"""Docker's json-file log, and ``docker logs --timestamps``: a carrier.

    {"log":"2026-03-11 09:14:20.530 7 INFO nova.x [-] …\\n","stream":"stderr","time":"2026-03-11T09:14:20.531012345Z"}
    2026-03-11T09:14:20.531012345Z 2026-03-11 09:14:20.530 7 INFO nova.wsgi [-] …

A ``log`` without line end was cut at 16 KiB; the next one of the same stream goes on with it.
"""

from __future__ import annotations

import re

from .head import Format, Head
from .inner import carried
from .json_lines import read_object
from .stamps import iso_to_time, stamp_to_time

# Docker pads the fraction to nine digits; others' stamps have fewer.
_STAMPED = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.(\d{9})Z (?!std(?:out|err) [FP])(.*)", re.DOTALL | re.ASCII)


def parse(line: str) -> Head | None:
    """The head of what a container's line holds."""
    if line.startswith('{"'):
        return _json(line) if '"log":' in line and '"time":' in line else None
    found = _STAMPED.match(line) if line[29:30] == "Z" else None
    if found is None:
        return None
    date, clock, fraction, text = found.groups()
    time = stamp_to_time(date, clock, fraction, "Z")
    return carried(text, time, "docker") if time else None


def _json(line: str) -> Head | None:
    event = read_object(line)
    if event is None or not {"log", "time"} <= event.keys() <= {"log", "stream", "time", "attrs"}:
        return None
    text, time = event["log"], iso_to_time(str(event["time"]))
    if time is None or not isinstance(text, str):
        return None
    head = carried(text.removesuffix("\n").removesuffix("\r"), time, str(event.get("stream") or "docker"))
    return head if text.endswith("\n") else head._replace(cut=True)


FORMAT: Format = Format("docker", parse, multiline=True)
