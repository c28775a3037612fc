"""The index on disk or in memory: opened, read as snapshots, written in one commit at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh.files import Files, FolderFiles, MemoryFiles
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.backends.whoosh.toc import Toc, generations, holds_index
from wpssearch.errors import IndexDamaged, IndexLocked, IndexMissing
from wpssearch.model import Record, Source

if TYPE_CHECKING:
    from wpssearch.backends.whoosh.codec import ColumnWriter, Helpers

__all__ = ["Store", "Writer", "holds_index"]

_LOCK_WAIT = 10.0
_LOCK_POLL = 0.05
#: How much memory the records of an ingest may take before they are written as a segment, in bytes.
_BUDGET = 128 << 20


class Store:
    """A Whoosh index. ``folder=None`` keeps it in memory."""

    def __init__(self, folder: Path | None, analyzer: Analyzer, *, create: bool) -> None:
        self._analyzer = analyzer
        #: Where the index is; ``None`` in memory.
        self.folder = folder
        self._lock = threading.Lock()
        self._storage: Any = None
        self._files = self._open(folder, create=create)
        # Read at once: an index that was opened shows the state of that moment.
        self._snapshot: Snapshot | None = self._read()

    def _open(self, folder: Path | None, *, create: bool) -> Files:
        if folder is None:
            return MemoryFiles()
        try:
            files = FolderFiles(folder)
            if holds_index(folder):
                if not generations(files.names()):
                    raise IndexDamaged(
                        f"The index in {folder} was made by another version; "
                        "empty the folder and build it anew with `wpssearch ingest`."
                    )
                return files
            if not create:
                raise IndexMissing(
                    f"There is no index in {folder}; build one with "
                    f"`wpssearch --index {folder} ingest PATH`."
                )
            if folder.exists() and not folder.is_dir():
                raise IndexMissing(f"{folder} is a file; name a folder for the index.")
            folder.mkdir(parents=True, exist_ok=True)
            files.publish(Toc())
            return files
        except OSError as error:
            raise IndexMissing(
                f"The index in {folder} cannot be opened: {error.strerror or error}."
            ) from error

    def snapshot(self) -> Snapshot:
        """The state that was read last; ``refresh`` reads the newest."""
        with self._lock:
            if self._snapshot is None:
                self._snapshot = self._read()
            return self._snapshot

    def refresh(self) -> Snapshot:
        """The newest state. Costs one look into the folder where nothing was committed."""
        with self._lock:
            if self._snapshot is None or self._snapshot.generation != self._files.latest():
                self._snapshot = self._read()
            return self._snapshot

    def _read(self) -> Snapshot:
        try:
            toc, segments = self._files.open()
        except OSError as error:
            raise IndexMissing(
                f"The index in {self.folder} cannot be read: {error.strerror or error}."
            ) from error
        return Snapshot(toc, segments, self._analyzer)

    @contextmanager
    def writer(self, helpers: Helpers | None = None) -> Iterator[Writer]:
        """All changes of the block as one commit, or none where it raises.

        ``helpers`` write what is added in other processes.
        """
        from wpssearch.backends.whoosh.codec import ColumnIndex, Disk, Memory

        if self._storage is None:
            self._storage = Disk(str(self.folder)) if self.folder else Memory()
        index = ColumnIndex(self._storage, self._files)
        lock = index.lock("WRITELOCK")
        deadline = time.monotonic() + _LOCK_WAIT
        while not lock.acquire(blocking=False):
            if time.monotonic() > deadline:
                raise IndexLocked("Another process is writing to this index; try again later.")
            time.sleep(_LOCK_POLL)
        try:
            writer = Writer(index, self.refresh(), self._analyzer, helpers)
            try:
                yield writer
                writer.commit()
            except BaseException:
                writer.cancel()
                raise
        finally:
            lock.release()
        self.refresh()

    def problems(self) -> Iterator[str]:
        """What is wrong with the files of the newest generation."""
        toc = self._files.newest()
        for entry in toc.segments:
            for name in filter(None, (entry.file, entry.deletions)):
                yield from self._files.container(name).problems()

    def close(self) -> None:
        """Let the files go."""
        with self._lock:
            self._snapshot = None


#: What becomes of a known record in a commit, by number.
_UNREAD, _KEPT, _REPLACED, _DROPPED = range(4)


class Writer:
    """Changes that become visible together. Whoosh's own writer is opened at the first of them.

    What is remembered of each record is a number: what has been put is looked up by id in the
    batch that is not written yet, and in the segments that this commit has written.
    """

    def __init__(
        self, index: Any, snapshot: Snapshot, analyzer: Analyzer, helpers: Helpers | None
    ) -> None:
        self._index = index
        self._helpers = helpers
        self._analyzer = analyzer
        self._snapshot = snapshot
        self._whoosh: ColumnWriter | None = None
        self._fate = bytearray(snapshot.size)
        self._new = 0
        # Files that are as they were, and how many of their records stand.
        self._stood: set[str] = set()
        self._standing = 0
        self._counts: dict[str, int] | None = None
        #: Whole files of this commit: see ``Toc``; ``None`` as a value forgets one.
        self.sources: dict[str, tuple[str, int] | None] = {}
        #: Ids that came twice, each with where it stood before and where it came again.
        self.repeated: list[tuple[str, Source, Source]] = []

    # What the index holds before the changes

    def find(self, id_: str) -> int | None:
        """The number of the record that has this id."""
        return self._snapshot.find(id_)

    def digest(self, number: int) -> bytes:
        """The digest of a record."""
        segment, local = self._snapshot.place(number)
        return self._snapshot.segments[segment].digest(local)

    def source(self, path: str) -> tuple[str, int] | None:
        """What is known of a file all of whose records are still there."""
        known = self._snapshot.toc.sources.get(path)
        if known is None:
            return None
        if self._counts is None:
            self._counts = self._snapshot.counts("path")
        return known if self._counts.get(path, 0) == known[1] else None

    def path(self, number: int) -> str:
        """The path of a record's source, empty where it came from Python."""
        segment, local = self._snapshot.place(number)
        column = self._snapshot.column(segment, "path")
        values = column.of(local) if column else []
        return values[0][0] if values else ""

    def of_paths(self, wanted: Callable[[str], bool]) -> list[int]:
        """The numbers of the live records whose source's path is wanted."""
        there = self._snapshot.having("path", lambda path: bool(path) and wanted(path))
        bases = self._snapshot.bases
        return [bases[segment] + local for segment, mine in there for local in mine.tolist()]

    # Changes

    def put(self, record: Record, digest: bytes, known: int | None) -> None:
        """Add a record, in the place of any that has its id; ``known`` is what ``find`` gives."""
        before: Source | None
        if known is None:
            before = self._opened().retract(record.id)
            self._new += before is None
        else:
            before = self._source_of(record.id, known)
            self._fate[known] = _REPLACED
        self._note(record, before)
        self._opened().put(record, digest)

    def stand(self, path: str, records: int) -> None:
        """Let all records of a file stand, unread."""
        self._stood.add(path)
        self._standing += records

    def keep(self, record: Record, number: int) -> None:
        """Let a known record stand, whatever was put in its place before."""
        self._note(record, self._source_of(record.id, number))
        self._fate[number] = _KEPT

    def _source_of(self, id_: str, number: int) -> Source | None:
        """Where a known record was read in this commit, if it was; what was put is retracted."""
        fate = self._fate[number]
        if fate == _UNREAD and self._stood and self.path(number) in self._stood:
            self._standing -= 1
            fate = _KEPT
        if fate == _KEPT:
            return self._snapshot.record(number).source
        return self._opened().retract(id_, everywhere=True) if fate == _REPLACED else None

    def _note(self, record: Record, before: Source | None) -> None:
        if before is not None:
            self.repeated.append((record.id, before, record.source))

    def _opened(self) -> ColumnWriter:
        if self._whoosh is None:
            from wpssearch.backends.whoosh.codec import ColumnWriter

            self._whoosh = ColumnWriter(self._index, self._analyzer, _BUDGET, self._helpers)
        return self._whoosh

    def drop(self, numbers: Iterable[int]) -> int:
        """Remove known records that this commit has not read; returns how many."""
        gone = [number for number in numbers if self._fate[number] == _UNREAD]
        for number in gone:
            self._fate[number] = _DROPPED
        return len(gone)

    def settled(self) -> tuple[int, int, int]:
        """How many records were added, updated and unchanged, each id once."""
        if self._whoosh is not None:
            repeated = self._whoosh.settle()
            self.repeated += repeated
            self._new -= len(repeated)
        kept = self._fate.count(_KEPT) + self._standing
        return self._new, self._fate.count(_REPLACED), kept

    def commit(self) -> None:
        """Make the changes visible; nothing is written where there is none."""
        gone = np.flatnonzero(np.frombuffer(self._fate, np.uint8) >= _REPLACED).tolist()
        if self._whoosh is None and not gone:
            return
        whoosh = self._opened()
        self.settled()
        for number in gone:
            whoosh.delete_document(number)
        sources = {**self._snapshot.toc.sources, **self.sources}
        whoosh.sources = {path: known for path, known in sources.items() if known is not None}
        whoosh.commit()

    def cancel(self) -> None:
        """Forget the changes."""
        if self._whoosh is not None:
            self._whoosh.cancel()
