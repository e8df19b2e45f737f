"""The scale of time that all pictures of a page share: where a moment lies, and which ticks are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from .elements import Html, tag

_STEPS: tuple[float, ...] = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30)
_STEPS += (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000)
_MOST_TICKS = 6


class Scale(NamedTuple):
    """From the first to the last moment that is drawn."""

    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        """How long it is; never nothing."""
        return max((self.until - self.since).total_seconds(), 0.001)

    def at(self, time: datetime) -> float:
        """Where a moment lies, from 0 to 1."""
        return min(1.0, max(0.0, (time - self.since).total_seconds() / self.seconds))


def scale_of(times: list[datetime]) -> Scale | None:
    """A scale that holds all times, with a little room at both ends; None where there is none."""
    if not times:
        return None
    first, last = min(times), max(times)
    room = max((last - first) * 0.02, timedelta(milliseconds=20))
    return Scale(first - room, last + room)


def percent(fraction: float) -> str:
    """A fraction as SVG places it."""
    return f"{fraction * 100:.3f}".rstrip("0").rstrip(".") + "%"


def axis(scale: Scale) -> Html:
    """The ticks with their times. The script draws them anew when it zooms."""
    ticks = [
        tag("text", label, x=percent(fraction), y=14, text_anchor=_anchor(fraction))
        for fraction, label in _ticks(scale)
    ]
    return tag("svg", *ticks, class_="axis", width="100%", height=20, aria_hidden="true")


def grid(scale: Scale) -> Html:
    """The lines behind the lanes."""
    rules = [tag("line", x1=percent(fraction), x2=percent(fraction), y1=0, y2="100%") for fraction, _ in _ticks(scale)]
    return tag("svg", *rules, class_="grid", width="100%", height="100%", aria_hidden="true")


def _ticks(scale: Scale) -> list[tuple[float, str]]:
    step = next((step for step in _STEPS if scale.seconds / step <= _MOST_TICKS), _STEPS[-1])
    start = scale.since.timestamp()
    first = -(-start // step)
    count = int((scale.until.timestamp() - first * step) // step) + 1
    zone = scale.since.tzinfo
    marks = []
    for number in range(max(0, min(count, 2 * _MOST_TICKS))):
        time = datetime.fromtimestamp((first + number) * step + 1e-6, zone)
        marks.append((scale.at(time), _label(time, step)))
    return marks


def _label(time: datetime, step: float) -> str:
    if step < 1:
        return f"{time:%H:%M:%S}.{time.microsecond // 1000:03d}"
    return f"{time:%m-%d %H:%M}" if step >= 21600 else f"{time:%H:%M:%S}"


def _anchor(fraction: float) -> str:
    return "start" if fraction < 0.06 else "end" if fraction > 0.94 else "middle"
