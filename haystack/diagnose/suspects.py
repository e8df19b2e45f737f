"""When no pattern fits: the code of our services that the trace's errors came from.

The deepest frame that belongs to a service, not to a library beneath it, is where the service met what it could
not handle. The first exception of a chain is the cause of the later ones.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ..correlate.trace import Trace
from ..record import Level, Record
from .model import Evidence, Suspect

_FRAME = re.compile(r'  File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)')
_INSTALL = re.compile(r".*/(?:site-packages|dist-packages)/|.*/lib/python[\d.]+/")
_MOST = 3
# Packages beneath the services: frames in them are the messenger, not the cause.
_LIBRARIES = frozenset(
    """
    oslo_messaging oslo_db oslo_service oslo_utils oslo_concurrency oslo_config oslo_log oslo_policy
    oslo_middleware oslo_context oslo_privsep oslo_versionedobjects oslo_serialization oslo_cache eventlet
    greenlet sqlalchemy pymysql webob routes paste pecan wsme flask werkzeug requests urllib3 httplib2
    keystoneauth1 keystonemiddleware osprofiler futurist taskflow tenacity retrying debtcollector amqp kombu
    stevedore decorator threading concurrent six socket ssl http json re contextlib functools importlib dogpile
    redis jsonschema tooz castellan cursive microversion_parse statsd memcache pymemcache simplejson openstack
    """.split()
)


def suspects(trace: Trace, harmless: Collection[tuple[str, int]] = ()) -> list[Suspect]:
    """At most three suspects, the most telling first; records at ``harmless`` places are known noise."""
    found: list[Suspect] = []
    taken: set[tuple[str, str, str]] = set()
    errors = [
        record
        for record in trace.records
        if record.level is not None and record.level >= Level.WARNING and record.place not in harmless
    ]
    # Tracebacks tell most; then plain errors; in each the earliest first.
    for record in sorted(errors, key=lambda r: (not r.body, -(r.level or 0))):
        suspect = _suspect(record)
        key = (suspect.service, suspect.module, suspect.function)
        if key not in taken:
            taken.add(key)
            found.append(suspect)
        if len(found) == _MOST:
            break
    return found


def _suspect(record: Record) -> Suspect:
    module, function, line = _frame(record.body) or (record.logger, "", 0)
    reasons = []
    if record.exception:
        reasons.append(f"it raised {record.exception.name}: {record.exception.message}".rstrip(": "))
    if function:
        reasons.append("the deepest frame of a service in the first traceback")
    reasons.append(f"{record.level.name if record.level else 'record'} by {record.logger or record.origin.service}")
    evidence = (Evidence(record, 0, record.message),)
    return Suspect(record.origin.service, module, function, line, tuple(reasons), evidence)


def _frame(body: Sequence[str]) -> tuple[str, str, int] | None:
    deepest: tuple[str, str, int] | None = None
    for text in body:
        found = _FRAME.match(text)
        if found is None:
            if deepest and text.startswith(("During handling", "The above exception")):
                return deepest  # the first exception of the chain is the cause
            continue
        path = _INSTALL.sub("", found.group("file"))
        if path.split("/")[0].removesuffix(".py") in _LIBRARIES or path.startswith(("/", "<")):
            continue
        deepest = (path.removesuffix(".py").replace("/", "."), found.group("function"), int(found.group("line")))
    return deepest
