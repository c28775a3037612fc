"""Counts over many records equal a brute force over plain lists, whatever segments hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, product
from math import log, log2
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import stem_of
from test_oracle import build

import wpssearch
from wpssearch import Record

REGIONS = {
    "Haiti": ("Americas", "Caribbean"),
    "Cuba": ("Americas", "Caribbean"),
    "Chad": ("Africa", "Middle Africa"),
    "Mali": ("Africa", "Western Africa"),
    "Norway": ("Europe", "Northern Europe"),
    "Kosovo": None,
    "Atlantis": None,
}
WORDS = "train training police gender desk desks border radio camp school visit".split()
# What is read from the text brings roles and evidence: a partner, a country by way of a city.
SENTENCES = ("funded by Norway", "a course in Bamako", "held in Chad", "radio", "police visit")

months = st.tuples(st.integers(2006, 2012), st.integers(1, 12)).map(lambda m: f"{m[0]}-{m[1]:02}")
periods = st.none() | st.tuples(months, months).map(
    lambda pair: {"start": min(pair), "end": max(pair)}
)
rows = st.fixed_dictionaries(
    {
        "text": st.lists(st.sampled_from((*WORDS, *SENTENCES)), min_size=1, max_size=6).map(
            " ".join
        ),
        "period": periods,
        "agencies": st.lists(st.sampled_from(("DPKO", "UNFPA")), max_size=2, unique=True),
        "missions": st.just([]),
        "facets": st.fixed_dictionaries(
            {"measure": st.lists(st.sampled_from(("Prevention", "Protection")), unique=True)}
        ),
    },
    optional={"countries": st.lists(st.sampled_from(list(REGIONS)), max_size=3, unique=True)},
)
corpora = st.lists(rows, min_size=1, max_size=12).map(
    lambda made: [{"id": f"r{number:02d}", **row} for number, row in enumerate(made)]
)
queries = st.sampled_from(["", "", "police", "train", "radio"])
FACETS = ("country", "region", "subregion", "year", "decade", "period", "agency", "measure")
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Filters = Mapping[str, Any]


def values_of(record: Record, facet: str, filters: Filters) -> set[str]:
    """The values of a record: what it is counted under."""
    if facet in ("country", "region", "subregion"):
        roles, evidences = filters.get("role", ()), filters.get("evidence", ())
        countries = {
            tag.value
            for tag in record.countries
            if (not roles or tag.role in roles) and (not evidences or tag.evidence in evidences)
        }
        if facet == "country":
            return countries
        groups = filter(None, (REGIONS[country] for country in countries))
        return {group[facet == "subregion"] for group in groups}
    if facet == "agency":
        return set(record.agencies)
    if facet == "measure":
        return {tag.value for tag in record.facets.get("measure", ())}
    if record.period is None:
        return set()
    start, end = record.period.start, record.period.end
    if facet == "period":
        return {f"{start}..{end}"}
    years = range(int(start[:4]), int(end[:4]) + 1)
    return {str(year) if facet == "year" else f"{year // 10}0s" for year in years}


def found(
    records: Iterable[Record], query: str, filters: Filters, aside: str | None = None
) -> list[Record]:
    """The records that pass the query, all filters but one, and all exclusions."""

    def passes(record: Record) -> bool:
        words = {stem_of(word) for word in record.text.lower().split()}
        return (
            (not query or stem_of(query) in words)
            and all(
                facet == aside or values_of(record, facet, filters) & {*wanted}
                for facet, wanted in filters.get("where", {}).items()
            )
            and not any(
                values_of(record, facet, filters) & {*unwanted}
                for facet, unwanted in filters.get("exclude", {}).items()
            )
        )

    return list(filter(passes, records))


chosen_values = {
    "country": st.sampled_from(list(REGIONS)),
    "region": st.sampled_from(("Africa", "Americas")),
    "subregion": st.sampled_from(("Caribbean", "Middle Africa")),
    "year": st.sampled_from(("2007", "2009")),
    "agency": st.sampled_from(("DPKO", "UNFPA")),
    "measure": st.sampled_from(("Prevention",)),
}
choices = st.dictionaries(st.sampled_from(list(chosen_values)), st.none(), max_size=2).flatmap(
    lambda keys: st.fixed_dictionaries(
        {key: st.lists(chosen_values[key], min_size=1, max_size=2).map(tuple) for key in keys}
    )
)
filter_sets = st.fixed_dictionaries(
    {"where": choices, "exclude": choices},
    optional={
        "role": st.sampled_from([("place",), ("partner",)]),
        "evidence": st.sampled_from([("stated",), ("implied", "given")]),
    },
)


def with_records(
    corpus: list[dict[str, Any]], segments: int, dead: int, check: Callable[..., None]
) -> None:
    with build(corpus, segments, dead) as index:
        check(index, [index.get(row["id"]) for row in corpus])


def name_of(value: wpssearch.FacetValue, facet: str) -> str:
    return f"{value.start}..{value.end}" if facet == "period" else value.value


@relaxed
@given(corpora, queries, filter_sets, st.sampled_from([1, 3]), st.integers(0, 3))
def test_counts_and_choices(
    corpus: list[dict[str, Any]], query: str, filters: Filters, segments: int, dead: int
) -> None:
    def check(index: wpssearch.Index, records: Sequence[Record]) -> None:
        asked = {"facets": FACETS, "facet_limit": None, "limit": 100, **filters}
        results = index.run(wpssearch.Search(query, **asked))
        assert {hit.id for hit in results.hits} == {r.id for r in found(records, query, filters)}
        for facet in FACETS:
            mine = found(records, query, filters, aside=facet)
            expected = Counter(v for r in mine for v in values_of(r, facet, filters))
            shown = {name_of(value, facet): value.count for value in results.facets[facet]}
            assert shown == expected
        for facet in ("region", "year", "measure"):
            for value in results.facets[facet][:2]:
                where = {**filters["where"], facet: (value.value,)}
                chosen = index.run(wpssearch.Search(query, **{**filters, "where": where}))
                assert chosen.total == value.count

    with_records(corpus, segments, dead, check)


@relaxed
@given(
    corpora, queries, filter_sets, st.sampled_from([1, 3]), st.integers(0, 3),
    st.sampled_from(FACETS), st.sampled_from(FACETS),
)  # fmt: skip
def test_tables_and_gaps(
    corpus: list[dict[str, Any]], query: str, filters: Filters, segments: int, dead: int,
    one: str, other: str,
) -> None:  # fmt: skip
    def check(index: wpssearch.Index, records: Sequence[Record]) -> None:
        mine = found(records, query, filters)
        pairs = [(values_of(r, one, filters), values_of(r, other, filters)) for r in mine]
        cells = Counter(cell for a, b in pairs for cell in product(a, b))
        rows = Counter(a for r, _ in pairs for a in r)
        columns = Counter(b for _, r in pairs for b in r)
        table = index.crosstab(one, other, query, row_limit=None, column_limit=None, **filters)
        for i, row in enumerate(table.rows):
            assert row.count == rows[name_of(row, one)]
            for j, column in enumerate(table.columns):
                assert column.count == columns[name_of(column, other)]
                assert table.cells[i][j] == cells[name_of(row, one), name_of(column, other)]
        assert {name_of(row, one) for row in table.rows} >= set(rows)
        assert {name_of(column, other) for column in table.columns} >= set(columns)
        assert table.scope.total == len(mine)
        assert table.without == (
            sum(not a for a, _ in pairs), sum(not b for _, b in pairs),
        )  # fmt: skip
        gaps = index.gaps(one, other, query, gap_limit=200, **filters)
        # Of a facet with itself, each pair of values once.
        pair = frozenset if one == other else tuple
        expected = {
            pair((a, b)): rows[a] * columns[b] / len(mine)
            for a, b in product(rows, columns)
            if not cells[a, b]
        }
        shown = {
            pair((name_of(g.row, one), name_of(g.column, other))): g.expected for g in gaps.gaps
        }
        assert shown == pytest.approx(expected)
        assert gaps.empty == len(gaps.gaps) == len(expected)
        assert gaps.cells == sum(1 for _ in (combinations(rows, 2) if one == other
                                             else product(rows, columns)))  # fmt: skip
        numbers = [gap.expected for gap in gaps.gaps]
        assert numbers == sorted(numbers, reverse=True)
        few = index.gaps(one, other, query, gap_limit=2, **filters)
        assert few.gaps == gaps.gaps[:2]

    with_records(corpus, segments, dead, check)


@pytest.mark.parametrize("block", [1, 7, 1 << 22])
def test_gaps_are_the_same_however_many_cells_are_looked_at_at_once(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr("wpssearch.surveying.tables._BLOCK", block)
    monkeypatch.setattr("wpssearch.backends.pairs._AT_ONCE", block)
    monkeypatch.setattr("wpssearch.backends.pairs._DENSE", block)
    monkeypatch.setattr("wpssearch.backends.keyness._AT_ONCE", block)
    with wpssearch.open(":memory:") as index:
        # The n-th of the nine measures is on n records; records have measures of one parity.
        index.add(
            {
                "id": f"{n}",
                "text": "radio" if n % 2 else "police",
                "facets": {"measure": [f"m{m}" for m in range(n, 10) if m % 2 == n % 2]},
            }
            for n in range(1, 10)
        )
        for limit in (1, 4, 5, 40, 100):
            gaps = index.gaps("measure", "measure", gap_limit=limit)
            counts = {f"m{m}": (m + 1) // 2 for m in range(1, 10)}
            names = sorted(counts, key=lambda name: (-counts[name], name))
            pairs = [(a, b) for a, b in combinations(names, 2) if int(a[1]) % 2 != int(b[1]) % 2]
            ranked = sorted(pairs, key=lambda p: -counts[p[0]] * counts[p[1]])
            assert [(g.row.value, g.column.value) for g in gaps.gaps] == ranked[:limit]
            assert gaps.empty == len(pairs) == 20
            assert gaps.cells == 36
        few = index.gaps("measure", "measure", row_limit=9, column_limit=2, gap_limit=100)
        assert (few.cells, few.empty) == (8 + 7, 4 + 4)
        assert {gap.row.value for gap in few.gaps} == {"m9", "m7"}
        table = index.crosstab("measure", "measure")
        assert [table.cells[i][i] for i in range(9)] == [row.count for row in table.rows]
        assert [term.term for term in index.terms("police", minimum=1).terms][:1] == ["police"]


def test_what_a_segment_does_not_have_cannot_exclude_its_records() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "x", "facets": {"measure": ["Prevention"]}}])
        index.add([{"id": "b", "text": "x"}])
        for name, total in (("measure", 1), ("year", 2), ("region", 2), ("nothing", 2)):
            results = index.run(wpssearch.Search(exclude={name: ("prevention", "2007")}))
            assert results.total == total
        assert index.run(wpssearch.Search(where={"measure": ("prevention",)})).total == 1


@relaxed
@given(corpora, filter_sets, st.sampled_from([1, 3]), st.integers(0, 3))
def test_trends(corpus: list[dict[str, Any]], filters: Filters, segments: int, dead: int) -> None:
    def check(index: wpssearch.Index, records: Sequence[Record]) -> None:
        trend = index.trend(["police", "train"], **filters)
        everything = found(records, "", filters)
        whole = Counter(y for r in everything for y in values_of(r, "year", filters))
        assert {t.value: t.count for t in trend.times if t.count} == whole
        years = [int(time.value) for time in trend.times]
        assert years == [*range(min(years), max(years) + 1)] if years else not whole
        assert trend.undated == sum(r.period is None for r in everything)
        for query, series in zip(("police", "train"), trend.series, strict=True):
            mine = found(records, query, filters)
            counted = Counter(y for r in mine for y in values_of(r, "year", filters))
            assert dict(zip((t.value for t in trend.times), series.counts, strict=True)) == {
                t.value: counted[t.value] for t in trend.times
            }
            for time, count, share in zip(trend.times, series.counts, series.shares, strict=True):
                assert share == (count / time.count if time.count else None)

    with_records(corpus, segments, dead, check)


def g2(a: int, b: int, size: int, rest: int) -> float:
    """The log-likelihood ratio by its definition: twice the sum of O ln O/E."""
    table = ((a, b), (size - a, rest - b))
    total = size + rest
    return 2 * sum(
        o * log(o * total / (sum(row) * (size, rest)[at]))
        for row in table
        for at, o in enumerate(row)
        if o
    )


@relaxed
@given(
    corpora, filter_sets, st.sampled_from([1, 3]), st.integers(0, 3), st.integers(1, 2),
    st.sampled_from([1.0, 1.5]),
)  # fmt: skip
def test_words(
    corpus: list[dict[str, Any]], filters: Filters, segments: int, dead: int, minimum: int,
    ratio: float,
) -> None:  # fmt: skip
    def check(index: wpssearch.Index, records: Sequence[Record]) -> None:
        mine = found(records, "", filters)
        others = [record for record in records if record not in mine]
        terms = index.terms("", term_limit=100, minimum=minimum, ratio=ratio, **filters)
        assert (terms.scope.total, terms.rest) == (len(mine), len(others))
        have, have_not = (
            Counter(s for r in some for s in {stem_of(w) for w in r.text.lower().split()})
            for some in (mine, others)
        )
        expected: dict[str, Any] = {
            stem: (n, have_not[stem], pytest.approx(g2(n, have_not[stem], len(mine), len(others)),
                                                    abs=1e-9))
            for stem, n in have.items()
            if others and n >= minimum and n * len(others) > have_not[stem] * len(mine)
            and n * len(others) >= ratio * have_not[stem] * len(mine)
        }  # fmt: skip
        shown = {stem_of(t.term.lower()): (t.count, t.rest_count, t.score) for t in terms.terms}
        assert shown == expected
        assert terms.more == 0
        for term in terms.terms:
            times = (term.count / len(mine)) / ((term.rest_count or 0.5) / len(others))
            assert term.log_ratio == pytest.approx(log2(times))
        scores = [term.score for term in terms.terms]
        assert scores == sorted(scores, reverse=True)
        first = index.terms("", term_limit=2, minimum=minimum, ratio=ratio, **filters)
        assert first.terms == terms.terms[:2]
        assert first.more == max(0, len(terms.terms) - 2)

    with_records(corpus, segments, dead, check)


acronyms = st.lists(
    st.sampled_from("AIDS aids aid UN un WHO who UNMIL unmil gender-based based".split()),
    min_size=1, max_size=5,
).map(" ".join)  # fmt: skip


@relaxed
@given(st.lists(acronyms, min_size=2, max_size=8))
def test_words_in_capitals(texts: list[str]) -> None:
    """A form that is written in capitals alone is a word of its own, whatever the segments."""
    rows = [{"id": f"r{n}", "text": f"{'radio ' * (n % 2)}{text}"} for n, text in enumerate(texts)]
    capitals = {w for text in texts for w in text.split() if w.isupper() and len(w) > 1}
    alone = {w for w in capitals if not any(w.lower() in text.split() for text in texts)}
    with build(rows, 1, 0) as one, build(rows, 3, 0) as other:
        terms = one.terms("radio", term_limit=50, minimum=1)
        assert terms == other.terms("radio", term_limit=50, minimum=1)
    for term in terms.terms:
        assert "genderbased" not in term.term
        if term.term in alone:
            having = [term.term in text.split() for text in texts]
            assert term.count == sum(having[1::2])
            assert term.rest_count == sum(having[0::2])


@relaxed
@given(corpora, queries, filter_sets, st.sampled_from([1, 3]))
def test_trees(corpus: list[dict[str, Any]], query: str, filters: Filters, segments: int) -> None:
    def check(index: wpssearch.Index, records: Sequence[Record]) -> None:
        by_time = found(records, query, filters, aside="period")
        whole = Counter(y for r in by_time for y in values_of(r, "year", filters))
        tree = index.tree("period", query, **filters)
        assert {n.value.value: n.value.count for n in tree.nodes if n.value.count} == whole
        for node in tree.nodes:
            # A record has one period: those below a year add up to it.
            assert sum(child.value.count for child in node.children) == node.value.count
        by_place = found(records, query, filters, aside="country")
        tree = index.tree("country", query, **filters)
        shown = {
            (node.facet, node.value.value): node.value.count
            for top in tree.nodes
            for node in (top, *top.children, *(c for sub in top.children for c in sub.children))
        }
        assert shown == Counter(
            (facet, value)
            for facet in ("region", "subregion", "country")
            for r in by_place
            for value in values_of(r, facet, filters)
        )

    with_records(corpus, segments, dead=0, check=check)


@relaxed
@given(
    corpora, queries, st.sampled_from(["country", "year", "period", "measure"]),
    st.sampled_from([None, "count", "name", "time"]), st.integers(0, 2), st.integers(0, 3),
    st.integers(0, 3), st.sampled_from([1, 3]),
)  # fmt: skip
def test_listings(
    corpus: list[dict[str, Any]], query: str, facet: str, order: str | None, least: int,
    limit: int, offset: int, segments: int,
) -> None:  # fmt: skip
    def check(index: wpssearch.Index, records: Sequence[Record]) -> None:
        counted = Counter(v for r in found(records, query, {}) for v in values_of(r, facet, {}))
        if not least:
            for value in {v for record in records for v in values_of(record, facet, {})}:
                counted.setdefault(value, 0)
            if facet == "year" and counted:
                for year in range(int(min(counted)), int(max(counted))):
                    counted.setdefault(str(year), 0)
        names = sorted(value for value, count in counted.items() if count >= least)
        if order == "count" or (order != "name" and facet in ("country", "measure")):
            names.sort(key=lambda name: -counted[name])
        asked: dict[str, Any] = {"facet_min": least, "facet_order": order, "facets": (facet,)}
        page: dict[str, Any] = {"facet_limit": limit, "facet_offset": offset}
        whole = index.run(wpssearch.Search(query, facet_limit=None, **asked)).facets[facet]
        shown = [name_of(value, facet) for value in whole]
        if facet == "period" and order == "name":
            assert [value.value for value in whole] == sorted(
                (value.value for value in whole), key=str.lower
            )
        else:
            assert shown == names
        results = index.run(wpssearch.Search(query, **asked, **page))
        assert results.facets[facet] == whole[offset : offset + limit]
        assert results.more[facet] == max(0, len(whole) - offset - len(results.facets[facet]))

    with_records(corpus, segments, dead=2, check=check)
