"""A fetch from a farm, some of whose nodes are broken: what came, what was said, what it took against plain rsync."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from .farm import BROKEN, WORKS, Farm, Kind, farm
from .load import Load, watched
from .logs import digests, plant

# What somebody would write who does it by hand, and does not want to wait for ever.
_PLAIN = "rsync -a --timeout=60 -e 'ssh -o BatchMode=yes -o ConnectTimeout=10{port}' {user}@{address}:/var/log/ {to}/"


class Harvest(NamedTuple):
    """A fetch and what was wrong with it; ``said`` is the row of each node."""

    status: int
    seconds: float
    load: Load
    said: dict[str, dict[str, object]]
    wrong: tuple[str, ...]


def kinds(nodes: int, broken: Sequence[Kind]) -> list[Kind]:
    """So many nodes, the broken ones scattered among them."""
    made = [*broken, *[WORKS] * (nodes - len(broken))]
    Random(nodes).shuffle(made)
    return made


def fetch(place: Farm, to: str, *options: str, timeout: float = 900.0) -> Harvest:
    """Fetch from all nodes of a farm."""
    began = time.monotonic()
    with watched(place.client.space) as load:
        words = ("fetch", "--to", to, "--format", "json", *options)
        done = place.client.haystack(*words, timeout=timeout, check=())
    seconds = time.monotonic() - began
    said = {row["node"]: row for row in json.loads(done.stdout)["nodes"]} if done.stdout else {}
    wrong = [] if said.keys() == place.kinds.keys() else [f"exit {done.status}, no word of some: {done.stderr[-2000:]}"]
    for name, kind in place.kinds.items():
        wrong += _wrong(place, to, kind, name, said.get(name, {}))
    expected = 3 if place.of(works=False) else 0
    wrong += [] if done.status == expected else [f"exit {done.status}"]
    wrong += [f"still runs: {process.command[:100]}" for process in place.client.running()]
    wrong += [f"still there: {left}" for left in place.client.left()]
    return Harvest(done.status, seconds, load, said, tuple(wrong))


def _wrong(place: Farm, to: str, kind: Kind, name: str, row: dict[str, object]) -> Iterator[str]:
    told = f"{row.get('state')}, {row.get('reason')}: {row.get('says')}"
    here = place.client.work / to / name / "var/log"
    if kind.reasons:
        said = {trouble["reason"] for trouble in ([row] if kind.state == "failed" else row.get("troubles", []))}
        if row.get("state") != kind.state or not said & {*kind.reasons}:
            yield f"{name}: {told}"
        there = digests(place.logs(name))
        if not all(there.get(path) == held for path, held in digests(here).items()):
            yield f"{name}: what came is nothing that it has"
    elif row.get("state") != "done":
        yield f"{name}: {told} {row.get('troubles')}"
    elif digests(here) != digests(place.logs(name)):
        yield f"{name}: not the same as there"


def plain(place: Farm, to: str, names: Sequence[str], parallel: int) -> tuple[float, Load]:
    """Seconds of plain rsync from these nodes, one process a node."""
    commands = []
    for name in names:
        (place.client.work / to / name).mkdir(parents=True)
        node = place.nodes[name]
        port = f" -p {node['port']}" if "port" in node else ""
        commands.append(
            _PLAIN.format(port=port, user=node["user"], address=node["address"], to=shlex.quote(f"{to}/{name}"))
        )
    (place.client.work / "commands").write_text("".join(f"{command}\0" for command in commands))
    words = ["xargs", "-a", "commands", "-0", "-P", str(parallel), "-n", "1", "sh", "-c"]
    began = time.monotonic()
    with watched(place.client.space) as load:
        # xargs says 123 when a node is broken.
        place.client.space.start(words, str(place.client.work)).wait()
    return time.monotonic() - began, load


def run(directory: Path, nodes: int, broken: int, parallel: int, megabytes: float) -> Iterator[str]:
    """All of it, told line by line; the last one is ``ok`` or what was wrong."""
    logs = directory / "logs"
    plant(logs, int(megabytes * 2**20), Random(1))
    size = sum(file.stat().st_size for file in logs.rglob("*") if file.is_file())
    with farm(directory / "farm", kinds(nodes, BROKEN[:broken]), logs) as place:
        working, failing = place.of(works=True), place.of(works=False)
        yield f"{nodes} nodes, {len(failing)} of them broken, {size / 1e6:.1f} MB of logs each, {parallel} at once"
        place.client.haystack("fetch", "--to", "warm", "--node", working[0])  # the library is compiled once
        options = ("--parallel", str(parallel))
        choice = [word for name in working for word in ("--node", name)]
        for _ in range(2):
            subprocess.run(["rm", "-rf", "plain", "to"], cwd=place.client.work, check=True)
            by_hand, load = plain(place, "plain", working, parallel)
            yield f"plain rsync, those that work:      {by_hand:6.1f} s; {load}"
            seconds = _timed(place, "to", *options, *choice, "--no-facts", "--no-journal")
            yield f"haystack fetch of the same:        {seconds:6.1f} s: {seconds / by_hand:.2f}x"
        subprocess.run(["rm", "-rf", "plain", "to"], cwd=place.client.work, check=True)
        seconds = _timed(place, "to", *options, *choice)
        yield f"with facts, configuration, journal:{seconds:6.1f} s: {seconds / by_hand:.2f}x"
        subprocess.run(["rm", "-rf", "plain", "to"], cwd=place.client.work, check=True)
        by_hand, load = plain(place, "plain", [*place.kinds], parallel)
        yield f"plain rsync, all nodes:            {by_hand:6.1f} s; {load}"
        subprocess.run(["rm", "-rf", "plain"], cwd=place.client.work, check=True)
        harvest = fetch(place, "to", *options)
        ratio = harvest.seconds / by_hand
        yield f"haystack fetch of all with all:    {harvest.seconds:6.1f} s: {ratio:.2f}x; {harvest.load}"
        again = fetch(place, "to", *options)
        yield f"again:                             {again.seconds:6.1f} s; {again.load}"
        for name in failing:
            row = harvest.said.get(name, {})
            yield f"  {name:24} {row.get('state')} {row.get('reason')}: {row.get('says')} ({row.get('seconds')} s)"
        yield "; ".join((*harvest.wrong, *again.wrong)) or "ok"


def _timed(place: Farm, to: str, *options: str) -> float:
    began = time.monotonic()
    place.client.haystack("fetch", "--to", to, *options, timeout=900)
    return time.monotonic() - began
