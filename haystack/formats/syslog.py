"""Syslog files and journalctl output: a carrier around what some program said.

    Nov 22 06:07:39 controller1 dnsmasq[110]: failed to create inotify: …                    RFC 3164, local, no year
    2026-11-22T06:07:39.087123+00:00 controller1 keystone[811]: …                  rsyslog since Debian 12, short-iso
    Mar 11 09:14:22 compute1 nova-compute[811]: ERROR nova.compute.manager [None req-…] …                    devstack
    Feb 04 09:57:32 node1 pacemaker-controld  [478] (do_state_transition) <tab>notice: …             pacemaker's own

Where the text has a head of its own, that head wins; the carrier gives the time it lacks. ``logger`` is else the
program. A level comes from a word in a place that is made for it, or from the ``<PRI>``; the kernel prints none.
"""

from __future__ import annotations

import re

from .head import Format, Head
from .inner import carried
from .syslog_prefix import SEVERITIES, read_prefix

# What journalctl says of the journal itself.
_NOTE = re.compile(r"-- (?:Logs begin at |Journal begins at |Reboot --$|Boot [0-9a-f]{32} --$|No entries --$)")
_UPTIME = re.compile(r"\[ *\d+\.\d{3,6}\] ?", re.ASCII)


def parse(line: str) -> Head | None:
    """The head of a syslog line; HAProxy's lines are left to its own row."""
    if line.startswith("-- "):
        return Head(None, None, line, "journalctl") if _NOTE.match(line) else None
    prefix = read_prefix(line)
    if prefix is None or prefix.program.startswith("haproxy"):
        return None
    level = SEVERITIES[prefix.severity] if prefix.severity is not None else None
    text = prefix.text
    if prefix.program == "kernel":
        head = Head(prefix.time, level, _UPTIME.sub("", text, count=1), "kernel")
    else:
        if "#0" in text:  # rsyslog's escapes for control characters
            text = text.replace("#011", "\t").replace("#033", "\x1b").replace("#012", "\n")
        head = carried(text, prefix.time, f"{prefix.program}[{prefix.pid}]", prefix.program, prefix.pid, level)
    if prefix.year_known or head.time is not prefix.time:
        return head
    return head._replace(year_known=False)


FORMAT: Format = Format("syslog", parse, multiline=True)
