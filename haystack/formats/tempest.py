"""What stestr, testr and os-testr say of Tempest's tests, and subunit's first protocol as text.

    {0} tempest.api.compute.servers.test_create_server.ServersTestJSON.test_list_servers [1.234567s] ... ok
    time: 2016-07-05 10:11:12.123456Z
    failure: tempest.api.volume.test_volumes.VolumesTest.test_create [ multipart

A failure takes what was captured below it. Tempest's own log is oslo.log's.
"""

from __future__ import annotations

import re

from ..record import Level
from .head import Format, Head
from .stamps import iso_to_time

_RESULT = re.compile(
    r"\{\d{1,4}\} ((?:setUpClass|tearDownClass)? ?\(?[\w.-]{1,300}[\w.,:()\[\]{}= -]{0,300}?) "
    r"(?:\[\d{1,6}\.\d{1,9}s\] )?\.\.\. (ok|FAILED|inprogress|SKIPPED(?:: .*)?)$",
    re.DOTALL | re.ASCII,
)
_SUBUNIT = re.compile(
    r"(time|test|testing|success|successful|failure|error|skip|xfail|uxsuccess): (\S.*)", re.DOTALL | re.ASCII
)
_FAILED = ("failure", "error", "uxsuccess")
_TEST = re.compile(r"[a-z_]\w*(?:\.\w+){2,}")


def parse(line: str) -> Head | None:
    """The head of a result."""
    if line[:1] == "{":
        found = _RESULT.match(line) if " ... " in line else None
        if found is None:
            return None
        level = Level.ERROR if found.group(2) == "FAILED" else Level.INFO
        return Head(None, level, line.partition("} ")[2], "tests")
    found = _SUBUNIT.match(line) if line[:1] in ("t", "s", "f", "e", "x", "u") else None
    if found is None:
        return None
    word, text = found.groups()
    if word == "time":
        time = iso_to_time(text)
        return Head(time, None, line, "tests") if time else None
    if _TEST.match(text) is None:
        return None
    return Head(None, Level.ERROR if word in _FAILED else Level.INFO, line, "tests")


FORMAT = Format("tempest", parse, multiline=True)
