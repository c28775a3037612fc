"""Who and where: the gold table in every cell, the evidence, and names that are none."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wpssearch
from wpssearch import vocab

GOLD = Path(__file__).with_name("gold") / "dpko.tsv"


def cells(text: str) -> list[str]:
    return [cell.strip() for cell in text.split(";") if cell.strip()]


def gold_rows() -> list[dict[str, str]]:
    with GOLD.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_page_has_the_gold_tables_activities(page: wpssearch.Index) -> None:
    assert page.search(kind="activity", limit=0).total == len(gold_rows()) == 10


@pytest.mark.parametrize("row", gold_rows(), ids=lambda row: f"row{row['n']}")
def test_gold(page: wpssearch.Index, row: dict[str, str]) -> None:
    found = [
        hit.record
        for hit in page.search(kind="activity", limit=20).hits
        if hit.record.text.startswith(row["first_words"])
    ]
    assert len(found) == 1
    record = found[0]
    assert record.period == wpssearch.Period(row["start"], row["end"], row["period_label"])
    assert list(record.agencies) == cells(row["agencies"])
    assert [tag.value for tag in record.missions] == cells(row["missions_explicit"])
    stated = [tag.value for tag in record.countries if tag.evidence == "stated"]
    assert sorted(stated) == sorted(cells(row["countries_explicit"]))
    implied = {
        tag["value"]
        for mission in record.missions
        for tag in wpssearch.tag(mission.value, period=row["period_label"])["countries"]
    }
    assert implied == set(cells(row["countries_implied_by_mission"]))
    assert {tag.value for tag in record.countries} == set(stated) | implied
    for tag in (*record.missions, *record.countries):
        assert tag.spans
        assert tag.name == record.text[slice(*tag.spans[0])]
        assert tag.row is not None


def values(text: str, period: str | None = None) -> tuple[list[str], list[tuple[str, str, str]]]:
    tagged = wpssearch.tag(text, period=period)
    return (
        [tag["value"] for tag in tagged["missions"]],
        [(tag["value"], tag["evidence"], tag["role"]) for tag in tagged["countries"]],
    )


def test_a_mission_implies_its_country_in_its_years_alone() -> None:
    assert values("UNMIL trained police", "2007") == (
        ["UNMIL"],
        [("Liberia", "implied", "place")],
    )
    assert values("UNMIL trained police", "1995") == (["UNMIL"], [])
    tag = wpssearch.tag("UNMIL trained police", "2007")["countries"][0]
    assert (tag["via"], tag["row"]) == ("UNMIL", "missions:UNMIL")


def test_a_name_with_its_acronym_is_one_mention() -> None:
    text = "The United Nations Mission in Nepal (UNMIN) and UNMIN"
    tag = wpssearch.tag(text)["missions"][0]
    assert [text[a:b] for a, b in tag["spans"]] == [
        "United Nations Mission in Nepal (UNMIN)",
        "UNMIN",
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("in Niger and Nigeria", ["Niger", "Nigeria"]),
        ("in Guinea-Bissau", ["Guinea-Bissau"]),
        ("in Equatorial Guinea and Guinea", ["Equatorial Guinea", "Guinea"]),
        ("in Papua New Guinea", ["Papua New Guinea"]),
        ("in the Democratic Republic of the Congo", ["Democratic Republic of the Congo"]),
        ("South Sudan and Sudan", ["South Sudan", "Sudan"]),
        ("the Dominican Republic", ["Dominican Republic"]),
        ("women in Oman", ["Oman"]),
        ("women in Somali dress, an omani", []),
        ("in Cote d'Ivoire", ["Côte d'Ivoire"]),
        ("in CÔTE D’IVOIRE", ["Côte d'Ivoire"]),
        ("a turkey, a chad, a jordan", []),
        ("Haitian police", ["Haiti"]),
        ("Timor–Leste", ["Timor-Leste"]),
        ("East Timor", ["Timor-Leste"]),
        ("Sierra\nLeone", ["Sierra Leone"]),
    ],
)  # fmt: skip
def test_countries(text: str, names: list[str]) -> None:
    if "Somali" in text:
        # The demonym names Somalia; what must not be found in it is Mali.
        names = ["Somalia"] if "Somali" in vocab.countries()["SOM"].demonyms else []
    assert [value for value, _, _ in values(text)[1]] == names


def test_an_embassy_is_a_partner() -> None:
    assert values("chaired by the Embassy of Norway in Haiti")[1] == [
        ("Norway", "stated", "partner"),
        ("Haiti", "stated", "place"),
    ]
    assert values("the Embassy of Norway in Norway")[1] == [("Norway", "stated", "place")]


def test_the_postal_address_is_no_place(page: wpssearch.Index) -> None:
    profile = page.search(kind="agency").hits[0].record
    assert "NY 10017" in profile.text
    assert profile.countries == ()
    assert profile.period is None


def test_given_values_are_kept_as_they_are() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([
            {"id": "a", "text": "In Haiti", "countries": ["Ivory Coast", "Atlantis"]},
            {"id": "b", "text": "In Haiti", "countries": []},
        ])  # fmt: skip
        given_, none = index.get("a").countries, index.get("b").countries
        assert [(t.value, t.evidence) for t in given_] == [
            ("Ivory Coast", "given"),
            ("Atlantis", "given"),
        ]
        assert none == ()
        assert index.search(country="CIV").total == 1
        assert index.search(country="Ivory Coast").total == 1


@given(st.text(max_size=60), st.sampled_from(sorted(vocab.missions())), st.text(max_size=60))
def test_spans_are_exactly_the_names(before: str, mission: str, after: str) -> None:
    text = f"{before} {mission} {after}"
    tagged = wpssearch.tag(text)
    for tag in (*tagged["missions"], *tagged["countries"]):
        assert all(0 <= a < b <= len(text) for a, b in tag["spans"])
        assert tag["name"] == text[slice(*tag["spans"][0])]


def test_every_name_of_the_vocabulary_is_found() -> None:
    for mission in vocab.missions().values():
        for name in (*mission.names, *mission.acronyms):
            starts = [p.start for p in mission.places if p.start > "1900"]
            start = starts[0] if starts else None
            assert mission.id in values(f"It worked with {name} there.", start)[0], name
    for country in vocab.countries().values():
        for name in (*country.names, *country.demonyms):
            found = [value for value, _, _ in values(f"It worked in {name} there.")[1]]
            assert country.name in found, name


def test_filters_take_any_name() -> None:
    assert vocab.canonical("mission", "ONUCI") == "UNOCI"
    assert vocab.canonical("country", "lbr") == "Liberia"
    assert vocab.canonical("country", "ivory coast") == "Côte d'Ivoire"
    assert vocab.canonical("agency", "department of peacekeeping operations") == "DPKO"
