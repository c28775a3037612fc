"""The files of an index, on disk or in memory: mapped for reading, made durable on writing."""

from __future__ import annotations

import errno
import io
import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from wpssearch.backends.arrays import Array
from wpssearch.backends.whoosh.container import Container, Room
from wpssearch.backends.whoosh.segment import Segment
from wpssearch.backends.whoosh.toc import (
    NAME,
    Entry,
    Toc,
    generations,
    holds_index,
    is_ours,
)
from wpssearch.errors import REBUILD, IndexDamaged, IndexMissing, IndexUnwritable

__all__ = ["ASIDE", "Files", "FolderFiles", "MemoryFiles", "folder_files", "missing", "sync_folder"]

#: What is appended to the name of a damaged file that is kept.
ASIDE = ".damaged"
_RETRIES = 10
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would be larger than the system allows",
}


class Files:
    """What is common to both: tables of contents and segments, whatever holds the bytes."""

    #: Where a column that is made piece by piece may grow; ``None``: in memory.
    room: Room | None = None

    def names(self) -> list[str]:
        """The names of all files."""
        raise NotImplementedError

    def read(self, name: str) -> Any:
        """The bytes of a file; ``OSError`` where it is not there."""
        raise NotImplementedError

    @contextmanager
    def create(self, name: str) -> Iterator[IO[bytes]]:
        """A new file to write to, in the place of any of its name."""
        raise NotImplementedError
        yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What the system refuses in the block is an ``IndexUnwritable``."""
        yield

    def remove(self, name: str) -> None:
        """Remove a file."""
        raise NotImplementedError

    def set_aside(self, name: str) -> None:
        """Keep a file under another name, which no index reads or removes."""

    def sync(self, names: list[str]) -> None:
        """Make written files durable, and that they are there."""

    def replace(self, temporary: str, name: str) -> None:
        """Give a written file its name, at once and durably."""
        raise NotImplementedError

    def newest(self) -> Toc:
        """The newest generation; ``FileNotFoundError`` where there is none."""
        name = Toc.file(self.latest())
        return Toc.decode(bytes(self.read(name)), name)

    def latest(self) -> int:
        """The number of the newest generation, -1 where there is none."""
        return max(generations(self.names()), default=-1)

    def container(self, name: str, *, trusted: bool = False) -> Container:
        """The columns of a file; see ``Container`` for ``trusted``."""
        return Container(self.read(name), name, trusted=trusted)

    def segment(self, entry: Entry, *, trusted: bool = False) -> Segment:
        """A segment of a generation."""
        segment = Segment(self.container(entry.file, trusted=trusted), None)
        if segment.count != entry.count:
            raise _foreign(entry.file)
        segment.live = self.live(entry, trusted=trusted)
        return segment

    def live(self, entry: Entry, *, trusted: bool = False) -> Array | None:
        """By record of a segment, whether it is live; ``None`` where all are."""
        if entry.deletions is None:
            return None
        bits = self.container(entry.deletions, trusted=trusted).array("live")
        if bits.dtype != np.uint8 or len(bits) != -(-entry.count // 8):
            raise _foreign(entry.deletions)
        live: Array = np.unpackbits(bits, count=entry.count).astype(bool)
        if int(live.sum()) != entry.live:
            raise _foreign(entry.deletions)
        return live

    def open(self) -> tuple[Toc, list[Segment]]:
        """The newest generation with its segments.

        A writer may remove a file between the look at the folder and the opening of a segment:
        then the newer table is read.
        """
        for attempt in range(_RETRIES):
            generation = self.latest()
            try:
                toc = self.newest()
                return toc, [self.segment(entry) for entry in toc.segments]
            except FileNotFoundError as error:
                if attempt + 1 == _RETRIES or self.latest() == generation:
                    raise missing(error) from error
        raise AssertionError("unreachable")

    def publish(self, toc: Toc) -> None:
        """Make a generation the newest."""
        name = Toc.file(toc.generation)
        temporary = f"{name}.new"
        with self.create(temporary) as stream:
            stream.write(toc.encode())
        self.sync([temporary])
        self.replace(temporary, name)

    def clean(self, toc: Toc) -> None:
        """Remove what no generation but this needs: open readers keep what they have mapped.

        Only for who holds the writer's lock: the files of a writer at work are needed by none.
        """
        wanted = toc.needs()
        for name in self.names():
            if is_ours(name) and name not in wanted:
                with suppress(OSError):
                    self.remove(name)


def _foreign(name: str) -> IndexDamaged:
    return IndexDamaged(
        f"The index file {name} is not the one that the table of contents names; {REBUILD}"
    )


def missing(error: FileNotFoundError) -> IndexDamaged:
    """What a file that should be there makes of the index."""
    name = Path(error.filename or str(error)).name
    if generations([name]) or name == Toc.file(-1):
        return IndexDamaged(f"The index's table of contents is missing; {REBUILD}")
    return IndexDamaged(f"The index file {name} is missing; {REBUILD}")


def _opener(path: str, flags: int) -> int:
    # A pipe in the place of a file would never open.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)


class FolderFiles(Files):
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.room = self

    def names(self) -> list[str]:
        return os.listdir(self._folder)

    def read(self, name: str) -> Any:
        with open(self._folder / name, "rb", opener=_opener) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise IndexDamaged(f"The index file {name} is no file; {REBUILD}")
            if status.st_size == 0:
                return b""
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @contextmanager
    def create(self, name: str) -> Iterator[IO[bytes]]:
        with self.writing():
            with suppress(FileNotFoundError):
                os.unlink(self._folder / name)
            # Nothing is written through a link that stands there under this name.
            with open(self._folder / name, "xb") as file:
                yield file

    @contextmanager
    def writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise IndexUnwritable(
                f"The index in {self._folder} cannot be written: {_reason(error)}; nothing was "
                "changed. Mend that and try again."
            ) from error

    def scratch(self) -> IO[bytes]:
        """A nameless file that is gone with its user."""
        # Here: only a large ingest needs it.
        import tempfile

        return tempfile.TemporaryFile(dir=self._folder, prefix=f"{NAME}_", suffix=".tmp")

    def remove(self, name: str) -> None:
        os.unlink(self._folder / name)

    def set_aside(self, name: str) -> None:
        with self.writing(), suppress(FileNotFoundError, FileExistsError):
            os.link(self._folder / name, self._folder / f"{name}{ASIDE}")

    def sync(self, names: list[str]) -> None:
        with self.writing():
            for name in names:
                with open(self._folder / name, "rb") as file:
                    os.fsync(file.fileno())
            sync_folder(self._folder)

    def replace(self, temporary: str, name: str) -> None:
        with self.writing():
            os.replace(self._folder / temporary, self._folder / name)
        try:
            sync_folder(self._folder)
        except OSError as error:
            raise IndexUnwritable(
                f"The index in {self._folder} was changed, but the system does not confirm that "
                f"it will last: {_reason(error)}; mend that and run `wpssearch check`."
            ) from error


def _reason(error: OSError) -> str:
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder holds."""
    if os.name == "nt":
        # There a folder cannot be opened, and renaming is durable by itself.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def folder_files(folder: Path) -> FolderFiles:
    """The files of the index in a folder; ``IndexMissing`` where there is none, ``IndexDamaged``
    where it is of another version.
    """
    files = FolderFiles(folder)
    # While a table of contents is replaced, a look may meet neither the old one nor the new.
    for _ in range(_RETRIES):
        if folder.is_dir() and generations(files.names()):
            return files
    if not holds_index(folder):
        raise IndexMissing(
            f"There is no index in {folder}; build one with `wpssearch --index {folder} ingest "
            "PATH`."
        )
    if any(is_ours(name) for name in files.names()):
        # What is there is no index without its table of contents: who opens it is told so.
        return files
    raise IndexDamaged(
        f"The index in {folder} was made by another version; empty the folder and build it anew "
        f"with `wpssearch --index {folder} ingest PATH`."
    )


class MemoryFiles(Files):
    """Files in memory."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def names(self) -> list[str]:
        return list(self._files)

    def read(self, name: str) -> Any:
        try:
            return self._files[name]
        except KeyError as error:
            raise FileNotFoundError(errno.ENOENT, "no such file", name) from error

    @contextmanager
    def create(self, name: str) -> Iterator[IO[bytes]]:
        stream = io.BytesIO()
        yield stream
        self._files[name] = stream.getvalue()

    def remove(self, name: str) -> None:
        self._files.pop(name, None)

    def replace(self, temporary: str, name: str) -> None:
        self._files[name] = self._files.pop(temporary)
