"""Makes a synthetic log tree of a given size for the benchmark.

The text is captured, the tree is not: healthy incidents of a real cloud are replayed over a day on twelve
nodes, re-stamped, with fresh request ids, resource uuids and pids in each replay, and one captured failing
incident is planted in the middle with the ids it was captured with. A replay keeps its own pace; to reach the
size, more of them run at a time. Domain names and user, project, image and network ids are those captured.

    python -m tests.bench.generate --gb 1 /tmp/tree
"""

from __future__ import annotations

import argparse
import calendar
import gzip
import json
import math
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import BinaryIO

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # for `tests/bench/generate.py` by hand

from tests.bench.replay import Block, Incident, Replay, lasting_ids, on_hosts, read_incident

PROJECT = Path(__file__).resolve().parents[2]
GB = 10**9
LAYOUT = 1  # part of bench.json, so that a kept tree of an older generator is not taken for a new one
BEGIN = calendar.timegm((2026, 5, 5, 0, 0, 0))
SPAN_HOURS = 24
LEAST_FILES = 40
GZ_PARTS = 2  # not more: rg -z starts a gzip a file, and many small files would flatter us
LIVE_SHARE = 48  # the file being written holds the last half hour of a day, the rest is rotated

# The captured cloud has seven nodes; each lane puts their parts onto others of the twelve.
CAPTURED = ("controller1", "controller2", "network1", "storage1", "compute1", "compute2", "compute3")
LANES = tuple(
    {old.encode(): new.encode() for old, new in zip(CAPTURED, nodes.split(), strict=True)}
    for nodes in (
        "controller1 controller2 network1 storage1 compute1 compute2 compute3",
        "controller2 controller3 network2 storage1 compute4 compute5 compute6",
        "controller3 controller1 network1 storage1 compute3 compute6 compute1",
    )
)
BESIDE_THE_FAILURE = 1  # the lane whose controller and agents are not those of the planted incident


@dataclass(frozen=True)
class Plan:
    """What makes a tree; two trees of the same plan are the same bytes."""

    gb: float
    files: int = LEAST_FILES
    gz: bool = False
    seed: int = 1
    span_hours: float = SPAN_HOURS
    source: str = str(PROJECT / "fixtures")
    failing: str = str(PROJECT / "fixtures" / "neutron_down")
    layout: int = LAYOUT


def generate(root: Path, plan: Plan) -> dict[str, object]:
    """Writes the tree below `root` (new or empty) and returns what bench.json says about it.

    Raises ValueError when the incidents are missing or the plan cannot be met.
    """
    began = time.monotonic()
    if root.exists() and any(root.iterdir()):
        raise ValueError(f"{root} is not empty; name a new directory")
    healthy = [read_incident(path) for path in healthy_directories(Path(plan.source))]
    failing = read_incident(Path(plan.failing))
    truth = _truth(Path(plan.failing))
    writer = _Writer(root, _parts(plan, healthy))
    blocks = _Blocks(plan, healthy, failing)
    for number, (block, start, random) in enumerate(blocks):
        for path, text in block.render(start, random):
            writer.write(path, text, number / len(blocks), start + block.last[path])
    size = writer.close()
    request_id = truth["request_id"].encode()
    report = {
        "plan": asdict(plan),
        "request_id": truth["request_id"],
        "service": truth["service"],
        "cause": truth["cause"],
        "lines_with_id": sum(line.count(request_id) > 0 for line in _captured_lines(Path(plan.failing))),
        "bytes": size,
        "files": sum(1 for path in root.rglob("*") if path.is_file()),
        "from": _iso(BEGIN),
        "until": _iso(BEGIN + int(plan.span_hours * 3600)),
        "seconds": round(time.monotonic() - began, 1),
    }
    if report["files"] < plan.files:
        raise ValueError(f"{plan.gb} GB made {report['files']} files, not {plan.files}; ask for fewer")
    (root / "bench.json").write_text(json.dumps(report, indent=2) + "\n")
    return report


def healthy_directories(source: Path) -> list[Path]:
    """The healthy incidents below `source`; variants (`healthy_x__skew`) have other clocks and are left out."""
    found = [path for path in sorted(source.rglob("healthy_*")) if path.is_dir() and "__" not in path.name]
    if not found:
        raise ValueError(f"no healthy_* incident below {source}; name a directory of incidents with --from")
    return found


def _truth(failing: Path) -> dict[str, str]:
    """request_id, service and cause from truth.yaml; where it is missing, what neutron_down's says."""
    path = failing / "truth.yaml"
    if not path.exists() and failing.name == "neutron_down":
        request_id = "req-8d06307d-a8da-45a3-b9ad-33e93bda49ee"
        return {"request_id": request_id, "service": "neutron-server", "cause": "neutron-server is not running"}
    text = path.read_text() if path.exists() else ""
    request = re.search(r"^failing_request_ids:\n- (\S+)", text, re.MULTILINE)
    if request is None:
        raise ValueError(f"{path}: no failing_request_ids")
    service = re.search(r"^affected_service: (.+)$", text, re.MULTILINE)
    cause = re.search(r"^root_cause: (.+)$", text, re.MULTILINE)
    return {
        "request_id": request[1],
        "service": service[1] if service else "",
        "cause": cause[1] if cause else "",
    }


def _captured_lines(incident: Path) -> Iterator[bytes]:
    for path in incident.glob("*/var/log/**/*.log"):
        yield from path.read_bytes().splitlines()


class _Blocks:
    """The blocks of a plan in time order: (template, start, source of its ids)."""

    def __init__(self, plan: Plan, healthy: list[Incident], failing: Incident) -> None:
        self._plan, self._healthy, self._failing = plan, healthy, failing
        self._lasting = lasting_ids([*healthy, failing])
        self._length = max(incident.end - incident.start for incident in [*healthy, failing]) + 1
        total = plan.gb * GB
        mean = sum(incident.size for incident in healthy) / len(healthy)
        span = int(plan.span_hours * 3600)
        self._at_once = max(1, math.ceil(total / mean / (span // self._length)))
        self._count = round(total / mean / self._at_once)
        if self._count < 3:
            raise ValueError(f"{plan.gb} GB is too small: {self._count} replays; ask for more than {5 * mean / GB:.4f}")
        self._spacing = span / self._count
        self._template = lru_cache(maxsize=None)(self._build)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[Block, int, Random]]:
        cycle = len(self._healthy) * len(LANES)
        for number in range(self._count):
            first, planted = number * self._at_once % cycle, number == self._count // 2
            random = Random(f"{self._plan.seed} {number}")
            yield self._template(first, planted), BEGIN + int(number * self._spacing), random

    def _build(self, first: int, planted: bool) -> Block:
        replays = []
        for turn in range(first, first + self._at_once):
            incident = self._healthy[turn % len(self._healthy)]
            lane = BESIDE_THE_FAILURE if planted else turn // len(self._healthy) % len(LANES)
            replays.append(Replay(incident, LANES[lane], self._offset(incident, turn)))
        if planted:
            middle = (self._length - (self._failing.end - self._failing.start)) // 2
            replays.append(Replay(self._failing, LANES[0], middle, captured_ids=True))
        return Block(replays, self._lasting)

    def _offset(self, incident: Incident, turn: int) -> int:
        return turn * 7 % (self._length - (incident.end - incident.start))


def _parts(plan: Plan, healthy: list[Incident]) -> list[str]:
    """The endings of one log's files, oldest first."""
    logs = {on_hosts(path, lane) for incident in healthy for lane in LANES for path in incident.paths}
    count = max(math.ceil(plan.files / len(logs)), 1 + GZ_PARTS if plan.gz else 1)
    return [f".{age}{'.gz' if plan.gz else ''}" for age in range(count - 1, 0, -1)] + [""]


class _Writer:
    """Appends to the logs, rotates them, compresses what has been rotated, sets times of change as a host would."""

    def __init__(self, root: Path, endings: list[str]) -> None:
        self._root, self._endings, self._part = root, endings, 0
        self._open: dict[str, tuple[BinaryIO, Path, int]] = {}
        self._size = 0
        self._pool = ThreadPoolExecutor(os.cpu_count())
        self._compressing: list[Future[None]] = []

    def write(self, path: str, text: bytes, share: float, second: int) -> None:
        """Appends `text`, whose last event is at `second`; `share` says how much of the span is over."""
        rotated = len(self._endings) - 1
        part = rotated if share >= 1 - 1 / LIVE_SHARE else int(share / (1 - 1 / LIVE_SHARE) * rotated)
        if part != self._part:
            self._rotate()
            self._part = part
        if path in self._open:
            file, target, _ = self._open[path]
        else:
            target = self._root / f"{path}{self._endings[part]}"
            target.parent.mkdir(parents=True, exist_ok=True)
            file = target.open("wb")
        file.write(text)
        self._open[path] = (file, target, second)
        self._size += len(text)

    def _rotate(self) -> None:
        for file, target, second in self._open.values():
            file.close()
            if target.suffix == ".gz":
                self._compressing.append(self._pool.submit(_compress, target, second))
            else:
                os.utime(target, (second, second))
        self._open.clear()

    def close(self) -> int:
        """Closes all files and returns the uncompressed bytes written."""
        self._rotate()
        for future in self._compressing:
            future.result()
        self._pool.shutdown()
        return self._size


def _compress(path: Path, second: int) -> None:
    plain = path.rename(path.with_suffix(".plain"))
    with (
        plain.open("rb") as source,
        path.open("wb") as target,
        gzip.GzipFile(path.stem, "wb", compresslevel=6, fileobj=target, mtime=second) as packed,
    ):
        shutil.copyfileobj(source, packed, 1 << 20)
    plain.unlink()
    os.utime(path, (second, second))


def _iso(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


def main() -> int:
    default = Plan(1)
    parser = argparse.ArgumentParser(description="Make a synthetic log tree from captured incidents.")
    parser.add_argument("root", type=Path, help="directory to write, new or empty")
    parser.add_argument("--gb", type=float, default=1, help="10^9 bytes of (uncompressed) log")
    parser.add_argument("--files", type=int, default=LEAST_FILES, help="at least so many files; rotates to get them")
    parser.add_argument("--gz", action="store_true", help="rotate and compress")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--span-hours", type=float, default=SPAN_HOURS)
    parser.add_argument("--from", dest="source", default=default.source, help="where the healthy_* incidents are")
    parser.add_argument("--failing", default=default.failing, help="the incident to plant")
    options = vars(parser.parse_args())
    root = options.pop("root")
    try:
        report = generate(root, Plan(**options))
    except ValueError as error:
        parser.error(str(error))
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
