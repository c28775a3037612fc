"""Columns, packed numbers and sorted strings by themselves, against plain Python."""

from __future__ import annotations

import io
import json
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import IO, Any
from zlib import crc32

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wpssearch.backends.arrays import Array
from wpssearch.backends.whoosh import container, strings
from wpssearch.backends.whoosh.container import (
    Container,
    Spool,
    narrow,
    spooling,
    write_container,
)
from wpssearch.backends.whoosh.packing import (
    Packed,
    PackedWriter,
    places_apart,
    widest,
    width_of,
)
from wpssearch.backends.whoosh.strings import Strings, Table, columns_of
from wpssearch.errors import IndexDamaged

Columns = list[tuple[str, Array | bytes]]


def written(columns: Columns) -> bytes:
    stream = io.BytesIO()
    assert write_container(stream, columns) == len(stream.getvalue())
    return stream.getvalue()


def read(columns: Columns) -> Container:
    return Container(written(columns), "a.seg")


# Containers


@pytest.mark.parametrize(
    ("most", "kind"),
    [(0, "u1"), (255, "u1"), (256, "u2"), (65535, "u2"), (65536, "u4"), (2**32 - 1, "u4"),
     (2**32, "u8"), (2**62, "u8")],
)  # fmt: skip
def test_numbers_take_the_narrowest_type_that_holds_them(most: int, kind: str) -> None:
    values = np.asarray([most, 0, most // 2], np.int64)
    assert narrow(values).dtype == kind
    assert narrow(values).tolist() == values.tolist()
    assert narrow(values[:0]).dtype == "u1"


def test_columns_are_read_as_they_were_written() -> None:
    columns: Columns = [
        ("empty", np.zeros(0, np.uint16)), ("none", b""), ("bytes", b"abc"),
        ("signed", np.asarray([-5, 2**40])), ("every", np.arange(10, dtype=np.uint32)[::2]),
    ]  # fmt: skip
    box = read(columns)
    assert list(box.names()) == [name for name, _ in columns]
    assert "bytes" in box
    assert "other" not in box
    assert bytes(box.raw("bytes")) == b"abc"
    assert bytes(box.raw("none")) == b""
    for name, values in columns:
        if not isinstance(values, bytes):
            assert box.array(name).dtype == values.dtype
            assert box.array(name).tolist() == list(box.ints(name)) == values.tolist()
            assert box.array(name) is box.array(name)
            assert box.ints(name) is box.ints(name)
    assert list(box.changed()) == []


@pytest.mark.parametrize("name", ["a", "b"])
def test_each_column_begins_at_a_multiple_of_eight_bytes(name: str) -> None:
    data = written([("a", b"12345"), ("b", b"x"), ("c", b"")])
    (start, length, _, magic) = struct.unpack("<QQI8s", data[-28:])
    assert data[:8] == magic == container.MAGIC
    assert data[8:24] == b"12345\0\0\0x\0\0\0\0\0\0\0"
    listing = json.loads(data[start : start + length])
    assert listing == {"a": ["bytes", 8, 5, crc32(b"12345")], "b": ["bytes", 16, 1, crc32(b"x")],
                       "c": ["bytes", 24, 0, 0]}  # fmt: skip
    assert start == 24
    assert start + length + 28 == len(data)


def test_what_is_not_there_or_no_number_is_told() -> None:
    box = read([("bytes", b"abcd")])
    with pytest.raises(IndexDamaged, match=r"a\.seg lacks other"):
        box.raw("other")
    for of in (box.array, box.ints):
        with pytest.raises(IndexDamaged, match=r"no numbers in bytes"):
            of("bytes")


def listed(entries: Any, body: bytes = b"", **changed: Any) -> bytes:
    """A container whose directory is as given, under right checksums."""
    listing = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    start = changed.get("start", 8 + len(body))
    length = changed.get("length", len(listing))
    footer = struct.pack("<QQI8s", start, length, crc32(listing), container.MAGIC)
    return container.MAGIC + body + listing + footer


def test_a_directory_that_makes_sense_is_taken() -> None:
    good = listed({"a": ["|u1", 8, 8, crc32(b"12345678")]}, b"12345678")
    assert Container(good, "x").array("a").tolist() == list(b"12345678")
    assert list(Container(listed({}), "x").names()) == []


@pytest.mark.parametrize(
    "entries",
    [
        b"{", b"[]", b"1", b"[" * 100_000, {"a": 1}, {"a": []}, {"a": ["bytes", 8, 8]},
        {"a": ["bytes", 16, 8, 0]}, {"a": ["bytes", 0, 8, 0]}, {"a": ["bytes", 8, -8, 0]},
        {"a": ["bytes", 8, 9, 0]}, {"a": ["bytes", 8, 8.0, 0]}, {"a": ["bytes", 8, True, 0]},
        {"a": ["|O", 8, 8, 0]}, {"a": ["<f8", 8, 8, 0]}, {"a": [["<u8"], 8, 8, 0]},
        {"a": ["<u8", 8, 4, 0]}, {"a": ["<u2", 8, 7, 0]}, {"a": ["bytes", 8, 0, 0]},
        {"a": ["bytes", 8, 8, 0], "b": ["bytes", 24, 0, 0]}, {},
    ],
)  # fmt: skip
def test_a_directory_that_makes_no_sense_is_told(entries: Any) -> None:
    with pytest.raises(IndexDamaged, match=r"x has a directory that makes no sense"):
        Container(listed(entries, b"12345678"), "x")


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 27, 35])
def test_a_file_that_is_cut_off_is_told(cut: int) -> None:
    data = written([("a", b"abc")])
    with pytest.raises(IndexDamaged, match=r"x is cut off"):
        Container(data[:cut], "x")
    with pytest.raises(IndexDamaged, match=r"x is cut off"):
        Container(data[:-1], "x")
    with pytest.raises(IndexDamaged, match=r"x is cut off"):
        Container(data + b"\0", "x")


def test_the_smallest_container_is_one() -> None:
    assert list(read([]).names()) == []
    assert len(written([])) == 8 + 2 + 28


@pytest.mark.parametrize("at", [0, 7, 40, -1, -8, -9, -12, -20, -28])
def test_a_changed_frame_is_told(at: int) -> None:
    data = bytearray(written([("a", b"x" * 8), ("b", np.arange(4))]))
    data[at] ^= 1
    told = pytest.raises(IndexDamaged, match=r"x is (cut off|damaged in b)")
    with told:
        box = Container(bytes(data), "x")
        for name in box.names():
            box.raw(name)


def test_a_changed_column_is_told_when_it_is_read_or_by_changed() -> None:
    data = bytearray(written([("a", b"x" * 8), ("b", np.arange(4))]))
    data[9] ^= 1
    box = Container(bytes(data), "x")
    assert box.array("b").tolist() == [0, 1, 2, 3]
    assert list(box.changed()) == ["a"]
    with pytest.raises(IndexDamaged, match=r"x is damaged in a"):
        box.raw("a")
    trusted = Container(bytes(data), "x", trusted=True)
    assert bytes(trusted.raw("a")) == bytes(data[8:16])
    assert list(trusted.changed()) == ["a"]


def test_what_stands_between_columns_is_zero() -> None:
    data = bytearray(written([("a", b"abc"), ("b", b"d")]))
    data[15] = 1
    assert list(Container(bytes(data), "x").changed()) == ["a"]


def test_a_long_column_is_compared_by_changed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for cheap, told in ((8, True), (7, False)):
        monkeypatch.setattr(container, "_CHEAP", cheap)
        data = bytearray(written([("a", b"x" * 8)]))
        data[8] ^= 1
        box = Container(bytes(data), "x")
        if told:
            with pytest.raises(IndexDamaged):
                box.raw("a")
        else:
            assert bytes(box.raw("a")) == bytes(data[8:16])
        assert list(box.changed()) == ["a"]


class Room:
    """Where spools have room, in these tests."""

    def __init__(self) -> None:
        self.files: list[IO[bytes]] = []

    def scratch(self) -> IO[bytes]:
        self.files.append(tempfile.TemporaryFile())  # noqa: SIM115
        return self.files[-1]

    @contextmanager
    def writing(self) -> Iterator[None]:
        yield


@pytest.mark.parametrize("most", [0, 39, 40, 79, 80, 1000])
def test_a_spool_is_in_memory_while_it_is_small(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "_IN_MEMORY", most)
    pieces = [np.arange(n, n + 5) for n in range(0, 25, 5)]
    for room in (None, Room()):
        spool = Spool()
        with spooling(room):
            for piece in pieces:
                spool.append(piece)
            whole = spool.whole(np.dtype(np.int64))
        assert whole.tolist() == list(range(25))
        # A piece is 40 bytes; what has been written is no longer in memory.
        if room is not None:
            assert len(room.files) == (most < 200)
            if room.files:
                assert room.files[0].seek(0, io.SEEK_END) == 200
                assert spool._pieces == []
    assert Spool().whole(np.dtype(np.uint16)).dtype == np.uint16


def test_a_spool_knows_its_room_in_its_own_block_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "_IN_MEMORY", 0)
    outer, inner = Room(), Room()
    with spooling(outer):
        with spooling(inner):
            Spool().append(np.arange(3))
        Spool().append(np.arange(3))
    Spool().append(np.arange(3))
    assert (len(outer.files), len(inner.files)) == (1, 1)


# Packed numbers

numbers = st.lists(
    st.one_of(st.integers(0, 20), st.integers(0, 300), st.integers(-3, 2**40)), max_size=40
)


@given(st.lists(numbers, max_size=4), st.sampled_from([4, 8, 16, 32]), st.data())
@example([[14, 15, 16]], 4, None)
@example([[254, 255, 256, 1]], 8, None)
@example([[1], [2, 3], [15], []], 4, None)
def test_packed_numbers_are_read_back(
    pieces: list[list[int]], bits: int, data: st.DataObject | None
) -> None:
    writer = PackedWriter(bits)
    for piece in pieces:
        writer.append(np.asarray(piece, np.int64))
    values = [value for piece in pieces for value in piece]
    box = read(list(writer.columns("n")))
    packed = Packed(box, "n")
    assert packed.bits == bits
    assert packed.slice(0, len(values)).tolist() == values
    for first in range(0, len(values), 3):
        stop = min(len(values), first + 7)
        assert packed.slice(first, stop).tolist() == values[first:stop]
    places = data.draw(st.permutations(range(len(values)))) if data else range(len(values))
    taken = packed.take(np.asarray(places, np.int64))
    assert taken.tolist() == [values[place] for place in places]
    escape = (1 << bits) - 1
    apart = [n for n, value in enumerate(values) if value < 0 or value >= escape]
    found = places_apart(box, "n", len(values))
    assert found is not None
    assert found.tolist() == apart
    assert ("n.at" in box) == ("n.patch" in box) == bool(apart)
    assert places_apart(box, "n", len(values) + 2) is None


def test_half_bytes_are_two_numbers_each() -> None:
    writer = PackedWriter(4)
    for piece in ([1], [2, 3, 4], [5]):
        writer.append(np.asarray(piece))
    box = read(list(writer.columns("n")))
    assert list(box.names()) == ["n.half"]
    assert box.array("n.half").tolist() == [0x21, 0x43, 0x05]


def test_numbers_apart_take_the_narrowest_type_where_none_is_below_zero() -> None:
    for patch, kind in ((300, "u2"), (-1, "i8")):
        writer = PackedWriter(8)
        writer.append(np.asarray([1, 255]))
        writer.append(np.asarray([patch]))
        box = read(list(writer.columns("n")))
        assert box.array("n.at").tolist() == [1, 2]
        assert box.array("n.patch").dtype == kind
        assert box.array("n").dtype == "u1"


@pytest.mark.parametrize("kind", ["i1", "u8"])
def test_a_column_that_no_writer_made_has_no_places_apart(kind: str) -> None:
    box = read([("n", np.zeros(3, kind))])
    assert places_apart(box, "n", 3) is None
    half = read([("n.half", np.zeros(2, np.uint8))])
    assert places_apart(half, "n", 2) is None
    for count in (3, 4):
        found = places_apart(half, "n", count)
        assert found is not None
        assert found.tolist() == []


@pytest.mark.parametrize(
    ("values", "width"),
    [
        ([], 4), ([0] * 9, 4), ([14] * 9, 4), ([15] * 9, 8), ([254] * 9, 8), ([255] * 9, 16),
        ([65534] * 9, 16), ([65535] * 9, 32), ([2**32 - 2] * 9, 32), ([-1] * 9, 4),
        # One number apart costs as much as sixteen times four bits.
        ([1] * 14 + [99], 8), ([1] * 15 + [99], 4),
    ],
)  # fmt: skip
def test_the_width_is_that_which_takes_the_least_room(values: list[int], width: int) -> None:
    assert width_of(np.asarray(values, np.int64)) == width


def test_the_widest_of_some_columns() -> None:
    boxes = []
    for bits in (8, 4, 16):
        writer = PackedWriter(bits)
        writer.append(np.arange(3))
        boxes.append(Packed(read(list(writer.columns("n"))), "n"))
    assert widest(boxes) == 16
    assert widest(boxes[:2]) == 8
    assert widest([]) == 4


# Strings

words = st.one_of(
    st.binary(max_size=20),
    st.text("ab\0", max_size=18).map(str.encode),
    st.sampled_from([b"a" * 8, b"a" * 9, b"a" * 16, b"a" * 7 + b"\0", b""]),
)


def column(values: Sequence[bytes]) -> Strings:
    return Strings(read(columns_of("s", values)), "s")


@given(st.lists(words, max_size=30), words, st.integers(1, 5))
def test_strings_are_looked_up_as_bisect_does(
    values: list[bytes], other: bytes, apart: int
) -> None:
    ordered = sorted(set(values))
    kept = column(ordered)
    assert kept.all() == [kept[n] for n in range(len(kept))] == ordered
    with pytest.MonkeyPatch.context() as patch:
        # The first is looked up among all strings, the others by some of them first.
        patch.setattr(strings, "_OFTEN", 1)
        patch.setattr(strings, "_APART", apart)
        for wanted in (other, *ordered, other):
            assert kept.bisect(wanted) == sum(value < wanted for value in ordered)
            assert kept.find(wanted) == (ordered.index(wanted) if wanted in ordered else -1)
    data, ends = kept.raw()
    assert [bytes(data[a:b]) for a, b in pairwise(ends)] == ordered


@given(st.lists(st.lists(words, max_size=12), max_size=4), st.data())
def test_strings_of_several_columns_are_ranked(
    values: list[list[bytes]], data: st.DataObject
) -> None:
    every = [value for some in values for value in some]
    orders = [sorted(range(len(some)), key=some.__getitem__) for some in values]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strings, "_PART", data.draw(st.integers(1, 5)))
        patch.setattr(strings, "_SLICE", data.draw(st.integers(1, 40)))
        table = Table([column(some) for some in values], orders)
        assert len(table) == len(every)
        assert table.ranks().tolist() == [sum(v < value for v in every) for value in every]
        chosen = data.draw(st.permutations(range(len(every))))[::2]
        made = read(list(table.columns("s", np.asarray(chosen, np.int64))))
    assert Strings(made, "s").all() == [every[number] for number in chosen]


def test_columns_in_order_need_no_orders() -> None:
    some = [[b"a", b"c", b"c1"], [], [b"b", b"c"]]
    table = Table([column(values) for values in some])
    assert table.ranks().tolist() == [0, 2, 4, 1, 2]
    assert Table([]).ranks().tolist() == []


@pytest.mark.parametrize("part", [2, 3])
def test_strings_are_ranked_in_parts(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """No part is longer than it must be: that bounds the memory of a merge."""
    monkeypatch.setattr(strings, "_PART", part)
    some = [[b"%02d" % n for n in range(first, 40, 2)] for first in (0, 1)]
    parts = list(Table([column(values) for values in some])._parts())
    assert max(map(len, parts)) <= 2 * part
    assert sorted(n for numbers in parts for n in numbers.tolist()) == list(range(40))
