"""The index on disk or in memory: opened, read as snapshots, written in one commit at a time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whoosh.filedb.filestore import FileStorage, RamStorage

from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh import records
from wpssearch.backends.whoosh.fields import schema
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import IndexDamaged, IndexLocked, IndexMissing
from wpssearch.model import Record

__all__ = ["Known", "Store", "Writer", "holds_index"]

#: The name of the index inside its folder, with the version of the format.
_NAME = "wps2"
_LOCK_WAIT = 10.0
_LOCK_POLL = 0.05


class _Memory(RamStorage):  # type: ignore[misc]
    """An index in memory, with nothing on disk.

    Whoosh's own writes its scratch files into one folder that all programs share.
    """

    def temp_storage(self, name: str | None = None) -> RamStorage:
        return RamStorage()


@dataclass(frozen=True, slots=True)
class Known:
    """A record that the index holds: its number, its digest, and the path of its source."""

    number: int
    digest: bytes
    path: str


def holds_index(folder: Path) -> bool:
    """True where the folder holds an index of any version of the format."""
    try:
        return any(entry.name.startswith("_wps") and entry.name.endswith(".toc")
                   for entry in os.scandir(folder))  # fmt: skip
    except OSError:
        return False


class Store:
    """A Whoosh index. ``folder=None`` keeps it in memory."""

    def __init__(self, folder: Path | None, analyzer: Analyzer, *, create: bool) -> None:
        self._analyzer = analyzer
        self._lock = threading.Lock()
        self._index = self._open(folder, create=create)
        # Read at once: an index that was opened shows the state of that moment.
        self._snapshot: Snapshot | None = self._read()

    def _open(self, folder: Path | None, *, create: bool) -> Any:
        if folder is None:
            return _Memory().create().create_index(schema(), _NAME)
        try:
            if holds_index(folder):
                storage = FileStorage(str(folder))
                if not storage.index_exists(_NAME):
                    raise IndexDamaged(
                        f"The index in {folder} was made by another version; "
                        "empty the folder and build it anew with `wpssearch ingest`."
                    )
                return storage.open_index(_NAME)
            if not create:
                raise IndexMissing(
                    f"There is no index in {folder}; build one with "
                    f"`wpssearch --index {folder} ingest PATH`."
                )
            if folder.exists() and not folder.is_dir():
                raise IndexMissing(f"{folder} is a file; name a folder for the index.")
            folder.mkdir(parents=True, exist_ok=True)
            return FileStorage(str(folder)).create_index(schema(), _NAME)
        except OSError as error:
            raise IndexMissing(
                f"The index in {folder} cannot be opened: {error.strerror or error}."
            ) from error
        except (IndexDamaged, IndexMissing):
            raise
        except Exception as error:
            raise _damaged(folder, error) from error

    def snapshot(self) -> Snapshot:
        """The state that was read last; ``refresh`` reads the newest."""
        with self._lock:
            if self._snapshot is None:
                self._snapshot = self._read()
            return self._snapshot

    def refresh(self) -> Snapshot:
        """The newest state. Costs one look into the folder where nothing was committed."""
        with self._lock:
            if self._snapshot is None or self._snapshot.generation != self._latest():
                self._snapshot = self._read()
            return self._snapshot

    def _latest(self) -> int:
        latest: int = self._index.latest_generation()
        return latest

    def _read(self) -> Snapshot:
        try:
            reader = self._index.reader()
            return Snapshot(reader, self._analyzer, reader.generation())
        except Exception as error:
            raise _damaged(None, error) from error

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        """All changes of the block as one commit, or none where it raises."""
        lock = self._index.lock("WRITELOCK")
        deadline = time.monotonic() + _LOCK_WAIT
        while not lock.acquire(blocking=False):
            if time.monotonic() > deadline:
                raise IndexLocked("Another process is writing to this index; try again later.")
            time.sleep(_LOCK_POLL)
        try:
            writer = Writer(self._index, self.refresh(), self._analyzer)
            try:
                yield writer
                writer.commit()
            except BaseException:
                writer.cancel()
                raise
        finally:
            lock.release()
        self.refresh()

    def close(self) -> None:
        """Release the files."""
        with self._lock:
            if self._snapshot is not None:
                self._snapshot.close()
                self._snapshot = None


def _damaged(folder: Path | None, error: Exception) -> IndexDamaged:
    where = f" in {folder}" if folder else ""
    return IndexDamaged(
        f"The index{where} cannot be read ({type(error).__name__}: {error}); "
        "empty its folder and build it anew with `wpssearch ingest`."
    )


class Writer:
    """Changes that become visible together. Whoosh's own writer is opened at the first of them."""

    def __init__(self, index: Any, snapshot: Snapshot, analyzer: Analyzer) -> None:
        self._index = index
        self._analyzer = analyzer
        self._whoosh: Any = None
        self._lexicon: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._dropped: set[str] = set()
        ids, digests, paths = (snapshot.column(name) for name in ("id", "digest", "path"))
        self.known: Mapping[str, Known] = {
            ids[number].decode(): Known(number, digests[number], paths[number].decode())
            for number in snapshot.live()
        }

    def put(self, record: Record, digest: bytes) -> None:
        """Add a record, in the place of any that has its id."""
        if self._whoosh is None:
            from whoosh.writing import SegmentWriter

            self._whoosh = SegmentWriter(self._index, _lk=False)
        self._retract(record.id)
        searched = records.searched(record, self._analyzer)
        fresh = {
            f"{term.form}\t{term.stem}" for tokens, _ in searched.values() for term, _ in tokens
        } - self._lexicon
        self._lexicon |= fresh
        columns = records.columns(record, digest, searched)
        self._numbers[record.id] = self._whoosh.docnum
        self._whoosh.add_document(
            record=records.encode(record),
            lexicon=sorted(fresh),
            acronyms=records.acronyms(record, self._analyzer),
            **searched,
            **{f"col_{name}": value for name, value in columns.items()},
        )
        if record.id in self.known:
            self._dropped.add(record.id)

    def _retract(self, id_: str) -> None:
        number = self._numbers.pop(id_, None)
        if number is not None:
            self._whoosh.newsegment.delete_document(number)

    def keep(self, id_: str) -> None:
        """Let the known record of this id stand, whatever was put in its place before."""
        self._retract(id_)
        self._dropped.discard(id_)

    def drop(self, id_: str) -> None:
        """Remove a known record."""
        self._dropped.add(id_)

    def commit(self) -> None:
        """Make the changes visible; nothing is written where there is none."""
        if self._whoosh is None:
            if not self._dropped:
                return
            from whoosh.writing import SegmentWriter

            self._whoosh = SegmentWriter(self._index, _lk=False)
        for id_ in self._dropped:
            self._whoosh.delete_document(self.known[id_].number)
        self._whoosh.commit()

    def cancel(self) -> None:
        """Forget the changes."""
        if self._whoosh is not None and not self._whoosh.is_closed:
            # What made the ingest fail is told, not what it left unfinished.
            with suppress(Exception):
                self._whoosh.cancel()
