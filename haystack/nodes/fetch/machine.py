"""What is brought of a machine besides its logs: ``facts.json``, and its configuration with the secrets masked."""

from __future__ import annotations

import json
from contextlib import suppress

from ...errors import NodeError
from ..etc import configuration
from ..facts import gather
from ..ssh import Connection
from ..writing import directory, write_in
from .manifest import Manifest
from .model import Refusal, Wanted, Watch
from .names import FACTS, OURS, objection, relative
from .stage import Stage


def bring_facts(
    connection: Connection, stage: Stage, manifest: Manifest, wanted: Wanted, watch: Watch
) -> tuple[Manifest, list[Refusal]]:
    """Put facts and configuration into their places; the manifest then, and what could not be brought.

    Raises NodeError when the connection broke.
    """
    troubles: list[Refusal] = []
    try:
        document = json.dumps(gather(connection), indent=1, ensure_ascii=True) + "\n"
        with directory(stage.home, ()) as home, directory(stage.home, (OURS,)) as ours:
            write_in(home, relative(FACTS), document.encode("ascii"), by=ours)
    except NodeError as err:
        troubles.append(_trouble(connection, "facts", err))
    watch.check()
    try:
        configs = _configuration(connection, stage, wanted, watch)
    except NodeError as err:
        return manifest, [*troubles, _trouble(connection, "configuration", err)]
    for path in set(manifest.configs) - set(configs):
        with suppress(OSError):
            stage.remove(path)  # it is compared with that of other nodes: what is gone there must not be here
    return manifest._replace(configs=tuple(configs)), troubles


def _configuration(connection: Connection, stage: Stage, wanted: Wanted, watch: Watch) -> list[str]:
    paths: list[str] = []
    for path, text in configuration(connection, wanted.is_config):
        watch.check()
        if objection(path, ("/etc", "/var")):
            continue
        *above, name = relative(path).split("/")
        try:
            with directory(stage.home, above) as place, directory(stage.home, (OURS,)) as ours:
                write_in(place, name, text, by=ours)
        except OSError as err:
            raise NodeError(
                connection.node.name, "failed", f"something stands in the place of {path} here: {err.strerror}"
            ) from err
        paths.append(path)
    return paths


def _trouble(connection: Connection, what: str, error: NodeError) -> Refusal:
    if not connection.alive:
        raise error
    return Refusal(what, error.reason, error.says, error.fix)
