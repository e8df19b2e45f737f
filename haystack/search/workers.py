"""Work spread over processes: the scanner holds Python's global lock, so threads would not help.

Plain ``fork``: the children share what is loaded (library, scan databases) and start in a millisecond. They die
with their parent, also when it is killed, and leave no process behind.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Any, TypeVar

from ..errors import WorkerError

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_PR_SET_PDEATHSIG = 1


def spread(
    work: Callable[[_Task], _Result],
    tasks: Sequence[_Task],
    weights: Sequence[int],
    processes: int,
    progress: Callable[[float], None],
) -> list[_Result]:
    """``[work(task) for task in tasks]``, by up to ``processes`` processes, shared out by weight.

    The parent does the first share itself and calls ``progress`` with how much of it is done, from 0 to 1: the shares
    are of equal weight, so one tells of all. An exception in a child is raised here. Raises WorkerError when a
    child died.
    """
    if not hasattr(os, "fork"):
        processes = 1
    shares: list[list[int]] = [[] for _ in range(max(1, min(processes, len(tasks))))]
    loads = [0] * len(shares)
    for number in sorted(range(len(tasks)), key=lambda i: -weights[i]):
        least = loads.index(min(loads))
        shares[least].append(number)
        loads[least] += weights[number] + 1
    children: list[tuple[int, int, list[int]]] = []
    results: dict[int, _Result] = {}
    try:
        for share in shares[1:]:
            try:
                children.append((*_start(work, [tasks[number] for number in share]), share))
            except OSError:  # no more processes to be had: the parent does it
                shares[0] += share
                loads[0] += sum(weights[number] + 1 for number in share)
        done = 0
        for number in shares[0]:
            results[number] = work(tasks[number])
            done += weights[number] + 1
            progress(done / loads[0])
        for pid, pipe, share in children:
            for number, result in zip(share, _collect(pid, pipe), strict=True):
                results[number] = result
    except BaseException:
        for pid, _, _ in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        raise
    finally:
        for pid, pipe, _ in children:
            with suppress(OSError):
                os.close(pipe)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
    return [results[number] for number in range(len(tasks))]


def _start(work: Callable[[_Task], _Result], tasks: list[_Task]) -> tuple[int, int]:
    def answer(pipe: IO[bytes]) -> None:
        try:
            data = pickle.dumps((True, [work(task) for task in tasks]), protocol=pickle.HIGHEST_PROTOCOL)
        except Exception as err:  # noqa: BLE001 - carried to the parent and raised there
            data = pickle.dumps((False, failure(err)))
        pipe.write(data)

    return start_child(answer)


def start_child(run: Callable[[IO[bytes]], None]) -> tuple[int, int]:
    """A process that runs a function with a pipe to write to: its pid, and where to read."""
    sys.stdout.flush()
    sys.stderr.flush()
    receive, send = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.close(send)
        return pid, receive
    # The child. It must never return into the caller's code, whatever happens.
    status = 1
    try:
        os.close(receive)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # ignored behind `&` and nohup: so here
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        _die_with(parent)
        with os.fdopen(send, "wb") as pipe:
            run(pipe)
        status = 0
    finally:
        os._exit(status)


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _collect(pid: int, pipe: int) -> list[Any]:
    with os.fdopen(pipe, "rb", closefd=False) as stream:
        data = stream.read()
    try:
        good, answer = pickle.loads(data)  # noqa: S301 - written by our own child
    except (EOFError, pickle.UnpicklingError) as err:
        raise WorkerError(f"worker process {pid} ended without an answer; is the machine out of memory?") from err
    if not good:
        raise answer
    results: list[Any] = answer
    return results


def failure(err: Exception) -> Exception:
    """An exception for the pipe; one that does not survive the way is told in words."""
    try:
        pickle.loads(pickle.dumps(err))  # noqa: S301 - our own bytes
    except Exception:  # noqa: BLE001 - any class may fail in its own way
        return WorkerError(f"{type(err).__name__}: {err}")
    return err
