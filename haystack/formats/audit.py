"""auditd's log, ``/var/log/audit/audit.log``: where SELinux and AppArmor say what they forbade.

    type=AVC msg=audit(1713051947.886:721): avc:  denied  { setattr } for  pid=9593 …
    audit: type=1400 audit(1537547548.513:131): apparmor="DENIED" operation="getattr" …      the kernel's, cut off

The time is in epoch seconds. There is no level; what was denied is an error to whoever asked for it.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

from ..record import Level
from .head import Format, Head

_LINE = re.compile(
    r"(?:node=\S{1,255} )?(?:audit: )?type=([A-Z_\d]{3,40}) (?:msg=)?audit\((\d{9,10}\.\d{3}):\d+\): ?(.*)",
    re.DOTALL | re.ASCII,
)
_DENIED = re.compile(r'avc:\s+denied|apparmor="DENIED"')


def parse(line: str) -> Head | None:
    """The head of a line of the audit log."""
    found = _LINE.match(line) if line[:1] in ("t", "n", "a") else None
    if found is None:
        return None
    kind, seconds, message = found.groups()
    level = Level.ERROR if _DENIED.search(message) else None
    return Head(datetime.fromtimestamp(float(seconds), tz=timezone.utc), level, message, f"audit.{kind}")


FORMAT = Format("audit", parse, multiline=False, service="audit")
