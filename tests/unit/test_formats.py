"""What each format must understand, what it must leave alone, and how lines fold to records.

``MATCH``: a line and the fields its head must have; ``MISS``: lines that look like a format's and are not. Lines are
real ones (the captured incidents, hotsos' fixtures, reported cases); long ones are cut at the end.
"""

# ruff: noqa: E501 - log lines are as long as they are
from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import haystack
from haystack.formats import FORMATS, Head, Line, Place, detect, fold, read_head
from haystack.formats.stamps import iso_to_time, newest_year, read_zone, without_year
from haystack.record import Level, Record

ROWS = {row.name: row for row in FORMATS}
UTC = timezone.utc
DEBUG, INFO, WARNING, ERROR, CRITICAL = Level.DEBUG, Level.INFO, Level.WARNING, Level.ERROR, Level.CRITICAL

OWN = "req-8d06afd5-b7e8-4b4c-a6a5-6ed4d2b2ee6e"
GLOBAL = "req-7ea6742c-3594-4d4f-a304-cf7fca5a08f2"
USER = "1012a03be9574ebf9ccf17016f2b813d"
PROJECT = "0834190f9aa04288a220bc82c9d8418f"
INSTANCE = "f07ebc5e-80de-43ca-890d-98d828fa294b"


def at(*fields: int, hours: float | None = None) -> datetime:
    """A time, naive without ``hours`` (offset to UTC)."""
    return datetime(*fields, tzinfo=None if hours is None else timezone(timedelta(hours=hours)))  # type: ignore[misc,arg-type]


def oslo(bracket: str, text: str = "text", level: str = "INFO") -> str:
    return f"2026-11-22 06:07:27.449 6061 {level} placement.requestlog {bracket}{text}"


MATCH: list[tuple[str, str, dict[str, Any]]] = [
    # --- oslo: the bracket by release (knowledge/correlation_ids.md, 1)
    (
        "oslo",
        oslo(f"[{OWN} {USER} {PROJECT} - default default] "),
        {
            "time": at(2026, 11, 22, 6, 7, 27, 449000),
            "level": INFO,
            "logger": "placement.requestlog",
            "pid": "6061",
            "request_id": OWN,
            "global_request_id": "",
            "user": USER,
            "project": PROJECT,
            "message": "text",
            "part": False,
        },
    ),
    (
        "oslo",
        oslo(f"[{GLOBAL} {OWN} {USER} {PROJECT} - - default default] "),
        {"request_id": OWN, "global_request_id": GLOBAL, "user": USER, "project": PROJECT, "message": "text"},
    ),
    (
        "oslo",
        oslo(f"[None {OWN} {USER} {PROJECT} - - default default] "),
        {"request_id": OWN, "global_request_id": "", "user": USER},
    ),
    ("oslo", oslo(f"[None {OWN} - - - - - -] "), {"request_id": OWN, "user": "", "project": "", "message": "text"}),
    ("oslo", oslo(f"[{OWN} - - - - -] "), {"request_id": OWN, "user": "", "message": "text"}),
    ("oslo", oslo(f"[{OWN} g{GLOBAL} {USER} {PROJECT} - - -] "), {"request_id": OWN, "global_request_id": GLOBAL}),
    ("oslo", oslo(f"[g{GLOBAL} {OWN} {USER} {PROJECT} - - -] "), {"request_id": OWN, "global_request_id": GLOBAL}),
    (
        "oslo",
        oslo(f"[{OWN} gNone {USER} {PROJECT} - - -] "),
        {"request_id": OWN, "global_request_id": "", "user": USER},
    ),
    ("oslo", oslo("[-] "), {"request_id": "", "message": "text", "part": False}),
    ("oslo", oslo("[-] ", level="ERROR"), {"request_id": "", "message": "text", "part": False}),
    ("oslo", oslo("[] "), {"request_id": "", "message": "text"}),
    ("oslo", oslo(f"[{OWN} ] "), {"request_id": OWN, "message": "text"}),  # Icehouse, before a user is known
    ("oslo", oslo(f"[{OWN} None] "), {"request_id": OWN, "global_request_id": "", "user": ""}),  # Juno
    ("oslo", oslo(f"[None {OWN} demo admin] "), {"request_id": OWN, "user": "admin", "project": "demo"}),  # devstack
    (
        "oslo",
        oslo(f"[None {OWN} {USER} {PROJECT} - - default default] [instance: {INSTANCE}] "),
        {"instance": INSTANCE, "message": "text"},
    ),
    ("oslo", oslo(f"[-] [instance: {INSTANCE}] "), {"instance": INSTANCE, "message": "text"}),
    # traceback lines: no bracket, or the instance only
    (
        "oslo",
        '2026-11-22 06:19:43.075 21792 ERROR oslo_db.sqlalchemy.engines   File "/usr/lib/python3/x.py", line 73, in f',
        {"message": '  File "/usr/lib/python3/x.py", line 73, in f', "part": True, "request_id": ""},
    ),
    ("oslo", "2026-11-22 06:19:43.075 21792 ERROR oslo_db.sqlalchemy.engines ", {"message": "", "part": True}),
    ("oslo", "2026-11-22 06:19:43.075 21792 ERROR oslo_db.sqlalchemy.engines", {"message": "", "part": True}),
    (
        "oslo",
        f'2026-11-22 06:13:13.586 16720 ERROR nova.compute.manager [instance: {INSTANCE}]   File "x.py", line 1, in f',
        {"message": '  File "x.py", line 1, in f', "instance": INSTANCE, "part": True},
    ),
    (
        "oslo",
        "2026-11-22 06:41:18.182 21792 ERROR nova.conductor.manager nova.exception_Remote.NoValidHost_Remote: No valid",
        {"message": "nova.exception_Remote.NoValidHost_Remote: No valid", "part": True},
    ),
    (
        "oslo",
        "2014-01-20 12:57:36.127 3866 TRACE cinder Traceback (most recent call last):",
        {"level": ERROR, "logger": "cinder", "message": "Traceback (most recent call last):", "part": True},
    ),
    (
        "oslo",
        "2014-01-20 12:57:36.127 3866 CRITICAL cinder [-] no such option: glance_api_insecure",
        {"level": CRITICAL, "part": False},
    ),
    (
        "oslo",
        "2015-01-13 05:25:41.002 | 11802 TRACE keystone Traceback (most recent call last):",
        {"pid": "11802", "time": at(2015, 1, 13, 5, 25, 41, 2000)},
    ),
    (
        "oslo",
        "2015-10-20 09:03:00.888 27920 AUDIT nova.service [-] Starting consoleauth node (version 2014.2.3-31.el7ost)",
        {"level": INFO, "message": "Starting consoleauth node (version 2014.2.3-31.el7ost)"},
    ),
    # stamps
    (
        "oslo",
        "2013-02-25 20:26:33 6619 ERROR nova.openstack.common.rpc.common [-] AMQP server on localhost:5672 is down",
        {"time": at(2013, 2, 25, 20, 26, 33), "pid": "6619"},
    ),
    (
        "oslo",
        "2026-11-22T06:07:39.087+00:00 28816 INFO nova.wsgi [-] x",
        {"time": at(2026, 11, 22, 6, 7, 39, 87000, hours=0)},
    ),
    ("oslo", "2026-11-22 06:07:39,087 INFO nova.wsgi [-] x", {"time": at(2026, 11, 22, 6, 7, 39, 87000), "pid": ""}),
    (
        "oslo",
        "2022-02-04 09:34:38 INFO juju.cmd supercommand.go:56 running jujud [2.9.22 0 07164c4b gc go1.14.15]",
        {"logger": "juju.cmd", "message": "supercommand.go:56 running jujud [2.9.22 0 07164c4b gc go1.14.15]"},
    ),
    # coats
    (
        "oslo",
        "2026-11-22 06:07:26.807 9473 WARNING keystone.common.password_hashing [None req-85bcf54c-05ba-472f-84e7-30a732"
        "090ad6 - - - - - -] Truncating password to algorithm specific maximum length 72 characters.\x1b[00m",
        {"level": WARNING, "message": "Truncating password to algorithm specific maximum length 72 characters."},
    ),
    (
        "oslo",
        "2026-11-22 06:07:26.807 \x1b[01;31mERROR \x1b[01;36mnova.compute.manager [\x1b[01;36mNone "
        f"{OWN} \x1b[00;36mdemo admin\x1b[01;31m] \x1b[01;35m\x1b[01;31mtext\x1b[00m",
        {"level": ERROR, "logger": "nova.compute.manager", "request_id": OWN, "user": "admin", "message": "text"},
    ),
    # --- oslo_json
    (
        "oslo_json",
        '{"message": "Claim successful on node compute1", "asctime": "2026-11-22 06:59:01", "name": "nova.compute.claims", '
        '"levelname": "INFO", "created": 1795330741.1179314, "process": 11694, "traceback": null, "error_summary": "", '
        '"context": {"user": "3608c2838d874d24aea781fa572e3927", "project_id": "f94e74b422cc4686919feaf9da6aaf45", '
        f'"request_id": "{OWN}", "global_request_id": null}}, "extra": {{"instance": {{"uuid": "{INSTANCE}"}}}}}}',
        {
            "time": datetime.fromtimestamp(1795330741.1179314, tz=UTC),
            "level": INFO,
            "logger": "nova.compute.claims",
            "pid": "11694",
            "request_id": OWN,
            "global_request_id": "",
            "user": "3608c2838d874d24aea781fa572e3927",
            "project": "f94e74b422cc4686919feaf9da6aaf45",
            "instance": INSTANCE,
            "message": "Claim successful on node compute1",
        },
    ),
    (
        "oslo_json",
        '{"message": "Failed", "name": "nova.x", "levelname": "ERROR", "created": 1795330741.0, "error_summary": '
        '"ValueError: no", "traceback": ["Traceback (most recent call last):\\n", "ValueError: no\\n"]}',
        {"message": "Failed: ValueError: no", "body": ("Traceback (most recent call last):", "ValueError: no")},
    ),
    # --- rabbitmq
    (
        "rabbitmq",
        "2026-11-22 06:32:31.603770+00:00 [error] <0.6519.0> Error on AMQP connection <0.6519.0> (127.0.0.1:54232 -> "
        "127.0.0.1:5672 - neutron-openvswitch-agent:18455:e5118753, vhost: '/', user: 'openstack'), channel 0:",
        {
            "time": at(2026, 11, 22, 6, 32, 31, 603770, hours=0),
            "level": ERROR,
            "pid": "<0.6519.0>",
            "key": "2026-11-22 06:32:31.603770+00:00|<0.6519.0>",
            "part": True,
        },
    ),
    ("rabbitmq", "2026-11-22 06:32:31.600797+00:00 [notice] <0.61.0> ", {"level": INFO, "message": ""}),
    (
        "rabbitmq",
        "2022-02-04 09:52:57.561 [info] <0.8.0> Feature flags:   [ ] implicit_default_bindings",
        {"time": at(2022, 2, 4, 9, 52, 57, 561000), "message": "Feature flags:   [ ] implicit_default_bindings"},
    ),
    (
        "rabbitmq",
        '{"time":"2026-03-11 09:14:00.900123+01:00","level":"error","msg":"Error on AMQP connection <0.801.0>:\\nclosed",'
        '"line":1,"pid":"<0.801.0>","domain":"rabbitmq.connection"}',
        {
            "time": at(2026, 3, 11, 9, 14, 0, 900123, hours=1),
            "level": ERROR,
            "pid": "<0.801.0>",
            "logger": "rabbitmq.connection",
            "message": "Error on AMQP connection <0.801.0>:",
            "body": ("closed",),
        },
    ),
    (
        "rabbitmq",
        "=ERROR REPORT==== 21-Jul-2016::19:21:26 ===",
        {"time": at(2016, 7, 21, 19, 21, 26), "level": ERROR, "message": "ERROR REPORT"},
    ),
    # --- uwsgi
    (
        "uwsgi",
        "[pid: 9473|app: 0|req: 199/397] 127.0.0.1 () {32 vars in 477 bytes} [Sun Nov 22 06:06:27 2026] POST /v3/auth/to"
        "kens => generated 109 bytes in 358 msecs (HTTP/1.1 401) 6 headers in 248 bytes (1 switches on core 0)",
        {"time": at(2026, 11, 22, 6, 6, 27), "level": INFO, "pid": "9473"},
    ),
    (
        "uwsgi",
        "[pid: 1|app: 0|req: 1/1] 127.0.0.1 () {32 vars in 477 bytes} [Sun Nov  1 06:06:27 2026] GET / => generated 0 byt"
        "es in 1 msecs (HTTP/1.1 503) 6 headers in 248 bytes (1 switches on core 0)",
        {"time": at(2026, 11, 1, 6, 6, 27), "level": ERROR},
    ),
    ("uwsgi", "Wed Mar 11 09:14:20 2026 - *** HARAKIRI ON WORKER 3 (pid: 811, try: 1) ***", {"level": ERROR}),
    ("uwsgi", "!!! uWSGI process 9473 got Segmentation Fault !!!", {"level": ERROR, "time": None}),
    ("uwsgi", "SIGINT/SIGTERM received...killing workers...", {"level": None}),
    ("uwsgi", "/usr/bin/uwsgi_python3(uwsgi_backtrace+0x2f) [0x55cb1036e4df]", {"part": True}),
    # --- ovs
    (
        "ovs",
        "2026-03-11T09:14:22.531Z|00412|timeval|WARN|Unreasonably long 8021ms poll interval (7900ms user, 80ms system)",
        {
            "time": at(2026, 3, 11, 9, 14, 22, 531000, hours=0),
            "level": WARNING,
            "logger": "timeval",
            "message": "Unreasonably long 8021ms poll interval (7900ms user, 80ms system)",
        },
    ),
    (
        "ovs",
        '2024-05-10T11:11:58.696Z|00003|bfd(handler1)|INFO|ovn-node-0-0: BFD state change: down->init "No Diagnostic".',
        {"logger": "bfd", "pid": "handler1"},
    ),
    (
        "ovs",
        "2022-02-17T00:53:18.224Z|27572|reconnect|ERR|ssl:10.130.11.115:50350: no response to inactivity probe after 60 s",
        {"level": ERROR, "logger": "reconnect"},
    ),
    ("ovs", "2026-01-12T12:26:09Z | 294 | ovs-monitor-ipsec | WARN | stderr:", {"logger": "ovs-monitor-ipsec"}),
    # --- mariadb
    (
        "mariadb",
        "2026-11-22  6:07:30 116 [Warning] Aborted connection 116 to db: 'neutron' user: 'neutron' host: 'localhost' (Got",
        {
            "time": at(2026, 11, 22, 6, 7, 30),
            "level": WARNING,
            "message": "Aborted connection 116 to db: 'neutron' user: 'neutron' host: 'localhost' (Got",
        },
    ),
    (
        "mariadb",
        "2026-11-22  6:19:42 0 [Note] InnoDB: Starting shutdown...",
        {"level": INFO, "message": "InnoDB: Starting shutdown..."},
    ),
    ("mariadb", "2026-03-11 19:12:50 0 [Note] WSREP: Received NON-PRIMARY.", {"time": at(2026, 3, 11, 19, 12, 50)}),
    (
        "mariadb",
        "2019-10-20T19:11:17.244250Z 0 [ERROR] [MY-011505] [Repl] Plugin group_replication reported: 'Member was expelled",
        {"time": at(2019, 10, 20, 19, 11, 17, 244250, hours=0), "level": ERROR},
    ),
    ("mariadb", "2026-03-11T09:12:45.101244+01:00 4 [Note] Access denied for user 'nova'@'10.0.0.1'", {"level": INFO}),
    (
        "mariadb",
        "160705 16:38:22 [Warning] WSREP: No re-merged primary component found.",
        {"time": at(2016, 7, 5, 16, 38, 22)},
    ),
    ("mariadb", "260311  9:21:19 [ERROR] Aborting", {"time": at(2026, 3, 11, 9, 21, 19), "level": ERROR}),
    (
        "mariadb",
        "160705 16:38:22 mysqld_safe Starting mysqld daemon with databases from /var/lib/mysql",
        {"level": None},
    ),
    # --- libvirt
    (
        "libvirt",
        "2026-11-22 06:02:44.511+0000: 9925: error : virCgroupDetectControllers:451 : At least one cgroup controller is",
        {
            "time": at(2026, 11, 22, 6, 2, 44, 511000, hours=0),
            "level": ERROR,
            "logger": "virCgroupDetectControllers",
            "pid": "9925",
            "message": "At least one cgroup controller is",
        },
    ),
    (
        "libvirt",
        "2026-11-22 06:02:44.511+0100: 9925: info : libvirt version: 9.0.0, package: 9.0.0-4+deb12u2 (Debian)",
        {"level": INFO, "logger": "", "message": "libvirt version: 9.0.0, package: 9.0.0-4+deb12u2 (Debian)"},
    ),
    # --- qemu
    (
        "qemu",
        "2026-11-22 06:30:34.664+0000: starting up libvirt version: 9.0.0, package: 9.0.0-4+deb12u2 (Debian), qemu version",
        {"time": at(2026, 11, 22, 6, 30, 34, 664000, hours=0), "level": INFO, "logger": "libvirt"},
    ),
    ("qemu", "2026-11-22 06:30:36.227+0000: shutting down, reason=failed", {"level": ERROR}),
    ("qemu", "2022-02-10 16:18:33.029+0000: shutting down, reason=migrated", {"level": INFO}),
    (
        "qemu",
        "2026-11-22T06:30:34.805323Z qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69",
        {"level": ERROR, "logger": "qemu-system-x86_64", "message": "error: failed to set MSR 0x10a to 0x69"},
    ),
    (
        "qemu",
        "2022-02-10T16:18:05.033085Z qemu-system-x86_64: warning: host doesn't support requested feature: MSR(48FH)",
        {"level": WARNING},
    ),
    (
        "qemu",
        "2026-03-11T09:14:22.100Z qemu-kvm: cannot set up guest memory 'pc.ram': Cannot allocate",
        {"level": ERROR},
    ),
    (
        "qemu",
        "2022-02-10T16:18:33.031019Z qemu-system-x86_64: terminating on signal 15 from pid 1074 (/usr/sbin/libvirtd)",
        {"level": INFO},
    ),
    # --- ceph
    (
        "ceph",
        "2021-02-12T04:18:32.791+0000 7faf9d3bb700 -1 bluestore(/var/lib/ceph/osd/ceph-1) _verify_csum bad crc32c/0x80000",
        {"time": at(2021, 2, 12, 4, 18, 32, 791000, hours=0), "level": ERROR, "pid": "7faf9d3bb700"},
    ),
    ("ceph", "2022-02-10T09:32:05.746+0000 7f6fa1d2ad80  0 set uid:gid to 64045:64045 (ceph:ceph)", {"level": INFO}),
    (
        "ceph",
        "2026-03-11T09:14:22.531+0000 7f1b -1 log_channel(cluster) log [WRN] : Monitor daemon marked osd.14 down, but it",
        {"level": WARNING},
    ),
    (
        "ceph",
        "2021-07-06T08:28:58.571594-0800 mon.cmon-a (mon.0) 55472 : cluster [WRN] 1 clock skew 0.283028s > max 0.05s",
        {"time": at(2021, 7, 6, 8, 28, 58, 571594, hours=-8), "level": WARNING, "logger": "mon.cmon-a"},
    ),
    (
        "ceph",
        "2026-03-11T09:14:22.531+0000 7f1b mon.a (mon.0) 1203 : cluster [ERR] Health check failed: 1 full osd(s) (OSD_FULL)",
        {"level": ERROR, "message": "Health check failed: 1 full osd(s) (OSD_FULL)"},
    ),
    (
        "ceph",
        "2022-01-08 09:24:23.876485 mon.test mon.1 10.230.16.55:6789/0 16486802 : cluster [INF] mon.test calling monitor",
        {"time": at(2022, 1, 8, 9, 24, 23, 876485), "level": INFO},
    ),
    (
        "ceph",
        "[2022-02-09 22:38:21,163][ceph_volume.process][INFO  ] stderr -->  RuntimeError: could not find osd.0",
        {"level": INFO, "logger": "ceph_volume.process"},
    ),
    # --- felix, etcd, klog, logfmt
    (
        "felix",
        "2024-05-08 15:23:57.942 [WARNING][56] felix/table.go 654: Detected out-of-sync inserts, marking for resync",
        {"level": WARNING, "logger": "felix/table.go", "pid": "56", "time": at(2024, 5, 8, 15, 23, 57, 942000)},
    ),
    (
        "etcd",
        '{"level":"warn","ts":"2026-03-11T09:12:45.101Z","msg":"apply request failed","error":"etcdserver: mvcc: database'
        ' space exceeded"}',
        {
            "time": at(2026, 3, 11, 9, 12, 45, 101000, hours=0),
            "level": WARNING,
            "message": "apply request failed error=etcdserver: mvcc: database space exceeded",
        },
    ),
    (
        "etcd",
        "2020-12-17 21:15:14.065641 W | etcdserver: read-only range request took too long (202.040532ms) to execute",
        {"level": WARNING, "logger": "etcdserver", "time": at(2020, 12, 17, 21, 15, 14, 65641)},
    ),
    (
        "klog",
        'E1122 17:03:40.771203    1842 pod_workers.go:1301] "Error syncing pod, skipping" err="failed to StartContainer"',
        {"level": ERROR, "logger": "pod_workers.go", "pid": "1842"},
    ),
    (
        "logfmt",
        'time="2026-11-22T17:02:14.018Z" level=error msg="RunPodSandbox failed" error="failed to setup network for"',
        {"level": ERROR, "message": 'msg="RunPodSandbox failed" error="failed to setup network for"'},
    ),
    # --- python_log
    (
        "python_log",
        "2015-07-05 19:00:12,765 - url_helper.py[WARNING]: Calling 'http://169.254.169.254/2009-04-04/meta-data' failed",
        {"level": WARNING, "logger": "url_helper.py", "time": at(2015, 7, 5, 19, 0, 12, 765000)},
    ),
    (
        "python_log",
        "2026-11-22 17:00:12,531 - OpenStack-Helm Mariadb - ERROR - WSREP_REC_POS position could not be found.",
        {"level": ERROR, "logger": "OpenStack-Helm Mariadb", "message": "WSREP_REC_POS position could not be found."},
    ),
    ("python_log", "2013-05-03 15:16:33 INFO [cinder.volume.manager] Updating volume status", {"level": INFO}),
    (
        "python_log",
        "INFO  [alembic.runtime.migration] Context impl MySQLImpl.",
        {"logger": "alembic.runtime.migration"},
    ),
    # --- haproxy
    (
        "haproxy",
        "127.0.0.1:33368 [22/Nov/2026:06:40:43.022] nova_api_front nova_api_back/controller2 0/0/0/36/36 200 2490 - - ----"
        ' 2/2/0/0/0 0/0 "GET /v2.1/flavors HTTP/1.1"',
        {"time": at(2026, 11, 22, 6, 40, 43, 22000), "level": INFO, "logger": "haproxy"},
    ),
    (
        "haproxy",
        "127.0.0.1:34468 [22/Nov/2026:06:32:33.015] nova_api_front nova_api_back/controller2 0/0/0/-1/60001 504 198 - - "
        'sH-- 1/1/0/0/0 0/0 "POST /v2.1/servers HTTP/1.1"',
        {"level": ERROR},
    ),
    (
        "haproxy",
        "Mar 11 09:14:22 controller-01 haproxy[221]: 192.0.2.21:48122 [11/Mar/2026:09:14:22.100] nova_api_front nova_api_b"
        'ack/<NOSRV> 0/-1/-1/-1/0 503 221 - - SC-- 120/2/0/0/3 0/0 "GET /v2.1/servers HTTP/1.1"',
        {"time": at(2026, 3, 11, 9, 14, 22, 100000), "level": ERROR, "pid": "221"},
    ),
    (
        "haproxy",
        "127.0.0.1:33368 [22/Nov/2026:06:40:43.022] api~ api/c2 0/0/0/36/36 404 90 - - ---- 2/2/0/0/0 0/0 "
        '{|openstacksdk/1.0} "GET /v2.1/x HTTP/1.1"',
        {"level": INFO},
    ),
    (
        "haproxy",
        "Mar 11 09:15:22 controller-01 haproxy[221]: 192.0.2.21:48122 [11/Mar/2026:08:14:22.100] mariadb mariadb/controller"
        "-01 1/0/3600001 182211 cD 120/2/0/0/0 0/0",
        {"level": INFO},
    ),
    (
        "haproxy",
        "10.0.0.1:5 [11/Mar/2026:08:14:22.100] mariadb mariadb/<NOSRV> 1/-1/0 0 SC 1/1/0/0/0 0/0",
        {"level": ERROR},
    ),
    (
        "haproxy",
        "10.0.0.1:5 [11/Mar/2026:08:14:22.100] mariadb mariadb/c1 1/0/55 812 sD 1/1/0/0/0 0/0",
        {"level": WARNING},
    ),
    (
        "haproxy",
        "127.0.0.1:56616 [22/Nov/2026:06:23:57.709] glance_tls/1: SSL handshake failure",
        {"time": at(2026, 11, 22, 6, 23, 57, 709000), "level": WARNING},
    ),
    (
        "haproxy",
        "Mar 11 09:14:20 controller-01 haproxy[221]: Server nova_api/controller-02 is DOWN, reason: Layer4 connection probl"
        'em, info: "Connection refused", check duration: 0ms. 2 active and 0 backup servers left.',
        {"level": ERROR, "pid": "221"},
    ),
    (
        "haproxy",
        "2026-03-11T09:14:20.1+00:00 c1 haproxy[221]: backend nova_api has no server available!",
        {"level": CRITICAL},
    ),
    (
        "haproxy",
        "Feb 10 16:09:23 compute4 haproxy-metadata-proxy-984c22fd-64b3-4fa1-8ddd-87090f401ce5[1773296]: Proxy listener "
        "started.",
        {"level": INFO, "message": "Proxy listener started."},
    ),
    (
        "haproxy",
        '[WARNING] 040/202835 (80343) : Server mqtt/broker_1 is DOWN, reason: Layer4 connection problem, info: "x"',
        {"level": ERROR, "time": None},
    ),
    ("haproxy", "Mar 11 09:14:20 c haproxy[2231]: [ALERT]    (2231) : config : unknown keyword", {"level": CRITICAL}),
    # --- apache
    (
        "apache",
        '192.0.2.1 - - [11/Mar/2026:09:14:22 +0000] "POST /v3/auth/tokens HTTP/1.1" 201 4755 "-" "python-requests/2.28"',
        {"time": at(2026, 3, 11, 9, 14, 22, hours=0), "level": INFO},
    ),
    (
        "apache",
        'ctl1:5000 2001:db8::1 - admin [11/Mar/2026:09:14:22 +0100] "GET /v3 HTTP/1.1" 503 -',
        {"time": at(2026, 3, 11, 9, 14, 22, hours=1), "level": ERROR},
    ),
    (
        "apache",
        "[Wed Mar 11 09:14:20.531 2026] [mpm_event:error] [pid 811:tid 140] AH00484: server reached MaxRequestWorkers",
        {
            "time": at(2026, 3, 11, 9, 14, 20, 531000),
            "level": ERROR,
            "logger": "mpm_event",
            "pid": "811",
            "message": "AH00484: server reached MaxRequestWorkers",
        },
    ),
    (
        "apache",
        "[Thu Mar 07 00:02:53.076952 2024] [wsgi:error] [pid 19692:tid 140252996032064] 2024-03-07 00:02:53.076 19692 ERROR"
        " octavia.api.drivers.driver_factory [-] Unable to load provider driver ovn",
        {
            "time": at(2024, 3, 7, 0, 2, 53, 76000),
            "level": ERROR,
            "logger": "octavia.api.drivers.driver_factory",
            "message": "Unable to load provider driver ovn",
        },
    ),
    (
        "apache",
        "[Wed Mar 11 09:14:22.531204 2026] [wsgi:error] [pid 24:tid 139871] [remote 10.0.0.5:51422] ERROR django.security."
        "DisallowedHost Invalid HTTP_HOST header: 'cloud.example.org'",
        {"logger": "django.security.DisallowedHost", "time": at(2026, 3, 11, 9, 14, 22, 531204), "pid": "24"},
    ),
    ("apache", "[Wed Mar 11 09:14:20 2026] [error] [client 192.0.2.21] File does not exist: /x", {"level": ERROR}),
    (
        "apache",
        "[wsgi:error] [pid 2198] [client 10.0.0.11:43122] mod_wsgi (pid=2198): Unable to execute Python script file",
        {"level": ERROR, "time": None},
    ),
    (
        "apache",
        f"2025-01-25 20:30:24.489983 2025-01-25 20:30:24.489 9 INFO keystone.token.token_formatters [None {OWN} - - - - - -]"
        " text",
        {"time": at(2025, 1, 25, 20, 30, 24, 489000), "request_id": OWN, "level": INFO},
    ),
    (
        "apache",
        "2025-01-25 20:30:24.489983 AH00558: apache2: Could not reliably determine the server's",
        {"level": None},
    ),
    # --- syslog
    (
        "syslog",
        "Jul 28 09:08:35 net01 dnsmasq[110]: failed to create inotify: Too many open files",
        {"level": None, "logger": "dnsmasq", "pid": "110", "message": "failed to create inotify: Too many open files"},
    ),
    (
        "syslog",
        "2026-11-22T06:07:39.087123+00:00 controller1 chronyd[711]: System clock wrong by 259.120312 seconds",
        {"time": at(2026, 11, 22, 6, 7, 39, 87123, hours=0), "logger": "chronyd"},
    ),
    (
        "syslog",
        "2022-02-14T04:31:34+0100 lcpip-hcosw002 systemd[1]: Started Openstack Neutron Open vSwitch Plugin Agent.",
        {"time": at(2022, 2, 14, 4, 31, 34, hours=1), "logger": "systemd"},
    ),
    (
        "syslog",
        "Jun 11 06:51:39 bronzor kernel: [  725.995102] blk_update_request: critical medium error, dev sdk, sector 13061",
        {
            "level": None,
            "logger": "kernel",
            "message": "blk_update_request: critical medium error, dev sdk, sector 13061",
        },
    ),
    ("syslog", "Feb 10 16:10:35 compute4 Keepalived_vrrp[1775814]: (VR_1) Entering FAULT STATE", {"level": None}),
    (
        "syslog",
        "Mar 11 09:14:25 controller-01 pacemaker-controld[922]: warning: Too many failures (10) to fence controller-02",
        {"level": WARNING},
    ),
    (
        "syslog",
        "Feb 04 09:57:32 juju-04f1e3-0-lxd-5 pacemakerd          [12750] (get_cluster_type) \tinfo: Detected an active",
        {"level": INFO, "logger": "pacemakerd", "pid": "12750"},
    ),
    ("syslog", "Mar 11 09:14:20 controller-01 corosync[911]: [TOTEM ] A processor failed", {"level": None}),
    (
        "syslog",
        "Mar 11 09:14:20 [911] c1 corosync warning [MAIN  ] A processor failed",
        {"level": WARNING, "pid": "911"},
    ),
    (
        "syslog",
        "Mar 11 09:14:22 swift-01 proxy-server: ERROR Insufficient Storage 192.0.2.50:6200/sdb1 (txn: tx0a1b)",
        {"level": ERROR, "logger": "proxy-server", "pid": ""},
    ),
    (
        "syslog",
        "Jul 18 09:28:34 localhost iptables.init[857]: Warning: Extension state is not supported",
        {"level": WARNING},
    ),
    (
        "syslog",
        "May 25 14:55:42 edpm-compute-0 nova_compute[354378]: 2025-05-25 14:55:42.056 2 ERROR oslo_messaging.rpc.server "
        "nova.exception.MigrationPreCheckError: Migration pre-check error: Unacceptable CPU info",
        {"time": at(2025, 5, 25, 14, 55, 42, 56000), "logger": "oslo_messaging.rpc.server", "pid": "2", "part": True},
    ),
    (
        "syslog",
        f"Mar 09 11:14:42 devstack nova-compute[988198]: ERROR nova.compute.manager [None {OWN} demo admin] [instance: "
        f"{INSTANCE}] Failed",
        {
            "level": ERROR,
            "logger": "nova.compute.manager",
            "pid": "988198",
            "request_id": OWN,
            "instance": INSTANCE,
            "message": "Failed",
            "part": False,
        },
    ),
    (
        "syslog",
        "Mar 09 11:14:42 localhost.localdomain devstack@n-cpu.service[7]: #033[01;31mERROR #033[01;36mnova.utils "
        "[#033[00;36m-#033[01;31m] #033[01;31mno#033[00m",
        {"level": ERROR, "logger": "nova.utils", "message": "no"},
    ),
    (
        "syslog",
        "Aug 30 09:19:25 node03 rabbitmq-server[617244]: 2022-08-29 09:19:20.240761+02:00 [error] <0.24425.0> ** Node rab",
        {"level": ERROR, "logger": "rabbitmq-server", "pid": "<0.24425.0>"},
    ),
    (
        "syslog",
        'Feb 10 13:48:01 compute4 ovs-vsctl: ovs|00001|db_ctl_base|ERR|no key "dpdk-init" in Open_vSwitch record',
        {"level": ERROR, "logger": "db_ctl_base"},
    ),
    (
        "syslog",
        "Mar 30 13:01:21 primary bash[75459]: debug 2021-03-30T13:01:21.844+0000 7fa30431f700 -1 error: monitor data files",
        {"level": ERROR, "time": at(2021, 3, 30, 13, 1, 21, 844000, hours=0)},
    ),
    (
        "syslog",
        "Mar 11 09:14:22 stor-03 object-expirer: UNCAUGHT EXCEPTION#012Traceback (most recent call last):#012ValueError: x",
        {"message": "UNCAUGHT EXCEPTION", "body": ("Traceback (most recent call last):", "ValueError: x")},
    ),
    (
        "syslog",
        "Mar 12 13:13:13 testnode01 nova-compute[4021]: greenlet.error: cannot switch to a different thread",
        {"logger": "nova-compute"},
    ),
    (
        "syslog",
        "Mar 12 13:13:13 testnode01 nova-compute[4021]: Traceback (most recent call last):",
        {"level": ERROR, "part": True},
    ),
    # --- dmesg
    (
        "dmesg",
        "[14062414.575730] critical medium error, dev sdf, sector 4454144360 op 0x0:(READ) flags 0x0 phys_seg 13",
        {"time": None, "level": None, "logger": "kernel"},
    ),
    ("dmesg", "[    0.000000] kernel: KERNEL supported cpus:", {"message": "KERNEL supported cpus:"}),
    (
        "dmesg",
        "[Wed Mar 11 09:14:20 2026] nf_conntrack: table full, dropping packet",
        {"time": at(2026, 3, 11, 9, 14, 20)},
    ),
    # --- oslo_bare
    (
        "oslo_bare",
        "WARNING nova.compute.api [x] ram quota exceeded for xxx",
        {"time": None, "level": WARNING, "logger": "nova.compute.api"},
    ),
    (
        "oslo_bare",
        "ERROR cinder.volume.drivers.ixsystems.common [req-9f31c3db-3a03-4dac-acdb-1716304dfc76 - - - - -] TrueNAS not found",
        {"request_id": "req-9f31c3db-3a03-4dac-acdb-1716304dfc76", "message": "TrueNAS not found", "part": False},
    ),
    (
        "oslo_bare",
        "23007 ERROR oslo.messaging._drivers.impl_rabbit [-] AMQP server on 10.19.121.51:5672 is unreachable",
        {"pid": "23007", "level": ERROR},
    ),
    (
        "oslo_bare",
        "TRACE neutron.agent.dhcp.agent IndexError: list index out of range",
        {"part": True, "message": "IndexError: list index out of range"},
    ),
    ("oslo_bare", "ERROR nova.volume.cinder [None req-dcc8814f-7439-44c8-872e-86ea51f4b319", {"part": False}),
    ("oslo_bare", "CRITICAL keystone [-] No module named MySQLdb", {"logger": "keystone", "level": CRITICAL}),
    (
        "oslo_bare",
        f"\x1b[01;31mERROR \x1b[01;36mnova.compute.manager [\x1b[01;36mNone {OWN} \x1b[00;36mdemo admin\x1b[01;31m] text\x1b[00m",
        {"request_id": OWN, "message": "text"},
    ),
    (
        "oslo_bare",
        f"[01;31mERROR [01;36mnova.utils [[01;36mNone {OWN} [00;36mdemo admin[01;31m] text[00m",
        {"message": "text"},
    ),
    # --- oslo with a format string of somebody's own
    (
        "oslo",
        f"2026-11-22 06:07:27.449 6061 ERROR nova.compute.manager [az1] [None {OWN} {USER} {PROJECT} - - default default] text",
        {"request_id": OWN, "user": USER, "message": "[az1] text", "part": False},
    ),
    (
        "oslo",
        f"2026-11-22T06:07:27.449+0100 INFO nova.api compute1 [{OWN} {USER} {PROJECT} - default default] [instance: {INSTANCE}] x",
        {
            "request_id": OWN,
            "project": PROJECT,
            "instance": INSTANCE,
            "message": "compute1 x",
            "pid": "",
            "time": at(2026, 11, 22, 6, 7, 27, 449000, hours=1),
        },
    ),
    # --- oslo's JSON for fluentd
    (
        "oslo_json",
        '{"message": "Failed", "time": "2026-11-22T06:59:01.117931", "name": "nova.compute.claims", "level": "ERROR", '
        '"filename": "claims.py", "lineno": 1, "module": "claims", "funcname": "f", "process_name": "MainProcess", '
        f'"cmdline": "nova-compute", "hostname": "c1", "traceback": "Traceback\\nValueError: x", "context": {{"request_id": "{OWN}"}}}}',
        {
            "time": at(2026, 11, 22, 6, 59, 1, 117931),
            "level": ERROR,
            "request_id": OWN,
            "body": ("Traceback", "ValueError: x"),
        },
    ),
    (
        "python_log",
        "2022-02-09 22:58:08,130 INFO Starting unattended upgrades script",
        {"level": INFO, "logger": "", "message": "Starting unattended upgrades script"},
    ),
    # --- carriers
    (
        "syslog",
        "Nov 22 06:07:39.087123 controller1 dnsmasq[110]: failed",
        {"logger": "dnsmasq", "pid": "110", "year_known": False},
    ),
    (
        "syslog",
        "Wed 2026-03-11 09:14:22 UTC controller1 nova-compute[811]: ERROR nova.utils [-] no",
        {"time": at(2026, 3, 11, 9, 14, 22, hours=0), "logger": "nova.utils", "pid": "811", "year_known": True},
    ),
    (
        "syslog",
        "Wed 2026-03-11 09:14:22 CET controller1 systemd[1]: Started x",
        {"time": at(2026, 3, 11, 9, 14, 22), "logger": "systemd"},
    ),
    (
        "syslog",
        "1773220462.531204 controller1 keystone[811]: text",
        {"time": at(2026, 3, 11, 9, 14, 22, 531204, hours=0), "logger": "keystone"},
    ),
    (
        "syslog",
        "Jul 28 09:08:35 dnsmasq-dhcp[110]: DHCPDISCOVER(tap1) fa:16:3e:00:00:01 no address available",
        {"logger": "dnsmasq-dhcp", "pid": "110"},
    ),
    ("syslog", "Mar 11 09:14:20 corosync [TOTEM ] A processor failed", {"logger": "corosync"}),
    ("syslog", "<27>Nov 22 06:07:39 controller1 chronyd[71]: Source 192.0.2.1 offline", {"level": ERROR}),
    (
        "syslog",
        "Nov 22 06:07:39 c1 nova-api[811]: 2026-11-22 06:07:39.087 811 ERROR nova.x [-] no#0122026-11-22 06:07:39.087 811 "
        "ERROR nova.x Traceback (most recent call last):#0122026-11-22 06:07:39.087 811 ERROR nova.x ValueError: x",
        {"message": "no", "body": ("Traceback (most recent call last):", "ValueError: x"), "year_known": True},
    ),
    (
        "syslog5424",
        "<163>1 2026-11-22T06:07:39.087123+00:00 controller1 nova-api 811 - - 2026-11-22 06:07:39.080 811 WARNING nova.x "
        f"[{OWN} {USER} {PROJECT} - default default] text",
        {
            "time": at(2026, 11, 22, 6, 7, 39, 80000),
            "level": WARNING,
            "logger": "nova.x",
            "request_id": OWN,
            "message": "text",
        },
    ),
    (
        "syslog5424",
        '<30>1 2026-11-22T06:07:39Z c1 chronyd - ID47 [a@1 b="x]\\" y"][c@2] Source 192.0.2.1 offline',
        {
            "time": at(2026, 11, 22, 6, 7, 39, hours=0),
            "level": INFO,
            "logger": "chronyd",
            "pid": "",
            "message": "Source 192.0.2.1 offline",
        },
    ),
    (
        "journal",
        '{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1773220460531012","PRIORITY":"3","SYSLOG_IDENTIFIER":"nova-api","_PID":"811",'
        '"LOGGER_NAME":"nova.api","LOGGER_LEVEL":"WARNING","REQUEST_ID":"req-1","USER_ID":"u","PROJECT_ID":"p",'
        '"EXCEPTION_TEXT":"Traceback (most recent call last):\\nValueError: x","MESSAGE":"text"}',
        {
            "time": at(2026, 3, 11, 9, 14, 20, 531012, hours=0),
            "level": WARNING,
            "logger": "nova.api",
            "pid": "811",
            "request_id": "req-1",
            "user": "u",
            "project": "p",
            "message": "text",
            "body": ("Traceback (most recent call last):", "ValueError: x"),
        },
    ),
    (
        "journal",
        '{"__REALTIME_TIMESTAMP":"1773220460531012","_COMM":"x","PRIORITY":"4","MESSAGE":[104,105,255]}',
        {"level": WARNING, "logger": "x", "message": "hi\ufffd"},
    ),
    (
        "journal",
        '{"__REALTIME_TIMESTAMP":"1773220460531012","_COMM":"x","MESSAGE":null}',
        {"level": None, "message": ""},
    ),
    ("journal", "__CURSOR=s=6c0b;i=1f;b=77", {"time": None}),
    (
        "docker",
        '{"log":"2026-03-11 09:14:20.530 7 ERROR nova.wsgi [-] no\\n","stream":"stderr","time":"2026-03-11T09:14:20.531012345Z"}',
        {"time": at(2026, 3, 11, 9, 14, 20, 530000), "level": ERROR, "logger": "nova.wsgi", "pid": "7", "cut": False},
    ),
    (
        "docker",
        '{"log":"the first half","stream":"stdout","time":"2026-03-11T09:14:20.531012345Z"}',
        {"time": at(2026, 3, 11, 9, 14, 20, 531012, hours=0), "message": "the first half", "cut": True},
    ),
    (
        "docker",
        "2026-03-11T09:14:20.531012345Z ERROR nova.wsgi [-] no",
        {"time": at(2026, 3, 11, 9, 14, 20, 531012, hours=0), "level": ERROR, "message": "no"},
    ),
    (
        "cri",
        "2026-03-11T09:14:20.531Z stdout F 2026-03-11 09:14:20.530 7 ERROR nova.wsgi [-] no",
        {"time": at(2026, 3, 11, 9, 14, 20, 530000), "level": ERROR, "logger": "nova.wsgi", "sender": "stdout"},
    ),
    (
        "cri",
        "2026-03-11T09:14:20.531012345+01:00 stderr F + exec nova-api",
        {"time": at(2026, 3, 11, 9, 14, 20, 531012, hours=1), "message": "+ exec nova-api", "part": False},
    ),
    ("cri", "2026-03-11T09:14:20.531Z stdout F", {"message": ""}),
    ("cri", "2026-03-11T09:14:20.531Z stdout P half", {"message": "half", "cut": True}),
    (
        "cri",
        '2026-03-11T09:14:20.531Z stderr F E0311 09:14:20.771203    1842 pod_workers.go:1301] "no"',
        {"level": ERROR, "logger": "pod_workers.go"},
    ),
    (
        "kubectl",
        "[pod/nova-compute-7f6d/nova-compute] 2026-03-11 09:14:20.530 7 ERROR nova.wsgi [-] no",
        {"time": at(2026, 3, 11, 9, 14, 20, 530000), "logger": "nova.wsgi", "sender": "nova-compute-7f6d/nova-compute"},
    ),
    (
        "kubectl",
        "[pod/nova-compute-7f6d/init] 2026-03-11T09:14:20.531012345Z waiting",
        {"time": at(2026, 3, 11, 9, 14, 20, 531012, hours=0), "logger": "init", "message": "waiting"},
    ),
    (
        "merged",
        "2015-10-29 10:51:10.633000 [NEUTRONSRV] 3405 INFO neutron.wsgi [-] (3405) accepted ('192.0.2.29', 39594)",
        {"time": at(2015, 10, 29, 10, 51, 10, 633000), "pid": "3405", "logger": "neutron.wsgi", "level": INFO},
    ),
    # --- beneath and beside
    (
        "felix",
        "2018-02-27 23:43:35,846 [39149232] (CRITICAL) log: Unhandled error",
        {"level": CRITICAL, "logger": "log", "pid": "39149232", "time": at(2018, 2, 27, 23, 43, 35, 846000)},
    ),
    (
        "felix",
        "2016-02-01 12:34:56,789 [INFO][5513/39149232] calico.felix.fetcd 123: Connected to etcd",
        {"level": INFO, "logger": "calico.felix.fetcd", "pid": "5513"},
    ),
    (
        "bird",
        "2026-03-11 09:14:20.531 <ERR> BGP: Unexpected connect from unknown address 192.0.2.7 (port 40553)",
        {"level": ERROR, "logger": "bird", "time": at(2026, 3, 11, 9, 14, 20, 531000)},
    ),
    ("bird", "bird: Mesh_192_0_2_11: Received: Administrative reset", {"time": None, "level": None}),
    ("keepalived", "Wed Mar 11 09:14:20 2026: (VR_1) Entering FAULT STATE", {"time": at(2026, 3, 11, 9, 14, 20)}),
    (
        "nginx",
        "2026/03/11 09:14:20 [error] 811#811: *1 connect() failed (111: Connection refused) while connecting to upstream",
        {"level": ERROR, "pid": "811", "time": at(2026, 3, 11, 9, 14, 20)},
    ),
    (
        "proxysql",
        "2026-03-11 09:14:20 MySQL_HostGroups_Manager.cpp:5105:connect(): [ERROR] Shunning server 192.0.2.11:3306",
        {"level": ERROR, "logger": "MySQL_HostGroups_Manager.cpp", "message": "Shunning server 192.0.2.11:3306"},
    ),
    ("proxysql", "2026-03-11 09:14:20 [INFO] Received LOAD MYSQL SERVERS TO RUNTIME command", {"level": INFO}),
    (
        "maxscale",
        "2026-03-11 09:14:20   error  : Monitor was unable to connect to server db1[192.0.2.11:3306]",
        {"level": ERROR, "logger": "maxscale", "time": at(2026, 3, 11, 9, 14, 20)},
    ),
    ("maxscale", "2026-03-11 09:14:20.531   notice : (12) [readwritesplit] x", {"logger": "readwritesplit"}),
    (
        "supervisord",
        "2026-03-11 09:14:20,531 INFO exited: nova-api (exit status 1; not expected)",
        {"level": ERROR, "logger": "supervisord", "time": at(2026, 3, 11, 9, 14, 20, 531000)},
    ),
    ("supervisord", "2026-03-11 09:14:20,531 INFO supervisord started with pid 1", {"level": INFO}),
    ("supervisord", "2026-03-11 09:14:20,531 INFO waiting for nova-api to stop", {"level": INFO}),
    ("supervisord", "2026-03-11 09:14:20,531 WARN received SIGTERM indicating exit request", {"level": WARNING}),
    ("supervisord", "2026-03-11 09:14:20,531 DEBG 'nova-api' stderr output:", {"level": DEBUG}),
    (
        "audit",
        'type=AVC msg=audit(1713051947.886:721): avc:  denied  { setattr } for  pid=9593 comm="dnsmasq"',
        {"level": ERROR, "logger": "audit.AVC", "time": at(2024, 4, 13, 23, 45, 47, 886000, hours=0)},
    ),
    ("audit", 'audit: type=1400 audit(1537547548.513:131): apparmor="ALLOWED" operation="open"', {"level": None}),
    (
        "cloud_init",
        "Cloud-init v. 21.4-0ubuntu1~20.04.1 running 'init-local' at Fri, 04 Feb 2022 09:34:05 +0000. Up 4.43 seconds.",
        {"time": at(2022, 2, 4, 9, 34, 5, hours=0), "logger": "cloud-init"},
    ),
    ("cloud_init", "ci-info: |  eth0  | True |  192.0.2.17  | 255.255.255.0 |", {"time": None}),
    ("memcached", "<28 new auto-negotiating client connection", {"level": None, "logger": "memcached"}),
    ("memcached", "failed to listen on TCP port 11211: Address already in use", {"level": ERROR}),
    (
        "syslog_bare",
        "start_apache2[27198]: SSLCertificateFile: file '/etc/keystone/ssl/certs/signing_cert.pem' does not exist",
        {"logger": "start_apache2", "pid": "27198", "time": None},
    ),
    # --- cut-off stamps
    (
        "oslo_bare",
        "19-03-20 19:09:14.557 11556 ERROR ironic.conductor.utils [req-77f3a7b...1b10c5b - default default] Unexpected error",
        {"time": at(2019, 3, 20, 19, 9, 14, 557000), "pid": "11556", "level": ERROR},
    ),
    (
        "oslo_bare",
        f"06:07:27.449 6061 INFO nova.api [{OWN} - - - - -] text",
        {"time": None, "pid": "6061", "request_id": OWN},
    ),
    ("oslo_bare", f"27.449 6061 INFO nova.api [{OWN} - - - - -] text", {"pid": "6061", "request_id": OWN}),
    # --- lines that were cut, and what stands before a text
    (
        "oslo_json",
        '{"message": "Trigger reload_allocations for port", "asctime": "2026-11-22 06:59:01", "name": "neutron.agent.dhcp.agent", '
        '"msg": "Trigger reload_allocations for port %(port)s", "args": {"port": "admin_state_up=True, allowed_addr',
        {
            "time": at(2026, 11, 22, 6, 59, 1),
            "level": None,
            "logger": "neutron.agent.dhcp.agent",
            "message": "Trigger reload_allocations for port",
        },
    ),
    (
        "rabbitmq",
        "2022-02-09 22:41:15.003 [warning]  lager_file_backend dropped 19 messages in the last second",
        {"level": WARNING, "pid": "", "message": "lager_file_backend dropped 19 messages in the last second"},
    ),
    (
        "syslog",
        "Feb 10 00:01:11 juju-04f1e3-0-lxd-5 pacemaker-controld[478]:  notice: State transition S_IDLE -> S_POLICY_ENGINE ",
        {"level": INFO, "logger": "pacemaker-controld", "part": False},
    ),
    # --- oslo with something before the stamp, and a zone of its own
    (
        "oslo",
        f"2026-11-22 06:07:39.087 +0100 28816 ERROR nova.api [{OWN} {USER} {PROJECT} - default default] text",
        {"time": at(2026, 11, 22, 6, 7, 39, 87000, hours=1), "pid": "28816", "request_id": OWN, "message": "text"},
    ),
    (
        "oslo",
        f"controller1 2026-11-22 06:07:39.087 28816 ERROR nova.api [{OWN} {USER} {PROJECT} - default default] text",
        {"time": at(2026, 11, 22, 6, 7, 39, 87000), "request_id": OWN, "message": "text"},
    ),
    (
        "oslo",
        "nova_api_1  | 2026-11-22 06:07:39.087 28816 ERROR nova.api Traceback (most recent call last):",  # docker compose
        {"pid": "28816", "part": True},
    ),
    (
        "oslo_bare",
        "3405 TRACE neutron     sys.exit(main())",
        {"pid": "3405", "logger": "neutron", "message": "    sys.exit(main())", "part": True},
    ),
    (
        "merged",
        "2015-10-29 10:52:20.739000 [PING30] pinger DEBUG PING 192.168.233.100 (192.168.233.100) 56(84) bytes of data.",
        {"level": DEBUG, "logger": "pinger", "message": "PING 192.168.233.100 (192.168.233.100) 56(84) bytes of data."},
    ),
    # --- packages
    (
        "packages",
        "2022-02-01 00:16:35 startup packages remove",
        {"time": at(2022, 2, 1, 0, 16, 35), "logger": "dpkg", "message": "startup packages remove"},
    ),
    ("packages", "2022-02-07 15:32:54 status half-installed efibootmgr:amd64 17-1", {"logger": "dpkg"}),
    ("packages", "Start-Date: 2022-02-07  15:32:54", {"time": at(2022, 2, 7, 15, 32, 54), "logger": "apt"}),
    ("packages", "Log ended: 2022-02-04  10:08:15", {"time": at(2022, 2, 4, 10, 8, 15), "message": "Log ended"}),
    (
        "packages",
        "Jan 12 10:11:12 Installed: 1:openstack-nova-compute-18.2.0-1.el7.noarch",
        {"logger": "yum", "year_known": False, "message": "Installed: 1:openstack-nova-compute-18.2.0-1.el7.noarch"},
    ),
    (
        "packages",
        "2026-03-11T09:14:20+0000 DDEBUG Command: dnf upgrade",
        {"time": at(2026, 3, 11, 9, 14, 20, hours=0), "level": DEBUG, "message": "Command: dnf upgrade"},
    ),
    ("packages", "2026-03-11T09:14:20Z DEBUG Loaded plugins: builddep", {"message": "Loaded plugins: builddep"}),
    ("packages", "2026-03-11T09:14:20Z INFO --- logging initialized ---", {"level": INFO}),
    # --- ansible
    (
        "ansible",
        "2026-03-11 09:14:20,531 p=123 u=root n=ansible | TASK [nova : Copying over nova.conf] ****",
        {
            "time": at(2026, 3, 11, 9, 14, 20, 531000),
            "level": INFO,
            "pid": "123",
            "message": "TASK [nova : Copying over nova.conf] ****",
        },
    ),
    ("ansible", "2026-03-11 09:14:20,531 p=123 u=root n=ansible INFO| PLAY RECAP ****", {"message": "PLAY RECAP ****"}),
    (
        "ansible",
        '2015-10-29 10:52:36,051 p=2344 u=stack |  fatal: [c1]: FAILED! => {"changed": false}',
        {"level": ERROR, "logger": "ansible", "message": 'fatal: [c1]: FAILED! => {"changed": false}'},
    ),
    ("ansible", "2026-03-11 09:14:20,531 p=1 u=root n=ansible | [WARNING]: Found both", {"level": WARNING}),
    # --- slow queries
    (
        "slow_query",
        "# Time: 260311  9:14:20",
        {"time": at(2026, 3, 11, 9, 14, 20), "message": "Time: 260311  9:14:20"},
    ),
    ("slow_query", "# Time: 2026-03-11T09:14:20.531012Z", {"time": at(2026, 3, 11, 9, 14, 20, 531012, hours=0)}),
    (
        "slow_query",
        "# User@Host: nova[nova] @ controller1 [10.0.0.1]  Id:    12",
        {"time": None, "message": "nova[nova] @ controller1 [10.0.0.1]  Id:    12"},
    ),
    ("slow_query", "/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server). started with:", {"time": None}),
    # --- chrony
    (
        "chrony",
        "2026-03-11 09:14:20 10.0.0.1        3 -12.345      0.012  4.5e-05 N  1 1.2e-04 -1.0e-05 2.3e-04 4.5e-02 3.0e-04",
        {"time": at(2026, 3, 11, 9, 14, 20, hours=0), "level": None},
    ),
    (
        "chrony",
        "2026-03-11 09:14:20 10.0.0.1        N  2 111 111 1111   6  6 0.00  1.234e-04  3.912e-02  5.340e-04 0A000001 4B K K",
        {"logger": "chrony"},
    ),
    # --- tempest
    (
        "tempest",
        "{0} tempest.api.compute.servers.test_create_server.ServersTestJSON.test_list_servers [1.234567s] ... ok",
        {"time": None, "level": INFO},
    ),
    ("tempest", "{1} tempest.api.volume.test_x.VolumesTest.test_y [12.345678s] ... FAILED", {"level": ERROR}),
    ("tempest", "{1} setUpClass (tempest.api.volume.test_x.VolumesTest) [0.000000s] ... FAILED", {"level": ERROR}),
    ("tempest", "time: 2016-07-05 10:11:12.123456Z", {"time": at(2016, 7, 5, 10, 11, 12, 123456, hours=0)}),
    ("tempest", "failure: tempest.api.volume.test_x.VolumesTest.test_y [ multipart", {"level": ERROR}),
    # --- swift
    (
        "swift",
        "proxy-server: 127.0.0.1 127.0.0.1 07/Sep/2016/16/07/35 HEAD /v1/AUTH_cfb8 HTTP/1.0 403 - python-swiftclient - tx0",
        {"time": at(2016, 9, 7, 16, 7, 35, hours=0), "level": INFO, "logger": "proxy-server"},
    ),
    ("swift", "10.0.0.7 10.0.0.1 07/Sep/2016/16/07/35 PUT /v1/AUTH_cfb8/c HTTP/1.0 503 - -", {"level": ERROR}),
    (
        "syslog",
        "Mar 11 09:14:22 swift-01 proxy-server: 127.0.0.1 127.0.0.1 07/Sep/2016/16/07/35 HEAD /v1/AUTH_x HTTP/1.0 403 - tx0",
        {"time": at(2016, 9, 7, 16, 7, 35, hours=0), "level": INFO},
    ),
    # --- pcsd, fluentd, opensearch, redis, juju
    (
        "pcsd",
        "I, [2022-02-04T09:57:32.123456 #1234]  INFO -- : Config files sync started",
        {
            "time": at(2022, 2, 4, 9, 57, 32, 123456),
            "level": INFO,
            "pid": "1234",
            "message": "Config files sync started",
        },
    ),
    ("pcsd", "E, [2020-03-30T13:01:21.123 #00010]    ERROR -- : no", {"level": ERROR, "pid": "00010", "message": "no"}),
    (
        "fluentd",
        "2026-03-11 09:14:20 +0000 [warn]: #0 failed to flush the buffer. retry_times=0",
        {
            "time": at(2026, 3, 11, 9, 14, 20, hours=0),
            "level": WARNING,
            "message": "failed to flush the buffer. retry_times=0",
        },
    ),
    (
        "opensearch",
        "[2026-03-11T09:14:20,531][WARN ][o.o.c.r.a.DiskThresholdMonitor] [controller1] high disk watermark [90%] exceeded",
        {
            "time": at(2026, 3, 11, 9, 14, 20, 531000),
            "level": WARNING,
            "logger": "o.o.c.r.a.DiskThresholdMonitor",
            "message": "[controller1] high disk watermark [90%] exceeded",
        },
    ),
    (
        "redis",
        "811:M 11 Mar 2026 09:14:20.531 # Connection with replica 192.0.2.12:6379 lost.",
        {"time": at(2026, 3, 11, 9, 14, 20, 531000), "level": WARNING, "pid": "811"},
    ),
    (
        "juju",
        "2022-02-11 18:59:38 unit-canal-2: meterstatus (meter-status-changed), waited 0s, held 0s",
        {"time": at(2022, 2, 11, 18, 59, 38), "logger": "unit-canal-2"},
    ),
    ("juju", "2022-02-11 18:59:38 === agent unit-canal-2 started ===", {"logger": "unit-canal-2"}),
    # --- logfmt in its dialects
    (
        "logfmt",
        'ts=2026-03-11T09:14:20.531Z caller=main.go:1 level=warn component="rule manager" msg="Evaluating rule failed"',
        {
            "time": at(2026, 3, 11, 9, 14, 20, 531000, hours=0),
            "level": WARNING,
            "logger": "rule manager",
            "message": 'msg="Evaluating rule failed"',
        },
    ),
    ("logfmt", 'time=2026-03-11T09:14:20.531Z level=INFO source=main.go:1 msg="Starting"', {"level": INFO}),
    (
        "logfmt",
        'logger=settings t=2026-03-11T09:14:20.531012Z level=info msg="Starting Grafana"',
        {"logger": "settings", "message": 'msg="Starting Grafana"'},
    ),
    ("logfmt", 't=2026-03-11T09:14:20+0000 lvl=eror msg="Failed to start" logger=server', {"level": ERROR}),
    (
        "logfmt",
        '{"level":"warning","msg":"retrying","name":"c1","time":"2026-03-11T09:14:20Z"}',
        {"time": at(2026, 3, 11, 9, 14, 20, hours=0), "level": WARNING, "message": "retrying name=c1"},
    ),
    # --- more of known programs
    ("apache", '[11/Mar/2026 09:14:20] "GET /auth/login/ HTTP/1.1" 500 1234', {"level": ERROR}),
    (
        "apache",
        '192.0.2.1 - - [11/Mar/2026 09:14:20] "GET /v1/ping HTTP/1.1" 200 -',
        {"time": at(2026, 3, 11, 9, 14, 20), "level": INFO},
    ),
    ("apache", "192.0.2.1 - - [11/Mar/2026 09:14:20] code 404, message Not Found", {"level": INFO}),
    (
        "ceph",
        "2026-03-11 09:14:20,531 7f1234567740 DEBUG Non-zero exit code 1 from /usr/bin/podman",
        {"level": DEBUG, "logger": "cephadm", "pid": "7f1234567740"},
    ),
    (
        "dmesg",
        "kern  :err   : [Wed Mar 11 09:14:20 2026] I/O error, dev sda, sector 12345678",
        {"level": ERROR, "time": at(2026, 3, 11, 9, 14, 20), "message": "I/O error, dev sda, sector 12345678"},
    ),
    (
        "dmesg",
        "2026-03-11T09:14:20,531012+01:00 nf_conntrack: table full, dropping packet",
        {"time": at(2026, 3, 11, 9, 14, 20, 531012, hours=1)},
    ),
    ("dmesg", "<3>[   12.345678] I/O error", {"level": ERROR, "time": None, "message": "I/O error"}),
    ("syslog", "-- Reboot --", {"time": None, "logger": "journalctl"}),
    ("syslog", "-- Logs begin at Mon 2026-03-09 09:14:22 UTC, end at Wed 2026-03-11 09:14:22 UTC. --", {"time": None}),
    (
        "syslog",
        "Feb 04 10:10:13  IPaddr2(res_vault-ext_f2687f5_vip)[29031]:    INFO: Bringing device eth0 up",
        {"level": INFO, "logger": "IPaddr2(res_vault-ext_f2687f5_vip)", "pid": "29031", "part": False},
    ),
    ("syslog", "Jul 05 10:11:12 warning [TOTEM ] A processor failed", {"level": WARNING, "logger": "corosync"}),
    (
        "syslog",
        "Jul 05 10:11:12 [2345] node1       crmd:     info: do_state_transition:\tState transition S_IDLE",
        {"level": INFO, "logger": "crmd", "pid": "2345", "part": False},
    ),
    (
        "syslog",
        "Wed 2026-03-11 09:14:22 UTC controller1 nova-compute.service[811]: 2026-03-11 09:14:22.100 811 INFO nova.x [-] x",
        {"logger": "nova.x", "pid": "811", "level": INFO},
    ),
    (
        "journal",
        "Wed 2026-03-11 09:14:22.531012 UTC [s=6c0b;i=1f;b=77;m=3;t=4;x=5]",
        {"time": at(2026, 3, 11, 9, 14, 22, 531012, hours=0)},
    ),
    (
        "journal",
        'data: {"__REALTIME_TIMESTAMP":"1773220460531012","_COMM":"x","PRIORITY":"4","MESSAGE":"hi"}',
        {"level": WARNING, "message": "hi"},
    ),
    ("uwsgi", "[uWSGI] getting INI configuration from /etc/keystone/keystone-uwsgi-public.ini", {"level": None}),
    (
        "uwsgi",
        "WSGI app 0 (mountpoint='') ready in 2 seconds on interpreter 0x55 pid: 9473 (default app)",
        {"time": None},
    ),
    (
        "python_log",
        "2026-11-22 06:07:39,087 [12] INFO     gnocchi.cli.metricd: 0 measurements bundles across 0 metrics wait",
        {
            "time": at(2026, 11, 22, 6, 7, 39, 87000),
            "logger": "gnocchi.cli.metricd",
            "pid": "12",
            "message": "0 measurements bundles across 0 metrics wait",
        },
    ),
    (
        "python_log",
        "2022-02-10 13:48:38,127 - util.py:(434) [DEBUG]: Reading file: /var/lib/ubuntu-advantage/private/machine-token",
        {"level": DEBUG, "logger": "util.py"},
    ),
    (
        "rabbitmq",
        "2022-02-04 10:29:49 =ERROR REPORT====",
        {"time": at(2022, 2, 4, 10, 29, 49), "level": ERROR, "message": "ERROR REPORT"},
    ),
]

# Lines that no format may take: each would tear the record it belongs to.
NONE = [
    "Traceback (most recent call last):",
    "oslo_db.exception.DBError: (pymysql.err.OperationalError) (1040, 'Too many connections')",
    ": nova.exception_Remote.NoValidHost_Remote: No valid host was found. ",
    "[SQL: UPDATE records SET version=(records.version + %(version_1)s) WHERE id = 1]",
    "[parameters: {'status': 'PENDING', 'hash': '39795ee18c6e3c9ad1c0190c6a3d8d4f'}]",
    "[...]",
    "(Background on this error at: https://sqlalche.me/e/14/e3q8)",
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
    "Command: ssh -o BatchMode=yes 10.5.1.153 mkdir -p /var/lib/nova/instances/ba04a48c",
    "Exit code: 255",
    "Stderr: '@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\\r\\n'",
    "Stderr: 2015-11-12 13:20:25.890 5737 INFO neutron.common.config [-] Logging enabled!",
    "ERROR: epmd error for host openStack: address (cannot connect to host/port)",
    "ERROR while doing it",
    "INFO: task done",
    "WARNING This is what somebody wrote",
    "Error starting thread.: Exception: no",
    "<domain type='kvm' id='4'>",
    "</domain>",
    "LC_ALL=C \\",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\",
    "-name guest=instance-00000009,debug-threads=on \\",
    "/usr/bin/qemu-system-x86_64 \\",
    "char device redirected to /dev/pts/0 (label charserial0)",
    "qemu-system-x86_64: ../../target/i386/kvm/kvm.c:3183: kvm_buf_set_msrs: Assertion `ret == cpu->n' failed.",
    "client unexpectedly closed TCP connection",
    "{'id': 'f389415f-80b3-4e5c-8dac-a2b479d60d33', 'status': 'ERROR'}",
    '{"error": {"message": "Could not find token: REDACTED", "code": 404, "title": "Not Found"}}',
    '{"level": 3}',
    "[]",
    "{}",
    "2026-11-22",
    "2026-13-45 06:07:39.087 28816 ERROR nova.wsgi [-] a day that does not exist",
    "Feb 30 06:07:39 host prog[1]: a day that does not exist",
    "Nov 22 is the day: on which it broke",
    "Server unexpectedly closed network connection: x",
    "[instance: f07ebc5e-80de-43ca-890d-98d828fa294b] text",
    "[-] Linux kernel vxlan module and iproute2 3.8 or above are",
    "worker is down",
    "=================",
    "-",
]

# A row and a line of a neighbour or of nobody that it must leave alone.
MISS: list[tuple[str, str]] = [
    ("oslo", "2022-02-04 09:52:57.561 [info] <0.8.0> Feature flags: list of feature flags found:"),
    ("oslo", "2026-11-22  6:07:30 116 [Warning] Aborted connection 116 to db: 'neutron'"),
    ("oslo", "2015-10-29 10:52:28.336 tcpdump DEBUG Starting tcpdump retrier on interface 'qvo2e6d0f35-cb'"),
    ("oslo", "2026-11-22 06:07:39.087 28816 ERRORS nova.wsgi [-] x"),
    ("rabbitmq", "2024-05-08 15:23:57.942 [WARNING][56] felix/table.go 654: Detected"),
    ("rabbitmq", "2026-11-22 06:32:31.603770+00:00 [error] no pid"),
    ("rabbitmq", '{"level":"info","ts":"2026-03-11T09:12:45.101Z","msg":"no pid here"}'),
    ("mariadb", "2026-11-22 06:07:30.116 28816 WARNING nova.wsgi [-] [Warning] x"),
    ("mariadb", "261122 nodes"),
    ("libvirt", "2026-11-22 06:30:34.664+0000: starting up libvirt version: 9.0.0"),
    ("qemu", "2026-11-22 06:02:44.511+0000: 9925: error : virCgroupDetectControllers:451 : x"),
    ("qemu", "2026-11-22T06:30:34.805323Z host kernel: x"),
    ("ovs", "2026-03-11T09:14:22.531Z stdout F a|b|c|WARN|d"),
    ("ceph", "2026-03-11T09:14:22.531Z|00412|timeval|WARN|x"),
    ("ceph", "2026-03-11T09:14:22.531+0000 host prog[1]: x"),
    ("uwsgi", "[pid: 9473] worker"),
    ("uwsgi", "worker 1 is busy"),
    ("haproxy", '192.0.2.1 - - [11/Mar/2026:09:14:22 +0000] "POST /v3/auth/tokens HTTP/1.1" 201 4755'),
    ("haproxy", "Mar 11 09:14:20 c1 dnsmasq[1]: haproxy is DOWN"),
    ("haproxy", "[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API"),
    ("apache", "[Wed Mar 11 09:14:20 2026] nf_conntrack: table full, dropping packet"),
    ("apache", "[ERROR] plugin/errors: 2 keystone.example.org. A: read udp: i/o timeout"),
    ("apache", "2015-10-29 10:51:09.253000 [NEUTRONSRV] 3405 DEBUG keystoneclient.session [-] RESP"),
    ("syslog", "Mar 11 09:14:20 c1 haproxy[221]: backend nova_api has no server available!"),
    ("syslog", "2026-11-22T06:30:34.805323Z qemu-system-x86_64: error: failed to set MSR"),
    ("syslog", "2026-03-11T09:14:22.531+0000 mon.a (mon.0) 1203 : cluster [WRN] x"),
    ("syslog", "2026-03-11T09:14:20.531Z stdout F Mar: x"),
    ("syslog", "Wed Mar 11 09:14:20 2026 - *** HARAKIRI ON WORKER 3 ***"),
    ("klog", "E1122 is an error: x"),
    ("klog", "ERROR nova.compute.manager [-] x.go:12] y"),
    ("felix", "2026-11-22 06:36:25.655 [error] <0.3174.0> x"),
    ("etcd", '{"message": "x", "levelname": "INFO", "name": "y", "ts": 1, "msg": "z"}'),
    ("logfmt", 'time="yesterday" level=error msg="x"'),
    ("python_log", "2015-07-05 19:00:12,765 - something else"),
    ("dmesg", "[ 12 ] text"),
    ("dmesg", "[Wed Mar 11 09:14:20 2026] [error] [client 192.0.2.21] File does not exist: /x"),
    ("oslo_bare", "ERROR Failed to do it"),
    ("oslo_bare", "ERROR neutron is gone"),
    ("oslo_bare", "INFO: nova.compute.manager x"),
    ("oslo_json", '{"time":"2026-03-11 09:14:00.900123+01:00","level":"error","msg":"x","pid":"<0.801.0>"}'),
    ("oslo", "2026-03-11 09:14:20,531 INFO waiting for nova-api to stop"),
    ("oslo", "2026-03-11 09:14:20,531 WARN received SIGTERM indicating exit request"),
    ("oslo_json", '{"message": "x", "level": "info", "time": "2026-03-11", "name": "no function"}'),
    ("syslog", "2026-11-22 06:07:39.087 INFO nova.compute.manager x: y"),
    ("syslog", "Wed 2026-03-11 09:14:22 it broke: x"),
    ("syslog5424", "<163>Nov 22 06:07:39 controller1 nova-api[811]: x"),
    ("syslog5424", "<domain type='kvm' id='4'>"),
    ("journal", '{"MESSAGE": "x", "time": 1}'),
    ("journal", "__CURSOR is a name"),
    ("journal", '{"__REALTIME_TIMESTAMP":"soon","MESSAGE":"x"}'),
    ("docker", '{"log": "x", "level": "info", "time": "2026-03-11T09:14:20Z"}'),
    ("docker", "2026-03-11T09:14:20.531012345Z stdout F x"),
    ("docker", "2026-03-11T09:14:20.531Z text"),
    ("cri", "2026-03-11T09:14:20.531Z stdout is broken"),
    ("kubectl", "[pod/nova] x"),
    ("merged", "2025-01-25 20:30:24.489983 AH00558: apache2: x"),
    ("merged", "2026-03-11 09:14:20.531204 [-] x"),
    ("bird", "2026-03-11 09:14:20.531 <0.3174.0> x"),
    ("bird", "birds: x"),
    ("keepalived", "Wed Mar 11 09:14:20 2026 - *** HARAKIRI ON WORKER 3 ***"),
    ("nginx", "2026/03/11 09:14:20 startup"),
    ("proxysql", "2026-03-11 09:14:20 [ERROR] could be MySQL"),
    ("maxscale", "2026-03-11  9:14:20 0 [Note] WSREP: x"),
    ("supervisord", "2026-03-11 09:14:20,531 INFO nova.wsgi [-] x"),
    ("supervisord", "2026-03-11 09:14:20,531 INFO nova.wsgi x"),
    ("audit", "audit: backlog limit exceeded"),
    ("cloud_init", "Cloud-init v. 21.4 is installed"),
    ("memcached", "<28 is the number"),
    ("memcached", "failed to listen to you"),
    ("syslog_bare", "Foo[12]: x"),
    ("syslog_bare", "spam[0]: x"),
    ("oslo_bare", "2026-13-45 06:07:39.087 28816 ERROR nova.wsgi [-] a day that does not exist"),
    ("oslo_bare", "06:07:39.087 28816 is not a level"),
    ("oslo", "the host 2026-11-22 06:07:39.087 28816 ERROR nova.api [-] x"),
    ("oslo", "2026-03-11T09:14:20Z DEBUG timer"),
    ("oslo_bare", "3405 ERROR neutron is gone"),
    ("packages", "2022-02-01 00:16:35 starting the packages"),
    ("packages", "Log started: yesterday"),
    ("packages", "2026-03-11T09:14:20Z INFO oslo.messaging x"),
    ("ansible", "2026-03-11 09:14:20,531 p=123 is the pid | x"),
    ("slow_query", "# Time: is money"),
    ("slow_query", "# User@Host is missing"),
    ("chrony", "2026-03-11 09:14:20 10.0.0.1 came back after 3 4 5 6 7 8 tries"),
    ("tempest", "time: to go"),
    ("tempest", "error: nova is down"),
    ("tempest", "{0} is the first ... ok?"),
    ("swift", "10.0.0.7 10.0.0.1 07/Sep/2016:16:07:35 PUT /v1/AUTH_cfb8/c HTTP/1.0 503 - -"),
    ("pcsd", "I, [2022-02-04] INFO -- : x"),
    ("fluentd", "2026-03-11 09:14:20 [warn]: x"),
    ("opensearch", "[2022-02-09 22:38:21,163][ceph_volume.process][INFO  ] x"),
    ("redis", "811:M 11 Mar 2026 09:14:20.531 x"),
    ("juju", "2022-02-11 18:59:38 nova waited 3s, held 0s for x"),
    ("logfmt", "level=info is what I want"),
    ("logfmt", '{"level":"info","msg":"x","pid":"<0.801.0>","time":"2026-03-11T09:14:20Z"}'),
    ("apache", "[11/Mar/2026 09:14:20] it broke"),
    ("dmesg", "kern  :err   : x"),
    ("journal", "Wed 2026-03-11 09:14:22 UTC controller1 systemd[1]: [s=1;i=2] x"),
    ("uwsgi", "machine: compute1 is down"),
    ("syslog", "-- it broke"),
    ("syslog", "2026-03-11T09:14:20+0000 DEBUG Command: dnf upgrade"),
    ("python_log", "2026-11-22 06:07:39,087 [12] it broke: x"),
]


@pytest.mark.parametrize(("name", "line", "fields"), MATCH)
def test_understands(name: str, line: str, fields: dict[str, Any]) -> None:
    head = ROWS[name].parse(line)
    assert head is not None
    assert {field: getattr(head, field) for field in fields} == fields


@pytest.mark.parametrize(("name", "line"), sorted({(name, line) for name, line, _ in MATCH}))
def test_no_other_row_understands(name: str, line: str) -> None:
    assert [row.name for row in FORMATS if row.parse(line) is not None] == [name]
    assert read_head(line, FORMATS)[1] is ROWS[name]


@pytest.mark.parametrize(("name", "line"), MISS)
def test_leaves_alone(name: str, line: str) -> None:
    assert ROWS[name].parse(line) is None


@pytest.mark.parametrize("line", NONE)
def test_no_row_takes(line: str) -> None:
    assert [row.name for row in FORMATS if row.parse(line) is not None] == []


def test_tables_cover_every_row() -> None:
    assert {name for name, _, _ in MATCH} == set(ROWS)
    assert {name for name, _ in MISS} == set(ROWS)
    assert len(ROWS) == len(FORMATS)


# --- stamps


@pytest.mark.parametrize(
    ("month", "day", "now", "year"),
    [
        (11, 22, at(2026, 11, 22, 12), 2026),
        (11, 23, at(2026, 11, 22, 12), 2026),  # a node east of us
        (11, 24, at(2026, 11, 22, 12), 2025),
        (12, 31, at(2027, 1, 1, 0, 30), 2026),
        (2, 29, at(2027, 1, 1), 2024),
        (2, 29, at(2103, 1, 1), 2096),  # 2100 is no leap year
    ],
)
def test_year_is_the_newest_that_is_not_in_the_future(month: int, day: int, now: datetime, year: int) -> None:
    assert newest_year(at(2000, month, day, 6, 7, 39), now) == at(year, month, day, 6, 7, 39)


def test_years_of_a_file_come_from_its_reference() -> None:
    lines = ("Dec 31 23:59:59", "Jan  1 00:00:01", "Feb  2 10:00:00")
    text = [Line(f"{stamp} c1 chronyd[71]: x", 0, 0) for stamp in lines]
    for reference in (at(2021, 2, 2, 11), at(2021, 2, 2, 11, hours=2), at(2021, 12, 30)):
        found = fold(text, FORMATS, Place("n", "s", "f", "f"), to_utc, reference=reference)
        assert [record.time.year for record in found if record.time] == [2020, 2021, 2021]


def test_reference_leaves_whole_stamps_alone() -> None:
    text = "Nov 22 06:07:39 c1 nova-api[811]: 2026-11-22 06:07:39.087 811 INFO nova.x [-] x"
    (record,) = fold([Line(text, 0, 0)], FORMATS, Place("n", "s", "f", "f"), to_utc, reference=at(2021, 2, 2))
    assert record.time == at(2026, 11, 22, 6, 7, 39, 87000, hours=0)


def test_year_of_a_day_that_never_was() -> None:
    assert without_year(2, 30, "06:07:39") is None


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-11T09:12:45.101Z", at(2026, 3, 11, 9, 12, 45, 101000, hours=0)),
        ("2026-03-11 09:12:45,1", at(2026, 3, 11, 9, 12, 45, 100000)),
        ("2026-03-11T09:12:45.123456789+05:30", at(2026, 3, 11, 9, 12, 45, 123456, hours=5.5)),
        ("2026-03-11T09:12:45 -0300", at(2026, 3, 11, 9, 12, 45, hours=-3)),
        ("2026-02-30T09:12:45Z", None),
        ("0001-01-01 00:00:00", None),  # a change of zone would leave the calendar
        ("yesterday", None),
    ],
)
def test_iso_to_time(text: str, time: datetime | None) -> None:
    assert iso_to_time(text) == time


def test_zone_out_of_range_is_no_crash() -> None:
    assert read_zone("+99:99").utcoffset(None) == timedelta(hours=23, minutes=59)


# --- lines to records


def records(text: str) -> list[Record]:
    lines = text.split("\n")
    found = list(
        fold((Line(line, 0, i) for i, line in enumerate(lines, 1)), detect(lines), Place("n", "s", "f", "f"), to_utc)
    )
    assert sum(record.lines for record in found) == len(lines)
    return found


def to_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def test_tracebacks_of_two_workers_interleaved() -> None:
    head = "2026-11-22 06:13:13.586 {} ERROR nova.compute.manager [None {} u p - - default default] Failed: x.{}: no"
    line = "2026-11-22 06:13:13.586 {} ERROR nova.compute.manager {}"
    text = "\n".join(
        (
            head.format(1, "req-1", "OneError"),
            head.format(2, "req-2", "TwoError"),
            line.format(1, "Traceback (most recent call last):"),
            line.format(2, "Traceback (most recent call last):"),
            line.format(1, '  File "a.py", line 1, in f'),
            line.format(2, '  File "b.py", line 1, in g'),
            line.format(2, "x.TwoError: no"),
            line.format(1, "x.OneError: no"),
        )
    )
    one, two = records(text)
    assert (one.request_id, one.lines, one.exception) == ("req-1", 4, ("x.OneError", "no", 1))
    assert (two.request_id, two.lines, two.exception) == ("req-2", 4, ("x.TwoError", "no", 1))
    assert one.body == ("Traceback (most recent call last):", '  File "a.py", line 1, in f', "x.OneError: no")


def test_chained_exception_with_bare_lines_is_one_record() -> None:
    line = "2026-11-22 06:19:43.075 21792 ERROR oslo_db.sqlalchemy.engines {}"
    text = "\n".join(
        (
            line.format(
                "[None req-1 - - - - - -] Database connection was found disconnected: sqlalchemy.exc.OperationalError: x"
            ),
            line.format("Traceback (most recent call last):"),
            line.format('  File "a.py", line 1, in f'),
            line.format("pymysql.err.OperationalError: (2013, 'Lost connection to MySQL server during query')"),
            line.format(""),
            line.format("The above exception was the direct cause of the following exception:"),
            line.format(""),
            line.format("Traceback (most recent call last):"),
            line.format('  File "b.py", line 1, in g'),
            line.format("sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (2013, 'Lost connection')"),
            "[SQL: SELECT 1]",
            "(Background on this error at: https://sqlalche.me/e/14/e3q8)",
        )
    )
    (record,) = records(text)
    assert record.exception is not None
    assert record.exception.name == "sqlalchemy.exc.OperationalError"
    assert record.exception.frames == 2


def test_remote_exception() -> None:
    text = (
        "2026-11-22 06:41:18.182 21792 ERROR nova.conductor.manager [None req-1 u p - - default default] Failed to schedule"
        " instances: nova.exception_Remote.NoValidHost_Remote: No valid host was found. \n"
        ": nova.exception_Remote.NoValidHost_Remote: No valid host was found. \n"
        "2026-11-22 06:41:18.182 21792 ERROR nova.conductor.manager Traceback (most recent call last):\n"
        "2026-11-22 06:41:18.182 21792 ERROR nova.conductor.manager nova.exception_Remote.NoValidHost_Remote: No valid host"
    )
    (record,) = records(text)
    assert record.exception == ("nova.exception_Remote.NoValidHost_Remote", "No valid host", 0)


TRACEBACK = (
    "2026-11-22 06:13:13.586 16720 ERROR nova.x [req-1 u p - - -] Failed",
    "2026-11-22 06:13:13.586 16720 ERROR nova.x Traceback (most recent call last):",
    '2026-11-22 06:13:13.586 16720 ERROR nova.x   File "a.py", line 1, in f',
    "2026-11-22 06:13:13.586 16720 ERROR nova.x x.DBError: (pymysql.err.OperationalError) (1040, 'Too many')",
    "[SQL: SELECT 1]",
    "",
    "2026-11-22 06:13:14.000 16720 INFO nova.x [req-2 u p - - -] next",
)
PYTHON2 = (
    "Traceback (most recent call last):",
    '  File "a.py", line 1, in f',
    "    g()",
    "IOError: [Errno 2] x",
    "ready",
)
CARRIERS = {
    "syslog": "Nov 22 06:13:13 c1 nova-api[811]: {}",
    "journalctl": "2026-11-22T06:13:13+0000 c1 nova-api[811]: {}",
    "full": "Sun 2026-11-22 06:13:13 UTC c1 nova-api[811]: {}",
    "5424": "<163>1 2026-11-22T06:13:13.087+00:00 c1 nova-api 811 - - {}",
    "cri": "2026-11-22T06:13:13.531Z stderr F {}",
    "docker": '{{"log":{},"stream":"stderr","time":"2026-11-22T06:13:13.531Z"}}',
    "stamps": "2026-11-22T06:13:13.531012345Z {}",
    "json": '{{"__REALTIME_TIMESTAMP":"1795328000531012","SYSLOG_IDENTIFIER":"a","_PID":"1","PRIORITY":"3","MESSAGE":{}}}',
    "kubectl": "[pod/nova-api-1/nova-api] {}",
    "merged": "2026-11-22 06:13:13.586000 [NOVA] {}",
}


def carry(carrier: str, line: str) -> str:
    text = json.dumps(line + "\n" * (carrier == "docker")) if carrier in ("docker", "json") else line
    return CARRIERS[carrier].format(text)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_traceback_is_one_record_in_every_carrier(carrier: str) -> None:
    one, two = records("\n".join(carry(carrier, line) for line in TRACEBACK))
    assert (one.lines, one.request_id, one.level, one.logger, one.message) == (6, "req-1", ERROR, "nova.x", "Failed")
    assert one.exception == ("x.DBError", "(pymysql.err.OperationalError) (1040, 'Too many')", 1)
    assert one.time == at(2026, 11, 22, 6, 13, 13, 586000, hours=0)
    assert one.format != "raw"
    assert (two.lines, two.request_id) == (1, "req-2")


@pytest.mark.parametrize("carrier", CARRIERS)
def test_bare_traceback_is_one_record_in_every_carrier(carrier: str) -> None:
    first, second = records("\n".join(carry(carrier, line) for line in PYTHON2))
    assert first.exception == ("IOError", "[Errno 2] x", 1)
    assert (first.level, first.lines, second.message) == (ERROR, 4, "ready")


def test_pods_that_are_mixed_keep_their_tracebacks() -> None:
    one, two = (f"[pod/nova-api-{n}/nova-api] {{}}" for n in "12")
    text = [row.format(line) for line in PYTHON2[:4] for row in (one, two)]
    assert [record.lines for record in records("\n".join(text))] == [4, 4]


def test_cut_lines_are_joined() -> None:
    text = (
        "2026-11-22T06:13:13.1Z stdout P 2026-11-22 06:13:13.586 1 INFO nova.x [req-1 u p - - -] a\n"
        "2026-11-22T06:13:13.1Z stderr F other\n2026-11-22T06:13:13.2Z stdout P b\n2026-11-22T06:13:13.2Z stdout F c\n"
        "2026-11-22T06:13:13.3Z stdout F next"
    )
    assert [(r.message, r.lines) for r in records(text)] == [("abc", 3), ("other", 1), ("next", 1)]
    half = '{{"log":"{}","stream":"stdout","time":"2026-03-11T09:14:20.5Z"}}'
    assert [r.message for r in records(half.format("a") + "\n" + half.format("b\\n"))] == ["ab"]


def test_exported_journal() -> None:
    text = (
        "__CURSOR=s=6c0b;i=1f\n__REALTIME_TIMESTAMP=1773220460531012\nPRIORITY=3\nSYSLOG_IDENTIFIER=nova-api\n_PID=811\n"
        "LOGGER_NAME=nova.api\nREQUEST_ID=req-1\nMESSAGE\n\x1f\0\0\0\0\0\0\0ERROR nova.api [-] no\nERROR nova.api Traceback\n"
        "_COMM=x\n\n__CURSOR=s=6c0b;i=20\n__REALTIME_TIMESTAMP=1773220461531012\nMESSAGE=two\n"
    )
    one, two = records(text)
    assert (one.time, one.level) == (at(2026, 3, 11, 9, 14, 20, 531012, hours=0), ERROR)
    assert (one.logger, one.pid, one.request_id, one.message) == ("nova.api", "811", "req-1", "no")
    assert (one.body, one.lines, two.message, two.lines) == (("Traceback",), 12, "two", 4)


def test_uwsgi_lines_between_oslo_lines_stand_alone() -> None:
    text = (
        "2026-11-22 06:07:26.807 9473 WARNING keystone.x [None req-1 - - - - - -] text\x1b[00m\n"
        "[pid: 9473|app: 0|req: 1/1] 127.0.0.1 () {32 vars in 477 bytes} [Sun Nov 22 06:06:27 2026] GET / => generated 1 "
        "bytes in 3 msecs (HTTP/1.1 200) 6 headers in 248 bytes (1 switches on core 0)\n"
        "2026-11-22 06:07:26.808 9473 WARNING keystone.x [None req-2 - - - - - -] text\x1b[00m"
    )
    assert [record.format for record in records(text)] == ["oslo", "uwsgi", "oslo"]


def test_uwsgi_backtrace_is_one_record() -> None:
    text = (
        "!!! uWSGI process 9473 got Segmentation Fault !!!\n*** backtrace of 9473 ***\n"
        "/usr/bin/uwsgi_python3(uwsgi_backtrace+0x2f) [0x55cb1036e4df]\n/lib/libc.so.6(+0x3c050) [0x7efc5d8ae050]\n"
        "*** end of backtrace ***\nworker 1 buried after 1 seconds\ngoodbye to uWSGI."
    )
    assert [record.lines for record in records(text)] == [1, 4, 1, 1]


def test_rabbitmq_report_is_one_record_though_others_cut_in() -> None:
    stamp = "2026-11-22 06:32:31.603770+00:00 [error] <0.6519.0>"
    text = (
        f"{stamp} Error on AMQP connection <0.6519.0>, channel 0:\n"
        "2026-11-22 06:32:31.604016+00:00 [error] <0.7054.0> Error on AMQP connection <0.7054.0>, channel 0:\n"
        f"{stamp}  operation none caused a connection exception connection_forced\n"
        "2026-11-22 06:32:31.604016+00:00 [error] <0.7054.0>  operation none caused a connection exception"
    )
    assert [(record.pid, record.lines) for record in records(text)] == [("<0.6519.0>", 2), ("<0.7054.0>", 2)]


def test_rabbitmq_report_of_3_6() -> None:
    text = (
        "=ERROR REPORT==== 21-Jul-2016::19:21:26 ===\nclosing AMQP connection <0.11270.4127>:\n{handshake_timeout,handshake}\n"
        "\n=INFO REPORT==== 21-Jul-2016::19:21:27 ===\naccepting AMQP connection"
    )
    assert [(record.level, record.lines) for record in records(text)] == [(ERROR, 4), (INFO, 2)]


def test_slow_queries_are_events_with_the_time_of_their_statement() -> None:
    query = (
        "# User@Host: nova[nova] @ controller1 [10.0.0.1]\n# Thread_id: 12  Schema: nova  QC_hit: No\n"
        "# Query_time: 10.104520  Lock_time: 0.000090  Rows_sent: 1  Rows_examined: 120000\n"
        "SET timestamp={};\nSELECT *\nFROM instances;"
    )
    text = "\n".join(("# Time: 260311  9:14:20", query.format(1773220460), query.format(1773220461)))
    found = records(text)
    assert [(r.format, r.lines) for r in found] == [("slow_query", 1), ("slow_query", 6), ("slow_query", 6)]
    assert found[2].time == at(2026, 3, 11, 9, 14, 21, hours=0)
    assert found[1].body[-1] == "FROM instances;"


def test_verbose_journal() -> None:
    text = (
        "-- Logs begin at Mon 2026-03-09 09:14:22 UTC, end at Wed 2026-03-11 09:14:22 UTC. --\n"
        "Wed 2026-03-11 09:14:20.531012 UTC [s=6c0b;i=1f;b=77;m=3;t=4;x=5]\n    PRIORITY=3\n    SYSLOG_IDENTIFIER=nova-api\n"
        "    _PID=811\n    MESSAGE=no\nWed 2026-03-11 09:14:21.531012 UTC [s=6c0b;i=20;b=77;m=3;t=4;x=5]\n    MESSAGE=two"
    )
    _, one, two = records(text)
    assert (one.time, one.level) == (at(2026, 3, 11, 9, 14, 20, 531012, hours=0), ERROR)
    assert (one.logger, one.pid, one.message, one.lines) == ("nova-api", "811", "no", 5)
    assert (two.message, two.lines) == ("two", 2)


def test_what_apt_did_is_one_event() -> None:
    text = (
        "Start-Date: 2022-02-07  15:32:54\nCommandline: apt-get install -qqy grub-pc\nInstall: grub-pc:amd64 (2.04)\n"
    )
    assert [(r.lines, r.format) for r in records(text + "End-Date: 2022-02-07  15:32:55\n")] == [
        (3, "packages"),
        (2, "packages"),
    ]


def test_start_of_a_guest_takes_its_command_line() -> None:
    text = (
        "2026-11-22 06:30:34.664+0000: starting up libvirt version: 9.0.0\nLC_ALL=C \\\n/usr/bin/qemu-system-x86_64 \\\n"
        "-uuid 99e111f2-2818-47f7-a8ea-66b60ae996fe \\\nchar device redirected to /dev/pts/0 (label charserial0)\n"
        "2026-11-22T06:30:34.805323Z qemu-system-x86_64: error: failed to set MSR 0x10a to 0x69\n"
        "qemu-system-x86_64: ../../target/i386/kvm/kvm.c:3183: kvm_buf_set_msrs: Assertion `x' failed.\n"
        "2026-11-22 06:30:36.227+0000: shutting down, reason=failed"
    )
    assert [record.lines for record in records(text)] == [5, 2, 1]


def test_traceback_in_apache_error_log_is_joined_by_thread_and_client() -> None:
    stamp = "[Wed Mar 11 09:14:20.53{} 2026] [wsgi:error] [pid 24:tid {}] [remote 10.0.0.5:51422] {}"
    text = "\n".join(
        (
            stamp.format(1, 1, "mod_wsgi (pid=24): Exception occurred processing WSGI script '/usr/bin/keystone'."),
            stamp.format(2, 1, "Traceback (most recent call last):"),
            stamp.format(3, 2, "mod_wsgi (pid=24): something else"),
            stamp.format(4, 1, '  File "/usr/bin/keystone", line 4, in <module>'),
            stamp.format(5, 1, "ModuleNotFoundError: No module named 'MySQLdb'"),
        )
    )
    first, second = records(text)
    assert first.exception == ("ModuleNotFoundError", "No module named 'MySQLdb'", 1)
    assert second.lines == 1


def test_traceback_in_syslog_is_joined_by_process() -> None:
    stamp = "Mar 12 13:13:13 testnode01 {}: {}"
    text = "\n".join(
        (
            stamp.format("nova-compute[4021]", "Traceback (most recent call last):"),
            stamp.format(
                "nova-compute[4021]", '  File "/usr/lib/python3/dist-packages/eventlet/hubs/hub.py", line 1, in f'
            ),
            stamp.format("systemd[1]", "Started Session 4 of user root."),
            stamp.format("nova-compute[4021]", "    timer()"),
            stamp.format("nova-compute[4021]", "x.SwitchError: cannot switch to a different thread"),
        )
    )
    first, second = records(text)
    assert (first.lines, second.lines) == (4, 1)
    assert first.exception == ("x.SwitchError", "cannot switch to a different thread", 1)


@pytest.mark.parametrize(
    ("stamp", "following"),
    [
        ("Mar 12 13:13:13 testnode01 nova-compute[4021]: ", "Starting again"),
        ("Mar 12 13:13:13 testnode01 nova-compute[4021]: ", "2026-11-22 06:07:39.087 1 INFO nova.x [-] new"),
        ("[Wed Mar 11 09:14:20.5 2026] [wsgi:error] [pid 24:tid 1] ", "mod_wsgi (pid=24): next"),
    ],
)
def test_event_after_a_traceback_of_the_same_process_and_second_is_its_own(stamp: str, following: str) -> None:
    lines = ("Traceback (most recent call last):", '  File "x.py", line 1, in f', "ValueError: x", following)
    assert [record.lines for record in records("\n".join(stamp + line for line in lines))] == [3, 1]


def test_one_blank_before_a_text_is_no_indentation() -> None:
    """pacemaker's lines in syslog begin with a blank; two thousand of them once were one event."""
    stamp = "Feb 10 00:01:11 juju-04f1e3-0-lxd-5 pacemaker-controld[478]:  notice: State transition "
    found = records(f"{stamp}S_IDLE -> S_POLICY_ENGINE \n{stamp}S_TRANSITION_ENGINE -> S_IDLE ")
    assert [(record.lines, record.level) for record in found] == [(1, INFO), (1, INFO)]


def test_coloured_traceback_keeps_its_indentation_and_loses_its_colour() -> None:
    stamp = "2026-11-22 06:07:26.807 9473 ERROR keystone.x "
    lines = ("[-] no\x1b[00m", "      one\x1b[00m", "      two\x1b[00m")
    (record,) = records("\n".join(stamp + line for line in lines))
    assert record.body == ("      one", "      two")


def test_json_takes_one_line_and_keeps_its_traceback() -> None:
    event = {
        "message": "no",
        "name": "nova",
        "levelname": "ERROR",
        "created": 1.0,
        "traceback": ["Traceback (most recent call last):\n", "a.BError: c\n"],
    }
    (record,) = records(json.dumps(event))
    assert (record.lines, record.exception) == (1, ("a.BError", "c", 0))


# --- lines that belong to no event

STDERR: list[tuple[str, str, Level]] = [
    ("ERROR: epmd error for host openStack: address (cannot connect to host/port)", "epmd error for host", ERROR),
    ("[ERROR] Found 1 prepared transactions!", "Found 1 prepared", ERROR),
    ("fatal: unable to access the repository", "unable to access", CRITICAL),
    ("nova.exception.InvalidConfiguration: No local node identity found", "nova.exception.Inv", ERROR),
    ("libvirtError: Failed to connect socket to '/var/run/libvirt/virtlogd-sock'", "libvirtError: Failed", ERROR),
]


@pytest.mark.parametrize(("line", "begins", "level"), STDERR)
def test_what_a_program_says_on_stderr(line: str, begins: str, level: Level) -> None:
    (record,) = records(line)
    assert (record.format, record.level, record.time) == ("stderr", level, None)
    assert record.message.startswith(begins)


@pytest.mark.parametrize(("line", "_begins", "_level"), STDERR)
def test_the_same_line_behind_an_event_is_the_event_s(line: str, _begins: str, _level: Level) -> None:
    (record,) = records(f"2026-11-22 06:07:39.087 811 ERROR nova.x [-] it failed:\n{line}")
    assert record.body == (line,)


STAMPED: list[tuple[str, datetime, Level | None, str]] = [
    (
        "2018-06-28 00:20:17.173738 INFO [sample_workload.sh]: Workload started!",
        at(2018, 6, 28, 0, 20, 17, 173738, hours=0),
        INFO,
        "INFO [sample_workload.sh]: Workload started!",
    ),
    (
        "2015-10-29 10:52:28.336 tcpdump DEBUG Starting tcpdump retrier on interface 'tap2e6d0f35-cb'",
        at(2015, 10, 29, 10, 52, 28, 336000, hours=0),
        DEBUG,
        "tcpdump DEBUG Starting tcpdump retrier on interface 'tap2e6d0f35-cb'",
    ),
    ("[2026-03-11T09:14:20Z] no ERROR", at(2026, 3, 11, 9, 14, 20, hours=0), ERROR, "no ERROR"),
    ("2026-03-11 09:14:20 there was no ERROR", at(2026, 3, 11, 9, 14, 20, hours=0), None, "there was no ERROR"),
]


@pytest.mark.parametrize(("line", "time", "level", "message"), STAMPED)
def test_a_stamp_tells_the_time_of_any_line(line: str, time: datetime, level: Level | None, message: str) -> None:
    first, second = records(f"{line}\nmore")
    assert (first.format, first.time, first.level, first.message) == ("stamped", time, level, message)
    assert (second.format, second.time) == ("raw", time)


@pytest.mark.parametrize("line", [line for line, *_ in STAMPED])
def test_among_the_lines_of_an_event_a_stamp_is_part_of_it(line: str) -> None:
    (record,) = records(f"2026-11-22 06:07:39.087 811 DEBUG nova.x [-] it printed:\n{line}")
    assert record.body == (line,)


@pytest.mark.parametrize(
    "line",
    [
        "Errors: none",
        "2026-11-22",
        "2026-13-45 06:07:39 no day",
        "[2026]",
        "error while doing it",
        "nova.conf: no",
        "INFO",
        "worker is down",
        "a.b.c",
    ],
)
def test_other_lines_stay_raw(line: str) -> None:
    (record,) = records(line)
    assert (record.format, record.level) == ("raw", None)


def test_a_bare_traceback_is_one_event() -> None:
    text = 'Traceback (most recent call last):\n  File "x.py", line 1, in f\n    g()\nnova.exception.Bad: no\nmore'
    (record,) = records(text)
    assert (record.format, record.lines, record.exception) == ("stderr", 5, ("nova.exception.Bad", "no", 1))


@pytest.mark.parametrize("indent", ["  ", "    ", "\t"])
def test_a_log_that_was_pasted_with_an_indent(indent: str) -> None:
    stamp = "2026-11-22 06:07:39.087 811 ERROR nova.x "
    lines = [f"{stamp}[req-1 - -] one", f"{stamp}Traceback (most recent call last):", f"{stamp}ValueError: no"]
    lines += ["2026-11-22 06:07:40.000 811 INFO nova.x [-] two", "  and its second line"]
    found = records("\n".join(indent + line for line in lines))
    assert [(r.format, r.lines, r.message) for r in found] == [("oslo", 3, "one"), ("oslo", 2, "two")]


# --- any text

_LINES = sorted({line for _, line, _ in MATCH} | set(NONE) | {line for _, line in MISS})


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A real line with a piece cut out, doubled or replaced."""
    line = draw(st.sampled_from(_LINES))
    start, end = sorted((draw(st.integers(0, len(line))), draw(st.integers(0, len(line)))))
    return line[:start] + draw(st.one_of(st.just(line[start:end] * 2), st.text(max_size=8))) + line[end:]


any_line = st.one_of(st.sampled_from(_LINES), mutated(), st.text(max_size=80))


@settings(max_examples=400, deadline=None)
@given(any_line)
def test_no_text_raises(line: str) -> None:
    for row in FORMATS:
        head = row.parse(line)
        assert head is None or isinstance(head, Head)


@settings(max_examples=150, deadline=None)
@given(st.lists(any_line, max_size=30))
def test_no_line_is_lost(lines: list[str]) -> None:
    found = fold((Line(line, 0, 0) for line in lines), detect(lines[:10]), Place("n", "s", "f", "f"), to_utc)
    assert sum(record.lines for record in found) == len(lines)


# What files hold besides text: padding of a crash, another system's line ends, cut characters, long lines.
_JUNK = (b"\0\0\0", b"\r", b"\xff\xfe", b"\xe2\x82", b"\x0c", b"\x85", "\u2028\u2029".encode(), b"\x1c", b"x" * 70_000)
any_bytes = st.one_of(
    any_line.map(lambda line: line.encode("utf-8", "surrogatepass")), st.sampled_from(_JUNK), st.binary(max_size=40)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(any_bytes, max_size=3).map(b"".join), max_size=20), st.booleans())
def test_no_line_is_lost_whatever_the_bytes(pieces: list[bytes], ended: bool) -> None:
    # A file that begins with junk is taken for no log at all.
    data = b"\n".join((oslo("[-] ").encode(), b"first\n" * 40, *pieces)) + b"\n" * ended
    with TemporaryDirectory() as directory:
        (Path(directory) / "nova-api.log").write_bytes(data)
        found = list(haystack.find("", [directory], jobs=1))
    assert sum(record.lines for record in found) == data.count(b"\n") + (not data.endswith(b"\n"))


@pytest.mark.parametrize(
    "piece", ["a", " ", "[", "0", "a.", ": ", "/", "2026-11-22 06:07:39.087 ", "\x1b[0m", '"', "a/"]
)
@pytest.mark.parametrize(
    "begin", ["", "2026-11-22 06:07:39.087 ", "Nov 22 06:07:39 host prog: ", "1.2.3.4 - - [", "[", "ERROR "]
)
def test_long_lines_take_no_long_time(begin: str, piece: str) -> None:
    """A megabyte of the same: a quadratic expression would take minutes."""
    line = begin + piece * (1_000_000 // len(piece))
    before = datetime.now()
    for row in FORMATS:
        row.parse(line)
    assert datetime.now() - before < timedelta(seconds=3)
