"""The index on disk or in memory: opened, read as snapshots, written in one commit at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh.container import spooling
from wpssearch.backends.whoosh.files import (
    Files,
    FolderFiles,
    MemoryFiles,
    folder_files,
    sync_folder,
)
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.backends.whoosh.toc import NAME, KnownSource, Toc, holds_index
from wpssearch.errors import Error, IndexLocked, IndexMissing
from wpssearch.model import Record, Source

if TYPE_CHECKING:
    from wpssearch.backends.whoosh.codec import ColumnWriter, Helpers

__all__ = ["Store", "Writer", "holds_index"]

_LOCK_WAIT = 10.0
_LOCK_POLL = 0.05
#: How much memory the records of an ingest may take before they are written as a segment, in bytes.
_BUDGET = 96 << 20


class Store:
    """A Whoosh index. ``folder=None`` keeps it in memory."""

    def __init__(
        self, folder: Path | None, analyzer: Analyzer, *, create: bool, read: bool = True
    ) -> None:
        self._analyzer = analyzer
        #: Where the index is; ``None`` in memory.
        self.folder = folder
        self._lock = threading.Lock()
        self._storage: Any = None
        self.files = self._open(folder, create=create)
        # Read at once: an index that was opened shows the state of that moment. Who repairs one
        # begins with ``read=False``.
        self._snapshot: Snapshot | None = self._read() if read else None

    def _open(self, folder: Path | None, *, create: bool) -> Files:
        if folder is None:
            memory = MemoryFiles()
            memory.publish(Toc())
            return memory
        with self._reading():
            if not holds_index(folder) and create:
                self._make(folder)
            return folder_files(folder)

    def _make(self, folder: Path) -> None:
        if folder.exists() and not folder.is_dir():
            raise IndexMissing(f"{folder} is a file; name a folder for the index.")
        new = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for path in new:
            sync_folder(path.parent)
        files = FolderFiles(folder)
        with self._locked(files):
            # Another process may have been first.
            if not holds_index(folder):
                files.publish(Toc())

    def snapshot(self) -> Snapshot:
        """The state that was read last; ``refresh`` reads the newest."""
        with self._lock:
            if self._snapshot is None:
                self._snapshot = self._read()
            return self._snapshot

    def refresh(self) -> Snapshot:
        """The newest state. Costs one look into the folder where nothing was committed."""
        with self._lock:
            with self._reading():
                latest = self.files.latest()
            if self._snapshot is None or self._snapshot.generation != latest:
                self._snapshot = self._read()
            return self._snapshot

    def _read(self) -> Snapshot:
        with self._reading():
            toc, segments = self.files.open()
        return Snapshot(toc, segments, self._analyzer)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise IndexMissing(
                f"The index in {self.folder} cannot be opened: {error.strerror or error}."
            ) from error

    @contextmanager
    def _locked(self, files: Files) -> Iterator[None]:
        """The block alone writes to the index. The system drops the lock of a process that ends."""
        from wpssearch.backends.whoosh.storages import Disk, Memory

        if self._storage is None:
            self._storage = Disk(str(self.folder)) if self.folder else Memory()
        deadline = time.monotonic() + _LOCK_WAIT
        with files.writing():
            lock = self._storage.lock(f"{NAME}_WRITELOCK")
            while not lock.acquire(blocking=False):
                if time.monotonic() > deadline:
                    raise IndexLocked("Another process is writing to this index; try again later.")
                time.sleep(_LOCK_POLL)
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def writer(
        self, helpers: Helpers | None = None, base: Callable[[], Snapshot] | None = None
    ) -> Iterator[Writer]:
        """All changes of the block as one commit, or none where it raises.

        They are made to what ``base`` gives once nobody else writes, else to the newest state.
        ``helpers`` write what is added in other processes.
        """
        from wpssearch.backends.whoosh.codec import ColumnIndex

        with self._locked(self.files):
            with self._reading():
                snapshot = base() if base else self.refresh()
            if base is None:
                self.files.clean(snapshot.toc)
            index = ColumnIndex(self._storage, self.files, snapshot.toc)
            writer = Writer(index, snapshot, self._analyzer, helpers)
            try:
                with spooling(self.files.room):
                    yield writer
                    writer.commit()
            except BaseException:
                # What was written is removed now, or by the next writer where that fails, too.
                with suppress(Error, OSError):
                    self.files.clean(self.files.newest())
                raise
        self.refresh()

    def damage(self) -> str | None:
        """What is wrong with the files of the newest generation, ``None`` where nothing is."""
        from wpssearch.backends.whoosh.checking import checked

        with self._reading():
            found = (checked(self.files, entry).problems for entry in self.files.newest().segments)
            return next((problems[0] for problems in found if problems), None)

    def problems(self) -> list[str]:
        """What is wrong with the newest generation, also with what no search would notice."""
        from wpssearch.backends.whoosh.checking import problems

        with self._reading():
            return problems(self.files, self._analyzer)

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
        #: Whether to write a generation though nothing of it may have changed.
        self.rewrite = False
        #: Files read for this commit: see ``Toc``; ``None`` as a value forgets one.
        self.sources: dict[str, KnownSource | None] = {}
        #: Ids that came again, each with where it stood before.
        self.repeated: list[tuple[str, Source]] = []

    # What the index holds before the changes

    def find(self, id_: str) -> int | None:
        """The number of the record that has this id."""
        return self._snapshot.find(id_)

    def digest(self, number: int) -> bytes:
        """The digest of a record."""
        segment, local = self._snapshot.place(number)
        return self._snapshot.segments[segment].digest(local)

    def source(self, path: str) -> KnownSource | None:
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

    def forget(self, wanted: Callable[[str], bool]) -> list[int]:
        """Forget the sources whose path is wanted; returns the numbers of their live records."""
        self.sources.update((path, None) for path in self._snapshot.toc.sources if wanted(path))
        return self.of_paths(wanted)

    def lose(self, number: int) -> None:
        """A known record is no longer what its source gives, which is to be read again."""
        path = self.path(number)
        known = self.sources.get(path, self._snapshot.toc.sources.get(path))
        if known is not None:
            self.sources[path] = known._replace(key="", records=known.records - 1)

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
            self.repeated.append((record.id, before))

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

    def place(self, id_: str) -> Source | None:
        """Where the record was read that counts of those with an id; to be asked once settled."""
        known = self.find(id_)
        if known is None or self._fate[known] == _REPLACED:
            return self._opened().place(id_)
        return self._snapshot.record(known).source

    def commit(self) -> None:
        """Make the changes visible; nothing is written where there is none."""
        gone = np.flatnonzero(np.frombuffer(self._fate, np.uint8) >= _REPLACED).tolist()
        if self._whoosh is None and not gone and not self.rewrite:
            return
        whoosh = self._opened()
        self.settled()
        for number in gone:
            whoosh.delete_document(number)
        sources = {**self._snapshot.toc.sources, **self.sources}
        whoosh.sources = {path: known for path, known in sources.items() if known is not None}
        whoosh.commit()
