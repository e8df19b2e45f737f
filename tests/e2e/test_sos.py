"""sos reports of several nodes, made of captured logs as sos lays them out: traced as they are, without unpacking them.

The layout was checked against what sos 4.0 makes on Debian 12, plain and after `sos clean`: links at the top, a
relative link for ``etc/localtime``, the case in the name.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.accuracy.score import FIXTURES
from tests.e2e.test_archives_nodes import run

# (incident, id, nodes that tell of it with the names of their reports)
CASES = [
    (
        "neutron_down",
        "req-8d06307d-a8da-45a3-b9ad-33e93bda49ee",
        {
            "controller1": "sosreport-controller1-0123456-2026-11-22-orjlpse",
            "network1": "sosreport-network1-2026-11-22-abcdefg-obfuscated",
        },
    ),
    (
        "libvirtd_down",
        "req-44aaddb4-6197-4cdd-ab5a-b62c4b8e182e",
        {
            "controller1": "sosreport-controller1-0123456-2026-11-22-orjlpse",
            "controller2": "sosreport-controller2-2026-11-22-bcdefgh",  # its scheduler found no host
            "compute2": "sosreport-compute2-20261122101500-ab12",
        },
    ),
]  # fmt: skip


def report(logs: Path, node: str, stem: str) -> bytes:
    """A sos report (tar.xz) of one node's captured logs."""
    top = stem.removesuffix("-obfuscated")
    texts = {
        "sos_commands/host/hostname": f"{node}\n",
        "sos_commands/date/date": "Sun Nov 22 10:15:00 UTC 2026\n",
        "sos_commands/date/date_--utc": "Sun Nov 22 10:15:00 UTC 2026\n",
        "sos_commands/systemd/journalctl_--list-boots": " 0 4f3c Sun 2026-11-22 05:00:00 UTC\n",
        "etc/timezone": "Etc/UTC\n",
        "etc/nova/nova.conf": "[DEFAULT]\n",
        "sos_logs/sos.log": "2026-11-22 10:15:00,000 INFO: set sysroot to '/' (default)\n",
    }
    links = {
        "hostname": "sos_commands/host/hostname",
        "date": "sos_commands/date/date",
        "etc/localtime": "../usr/share/zoneinfo/Etc/UTC",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz", preset=0) as tar:
        for name, target in links.items():
            info = tarfile.TarInfo(f"{top}/{name}")
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
        for name, text in texts.items():
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size, info.mtime = len(text.encode()), 1_795_342_500
            tar.addfile(info, io.BytesIO(text.encode()))
        tar.add(logs / node / "var", f"{top}/var")
    return buffer.getvalue()


def traced(tmp_path: Path, identifier: str, *logs: Path) -> dict[str, Any]:
    """The answer without what tells where it was read."""
    args = [text for path in logs for text in ("--logs", str(path))]
    done = run(tmp_path, "trace", identifier, *args, "--format", "json")
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    document: dict[str, Any] = json.loads(done.stdout)
    assert not document["coverage"]["unreadable"]
    del document["query"]["logs"], document["coverage"]["skipped"]
    return document


@pytest.mark.parametrize(("incident", "identifier", "stems"), CASES, ids=[row[0] for row in CASES])
def test_reports_are_traced_like_what_was_unpacked_of_them(
    tmp_path: Path, incident: str, identifier: str, stems: dict[str, str]
) -> None:
    archives, unpacked, ticket = [], tmp_path / "unpacked", tmp_path / "ticket.zip"
    for node, stem in stems.items():
        path = tmp_path / "reports" / f"{stem}.tar.xz"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(report(FIXTURES / incident, node, stem))
        archives.append(path)
        unpacked.mkdir(exist_ok=True)
        subprocess.run(["tar", "xf", path, "-C", unpacked], check=True)
    with zipfile.ZipFile(ticket, "w") as bundle:
        for path in archives:
            bundle.write(path, path.name)

    tree = traced(tmp_path, identifier, unpacked)
    assert tree["verdict"] == "cause-found"
    assert {row["node"] for row in tree["timeline"]} <= stems.keys()
    assert tree["clock"].keys() == stems.keys()
    assert tree["coverage"]["files"] > 5
    for logs in (archives, [tmp_path / "reports"], [ticket]):
        answer = traced(tmp_path, identifier, *logs)
        assert answer == tree
    # What the archives add is in the way of nothing: the same causes as in the capture itself.
    captured = traced(tmp_path, identifier, *(FIXTURES / incident / node for node in stems))
    assert tree["candidates"] == captured["candidates"]
    assert tree["timeline"] == captured["timeline"]


def test_nodes_are_recognised(tmp_path: Path) -> None:
    incident, _, stems = CASES[0]
    for node, stem in stems.items():
        (tmp_path / f"{stem}.tar.xz").write_bytes(report(FIXTURES / incident, node, stem))
    done = run(tmp_path, "nodes", "list", "--logs", str(tmp_path), "--format", "json")
    document = json.loads(done.stdout)
    assert [node["node"] for node in document["nodes"]] == sorted(stems)
    assert {node["zone_source"] for node in document["nodes"]} == {"from etc/localtime"}
    files = [log["file"] for node in document["nodes"] for log in node["logs"]]
    assert files
    assert all(file.startswith("/var/log/") for file in files)
