"""Checks of what else OpenStack stands on: database, cache, load balancer, storage cluster."""

from __future__ import annotations

from .common import CLIENTS, REPEATED, WARNED
from .model import AMBER, GREEN, RED, Check, Sign

SUPPORT = (
    Check(
        "database-node",
        "support services",
        "Database node",
        "whether each MariaDB or MySQL runs: stopped, crashed, or did not start",
        ("mariadb",),
        (
            Sign(
                RED,
                (
                    "mysql-stopped",
                    "mysql-signal-11",
                    "mysql-start-refused",
                    "mysql-innodb-corruption",
                    "mysql-innodb-buffer-pool",
                    "galera-aborting",
                ),
            ),
            Sign(RED, ("mysql-disk-full-waiting",), holds=REPEATED * 2),
            Sign(GREEN, texts=(": ready for connections",), services=("mariadb",)),
            Sign(GREEN, texts=("Synchronized with group, ready for connections",), services=("mariadb",)),
        ),
        lives=True,
    ),
    Check(
        "galera",
        "support services",
        "Galera cluster",
        "whether each member is in the primary component and synchronised",
        ("mariadb",),
        (
            Sign(
                RED,
                (
                    "galera-non-primary",
                    "galera-no-prim-view",
                    "galera-inconsistent",
                    "galera-sst-failed",
                    "galera-not-safe-bootstrap",
                ),
            ),
            Sign(RED, ("db-wsrep-not-ready",), holds=REPEATED),
            Sign(AMBER, ("galera-suspected", "galera-flow-control"), holds=WARNED),
            Sign(
                AMBER,
                texts=("WSREP: Shifting ",),
                regex=r"Shifting \w+ -> (?P<to>OPEN|PRIMARY|JOINER|JOINED|DONOR/DESYNCED|CLOSED|DESTROYED)\b",
                services=("mariadb",),
                says="is not in step with its cluster: {to}",
            ),
            Sign(
                GREEN,
                texts=("WSREP: Shifting ",),
                regex=r"Shifting \w+ -> SYNCED\b",
                services=("mariadb",),
            ),
            Sign(GREEN, texts=("Synchronized with group, ready for connections",), services=("mariadb",)),
        ),
        by_sign=True,
    ),
    Check(
        "database-connection",
        "support services",
        "Database for its clients",
        "whether services reach their database and are let in",
        CLIENTS,
        (
            Sign(
                RED,
                (
                    "db-connection-refused",
                    "db-unreachable",
                    "db-access-denied",
                    "db-too-many-connections",
                    "db-host-blocked",
                    "db-tls-failed",
                    "db-read-only",
                ),
                subject="[{host}]",
                holds=REPEATED,
            ),
            Sign(AMBER, ("db-lost-connection", "db-sql-connection-retry", "db-queuepool-limit"), holds=REPEATED),
        ),
        cloud=True,
    ),
    Check(
        "database-locks",
        "support services",
        "Database locks",
        "deadlocks, and rows locked for too long",
        CLIENTS,
        (Sign(AMBER, ("db-deadlock", "db-lock-wait-timeout"), subject="{service}", holds=WARNED),),
        cloud=True,
    ),
    Check(
        "memcached",
        "support services",
        "Memcached",
        "whether clients reach their cache",
        ("memcached", *CLIENTS),
        (
            Sign(RED, ("memcached-refused",), subject="[{server}]", holds=REPEATED),
            Sign(AMBER, ("memcache-host-dead", "memcache-pool-exhausted"), holds=REPEATED),
        ),
        cloud=True,
    ),
    Check(
        "haproxy-servers",
        "support services",
        "HAProxy back ends",
        "each server behind the load balancer: taken out, and back",
        ("haproxy",),
        (
            Sign(
                AMBER,
                texts=(" is DOWN",),
                regex=r"Server (?P<backend>[\w.-]+)/(?P<server>[\w.:-]+) is DOWN(?:, reason: (?P<reason>[^,]+))?"
                r"(?!.*\b0 active and 0 backup)",
                subject="{backend}/{server}",
                says="is out[: {reason}]; others are left",
            ),
            Sign(
                RED,
                texts=(" is DOWN",),
                regex=r"Server (?P<backend>[\w.-]+)/(?P<server>[\w.:-]+) is DOWN(?:, reason: (?P<reason>[^,]+))?"
                r".*\b0 active and 0 backup",
                subject="{backend}/{server}",
                says="is out[: {reason}]; it was the last one of {backend}",
            ),
            Sign(
                RED,
                texts=("has no server available",),
                regex=r"(?:backend|proxy) (?P<backend>[\w.-]+) has no server available",
                subject="{backend}",
                says="no server is left",
            ),
            Sign(
                GREEN,
                texts=(" is UP",),
                regex=r"Server (?P<backend>[\w.-]+)/(?P<server>[\w.:-]+) is UP",
                subject="{backend}/{server}",
                also="{backend}",
            ),
            Sign(RED, ("haproxy-503",), subject="[{backend}]", holds=REPEATED),
            Sign(AMBER, ("haproxy-504",), subject="[{backend}]", holds=REPEATED),
        ),
    ),
    Check(
        "load-balancer",
        "support services",
        "HAProxy and virtual IPs",
        "whether the load balancer runs and one node holds each virtual IP",
        ("haproxy", "keepalived"),
        (
            Sign(RED, ("haproxy-start-failed",)),
            Sign(RED, ("haproxy-maxconn",), holds=REPEATED),
            Sign(GREEN, texts=("Loading success",), services=("haproxy",)),
            Sign(RED, ("keepalived-fault",), subject="{instance}"),
            Sign(RED, ("keepalived-split-brain",), subject="{instance}", holds=REPEATED),
            Sign(AMBER, ("keepalived-vip-moved",), subject="{instance}", holds=WARNED),
            Sign(AMBER, ("keepalived-script-failed", "keepalived-send-failed"), holds=REPEATED),
            Sign(
                GREEN,
                texts=(") Entering ",),
                regex=r"\((?P<instance>[\w.-]+)\) Entering (?:BACKUP|MASTER) STATE",
                services=("keepalived",),
                subject="{instance}",
            ),
        ),
    ),
    Check(
        "ceph",
        "support services",
        "Ceph",
        "monitors, OSDs and placement groups",
        ("ceph-mon", "ceph-osd", "ceph-mgr", "ceph-mds"),
        (
            Sign(RED, ("ceph-mon-no-quorum", "ceph-osd-nearfull-full", "ceph-pg-availability"), holds=WARNED),
            Sign(RED, ("ceph-osd-crash", "ceph-osd-disk-error"), holds=WARNED),
            Sign(
                AMBER,
                (
                    "ceph-osd-down", "ceph-pg-degraded", "ceph-slow-ops", "ceph-nearfull", "ceph-mon-clock-skew",
                    "ceph-mon-disk-low", "ceph-mon-election", "ceph-fs-degraded", "ceph-osd-bluestore-slow",
                ),
                holds=WARNED,
            ),
        ),
    ),
)  # fmt: skip
