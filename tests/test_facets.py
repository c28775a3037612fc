"""Filters and counts against plain Python: what is chosen has its count, in the order promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wpssearch
from wpssearch import facets
from wpssearch.backends import faceting
from wpssearch.model import FacetOrder, Interval
from wpssearch.vocab import shipped

PERIODS = ("Jul 2007", "2007", "Feb 2007 - Aug 2008", "1999")
VALUES = {"agency": ["DPKO", "UNFPA", "Our own"], "country": ["Haiti", "Liberia", "Mali", "Nepal"],
          "measure": ["Prevention", "Training", "PREVENTION", "Ünïon"]}  # fmt: skip
#: The facets whose values are kept as given here, with what a record calls them.
KEPT = ("agency", "country", "measure", "period")


def made() -> list[dict[str, Any]]:
    """Records with every kind of combination, by a rule: no two facets agree."""
    rows = []
    for n in range(60):
        row: dict[str, Any] = {
            "id": f"{n:02d}", "text": "police" if n % 3 else "desk", "missions": [],
            "agencies": [VALUES["agency"][n % 3]] + ["UNFPA"] * (n % 7 == 0),
            "countries": [v for k, v in enumerate(VALUES["country"]) if n >> k & 1],
            "facets": {"measure": [v for k, v in enumerate(VALUES["measure"]) if n % (k + 2) == 0]},
        }  # fmt: skip
        if n % 5:
            row["period"] = PERIODS[n % 5 - 1]
        rows.append(row)
    return rows


ROWS = {row["id"]: row for row in made()}
DEAD = {f"{n:02d}" for n in range(0, 60, 11)}
LIVE = {id_: row for id_, row in ROWS.items() if id_ not in DEAD}


@pytest.fixture(scope="module")
def index() -> Iterator[wpssearch.Index]:
    with wpssearch.open(":memory:") as index:
        rows = list(ROWS.values())
        for start in range(3):
            index.add(rows[start::3])
        index.remove(sorted(DEAD))
        # Values that no live record has any longer.
        index.add([{"id": "z", "text": "x", "agencies": ["Gone"], "countries": ["Chad"]}])
        index.remove(["z"])
        yield index


def values_of(row: dict[str, Any], facet: str) -> set[str]:
    if facet == "agency":
        return set(row["agencies"])
    if facet == "country":
        return set(row["countries"])
    if facet == "period":
        return {row["period"]} if "period" in row else set()
    return set(row["facets"].get(facet, ()))


def passing(
    rows: Iterable[dict[str, Any]], chosen: dict[str, list[str]], aside: str | None = None
) -> list[dict[str, Any]]:
    """The rows that have any of the values of each facet but the one that is left aside."""
    return [
        row for row in rows
        if all(values_of(row, name) & set(v) for name, v in chosen.items() if v and name != aside)
    ]  # fmt: skip


choices = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(values), max_size=2, unique=True)
     for name, values in {**VALUES, "period": [*PERIODS]}.items()}
)  # fmt: skip


def asked(chosen: dict[str, list[str]], **fields: Any) -> wpssearch.Search:
    return wpssearch.Search(
        period=tuple(chosen["period"]), agency=tuple(chosen["agency"]),
        where={"measure": tuple(chosen["measure"]), "country": tuple(chosen["country"])},
        facets=KEPT, facet_limit=None, **fields,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(choices, st.sampled_from(["", "police"]))
def test_filters_and_counts_are_what_plain_python_says(
    index: wpssearch.Index, chosen: dict[str, list[str]], query: str
) -> None:
    results = index.run(asked(chosen, query=query, limit=100))
    rows = [row for row in LIVE.values() if not query or row["text"] == query]
    assert {hit.id for hit in results.hits} == {row["id"] for row in passing(rows, chosen)}
    assert results.total == len(results.hits)
    none = ("Records match the query, but none of them passes the filters.",)
    assert results.notes == (() if results.hits else none)
    for name in KEPT:
        counts = Counter(v for row in passing(rows, chosen, name) for v in values_of(row, name))
        assert {v.value: v.count for v in results.facets[name]} == counts
        assert {v.value for v in results.facets[name] if v.selected} == set(chosen[name]) & {
            *counts
        }
        assert results.more[name] == 0


@settings(max_examples=40, deadline=None)
@given(choices)
def test_an_excluded_value_takes_its_records_and_no_count(
    index: wpssearch.Index, chosen: dict[str, list[str]]
) -> None:
    search = wpssearch.Search(exclude={name: tuple(v) for name, v in chosen.items()}, limit=100,
                              facets=KEPT, facet_limit=None)  # fmt: skip
    results = index.run(search)
    left = [row for row in LIVE.values()
            if not any(values_of(row, name) & set(v) for name, v in chosen.items())]  # fmt: skip
    assert {hit.id for hit in results.hits} == {row["id"] for row in left}
    for name in KEPT:
        counts = Counter(v for row in left for v in values_of(row, name))
        assert {v.value: v.count for v in results.facets[name]} == counts


def listed(index: wpssearch.Index, facet: str, **fields: Any) -> list[tuple[str, int]]:
    results = index.run(wpssearch.Search(facets=(facet,), limit=0, **fields))
    return [(value.value, value.count) for value in results.facets[facet]]


COUNTS = Counter(v for row in LIVE.values() for v in row["countries"])


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (None, sorted(COUNTS.items(), key=lambda pair: (-pair[1], pair[0]))),
        ("count", sorted(COUNTS.items(), key=lambda pair: (-pair[1], pair[0]))),
        ("name", sorted(COUNTS.items())),
    ],
)
def test_orders_and_pages(
    index: wpssearch.Index, order: FacetOrder | None, expected: list[tuple[str, int]]
) -> None:
    assert listed(index, "country", facet_order=order) == expected
    for offset in range(6):
        for limit in range(5):
            fields: dict[str, Any] = {"facet_order": order, "facet_offset": offset}
            part = listed(index, "country", facet_limit=limit, **fields)
            assert part == expected[offset : offset + limit]
            search = wpssearch.Search(facets=("country",), facet_limit=limit, limit=0, **fields)
            assert index.run(search).more["country"] == max(0, 4 - offset - len(part))


def test_periods_come_by_time_or_as_asked(index: wpssearch.Index) -> None:
    names = [value for value, _ in listed(index, "period")]
    assert names == ["1999", "2007", "Feb 2007 - Aug 2008", "Jul 2007"]
    assert [v for v, _ in listed(index, "period", facet_order="time")] == names
    assert [v for v, _ in listed(index, "period", facet_order="name")] == sorted(
        names, key=str.lower
    )
    counts = [count for _, count in listed(index, "period", facet_order="count")]
    assert counts == sorted(counts, reverse=True)


def test_a_least_count(index: wpssearch.Index) -> None:
    query = {"query": "desk", "agency": ("Our own",)}
    for least in range(8):
        shown = listed(index, "country", facet_min=least, **query)
        assert all(count >= least for _, count in shown)
    # With 0 the values of all live records are listed, of no others.
    nothing = listed(index, "country", facet_min=0, where={"measure": ("Nothing",)})
    assert nothing == [(name, 0) for name in VALUES["country"]]
    assert listed(index, "country", where={"measure": ("Nothing",)}) == []


def test_years_between_are_listed_with_0(index: wpssearch.Index) -> None:
    years = listed(index, "year", facet_min=0, facet_limit=None)
    assert [year for year, _ in years] == [str(year) for year in range(1999, 2009)]
    assert [count for year, count in years if "1999" < year < "2007"] == [0] * 7
    assert dict(years)["1999"] == sum(row.get("period") == "1999" for row in LIVE.values())
    assert [v for v, _ in listed(index, "year")] == ["1999", "2007", "2008"]
    assert listed(index, "year", facet_order="count")[0][0] == "2007"
    first = index.facets(by="year")["year"][0]
    assert (first.start, first.end) == ("1999-01", "1999-12")


def test_many_values_are_counted_as_few(index: wpssearch.Index) -> None:
    """Beyond some number the first are parted from the rest before they are put in order."""
    every = {f"{n}": [f"v{k:03d}" for k in range(100) if n % (k % 9 + 1) == 0] for n in range(40)}
    counts = Counter(value for values in every.values() for value in values)
    expected = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    with wpssearch.open(":memory:") as other:
        other.add([{"id": n, "text": "x", "facets": {"m": v}} for n, v in every.items()])
        for limit in (0, 1, 11, 12, 13, 63, 64, 65, 99, 100, 101, None):
            assert listed(other, "m", facet_limit=limit) == expected[:limit]
        assert listed(other, "m", facet_limit=5, facet_offset=30) == expected[30:35]


def test_facets_are_counted_together_as_each_alone() -> None:
    """From the third time on they are, where many records have few combinations of values."""
    values = {"a": "wxyz", "b": "no", "c": "pqr"}
    rows: list[dict[str, Any]] = [
        {"id": f"{n:03d}", "text": "police" if n % 3 else "desk", "facets": {
            "a": [v for k, v in enumerate("wxyz") if n >> k & 1],
            "b": ["no"[n % 2]] * (n % 5 > 0),
            "c": ["pqr"[n % 3]]}}
        for n in range(300)
    ]  # fmt: skip
    dead = {row["id"] for row in rows[::17]}
    searches: list[dict[str, Any]] = [
        {}, {"query": "desk"}, {"query": "police", "where": {"a": ("w", "y")}},
        {"where": {"b": ("n",), "c": ("p", "q")}}, {"exclude": {"a": ("x",)}},
    ]  # fmt: skip
    with wpssearch.open(":memory:") as other:
        other.add(rows)
        other.remove(sorted(dead))
        for fields in searches * 4:
            results = other.run(wpssearch.Search(facets=tuple(values), limit=0, **fields))
            for facet in values:
                asked = {n: set(v) for n, v in fields.get("where", {}).items() if n != facet}
                mine = [
                    row["facets"] for row in rows
                    if row["id"] not in dead
                    and row["text"] == fields.get("query", row["text"])
                    and all(not v.isdisjoint(row["facets"][n]) for n, v in asked.items())
                    and not any(set(v) & {*row["facets"][n]}
                                for n, v in fields.get("exclude", {}).items())
                ]  # fmt: skip
                counts = Counter(value for each in mine for value in each[facet])
                assert {v.value: v.count for v in results.facets[facet]} == counts
        joined = [known for known in other._store.snapshot()._joints.values() if known]
        assert {len(known._sizes) for known in joined} >= {2, 3}


def test_periods_of_one_interval_are_one_value_by_the_label_first_met() -> None:
    labels = ("July 2007", "Jul 2007", "2007-07")
    with wpssearch.open(":memory:") as other:
        for id_, label in zip("abc", labels, strict=True):
            other.add([{"id": id_, "text": "x", "period": label}])
        assert listed(other, "period") == [("July 2007", 3)]
        for text in labels:
            results = other.run(wpssearch.Search(period=(text,)))
            assert results.total == 3
            assert [value.selected for value in results.facets["period"]] == [True]
        other.remove(["a"])
        assert listed(other, "period") == [("Jul 2007", 2)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"period": ("2007",)}, {"2007"}),
        ({"period": ("2007",), "overlap": True}, {"2007", "Jul 2007", "Feb 2007 - Aug 2008"}),
        ({"period": ("2007",), "interval": "within"}, {"2007", "Jul 2007"}),
        (
            {"period": ("2007-07",), "interval": "covers"},
            {"2007", "Jul 2007", "Feb 2007 - Aug 2008"},
        ),
        ({"period": ("2007-02",), "interval": "starts"}, {"Feb 2007 - Aug 2008"}),
        ({"period": ("2008",)}, {"Feb 2007 - Aug 2008"}),
        ({"period": ("2007-01..2007-12",)}, {"2007"}),
        ({"period": ("2008", "1999")}, {"Feb 2007 - Aug 2008", "1999"}),
        ({"from_": "2007-08"}, {"2007", "Feb 2007 - Aug 2008"}),
        ({"to": "2007-01"}, {"2007", "1999"}),
        ({"from_": "2007-02", "to": "2007-12", "interval": "within"}, {"Jul 2007"}),
        ({"from_": "1999", "to": "1999"}, {"1999"}),
    ],
)
def test_periods_and_ranges(
    index: wpssearch.Index, fields: dict[str, Any], expected: set[str]
) -> None:
    hits = index.run(wpssearch.Search(limit=100, **fields)).hits
    assert {hit.period.label for hit in hits if hit.period} == expected
    assert len(hits) == sum(row.get("period") in expected for row in LIVE.values())


def test_a_range_is_no_filter_of_the_period_facet(index: wpssearch.Index) -> None:
    results = index.run(wpssearch.Search(from_="2008", limit=0))
    assert [value.value for value in results.facets["period"]] == ["Feb 2007 - Aug 2008"]
    assert not results.facets["period"][0].selected


@pytest.mark.parametrize(
    ("months", "within", "covers", "starts", "touches"),
    [(("2007-03", "2007-05"), *flags) for flags in [(False, False, False, False)]][:0]
    or [
        (("2007-03", "2007-05"), True, False, True, True),
        (("2007-01", "2007-12"), True, True, True, True),
        (("2006-12", "2007-12"), False, True, False, True),
        (("2007-01", "2008-01"), False, True, True, True),
        (("2006-01", "2007-01"), False, False, False, True),
        (("2007-12", "2009-01"), False, False, True, True),
        (("2006-01", "2006-12"), False, False, False, False),
        (("2008-01", "2008-01"), False, False, False, False),
    ],
)
def test_how_an_interval_meets_another(
    months: tuple[str, str], within: bool, covers: bool, starts: bool, touches: bool
) -> None:
    year = ("2007-01", "2007-12")
    kinds: list[tuple[Interval | None, bool]] = [
        ("within", within), ("covers", covers), ("starts", starts), ("touches", touches),
        (None, touches),
    ]  # fmt: skip
    for kind, meets in kinds:
        assert facets.meets(kind, *months, *year) == meets


def test_names_that_differ_in_writing_alone_are_one(index: wpssearch.Index) -> None:
    def ids(**where: str) -> set[str]:
        return {hit.id for hit in index.search(where=where, limit=100).hits}

    one, other = ids(measure="PREVENTION"), ids(measure="Prevention")
    assert ids(measure="prevention") == one | other
    assert one != other
    assert ids(measure="union") == ids(measure="Ünïon")
    assert ids(country="LBR") == ids(country="liberia") == ids(country="Liberia")


def test_what_nobody_has_is_told_with_the_near_one(index: wpssearch.Index) -> None:
    def note(**fields: Any) -> list[str]:
        results = index.search(limit=0, **fields)
        assert results.total == 0
        return list(results.notes)

    assert note(country="Libera") == ["No record has the country 'Libera'; did you mean 'Liberia'?"]
    assert note(country="TCD") == ["No record has the country 'Chad'."]
    assert note(country="Portugul") == [
        "No record has the country 'Portugul'; did you mean 'Portugal'?"
    ]
    assert note(where={"measure": "Trainin"}) == [
        "No record has the measure 'Trainin'; did you mean 'Training'?"
    ]
    assert note(where={"measure": "xyz"}) == [
        "No record has the measure 'xyz'; `wpssearch facets --by measure` lists what there is."
    ]
    assert note(where={"measur": "x"}) == [
        "No record has a facet 'measur'; did you mean 'measure'?"
    ]
    (strange,) = note(where={"zzzzz": "x"})
    assert strange.startswith("No record has a facet 'zzzzz'; there are agency, country, ")
    assert "path" not in strange
    asked = index.run(wpssearch.Search(facets=("knd", "kind", "year", "measure"), limit=0))
    assert asked.notes == ("No record has a facet 'knd'; did you mean 'kind'?",)


def test_of_very_many_facets_the_first_are_named() -> None:
    names = [f"f{n:02d}" for n in range(30)]
    assert facets.unknown_facet("zz", names[:20]).endswith("f18, f19.")
    assert facets.unknown_facet("zz", names[:21]).endswith("f18, f19 and more.")


@pytest.mark.parametrize(
    ("option", "shown"), [("period", "The period"), ("from_", "--from"), ("to", "--to")]
)
def test_a_period_that_is_none_is_told(index: wpssearch.Index, option: str, shown: str) -> None:
    told = f"^{shown} 'the other day' is no period; write a month"
    with pytest.raises(wpssearch.UsageError, match=told):
        index.run(wpssearch.Search(**{option: "the other day"}))  # type: ignore[arg-type]


def test_predecessors_are_told(index: wpssearch.Index) -> None:
    vocabulary = shipped()
    names, notes = facets.predecessors(("UN Women", "DPKO", "Nobody"), vocabulary)
    assert "UNIFEM" in names
    assert len(set(names)) == len(names)
    assert notes[0].startswith("The agency UN Women includes its predecessors: ")
    assert notes[1:] == ["The vocabulary knows no predecessor of the agency DPKO."]
    with wpssearch.open(":memory:") as other:
        other.add([{"id": "a", "text": "x", "agencies": ["UNIFEM"]},
                   {"id": "b", "text": "x", "agencies": ["UN Women"]}])  # fmt: skip
        assert other.run(wpssearch.Search(agency=("UN Women",))).total == 1
        results = other.run(wpssearch.Search(agency=("UN Women",), lineage=True))
        assert results.total == 2
        assert [value.selected for value in results.facets["agency"]] == [True, True]


def test_roles_and_evidence_count_the_countries_that_have_them() -> None:
    text = "A course in Mali was funded by Norway. UNMIL trained police."
    with wpssearch.open(":memory:") as other:
        other.add([{"id": "a", "text": text, "agencies": ["DPKO"]}])
        assert {v for v, _ in listed(other, "country")} == {"Mali", "Norway", "Liberia"}
        assert listed(other, "country", role=("partner",)) == [("Norway", 1)]
        assert listed(other, "country", evidence=("implied",)) == [("Liberia", 1)]
        assert listed(other, "country", role=("place",), evidence=("stated",)) == [("Mali", 1)]
        assert listed(other, "agency", role=("partner",)) == [("DPKO", 1)]
        assert other.run(wpssearch.Search(country=("Norway",), role=("place",))).total == 0


def test_a_period_is_one_string_and_read_back() -> None:
    period = wpssearch.Period("2007-07", "2007-08", "Jul\x1f2007")
    value = facets.period_value(period)
    assert facets.period_of(value) == ("2007-07", "2007-08", "Jul 2007")
    other = facets.period_value(wpssearch.Period("2007-07", "2007-08", "another"))
    assert facets.interval_of(value) == facets.interval_of(other) != value


def test_missions_and_kinds_are_filters_of_their_own() -> None:
    with wpssearch.open(":memory:") as other:
        other.add([{"id": "a", "text": "UNMIL trained police."},
                   {"id": "b", "text": "MINUSTAH trained police.", "kind": "agency"}])  # fmt: skip
        for fields, ids in (
            ({"mission": ("UNMIL",)}, ["a"]), ({"kind": ("agency",)}, ["b"]),
            ({"mission": ("UNMIL", "MINUSTAH"), "kind": ("activity",)}, ["a"]),
            ({"mission": ("UNMIL",), "where": {"mission": ("MINUSTAH",)}}, ["a", "b"]),
        ):  # fmt: skip
            results = other.run(wpssearch.Search(**fields))
            assert sorted(hit.id for hit in results.hits) == ids


def test_a_value_is_selected_in_its_own_facet_alone() -> None:
    with wpssearch.open(":memory:") as other:
        other.add([{"id": "a", "text": "x", "facets": {"m": ["same"], "n": ["same"]}}])
        results = other.search(where={"m": "same"}, facets=["m", "n"])
        assert [results.facets[name][0].selected for name in "mn"] == [True, False]


def test_a_selection_without_filters_is_what_matched(index: wpssearch.Index) -> None:
    results = index.run(wpssearch.Search(limit=0, facets=("kind", "agency")))
    assert [(v.value, v.count) for v in results.facets["kind"]] == [("activity", len(LIVE))]
    assert faceting.Selection([], {}).hits == []
