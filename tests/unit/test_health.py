"""What a check makes of a log: the last word on each subject decides."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import haystack
from haystack.errors import UsageError
from haystack.insight.health import AMBER, GREEN, NO_DATA, RED, Health, Row
from tests.making import at, oslo, write

RABBIT = "rabbitmq/rabbit@controller1.log"
MARIADB = "mysql/error.log"
HAPROXY = "haproxy.log"
KEEPALIVED = "keepalived.log"
NOVA = "nova/nova-compute.log"
NEUTRON = "neutron/neutron-server.log"
AGENT = "neutron/neutron-dhcp-agent.log"
KERNEL = "kern.log"
SERVER_OUT = (
    "Server nova_api/{} is DOWN, reason: Layer4 timeout, check duration: 2001ms. {} active and 0 backup servers left."
)


def line(log: str, seconds: float, text: str) -> str:
    """A line as the service of the log writes it."""
    time = at(seconds)
    if log == RABBIT:
        return f"{time:%Y-%m-%d %H:%M:%S}.531842+00:00 [info] <0.3174.0> {text}"
    if log == MARIADB:
        return f"{time:%Y-%m-%d %H:%M:%S} 0 [Note] {text}"
    if log in (HAPROXY, KEEPALIVED, KERNEL):
        program = {HAPROXY: "haproxy[812]", KEEPALIVED: "Keepalived_vrrp[77]", KERNEL: "kernel"}[log]
        return f"{time:%Y-%m-%dT%H:%M:%S}.000000+00:00 controller1 {program}: {text}"
    return oslo(seconds, text, logger="oslo_service.service" if log != NEUTRON else "neutron.db.agents_db")


def health(tmp_path: Path, logs: dict[str, list[tuple[float, str]]], check: str = "", until: float = 0) -> Health:
    """The health of a node of some logs."""
    for log, lines in logs.items():
        texts = [part for seconds, text in lines for part in line(log, seconds, text).split("\n")]
        write(tmp_path / "controller1" / "var" / "log" / log, texts)
    end = at(until) if until else None
    return haystack.health([tmp_path], checks=[check] if check else [], until=end, jobs=1)


def rows(answer: Health) -> list[tuple[str, str]]:
    """State and subject of each row."""
    return [(row.state, row.subject) for result in answer.results for row in result.rows]


DEAD = "Agent healthcheck: found {} dead agents out of 7:\n                Type       Last heartbeat host"
DEAD_DHCP = "\n          DHCP agent  2026-11-22 05:59:01 network1"
DEAD_L3 = "\n            L3 agent  2026-11-22 05:59:01 network2"
SET = "memory resource limit alarm set on node {}.\n"
CLEARED = "memory resource limit alarm cleared on node {}"
REFUSED = "AMQP server on {}:5672 is unreachable: [Errno 111] ECONNREFUSED. Trying again in 2 seconds."
BACK = "Reconnected to AMQP server on {}:5672 via [amqp] client with port 40112."

# check, log, lines, rows of the check
STATES = [
    # a broker that stopped, one that came back, one that only started
    ("rabbitmq-node", RABBIT, [(0, "SIGTERM received - shutting down")], [(RED, "")]),
    ("rabbitmq-node", RABBIT, [(0, "SIGTERM received - shutting down"), (9, "Server startup complete")], [(AMBER, "")]),
    ("rabbitmq-node", RABBIT, [(0, "Server startup complete; 4 plugins started.")], []),
    ("rabbitmq-node", RABBIT, [(0, "Server startup complete"), (9, "SIGTERM received - shutting down")], [(RED, "")]),
    ("rabbitmq-node", RABBIT, [(0, "SIGTERM received - shutting down"), (500, "accepting AMQP")], [(AMBER, "")]),
    # alarms, one for each broker
    ("rabbitmq-alarms", RABBIT, [(0, SET.format("rabbit@ctl1"))], [(RED, "memory of rabbit@ctl1")]),
    (
        "rabbitmq-alarms",
        RABBIT,
        [(0, SET.format("rabbit@ctl1")), (1, SET.format("rabbit@ctl2")), (9, CLEARED.format("rabbit@ctl1"))],
        [(RED, "memory of rabbit@ctl2"), (AMBER, "memory of rabbit@ctl1")],
    ),
    # members of the cluster
    ("rabbitmq-cluster", RABBIT, [(0, "rabbit on node rabbit@ctl2 down")], [(RED, "rabbit@ctl2")]),
    ("rabbitmq-cluster", RABBIT, [(0, "node 'rabbit@ctl2' down: net_tick_timeout")], [(RED, "rabbit@ctl2")]),
    (
        "rabbitmq-cluster",
        RABBIT,
        [(0, "rabbit on node rabbit@ctl2 down"), (1, "rabbit on node rabbit@ctl3 down"), (5, "node rabbit@ctl2 up")],
        [(RED, "rabbit@ctl3"), (AMBER, "rabbit@ctl2")],
    ),
    # clients: each broker on its own; over when nothing was said for a while
    ("rabbitmq-connection", NOVA, [(0, REFUSED.format("ctl1"))], [(RED, "ctl1:5672")]),
    (
        "rabbitmq-connection",
        NOVA,
        [(0, REFUSED.format("ctl1")), (1, REFUSED.format("ctl2")), (3, BACK.format("ctl2"))],
        [(RED, "ctl1:5672"), (AMBER, "ctl2:5672")],
    ),
    ("rabbitmq-connection", NOVA, [(0, REFUSED.format("ctl1")), (301, "x")], [(AMBER, "ctl1:5672")]),
    ("rabbitmq-connection", NOVA, [(0, REFUSED.format("ctl1")), (299, "x")], [(RED, "ctl1:5672")]),
    # database and Galera
    ("database-node", MARIADB, [(0, "/usr/sbin/mariadbd (initiated by: unknown): Normal shutdown")], [(RED, "")]),
    (
        "database-node",
        MARIADB,
        [
            (0, "/usr/sbin/mariadbd (initiated by: x): Normal shutdown"),
            (9, "/usr/sbin/mariadbd: ready for connections."),
        ],
        [(AMBER, "")],
    ),
    ("galera", MARIADB, [(0, "WSREP: Shifting SYNCED -> DONOR/DESYNCED (TO: 42)")], [(AMBER, "")]),
    (
        "galera",
        MARIADB,
        [(0, "WSREP: Received NON-PRIMARY."), (9, "WSREP: Shifting JOINED -> SYNCED (TO: 42)")],
        [(AMBER, "")],
    ),
    (
        "galera",
        MARIADB,
        [(0, "WSREP: Shifting JOINED -> SYNCED (TO: 1)"), (9, "WSREP: Received NON-PRIMARY.")],
        [(RED, "")],
    ),
    # servers behind HAProxy: one of several is amber, the last one red, each on its own
    ("haproxy-servers", HAPROXY, [(0, SERVER_OUT.format("ctl1", 2))], [(AMBER, "nova_api/ctl1")]),
    ("haproxy-servers", HAPROXY, [(0, SERVER_OUT.format("ctl1", 0))], [(RED, "nova_api/ctl1")]),
    (
        "haproxy-servers",
        HAPROXY,
        [
            (0, SERVER_OUT.format("ctl1", 0)),
            (1, "backend nova_api has no server available!"),
            (9, "Server nova_api/ctl1 is UP, reason: Layer4 check passed."),
        ],
        [(AMBER, "nova_api/ctl1"), (AMBER, "nova_api")],
    ),
    ("load-balancer", KEEPALIVED, [(0, "(VI_1) Entering FAULT STATE")], [(RED, "VI_1")]),
    (
        "load-balancer",
        KEEPALIVED,
        [(0, "(VI_1) Entering FAULT STATE"), (9, "(VI_1) Entering BACKUP STATE")],
        [(AMBER, "VI_1")],
    ),
    # agents: each that a report names, until the reports name it no more
    (
        "neutron-agents",
        NEUTRON,
        [(0, DEAD.format(2) + DEAD_DHCP + DEAD_L3), (37, DEAD.format(1) + DEAD_L3), (130, DEAD.format(1) + DEAD_L3)],
        [(RED, "L3 agent on network2"), (AMBER, "DHCP agent on network1")],
    ),
    ("state-reports", AGENT, [(0, "Failed reporting state!")], [(RED, "neutron-dhcp-agent")]),
    (
        "state-reports",
        AGENT,
        [(0, "Failed reporting state!"), (9, "Successfully reported state after a previous failure.")],
        [(AMBER, "neutron-dhcp-agent")],
    ),
    # services
    ("services-stopped", NEUTRON, [(0, "Caught SIGTERM, stopping children")], [(RED, "neutron-server")]),
    ("services-stopped", NEUTRON, [(0, "Caught SIGTERM, stopping children"), (91, "x")], [(AMBER, "neutron-server")]),
    ("services-stopped", NEUTRON, [(0, "Caught SIGTERM, stopping children"), (60, "x")], [(RED, "neutron-server")]),
    # machines
    ("memory", KERNEL, [(0, "Out of memory: Killed process 4711 (mysqld) total-vm:1kB, anon-rss:1kB")], [(RED, "")]),
    ("memory", KERNEL, [(0, "Out of memory: Killed process 4711 (mysqld) total-vm:1kB"), (700, "x")], [(AMBER, "")]),
    ("disk", NOVA, [(0, "Failed to build: OSError: [Errno 28] No space left on device")], [(RED, "")]),
    ("disk", NOVA, [(0, "Error from last host: c1: OSError: [Errno 28] No space left on device")], []),
]


@pytest.mark.parametrize(("check", "log", "lines", "expected"), STATES)
def test_the_last_word_decides(
    check: str, log: str, lines: list[tuple[float, str]], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    answer = health(tmp_path, {log: lines}, check)
    bad = [row for row in rows(answer) if row[0] != GREEN]
    assert bad == expected
    assert answer.state == (expected[0][0] if expected else answer.state)


def row_of(answer: Health) -> Row:
    return answer.results[0].rows[0]


def test_since_last_and_count_are_of_the_present_trouble(tmp_path: Path) -> None:
    lines = [(s, REFUSED.format("ctl1")) for s in (0, 10)] + [(20.0, BACK.format("ctl1"))]
    lines += [(s, REFUSED.format("ctl1")) for s in range(30, 130)]
    row = row_of(health(tmp_path, {NOVA: lines}, "rabbitmq-connection"))
    assert (row.since, row.last, row.count, row.over) == (at(30), at(129), 100, False)


def test_a_trouble_that_is_over_tells_when(tmp_path: Path) -> None:
    lines = [(0.0, REFUSED.format("ctl1")), (20.0, BACK.format("ctl1"))]
    row = row_of(health(tmp_path, {NOVA: lines}, "rabbitmq-connection"))
    assert (row.state, row.since, row.recovered, row.over, row.count) == (AMBER, at(0), at(20), True, 1)


def test_of_a_storm_each_line_is_counted_and_the_last_word_on_each_subject_is_seen(tmp_path: Path) -> None:
    """Lines that differ only in the host they name are many of one kind to a sampler; here they are not."""
    lines = [(float(s), REFUSED.format(f"ctl{s % 7}")) for s in range(2000)]
    lines.insert(1999, (1998.5, BACK.format("ctl3")))
    answer = health(tmp_path, {NOVA: lines}, "rabbitmq-connection")
    told = {row.subject: (row.state, row.count) for row in answer.results[0].rows}
    assert told.pop("ctl3:5672") == (AMBER, len(range(3, 2000, 7)))
    assert told == {f"ctl{n}:5672": (RED, len(range(n, 2000, 7))) for n in range(7) if n != 3}


def test_until_is_the_moment_that_is_judged(tmp_path: Path) -> None:
    lines = [(0.0, REFUSED.format("ctl1")), (20.0, BACK.format("ctl1")), (60.0, "x")]
    answer = health(tmp_path, {NOVA: lines}, "rabbitmq-connection", until=10)
    assert answer.now == at(10)
    assert row_of(answer).state == RED


def test_a_check_without_logs_and_facts_has_no_data(tmp_path: Path) -> None:
    answer = health(tmp_path, {NOVA: [(0, "x")]})
    states = {result.check.id: result.state for result in answer.results}
    assert states["rabbitmq-node"] == states["galera"] == states["disk"] == states["units"] == NO_DATA
    assert states["hypervisors"] == states["rabbitmq-connection"] == GREEN


def test_galera_is_green_only_when_a_member_says_so(tmp_path: Path) -> None:
    assert health(tmp_path, {MARIADB: [(0, "InnoDB: started")]}, "galera").state == NO_DATA


@pytest.mark.parametrize(
    ("logs", "silent"),
    [
        # every minute for an hour, and then nothing for 20 minutes
        ({NOVA: [(s, "x") for s in range(0, 3600, 60)]}, [(RED, "nova-compute")]),
        # five minutes are no more than a long breath
        ({NOVA: [(s, "x") for s in range(0, 4600, 60)]}, []),
        # it was as quiet before
        ({NOVA: [(s, "x") for s in range(0, 3600, 60) if not 1200 < s < 1800]}, []),
        # a burst is no rhythm
        ({NOVA: [(s / 10, "x") for s in range(200)]}, []),
        # who is stopped is not silent
        ({NOVA: [(s, "x") for s in range(0, 3600, 60)] + [(3601, "Caught SIGTERM, exiting")]}, []),
        # it writes when it is asked
        ({"nova/nova-api.log": [(s, "x") for s in range(0, 3600, 60)]}, [(AMBER, "nova-api")]),
        # its rotations are one log with it
        (
            {f"{NOVA}.1": [(s, "x") for s in range(0, 3000, 60)], NOVA: [(s, "x") for s in range(3000, 3600, 60)]},
            [(RED, "nova-compute")],
        ),
        ({f"{NOVA}.1": [(s, "x") for s in range(0, 3600, 60)], NOVA: [(4790, "x")]}, []),
    ],
)
def test_who_fell_silent(
    logs: dict[str, list[tuple[float, str]]], silent: list[tuple[str, str]], tmp_path: Path
) -> None:
    others = {NEUTRON: [(s, "y") for s in range(0, 4800, 30)]}
    answer = health(tmp_path, {**logs, **others}, "")
    result = next(result for result in answer.results if result.check.id == "services-silent")
    assert [(row.state, row.subject) for row in result.rows] == silent
    for row in result.rows:
        assert row.record is not None
        assert row.record.origin.line > 0
        assert row.record.time == row.since


def test_a_node_fell_silent(tmp_path: Path) -> None:
    for node, end in (("compute1", 2400), ("compute2", 4800), ("compute3", 4790)):
        write(tmp_path / node / "var/log" / NOVA, [oslo(s, "x") for s in range(0, end, 60)])
    answer = haystack.health([tmp_path], checks=["nodes-silent"], jobs=1)
    assert [(row.state, row.nodes) for row in answer.results[0].rows] == [(AMBER, ("compute1",))]
    assert answer.results[0].rows[0].since == at(2340)
    assert answer.now == at(4740 + 40) or answer.now == at(4740)


def test_a_stamp_from_the_future_silences_nobody(tmp_path: Path) -> None:
    write(tmp_path / "c1/var/log" / NOVA, [oslo(s - 86400 * 30, "x") for s in range(0, 3600, 60)])
    write(tmp_path / "c2/var/log" / NOVA, [oslo(86400 * 365 * 60, "a line from 2086")])
    answer = haystack.health([tmp_path], checks=["nodes-silent"], jobs=1)
    assert answer.results[0].rows == ()


def test_arguments_are_checked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='did you mean "rabbitmq-node"'):
        haystack.health([tmp_path], checks=["rabitmq-node"])
    with pytest.raises(UsageError, match="later than"):
        haystack.health([tmp_path], since=at(1), until=at(1) - timedelta(seconds=5))
