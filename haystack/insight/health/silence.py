"""Logs that ended too early: services and nodes that fell silent, judged by how often they wrote before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ...facts import Told
from ...library.wording import spell
from ...record import Record
from ...search.rhythm import Pulse
from .model import AMBER, RED, Row

# Shorter than this nobody is missed.
_LEAST = timedelta(minutes=5)
_LEAST_NODE = timedelta(minutes=10)
# A log is silent after so many times the longest gap it had; after so many it is broken for sure.
_TIMES = 4
_SURE_TIMES = 10
# A rhythm is believed after so many of its longest gaps, and after as long as the silence, or half an hour.
_BEATS = 8
_LONG_ENOUGH = timedelta(minutes=30)
# So far back the rhythm is looked for, in times of the silence.
_BACK = 30
# These write when somebody asks or calls them: at night nobody may.
_ON_DEMAND = frozenset(
    """apache nginx haproxy keystone placement horizon memcached sshd audit qemu cloud-init kernel syslog systemd
    nova-novncproxy libvirtd dnsmasq mariadb""".split()
)
# These are no services that live on.
_PASSING = frozenset("cloud-init qemu sshd audit juju tripleo kolla".split())

Gap = Callable[[Pulse, timedelta, timedelta], "tuple[timedelta, timedelta] | None"]
Last = Callable[[Pulse], "Record | None"]


class Asked(NamedTuple):
    """How to ask the logs more: ``search.rhythm``'s ``longest_gap`` and ``last_record`` of a log."""

    gap: Gap
    last: Last


def silence(pulses: Sequence[Pulse], stopped: Iterable[tuple[str, str]], asked: Asked) -> dict[str, list[Row]]:
    """Rows of services and nodes that fell silent, by check. Who is known to be ``stopped`` (node, service) is not."""
    by_node: dict[str, list[Pulse]] = {}
    for pulse in pulses:
        if pulse.last is not None:
            by_node.setdefault(pulse.node, []).append(pulse)
    ends = {node: max(_end(pulse) for pulse in logs) for node, logs in by_node.items()}
    now = max(ends.values(), default=None)
    known = frozenset(stopped)
    services: list[Row] = []
    nodes: list[Row] = []
    for node, logs in by_node.items():
        for service, newest in _newest(logs).items():
            if service not in _PASSING and (node, service) not in known:
                services += _service(newest, ends[node], asked)
        if now is not None and now - ends[node] >= _LEAST_NODE:
            nodes += _node(max(logs, key=_end), now, asked)
    return {"services-silent": services, "nodes-silent": nodes}


def _end(pulse: Pulse) -> datetime:
    assert pulse.last is not None
    return pulse.last


def _newest(logs: Iterable[Pulse]) -> dict[str, Pulse]:
    """The log of each service that ends last: one that writes somewhere is alive."""
    newest: dict[str, Pulse] = {}
    for pulse in logs:
        if pulse.service and (pulse.service not in newest or _end(pulse) > _end(newest[pulse.service])):
            newest[pulse.service] = pulse
    return newest


def _service(pulse: Pulse, end: datetime, asked: Asked) -> list[Row]:
    quiet = end - _end(pulse)
    gap = missed(pulse, quiet, asked.gap) if quiet >= _LEAST else None
    if gap is None:
        return []
    on_demand = pulse.service in _ON_DEMAND or pulse.service.endswith("-api")
    state = RED if quiet >= _SURE_TIMES * gap and not on_demand else AMBER
    says = f"wrote at least every {spell(gap)}, and nothing for {spell(quiet)}"
    return [_row(state, pulse, pulse.service, says, asked)]


def _node(pulse: Pulse, now: datetime, asked: Asked) -> list[Row]:
    quiet = now - _end(pulse)
    if missed(pulse, quiet, asked.gap) is None:
        return []
    says = f"all logs end {spell(quiet)} before those of the others: down, cut off, or collected earlier"
    return [_row(AMBER, pulse, "", says, asked)]


def missed(pulse: Pulse, quiet: timedelta, gap: Gap) -> timedelta | None:
    """The longest gap that the log had before it fell silent for so long; None where that silence is nothing new."""
    if pulse.first is None:
        return None
    if _end(pulse) - pulse.first < min(quiet, _LONG_ENOUGH):
        return None
    found = gap(pulse, quiet * _BACK, quiet / (2 * _SURE_TIMES))
    if found is None:
        return None
    longest, history = found
    if history < min(quiet, _LONG_ENOUGH) or longest * _TIMES > quiet or longest * _BEATS > history:
        return None
    return max(longest, timedelta(seconds=1))


def _row(state: str, pulse: Pulse, subject: str, says: str, asked: Asked) -> Row:
    record = asked.last(pulse)
    told = None if record else Told(pulse.path, 0, "")
    return Row(state, (pulse.node,), subject, says, pulse.last, pulse.last, None, 1, record, 0, told)
