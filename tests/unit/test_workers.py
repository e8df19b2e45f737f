"""Work over processes: answers in order, errors brought home, no process left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from haystack.errors import UnreadableError
from haystack.search import workers
from haystack.search.workers import WorkerError


def spread(work, tasks, weights, processes):  # type: ignore[no-untyped-def]
    """``workers.spread`` for those who want no progress."""
    return workers.spread(work, tasks, weights, processes, lambda _share: None)


def children() -> set[int]:
    """Processes whose parent is this one, zombies included."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid():
                found.add(int(entry.name))
    return found


@pytest.fixture(autouse=True)
def _nothing_left() -> object:
    before, files = children(), len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert children() <= before, "a child or a zombie is left"
    assert len(list(Path("/proc/self/fd").iterdir())) <= files, "a pipe is left open"


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 40])
def test_answers_come_in_the_order_of_the_tasks(processes: int, count: int) -> None:
    tasks = list(range(count))
    assert spread(lambda n: n * n, tasks, [n % 3 for n in tasks], processes) == [n * n for n in tasks]


def test_the_work_is_done_by_so_many_processes() -> None:
    pids = spread(lambda _: os.getpid(), range(20), [1] * 20, 3)
    assert len(set(pids)) == 3
    assert os.getpid() in pids


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_progress_rises_to_the_whole(processes: int) -> None:
    seen: list[float] = []
    workers.spread(lambda n: n, list(range(12)), [1] * 12, processes, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert seen[0] >= 0


def test_big_answers_fit_through_the_pipe() -> None:
    answers = spread(lambda n: bytes([n]) * 3_000_000, range(4), [1] * 4, 4)
    assert [(a[0], len(a)) for a in answers] == [(n, 3_000_000) for n in range(4)]


def in_child(task: int) -> bool:
    return os.getpid() != PARENT


PARENT = os.getpid()


def raise_in(child: bool, error: BaseException):  # type: ignore[no-untyped-def]
    def work(task: int) -> int:
        if (os.getpid() != PARENT) == child:
            raise error
        return task

    return work


@pytest.mark.parametrize("child", [True, False])
@pytest.mark.parametrize("error", [ValueError("odd"), UnreadableError("damaged"), OSError(5, "I/O error", "x.log")])
def test_an_exception_arrives(child: bool, error: Exception) -> None:
    with pytest.raises(type(error), match=str(error.args[-1])):
        spread(raise_in(child, error), range(4), [1] * 4, 2)


class PickyError(Exception):
    """Pickles, but cannot be made again from its ``args``."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other}")


def test_an_exception_that_cannot_be_unpickled_is_still_named() -> None:
    with pytest.raises((PickyError, WorkerError), match="this and that"):
        spread(raise_in(True, PickyError("this", "that")), range(4), [1] * 4, 2)


def test_an_exception_that_cannot_be_pickled_does_not_hang() -> None:
    class LocalError(Exception):
        pass

    with pytest.raises((LocalError, WorkerError)):
        spread(raise_in(True, LocalError("nobody else knows this class")), range(4), [1] * 4, 2)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_that_is_killed_is_a_worker_error(number: int) -> None:
    def work(task: int) -> int:
        if os.getpid() != PARENT:
            os.kill(os.getpid(), number)
        return task

    with pytest.raises(WorkerError, match="without an answer"):
        spread(work, range(4), [1] * 4, 2)


def test_a_child_that_is_killed_in_the_middle_of_its_answer_is_a_worker_error() -> None:
    """A big answer is half written when the out-of-memory killer comes."""

    class Slow:
        def __reduce__(self) -> object:
            os.write(2, b"")
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

    def work(task: int) -> object:
        return [b"x" * 2_000_000, Slow()] if os.getpid() != PARENT else task

    with pytest.raises(WorkerError):
        spread(work, range(4), [1] * 4, 2)


def test_an_error_in_the_parent_ends_slow_children_at_once() -> None:
    def work(task: int) -> int:
        if os.getpid() != PARENT:
            time.sleep(30)
        raise ValueError("parent")

    began = time.monotonic()
    with pytest.raises(ValueError, match="parent"):
        spread(work, range(4), [1] * 4, 3)
    assert time.monotonic() - began < 2


def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = f"""
import os, time
from haystack.search.workers import spread
def work(n):
    open({str(tmp_path)!r} + f"/{{os.getpid()}}", "w").close()
    time.sleep(60)
spread(work, range(3), [1] * 3, 3, lambda share: None)
"""
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        deadline = time.monotonic() + 10
        while len(list(tmp_path.iterdir())) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        pids = [int(path.name) for path in tmp_path.iterdir()]
        assert len(pids) == 3
        parent.kill()
    deadline = time.monotonic() + 1
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not [pid for pid in pids if alive(pid)]


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie nobody waits for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
