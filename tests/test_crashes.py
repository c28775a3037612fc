"""A writer that ends at any moment, by whatever, leaves the state before or the state after."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import crashing
import pytest
from crashing import Calls, State

import wpssearch
from wpssearch import readers
from wpssearch.backends.whoosh import container

fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
Scene = tuple[Path, Path, State, State]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """The index, the source that is changed, the state before and after; not to be changed."""
    return crashing.scene(tmp_path_factory.mktemp("scene"))


@pytest.fixture
def copy(scene: Scene, tmp_path: Path) -> Callable[[], Path]:
    """Makes a fresh copy of the index before the change."""

    def make() -> Path:
        index = tmp_path / "index"
        shutil.rmtree(index, ignore_errors=True)
        return Path(shutil.copytree(scene[0], index))

    return make


def calls_of(index: Path, source: Path) -> int:
    """How many calls the change makes of the system."""
    calls = Calls(-1, crashing.interrupt)
    with calls.counting():
        crashing.write(index, source)
    return calls.count


def killed(index: Path, source: Path, at: int, log: Path | None = None) -> bool:
    """Let a child make the change and die at a call; whether it died."""
    child = os.fork()
    if not child:
        status = 1
        try:
            with Calls(at, crashing.kill, log).counting():
                crashing.write(index, source)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@fork
def test_a_writer_killed_at_any_of_its_calls(scene: Scene, copy: Callable[[], Path]) -> None:
    _, source, before, after = scene
    found = []
    for at in range(1, 10_000):
        index = copy()
        if not killed(index, source, at):
            break
        found.append(crashing.prove(index, source, before, after) == after)
    # Once the new state is there, it stays, whatever is killed of the cleaning up.
    assert found == sorted(found)
    assert found.count(False) > 10
    assert found.count(True) > 5


def cut_off(scene: Scene, index: Path, log: Path, first: int, step: int, last: bool) -> int:
    """Cut the power at every so many calls; returns at how many. ``last``: see ``power_cut``."""
    _, source, before, after = scene
    points = range(first, 10_000, step)
    for at in points:
        shutil.rmtree(index, ignore_errors=True)
        shutil.copytree(scene[0], index)
        log.unlink(missing_ok=True)
        if not killed(index, source, at, log):
            return points.index(at)
        crashing.power_cut(index, log, names_last=last)
        crashing.prove(index, source, before, after)
    raise AssertionError("it never came to its end")


linux = pytest.mark.skipif(sys.platform != "linux", reason="what is synced is read from /proc")


@linux
@pytest.mark.parametrize("last", [False, True])
def test_a_power_cut_at_every_third_call(scene: Scene, tmp_path: Path, last: bool) -> None:
    assert cut_off(scene, tmp_path / "index", tmp_path / "log", 1 + last, 3, last) > 8


@linux
@pytest.mark.long
@pytest.mark.parametrize("last", [False, True])
def test_a_power_cut_at_any_call(scene: Scene, tmp_path: Path, last: bool) -> None:
    assert cut_off(scene, tmp_path / "index", tmp_path / "log", 1, 1, last) > 30


@pytest.mark.parametrize(
    "end", [crashing.full_disk, pytest.param(crashing.failing_disk, marks=pytest.mark.long)]
)
def test_a_refusal_at_any_call_is_one_line_and_changes_nothing(
    scene: Scene, copy: Callable[[], Path], end: Callable[[], None]
) -> None:
    _, source, before, after = scene
    reason = "the disk is full" if end is crashing.full_disk else "Input/output error"
    refused = 0
    for at in range(1, calls_of(copy(), source) + 1):
        index = copy()
        try:
            with Calls(at, end).counting():
                crashing.write(index, source)
            said = None
        except wpssearch.Error as error:
            said = str(error)
        found = crashing.prove(index, source, before, after)
        if said is None:
            # What is no longer needed could not be removed: the next writer does it.
            assert found == after
            continue
        refused += 1
        assert reason in said
        assert "\n" not in said
        assert ("was changed, but" in said) == (found == after)
        assert ("nothing was changed" in said) == (found == before)
    assert refused > 10


def test_ctrl_c_at_every_other_call(scene: Scene, copy: Callable[[], Path]) -> None:
    _, source, before, after = scene
    for at in range(1, calls_of(copy(), source) + 1, 2):
        index = copy()
        with pytest.raises(KeyboardInterrupt), Calls(at, crashing.interrupt).counting():
            crashing.write(index, source)
        crashing.prove(index, source, before, after)


# From outside


def started(index: Path, source: Path, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    command = [*before, sys.executable, crashing.__file__, str(index), str(source)]
    quiet = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **quiet})


def kill_at_random(scene: Scene, copy: Callable[[], Path], times: int, pick: random.Random) -> None:
    _, source, before, after = scene
    begun = time.monotonic()
    assert started(copy(), source).wait() == 0
    whole = time.monotonic() - begun
    for number in range(times):
        index = copy()
        writer = started(index, source)
        # Most of the time goes by before the first file is written.
        time.sleep(pick.uniform(0.6, 1.1) * whole)
        writer.send_signal((signal.SIGKILL, signal.SIGTERM, signal.SIGINT)[number % 3])
        writer.communicate()
        crashing.prove(index, source, before, after)


@pytest.mark.skipif(os.name == "nt", reason="signals are not those of this system")
def test_a_writer_killed_at_random_moments(scene: Scene, copy: Callable[[], Path]) -> None:
    kill_at_random(scene, copy, 3, random.Random())


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="signals are not those of this system")
def test_a_writer_killed_at_a_hundred_random_moments(
    scene: Scene, copy: Callable[[], Path]
) -> None:
    kill_at_random(scene, copy, 100, random.Random())


SYSCALLS = "openat,write,fsync,rename,renameat,renameat2,unlink,unlinkat"


@pytest.mark.long
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_writer_killed_at_each_system_call_on_the_index(
    scene: Scene, copy: Callable[[], Path], tmp_path: Path
) -> None:
    """Each call on a file of the index in turn, as a first run without a kill has counted them."""
    _, source, before, after = scene
    index, log = copy(), tmp_path / "log"
    trace = ("strace", "-f", "-qq", "-o", str(log))
    first = started(index, source, (*trace, "-y", "-e", f"trace={SYSCALLS}"))
    assert first.wait() == 0, first.communicate()
    points = list(_points(log.read_text(errors="replace"), str(index)))
    assert len(points) > 50
    states = []
    for call, number in points:
        index = copy()
        inject = f"inject={call}:signal=KILL:when={number}"
        killed = started(index, source, (*trace, "-e", f"trace={call}", "-e", inject))
        killed.communicate()
        assert killed.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), (call, number)
        states.append(crashing.prove(index, source, before, after))
    assert before in states
    assert after in states


def _points(log: str, folder: str) -> list[tuple[str, int]]:
    """The calls that concern a folder: the name of each, and its number among those of its name."""
    counts: dict[str, int] = {}
    found = []
    for line in log.splitlines():
        match = re.match(r"\d+ +(\w+)\(", line)
        if match:
            counts[match[1]] = counts.get(match[1], 0) + 1
            if folder in line:
                found.append((match[1], counts[match[1]]))
    return found


# A disk that is really full


def ingest(index: Path, source: Path, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """Ingest by the command line, with a limit to the size of any file."""
    import resource

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    # Where the tests are measured, the measurements are files, too.
    environment = {name: v for name, v in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.run(
        [sys.executable, "-m", "wpssearch.cli", "--index", str(index), "ingest", str(source)],
        capture_output=True, text=True, check=False, preexec_fn=limited, env=environment,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="this system has no such limit")
def test_a_limit_to_the_size_of_files_is_told_in_one_line(
    scene: Scene, copy: Callable[[], Path]
) -> None:
    _, source, before, after = scene
    index = copy()
    failed = ingest(index, source, 4096)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.count("\n") == 1
    assert "larger than the system allows; nothing was changed" in failed.stderr
    assert crashing.prove(index, source, before, after) == before


@pytest.mark.long
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount a small disk"
)
def test_a_full_disk_is_told_in_one_line(scene: Scene, tmp_path: Path) -> None:
    _, source, before, after = scene
    for kilobytes in range(48, 260, 4):
        disk = tmp_path / "disk"
        disk.mkdir(exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("no disk can be mounted here")
        try:
            try:
                shutil.copytree(scene[0], disk / "index")
            except shutil.Error:
                continue
            done = ingest(disk / "index", source)
            if done.returncode == 0:
                assert crashing.state(disk / "index") == after
                break
            assert done.stderr.count("\n") == 1
            assert "the disk is full; nothing was changed" in done.stderr
            assert crashing.state(disk / "index") == before
        finally:
            subprocess.run(["umount", str(disk)], check=True)
    else:
        pytest.fail("no disk was large enough")


def test_an_index_that_could_not_be_created_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda *_: crashing.full_disk())
        with pytest.raises(wpssearch.IndexUnwritable, match="the disk is full"):
            wpssearch.open(folder)
    left = {file.name for file in folder.iterdir()}
    assert any(name.endswith(".new") for name in left)
    with pytest.raises(wpssearch.IndexMissing, match="There is no index"):
        wpssearch.open(folder, create=False)
    with wpssearch.open(folder) as index:
        assert index.add([{"id": "1", "text": "police"}]).added == 1
        assert not any(file.name.endswith(".new") for file in folder.iterdir())


# What ends an ingest from within


def test_an_exception_in_a_reader_changes_nothing(
    scene: Scene, copy: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, source, before, after = scene
    index, read = copy(), readers.read

    def failing(*args: Any, **kwargs: Any) -> Iterator[Any]:
        yield from islice(read(*args, **kwargs), 5)
        raise RuntimeError("a reader's own")

    with monkeypatch.context() as patch:
        patch.setattr(readers, "read", failing)
        with pytest.raises(RuntimeError):
            crashing.write(index, source)
    assert crashing.prove(index, source, before, after) == before


def test_what_grows_on_disk_lies_nameless_beside_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "_IN_MEMORY", 0)
    made, whole = [], tempfile.TemporaryFile
    folder = tmp_path / "index"

    def counted(*args: Any, **kwargs: Any) -> Any:
        made.append(kwargs["dir"])
        file = whole(*args, **kwargs)
        assert all("tmp" not in path.name for path in folder.iterdir())
        return file

    monkeypatch.setattr(tempfile, "TemporaryFile", counted)
    rows = [{"id": f"{n}", "text": f"police word{n}"} for n in range(9)]
    with wpssearch.open(folder) as index, wpssearch.open(":memory:") as memory:
        for row in rows:
            index.add([row])
        assert set(made) == {folder}
        made.clear()
        memory.add(rows)
        assert made == []
        assert memory.search("police", limit=0).total == index.search("police", limit=0).total == 9
        assert index.check() == memory.check() == made == []

        def full(*args: Any, **kwargs: Any) -> Any:
            crashing.full_disk()

        monkeypatch.setattr(tempfile, "TemporaryFile", full)
        with pytest.raises(wpssearch.IndexUnwritable, match="the disk is full; nothing was"):
            index.add([{"id": "10", "text": "police"}])
        assert index.search("police", limit=0).total == 9
