"""When no pattern fits: the code of our services that the trace's errors came from.

The deepest frame that belongs to a service, not to a library beneath it, is where the service met what it could
not handle. The first exception of a chain is the cause of the later ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ..correlate.trace import Trace
from ..record import Level, Record
from .model import Evidence, Suspect

_FRAME = re.compile(r'  File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)')
_INSTALL = re.compile(r".*/(?:site-packages|dist-packages)/|.*/lib/python[\d.]+/")
_MOST = 3
_LOOKED_AT = 200
# Packages beneath the services: frames in them are the messenger, not the cause.
_LIBRARIES = frozenset(
    """
    oslo_messaging oslo_db oslo_service oslo_utils oslo_concurrency oslo_config oslo_log oslo_policy
    oslo_middleware oslo_context oslo_privsep oslo_versionedobjects oslo_serialization oslo_cache eventlet
    greenlet sqlalchemy pymysql webob routes paste pecan wsme flask werkzeug requests urllib3 httplib2
    keystoneauth1 keystonemiddleware osprofiler futurist taskflow tenacity retrying debtcollector amqp kombu
    stevedore decorator threading concurrent six socket ssl http json re contextlib functools importlib dogpile
    neutron_lib neutronclient novaclient cinderclient glanceclient keystoneclient heatclient ironicclient
    redis jsonschema tooz castellan cursive microversion_parse statsd memcache pymemcache simplejson openstack
    """.split()
)


class _Frame(NamedTuple):
    module: str
    function: str
    line: int


def suspects(trace: Trace, harmless: Collection[tuple[str, int]] = ()) -> list[Suspect]:
    """At most three suspects, the most telling first; records at ``harmless`` places are known noise."""
    errors = [
        record
        for record in trace.records
        if record.level is not None and record.level >= Level.WARNING and record.place not in harmless
    ]
    # Tracebacks tell most; then plain errors; in each the earliest first.
    ordered = sorted(errors, key=lambda r: (not r.body, -(r.level or 0)))
    told = [(record, _frames(record.body)) for record in ordered[:_LOOKED_AT]]
    found: dict[tuple[str, str, str], Suspect] = {}
    for number, (record, frames) in enumerate(told):
        # What met the error, and of the first error also who called that: it may have handed in what was wrong.
        for above, frame in enumerate(reversed(frames or [_Frame(record.logger, "", 0)])):
            if above and (number or above > 1):
                break
            suspect = _suspect(record, frame, above)
            found.setdefault((suspect.service, suspect.module, suspect.function), suspect)
    return list(found.values())[:_MOST]


def _suspect(record: Record, frame: _Frame, above: int) -> Suspect:
    reasons = []
    if record.exception:
        reasons.append(f"it raised {record.exception.name}: {record.exception.message}".rstrip(": "))
    if above:
        reasons[:] = ["it called what raised the error"]
    elif frame.function:
        reasons.append("the deepest frame of a service in the first traceback")
    reasons.append(f"{record.level.name if record.level else 'record'} by {record.logger or record.origin.service}")
    evidence = (Evidence(record, 0, record.message),)
    return Suspect(record.origin.service, frame.module, frame.function, frame.line, tuple(reasons), evidence)


def _frames(body: Sequence[str]) -> list[_Frame]:
    """Frames of our services in the first exception of a chain, which is the cause of the later ones; deepest last."""
    frames: list[_Frame] = []
    for text in body:
        found = _FRAME.match(text)
        if found is None:
            if frames and text.startswith(("During handling", "The above exception")):
                break
            continue
        path = _INSTALL.sub("", found.group("file"))
        if path.split("/")[0].removesuffix(".py") in _LIBRARIES or path.startswith(("/", "<")):
            continue
        frame = _Frame(path.removesuffix(".py").replace("/", "."), found.group("function"), int(found.group("line")))
        frames.append(frame)
    return frames
