"""A file of named columns: written once, mapped into memory, each column with its checksum.

Layout: a magic with the version of the format, the columns one after another (each begins at a
multiple of eight bytes), a directory in JSON, and a footer that says where the directory is.
"""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any, Protocol
from zlib import crc32

import numpy as np

from wpssearch.backends.arrays import Array
from wpssearch.errors import REBUILD, IndexDamaged

__all__ = ["Container", "Spool", "Writable", "narrow", "write_container"]

MAGIC = b"WPSCOLS1"
_FOOTER = struct.Struct("<QQI8s")
_ALIGNED = 8
_IN_MEMORY = 1 << 22


class Writable(Protocol):
    """What a container is written to."""

    def write(self, data: bytes, /) -> Any: ...


def narrow(values: Array) -> Array:
    """Whole numbers, none below zero, in the narrowest type that holds them."""
    most = int(values.max()) if len(values) else 0
    for kind in (np.uint8, np.uint16, np.uint32):
        if most <= np.iinfo(kind).max:
            return values.astype(kind, copy=False)
    return values.astype(np.uint64, copy=False)


def write_container(stream: Writable, columns: Iterable[tuple[str, Array | bytes]]) -> int:
    """Write the columns as they come; returns the file's size in bytes."""
    stream.write(MAGIC)
    size = len(MAGIC)
    directory: dict[str, list[Any]] = {}
    for name, values in columns:
        raw = memoryview(values).cast("B") if isinstance(values, bytes) else _raw(values)
        kind = "bytes" if isinstance(values, bytes) else values.dtype.str
        directory[name] = [kind, size, len(raw), crc32(raw)]
        stream.write(raw)  # type: ignore[arg-type]
        padding = -len(raw) % _ALIGNED
        stream.write(b"\0" * padding)
        size += len(raw) + padding
    listing = json.dumps(directory, separators=(",", ":")).encode()
    stream.write(listing)
    stream.write(_FOOTER.pack(size, len(listing), crc32(listing), MAGIC))
    return size + len(listing) + _FOOTER.size


def _raw(values: Array) -> memoryview:
    return (
        memoryview(np.ascontiguousarray(values).data).cast("B") if len(values) else memoryview(b"")
    )


class Spool:
    """A column that is made piece by piece: in memory while small, else in a nameless file."""

    def __init__(self) -> None:
        self._pieces: list[Array] = []
        self._size = 0
        self._file: IO[bytes] | None = None

    def append(self, piece: Array) -> None:
        self._pieces.append(piece)
        self._size += piece.nbytes
        if self._size > _IN_MEMORY:
            self._write()

    def _write(self) -> None:
        if self._file is None:
            # It lives as long as the column, and is gone with it.
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
        for waiting in self._pieces:
            self._file.write(waiting.tobytes())
        self._pieces, self._size = [], 0

    def whole(self, kind: np.dtype[np.generic]) -> Array:
        """The column, whose pieces are all of this type."""
        if self._file is None:
            return np.concatenate(self._pieces) if self._pieces else np.zeros(0, kind)
        self._write()
        self._file.flush()
        return np.memmap(self._file, kind, "r")


class Container:
    """The columns of a file, given its bytes. Nothing is read before it is asked for.

    Raises ``IndexDamaged`` where the directory is not what was written.
    """

    def __init__(self, buffer: Any, name: str) -> None:
        self._buffer = memoryview(buffer)
        self.name = name
        size = len(self._buffer)
        if size < len(MAGIC) + _FOOTER.size or bytes(self._buffer[: len(MAGIC)]) != MAGIC:
            raise self._damaged("is cut off or of another version")
        start, length, checksum, magic = _FOOTER.unpack(self._buffer[size - _FOOTER.size :])
        listing = bytes(self._buffer[start : start + length])
        if magic != MAGIC or start + length + _FOOTER.size != size or crc32(listing) != checksum:
            raise self._damaged("is cut off or changed")
        self._directory: dict[str, list[Any]] = json.loads(listing)

    def _damaged(self, how: str) -> IndexDamaged:
        return IndexDamaged(f"The index file {self.name} {how}; {REBUILD}")

    def __contains__(self, name: str) -> bool:
        return name in self._directory

    def names(self) -> Iterator[str]:
        """The names of all columns."""
        return iter(self._directory)

    def raw(self, name: str) -> memoryview:
        """The bytes of a column."""
        try:
            _, start, length, _ = self._directory[name]
        except KeyError:
            raise self._damaged(f"lacks {name}") from None
        return self._buffer[start : start + length]

    def array(self, name: str) -> Array:
        """A column of numbers, mapped, not copied."""
        raw = self.raw(name)
        return np.frombuffer(raw, dtype=np.dtype(self._directory[name][0]))

    def ints(self, name: str) -> memoryview:
        """A column of whole numbers, for a few of them at a time: an item is an ``int``."""
        return self.raw(name).cast(np.dtype(self._directory[name][0]).char)

    def problems(self) -> Iterator[str]:
        """The columns whose bytes are not those that were written."""
        for name, (_, start, length, checksum) in self._directory.items():
            if crc32(self._buffer[start : start + length]) != checksum:
                yield f"The index file {self.name} is damaged in {name}."
