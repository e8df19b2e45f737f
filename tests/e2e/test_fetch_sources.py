"""``fetch`` of what is no file: the journal, and what containers say."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from haystack.search.discover import discover
from tests.fetching import (
    Cloud,
    messages,
    services,
    tools,
)
from tests.sshd import needs_sshd, serve

pytestmark = [needs_sshd, pytest.mark.skipif(not shutil.which("rsync"), reason="needs rsync")]


# A journal and containers, as small programs in the node's PATH that know --since and --until as the real ones do.
JOURNALCTL = """#!/usr/bin/python3
import re, struct, sys
given = dict(word.lstrip("-").split("=@") for word in sys.argv[1:] if "=@" in word)
since, until = float(given.get("since", 0)), float(given.get("until", 1e18))
out = sys.stdout.buffer
for number, line in enumerate(open({path!r})):
    at, text = line.rstrip().split(" ", 1)
    if "-n" in sys.argv or since <= int(at) / 1e6 <= until:
        text = text.replace("|", "\\n").encode()
        out.write(b"__CURSOR=s=6c;i=%x\\n__REALTIME_TIMESTAMP=%s\\n" % (number, at.encode()))
        length = struct.pack("<Q", len(text))
        message = b"MESSAGE\\n" + length + text if b"\\n" in text else b"MESSAGE=" + text
        out.write(b"_PID=811\\nSYSLOG_IDENTIFIER=nova-api\\n" + message + b"\\n\\n")
{end}
"""
DOCKER = """#!/usr/bin/python3
import sys
if "ps" in sys.argv:
    print("nova_compute Up 3 hours" if "Status" in sys.argv[-1] else "nova_compute\\n../../x\\nbroken")
elif "broken" in sys.argv:
    sys.exit("Error response from daemon: configured logging driver does not support reading")
else:
    since = sys.argv[sys.argv.index("--since") + 1]
    for number, line in enumerate(open({path!r})):
        if line >= since[:-1]:
            (sys.stderr if number % 2 else sys.stdout).write(line)
            sys.stdout.flush()
"""


def microseconds(second: float) -> int:
    return int((time.time() - 3600 + second) * 1e6)


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Cloud]:
    path = tmp_path / "journal.txt"
    path.write_text(f"{microseconds(1)} first\n{microseconds(2)} of|two lines\n")
    docker = tmp_path / "docker.txt"
    docker.write_text("")
    bin_ = tools(tmp_path / "bin", {"journalctl": None, "docker": None, "podman": None})
    for name, text in (
        ("journalctl", JOURNALCTL.format(path=str(path), end="")),
        ("docker", DOCKER.format(path=str(docker))),
    ):
        (bin_ / name).write_text(text)
        (bin_ / name).chmod(0o755)
    with serve(tmp_path, "controller1", [f"SetEnv PATH={bin_}"]) as server:
        yield Cloud(server, tmp_path)


def test_the_journal_comes_by_stretches_of_time(journald: Cloud, tmp_path: Path) -> None:
    shutil.rmtree(journald.logs)
    journald.write("x.log", b"")
    found = journald.fetch(journal=True)
    assert (found.state, found.journal > 0) == ("done", True), found
    assert messages(journald.home / "var/log/journal") == ["first", "of"]
    with (tmp_path / "journal.txt").open("a") as file:
        file.write(f"{microseconds(3)} third\n")
    assert journald.fetch(journal=True).journal < found.journal
    assert messages(journald.home / "var/log/journal") == ["first", "of", "third"]
    assert journald.fetch(journal=True).journal == 0


def test_a_journal_cut_in_the_middle_ends_with_a_whole_entry(journald: Cloud, tmp_path: Path) -> None:
    path = tmp_path / "bin" / "journalctl"
    whole = path.read_text()
    path.write_text(
        whole
        + "out.write(b'__CURSOR=s=6c;i=9\\n__REALTIME_TIMESTAMP=1\\nMESSAGE\\n')\n"
        + "out.write(struct.pack('<Q', 99) + b'cut\\n\\n')\n"
    )
    journald.fetch(journal=True)
    assert messages(journald.home / "var/log/journal") == ["first", "of"]


def test_what_containers_say_comes_with_their_names(journald: Cloud, tmp_path: Path) -> None:
    journald.node = journald.node._replace(containers="docker")
    stamps = [
        datetime.fromtimestamp(time.time() - 60 + at, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"
        for at in range(3)
    ]
    (tmp_path / "docker.txt").write_text(f"{stamps[0]} one\n{stamps[1]} two\n")
    found = journald.fetch(journal=True)
    assert [trouble.path for trouble in found.troubles] == ["docker broken"]
    place = journald.home / "var/log/containers"
    assert messages(place) == ["one", "two"]
    with (tmp_path / "docker.txt").open("a") as file:
        file.write(f"{stamps[2]} three\n")
    journald.fetch(journal=True)
    assert messages(place) == ["one", "two", "three"]
    (log,) = discover([place], services()).files
    assert (log.service, log.node) == ("nova-compute", "controller1")
