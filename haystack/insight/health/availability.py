"""Checks of what OpenStack itself does: services, agents and computes that are there, and answer."""

from __future__ import annotations

from .common import CLIENTS, REPEATED, WARNED
from .model import AMBER, GREEN, RED, Check, Sign

# The server tells of dead agents each 37 s while there are any.
_AGENT_REPORT = 120.0
_COMPUTES = ("nova-compute",)

AVAILABILITY = (
    Check(
        "services-stopped",
        "availability",
        "Stopped services",
        "services that were told to stop, died, or could not start, and did not come back",
        (),
        (
            Sign(
                RED,
                (
                    "control-service-stopped", "agent-stopped", "neutron-server-stopped", "neutron-agent-stopped",
                ),
                subject="{service}",
                says="was stopped[: {signal}]",
            ),
            Sign(RED, ("nova-service-start-crashed", "neutron-service-fatal"), subject="{service}"),
            Sign(RED, ("systemd-service-stopped", "systemd-start-failed"), subject="{name}"),
            Sign(
                RED,
                ("systemd-service-died", "systemd-watchdog-timeout", "systemd-exec-failed"),
                subject="{unit}",
                holds=WARNED,
            ),
            Sign(AMBER, ("systemd-unit-failed",), subject="{unit}", holds=WARNED),
            Sign(AMBER, ("service-worker-killed",), subject="{service}", holds=WARNED),
            Sign(GREEN, texts=("Logging enabled!",), subject="{service}"),
            Sign(GREEN, texts=(" wsgi starting up on ",), subject="{service}"),
            Sign(GREEN, texts=("Agent initialized successfully, now running",), subject="{service}"),
            Sign(GREEN, texts=(" workers",), regex=r"Starting \d+ workers", subject="{service}"),
            Sign(GREEN, texts=(" node (version ",), regex=r"Starting [\w-]+ node \(version", subject="{service}"),
            Sign(
                GREEN,
                texts=("Started ",),
                regex=r"(?:^|systemd\[\d+\]: )Started (?P<name>(?P<unit>[\w@.:-]+).{0,80}?)\.?$",
                services=("systemd", "syslog"),
                subject="{name}",
                also="{unit}",
            ),
        ),
        lives=True,
    ),
    Check(
        "services-silent",
        "availability",
        "Silent services",
        "logs that ended well before the other logs of their node, against how often something was written before; "
        "amber for services that write only when they are asked",
        (),
    ),
    Check(
        "nodes-silent",
        "availability",
        "Silent nodes",
        "nodes of which all logs end well before those of the others: down, cut off, or collected earlier",
        (),
    ),
    Check(
        "neutron-agents",
        "availability",
        "Network agents",
        "agents that the server counts as dead, by its own reports",
        ("neutron-server",),
        (
            Sign(
                RED,
                texts=("Agent healthcheck: found", "dead agents out of"),
                regex=r"^\s*(?P<agent>[A-Z][\w() -]*?)\s+\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*\s+(?P<host>\S+)$",
                subject="{agent} on {host}",
                says="is dead for the server",
                holds=_AGENT_REPORT,
            ),
            Sign(
                RED,
                texts=("is down. Type: ", "heartbeat:"),
                regex=r"is down\. Type: (?P<agent>[^,]+), host: (?P<host>[^,]+), heartbeat:",
                subject="{agent} on {host}",
                says="is dead for the server",
                holds=_AGENT_REPORT,
            ),
            Sign(
                RED,
                texts=("Refusing to bind port", "to dead agent"),
                regex=r"to dead agent:? .*?'agent_type': '(?P<agent>[^']+)'.*?'host': '(?P<host>[^']+)'",
                subject="{agent} on {host}",
                says="is dead for the server",
                holds=_AGENT_REPORT,
            ),
        ),
        cloud=True,
    ),
    Check(
        "state-reports",
        "availability",
        "State reports",
        "agents, computes and volume services that cannot say that they are alive: others soon count them as down",
        ("nova", "neutron", "cinder"),
        (
            Sign(
                RED,
                ("neutron-agent-report-failed", "nova-servicegroup-unexpected", "cinder-manager-reporting-problems"),
                subject="{service}",
                says="cannot report its state",
                holds=REPEATED,
            ),
            Sign(
                RED,
                texts=("model server went away",),
                services=("cinder",),
                subject="{service}",
                says="cannot report its state",
                holds=REPEATED,
            ),
            Sign(GREEN, texts=("Successfully reported state after a previous failure",), subject="{service}"),
            Sign(GREEN, texts=("Recovered from being unable to report status",), subject="{service}"),
            Sign(GREEN, texts=("Recovered connection to nova-conductor",), subject="{service}"),
            Sign(GREEN, texts=("Recovered model server connection",), subject="{service}"),
        ),
    ),
    Check(
        "hosts-down",
        "availability",
        "Computes and volume hosts",
        "hosts that the schedulers count as down",
        ("nova-scheduler", "nova-conductor", "nova-api", "cinder-scheduler"),
        (
            Sign(
                RED,
                texts=("volume service is down",),
                regex=r"volume service is down\. \(host: (?P<host>[^)]+)\)",
                subject="cinder-volume on {host}",
                says="is down for the scheduler",
                holds=REPEATED,
            ),
            Sign(
                RED,
                texts=("has not been heard from in a while",),
                regex=r"\((?P<host>[\w.-]+),[^()]*\).* has not been heard from in a while",
                subject="nova-compute on {host}",
                says="is down for the scheduler",
                holds=REPEATED,
            ),
            Sign(
                RED,
                texts=("Seems service ",),
                regex=r"Seems service (?P<binary>[\w-]+) on host (?P<host>[\w.-]+) is down",
                subject="{binary} on {host}",
                says="sent no sign of life",
                holds=REPEATED,
            ),
            Sign(
                RED,
                texts=("Compute service of ", "is unavailable at this time"),
                regex=r"Compute service of (?P<host>\S+) is unavailable at this time",
                subject="nova-compute on {host}",
                says="is unavailable",
                holds=REPEATED,
            ),
        ),
        cloud=True,
    ),
    Check(
        "hypervisors",
        "availability",
        "Hypervisors",
        "whether each nova-compute has its libvirt",
        ("nova-compute",),
        (
            Sign(RED, ("nova-compute-auto-disabled-libvirt", "libvirt-socket-missing"), services=_COMPUTES),
            Sign(RED, ("nova-libvirt-connection-failed",), services=_COMPUTES),
            Sign(
                GREEN,
                texts=("Connection event ",),
                regex=r"Connection event '1' reason 'None'",
                services=_COMPUTES,
            ),
        ),
    ),
    Check(
        "rpc",
        "availability",
        "RPC",
        "calls between services that nobody answered in time",
        CLIENTS,
        (Sign(AMBER, ("oslo-messaging-timeout",), subject="{service}", holds=REPEATED),),
        cloud=True,
    ),
    Check(
        "api-errors",
        "availability",
        "API errors",
        "calls that an API answered with 5xx",
        ("nova-api", "neutron-server", "cinder-api", "glance-api", "keystone", "placement", "heat-api", "octavia-api"),
        (
            Sign(
                AMBER,
                texts=(" status: 5",),
                regex=r'"(?P<method>[A-Z]+) \S+ HTTP/[\d.]+" status: (?P<status>5\d\d)',
                subject="{service}",
                says="answered with {status}",
                holds=REPEATED,
            ),
            Sign(
                AMBER,
                texts=(' HTTP/1.1" 5',),
                regex=r'"(?P<method>[A-Z]+) \S+ HTTP/1\.1" (?P<status>5\d\d) ',
                subject="{service}",
                says="answered with {status}",
                holds=REPEATED,
            ),
        ),
        cloud=True,
    ),
)  # fmt: skip
