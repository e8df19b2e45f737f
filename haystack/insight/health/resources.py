"""Checks of machines: disks, memory, limits, devices, network, clock; from logs, and from facts where there are any."""

from __future__ import annotations

from .common import WARNED
from .model import AMBER, GREEN, RED, Check, Sign

_SYSTEM_LOGS = ("kernel", "systemd", "syslog")
# Who repeats what failed on another node says nothing of its own.
_ELSEWHERE = ("Error from last host: ", "Remote error: ")
# What the kernel says once is acute for so long; then it was.
_ACUTE = 600.0

RESOURCES = (
    Check(
        "disk",
        "resources",
        "Disk space",
        "file systems without room or inodes",
        _SYSTEM_LOGS,
        (
            Sign(
                RED,
                ("host-disk-full", "mysql-disk-full-waiting", "kernel-dm-thin-out-of-space", "cinder-lvm-thin-full"),
                without=_ELSEWHERE,
                holds=WARNED,
            ),
        ),
        facts="file systems: red from 95 % of space or inodes used, amber from 85 %",
    ),
    Check(
        "memory",
        "resources",
        "Memory",
        "the kernel killed processes for want of memory, or found none",
        _SYSTEM_LOGS,
        (
            Sign(RED, ("kernel-oom-killer", "systemd-oom-unit", "sys-cannot-fork"), without=_ELSEWHERE, holds=_ACUTE),
            Sign(AMBER, ("kernel-oom-reaper-cgroup", "kernel-page-allocation-failure"), holds=WARNED),
        ),
        facts="memory: red below 5 % available, amber below 10 %; amber when something was killed for want of memory",
    ),
    Check(
        "limits",
        "resources",
        "Limits",
        "open files, processes, connection tracking and neighbour tables that are full",
        _SYSTEM_LOGS,
        (
            Sign(
                RED,
                ("sys-too-many-open-files", "kernel-conntrack-full", "kernel-process-limits"),
                without=_ELSEWHERE,
                holds=_ACUTE,
            ),
            Sign(AMBER, ("kernel-neighbour-overflow", "sys-inotify-limit", "kernel-syn-flooding"), holds=WARNED),
        ),
    ),
    Check(
        "storage-devices",
        "resources",
        "Disks and file systems",
        "devices that fail, file systems that are damaged or read-only, tasks that hang on storage",
        _SYSTEM_LOGS,
        (
            Sign(
                RED,
                (
                    "kernel-io-error", "kernel-ext4-error", "kernel-xfs-shutdown", "kernel-jbd2-aborted",
                    "kernel-md-disk-failure", "kernel-nvme-timeout", "kernel-scsi-device-offlined",
                    "kernel-fs-readonly", "sys-readonly-fs", "host-io-error", "nfs-server-not-responding",
                ),
                holds=WARNED,
            ),
            Sign(
                AMBER,
                ("kernel-hung-task", "kernel-buffer-io-error", "kernel-multipath-fail", "iscsi-connection-error"),
                holds=WARNED,
            ),
        ),
    ),
    Check(
        "hardware",
        "resources",
        "Hardware and network cards",
        "faults of CPU, memory and network cards, links that are down, reboots",
        _SYSTEM_LOGS,
        (
            Sign(
                RED,
                ("kernel-mce", "kernel-soft-lockup", "kernel-panic", "kernel-bond-no-active-slave"),
                holds=WARNED,
            ),
            Sign(AMBER, ("kernel-netdev-watchdog", "host-rebooted"), holds=WARNED),
            Sign(AMBER, ("kernel-link-down",), subject="{iface}"),
            Sign(
                GREEN,
                texts=("ink is ",),
                regex=r"(?P<iface>[\w.@-]+):? (?:NIC )?[Ll]ink is [Uu]p",
                services=_SYSTEM_LOGS,
                subject="{iface}",
            ),
        ),
    ),
    Check(
        "time",
        "resources",
        "Clock",
        "time sources, and clocks that were wrong",
        ("chrony", "syslog", "systemd"),
        (
            Sign(RED, ("chrony-adjustment-refused", "neutron-agent-clock-skew"), holds=WARNED),
            Sign(AMBER, ("ntp-no-sources",)),
            Sign(AMBER, ("ntp-clock-wrong", "chrony-time-jump"), subject="jump", holds=WARNED),
            Sign(GREEN, texts=("Selected source ",)),
            Sign(GREEN, texts=("ynchronized to time server",)),
        ),
        facts="red when the clock is more than 30 s off, amber from 1 s and when it is not synchronised",
    ),
    Check(
        "load",
        "resources",
        "Load",
        "processes that wait for CPU or storage",
        (),
        facts="amber when the load of the last five minutes is more than twice the number of CPUs",
        by_sign=True,
    ),
    Check(
        "units",
        "resources",
        "Failed units",
        "services that systemd counts as failed",
        (),
        facts="red for units of OpenStack and of what it stands on, amber for others",
        by_sign=True,
    ),
)  # fmt: skip
