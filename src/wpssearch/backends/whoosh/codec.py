"""Whoosh's own extension points: a codec that keeps columns, an index whose table of contents is
JSON, and a writer that merges by tiers.

Whoosh brings the schema, segments, the lock and the protocol of a commit. A record passes
``SegmentWriter.add_document`` as one stored value; no posting passes its pool.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from whoosh.codec import base
from whoosh.fields import FieldType, Schema
from whoosh.index import TOC, FileIndex
from whoosh.writing import SegmentWriter

from wpssearch.analysis import Analyzer
from wpssearch.backends.arrays import Array
from wpssearch.backends.whoosh.building import SegmentBuilder
from wpssearch.backends.whoosh.container import write_container
from wpssearch.backends.whoosh.files import Files
from wpssearch.backends.whoosh.merging import merged_columns
from wpssearch.backends.whoosh.segment import Segment, lengths_of
from wpssearch.backends.whoosh.toc import NAME, Entry, KnownSource, Toc
from wpssearch.model import Record, Source

__all__ = ["ColumnIndex", "ColumnWriter", "Helpers"]

#: So many segments of one size, by powers of this number, are merged into one.
_TIER = 8
_SMALLEST_TIER = 1000
#: A segment whose dead are this share of it is merged, with others or alone.
_DEAD_SHARE = 0.5
#: How much text, in code points, a helper gets at once.
_SENT_AT_ONCE = 4 << 20
#: Of how many forms, equal ones included, the dictionaries of segments that are merged are held.
_MOST_FORMS = 1 << 20


class RecordField(FieldType):  # type: ignore[misc]
    """A record, ready to be taken by the codec. Nothing of it passes Whoosh's pool."""

    indexed = False

    def __init__(self) -> None:
        super().__init__(None, None, stored=True)


def schema() -> Schema:
    """The schema of every index of this format."""
    return Schema(record=RecordField())


class ColumnSegment(base.Segment):  # type: ignore[misc]
    """A segment as Whoosh's writer knows it."""

    def __init__(self, entry: Entry | None = None) -> None:
        super().__init__(NAME)
        self.entry = entry
        if entry is not None:
            self.segid = entry.id
        # By record, whether it was deleted in this commit; those after the last are not.
        self._deleted = bytearray()

    def doc_count_all(self) -> int:
        assert self.entry is not None
        return self.entry.count

    def set_doc_count(self, doccount: int) -> None:
        """The entry says how many there are."""

    def delete_document(self, docnum: int, delete: bool = True) -> None:
        self._deleted.extend(bytes(max(0, docnum + 1 - len(self._deleted))))
        self._deleted[docnum] = True

    def is_deleted(self, docnum: int) -> bool:
        return docnum < len(self._deleted) and bool(self._deleted[docnum])

    @property
    def deleted(self) -> Array:
        """The records deleted in this commit, ascending."""
        return np.flatnonzero(np.frombuffer(self._deleted, np.uint8))


class _RecordWriter(base.PerDocumentWriter):  # type: ignore[misc]
    """Takes the records of a new segment. It holds no file that would have to be closed."""

    is_closed = True

    def __init__(self, builder: SegmentBuilder) -> None:
        self._builder = builder

    def start_doc(self, docnum: int) -> None: ...

    def add_field(self, fieldname: str, fieldobj: Any, value: Any, length: int) -> None:
        record, digest = value
        self._builder.add(record, digest)

    def finish_doc(self) -> None: ...


class _NoTerms(base.FieldWriter):  # type: ignore[misc]
    """No posting comes this way."""

    is_closed = True


class ColumnCodec(base.Codec):  # type: ignore[misc]
    """The codec: records in, columns out."""

    length_stats = False

    def __init__(self, builder: SegmentBuilder) -> None:
        self.builder = builder

    def per_document_writer(self, storage: Any, segment: ColumnSegment) -> _RecordWriter:
        return _RecordWriter(self.builder)

    def field_writer(self, storage: Any, segment: ColumnSegment) -> _NoTerms:
        return _NoTerms()

    def new_segment(self, storage: Any, indexname: str) -> ColumnSegment:
        return ColumnSegment()


class ColumnIndex(FileIndex):  # type: ignore[misc]
    """Whoosh's index with a table of contents that is no pickle."""

    def __init__(self, storage: Any, files: Files, toc: Toc) -> None:
        self.storage = storage
        self.files = files
        self.toc = toc
        self._schema = schema()
        self.indexname = NAME

    def _read_toc(self) -> TOC:
        segments = [ColumnSegment(entry) for entry in self.toc.segments]
        return TOC(self._schema, segments, self.toc.generation)


class Helpers(Protocol):
    """What writes segments for a writer, several at a time."""

    def send(self, file: str, records: Sequence[tuple[Record, bytes]]) -> None:
        """Have records, each with its digest, written as a file."""

    def has_written(self, file: str) -> bool:
        """Whether a file that was sent for is there."""

    def finish(self) -> None:
        """Wait until all files are there."""


_Pair = tuple[ColumnSegment, Segment]


class ColumnWriter(SegmentWriter):  # type: ignore[misc]
    """Whoosh's writer: one commit, of as many segments as memory asks for, merged by tiers."""

    def __init__(
        self, index: ColumnIndex, analyzer: Analyzer, budget: int, helpers: Helpers | None = None
    ) -> None:
        self._files = index.files
        self._before = index.toc
        self._builder = SegmentBuilder(analyzer)
        self._budget = budget
        self._helpers = helpers
        # What is to be sent to a helper next, and what has been sent but not taken over yet.
        self._waiting: list[tuple[Record, bytes] | None] = []
        self._waiting_size = 0
        self._sent: deque[tuple[ColumnSegment, dict[str, tuple[int, Source]]]] = deque()
        # The segments that this commit has written, in their order.
        self._made: list[tuple[ColumnSegment, Segment]] = []
        # Of each id of the batch that is not written yet, its number there and its source.
        self._batch: dict[str, tuple[int, Source]] = {}
        self._repeated: list[tuple[str, Source]] = []
        self.sources: Mapping[str, KnownSource] = {}
        super().__init__(index, _lk=False, codec=ColumnCodec(self._builder), compound=False)

    def put(self, record: Record, digest: bytes) -> None:
        """Add a record."""
        if self._helpers is not None:
            if self._waiting_size > _SENT_AT_ONCE:
                self._send(self._helpers)
            self._batch[record.id] = len(self._waiting), record.source
            self._waiting.append((record, digest))
            self._waiting_size += len(record.text)
            return
        if self._builder.size > self._budget:
            self._cut()
        self._batch[record.id] = self.docnum, record.source
        self.add_document(record=(record, digest))

    def _send(self, helpers: Helpers) -> None:
        segment = ColumnSegment()
        file = f"{NAME}_{segment.segid}.seg"
        helpers.send(file, [entry for entry in self._waiting if entry is not None])
        self._sent.append((segment, self._batch))
        self._batch, self._waiting, self._waiting_size = {}, [], 0
        self._take_over(helpers)

    def _take_over(self, helpers: Helpers) -> None:
        """Take what helpers have written, in the order in which it was sent."""
        while self._sent and helpers.has_written(f"{NAME}_{self._sent[0][0].segid}.seg"):
            segment, batch = self._sent.popleft()
            self._repeated += self._superseded(batch)
            self._made.append((segment, self._entered(segment)))

    def _finish_sent(self) -> None:
        if self._helpers is not None:
            if self._waiting:
                self._send(self._helpers)
            self._helpers.finish()
            self._take_over(self._helpers)

    def retract(self, id_: str, *, everywhere: bool = False) -> Source | None:
        """Take back what was put under an id; returns where it had been read.

        It is looked for in the batch alone, or also in what this commit has written: ``settle``
        does that for all records of a batch at once.
        """
        placed = self._batch.pop(id_, None)
        if placed is not None:
            number, source = placed
            if self._helpers is None:
                self.newsegment.delete_document(number)
            else:
                self._waiting[number] = None
            return source
        if everywhere:
            self._finish_sent()
            for segment, reader, number in self._written(id_):
                segment.delete_document(number)
                return reader.record(number).source
        return None

    def place(self, id_: str) -> Source | None:
        """Where the record was read that was put last under an id; to be asked once settled."""
        if id_ in self._batch:
            return self._batch[id_][1]
        found = self._written(id_)
        return next((reader.record(number).source for _, reader, number in found), None)

    def _written(self, id_: str) -> Iterator[tuple[ColumnSegment, Segment, int]]:
        """Where this commit has written the record that has an id."""
        for segment, reader in self._made:
            number = reader.find(id_.encode("utf-8", "replace"))
            if number >= 0 and not segment.is_deleted(number):
                yield segment, reader, number

    def settle(self) -> list[tuple[str, Source]]:
        """The ids that came again after they had been written, since this was last asked, each
        with where it stood before; the later record counts.
        """
        self._finish_sent()
        found, self._repeated = [*self._repeated, *self._superseded(self._batch)], []
        return found

    def _superseded(self, batch: Iterable[str]) -> Iterator[tuple[str, Source]]:
        ids = list(batch)
        encoded = [id_.encode("utf-8", "replace") for id_ in ids]
        for segment, reader in self._made:
            for place, number in reader.find_all(encoded):
                if not segment.is_deleted(number):
                    segment.delete_document(number)
                    yield ids[place], reader.record(number).source

    def _cut(self) -> None:
        """Write what there is as a segment, and begin another."""
        self._repeated += self._superseded(self._batch)
        self._batch.clear()
        written = self._finalize_segment()
        self._made.append((written, self._opened(written)))
        self.newsegment = self.codec.new_segment(self.storage, self.indexname)
        self.perdocwriter = self.codec.per_document_writer(self.storage, self.newsegment)
        self.fieldwriter = self.codec.field_writer(self.storage, self.newsegment)
        self.docnum = self.docbase

    def _flush_segment(self) -> None:
        self._write(self.newsegment, self._builder.columns())

    def _write(self, segment: ColumnSegment, columns: Iterator[tuple[str, Array | bytes]]) -> None:
        name = f"{NAME}_{segment.segid}.seg"
        with self._files.create(name) as stream:
            write_container(stream, columns)
        self._entered(segment)

    def _entered(self, segment: ColumnSegment) -> Segment:
        """Open a segment's file, and enter what it holds."""
        opened = Segment(self._files.container(f"{NAME}_{segment.segid}.seg"), None)
        segment.entry = Entry(segment.segid, opened.count, 0, None, tuple(lengths_of(opened)))
        return opened

    def _merge_segments(self, mergetype: Any, optimize: Any, merge: Any) -> list[ColumnSegment]:
        # Merging waits for the new segment, which may be one of those that are merged.
        return [*self.segments, *(segment for segment, _ in self._made)]

    def _commit_toc(self, segments: list[ColumnSegment]) -> None:
        # Merging needs the room.
        self._builder.forget()
        opened = [(segment, self._opened(segment)) for segment in segments]
        opened = [(s, o) for s, o in opened if len(o.live_numbers)]
        new = [pair for pair in opened if pair[0] not in self.segments]
        # What one commit brought becomes one segment: that costs by the commit's size.
        while len(new) > 1:
            new = [self._merged(part) if len(part) > 1 else part[0] for part in _parts(new)]
        opened = [*(pair for pair in opened if pair[0] in self.segments), *new]
        while group := self._due([o for _, o in opened]):
            merged = self._merged([opened[number] for number in group])
            kept = [pair for number, pair in enumerate(opened) if number not in group]
            # The merged segment stands where the first of its parts stood.
            kept.insert(group[0], merged)
            opened = kept
        entries = tuple(self._entry(segment, reader) for segment, reader in opened)
        toc = Toc(self.generation, entries, self.sources)
        self._files.sync(sorted(toc.needs() - self._before.needs() - {Toc.file(toc.generation)}))
        self._files.publish(toc)
        self._files.clean(toc)

    def _merged(self, parts: Sequence[_Pair]) -> _Pair:
        """Some segments as one, without their dead records."""
        segments = [opened for _, opened in parts]
        _prove(segments)
        merged = ColumnSegment()
        self._write(merged, merged_columns(segments))
        return merged, self._opened(merged)

    def _opened(self, segment: ColumnSegment) -> Segment:
        """The segment with this commit's deletions."""
        assert segment.entry is not None
        reader = self._files.segment(segment.entry)
        if len(segment.deleted):
            live = np.ones(reader.count, bool) if reader.live is None else reader.live.copy()
            live[segment.deleted] = False
            reader = Segment(reader.container, live)
        return reader

    def _entry(self, segment: ColumnSegment, reader: Segment) -> Entry:
        assert segment.entry is not None
        if not len(segment.deleted):
            return segment.entry
        assert reader.live is not None
        name = f"{NAME}_{segment.segid}.{self.generation}.del"
        with self._files.create(name) as stream:
            write_container(stream, [("live", np.packbits(reader.live))])
        dead = int(reader.count - reader.live.sum())
        return Entry(segment.segid, reader.count, dead, name, tuple(lengths_of(reader)))

    @staticmethod
    def _due(readers: Sequence[Segment]) -> list[int]:
        """The segments to be merged next: as many of one tier as fill it, or a mostly dead one."""
        live = [r.count if r.live is None else int(r.live.sum()) for r in readers]
        tiers: dict[int, list[int]] = {}
        for number, count in enumerate(live):
            if count < readers[number].count * _DEAD_SHARE:
                return [number]
            tier = 0
            while count > _SMALLEST_TIER:
                count //= _TIER
                tier += 1
            tiers.setdefault(tier, []).append(number)
        return next((group for _, group in sorted(tiers.items()) if len(group) >= _TIER), [])

    def _finish(self) -> None:
        """Whoosh would remove temporary files and let go of its lock: there are neither."""


def _parts(pairs: Sequence[_Pair]) -> list[Sequence[_Pair]]:
    """The segments in runs of two and more, in each of which so many forms are merged at most."""
    out: list[list[_Pair]] = []
    size = 0
    for pair in pairs:
        size += len(pair[1].forms)
        if not out or (len(out[-1]) > 1 and size > _MOST_FORMS):
            out.append([])
            size = len(pair[1].forms)
        out[-1].append(pair)
    return list(out)


def _prove(segments: Sequence[Segment]) -> None:
    """Damage that is merged would have a checksum that is right."""
    for segment in segments:
        for column in segment.container.changed():
            raise segment.container.damaged(f"is damaged in {column}")
