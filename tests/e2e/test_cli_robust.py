"""The command as operators and cron jobs run it: any input, any interruption; always an exit code and a sentence."""

from __future__ import annotations

import errno
import gzip
import json
import os
import pty
import random
import re
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.making import FIXTURES, NEEDLE, OTHER, at, event, oslo, run_measured, write

HAYSTACK = str(Path(sys.executable).parent / "haystack")
DOWN = str(FIXTURES / "neutron_down")
DOWN_REQUEST = "req-8d06307d-a8da-45a3-b9ad-33e93bda49ee"
# Whatever may change the colour, the cursor, the title or the direction of a terminal; tab and line end may not.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def run(
    *args: str | bytes, stdin: bytes | None = None, timeout: float = 30, **env: str
) -> subprocess.CompletedProcess[bytes]:
    """Run ``haystack`` to its end; no run may ever show a traceback or hang."""
    done = subprocess.run(
        [HAYSTACK, *args],
        input=stdin if stdin is not None else b"",
        capture_output=True,
        timeout=timeout,
        env={**os.environ, **env},
        check=False,
    )
    assert b"Traceback (most recent call last)\n  File" not in done.stderr
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


def trace(*args: str | bytes, **more: object) -> subprocess.CompletedProcess[bytes]:
    return run("trace", *args, **more)  # type: ignore[arg-type]


def small_tree(root: Path) -> Path:
    """Two nodes, one failing request."""
    write(
        root / "c1/var/log/nova/nova-api.log",
        [oslo(1, '1.2.3.4 "POST /v2.1/servers HTTP/1.1" status: 500 len: 1 time: 0.5', NEEDLE)],
    )
    write(root / "c2/var/log/nova/nova-compute.log", event(1, "it fails", NEEDLE, 5))
    return root


# --- exit codes


def test_done_is_0() -> None:
    done = trace(DOWN_REQUEST, "--logs", DOWN)
    assert done.returncode == 0
    assert b"Root cause" in done.stdout
    assert done.stderr == b""


def test_unknown_id_is_4_and_says_what_was_searched() -> None:
    unknown = "req-00000000-1111-2222-3333-444444444444"
    done = trace(unknown, "--logs", DOWN)
    assert done.returncode == 4
    text = done.stdout.decode()
    assert unknown in text
    assert DOWN in text.replace("\n", "")
    assert re.search(r"\b1[0-9] files\b", text)
    document = json.loads(trace(unknown, "--logs", DOWN, "--format", "json").stdout)
    assert (document["verdict"], document["candidates"], document["timeline"]) == ("not-found", [], [])
    assert document["coverage"]["files"] > 10


# (arguments, words of the sentence)
USAGE = [
    (["--logs", "/nonexistent/logs", NEEDLE], ["/nonexistent/logs", "No such file"]),
    (["--since", "soon", NEEDLE], ["--since", "soon", "2 hours ago"]),
    (["--until", "31st of foo", NEEDLE], ["--until", "31st of foo"]),
    (["--tz", "Mars/Olympus", NEEDLE], ["--tz", "Mars/Olympus", "Europe/Berlin"]),
    (["--tz", "+99:00", NEEDLE], ["--tz", "+99:00"]),
    (["--format", "xml", NEEDLE], ["--format", "xml", "json"]),
    (["--patterns", "/nonexistent/patterns", NEEDLE], ["/nonexistent/patterns"]),
    (["--jobs", "0", NEEDLE], ["--jobs"]),
    (["--nonsense", NEEDLE], ["--nonsense"]),
    (["-o", "/nonexistent/dir/out.txt", DOWN_REQUEST], ["/nonexistent/dir/out.txt"]),
    (["abc"], ["abc", "too short"]),
    ([""], ["id"]),
    (["   "], ["id"]),
    ([], ["ID"]),
]  # fmt: skip


@pytest.mark.parametrize(("args", "words"), USAGE, ids=[" ".join(row[0])[:40] for row in USAGE])
def test_what_makes_no_sense_is_2_and_a_sentence(args: list[str], words: list[str]) -> None:
    logs = [] if "--logs" in args else ["--logs", DOWN]
    done = trace(*logs, *args)
    text = done.stderr.decode()
    assert done.returncode == 2, text
    for word in words:
        assert word in text
    assert done.stdout == b""


@pytest.mark.parametrize(
    "args",
    [
        ["--since", "0001-01-01"],
        ["--until", "9999-12-31T23:59:59"],
        ["--since", "0001-01-01T00:00", "--until", "9999-12-31T23:59:59"],
        ["--since", "9999-12-31T23:59:59", "--tz", "-10:00"],
        ["--since", "0001-01-01", "--tz", "Europe/Berlin"],
        ["--since", "2000000 days ago"],
        ["--since", "2026-11-23", "--until", "2026-11-21"],
    ],
)
def test_odd_windows_are_no_bug(args: list[str]) -> None:
    assert trace(DOWN_REQUEST, "--logs", DOWN, *args).returncode in (0, 2, 4)


ODD_IDS = [
    b"req-\xff\xfe\xfd-abcdef",
    "ä" * 40,
    "x" * 5000,
    "a\nb\nc\nd\ne\nf",
    "-------",
    "(((((((",
    ".*.*.*.*",
    "req-" + "0" * 36,
]


@pytest.mark.parametrize("identifier", ODD_IDS, ids=range(len(ODD_IDS)))
def test_odd_ids_are_no_bug(identifier: str | bytes) -> None:
    assert trace("--logs", DOWN, "--", identifier).returncode in (2, 4)


@pytest.mark.parametrize(
    "spell", [str.upper, lambda text: text.removeprefix("req-"), lambda text: text.removeprefix("req-").upper()]
)
def test_the_id_in_any_spelling(spell: object) -> None:
    done = trace(spell(DOWN_REQUEST), "--logs", DOWN, "--format", "json")  # type: ignore[operator]
    assert done.returncode == 0
    assert json.loads(done.stdout)["query"]["requests"] == [DOWN_REQUEST]


# --- in and out


def test_standard_input() -> None:
    lines = "\n".join(event(1, "it fails", NEEDLE, 5)).encode()
    done = trace(NEEDLE, "--logs", "-", "--format", "json", stdin=lines)
    assert done.returncode == 0
    (record,) = json.loads(done.stdout)["timeline"]
    assert (record["message"], record["line"], record["service"]) == ("it fails", 1, "nova-compute")
    assert trace(NEEDLE, "--logs", "-", stdin=b"").returncode == 4


def test_output_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    out.write_text("old")
    done = trace(DOWN_REQUEST, "--logs", DOWN, "-o", str(out))
    assert (done.returncode, done.stdout) == (0, b"")
    assert "Root cause" in out.read_text()
    assert "old" not in out.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]
    assert trace(DOWN_REQUEST, "--logs", DOWN, "--format", "json", "-o", str(out)).returncode == 0
    assert json.loads(out.read_text())["verdict"] == "cause-found"


def test_a_failed_run_leaves_the_output_file_alone(tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    out.write_text("old")
    assert trace(NEEDLE, "--logs", "/nonexistent", "-o", str(out)).returncode == 2
    assert out.read_text() == "old"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reader_that_leaves(form: str) -> None:
    command = f"'{HAYSTACK}' trace {DOWN_REQUEST} --logs '{DOWN}' --format {form} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"
    closed = subprocess.run(
        ["bash", "-c", command.replace("| head -1", "| true")], capture_output=True, text=True, timeout=30, check=False
    )
    assert closed.stderr == ""


def test_a_full_disk_is_a_sentence() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [HAYSTACK, "trace", DOWN_REQUEST, "--logs", DOWN],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=30,
            check=False,
        )
    assert done.returncode not in (0, 1)
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_terminal_that_knows_few_characters(encoding: str, form: str) -> None:
    done = trace(DOWN_REQUEST, "--logs", DOWN, "--format", form, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr.decode()
    if form == "json":
        assert json.loads(done.stdout.decode(encoding))["verdict"] == "cause-found"


# --- hostile content


HOSTILE = [
    "\x1b[2J\x1b[31mred\x1b]0;title\x07 bell\x07 \x1bP+q\x1b\\ \x9b31m \x85 back\b\b\b",
    "right-to-left \u202etxt.exe\u202c mark \u200f \u061c \u2066isolated\u2069",
    "nul \x00 in \x00 the middle",
    "carriage\rreturn \x0b \x0c form feed",
    "rich [bold red]markup[/bold red] [link=http://evil]x[/link] [/] :smile:",
    "surrogate \\ud800 in words",
]


def json_line(message: str) -> bytes:
    """A line of oslo.log's JSON formatter."""
    row = {
        "message": message,
        "asctime": "2026-11-22 06:00:21",
        "levelname": "ERROR",
        "name": "nova.x",
        "process": 1,
        "created": at(21).timestamp(),
        "context": {"request_id": f"req-{NEEDLE}"},
        "extra": {},
        "traceback": None,
    }
    return json.dumps(row).encode()


def hostile_tree(root: Path) -> Path:
    lines: list[bytes] = []
    for number, text in enumerate(HOSTILE):
        lines.append(oslo(number, text, NEEDLE, "ERROR").encode())
        lines.append(oslo(number, "", NEEDLE, "ERROR").encode() + b"invalid \xff\xfe\xc3\x28 utf-8 \xed\xa0\x80")
    lines.append(oslo(20, '1.2.3.4 "POST /v2.1/\x1b[31m HTTP/1.1" status: 500 len: 1 time: 0.5', NEEDLE).encode())
    lines.append(json_line("json \x1b[31m \u202e"))
    write(root / "evil\x1b[31m-node/var/log/nova/nova-\u202eapi.log", b"\n".join(lines))
    return root


@pytest.mark.parametrize("args", [[], ["--format", "json"]])
def test_hostile_content(tmp_path: Path, args: list[str]) -> None:
    done = trace(NEEDLE, "--logs", str(hostile_tree(tmp_path)), *args)
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    if args:
        document = json.loads(text)
        assert len(document["timeline"]) >= 13
    else:
        assert not CONTROL.search(text), CONTROL.findall(text)
        assert "[bold red]markup" in text
        assert NEEDLE in text


@pytest.mark.parametrize("form", ["text", "json"])
def test_half_a_character_in_a_json_log(tmp_path: Path, form: str) -> None:
    """``json`` lets a lone surrogate through, which nothing can print."""
    write(tmp_path / "nova-api.log", json_line("lone \ud800 surrogate"))
    done = trace(NEEDLE, "--logs", str(tmp_path), "--format", form)
    assert done.returncode == 0, done.stderr.decode()
    assert "surrogate" in done.stdout.decode()
    assert trace(NEEDLE, "--logs", str(tmp_path), "--format", form, "-o", str(tmp_path / "out")).returncode == 0


def test_hostile_content_on_a_terminal(tmp_path: Path) -> None:
    """Colours are ours there; what the log says still changes nothing."""
    code, output, _ = on_terminal([HAYSTACK, "trace", NEEDLE, "--logs", str(hostile_tree(tmp_path))])
    assert code == 0
    text = re.sub(r"\x1b\[[0-9;]*[mK]", "", output.decode()).replace("\r", "")
    assert not CONTROL.search(text), CONTROL.findall(text)
    assert "\x1b[2J" not in output.decode()


def test_file_names_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/nova-\xff\xfe.log"
    with Path(os.fsdecode(name)).open("w") as file:
        file.write(oslo(0, "here", NEEDLE, "ERROR") + "\n")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/gone-\xff.log")).symlink_to("nowhere")
    for form in ("text", "json"):
        done = trace(NEEDLE, "--logs", str(tmp_path), "--format", form)
        assert done.returncode == 3, done.stderr.decode("utf-8", "replace")
        done.stdout.decode()  # what is printed is text


def test_ids_with_control_characters_are_not_echoed() -> None:
    done = trace("--logs", DOWN, "evil\x1b[31m-identifier\x07")
    assert done.returncode in (2, 4)
    assert not CONTROL.search((done.stdout + done.stderr).decode())


@pytest.mark.slow
def test_a_single_line_of_300_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    with path.open("wb") as file:
        file.write(oslo(0, "long ", NEEDLE, "ERROR").encode())
        for _ in range(300):
            file.write(b"abcdefgh" * (1 << 17))
        file.write(f" {NEEDLE} end\n{oslo(1, 'after', NEEDLE)}\n".encode())
    began = time.monotonic()
    command = [HAYSTACK, "trace", NEEDLE, "--logs", str(path), "--format", "json"]
    done, peak = run_measured(command, tmp_path / "peak")
    path.unlink()
    assert done.returncode == 0
    assert time.monotonic() - began < 60  # a quadratic walk would take hours
    assert peak < 250 * 1024
    document = json.loads(done.stdout)
    assert [(r["line"], r["message"][:5]) for r in document["timeline"]] == [(1, "long "), (2, "after")]
    assert len(done.stdout) < 1_000_000


# --- what cannot be read


def break_tree(root: Path, kind: str) -> str:
    """Something that cannot be read; its name."""
    good = gzip.compress(b"\n".join(oslo(n, f"{n * 7919}", OTHER).encode() for n in range(20_000)))
    if kind == "dangling link":
        (root / "gone.log").symlink_to("nowhere.log")
        return "gone.log"
    if kind == "link to itself":
        (root / "self.log").symlink_to("self.log")
        return "self.log"
    if kind == "link out of the tree":
        (root / "out.log").symlink_to("/etc/hostname")
        return "out.log"
    if kind == "truncated gzip":
        (root / "short.log.gz").write_bytes(good[: len(good) // 2])
        return "short.log.gz"
    if kind == "damaged gzip":
        (root / "bad.log.gz").write_bytes(good[:5000] + b"damage" * 20 + good[5120:])
        return "bad.log.gz"
    if kind == "damaged xz":
        (root / "bad.log.xz").write_bytes(b"\xfd7zXZ\x00 and no more")
        return "bad.log.xz"
    if kind == "damaged bz2":
        (root / "bad.log.bz2").write_bytes(b"BZh9 and no more")
        return "bad.log.bz2"
    (root / "no.log.gz").write_bytes(b"no gzip at all")
    return "no.log.gz"


KINDS = [
    "dangling link",
    "link to itself",
    "link out of the tree",
    "truncated gzip",
    "damaged gzip",
    "damaged xz",
    "damaged bz2",
    "no gzip",
]


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_read_is_3_and_named(tmp_path: Path, kind: str) -> None:
    name = break_tree(small_tree(tmp_path), kind)
    done = trace(NEEDLE, "--logs", str(tmp_path))
    assert done.returncode == 3, done.stderr.decode()
    assert name in done.stdout.decode().replace("\n", "")
    assert "it fails" in done.stdout.decode()
    document = json.loads(trace(NEEDLE, "--logs", str(tmp_path), "--format", "json").stdout)
    assert [Path(t["path"]).name for t in document["coverage"]["unreadable"]] == [name]
    assert all(t["reason"] for t in document["coverage"]["unreadable"])


def test_a_directory_named_like_a_log_and_a_loop_are_no_trouble(tmp_path: Path) -> None:
    small_tree(tmp_path)
    write(tmp_path / "x.log.gz/y.log", [oslo(0, "x", OTHER)])
    (tmp_path / "c1/var/log/again").symlink_to("..")
    assert trace(NEEDLE, "--logs", str(tmp_path)).returncode == 0


def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(small_tree(tmp_path) / "pipe.log")
    assert trace(NEEDLE, "--logs", str(tmp_path), timeout=10).returncode == 0
    assert trace(NEEDLE, "--logs", str(tmp_path / "pipe.log"), timeout=10).returncode in (2, 4, 3)


def test_an_empty_directory(tmp_path: Path) -> None:
    done = trace(NEEDLE, "--logs", str(tmp_path))
    assert done.returncode == 4
    assert "0 files" in done.stdout.decode()


def test_a_broken_pattern_is_named_and_the_others_work(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/my-pattern.yaml").write_text("id: my-pattern\nseverty: error\n")
    done = trace(DOWN_REQUEST, "--logs", DOWN, "--patterns", str(tmp_path / "mine"))
    text = done.stdout.decode()
    assert "Root cause" in text
    assert "my-pattern.yaml:2" in text.replace("\n", "")
    assert "severty" in text
    document = json.loads(
        trace(DOWN_REQUEST, "--logs", DOWN, "--patterns", str(tmp_path / "mine"), "--format", "json").stdout
    )
    assert any("my-pattern.yaml:2" in problem for problem in document["problems"])


@pytest.mark.parametrize("change", ["grows", "is truncated", "is removed", "is rotated"])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, change: str) -> None:
    small_tree(tmp_path)
    path = tmp_path / "c3/var/log/nova/busy.log"
    block = ("\n".join(oslo(n / 100, f"line {n}", OTHER) for n in range(20_000)) + "\n").encode()
    write(path, block * 10)
    stop = threading.Event()

    def writer() -> None:
        while not stop.is_set():
            if change == "grows":
                with path.open("ab") as file:
                    file.write(block[: 1 << 16])
            elif change == "is truncated":
                os.truncate(path, 1 << 20)
                path.write_bytes(block * 10)
            elif change == "is removed":
                path.unlink(missing_ok=True)
                path.write_bytes(block * 3)
            else:
                path.replace(path.with_name("busy.log.1"))
                path.write_bytes(block)
            time.sleep(0.005)

    thread = threading.Thread(target=writer)
    thread.start()
    try:
        for _ in range(2):
            done = trace(NEEDLE, "--logs", str(tmp_path))
            assert done.returncode in (0, 3), done.stderr.decode()
            assert "it fails" in done.stdout.decode()
    finally:
        stop.set()
        thread.join()


# --- interrupted


@pytest.fixture(scope="module")
def big_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Logs that take some seconds to read: 36 compressed files of 20 MB each, all the same one."""
    root = tmp_path_factory.mktemp("big")
    chance = random.Random(0)
    lines = [oslo(n / 100, f"line {n} of many {chance.randbytes(40).hex()}", OTHER) for n in range(100_000)]
    first = write(root / "node0/var/log/nova/nova-compute.log.gz", lines)
    for number in range(1, 36):
        path = root / f"node{number}/var/log/nova/nova-compute.log.gz"
        path.parent.mkdir(parents=True)
        path.write_bytes(first.read_bytes())
    return root


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


def heed_interrupts() -> None:
    """A shell without job control starts what runs behind `&` with ^C ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(big_tree: Path, *more: str) -> subprocess.Popen[bytes]:
    """A long run in its own process group; returns once it is at work with a child."""
    process = subprocess.Popen(
        [HAYSTACK, "trace", NEEDLE, "--logs", str(big_tree), "--jobs", "2", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    deadline = time.monotonic() + 5
    while not children(process.pid) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert children(process.pid), "the run was over before it could be interrupted"
    return process


@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_interrupt_is_130_at_once(big_tree: Path, delay: float, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    process = start(big_tree, "-o", str(out))
    pids = children(process.pid)
    time.sleep(delay)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    _, errors = process.communicate(timeout=10)
    assert time.monotonic() - began < 1
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert b"KeyboardInterrupt" not in errors
    assert not [pid for pid in pids if alive(pid)]
    assert not out.exists()


def test_interrupt_during_start() -> None:
    """While modules are imported, too."""
    for delay in (0.1, 0.15, 0.2):
        process = subprocess.Popen(
            [HAYSTACK, "trace", NEEDLE, "--logs", DOWN],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=heed_interrupts,
        )
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        assert process.returncode in (130, 4, -signal.SIGINT)
        assert b"Traceback" not in errors, (delay, errors.decode())


def test_interrupt_while_hits_come_in(tmp_path: Path) -> None:
    """The signal may arrive inside a callback of the scanner."""
    path = tmp_path / "x.log"
    path.write_bytes(f"{oslo(0, 'x', NEEDLE)}\n".encode() * 300_000)
    for delay in (0.25, 0.3, 0.4, 0.5):
        process = subprocess.Popen(
            [HAYSTACK, "trace", NEEDLE, "--logs", str(path), "--jobs", "1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        time.sleep(delay)
        running = process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert b"Traceback" not in errors
        assert process.returncode == 130 or not running or process.returncode == 0, (delay, process.returncode, errors)


def test_terminate_leaves_no_child(big_tree: Path) -> None:
    process = start(big_tree)
    pids = children(process.pid)
    process.terminate()
    process.communicate(timeout=5)
    gone_by(pids)


def test_kill_9_leaves_no_child(big_tree: Path) -> None:
    process = start(big_tree)
    pids = children(process.pid)
    process.kill()
    process.communicate(timeout=5)
    gone_by(pids)


def gone_by(pids: list[int], seconds: float = 1) -> None:
    deadline = time.monotonic() + seconds
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in pids if alive(pid)]


def test_a_killed_worker_is_a_sentence(big_tree: Path) -> None:
    process = start(big_tree)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=30)
    assert process.returncode not in (0, 4), "what the worker was to read was not read"
    assert b"Traceback" not in errors
    assert errors or process.returncode == 3


# --- progress


def on_terminal(command: list[str], timeout: float = 30) -> tuple[int, bytes, bytes]:
    """(exit code, output, errors) of a command whose standard output and error are terminals."""
    masters, slaves = zip(*(pty.openpty() for _ in range(2)), strict=True)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slaves[0], stderr=slaves[1], close_fds=True)
    for slave in slaves:
        os.close(slave)
    read: dict[int, bytes] = dict.fromkeys(masters, b"")
    open_ = set(masters)
    deadline = time.monotonic() + timeout
    while open_ and time.monotonic() < deadline:
        for master in select.select(list(open_), [], [], 0.2)[0]:
            try:
                data = os.read(master, 65536)
            except OSError as err:
                if err.errno != errno.EIO:  # the other side has closed
                    raise
                data = b""
            if not data:
                open_.discard(master)
            read[master] += data
    for master in masters:
        os.close(master)
    return process.wait(timeout=5), read[masters[0]], read[masters[1]]


def test_memory_stays_flat_and_no_progress_is_shown_where_nobody_looks(big_tree: Path, tmp_path: Path) -> None:
    """700 MB of text behind 36 compressed files."""
    command = [HAYSTACK, "trace", NEEDLE, "--logs", str(big_tree), "--jobs", "1"]
    done, peak = run_measured(command, tmp_path / "peak")
    assert (done.returncode, done.stderr) == (4, b"")
    assert peak < 250 * 1024


def test_progress_on_a_terminal(big_tree: Path) -> None:
    code, output, errors = on_terminal([HAYSTACK, "trace", NEEDLE, "--logs", str(big_tree), "--jobs", "1"])
    assert code == 4
    assert b"%" not in output
    percents = [int(found) for found in re.findall(rb"(\d+) %", errors)]
    assert len(percents) >= 2
    assert percents == sorted(percents)
    assert percents[-1] <= 100
    assert errors.endswith(b"\x1b[K"), "the line is cleared at the end"


def test_a_short_run_shows_no_progress() -> None:
    _, _, errors = on_terminal([HAYSTACK, "trace", DOWN_REQUEST, "--logs", DOWN])
    assert errors == b""
