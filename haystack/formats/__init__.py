"""What a line means: one file per format, one row each in ``FORMATS``.

The order of the rows is the order in which they are tried on a line: the commonest first, the least strict last.
No line is understood by two of them (a test sees to it), so ``detect`` may change the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from . import (
    ansible,
    apache,
    audit,
    bird,
    ceph,
    chrony,
    cloud_init,
    cri,
    dmesg,
    docker,
    etcd,
    felix,
    fluentd,
    haproxy,
    journal,
    juju,
    keepalived,
    klog,
    kubectl,
    libvirt,
    logfmt,
    mariadb,
    maxscale,
    memcached,
    merged,
    nginx,
    opensearch,
    oslo,
    oslo_bare,
    oslo_json,
    ovs,
    packages,
    pcsd,
    proxysql,
    python_log,
    qemu,
    rabbitmq,
    redis,
    slow_query,
    supervisord,
    swift,
    syslog,
    syslog5424,
    syslog_bare,
    tempest,
    uwsgi,
)
from .events import Line, Place
from .fold import fold, read_head
from .head import Format, Head

FORMATS: tuple[Format, ...] = (
    oslo_json.FORMAT,
    oslo.FORMAT,
    rabbitmq.FORMAT,
    uwsgi.FORMAT,
    ovs.FORMAT,
    mariadb.FORMAT,
    libvirt.FORMAT,
    qemu.FORMAT,
    ceph.FORMAT,
    felix.FORMAT,
    etcd.FORMAT,
    klog.FORMAT,
    logfmt.FORMAT,
    python_log.FORMAT,
    haproxy.FORMAT,
    apache.FORMAT,
    syslog.FORMAT,
    syslog5424.FORMAT,
    journal.FORMAT,
    docker.FORMAT,
    cri.FORMAT,
    kubectl.FORMAT,
    dmesg.FORMAT,
    nginx.FORMAT,
    proxysql.FORMAT,
    maxscale.FORMAT,
    supervisord.FORMAT,
    audit.FORMAT,
    bird.FORMAT,
    keepalived.FORMAT,
    cloud_init.FORMAT,
    memcached.FORMAT,
    merged.FORMAT,
    opensearch.FORMAT,
    ansible.FORMAT,
    packages.FORMAT,
    juju.FORMAT,
    slow_query.FORMAT,
    chrony.FORMAT,
    swift.FORMAT,
    pcsd.FORMAT,
    fluentd.FORMAT,
    redis.FORMAT,
    tempest.FORMAT,
    oslo_bare.FORMAT,
    syslog_bare.FORMAT,
)


def detect(lines: Iterable[str]) -> Sequence[Format]:
    """``FORMATS`` reordered for a file, from a sample of its lines: those seen come first, the commonest leading."""
    seen: dict[str, int] = {}
    rows = list(FORMATS)
    for text in lines:
        _, row = read_head(text, rows)
        if row is not None:
            seen[row.name] = seen.get(row.name, 0) + 1
            if row is not rows[0]:  # the next line is most likely of the same kind
                rows.remove(row)
                rows.insert(0, row)
    return sorted(FORMATS, key=lambda row: -seen.get(row.name, 0))


__all__ = ["FORMATS", "Format", "Head", "Line", "Place", "detect", "fold", "read_head"]
