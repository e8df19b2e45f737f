"""Logs that attack whoever reads the report of them, and the answers made of them. Composed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import haystack
from haystack.diagnose import CAUSE_FOUND, Diagnosis
from haystack.diagnose.model import NEW, Evidence, Known, Names, Triage, Unexplained
from tests.making import NEEDLE, event, oslo, write
from tests.triages import reach_of

# What a script would do if it ran: the tests look for it.
MARK = "pwned"
EVIL = (
    f"<script>window.{MARK}=1</script>",
    f'"><img src=x onerror="window.{MARK}=1">',
    f"' onmouseover='window.{MARK}=1",
    f"</script><script>window.{MARK}=1</script>",
    f"</style></title></textarea><svg onload=window.{MARK}=1>",
    "]]> <![CDATA[ &amp; &#60;b&#62; <!-- -->",
    f"[a](javascript:window.{MARK}=1) ![b](https://evil.example/x.png) <https://evil.example>",
    "a | b \\| c || @everyone @root #123 GH-12 org/repo#7 !4 $5 ~bug www.evil.example x@evil.example",
    "` `` ``` ```` ~~~ ***bold*** _em_ # head\n> quote\n- item\n\n```\nfree\n```",
    "\x1b[31mred\x1b[0m \x07\x00\x9b2J \u202egnp.exe\u202c \u2066x\u2069 \u2028 \u2029 \ufeff \ufffe",
    "{0} {{1}} %s ${jndi:ldap://evil.example} =cmd|' /C calc'!A0",
    "password=hunter2hunter2 mysql://nova:hunter2hunter2@db/nova",
)
NODE = "c1<img src=x onerror=window.pwned=1>|`@x"
_REFUSED = (
    "Unexpected exception in API method: keystoneauth1.exceptions.connection.ConnectFailure: Unable to establish"
    " connection to http://c1:9696/<script>window.pwned=1</script>|`x`@everyone: [Errno 111] ECONNREFUSED"
)


def lines() -> list[str]:
    """A log with all of it, in messages and in a traceback."""
    found = [oslo(0, _REFUSED, NEEDLE, "ERROR", logger="nova.api.openstack.wsgi")]
    for number, text in enumerate(EVIL, 1):
        found += event(number, text.replace("\n", " "), NEEDLE, 2, last=f"odd.Odd: {text}").copy()
    access = (
        '127.0.0.1 "POST /v2.1/servers?<script>pwned=1</script>&a=|`@x HTTP/1.1" status: 500 len: 6 time: 1.2500000'
    )
    return [*found, oslo(60, access, NEEDLE)]


@lru_cache
def diagnosis() -> Diagnosis:
    """The answer for a request in a hostile log on a node with a hostile name."""
    with TemporaryDirectory() as directory:
        write(Path(directory) / NODE / "var/log/nova/nova-api.log", lines())
        found = haystack.trace([NEEDLE], [directory], jobs=1)
    assert found.verdict == CAUSE_FOUND
    assert found.candidates
    return found._replace(logs=(f"/logs/{EVIL[0]}",), problems=(f"x.yaml:1: {EVIL[1]}",))


@lru_cache
def triage() -> Triage:
    """The same as an answer of triage."""
    found = diagnosis()
    assert found.trace
    records = found.trace.records
    answer = Triage(
        found.verdict,
        found.coverage,
        found.logs,
        found.problems,
        records[0].time,
        records[-1].time,
        clocks=found.clocks,
    )
    reach = reach_of(records, answer)._replace(instances=Names(2, EVIL[:2], True), projects=Names(1, EVIL[2:3]))
    evidence = tuple(Evidence(record, 0, record.message) for record in records[-8:])
    return answer._replace(
        candidates=tuple(candidate._replace(reach=reach, evidence=evidence) for candidate in found.candidates),
        suspects=found.suspects,
        unexplained=tuple(
            Unexplained(r.origin.service, "ERROR", r.message, reach, 0.0, NEW, Evidence(r, 0, r.message))
            for r in records
        ),
        noise=(Known(found.candidates[0].pattern, 3),),
        failed=Names(1, (f"req-{NEEDLE}",)),
    )


ANSWERS = {"diagnosis": diagnosis, "triage": triage}
