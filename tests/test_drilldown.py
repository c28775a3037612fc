"""Regions, years, exclusions, listings: examples, the command line, hostile input."""

from __future__ import annotations

import csv
import io
import json
import math
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pycountry
import pytest
from click.testing import CliRunner, Result
from conftest import CORPUS
from test_render import same_as_golden

import wpssearch
from wpssearch import derived, render, tables
from wpssearch.cli import main
from wpssearch.render import overviews
from wpssearch.render.layout import bar, fitted, spark
from wpssearch.render.safe import display_width
from wpssearch.render.tables import crosstab_csv, facets_csv, gaps_csv, terms_csv, trend_csv
from wpssearch.vocab import shipped


def run(*args: str, env: dict[str, str] | None = None) -> Result:
    result = CliRunner(env=env).invoke(main, list(args))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path) -> str:
    made = str(tmp_path / "index")
    assert run("--index", made, "ingest", str(CORPUS)).exit_code == 0
    return made


# Regions


def test_each_country_stands_in_one_region() -> None:
    rows = tables.shipped("regions")
    listed = [id_ for row in rows for id_ in row.listed("countries")]
    assert len(listed) == len(set(listed))
    # M49 has no region for Kosovo, which is not on its list.
    assert {*shipped().countries} - {*listed} == {"XKX"}
    assert all(pycountry.countries.get(alpha_3=id_) for id_ in listed)
    assert len({row["m49"] for row in rows}) == len({row["subregion"] for row in rows}) == 22
    assert {row["region"] for row in rows} == {"Africa", "Americas", "Asia", "Europe", "Oceania"}
    assert [len(row.listed("countries")) for row in rows if row["region"] == "Africa"] == [
        7, 22, 9, 5, 17,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("country", "groups"),
    [
        ("Liberia", ("Africa", "Western Africa")),
        ("LBR", ("Africa", "Western Africa")),
        ("Sudan", ("Africa", "Northern Africa")),
        ("South Sudan", ("Africa", "Eastern Africa")),
        ("Côte d'Ivoire", ("Africa", "Western Africa")),
        ("Iran (Islamic Republic of)", ("Asia", "Southern Asia")),
        ("Cyprus", ("Asia", "Western Asia")),
        ("Timor-Leste", ("Asia", "South-eastern Asia")),
        ("Haiti", ("Americas", "Caribbean")),
        ("Nauru", ("Oceania", "Micronesia")),
        ("Kosovo", None),
        ("Atlantis", None),
    ],
)
def test_groups_of_m49(country: str, groups: tuple[str, str] | None) -> None:
    assert derived.groups(country, shipped()) == groups


def test_two_countries_of_one_region_count_once() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([
            {"id": "a", "text": "x", "countries": ["Mali", "Chad"]},
            {"id": "b", "text": "A course in Mali was funded by Norway."},
        ])  # fmt: skip
        counts = index.facets(by=["region", "subregion"])
        assert [(v.value, v.count) for v in counts["region"]] == [("Africa", 2), ("Europe", 1)]
        assert counts["subregion"][0].value == "Western Africa"
        place = index.facets(by="region", role="place")["region"]
        assert [(v.value, v.count) for v in place] == [("Africa", 2)]

        def total(**fields: Any) -> int:
            return index.run(wpssearch.Search(**fields)).total

        assert total(where={"region": ("europe",)}) == 1
        assert total(where={"region": ("Europe",)}, role=("place",)) == 0
        assert total(where={"subregion": ("Sub-Saharan Africa",)}) == 2
        assert total(exclude={"subregion": ("sub-saharan africa",)}) == 0


def test_a_sources_own_facet_takes_a_derived_ones_name() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "x", "countries": ["Mali"], "period": "2007",
                    "facets": {"region": ["North"], "year": ["FY 7"]}}])  # fmt: skip
        index.add([{"id": "b", "text": "x", "countries": ["Mali"]}])
        by = ("region", "country:region", "year", "period:year")
        counts = index.facets(by=by, role="place")
        assert {name: [(v.value, v.count, v.start) for v in counts[name]] for name in by} == {
            "region": [("North", 1, None)],
            "country:region": [("Africa", 2, None)],
            "year": [("FY 7", 1, None)],
            "period:year": [("2007", 1, "2007-01")],
        }
        assert [node.value.value for node in index.tree("country").nodes] == ["Africa"]
        assert [t.value for t in index.trend("x").times] == ["2007"]


# Notes


def test_a_facet_that_no_record_has(folder: str) -> None:
    for command in (
        ("facets", "--by", "mesure"),
        ("search", "--where", "mesure=Prevention"),
        ("search", "--not-where", "mesure=Prevention"),
        ("crosstab", "--by", "mesure", "--by", "year"),
        ("gaps", "--by", "mesure", "--by", "year"),
    ):
        result = run("--index", folder, *command)
        assert result.exit_code == 0
        assert "No record has a facet 'mesure'" in result.stderr
    assert "did you mean 'region'" in run("--index", folder, "facets", "--by", "Regions").stderr
    near = run("--index", folder, "search", "--where", "region=Afrika").stderr
    assert "did you mean 'Africa'" in near


def test_further_facets_behave_as_the_four(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"id": "a", "text": "one", "facets": {"measure": ["Prevention"]}}\n'
        '{"id": "b", "text": "two", "facets": {"measure": ["Protection", "Relief"]}}\n'
    )
    folder = str(tmp_path / "i")
    run("--index", folder, "ingest", str(rows))

    def found(*args: str) -> list[str]:
        shown = json.loads(run("--index", folder, "search", "--format", "json", *args).stdout)
        return [hit["id"] for hit in shown["hits"]]

    assert found("--where", "measure=prevention") == ["a"]
    assert found("--where", "measure=RELIEF", "--where", "measure=Prevention") == ["a", "b"]
    assert found("--not-where", "measure=relief") == ["a"]
    assert "did you mean 'Protection'" in run(
        "--index", folder, "search", "--where", "measure=Protecton"
    ).stderr  # fmt: skip
    data = json.loads(
        run("--index", folder, "facets", "--by", "measure", "--where", "measure=Relief",
            "--format", "json").stdout
    )  # fmt: skip
    assert data["facets"]["measure"] == [
        {"value": "Prevention", "count": 1, "selected": False},
        {"value": "Protection", "count": 1, "selected": False},
        {"value": "Relief", "count": 1, "selected": True},
    ]


def test_exclusions(folder: str) -> None:
    def answer(*args: str) -> Any:
        return json.loads(run("--index", folder, "search", "--format", "json", *args).stdout)

    everything = answer()["total"]
    without = answer("--not-country", "HTI", "--not-period", "2008")
    assert without["filters"] == {"not-country": ["HTI"], "not-period": ["2008"]}
    assert 0 < without["total"] < everything
    assert not any(tag["value"] == "Haiti" for hit in without["hits"] for tag in hit["countries"])
    assert not any(hit["period"]["end"][:4] == "2008" for hit in without["hits"] if hit["period"])
    # What is excluded is not listed, and what is listed has its count.
    for value in without["facets"]["country"]:
        assert value["value"] != "Haiti"
        chosen = answer("--not-country", "HTI", "--not-period", "2008", "--country", value["value"])
        assert chosen["total"] == value["count"]
    assert answer("--not-agency", "dpko")["total"] == 0
    assert answer("--not-mission", "UNMIN")["total"] == everything - 1
    assert answer("--not-where", "kind=agency")["total"] == everything - 1
    assert run("--index", folder, "search", "--not-period", "soon").exit_code == 2
    assert run("--index", folder, "search", "--not-where", "measure").exit_code == 2


def test_a_year_that_is_a_label_too() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "x", "period": "2007"},
                   {"id": "b", "text": "x", "period": "Jul 2007 - Jan 2008"}])  # fmt: skip
        (year, *_) = index.tree("period").nodes
        assert (year.value.value, year.value.count) == ("2007", 2)
        assert index.search(period="2007").total == 1
        assert index.run(wpssearch.Search(period=("2007",), overlap=True)).total == 2
        assert index.search(where={"year": "2007"}).total == 2
        (selected,) = index.search(where={"year": "2007"}, facets=["year"], facet_limit=1).facets[
            "year"
        ]
        assert (selected.value, selected.selected, selected.count) == ("2007", True, 2)


# The command line


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (("crosstab", "--by", "country"), 2),
        (("crosstab",), 2),
        (("crosstab", "--by", "country", "--by", "year", "--rows", "-1"), 2),
        (("gaps", "--by", "a", "--by", "b", "--by", "c"), 2),
        (("trend",), 2),
        (("trend", "police", "--by", "month"), 2),
        (("facets", "--tree", "--by", "agency"), 2),
        (("facets", "--order", "size"), 2),
        (("terms", "zebra"), 0),
        (("trend", "zebra", "--zebra"), 0),
        (("crosstab", "--by", "country", "--by", "year", "--period", "soon"), 2),
    ],
)
def test_exit_status(folder: str, args: tuple[str, ...], status: int) -> None:
    result = run("--index", folder, *args)
    assert result.exit_code == status
    assert "Traceback" not in result.stderr


def test_what_python_refuses() -> None:
    with wpssearch.open(":memory:") as index:
        for asked in (
            lambda: index.trend([]),
            lambda: index.trend("x", by="month"),
            lambda: index.terms(term_limit=-1),
            lambda: index.terms(minimum=-1),
            lambda: index.terms(ratio=-1),
            lambda: index.terms(ratio=math.nan),
            lambda: index.terms(ratio=math.inf),
            lambda: index.crosstab("country", "year", row_limit=-1),
            lambda: index.tree("agency"),
            lambda: index.run(wpssearch.Search(facet_offset=-1)),
            lambda: index.run(wpssearch.Search(facet_order="size")),  # type: ignore[arg-type]
        ):
            with pytest.raises(wpssearch.UsageError):
                asked()


def test_a_table_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wpssearch.surveying.tables._MOST_CELLS", 3)
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "x", "facets": {"m": ["1", "2"]}}])
        with pytest.raises(wpssearch.UsageError, match="--rows"):
            index.crosstab("m", "m", row_limit=None)
        assert index.crosstab("m", "m", row_limit=1).more == (1, 0)


def test_listings_from_the_command_line(folder: str) -> None:
    def shown(*args: str) -> list[str]:
        text = run("--index", folder, "facets", "--format", "json", *args).stdout
        return [value["value"] for value in json.loads(text)["facets"]["country"]]

    by_name = shown("--by", "country", "--order", "name")
    assert by_name == sorted(by_name)
    assert len(by_name) == 9
    assert (
        shown("--by", "country", "--order", "name", "--limit", "2", "--offset", "3") == by_name[3:5]
    )
    assert len(shown("--by", "country", "--min", "2")) == 3
    assert len(shown("training", "--by", "country", "--min", "0")) == 9
    assert len(shown("--all")) == 9
    assert len(shown("--limit", "1")) == 1


@pytest.mark.parametrize("format_", ["text", "csv", "json"])
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("crosstab", "crosstab --by country --by year"),
        ("crosstab-few", "crosstab training --by year --by subregion --rows 2 --columns 1"),
        ("gaps", "gaps --by country --by year --limit 4"),
        ("trend", "trend training police zebra"),
        ("terms", "terms training --limit 4"),
        ("tree", "facets --by period --tree"),
        ("years", "facets --by year --bars --not-country Haiti"),
    ],
)
def test_output(folder: str, name: str, command: str, format_: str) -> None:
    result = run("--index", folder, *command.split(), "--format", format_)
    same_as_golden(f"{name}.{'txt' if format_ == 'text' else format_}", result.stdout.splitlines())


def test_a_narrow_terminal(page: wpssearch.Index) -> None:
    """All of a table is there, in blocks; what is too long is cut."""
    lines = [
        *overviews.render_crosstab(page.crosstab("country", "year"), width=40, color=False),
        *overviews.render_tree(page.tree("period"), width=40, color=False, bars=True),
        *overviews.render_trend(page.trend(["training", "police"]), width=40, color=False),
        *overviews.render_gaps(page.gaps("country", "year"), width=40, color=False),
        *overviews.render_terms(page.terms("training"), width=40, color=False),
    ]
    assert max(map(display_width, lines)) <= 40
    same_as_golden("narrow-overviews.txt", lines)


def test_a_year_that_is_its_only_period_stands_once() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "Police.", "period": "1946"},
                   {"id": "b", "text": "Police.", "period": "1948"},
                   {"id": "c", "text": "Police.", "period": "May 1948"}])  # fmt: skip
        tree = index.tree("period")
    lines = list(overviews.render_tree(tree, width=None, color=False))[3:-2]
    assert [line.strip() for line in lines] == [
        "1  1946", "0  1947", "2  1948", "1    1948", "1    May 1948",
    ]  # fmt: skip
    assert [len(node.children) for node in tree.nodes] == [1, 0, 2]


def test_what_is_left_out_is_not_said_to_be_missing(page: wpssearch.Index) -> None:
    def lines(rows: int | None, columns: int | None, by: str = "year") -> str:
        table = page.crosstab("country", by, row_limit=rows, column_limit=columns)
        return "\n".join(overviews.render_crosstab(table, width=None, color=False))

    for limits in ((0, 0), (0, None), (None, 0)):
        assert "No record" not in lines(*limits)
        assert "more" in lines(*limits)
    assert "No record has both a country and a measure." in lines(2, None, "measure")
    trend = overviews.render_trend(page.trend([""]), width=None, color=False)
    assert "[1] every record (11 records)" in list(trend)


@pytest.mark.parametrize("locale", ["C", "de_DE.ISO-8859-1", "en_GB.UTF-8", "C.utf8"])
def test_bars_fit_the_terminal(folder: str, locale: str) -> None:
    env = {"LC_ALL": locale, "NO_COLOR": "1"}
    text = run("--index", folder, "facets", "--by", "year", "--bars", env=env).stdout
    assert "   0  2009\n" in text
    assert ("#" in text, "█" in text) == (("utf" not in locale.lower()), "utf" in locale.lower())
    assert "\x1b" not in text
    sparks = run("--index", folder, "trend", "training", env=env).stdout
    assert sparks.isascii() == ("utf" not in locale.lower())


def test_bars_and_sparks() -> None:
    assert bar(0, 9, 10, blocks=True) == bar(0, 0, 10, blocks=False) == ""
    assert bar(9, 9, 10, blocks=True) == "█" * 10
    assert bar(1, 10**9, 10, blocks=True) == "▏"
    assert bar(1, 10**9, 10, blocks=False) == "#"
    assert bar(5, 9, 0, blocks=True) == ""
    assert spark([None, 0, 0.001, 1], 1, blocks=True) == "·▁▂█"
    assert spark([None, 0, 0.001, 1], 1, blocks=False) == "._19"
    assert fitted("Côte d'Ivoire", 6) == "Côte…" + " "
    assert fitted("ab", 4, right=True) == "  ab"
    assert display_width(fitted("漢字漢字漢字", 6)) == 6


# Hostile values

HOSTILE = (
    "two\nlines",
    "=cmd|' /C calc'!A0",
    "+1",
    "x" * 300,
    "\u202eevil\u202c",
    "\x1b[31mred\x1b[0m",
    "漢字" * 30,
    '"quoted", and; more',
)


@pytest.fixture(scope="module")
def hostile() -> Iterator[wpssearch.Index]:
    with wpssearch.open(":memory:") as index:
        index.add(
            {
                "id": f"{n}",
                "text": f"police word{n}",
                "countries": [value, "Haiti"],
                "period": str(2000 + n),
                "facets": {value: [value], "measure": [value, HOSTILE[n - 1]]},
            }
            for n, value in enumerate(HOSTILE)
        )
        yield index


def everything(index: wpssearch.Index) -> list[tuple[Any, Callable[..., Iterator[str]], Any]]:
    """Overviews of all kinds, each with what writes it as text and as CSV."""
    table = index.crosstab("country", "measure")
    named = index.crosstab(HOSTILE[1], HOSTILE[4])
    gaps = index.gaps("country", "measure")
    trend = index.trend([*HOSTILE, "police"])
    terms = index.terms("police", period="2001", minimum=1)
    tree = index.tree("country")
    return [
        (table, overviews.render_crosstab, crosstab_csv),
        (named, overviews.render_crosstab, crosstab_csv),
        (gaps, overviews.render_gaps, gaps_csv),
        (trend, overviews.render_trend, trend_csv),
        (terms, overviews.render_terms, terms_csv),
        (tree, overviews.render_tree, None),
    ]


@pytest.mark.parametrize("width", [None, 20, 40, 80])
@pytest.mark.parametrize("color", [False, True])
def test_nothing_raw_reaches_a_terminal(
    hostile: wpssearch.Index, width: int | None, color: bool
) -> None:
    results = hostile.search(facets=("country", "measure", HOSTILE[5]), limit=0)
    lines = [*overviews.render_bars(results, width=width, color=color, blocks=True)]
    for made, text, _ in everything(hostile):
        lines += text(made, width=width, color=color)
    for line in lines:
        plain = line.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "")
        assert (plain == line) or color
        assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in plain)
        assert not set(plain) & set("\u202a\u202e\u202c\u2066\u2069")
        if width is not None:
            assert display_width(plain) <= max(width, 40), plain


def test_data_reads_back(hostile: wpssearch.Index) -> None:
    for made, _, to_csv in everything(hostile):
        text = render.to_json(made.to_dict())
        assert json.loads(text) == made.to_dict()
        if to_csv is not None:
            rows = [*csv.reader(io.StringIO("\n".join(to_csv(made)), newline=""))]
            assert len({len(row) for row in rows}) == 1
            for cell in (cell for row in rows for cell in row):
                assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n"))
                assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in cell if c != "\n")
    results = hostile.search(facets=("measure",), facet_limit=None)
    rows = [*csv.reader(io.StringIO("\n".join(facets_csv(results)), newline=""))]
    assert len(rows) == 1 + len(set(HOSTILE))


def test_an_index_without_records(tmp_path: Path) -> None:
    folder = str(tmp_path / "none")
    wpssearch.open(folder).close()
    for command in (
        ("crosstab", "--by", "country", "--by", "year"),
        ("gaps", "--by", "country", "--by", "year"),
        ("trend", "police"),
        ("terms", "police"),
        ("facets", "--by", "period", "--bars"),
        ("facets", "--by", "year", "--bars", "--min", "0"),
        ("facets", "--tree"),
    ):
        for format_ in ("text", "json", "csv"):
            result = run("--index", folder, *command, "--format", format_)
            assert result.exit_code == 0, (command, result.output)
            assert result.stdout
