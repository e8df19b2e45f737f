"""Checks of RabbitMQ: its nodes, its cluster, and how its clients see it."""

from __future__ import annotations

from .common import CLIENTS, REPEATED
from .model import AMBER, GREEN, RED, Check, Sign

# What a broker says of itself is in its log or the system's.
_BROKERS = ("rabbitmq", "syslog", "systemd")
_BROKER = "{host}:{port}"
_PEER = r"'?(?P<peer>rabbit[\w-]*@[\w.-]+?)'?"
_LEFT = rf"\bnode {_PEER} down(?:: \w|\s*$)"
_CAME = rf"\bnode {_PEER} up\b"

BROKER = (
    Check(
        "rabbitmq-node",
        "support services",
        "RabbitMQ node",
        "whether each broker runs: stopped, or did not start",
        ("rabbitmq",),
        (
            Sign(
                RED,
                (
                    "rabbitmq-stopped",
                    "rabbitmq-boot-failed",
                    "rabbitmq-cluster-paused",
                    "rabbitmq-mnesia-waiting-tables",
                    "rabbitmq-epmd-hostname",
                    "rabbitmq-erlang-cookie",
                ),
                services=_BROKERS,
            ),
            Sign(
                RED,
                texts=("SIGTERM received - shutting down",),
                services=("rabbitmq",),
                says="RabbitMQ was told to stop",
            ),
            Sign(GREEN, texts=("Server startup complete",), services=("rabbitmq",)),
            Sign(GREEN, texts=("Starting broker... completed",), services=("rabbitmq",)),
        ),
        lives=True,
    ),
    Check(
        "rabbitmq-connection",
        "support services",
        "RabbitMQ for its clients",
        "whether services reach their broker and are let in",
        CLIENTS,
        (
            Sign(
                RED,
                texts=("AMQP server on ", "is unreachable"),
                regex=r"AMQP server on (?P<host>\S+):(?P<port>\d+) is unreachable: (?P<why>[^.\n]{1,80})",
                subject=_BROKER,
                says="does not answer: {why}",
                holds=REPEATED,
            ),
            Sign(
                RED,
                (
                    "rabbitmq-login-refused", "rabbitmq-vhost-refused", "rabbitmq-conn-limit",
                    "rabbitmq-tls-client-alert",
                ),
                holds=REPEATED,
            ),
            Sign(AMBER, ("rabbitmq-missed-heartbeats", "rabbitmq-precondition-failed"), holds=REPEATED),
            Sign(
                GREEN,
                texts=("Reconnected to AMQP server on ",),
                regex=r"Reconnected to AMQP server on (?P<host>\S+):(?P<port>\d+)",
                subject=_BROKER,
            ),
        ),
        cloud=True,
    ),
    Check(
        "rabbitmq-alarms",
        "support services",
        "RabbitMQ alarms",
        "memory and disk alarms, which block everybody who sends",
        ("rabbitmq",),
        (
            Sign(
                RED,
                texts=(" resource limit alarm set on node ",),
                regex=rf"(?P<kind>memory|disk) resource limit alarm set on node {_PEER}(?:[.\s]|$)",
                subject="{kind} of {peer}",
                says="{kind} alarm: all publishers are blocked",
            ),
            Sign(
                GREEN,
                texts=(" resource limit alarm cleared on node ",),
                regex=rf"(?P<kind>memory|disk) resource limit alarm cleared on node {_PEER}(?:[.\s]|$)",
                subject="{kind} of {peer}",
            ),
            Sign(
                RED,
                texts=("The broker has blocked the connection",),
                subject="{service}",
                says="is blocked by the broker",
            ),
            Sign(GREEN, texts=("The broker has unblocked the connection",), subject="{service}"),
        ),
    ),
    Check(
        "rabbitmq-cluster",
        "support services",
        "RabbitMQ cluster",
        "partitions, and members that left",
        ("rabbitmq",),
        (
            Sign(RED, ("rabbitmq-partition",)),
            Sign(RED, ("rabbitmq-quorum-not-enough-nodes", "rabbitmq-queue-home-node-down"), holds=REPEATED),
            Sign(
                RED,
                texts=("node rabbit",),
                regex=_LEFT,
                services=("rabbitmq",),
                subject="{peer}",
                says="left the cluster",
            ),
            Sign(GREEN, texts=("node rabbit",), regex=_CAME, services=("rabbitmq",), subject="{peer}"),
            Sign(
                RED,
                texts=("node 'rabbit",),
                regex=_LEFT,
                services=("rabbitmq",),
                subject="{peer}",
                says="left the cluster",
            ),
            Sign(GREEN, texts=("node 'rabbit",), regex=_CAME, services=("rabbitmq",), subject="{peer}"),
            Sign(GREEN, texts=("Server startup complete",), services=("rabbitmq",)),
        ),
        cloud=True,
    ),
    Check(
        "rabbitmq-queues",
        "support services",
        "RabbitMQ queues",
        "queues that hang or are missing, consumers that are thrown off",
        ("rabbitmq", *CLIENTS),
        (
            Sign(RED, ("rabbitmq-queue-timeout-operation",), holds=REPEATED),
            Sign(
                AMBER,
                ("rabbitmq-queue-not-found", "rabbitmq-consumer-ack-timeout", "rabbitmq-old-incarnation"),
                holds=REPEATED,
            ),
        ),
    ),
)  # fmt: skip
