"""One consistent state of the index, as the evaluator reads it.

Records are numbered across segments; a number holds for one snapshot. Whoosh's readers share file
positions, so that a lock guards every access to them: a snapshot serves many threads.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from wpssearch.analysis import Analyzer, Term
from wpssearch.backends.plan import Group
from wpssearch.backends.scoring import FIELDS
from wpssearch.backends.whoosh import records
from wpssearch.backends.whoosh.fields import ABBREVIATION, LONG_FORM
from wpssearch.errors import IndexDamaged
from wpssearch.model import Record
from wpssearch.vocab import LongForm

if TYPE_CHECKING:
    from whoosh.reading import IndexReader

__all__ = ["GroupPostings", "Snapshot"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: By record: for each field that has the group's terms, their posting values.
GroupPostings = dict[int, dict[str, list["array[int]"]]]


def _guarded(
    method: Callable[Concatenate[Snapshot, _P], _T],
) -> Callable[Concatenate[Snapshot, _P], _T]:
    """One thread at a time, and whatever Whoosh makes of a damaged file is told as damage."""

    @wraps(method)
    def guarded(self: Snapshot, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        with self._lock:
            try:
                return method(self, *args, **kwargs)
            except (IndexDamaged, MemoryError, KeyboardInterrupt):
                raise
            except Exception as error:
                raise IndexDamaged(
                    f"The index cannot be read ({type(error).__name__}); "
                    "build it anew with `wpssearch ingest` from its sources."
                ) from error

    return guarded  # type: ignore[return-value]


class Snapshot:
    """A reader over all segments of one generation."""

    def __init__(self, reader: IndexReader, analyzer: Analyzer, generation: int) -> None:
        self._lock = threading.RLock()
        self._reader = reader
        # An index without a segment has a reader that knows neither terms nor columns.
        self._leaves: list[tuple[Any, int]] = [
            (leaf, base) for leaf, base in reader.leaf_readers() if leaf.doc_count_all()
        ]
        self._analyzer = analyzer
        self._columns: dict[str, Sequence[bytes]] = {}
        self._lengths: tuple[int, ...] | None = None
        all_live = reader.doc_count() == reader.doc_count_all()
        self._live: Sequence[int] | None = range(reader.doc_count()) if all_live else None
        self.generation = generation
        self.count: int = reader.doc_count()

    @_guarded
    def close(self) -> None:
        """Release the files."""
        self._reader.close()

    # Words

    @_guarded
    def stem(self, form: str) -> str:
        """The stem of a form, without a stemmer where the index knows the form."""
        prefix = f"{form}\t".encode()
        for leaf, _ in self._leaves:
            for word in leaf.expand_prefix("lexicon", prefix):
                return str(word.decode().partition("\t")[2])
        return self._analyzer.stemmer.stem(form)

    @_guarded
    def forms(self, stem: str) -> Iterable[Term]:
        """The terms of live records that have this stem."""
        prefix = f"{stem}\t".encode()
        found: set[bytes] = set()
        for leaf, _ in self._leaves:
            for field in FIELDS:
                for word in leaf.expand_prefix(field, prefix):
                    if word not in found and self._is_live(leaf, field, word):
                        found.add(word)
        return [Term.decode(word.decode()) for word in found]

    @_guarded
    def defined(self, acronym: str) -> Iterable[LongForm]:
        """What live records say that an acronym, folded, stands for."""
        return list(self._long_forms(f"{ABBREVIATION}{acronym}\t"))

    @_guarded
    def abbreviated(self, stem: str) -> Iterable[LongForm]:
        """The long forms that live records abbreviate and whose first word has this stem."""
        return list(self._long_forms(f"{LONG_FORM}{stem}\t"))

    def _long_forms(self, prefix: str) -> Iterator[LongForm]:
        seen: set[bytes] = set()
        for leaf, _ in self._leaves:
            for word in leaf.expand_prefix("acronyms", prefix.encode()):
                if word not in seen and self._is_live(leaf, "acronyms", word):
                    seen.add(word)
                    _, acronym, long_form = word.decode().split("\t")
                    yield LongForm(acronym, long_form, exact=True)

    @staticmethod
    def _is_live(leaf: Any, field: str, word: bytes) -> bool:
        return not leaf.has_deletions() or leaf.postings(field, word).is_active()

    @_guarded
    def postings(self, group: Group) -> GroupPostings:
        """Where the terms of a group stand, in live records alone."""
        out: GroupPostings = {}
        for term in sorted(group.terms):
            word = term.encode().encode()
            for leaf, base in self._leaves:
                for field in FIELDS:
                    if (field, word) not in leaf:
                        continue
                    matcher = leaf.postings(field, word)
                    while matcher.is_active():
                        values = array("I", matcher.value())
                        by_field = out.setdefault(base + matcher.id(), {})
                        by_field.setdefault(field, []).append(values)
                        matcher.next()
        return out

    @_guarded
    def posting_sums(self, hashed: Callable[[str, bytes, bytes], int]) -> dict[int, int]:
        """By live record, the sum of the hashes of all its postings: (field, term, values)."""
        sums: dict[int, int] = {}
        for leaf, base in self._leaves:
            for field in FIELDS:
                for word in leaf.lexicon(field):
                    matcher = leaf.postings(field, word)
                    while matcher.is_active():
                        number = base + matcher.id()
                        sums[number] = sums.get(number, 0) + hashed(field, word, matcher.value())
                        matcher.next()
        return sums

    # Records

    @_guarded
    def live(self) -> Sequence[int]:
        """The numbers of all live records, ascending."""
        if self._live is None:
            self._live = [
                base + number
                for leaf, base in self._leaves
                for number in range(leaf.doc_count_all())
                if not leaf.is_deleted(number)
            ]
        return self._live

    @_guarded
    def column(self, name: str) -> Sequence[bytes]:
        """The column's value for each record, dead ones included, by number."""
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = list(self._values(name))
        return column

    def _values(self, name: str) -> Iterator[bytes]:
        for leaf, _ in self._leaves:
            reader = leaf.column_reader(f"col_{name}", translate=False)
            yield from (bytes(reader[number]) for number in range(leaf.doc_count_all()))

    @_guarded
    def average_length(self, field: str) -> float:
        """The mean length of a field over all live records, in tokens."""
        if self._lengths is None:
            lengths = self.column("lengths")
            totals = [0] * len(FIELDS)
            for number in self.live():
                for index, length in enumerate(array("I", lengths[number])):
                    totals[index] += length
            self._lengths = tuple(totals)
        return self._lengths[FIELDS.index(field)] / self.count if self.count else 0.0

    @_guarded
    def record(self, number: int) -> Record:
        """The whole record."""
        return records.decode(self._reader.stored_fields(number)["record"])

    def find(self, id_: str) -> int | None:
        """The number of the record that has this id."""
        wanted = id_.encode("utf-8", "replace")
        ids = self.column("id")
        return next((number for number in self.live() if ids[number] == wanted), None)
