"""Time and memory, each figure in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, TypeVarTuple

from engines import ENGINES
from tasks import Queries, Task

__all__ = ["Asked", "added", "asked", "cold", "in_child", "ingested", "size"]

_SAMPLED_EVERY = 0.02
_LEAST_QUERIES = 30
_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


def in_child(function: Callable[[*_Ts], _T], *arguments: *_Ts) -> tuple[_T, int]:
    """What a function returns in a new process, and the peak of its anonymous memory in bytes.

    The memory is that of the process and of those that it starts (RssAnon of
    ``/proc/PID/status``, sampled fifty times a second). What the function raises is raised here.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, function, arguments))
    process.start()
    sender.close()
    peak = 0
    assert process.pid is not None
    while not receiver.poll(_SAMPLED_EVERY):
        peak = max(peak, _anonymous(process.pid))
    try:
        result = receiver.recv()
    except EOFError:
        result = RuntimeError(f"{function.__name__} ended without an answer")
    process.join()
    if isinstance(result, Exception):
        raise result
    return result, peak


def _answer(sender: Connection, function: Callable[..., object], arguments: Any) -> None:
    try:
        sender.send(function(*arguments))
    except Exception as error:
        sender.send(error)


def _anonymous(pid: int) -> int:
    """Bytes of anonymous memory of a process and its descendants; 0 for one that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        tasks = Path(f"/proc/{pid}/task").glob("*/children")
        children = {int(child) for task in tasks for child in task.read_text().split()}
    except OSError:
        return 0
    own = next((line for line in status.splitlines() if line.startswith("RssAnon:")), "RssAnon: 0")
    return int(own.split()[1]) * 1024 + sum(map(_anonymous, children))


def size(folder: Path) -> int:
    """Bytes of the files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _written() -> int:
    """Bytes that this process, and those it has waited for, gave to the system to write."""
    counters = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in counters if line.startswith("wchar:"))


def ingested(engine: str, path: Path, folder: Path) -> float:
    """Seconds that an engine takes from a ``.jsonl`` file to the commit, imports and all."""
    start = time.perf_counter()
    ENGINES[engine].ingest(path, folder)
    return time.perf_counter() - start


def added(engine: str, path: Path, folder: Path, scratch: Path) -> tuple[float, int]:
    """Seconds to put a file into an index that is there, imports aside, and bytes written."""
    first = scratch / "first.jsonl"
    first.write_text(path.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    ENGINES[engine].ingest(first, scratch / "first")
    before = _written()
    start = time.perf_counter()
    ENGINES[engine].ingest(path, folder)
    return time.perf_counter() - start, _written() - before


class Asked(NamedTuple):
    """Milliseconds that queries took, and how many records each matched (-1: not counted)."""

    times: list[float]
    totals: list[int]


def asked(engine: str, folder: Path, task: Task, queries: Queries, patience: float) -> Asked:
    """Times of a task's queries on an index that is opened for it, warmed up on others.

    What takes longer than the seconds of patience is broken off, after thirty queries at least.
    """
    opened = ENGINES[engine](folder)
    _run(opened.run, task, queries.warm, patience / 4)
    return _run(opened.run, task, queries.timed, patience)


def _run(
    run: Callable[[str, Task], int], task: Task, queries: Sequence[str], patience: float
) -> Asked:
    out = Asked([], [])
    begun = time.perf_counter()
    for query in queries:
        start = time.perf_counter()
        total = run(query, task)
        end = time.perf_counter()
        out.times.append((end - start) * 1000)
        out.totals.append(total)
        if end - begun > patience and len(out.times) >= _LEAST_QUERIES:
            break
    return out


_IMPORTS = "import click, whoosh.index, whoosh.qparser"
#: What the installed script does.
_COMMAND = "from wpssearch.cli import main; main()"


def cold(folder: Path, queries: Sequence[str]) -> tuple[list[float], list[float]]:
    """Milliseconds of a whole process: the command line's search, and stock imports, in turn.

    Both have their modules compiled, as what pip has installed has.
    """
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as compiled:
        for query in (queries[0], *queries):
            search = ["--index", str(folder), "search", query]
            ours.append(_process(compiled, "-c", _COMMAND, *search))
            theirs.append(_process(compiled, "-c", _IMPORTS))
    # The first fills the machine's cache of files, and compiles.
    return ours[1:], theirs[1:]


def _process(compiled: str, *arguments: str) -> float:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return (time.perf_counter() - start) * 1000
