"""Filters by role, evidence, lineage and interval: from Python and from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import wpssearch
from wpssearch.cli import main
from wpssearch.model import INTERVALS, Interval

ROWS: list[dict[str, Any]] = [
    {"id": "a", "text": "A course in Mali was funded by Norway.", "agencies": ["UNIFEM"]},
    {"id": "b", "text": "Women met in Norway.", "agencies": ["UN Women"]},
    {"id": "c", "text": "UNMIL trained police.", "agencies": ["DPKO"], "period": "2007"},
    {"id": "d", "text": "Women met in Monrovia.", "agencies": ["INSTRAW"], "period": "Jul 2007"},
    {"id": "e", "text": "Given.", "countries": ["Liberia"], "agencies": ["DPO"],
     "period": {"start": "2007-06", "end": "2008-02"}},
]  # fmt: skip


@pytest.fixture(scope="module")
def index() -> wpssearch.Index:
    made = wpssearch.open(":memory:")
    made.add(ROWS)
    return made


def found(index: wpssearch.Index, **fields: Any) -> set[str]:
    return {hit.id for hit in index.run(wpssearch.Search(limit=20, **fields)).hits}


def test_roles(index: wpssearch.Index) -> None:
    assert found(index, country=("Norway",)) == {"a", "b"}
    assert found(index, country=("Norway",), role=("place",)) == {"b"}
    assert found(index, country=("Norway",), role=("partner",)) == {"a"}


@pytest.mark.parametrize("role", [(), ("place",), ("partner",)])
@pytest.mark.parametrize("evidence", [(), ("stated",), ("implied",), ("given", "stated")])
def test_a_listed_country_has_its_count(
    index: wpssearch.Index, role: tuple[str, ...], evidence: tuple[str, ...]
) -> None:
    fields: dict[str, Any] = {"role": role, "evidence": evidence}
    for value in index.run(wpssearch.Search(**fields)).facets["country"]:
        chosen = index.run(wpssearch.Search(country=(value.value,), **fields))
        assert chosen.total == value.count > 0


def test_evidence(index: wpssearch.Index) -> None:
    liberia = {"country": ("Liberia",)}
    assert found(index, **liberia) == {"c", "d", "e"}
    assert found(index, **liberia, evidence=("stated",)) == set()
    assert found(index, **liberia, evidence=("implied",)) == {"c", "d"}
    assert found(index, **liberia, evidence=("given",)) == {"e"}


def test_lineage(index: wpssearch.Index) -> None:
    assert found(index, agency=("UN Women",)) == {"b"}
    results = index.run(wpssearch.Search(agency=("un women",), lineage=True))
    assert {hit.id for hit in results.hits} == {"a", "b", "d"}
    assert "includes its predecessors" in results.notes[0]
    assert "UNIFEM" in results.notes[0]
    assert {v.value for v in results.facets["agency"] if v.selected} == {
        "UN Women", "UNIFEM", "INSTRAW",
    }  # fmt: skip
    assert found(index, agency=("DPO",), lineage=True) == {"c", "e"}
    notes = index.run(wpssearch.Search(agency=("UNFPA",), lineage=True)).notes
    assert [("no predecessor" in note, "UNFPA" in note) for note in notes] == [
        (False, True),
        (True, True),
    ]


@pytest.mark.parametrize(
    ("interval", "ids"),
    [
        (None, {"c"}),
        ("touches", {"c", "d", "e"}),
        ("within", {"c", "d"}),
        ("covers", {"c"}),
        ("starts", {"c", "d", "e"}),
    ],
)
def test_intervals(index: wpssearch.Index, interval: Interval | None, ids: set[str]) -> None:
    assert found(index, period=("2007",), interval=interval) == ids


months = st.tuples(st.integers(2005, 2008), st.integers(1, 12)).map(lambda m: f"{m[0]}-{m[1]:02}")
spans = st.tuples(months, months).map(lambda pair: tuple(sorted(pair)))


@given(st.lists(spans, min_size=1, max_size=6), spans, st.sampled_from(INTERVALS), st.booleans())
def test_intervals_are_what_they_say(
    records: list[tuple[str, str]],
    asked: tuple[str, str],
    interval: Literal["touches", "within", "covers", "starts"],
    ends: bool,
) -> None:
    first, last = asked

    def says(a: str, b: str) -> bool:
        return {
            "touches": a <= last and first <= b,
            "within": first <= a and b <= last,
            "covers": a <= first and last <= b,
            "starts": first <= a <= last,
        }[interval]

    with wpssearch.open(":memory:") as made:
        made.add(
            {"id": str(n), "text": "x", "period": {"start": a, "end": b}}
            for n, (a, b) in enumerate(records)
        )
        fields: dict[str, Any] = (
            {"from_": first, "to": last} if ends else {"period": (f"{first}..{last}",)}
        )
        assert found(made, **fields, interval=interval) == {
            str(n) for n, (a, b) in enumerate(records) if says(a, b)
        }


@pytest.mark.parametrize("name", ["role", "evidence", "interval"])
def test_unknown_choices_are_told(index: wpssearch.Index, name: str) -> None:
    value: Any = "nonsense" if name == "interval" else ("nonsense",)
    with pytest.raises(wpssearch.UsageError, match="is one of"):
        index.run(wpssearch.Search(**{name: value}))


def test_the_command_line_takes_them(tmp_path: Path) -> None:
    folder = str(tmp_path / "index")
    with wpssearch.open(folder) as made:
        made.add(ROWS)

    def ids(*args: str) -> set[str]:
        result = CliRunner().invoke(main, ["--index", folder, "search", *args, "--format", "json"])
        assert result.exit_code == 0, result.output
        return {hit["id"] for hit in json.loads(result.stdout)["hits"]}

    assert ids("--country", "NOR", "--role", "place") == {"b"}
    assert ids("--country", "LBR", "--evidence", "given") == {"e"}
    assert ids("--agency", "UN Women", "--lineage") == {"a", "b", "d"}
    assert ids("--period", "2007", "--interval", "within") == {"c", "d"}
    assert ids("--where", "date=2007") == set()
    result = CliRunner().invoke(main, ["--index", folder, "search", "--role", "donor"])
    assert result.exit_code == 2


def test_tag_prints_what_the_library_gives(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("UNMIL trained police.", encoding="utf-8")
    runner = CliRunner()
    for args, text in (([str(path)], None), (["-"], "UNMIL trained police.")):
        result = runner.invoke(main, ["tag", *args, "--period", "2007"], input=text)
        assert result.exit_code == 0
        assert json.loads(result.stdout) == wpssearch.tag("UNMIL trained police.", "2007")
    missing = runner.invoke(main, ["tag", str(tmp_path / "none")])
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "cannot be read" in missing.stderr
    assert "Traceback" not in missing.stderr
