"""Why a node could not be reached or used: what ssh, sudo and rsync said, as one word, one sentence and what to try."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from ..errors import NodeError
from ..settings import Node

# The closed list: reports, manifests and tests use these words.
REASONS = (
    "unresolved",  # the name has no address
    "unreachable",  # no route, or nobody answers in time
    "refused",  # nothing listens there
    "host-key-unknown",
    "host-key-changed",
    "login",  # the node does not let us in
    "jump",  # a host on the way cannot be passed
    "sudo",
    "lost",  # the connection broke
    "slow",  # no answer in the time given
    "garbage",  # what came is not what was asked for, or there is no end to it
    "tool",  # a program that is needed is missing there
    "disk-full",  # here or there
    "settings",  # ssh refuses its own configuration
    "failed",  # anything else
)


class _Row(NamedTuple):
    reason: str
    sign: re.Pattern[str]
    says: str
    fix: str


def _row(reason: str, sign: str, says: str, fix: str = "") -> _Row:
    return _Row(reason, re.compile(sign, re.IGNORECASE), says, fix)


# What OpenSSH 8 to 10 prints (ssh.c, sshconnect.c, sshconnect2.c, packet.c, mux.c), in the order of asking: the first
# sign wins, for ssh tells of one failure with several lines.
_SSH = (
    _row("host-key-changed", r"REMOTE HOST IDENTIFICATION HAS CHANGED", "its host key changed"),
    _row("host-key-unknown", r"No .{1,40}host key is known for|Host key verification failed",
         "its host key is not known"),
    _row("settings", r"Bad configuration option|terminating, \d+ bad configuration|Bad owner or permissions on|"
         r"Can't open user config file|Bad .{1,40}specification|keyword .{1,40} extra arguments",
         "ssh does not accept its configuration"),
    _row("unresolved", r"Could not resolve hostname", "its name has no address",
         "give the node an `address` in haystack.yaml"),
    _row("refused", r"Connection refused", "nothing answers at its ssh port", "is sshd running, and is `port` right?"),
    _row("unreachable", r"No route to host|Network is unreachable|Host is down", "there is no way to it",
         "is it up, and does it need a `jump` host?"),
    _row("unreachable", r"connect to host .{1,300}timed out|Connection timed out during banner exchange|"
         r"Connection to .{1,300} timed out", "it does not answer",
         "is it up, does a firewall drop us, does it need a `jump` host?"),
    _row("login", r"Permission denied|Too many authentication failures|No supported authentication methods|"
         r"This account is currently not available|Your password has expired|Account .{0,40}expired",
         "it does not let us in",
         "is `user` right, is the key in its authorized_keys, does `ssh-add -l` show the key?"),
    _row("login", r"no matching (?:host key type|key exchange method|cipher|mac) found",
         "it speaks an older or newer ssh than ours", "allow what it offers in ~/.ssh/config"),
    _row("garbage", r"Bad packet length|banner line contains invalid|Bad remote protocol version|"
         r"invalid format|kex_exchange_identification: banner",
         "what answers at its ssh port is no sshd", "is `port` right?"),
    _row("login", r"Session open refused by peer", "it opens no more sessions",
         "does its sshd_config allow ten (MaxSessions)?"),
    _row("lost", r"kex_exchange_identification: (?:read: )?Connection (?:reset|closed)|Connection (?:closed|reset) by|"
         r"Broken pipe|Timeout, server .{1,300} not responding|client_loop: send disconnect|"
         r"Connection to .{1,300} closed|banner exchange: ", "the connection broke"),
)  # fmt: skip
_SUDO = re.compile(r"^(?:sudo: |Sorry, )(?P<says>[^\n]{1,200})", re.MULTILINE)
# Said before the sudo policy is asked; a program that failed under sudo says other things.
_SUDO_REFUSES = re.compile(
    r"a password is required|a terminal is required|not allowed to|not in the sudoers|no tty present|command not found|"
    r"you must have a tty|unknown user",
    re.IGNORECASE,
)
_OFFENDING = re.compile(r"^Offending \S+ key in (?P<file>[^\n]{1,500}):\d+", re.MULTILINE)
_JUMP = re.compile(
    r"(?:^|\n)(?:stdio forwarding failed|channel \d+: open failed: connect failed: (?P<says>[^\n]{1,200}))"
)


def why(node: Node, stderr: str, *, known_hosts: str = "") -> NodeError:
    """The error that ssh's last words tell of."""
    behind = _JUMP.search(stderr)
    for row in _SSH:
        if row.sign.search(stderr):
            return NodeError(node.name, row.reason, row.says, _fix(node, row, stderr, known_hosts))
    if behind and not node.jump:
        return NodeError(node.name, "login", "it opens no session", "does its sshd_config allow any (MaxSessions)?")
    if behind:
        says = behind["says"] or "it cannot be reached from there"
        return NodeError(node.name, "unreachable", f"the jump host does not reach it: {says}", "is it up?")
    says = last_words(stderr)
    return NodeError(node.name, "failed" if says else "lost", f"ssh failed: {says}" if says else "the connection broke")


def sudo_refused(node: Node, stderr: str) -> NodeError | None:
    """The error when sudo let nothing be done at all."""
    # It may have complained of other things before, such as a host name it cannot resolve.
    refusals = [found["says"] for found in _SUDO.finditer(stderr) if _SUDO_REFUSES.search(found["says"])]
    if not refusals:
        return None
    return NodeError(
        node.name,
        "sudo",
        f"sudo refuses: {refusals[0]}",
        f"let {node.user or 'the user'} run commands with sudo without a password, or set `sudo: false`",
    )


def last_words(stderr: str) -> str:
    """The last line that says something, as far as it can be shown."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return "".join(c if c.isprintable() else " " for c in lines[-1][:200]) if lines else ""


def _fix(node: Node, row: _Row, stderr: str, known_hosts: str) -> str:
    host = f"[{node.host}]:{node.port}" if node.port not in (0, 22) else node.host
    file = shlex.quote(known_hosts) if known_hosts else "~/.ssh/known_hosts"
    if row.reason == "host-key-changed":
        offending = _OFFENDING.search(stderr)
        file = shlex.quote(offending["file"]) if offending else file
        return f"if its key was really renewed: ssh-keygen -f {file} -R {shlex.quote(host)}"
    if row.reason == "host-key-unknown":
        port = f"-p {node.port} " if node.port not in (0, 22) else ""
        return (
            f"compare the fingerprint of ssh-keyscan {port}{shlex.quote(node.host)} | ssh-keygen -lf - with the node's,"
            f" then ssh-keyscan {port}{shlex.quote(node.host)} >> {file}; or --accept-new-host-keys"
        )
    if row.reason == "settings":
        return last_words(stderr)
    return row.fix
