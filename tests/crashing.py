"""What may end a writer, for the tests: a kill, a refusal of the system or Ctrl-C at each of its
calls. Run as a script it is the writer: ``python crashing.py INDEX SOURCE``.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any
from unittest import mock

import wpssearch
from wpssearch.backends.whoosh import files as index_files
from wpssearch.backends.whoosh.toc import NAME, Toc

State = dict[str, bytes]


def write(index: Path, source: Path) -> None:
    """The change that is to be all or nothing: it adds, updates, removes and merges."""
    with wpssearch.open(index, create=False) as opened:
        opened.ingest([source])


def scene(folder: Path) -> tuple[Path, Path, State, State]:
    """An index of seven small segments, one more of which lets them be merged; a source that has
    been changed since; the state before that change is read, and after.
    """
    index, source = folder / "index", folder / "source.jsonl"
    source.write_text(_lines([0, 1, 2, 3, 4, 5], "old"))
    with wpssearch.open(index) as opened:
        for number in range(6):
            opened.add([{"id": f"a{number}{n}", "text": f"police {number} {n}"} for n in range(3)])
        opened.ingest([source])
        opened.remove(["a00", "a31"])
    before = state(index)
    source.write_text(_lines([0, 1, 2, 3, 4, 6, 7, 8], "new"))
    after = folder / "after"
    shutil.copytree(index, after)
    write(after, source)
    return index, source, before, state(after)


def _lines(numbers: list[int], word: str) -> str:
    pad = " ".join(f"word{n}" for n in range(40))
    return "".join(
        f'{{"id": "s{n}", "text": "{word if n > 3 else "same"} text {n} {pad}"}}\n' for n in numbers
    )


def state(index: Path, *, check: bool = True) -> State:
    """All that a sound index holds, by id; the index must be sound."""
    with wpssearch.open(index, create=False) as opened:
        assert not check or opened.check() == []
        hits = opened.search(limit=10_000, facets=(), snippets=False).hits
        return {hit.id: blake2b(hit.record.text.encode()).digest() for hit in hits}


def prove(index: Path, source: Path, before: State, after: State) -> State:
    """The index is in one of the two states, and the next writer succeeds and leaves no rubbish;
    returns the state that was found.
    """
    found = state(index)
    assert found in (before, after)
    write(index, source)
    assert state(index, check=False) == after
    names = {file.name for file in index.iterdir()}
    toc = next(name for name in names if name.endswith(".toc"))
    needed = Toc.decode((index / toc).read_bytes(), toc).needs()
    assert names == needed | {f"{NAME}_WRITELOCK"}
    return found


class Calls:
    """Counts what a writer asks of the system, and at one of the calls does something else.

    A write comes half through before it fails. What was done is noted in a ``log``, where there
    is one, for ``power_cut``.
    """

    def __init__(self, at: int, end: Callable[[], None], log: Path | None = None) -> None:
        self.count = 0
        self._at = at
        self._end = end
        self._log = log

    def note(self, *words: object) -> None:
        if self._log is not None:
            with open(self._log, "a") as file:
                file.write("\t".join(map(str, words)) + "\n")

    def tick(self) -> bool:
        """Count a call; whether it is the one."""
        self.count += 1
        return self.count == self._at

    def counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **kwargs: Any) -> Any:
            if self.tick():
                self._end()
            out = call(*args, **kwargs)
            if call is _fsync and self._log is not None:
                args = (os.readlink(f"/proc/self/fd/{args[0]}"),)
            self.note(call.__name__, *args)
            return out

        return counting

    def open(self, file: Any, mode: str = "r", **kwargs: Any) -> Any:
        if "x" not in mode:
            return open(file, mode, **kwargs)
        if self.tick():
            self._end()
        self.note("create", file)
        return io.BufferedWriter(_Raw(self, file, mode), 1024)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count the calls of the block."""
        with (
            mock.patch.object(index_files, "open", self.open, create=True),
            mock.patch.object(os, "fsync", self.counted(os.fsync)),
            mock.patch.object(os, "replace", self.counted(os.replace)),
            mock.patch.object(os, "unlink", self.counted(os.unlink)),
        ):
            yield


_fsync = os.fsync


def power_cut(index: Path, log: Path, *, names_last: bool) -> None:
    """What a power cut may leave of a folder, by what a writer had made durable until then.

    What was written to a file that was not synced is lost, but for its first half. A new name in
    the folder is lost, too, until the folder is synced; or such names last (``names_last``), as
    they do where a file system writes them before the data.
    """
    fresh: dict[str, bool] = {}
    named: set[str] = set()
    for line in log.read_text().splitlines() if log.exists() else ():
        call, path, *more = line.split("\t")
        name = Path(path).name
        if call == "create":
            fresh[name] = False
            named.discard(name)
        elif call == "fsync" and Path(path) == index:
            named |= fresh.keys()
        elif call == "fsync":
            fresh[name] = True
        elif call == "replace":
            fresh[Path(more[0]).name] = fresh.pop(name)
    for name, synced in fresh.items():
        file = index / name
        if not file.exists():
            continue
        if name not in named and not names_last:
            file.unlink()
        elif not synced:
            os.truncate(file, file.stat().st_size // 2)


class _Raw(io.FileIO):
    def __init__(self, calls: Calls, file: Any, mode: str) -> None:
        super().__init__(file, mode)
        self._calls = calls

    def write(self, data: Any, /) -> int:
        if self._calls.tick():
            super().write(memoryview(data)[: len(data) // 2])
            self._calls._end()
        return super().write(data)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def full_disk() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def failing_disk() -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def interrupt() -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
