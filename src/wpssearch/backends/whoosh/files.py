"""The files of an index, on disk or in memory: mapped for reading, made durable on writing."""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from wpssearch.backends.whoosh.container import Container
from wpssearch.backends.whoosh.segment import Segment
from wpssearch.backends.whoosh.toc import NAME, Entry, Toc, generations
from wpssearch.errors import REBUILD, IndexDamaged

__all__ = ["Files", "FolderFiles", "MemoryFiles"]

_RETRIES = 10


class Files:
    """What is common to both: tables of contents and segments, whatever holds the bytes."""

    def names(self) -> list[str]:
        """The names of all files."""
        raise NotImplementedError

    def read(self, name: str) -> Any:
        """The bytes of a file; ``OSError`` where it is not there."""
        raise NotImplementedError

    @contextmanager
    def create(self, name: str) -> Iterator[IO[bytes]]:
        """A new file to write to."""
        raise NotImplementedError
        yield

    def remove(self, name: str) -> None:
        """Remove a file."""
        raise NotImplementedError

    def sync(self, names: list[str]) -> None:
        """Make written files durable."""

    def replace(self, temporary: str, name: str) -> None:
        """Give a written file its name, at once and durably."""
        raise NotImplementedError

    def newest(self) -> Toc:
        """The newest generation; an empty one where there is none."""
        found = generations(self.names())
        if not found:
            return Toc()
        name = Toc.file(found[-1])
        return Toc.decode(bytes(self.read(name)), name)

    def latest(self) -> int:
        """The number of the newest generation."""
        return max(generations(self.names()), default=0)

    def container(self, name: str) -> Container:
        """The columns of a file."""
        return Container(self.read(name), name)

    def segment(self, entry: Entry) -> Segment:
        """A segment of a generation."""
        live = None
        if entry.deletions is not None:
            bits = self.container(entry.deletions).array("live")
            live = np.unpackbits(bits, count=entry.count).astype(bool)
        segment = Segment(self.container(entry.file), live)
        if segment.count != entry.count:
            raise IndexDamaged(
                f"The index file {entry.file} is not the one that the table of contents names; "
                f"{REBUILD}"
            )
        return segment

    def open(self) -> tuple[Toc, list[Segment]]:
        """The newest generation with its segments.

        A writer may remove a file between the look at the table and the opening of a segment:
        then the newer table is read.
        """
        for attempt in range(_RETRIES):
            toc = self.newest()
            try:
                return toc, [self.segment(entry) for entry in toc.segments]
            except FileNotFoundError as error:
                if attempt + 1 == _RETRIES or self.latest() == toc.generation:
                    raise IndexDamaged(
                        f"The index file {error.filename or error} is missing; {REBUILD}"
                    ) from error
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
        """Remove what no generation but this needs: open readers keep what they have mapped."""
        wanted = {Toc.file(toc.generation)}
        wanted |= {entry.file for entry in toc.segments}
        wanted |= {entry.deletions for entry in toc.segments if entry.deletions}
        for name in self.names():
            mine = name.startswith((f"{NAME}_", f"_{NAME}_")) and "LOCK" not in name
            if mine and name not in wanted:
                with suppress(OSError):
                    self.remove(name)


class FolderFiles(Files):
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        return os.listdir(self._folder)

    def read(self, name: str) -> Any:
        with open(self._folder / name, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                return b""
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @contextmanager
    def create(self, name: str) -> Iterator[IO[bytes]]:
        with open(self._folder / name, "wb") as file:
            yield file

    def remove(self, name: str) -> None:
        os.unlink(self._folder / name)

    def sync(self, names: list[str]) -> None:
        for name in names:
            with suppress(FileNotFoundError), open(self._folder / name, "rb") as file:
                os.fsync(file.fileno())

    def replace(self, temporary: str, name: str) -> None:
        os.replace(self._folder / temporary, self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


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
            raise FileNotFoundError(name) from error

    @contextmanager
    def create(self, name: str) -> Iterator[IO[bytes]]:
        stream = io.BytesIO()
        yield stream
        self._files[name] = stream.getvalue()

    def remove(self, name: str) -> None:
        self._files.pop(name, None)

    def replace(self, temporary: str, name: str) -> None:
        self._files[name] = self._files.pop(temporary)
