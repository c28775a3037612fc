"""Tables of facts as files: tab-separated values that a person edits in any editor.

A table has a header row; lists inside a cell are parted by ``; ``, lines that begin with ``#`` are
notes. The shipped tables stand in ``data/``. A user's own file holds rows for any of them: its
first column, ``table``, says which.
"""

from __future__ import annotations

import codecs
import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Row", "Table", "items", "merged", "read", "read_additions", "shipped"]

#: No name is longer. The automaton that finds names is freed letter by letter, each within the one
#: before: a name of a million letters would end the process.
_LONGEST_NAME = 1_000
_LARGEST = 4 << 20
_DATA = Path(__file__).with_name("data")
#: The cells that hold lists; all others hold one value.
_LISTS = frozenset(
    "names former demonyms cued shared acronyms places predecessors successor countries long_forms"
    .split()
)  # fmt: skip

Table = tuple["Row", ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells by column, and where it stands.

    ``also`` are the places of rows in a user's file that added to it.
    """

    table: str
    cells: Mapping[str, str]
    file: str
    line: int
    also: tuple[str, ...] = field(default=())

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def key(self) -> str:
        """What tells the row from others of its table: the first cell, of a cue the first two."""
        cells = list(self.cells.values())
        return " ".join(cells[:2]) if self.table == "cues" else cells[0]

    def listed(self, column: str) -> tuple[str, ...]:
        """The values of a cell that holds a list."""
        return items(self[column])

    def to_dict(self) -> dict[str, Any]:
        cells = {column: cell for column, cell in self.cells.items() if cell}
        return {"row": self.name, "file": self.file, "line": self.line,
                "also": list(self.also), "cells": cells}  # fmt: skip

    @property
    def name(self) -> str:
        """What finds the row among those of all tables: ``countries:LBR``."""
        return f"{self.table}:{self.key}"

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def items(cell: str) -> tuple[str, ...]:
    """The values of a cell that holds a list."""
    return tuple(part for part in (part.strip() for part in cell.split(";")) if part)


def read(name: str) -> bytes:
    """The bytes of a shipped table."""
    return (_DATA / f"{name}.tsv").read_bytes()


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, [cell.strip() for cell in line.rstrip("\r").split("\t")]


@cache
def shipped(name: str) -> Table:
    """The rows of a shipped table."""
    lines = _lines(read(name).decode("utf-8"))
    _, header = next(lines)
    file = f"{name}.tsv"
    return tuple(
        Row(name, dict(zip(header, [*cells, *[""] * len(header)], strict=False)), file, number)
        for number, cells in lines
    )


@cache
def columns(name: str) -> tuple[str, ...]:
    """The header of a shipped table."""
    return tuple(next(_lines(read(name).decode("utf-8")))[1])


def read_additions(
    path: Path, tables: Iterable[str]
) -> tuple[list[Row], list[tuple[int | None, str]]]:
    """The rows of a user's file, and its lines that cannot be read as rows with the reason.

    Raises ``OSError`` where the file cannot be opened, or is larger than any hand writes.
    """
    with open(path, "rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise OSError(errno.EFBIG, f"it is larger than {_LARGEST >> 20} MiB")
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    lines = _lines(data.decode("utf-16" if wide else "utf-8-sig", "replace"))
    _, header = next(lines, (1, []))
    if header[:1] != ["table"] or len(header) < 2:
        return [], [(1, "the first row names the columns: table, then those of the tables")]
    known = {column for name in tables for column in columns(name)}
    for column in header[1:]:
        if column not in known:
            return [], [(1, f"no table has a column {column!r}")]
    rows: list[Row] = []
    problems: list[tuple[int | None, str]] = []
    for number, cells in lines:
        why, row = _addition(header, cells, tuple(tables), path.name, number)
        if row is not None:
            rows.append(row)
        else:
            problems.append((number, why))
    return rows, problems


def _addition(
    header: list[str], cells: list[str], tables: tuple[str, ...], file: str, line: int
) -> tuple[str, Row | None]:
    if len(cells) > len(header):
        return "it has more cells than the first row", None
    if "\ufffd" in "".join(cells):
        return "it is not in UTF-8", None
    if any(len(part) > _LONGEST_NAME for cell in cells for part in cell.split(";")):
        return f"it has a name of more than {_LONGEST_NAME:,} letters", None
    named = {column: cell for column, cell in zip(header, cells, strict=False) if cell}
    table = named.pop("table", "")
    if table not in tables:
        return f"there is no table {table!r}; there are {', '.join(tables)}", None
    wanted = columns(table)
    strange = [column for column in named if column not in wanted]
    if strange:
        return f"the table {table} has no column {strange[0]!r}", None
    if not named.get(wanted[0]):
        return f"its column {wanted[0]!r} is empty", None
    return "", Row(table, {column: named.get(column, "") for column in wanted}, file, line)


def merged(rows: Iterable[Row], additions: Iterable[Row]) -> Table:
    """The rows with a user's: a known key's lists grow and its values are replaced, others are new.

    Values that an addition leaves empty stay what they were.
    """
    out = {row.key: row for row in rows}
    added: dict[str, list[Row]] = {}
    for row in additions:
        added.setdefault(row.key, []).append(row)
    for key, more in added.items():
        before = out.get(key) or more.pop(0)
        out[key] = _with(before, more) if more else before
    return tuple(out.values())


def _with(before: Row, more: Sequence[Row]) -> Row:
    cells = dict(before.cells)
    lists: dict[str, list[str]] = {}
    for row in more:
        for column, cell in row.cells.items():
            if cell and column in _LISTS:
                lists.setdefault(column, list(filter(None, [cells.get(column)]))).append(cell)
            elif cell:
                cells[column] = cell
    cells |= {column: "; ".join(parts) for column, parts in lists.items()}
    also = (*before.also, *(row.place for row in more))
    return Row(before.table, cells, before.file, before.line, also)
