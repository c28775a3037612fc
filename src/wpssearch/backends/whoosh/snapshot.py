"""One consistent state of the index: its segments, mapped, and what is known of all of them.

A record's number is its place in its segment, after those of the segments before. Everything here
is read without locks: columns are mapped and never change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from wpssearch.analysis import Analyzer, Term
from wpssearch.backends.arrays import Array
from wpssearch.backends.plan import Group
from wpssearch.backends.scoring import FIELDS, K1, length_norms
from wpssearch.backends.whoosh.facetcolumns import FacetColumn, Joint
from wpssearch.backends.whoosh.layout import ABBREVIATION, LONG_FORM
from wpssearch.backends.whoosh.segment import Segment
from wpssearch.backends.whoosh.toc import Toc
from wpssearch.derived import Derivation, derivation
from wpssearch.model import Record
from wpssearch.vocab import LongForm

if TYPE_CHECKING:
    from wpssearch.backends.kinds.expansion import Expansion
    from wpssearch.backends.whoosh.nearforms import NearForms

__all__ = ["FacetValues", "Snapshot"]

_T = TypeVar("_T")

_MOST_CACHED = 1 << 14
#: How many sets of facets are joined at most, and from which part of a segment's records on.
_MOST_JOINTS, _MANY = 16, 16
#: The part of a digest that is over the content alone, in bytes.
CONTENT = 16


class FacetValues(NamedTuple):
    """The values of a facet over all segments: sorted, and by segment the place of each of its own.

    ``places`` is ``None`` for a segment that has all of them, in this order.
    """

    values: list[str]
    places: list[Array | None]


def _with(cache: dict[str, _T], key: str, value: _T) -> dict[str, _T]:
    """The cache with one more entry, or a new one where it is full."""
    if len(cache) >= _MOST_CACHED:
        cache = {}
    cache[key] = value
    return cache


class Snapshot:
    """The segments of one generation."""

    def __init__(self, toc: Toc, segments: list[Segment], analyzer: Analyzer) -> None:
        self.toc = toc
        self.segments = segments
        self.generation = toc.generation
        self._analyzer = analyzer
        self.bases: list[int] = []
        self.count = 0
        base = 0
        totals = [0] * len(FIELDS)
        for entry in toc.segments:
            self.bases.append(base)
            base += entry.count
            self.count += entry.live
            totals = [a + b for a, b in zip(totals, entry.lengths, strict=True)]
        self.size = base
        #: By field the mean length, over live records.
        self.averages = [total / self.count if self.count else 0.0 for total in totals]
        self._norms: dict[tuple[int, int], Array] = {}
        self._saturations: dict[int, Array] = {}
        self._most: dict[int, float] = {}
        self._joints: dict[tuple[int | str, ...], Joint | None] = {}
        # What was asked for once, and is kept when it is asked for again.
        self._asked: set[tuple[int | str, ...]] = set()
        self.groups: dict[tuple[str, str], Group] = {}
        # What the dictionary says of a word, for words that were asked for.
        self._stems: dict[str, str] = {}
        self._long: dict[str, tuple[LongForm, ...]] = {}
        self._facets: dict[str, FacetValues] = {}
        self._expansions: dict[str, Expansion] = {}
        self._near: list[NearForms] | None = None
        self._derivations: dict[str, Derivation | None] = {}
        self._derived: dict[tuple[int, str], FacetColumn | None] = {}

    # Words

    def stem(self, form: str) -> str:
        """The stem of a form, without a stemmer where the index knows the form."""
        known = self._stems.get(form)
        if known is None:
            wanted = form.encode()
            found = (segment.stem(wanted) for segment in self.segments)
            known = next((stem for stem in found if stem is not None), None)
            if known is None:
                known = self._analyzer.stemmer.stem(form)
            self._stems = _with(self._stems, form, known)
        return known

    def forms(self, stem: str) -> Iterable[Term]:
        """The terms of live records that have this stem."""
        wanted = stem.encode()
        every = (terms for segment in self.segments for _, terms in segment.terms(wanted))
        return (term for terms in every for term in terms if term is not None)

    def defined(self, acronym: str) -> Iterable[LongForm]:
        """What live records say that an acronym, folded, stands for."""
        return self._long_forms(f"{ABBREVIATION}{acronym}\t")

    def abbreviated(self, stem: str) -> Iterable[LongForm]:
        """The long forms that live records abbreviate and whose first word has this stem."""
        return self._long_forms(f"{LONG_FORM}{stem}\t")

    def _long_forms(self, prefix: str) -> tuple[LongForm, ...]:
        known = self._long.get(prefix)
        if known is None:
            seen: dict[bytes, None] = {}
            for segment in self.segments:
                seen.update(dict.fromkeys(segment.long_forms(prefix.encode())))
            words = (word.decode().split("\t") for word in seen)
            known = tuple(LongForm(acronym, form, exact=True) for _, acronym, form in words)
            self._long = _with(self._long, prefix, known)
        return known

    def like(self, pattern: str, also: Collection[str], most: int) -> Expansion:
        """The forms of live records that a pattern matches, so many at most, and others."""
        return self._expanded("like", pattern, also, most)

    def spelt(self, form: str, edits: int, also: Collection[str], most: int) -> Expansion:
        """The forms of live records that are so many edits away, and others; ``most`` at most."""
        return self._expanded("spelt", f"{form}~{edits}", also, most)

    def _expanded(self, kind: str, word: str, also: Collection[str], most: int) -> Expansion:
        key = f"{word} {most}"
        known = self._expansions.get(key)
        if known is None:
            from wpssearch.backends.whoosh import expanding

            known = getattr(expanding, kind)(self.segments, word, also, most)
            self._expansions = _with(self._expansions, key, known)
        return known

    def near(self, form: str, most: int) -> dict[str, float]:
        """Forms that are spelled nearly so, by what each costs to mistype; some may be dead."""
        wanted = form.encode()
        found = (pair for forms in self._spellings() for pair in forms.near(wanted, most))
        return {other.decode(): cost for other, cost in found}

    def occurrences(self, form: str) -> int:
        """How often a form stands in live records."""
        wanted = form.encode()
        return sum(forms.count(wanted) for forms in self._spellings())

    def _spellings(self) -> list[NearForms]:
        if self._near is None:
            # Only a search for an unknown word needs it.
            from wpssearch.backends.whoosh.nearforms import NearForms

            self._near = [NearForms(segment) for segment in self.segments]
        return self._near

    # Numbers

    def norms(self, segment: int, field: int, records: Array) -> Array:
        """By record, the field's weight over its length normalisation."""
        key = segment, field
        known = self._norms.get(key)
        if known is None:
            name = FIELDS[field]
            lengths = self.segments[segment].lengths(name)
            average = self.averages[field]
            if key not in self._asked:
                # A process that asks once does better with these records alone.
                self._asked.add(key)
                return length_norms(name, lengths.take(records), average)
            known = self._norms[key] = length_norms(name, lengths, average)
        taken: Array = known.take(records)
        return taken

    def saturations(self, segment: int) -> Array:
        """By pair of frequencies and lengths, how much of its idf a term brings to a score."""
        known = self._saturations.get(segment)
        if known is None:
            f: Array | float = 0.0
            for name, frequencies, lengths in self.segments[segment].impacts():
                average = self.averages[FIELDS.index(name)]
                f = f + frequencies * length_norms(name, lengths, average)
            known = self._saturations[segment] = np.asarray(f * (K1 + 1) / (f + K1))
        return known

    def most_saturated(self, segment: int) -> float:
        """What no saturation of the segment's postings exceeds."""
        known = self._most.get(segment)
        if known is None:
            known = self._most[segment] = float(self.saturations(segment).max(initial=0.0))
        return known or K1 + 1

    def place(self, number: int) -> tuple[int, int]:
        """The segment of a record, and its number there."""
        segment = len(self.bases) - 1
        while self.bases[segment] > number:
            segment -= 1
        return segment, number - self.bases[segment]

    # Records

    def record(self, number: int) -> Record:
        """The whole record."""
        segment, local = self.place(number)
        return self.segments[segment].record(local)

    def id(self, number: int) -> str:
        """The id of a record."""
        segment, local = self.place(number)
        return self.segments[segment].ids[local].decode()

    def find(self, id_: str) -> int | None:
        """The number of the record that has this id."""
        wanted = id_.encode("utf-8", "replace")
        for segment, base in zip(self.segments, self.bases, strict=True):
            local = segment.find(wanted)
            if local >= 0:
                return base + local
        return None

    def contents(self) -> list[tuple[bytes, bytes]]:
        """The ids of all live records, sorted, each with the digest of its content."""
        return sorted(
            (segment.ids[number], segment.digest(number)[:CONTENT])
            for segment in self.segments
            for number in segment.live_numbers.tolist()
        )

    def counts(self, facet: str) -> dict[str, int]:
        """By value of a facet, how many live records have it."""
        everything = [segment.live_numbers for segment in self.segments]
        counts = self.count_in(facet, everything).tolist()
        values = self.facet(facet).values
        return {value: count for value, count in zip(values, counts, strict=True) if count}

    def profile(self, record: Record) -> Record | None:
        """The profile of the agency that a record is from: of its page first, else by name."""
        found: list[tuple[bool, int]] = []
        path = record.source.path or ""
        for number, profiles in self.having("kind", "agency".__eq__):
            agencies, paths = self.column(number, "agency"), self.column(number, "path")
            if agencies is None or paths is None:
                continue
            for local in profiles.tolist():
                names = {name for name, _ in agencies.of(local)}
                if not names.isdisjoint(record.agencies):
                    elsewhere = not path or paths.of(local)[0][0] != path
                    found.append((elsewhere, self.bases[number] + local))
        return self.record(min(found)[1]) if found else None

    # Facets

    @cached_property
    def facet_names(self) -> set[str]:
        """The facets that any segment has a column for."""
        return {name for segment in self.segments for name in segment.facet_names}

    def derivation(self, facet: str) -> Derivation | None:
        """How a facet is derived from another; ``None`` where it is kept, or none at all."""
        if facet not in self._derivations:

            def brought(name: str) -> bool:
                return any(segment.facet(name) is not None for segment in self.segments)

            self._derivations[facet] = derivation(facet, brought)
        return self._derivations[facet]

    def base(self, facet: str) -> str:
        """The kept facet that a facet is, or is derived from."""
        known = self.derivation(facet)
        return known.base if known else facet

    def column(self, segment: int, facet: str) -> FacetColumn | None:
        """A facet's column in a segment."""
        known = self.derivation(facet)
        if known is None:
            return self.segments[segment].facet(facet)
        key = segment, facet
        if key not in self._derived:
            kept = self.segments[segment].facet(known.base)
            vocabulary = self._analyzer.vocabulary
            self._derived[key] = kept and kept.derive(lambda v: known.values(v, vocabulary))
        return self._derived[key]

    def facet(self, name: str) -> FacetValues:
        """The values of a facet, over all segments."""
        known = self._facets.get(name)
        if known is None:
            known = self._facets[name] = self._facet(name)
        return known

    def passing(
        self, facet: str, wanted: Callable[[str], bool], marks: frozenset[str] | None = None
    ) -> list[Array | None]:
        """By segment, which combinations of the facet's values have a wanted one with one of the
        marks; ``None`` for a segment that lacks the facet.
        """
        values, places = self.facet(facet)
        flags = np.fromiter(map(wanted, values), bool, len(values))
        out: list[Array | None] = []
        for number, place in enumerate(places):
            column = self.column(number, facet)
            chosen = np.flatnonzero(flags if place is None else flags[place])
            out.append(None if column is None else column.with_any(chosen, marks))
        return out

    def having(self, facet: str, wanted: Callable[[str], bool]) -> Iterator[tuple[int, Array]]:
        """By segment that has the facet, the live records with a wanted value, ascending."""
        for number, passing in enumerate(self.passing(facet, wanted)):
            column, live = self.column(number, facet), self.segments[number].live
            if column is not None and passing is not None:
                has = passing[column.records]
                yield number, np.flatnonzero(has if live is None else has & live)

    def count_in(
        self, facet: str, records: Sequence[Array], marks: frozenset[str] | None = None
    ) -> Array:
        """By value of the facet, how many of the records, given by segment, have it."""
        return self.counts_in({facet: marks}, records)[facet]

    def counts_in(
        self, facets: Mapping[str, frozenset[str] | None], records: Sequence[Array]
    ) -> dict[str, Array]:
        """The same of several facets, by the marks that count of each."""
        totals = {facet: np.zeros(len(self.facet(facet).values), np.int64) for facet in facets}
        for number, mine in enumerate(records):
            if not len(mine):
                continue
            columns = {facet: column for facet in facets if (column := self.column(number, facet))}
            joint = self._joint(number, columns, len(mine))
            counted = joint.count(mine) if joint else [c.count(mine) for c in columns.values()]
            for (facet, column), by_combination in zip(columns.items(), counted, strict=True):
                place = self.facet(facet).places[number]
                by_value = column.by_value(by_combination, facets[facet])
                if place is None:
                    totals[facet] += by_value
                else:
                    totals[facet][place] += by_value
        return totals

    def _joint(
        self, segment: int, columns: Mapping[str, FacetColumn], records: int
    ) -> Joint | None:
        """The columns joined where so many records are counted with less work so."""
        key: tuple[int | str, ...] = (segment, *columns)
        if key in self._joints:
            known = self._joints[key]
            return known if known is not None and known.size <= records else None
        few = records * _MANY < self.segments[segment].count
        if len(columns) < 2 or few or len(self._joints) >= _MOST_JOINTS:
            return None
        if key in self._asked:
            self._joints[key] = Joint.of(list(columns.values()))
        # A process that counts once does better without.
        self._asked.add(key)
        return None

    def _facet(self, name: str) -> FacetValues:
        columns = [self.column(number, name) for number in range(len(self.segments))]
        mine = [column.names() if column else [] for column in columns]
        values = sorted(set().union(*mine)) if len(mine) != 1 else mine[0]
        place = {value: number for number, value in enumerate(values)} if len(mine) > 1 else {}
        return FacetValues(
            values,
            [
                None if own == values else np.fromiter((place[v] for v in own), np.int64, len(own))
                for own in mine
            ],
        )
