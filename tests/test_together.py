"""Many processes and threads on one index: each sees one consistent state, none is in another's
way for long.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import wpssearch
from wpssearch.backends.whoosh import store

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
WRITERS, READERS, SIZE = 3, 5, 10


def batch(writer: int, version: int) -> list[dict[str, Any]]:
    """The records of a writer, all of one version."""
    return [
        {
            "id": f"w{writer}-{number}",
            "text": f"writer{writer} wrote version{version}",
            "facets": {"version": [f"{version:06d}"]},
        }
        for number in range(SIZE)
    ]


def writing(folder: Path, writer: int, seconds: float) -> None:
    """Replace all records of a writer, again and again; the last one takes its own away between."""
    until, version = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        version += 1
        with wpssearch.open(folder, create=False) as index:
            if writer == WRITERS - 1 and version % 2:
                assert index.remove([row["id"] for row in batch(writer, 0)]) == SIZE
            else:
                report = index.add(batch(writer, version))
                assert report.added + report.updated == SIZE


def seen(index: wpssearch.Index, latest: dict[int, str]) -> None:
    """What is found must be one version of each writer, and none older than was seen before."""
    everything = 0
    for writer in range(WRITERS):
        results = index.search(f"writer{writer}", limit=SIZE + 1, facets=["version"])
        versions = results.facets["version"]
        assert [value.count for value in versions] == [results.total] * bool(results.total)
        assert results.total in ((SIZE,) if writer < WRITERS - 1 else (0, SIZE))
        everything += results.total
        for value in versions:
            assert value.value >= latest.get(writer, "")
            latest[writer] = value.value
            wrote = f"writer{writer} wrote version{int(value.value)}"
            assert {hit.record.text for hit in results.hits} == {wrote}
    assert index.search(limit=0).total == everything


def reading(folder: Path, seed: int, seconds: float) -> None:
    """Search the state that was opened, then newer ones; what was opened first stays as it was."""
    until, pick = time.monotonic() + seconds, random.Random(seed)
    with wpssearch.open(folder, create=False) as old, wpssearch.open(folder, create=False) as index:
        first = old.search("wrote", limit=50).to_dict()
        latest: dict[int, str] = {}
        while time.monotonic() < until:
            seen(index, latest)
            time.sleep(pick.uniform(0, 0.02))
            index.refresh()
        assert old.search("wrote", limit=50).to_dict() == first


def at_once(folder: Path, seconds: float) -> None:
    """Five processes that read and three that write, for some seconds."""
    with wpssearch.open(folder) as index:
        for writer in range(WRITERS):
            index.add(batch(writer, 0))
    context = get_context("fork")
    processes = [
        *(context.Process(target=writing, args=(folder, n, seconds)) for n in range(WRITERS)),
        *(context.Process(target=reading, args=(folder, n, seconds)) for n in range(READERS)),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(processes)
    with wpssearch.open(folder, create=False) as index:
        assert index.check() == []
        seen(index, {})


def test_eight_processes_at_once(tmp_path: Path) -> None:
    at_once(tmp_path / "index", 2)


@pytest.mark.long
def test_eight_processes_for_a_minute(tmp_path: Path) -> None:
    at_once(tmp_path / "index", 60)


def test_threads_search_while_another_writes(tmp_path: Path) -> None:
    failures: list[BaseException] = []
    with wpssearch.open(tmp_path / "index") as index:
        for writer in range(WRITERS):
            index.add(batch(writer, 0))
        done = threading.Event()

        def work() -> None:
            latest: dict[int, str] = {}
            try:
                while not done.is_set():
                    with wpssearch.open(tmp_path / "index") as own:
                        seen(own, latest)
                    # One index for all: another thread's commit may come between two searches.
                    assert index.search("writer0").total == SIZE
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for version in range(1, 15):
            index.add(batch(version % WRITERS, version))
        done.set()
        for thread in threads:
            thread.join()
        assert index.check() == []
    assert failures == []


# The lock


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, Path]:
    """A process in the middle of a commit, whose first segments are written: its number, and its
    index. It goes on when the file ``go`` is there.
    """
    monkeypatch.setattr(store, "_LOCK_WAIT", 0.2)
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add(batch(0, 0))
    child = os.fork()
    if not child:
        status = 1
        try:
            monkeypatch.setattr(store, "_BUDGET", 1)
            with wpssearch.open(folder) as index:
                index.add(_waiting(tmp_path))
            status = 0
        finally:
            os._exit(status)
    _until(lambda: (tmp_path / "ready").exists())
    return child, folder


def _waiting(folder: Path) -> Iterator[dict[str, Any]]:
    yield from batch(1, 1)
    (folder / "ready").touch()
    _until(lambda: (folder / "go").exists())
    yield from batch(2, 1)


def _until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_living_writers_files_are_left_alone(writer: tuple[int, Path]) -> None:
    child, folder = writer
    written = set(folder.glob("*.seg"))
    assert len(written) > 2
    with wpssearch.open(folder) as index:
        assert index.search(limit=0).total == SIZE
        assert index.check() == []
        with pytest.raises(wpssearch.IndexLocked, match="try again later"):
            index.add(batch(2, 5))
    assert set(folder.glob("*.seg")) == written
    (folder.parent / "go").touch()
    assert os.waitpid(child, 0)[1] == 0
    with wpssearch.open(folder) as index:
        assert index.search(limit=0).total == 3 * SIZE


def test_a_dead_writers_lock_is_no_obstacle_and_its_files_go(writer: tuple[int, Path]) -> None:
    child, folder = writer
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(set(folder.glob("*.seg"))) > 2
    with wpssearch.open(folder) as index:
        assert index.remove(["unknown"]) == 0
        assert len(set(folder.glob("*.seg"))) == 1
        assert index.add(batch(2, 5)).added == SIZE


def test_a_child_holds_no_lock_of_a_parent_that_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add(batch(0, 0))
    read, write = os.pipe()

    def rows() -> Iterator[dict[str, Any]]:
        if not os.fork():
            # It lives on, as the workers of a pool do, until the pipe is closed.
            os.close(write)
            os.read(read, 1)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)
        yield {}

    parent = os.fork()
    if not parent:
        with wpssearch.open(folder) as index:
            index.add(rows())
        os._exit(1)
    os.waitpid(parent, 0)
    with wpssearch.open(folder) as index:
        assert index.add(batch(1, 1)).added == SIZE
    os.close(write)
    os.close(read)


def test_an_open_index_is_searched_and_changed_by_a_forked_child(tmp_path: Path) -> None:
    with wpssearch.open(tmp_path / "index") as index:
        index.add(batch(0, 0))
        expected = index.search("writer0").to_dict()
        child = os.fork()
        if not child:
            status = 1
            try:
                assert index.search("writer0").to_dict() == expected
                index.add(batch(1, 1))
                assert index.search(limit=0).total == 2 * SIZE
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert index.search("writer0").to_dict() == expected
        index.refresh()
        assert index.search(limit=0).total == 2 * SIZE
        index.add(batch(0, 2))
        assert index.check() == []


def test_two_that_create_one_index_at_once_make_one(tmp_path: Path) -> None:
    folder = tmp_path / "index"

    def create(number: int) -> None:
        with wpssearch.open(folder) as index:
            index.add(batch(number, 0))

    context = get_context("fork")
    for _ in range(3):
        processes = [context.Process(target=create, args=(number,)) for number in range(4)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * 4
        with wpssearch.open(folder) as index:
            assert index.search(limit=0).total == 4 * SIZE
            assert index.check() == []
        for file in folder.iterdir():
            file.unlink()
