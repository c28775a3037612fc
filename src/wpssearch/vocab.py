"""The vocabulary: missions, countries, agencies, places and what tells them apart.

Its facts are the shipped tables, to which a user's own file may add rows, names and stop-entries.
A new mission is one more row in ``missions.tsv``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from wpssearch import tables
from wpssearch.folding import fold
from wpssearch.tables import Row, Table

if TYPE_CHECKING:
    from wpssearch.entries import Agency, Country, Mission, Place

__all__ = [
    "TABLES",
    "LongForm",
    "Vocabulary",
    "names_in",
    "normal_name",
    "shipped",
]

#: The tables of facts, to which a user's own file may add.
TABLES = ("countries", "missions", "other_missions", "agencies", "places", "stops", "cues",
          "acronyms")  # fmt: skip


class LongForm(NamedTuple):
    """What an acronym stands for; ``exact`` says that it is one in capitals alone."""

    acronym: str
    long_form: str
    exact: bool


@lru_cache(maxsize=1 << 14)
def normal_name(name: str) -> str:
    """The form in which names are compared: folded, hyphens and quotes as blanks."""
    return " ".join("".join(c if c.isalnum() else " " for c in fold(name)).split())


class Vocabulary:
    """All tables of facts, each read when it is first used; frozen, and safe to share.

    ``problems`` are the rows of the user's file that were left out: file, line and reason.
    """

    def __init__(
        self,
        additions: tuple[Row, ...] = (),
        problems: tuple[tuple[str, int | None, str], ...] = (),
    ) -> None:
        self._additions = additions
        self._rows: dict[str, Table] = {}
        self._lookups: dict[str, dict[str, tuple[str, str]]] = {}
        self.problems = problems

    def rows(self, table: str) -> Table:
        """The rows of a table, with the user's."""
        known = self._rows.get(table)
        if known is None:
            mine = [row for row in self._additions if row.table == table]
            known = tables.merged(tables.shipped(table), mine) if mine else tables.shipped(table)
            self._rows[table] = known
        return known

    @cached_property
    def fingerprint(self) -> str:
        """A hash over the facts: equal vocabulary, equal fingerprint, on any machine."""
        # Here: a search needs no digest.
        from hashlib import blake2b

        state = blake2b(digest_size=8)
        for name in TABLES:
            state.update(tables.read(name))
        for row in self._additions:
            state.update("\t".join((row.table, *row.cells.values())).encode() + b"\n")
        return state.hexdigest()

    @cached_property
    def countries(self) -> Mapping[str, Country]:
        """All countries by id."""
        from wpssearch.entries import country

        return {row["id"]: country(row) for row in self.rows("countries")}

    @cached_property
    def missions(self) -> Mapping[str, Mission]:
        """The missions of the United Nations by id."""
        from wpssearch.entries import mission

        return {row["id"]: mission(row) for row in self.rows("missions")}

    @cached_property
    def other_missions(self) -> Mapping[str, Mission]:
        """Missions of other organizations by id."""
        from wpssearch.entries import mission

        return {row["id"]: mission(row) for row in self.rows("other_missions")}

    @cached_property
    def agencies(self) -> Mapping[str, Agency]:
        """The bodies of the United Nations system, present and former, by acronym."""
        from wpssearch.entries import agency

        return {row["id"]: agency(row) for row in self.rows("agencies")}

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """Capitals, cities and regions by id."""
        from wpssearch.entries import place

        return {row["id"]: place(row) for row in self.rows("places")}

    def cues(self, kind: str) -> tuple[str, ...]:
        """The words and phrases of one kind that tell names apart."""
        return tuple(row["cue"] for row in self.rows("cues") if row["kind"] == kind)

    @cached_property
    def acronyms(self) -> frozenset[str]:
        """The acronyms of all tables, folded: words that are never stemmed."""
        written = [
            name
            for table in ("missions", "other_missions", "agencies")
            for row in self.rows(table)
            for name in (row["id"], *row.listed("acronyms"))
        ]
        written += [row["acronym"] for row in self.rows("acronyms") if row["case"] != "exact"]
        words = {word for name in written for word in name.replace("-", " ").split()}
        return frozenset(fold(w) for w in words if len(w) > 1 and w.isupper() and w.isalnum())

    @cached_property
    def long_forms(self) -> tuple[LongForm, ...]:
        """What the acronyms of the field stand for."""
        return tuple(
            LongForm(row["acronym"], long_form, row["case"] == "exact")
            for row in self.rows("acronyms")
            for long_form in row.listed("long_forms")
        )

    def predecessors(self, agency: str) -> tuple[str, ...]:
        """The agencies that became this one, directly or by way of others, in their order."""
        found: dict[str, None] = {}
        waiting = [agency]
        while waiting:
            successor = waiting.pop(0)
            for id_, other in self.agencies.items():
                if successor in other.successors and id_ not in found and id_ != agency:
                    found[id_] = None
                    waiting.append(id_)
        return tuple(found)

    # Names

    def _named(self, facet: str) -> Iterator[tuple[str, str, str]]:
        """(name, value, row) of all that is known of a facet, the strongest names first."""
        if facet == "country":
            for country in self.countries.values():
                yield country.name, country.name, country.row
            for country in self.countries.values():
                for name in (*country.names, *country.codes, *country.demonyms, *country.cued):
                    yield name, country.name, country.row
            for country in self.countries.values():
                for dated in country.former:
                    yield dated.name, country.name, country.row
            return
        entries: Collection[Agency | Mission] = ()
        if facet == "mission":
            entries = self.missions.values()
        elif facet == "other_mission":
            entries = self.other_missions.values()
        elif facet in ("agency", "mentioned_agency"):
            entries = self.agencies.values()
        for entry in entries:
            yield entry.id, entry.id, entry.row
        for entry in entries:
            for name in (*entry.acronyms, *entry.names):
                yield name, entry.id, entry.row

    def _lookup(self, facet: str) -> dict[str, tuple[str, str]]:
        table = self._lookups.get(facet)
        if table is None:
            table = {}
            for name, value, row in self._named(facet):
                table.setdefault(normal_name(name), (value, row))
            self._lookups[facet] = table
        return table

    def canonical(self, facet: str, name: str) -> str | None:
        """The value that a name, spelling, code or case stands for; ``None`` where unknown."""
        if facet == "resolution":
            from wpssearch import resolutions

            return resolutions.canonical(name)
        found = self._lookup(facet).get(normal_name(name))
        return found[0] if found else None

    def row_of(self, facet: str, name: str) -> str | None:
        """The vocabulary row of a name, as ``countries:LBR``."""
        found = self._lookup(facet).get(normal_name(name))
        return found[1] if found else None

    def values(self, facet: str) -> tuple[str, ...]:
        """All values of a facet that the vocabulary knows."""
        return tuple(dict.fromkeys(value for value, _ in self._lookup(facet).values()))

    def find(self, name: str) -> tuple[Row, ...]:
        """The rows that have this name, id, code or alias in any spelling, or are ``table:id``."""
        table, colon, id_ = name.partition(":")
        if colon and table in TABLES:
            return tuple(row for row in self.rows(table) if row.key == id_)
        wanted = normal_name(name)
        return tuple(
            row
            for table in TABLES
            for row in self.rows(table)
            if wanted and wanted in map(normal_name, names_in(row))
        )


def names_in(row: Row) -> Iterator[str]:
    """All names that a row has in any column: its id, codes, aliases, former names."""
    from wpssearch.entries import dated

    for column in row.cells:
        if column not in _NOT_NAMES:
            for name in row.listed(column):
                yield dated(name).name


#: The columns that hold no names of the row's own thing.
_NOT_NAMES = frozenset(
    "source note why m49 start end case places predecessors successor countries kind facet mention "
    "organization".split()
)


@cache
def shipped() -> Vocabulary:
    """The vocabulary as it is shipped."""
    return Vocabulary()
