"""Records a row: ``.csv``, read a row at a time."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wpssearch.model import Record, Skip, Source
from wpssearch.readers.files import MOST_BYTES, Unreadable
from wpssearch.readers.profile import beginning
from wpssearch.readers.rows import record_from_mapping, why
from wpssearch.readers.streams import Lines, TooLong, broken, lines_of

__all__ = ["read_csv"]

# As many as a spreadsheet has.
_MOST_COLUMNS = 16_384
# So many lines tell whether lines are rows.
_ENOUGH = 100


def read_csv(path: str, file: str) -> Iterator[Record | Skip]:
    """The records of a ``.csv`` with a header row; lists are split at ``;``.

    A cell under a column without a name is kept as ``column N``. A row that holds damaged UTF-8
    is skipped, as a line of ``.jsonl`` is.
    """
    csv.field_size_limit(MOST_BYTES)
    lines = lines_of(path)
    try:
        yield from _Reader(lines, path, file).items()
    finally:
        lines.close()


class _Reader:
    def __init__(self, lines: Lines, path: str, file: str) -> None:
        self._lines, self._path, self._file = lines, path, file
        self._rows = csv.reader(lines, strict=True)
        self._header: list[str] = []

    def items(self) -> Iterator[Record | Skip]:
        fault = self._head()
        if fault is not None:
            yield Skip(self._file, 1, fault)
        if fault is not None or not self._header:
            return
        names = [name or f"column {number}" for number, name in enumerate(self._header, 1)]
        while True:
            self._lines.begin()
            number = self._lines.number + 1
            try:
                cells = next(self._rows)
                if cells:
                    yield self._record(names, cells, number)
            except StopIteration:
                return
            except Unreadable:
                raise
            except TooLong as error:
                long_line = not self._lines.taken[-1]
                yield Skip(self._file, self._lines.number if long_line else number, str(error))
                self._resume()
            except csv.Error as error:
                yield Skip(self._file, number, self._fault(error))
            except ValueError as error:
                yield Skip(self._file, number, why(error))

    def _head(self) -> str | None:
        """Read the header; what is wrong with it, if anything. An empty file has none."""
        try:
            self._header = [name.strip() for name in next(self._rows)]
            while not self._header:
                self._header = [name.strip() for name in next(self._rows)]
        except StopIteration:
            return None
        except TooLong as error:
            return str(error)
        except csv.Error:
            pass
        if not {"id", "text"} <= set(self._header):
            return "the header row names no columns id and text"
        if len(self._header) > _MOST_COLUMNS:
            return f"the header row names more than {_MOST_COLUMNS:,} columns"
        twice = [name for name, count in Counter(self._header).items() if name and count > 1]
        return f"the header row names the column {beginning(min(twice))} twice" if twice else None

    def _record(self, names: Sequence[str], cells: Sequence[str], number: int) -> Record:
        if len(cells) != len(names):
            raise ValueError(f"the row has {len(cells)} cells, the header {len(names)}")
        if any(map(broken, cells)):
            raise ValueError("the row is not in UTF-8")
        columns = zip(names, self._header, cells, strict=True)
        row = _from_cells({name: cell for name, own, cell in columns if own or cell})
        return record_from_mapping(row, Source(self._file, number, self._path))

    def _fault(self, error: csv.Error) -> str:
        """What is wrong with the row that was read last; the lines after its first are read again
        where the row had no right to them.
        """
        below = len(self._lines.taken) - 1
        if not below:
            return f"the row is no CSV ({error})"
        if self._resume():
            return "a quotation mark is not closed in its line"
        return f"a quotation mark is not closed; with it {below} lines below were skipped"

    def _resume(self) -> bool:
        """Have the lines below a row's first read again, where most of them, by the first hundred,
        are rows themselves and not the text of a cell; whether they are.
        """
        below = self._lines.taken[1 : _ENOUGH + 1]
        rows = [cells for cells in csv.reader(below) if cells]
        if not rows or len(rows) > 2 * sum(len(cells) == len(self._header) for cells in rows):
            return False
        self._lines.again()
        return True


def _from_cells(cells: Mapping[str, str]) -> dict[str, Any]:
    """A row as the mapping that a line of ``.jsonl`` would hold."""
    row: dict[str, Any] = {}
    facets: dict[str, list[str]] = {}
    bounds: dict[str, str] = {}
    for name, cell in cells.items():
        if name in ("agencies", "missions", "countries"):
            row[name] = cell.split(";")
        elif name.startswith("facets."):
            facets[name.removeprefix("facets.")] = cell.split(";")
        elif name in ("period_start", "period_end"):
            if cell.strip():
                bounds[name.removeprefix("period_")] = cell
        else:
            row[name] = cell
    if bounds and not row.get("period"):
        row["period"] = bounds
    if facets:
        row["facets"] = facets
    return row
