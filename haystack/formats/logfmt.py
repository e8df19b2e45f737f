"""Names and values in one line, as programs written in Go log: dockerd, containerd, podman, Prometheus, Grafana.

    time="2026-11-22T17:02:14.018Z" level=error msg="RunPodSandbox failed" error="failed to setup network …"     logrus
    ts=2026-03-11T09:14:20.531Z caller=main.go:1 level=info msg="Starting Prometheus"            go-kit, in either order
    time=2026-03-11T09:14:20.531Z level=INFO source=main.go:1 msg="Starting"                                        slog
    logger=settings t=2026-03-11T09:14:20.531012Z level=info msg="Starting Grafana"
    {"level":"warning","msg":"…","time":"2026-03-11T09:14:20Z"}                                          logrus, as JSON

The message is all that is neither time nor level, names included: the reason stands in ``error``.
"""

from __future__ import annotations

import re

from ..record import LEVELS
from .head import Format, Head
from .json_lines import read_object
from .stamps import iso_to_time

_WORDS = {"trace": "DEBUG", "dbug": "DEBUG", "eror": "ERROR", "crit": "CRITICAL"}
_PAIR = re.compile(
    r'(logger|component|caller|source|time|ts|t|level|lvl)=(?:"([^"]{0,80})"|([^\s"]{1,200}))(?: |$)', re.ASCII
)
_BEGIN = re.compile(r"(?:time|ts|t|level|lvl|logger)=", re.ASCII)
_TIMES, _LEVELS = ("time", "ts", "t"), ("level", "lvl")


def parse(line: str) -> Head | None:
    """The head of a line of one of these loggers; all of them name the time and the level first."""
    if line.startswith('{"'):
        return _json(line) if '"msg"' in line and '"time"' in line else None
    if _BEGIN.match(line) is None:
        return None
    pairs: dict[str, str] = {}
    at = 0
    while found := _PAIR.match(line, at):
        pairs[found.group(1)] = found.group(2) or found.group(3) or ""
        at = found.end()
    stamp = next((pairs[name] for name in _TIMES if name in pairs), "")
    word = next((pairs[name] for name in _LEVELS if name in pairs), "").lower()
    time, level = iso_to_time(stamp), LEVELS.get(_WORDS.get(word, word.upper()))
    if time is None or level is None:
        return None
    return Head(time, level, line[at:], pairs.get("logger") or pairs.get("component", ""))


def _json(line: str) -> Head | None:
    event = read_object(line)
    if event is None or not {"level", "msg", "time"} <= event.keys() or str(event.get("pid", "")).startswith("<"):
        return None
    word = str(event["level"]).lower()
    time, level = iso_to_time(str(event["time"])), LEVELS.get(_WORDS.get(word, word.upper()))
    if time is None or level is None:
        return None
    fields = "".join(f" {name}={value}" for name, value in event.items() if name not in ("level", "msg", "time"))
    message, *more = (str(event["msg"]) + fields).split("\n")
    return Head(time, level, message, body=tuple(more))


FORMAT = Format("logfmt", parse, multiline=False)
