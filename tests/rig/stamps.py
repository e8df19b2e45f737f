"""Log lines as a machine with another clock and zone would have written them."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_MONTH = "|".join(_MONTHS)
# Where a line's own stamps stand. What a message says of other times (a date in a query, a row of a database) is
# another machine's, or UTC, and is left.
_ISO = re.compile(
    r'(?P<before>^(?:\{.*?"asctime": ")?|, "asctime": ")(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)'
    r"(?P<gap>[ T])(?P<clock>[ \d]?\d:\d\d:\d\d)"
    r"(?P<rest>(?:[.,]\d+)?)(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_CLF = re.compile(
    rf"\[(?P<day>\d\d)/(?P<month>{_MONTH})/(?P<year>\d{{4}})(?P<gap>[: ])(?P<clock>\d\d:\d\d:\d\d)"
    r"(?P<rest>(?:\.\d+)?)(?P<zone> [+-]\d{4})?\]"
)
_CTIME = re.compile(
    rf"\[(?P<name>[A-Z][a-z]{{2}}) (?P<month>{_MONTH}) (?P<day>[ \d]\d) (?P<clock>\d\d:\d\d:\d\d) (?P<year>\d{{4}})\]"
)
# MariaDB pads hours with a space, not with a zero.
_PADDED = re.compile(r"\d{4}-\d\d-\d\d [ \d]\d:\d\d:\d\d \d+ \[")
_EPOCH = re.compile(r'(?P<before>, "created": )(?P<seconds>\d{10})(?P<rest>\.\d+)')


def shifted(line: str, ahead: int, zone: str) -> str:
    """A line written in UTC with a right clock, as by a clock ``ahead`` seconds ahead in another zone."""
    there = ZoneInfo(zone)

    def local(found: re.Match[str]) -> datetime:
        return (_instant(found) + timedelta(seconds=ahead)).astimezone(there)

    def iso(found: re.Match[str]) -> str:
        at = local(found)
        mark = found["zone"] or ""
        if mark and ":" not in mark:  # Z, and libvirt's +0000, which is UTC whatever the machine's zone
            at = at.astimezone(timezone.utc)
        elif mark:
            mark = at.strftime("%z")[:3] + ":" + at.strftime("%z")[3:]
        hour = f"{at.hour:2d}" if _PADDED.match(found.string) else f"{at.hour:02d}"
        return f"{found['before']}{at:%Y-%m-%d}{found['gap']}{hour}{at::%M:%S}{found['rest']}{mark}"

    def clf(found: re.Match[str]) -> str:
        at = local(found)
        mark = f" {at:%z}" if found["zone"] else ""
        month = _MONTHS[at.month - 1]
        return f"[{at:%d}/{month}/{at:%Y}{found['gap']}{at:%H:%M:%S}{found['rest']}{mark}]"

    def ctime(found: re.Match[str]) -> str:
        return f"[{local(found).ctime()}]"

    def epoch(found: re.Match[str]) -> str:
        return f"{found['before']}{int(found['seconds']) + ahead}{found['rest']}"

    line = _ISO.sub(iso, line, count=1)
    return _EPOCH.sub(epoch, _CTIME.sub(ctime, _CLF.sub(clf, line)))


def last_stamp(text: str) -> float | None:
    """When the last line with a stamp of its own was written, of lines in UTC."""
    for line in reversed(text.split("\n")):
        found = _ISO.search(line) or _CLF.search(line) or _CTIME.search(line)
        if found:
            return _instant(found).timestamp()
    return None


def _instant(found: re.Match[str]) -> datetime:
    month = found["month"] if found["month"].isdigit() else _MONTHS.index(found["month"]) + 1
    hour, minute, second = (int(part) for part in found["clock"].split(":"))
    return datetime(int(found["year"]), int(month), int(found["day"]), hour, minute, second, tzinfo=timezone.utc)


def rewrite(source: Path, target: Path, ahead: int = 0, zone: str = "UTC") -> None:
    """Copy a log tree captured in UTC as a machine with another clock would have it: stamps and times of change."""
    for file in sorted(source.rglob("*")):
        if not file.is_file():
            continue
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        text = data.decode("utf-8", "surrogateescape")
        if ahead or zone != "UTC":
            changed = "".join(shifted(line, ahead, zone) for line in re.split(r"(?<=\n)", text))
            data = changed.encode("utf-8", "surrogateescape")
            copy.write_bytes(gzip.compress(data, mtime=0) if file.suffix == ".gz" else data)
        else:
            shutil.copyfile(file, copy)
        written = last_stamp(text)
        if written is not None:
            os.utime(copy, (written + ahead, written + ahead))
