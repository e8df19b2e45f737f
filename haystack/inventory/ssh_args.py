"""Words for ssh, as Ansible's ``ansible_ssh_common_args`` has them: the way, the key, the user and the port in them."""

from __future__ import annotations

import shlex
from typing import NamedTuple

# Options of ssh that take a value as their next word.
_VALUED = frozenset("BbcDEeFIiJLlmOopQRSWw")
# What matters to nobody here: haystack keeps one login a node and its own timeouts.
_INDIFFERENT = frozenset(
    "addkeystoagent addressfamily batchmode compression connectionattempts connecttimeout controlmaster controlpath "
    "controlpersist escapechar exitonforwardfailure forwardagent forwardx11 gssapiauthentication identitiesonly "
    "loglevel passwordauthentication permitlocalcommand preferredauthentications pubkeyauthentication requesttty "
    "serveralivecountmax serveraliveinterval tcpkeepalive userknownhostsfile updatehostkeys visualhostkey".split()
)


class SshArgs(NamedTuple):
    """What the words say; ``left`` are sentences about those that could not be taken over."""

    jump: tuple[str, ...] = ()
    identity: str = ""
    user: str = ""
    port: str = ""
    left: tuple[str, ...] = ()


def read_ssh_args(text: str) -> SshArgs:
    """The meaning of words for ssh; any text in, no exception out."""
    try:
        words = shlex.split(text)
    except ValueError:
        return SshArgs(left=("words for ssh that no shell understands",))
    return _read(words)[0]


def _read(words: list[str]) -> tuple[SshArgs, list[str]]:
    """What options say, and the words that are none."""
    found = SshArgs()
    left: list[str] = []
    rest: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if not word.startswith("-") or word == "-":
            rest.append(word)
            continue
        letters = word[1:]
        for index, letter in enumerate(letters):
            if letter not in _VALUED:
                continue
            value = letters[index + 1 :]
            if not value and at < len(words):
                value = words[at]
                at += 1
            found = _option(found, letter, value, left)
            break
    return found._replace(left=tuple(left)), rest


def _option(found: SshArgs, letter: str, value: str, left: list[str]) -> SshArgs:
    # Of what is said twice the first word counts, as to ssh.
    if letter == "J":
        return found._replace(jump=found.jump or tuple(value.split(",")))
    if letter == "i":
        return found._replace(identity=found.identity or value)
    if letter == "l":
        return found._replace(user=found.user or value)
    if letter == "p":
        return found._replace(port=found.port or value)
    if letter == "F":
        left.append(f'the ssh_config "{value}"; name it as "config" below "ssh"')
    if letter != "o":
        return found
    separator = "=" if "=" in value else " "
    key, _, value = (word.strip() for word in value.partition(separator))
    key = key.lower()
    letters = {"proxyjump": "J", "identityfile": "i", "user": "l", "port": "p"}
    if key in letters:
        return found if value.lower() == "none" else _option(found, letters[key], value, left)
    if key == "proxycommand":
        return found._replace(jump=found.jump or _through(value, left))
    if key == "stricthostkeychecking":
        if value.lower() in ("no", "off", "accept-new"):
            left.append(
                "StrictHostKeyChecking: haystack always checks host keys; --accept-new-host-keys notes new ones"
            )
    elif key not in _INDIFFERENT:
        left.append(f"the ssh option {key}; it belongs into ~/.ssh/config")
    return found


def _through(command: str, left: list[str]) -> tuple[str, ...]:
    """The jump hosts of a ProxyCommand that is ``ssh … host`` with ``-W %h:%p`` or netcat behind it."""
    if command.lower() == "none":
        return ()
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words or words[0].rsplit("/", 1)[-1] != "ssh":
        left.append(f'the ProxyCommand "{command[:60]}" is not ssh; it belongs into ~/.ssh/config')
        return ()
    options, rest = _read(words[1:])
    if not rest:
        left.append(f'the ProxyCommand "{command[:60]}" names no host')
        return ()
    if options.identity:
        left.append(f'the key "{options.identity}" of the jump host {rest[0]}; it belongs into ~/.ssh/config')
    host = rest[0] if not options.user or "@" in rest[0] else f"{options.user}@{rest[0]}"
    host = f"{host}:{options.port}" if options.port not in ("", "22") else host
    return (*options.jump, host)
