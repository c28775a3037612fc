"""Records to the columns of a new segment."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator, Mapping

import numpy as np

from wpssearch.analysis import Analyzer
from wpssearch.backends.arrays import Array
from wpssearch.backends.whoosh import records
from wpssearch.backends.whoosh.container import Spool, narrow
from wpssearch.backends.whoosh.facetcolumns import FacetWriter
from wpssearch.backends.whoosh.inverting import Inverter
from wpssearch.backends.whoosh.segment import MAKING
from wpssearch.backends.whoosh.strings import columns_of
from wpssearch.facets import facet_values
from wpssearch.model import Record

__all__ = ["Blocks", "SegmentBuilder", "acronym_columns", "id_columns"]

#: The bytes of a block: a text is shown in passages by each search, the rest when it is asked for.
_BLOCK = {"texts": 1 << 12, "stored": 1 << 14}
#: What inverting a chunk takes at its most, in bytes: a few arrays of numbers.
_CHUNK_MEMORY = 70
#: What is kept of a record besides its text.
_RECORD_MEMORY = 500
_LEVEL = 6


class Blocks:
    """Texts compressed in blocks: a block is unpacked for the text that is shown alone.

    Levels of compression above the first cost ingest little and a search nothing.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._most = _BLOCK[name]
        self._blocks = Spool()
        self._lengths = array("I")
        self._block_of = array("I")
        self._begins = array("I")
        self._waiting: list[bytes] = []
        self._size = 0
        #: The bytes of all blocks.
        self.bytes = 0

    def add(self, text: bytes) -> None:
        """Take the next text."""
        self._block_of.append(len(self._lengths))
        self._begins.append(self._size)
        self._waiting.append(text)
        self._size += len(text)
        if self._size >= self._most:
            self._compress()

    def _compress(self) -> None:
        block = zlib.compress(b"".join(self._waiting), _LEVEL)
        self._append(np.frombuffer(block, np.uint8))
        self._waiting, self._size = [], 0

    def copy(self, block: Array, begins: Array) -> None:
        """Take a whole block as it is, given where its texts begin in it."""
        if self._waiting:
            self._compress()
        self._block_of.extend([len(self._lengths)] * len(begins))
        self._begins.extend(begins.tolist())
        self._append(block)

    def _append(self, block: Array) -> None:
        self._blocks.append(block)
        self._lengths.append(len(block))
        self.bytes += len(block)

    def columns(self) -> Iterator[tuple[str, Array | bytes]]:
        """The columns of the texts."""
        name = self._name
        if self._waiting:
            self._compress()
        ends = np.cumsum(np.frombuffer(self._lengths, np.uint32), dtype=np.int64)
        yield f"{name}.ends", narrow(np.append(0, ends))
        yield f"{name}.bytes", self._blocks.whole(np.dtype(np.uint8))
        yield f"{name}.block", narrow(np.frombuffer(self._block_of, np.uint32))
        yield f"{name}.begin", narrow(np.frombuffer(self._begins, np.uint32))


class SegmentBuilder:
    """Collects records for one segment."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._inverter = Inverter(analyzer)
        self._clear()

    def _clear(self) -> None:
        self._ids: list[bytes] = []
        self._digests: list[bytes] = []
        self._stored = Blocks("stored")
        self._texts = Blocks("texts")
        self._facets: dict[str, FacetWriter] = {}
        self._acronyms: dict[bytes, list[int]] = {}

    def forget(self) -> None:
        """Let go of what was kept for further batches."""
        self._inverter = Inverter(self._analyzer)

    @property
    def size(self) -> int:
        """About how many bytes of memory the batch and its inversion take."""
        kept = self._stored.bytes + self._texts.bytes + len(self._ids) * _RECORD_MEMORY
        return kept + self._inverter.size * _CHUNK_MEMORY

    def add(self, record: Record, digest: bytes) -> None:
        """Take a record; it gets the next number."""
        number = len(self._ids)
        self._ids.append(record.id.encode("utf-8", "replace"))
        self._digests.append(digest)
        self._stored.add(records.encode(record).encode())
        self._texts.add(record.text.encode("utf-8", "replace"))
        title = record.title if record.title_given else ""
        self._inverter.add(title, [s.heading for s in record.sections], record.text)
        for name, values in facet_values(record).items():
            writer = self._facets.get(name)
            if writer is None:
                writer = self._facets[name] = FacetWriter(number)
            writer.pad(number)
            writer.add(values)
        for word in records.acronyms(record, self._analyzer):
            self._acronyms.setdefault(word.encode(), []).append(number)

    def columns(self) -> Iterator[tuple[str, Array | bytes]]:
        """The columns of the segment; the builder is then empty again."""
        yield from columns_of("ids", self._ids)
        hashes = np.fromiter(map(zlib.crc32, self._ids), np.uint32, len(self._ids))
        ranks = np.empty(len(hashes), np.int64)
        ranks[sorted(range(len(hashes)), key=self._ids.__getitem__)] = np.arange(len(hashes))
        yield from id_columns(hashes, ranks)
        yield "digests", b"".join(self._digests)
        yield from self._stored.columns()
        yield from self._texts.columns()
        making = FacetWriter()
        making.add_many([((self._analyzer.making, ""),)], np.zeros(len(self._ids), np.int64))
        for name, writer in {**self._facets, MAKING: making}.items():
            writer.pad(len(self._ids))
            yield from writer.columns(f"facet:{name}")
        yield from acronym_columns(self._acronyms)
        yield from self._inverter.columns()
        self._clear()


def id_columns(hashes: Array, ranks: Array) -> Iterator[tuple[str, Array | bytes]]:
    """What finds a record by its id, and each record's place in the order of ids."""
    order = np.argsort(hashes, kind="stable")
    yield "ids.hash", hashes[order]
    yield "ids.number", narrow(order)
    yield "ids.rank", narrow(ranks)


def acronym_columns(words: Mapping[bytes, list[int]]) -> Iterator[tuple[str, Array | bytes]]:
    """The definitions of acronyms, sorted, each with the records that make it."""
    names = sorted(words)
    yield from columns_of("acronyms", names)
    yield "acronyms.until", narrow(np.append(0, np.cumsum([len(words[n]) for n in names])))
    flat = [number for name in names for number in words[name]]
    yield "acronyms.records", narrow(np.asarray(flat, np.int64))
