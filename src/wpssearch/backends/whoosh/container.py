"""A file of named columns: written once, mapped into memory, each column with its checksum.

Layout: a magic with the version of the format, the columns one after another (each begins at a
multiple of eight bytes), a directory in JSON, and a footer that says where the directory is.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import IO, Any, Protocol
from zlib import crc32

import numpy as np

from wpssearch.backends.arrays import Array
from wpssearch.errors import REBUILD, IndexDamaged

__all__ = ["Container", "Room", "Spool", "Writable", "narrow", "spooling", "write_container"]

MAGIC = b"WPSCOLS1"
_FOOTER = struct.Struct("<QQI8s")
_ALIGNED = 8
_IN_MEMORY = 1 << 22
#: A column of no more bytes is compared with its checksum when it is first asked for: 3 ms at most.
_CHEAP = 1 << 24
_KINDS = {np.dtype(f"{sign}{size}").str for sign in "iu" for size in (1, 2, 4, 8)}


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


class Room(Protocol):
    """Where there is room on disk, and what a refusal of the system is told as."""

    def scratch(self) -> IO[bytes]: ...

    def writing(self) -> AbstractContextManager[None]: ...


_room: ContextVar[Room | None] = ContextVar("room", default=None)


@contextmanager
def spooling(room: Room | None) -> Iterator[None]:
    """Where the spools of the block have room; ``None``: in memory, as without this."""
    token = _room.set(room)
    try:
        yield
    finally:
        _room.reset(token)


class Spool:
    """A column that is made piece by piece: in memory while small, else in a nameless file where
    ``spooling`` says.
    """

    def __init__(self) -> None:
        self._pieces: list[Array] = []
        self._size = 0
        self._file: IO[bytes] | None = None
        self._room: Room | None = None

    def append(self, piece: Array) -> None:
        self._pieces.append(piece)
        self._size += piece.nbytes
        room = _room.get() if self._size > _IN_MEMORY else None
        if room is not None:
            self._write(room)

    def _write(self, room: Room) -> IO[bytes]:
        self._room = room
        with room.writing():
            if self._file is None:
                # It lives as long as the column, and is gone with it.
                self._file = room.scratch()
            for waiting in self._pieces:
                self._file.write(waiting.tobytes())
            self._file.flush()
        self._pieces, self._size = [], 0
        return self._file

    def whole(self, kind: np.dtype[np.generic]) -> Array:
        """The column, whose pieces are all of this type."""
        if self._file is None or self._room is None:
            return np.concatenate(self._pieces) if self._pieces else np.zeros(0, kind)
        return np.memmap(self._write(self._room), kind, "r")


class Container:
    """The columns of a file, given its bytes. Nothing is read before it is asked for.

    A column that is read is compared with its checksum, a long one aside: that is for ``changed``
    to do. A ``trusted`` container leaves all to it. Raises ``IndexDamaged`` where the directory, or
    a column, is not what was written.
    """

    def __init__(self, buffer: Any, name: str, *, trusted: bool = False) -> None:
        self._buffer = memoryview(buffer)
        self.name = name
        size = len(self._buffer)
        if size < len(MAGIC) + _FOOTER.size or bytes(self._buffer[: len(MAGIC)]) != MAGIC:
            raise self.damaged("is cut off or of another version")
        start, length, checksum, magic = _FOOTER.unpack(self._buffer[size - _FOOTER.size :])
        if magic != MAGIC or start + length + _FOOTER.size != size:
            raise self.damaged("is cut off or changed")
        listing = bytes(self._buffer[start : start + length])
        if crc32(listing) != checksum:
            raise self.damaged("is cut off or changed")
        self._directory = self._listed(listing, start)
        self._compared = set(self._directory) if trusted else set()
        self._arrays: dict[str, Array] = {}
        self._ints: dict[str, memoryview] = {}

    def _listed(self, listing: bytes, stop: int) -> dict[str, tuple[str, int, int, int]]:
        """The directory, whose columns must follow one another from the magic to ``stop``."""
        out: dict[str, tuple[str, int, int, int]] = {}
        place = len(MAGIC)
        try:
            for name, (kind, start, length, checksum) in json.loads(listing).items():
                if start != place or type(length) is not int or length < 0:
                    raise ValueError
                if kind != "bytes" and (kind not in _KINDS or length % np.dtype(kind).itemsize):
                    raise ValueError
                out[name] = (kind, start, length, checksum)
                place += length + -length % _ALIGNED
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise self.damaged("has a directory that makes no sense") from error
        if place != stop:
            raise self.damaged("has a directory that makes no sense")
        return out

    def damaged(self, how: str) -> IndexDamaged:
        """That the file is not what was written."""
        return IndexDamaged(f"The index file {self.name} {how}; {REBUILD}")

    def __contains__(self, name: str) -> bool:
        return name in self._directory

    def names(self) -> Iterator[str]:
        """The names of all columns."""
        return iter(self._directory)

    def raw(self, name: str) -> memoryview:
        """The bytes of a column."""
        try:
            _, start, length, checksum = self._directory[name]
        except KeyError:
            raise self.damaged(f"lacks {name}") from None
        view = self._buffer[start : start + length]
        if name not in self._compared:
            if length <= _CHEAP and crc32(view) != checksum:
                raise self.damaged(f"is damaged in {name}")
            self._compared.add(name)
        return view

    def array(self, name: str) -> Array:
        """A column of numbers, mapped, not copied."""
        known = self._arrays.get(name)
        if known is None:
            known = self._arrays[name] = np.frombuffer(self.raw(name), dtype=self._kind(name))
        return known

    def ints(self, name: str) -> memoryview:
        """A column of whole numbers, for a few of them at a time: an item is an ``int``."""
        known = self._ints.get(name)
        if known is None:
            known = self._ints[name] = self.raw(name).cast(self._kind(name).char)
        return known

    def _kind(self, name: str) -> Any:
        kind = self._directory[name][0]
        if kind == "bytes":
            raise self.damaged(f"has no numbers in {name}")
        return np.dtype(kind)

    def changed(self) -> Iterator[str]:
        """The columns whose bytes, all compared, are not those that were written."""
        for name, (_, start, length, checksum) in self._directory.items():
            stop = start + length
            padding = self._buffer[stop : stop + -length % _ALIGNED]
            if crc32(self._buffer[start:stop]) != checksum or any(padding):
                yield name
