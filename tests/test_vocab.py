"""The tables of the vocabulary: every row sound and used, and a user's own rows beside them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pycountry
import pytest
from click.testing import CliRunner, Result
from nltk.stem.snowball import EnglishStemmer

import wpssearch
from wpssearch import tables, validation
from wpssearch.cli import main
from wpssearch.stemming import Stemmer
from wpssearch.vocab import TABLES, shipped

ANALYSIS = ("spellings", "not_ise", "stems")
ROWS = Path(__file__).with_name("rows")


@pytest.mark.parametrize("name", [*TABLES, *ANALYSIS])
def test_a_table_is_whole(name: str) -> None:
    lines = [line for line in tables.read(name).decode("utf-8").split("\n") if line[:1] != "#"]
    assert lines.pop() == "", "the file ends with a line break"
    columns = len(lines[0].split("\t"))
    for line in lines:
        assert len(line.split("\t")) == columns, line
        assert line == line.strip("\r"), line
        assert "  " not in line, line
    keys = [row.key for row in tables.shipped(name)]
    assert len(set(keys)) == len(keys) == len(lines) - 1


@pytest.mark.parametrize("name", TABLES)
def test_every_row_is_sound(name: str) -> None:
    """Names are one row's unless dates part them, dates are sane, what is referred to is there."""
    assert validation.problems(shipped(), name) == []


@pytest.mark.parametrize(
    "name", ["countries", "missions", "other_missions", "agencies", "places", "acronyms"]
)
def test_every_fact_has_its_source(name: str) -> None:
    assert all(row["source"] for row in tables.shipped(name))


def test_countries_have_their_codes() -> None:
    for row in tables.shipped("countries"):
        assert re.fullmatch(r"[A-Z]{3}", row["id"]), row
        assert re.fullmatch(r"[A-Z]{2}", row["iso2"]), row
    members = {"AFG", "CIV", "TUR", "PSE", "VAT", "XKX", "ESH", "COD", "COG", "SSD", "ZWE"}
    assert members <= {row["id"] for row in tables.shipped("countries")}


def test_countries_agree_with_iso_3166() -> None:
    """Codes as in Debian's iso-codes, and all of its names for a country are known."""
    known = {row["id"]: row for row in tables.shipped("countries")}
    for country in pycountry.countries:
        row = known.get(country.alpha_3)
        if row is None:
            continue
        assert (row["iso2"], row["m49"]) == (country.alpha_2, country.numeric), row
        names = (
            getattr(country, field, None) for field in ("name", "common_name", "official_name")
        )
        # Names that are listed by their first word (`Iran, Islamic Republic of`) are the list's
        # own; Jersey and Réunion are left out, as words.
        for name in (name for name in names if name and "," not in name):
            known_as = shipped().canonical("country", name.removeprefix("the "))
            assert known_as == row["name"] or row["id"] in {"JEY", "REU"}, name
    absent = {country.alpha_3 for country in pycountry.countries} - known.keys()
    assert absent == {"ATA", "TWN"}


def row_cases() -> list[tuple[str, list[str]]]:
    """A sentence for each row of the vocabulary, and what the row makes of it."""
    cases = []
    for path in sorted(ROWS.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            cases += [(f"{path.stem}:{cells[0]}", cells) for cells in rows]
    return cases


@pytest.mark.parametrize(
    ("key", "text", "expected"), [pytest.param(*cells, id=row) for row, cells in row_cases()]
)
def test_a_row_does_its_work(key: str, text: str, expected: str) -> None:
    """``row``: the text is tagged by this row; ``known``: its name is found in the vocabulary;
    ``nothing``: no country is read; ``not``: nothing is tagged by the row; else a country and the
    role that it has, or ``none``.
    """
    if expected.startswith("known "):
        assert expected.removeprefix("known ") in {
            f"{row.table}:{row.key}" for row in shipped().find(key)
        }
        return
    tagged = wpssearch.tag(text)
    tags = [tag for values in tagged["facets"].values() for tag in values]
    tags += [*tagged["missions"], *tagged["countries"]]
    if expected == "nothing":
        assert tagged["countries"] == tagged["missions"] == []
        assert tagged["facets"]["mentioned_agency"] == []
    elif expected.startswith("not "):
        assert expected.removeprefix("not ") not in {tag["row"] for tag in tags}
    elif expected.startswith("row "):
        assert expected.removeprefix("row ") in {tag["row"] for tag in tags}
    else:
        country, role = expected.split()
        roles = {tag["row"]: tag["role"] for tag in tagged["countries"]}
        assert roles.get(f"countries:{country}", "none") == role


def test_every_row_has_its_case() -> None:
    cases = {row for row, _ in row_cases()}
    assert {f"{name}:{row.key}" for name in TABLES for row in tables.shipped(name)} <= cases


def test_stems_part_what_snowball_joins() -> None:
    """Each exception differs from Snowball's stem, and its key can be no other word's."""
    snowball, stemmer = EnglishStemmer(), Stemmer()
    for row in tables.shipped("stems"):
        assert stemmer.stem(row["word"]) == row["key"]
        assert row["key"].endswith("=") or snowball.stem(row["key"]) == row["key"], row
        assert row["key"] != snowball.stem(row["word"]), row


# A user's own rows

MINE = """\
table	id	name	names	places	start	end	facet	why	cue	kind	source
# my notes
missions	UNXYZ	United Nations Mission in Ruritania		LBR	2020-01						mine
countries	LBR		Pepper Coast
missions	UNBAD	United Nations Bad Mission		QQQ
countries	NOR		Liberia
stops		Haiti Boulevard					country	a street
places	here	Here	Hereabouts
elsewhere	x	y
missions	UNTWO	United Nations Mission Two		LBR	2021-05	2020-01
cues									bankrolled by	before
missions	UNMIL	too	many	cells	2020-01		a	b	c	d	e	f
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.tsv"
    path.write_text(MINE, encoding="utf-8")
    return path


def test_a_users_rows_are_used_and_broken_ones_named(mine: Path) -> None:
    text = "UNXYZ met women of the Pepper Coast on Haiti Boulevard, bankrolled by Norway."
    tagged = wpssearch.tag(text, vocab=mine)
    assert [tag["value"] for tag in tagged["missions"]] == ["UNXYZ"]
    assert [(tag["value"], tag["role"]) for tag in tagged["countries"]] == [
        ("Liberia", "place"),
        ("Norway", "partner"),
    ]
    problems = validation.load(mine).problems
    assert [line for _, line, _ in problems] == [5, 6, 8, 9, 10, 12]
    reasons = [why for _, _, why in problems]
    assert "QQQ" in reasons[0]
    assert "LBR" in reasons[1]
    assert "no country" in reasons[2]
    assert "elsewhere" in reasons[3]
    assert "ends before" in reasons[4]
    assert "more cells" in reasons[5]
    # Without the file nothing of it is known.
    assert wpssearch.tag("UNXYZ, Pepper Coast")["missions"] == []


def test_a_users_file_beside_the_index_is_used(mine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    (tmp_path / "index.vocab.tsv").write_bytes(mine.read_bytes())
    with wpssearch.open(folder) as index:
        report = index.add([{"id": "a", "text": "UNXYZ trained police."}])
        assert [skip.line for skip in report.skipped] == [5, 6, 8, 9, 10, 12]
        assert {skip.file for skip in report.skipped} == {"index.vocab.tsv"}
        assert [tag.value for tag in index.get("a").missions] == ["UNXYZ"]
        assert index.search(country="pepper coast").total == 1
        with_mine = index.info()["vocabulary"]
    (tmp_path / "index.vocab.tsv").unlink()
    with wpssearch.open(folder) as index:
        assert index.info()["vocabulary"] != with_mine


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "first row names the columns"),
        ("name\tid\n", "first row names the columns"),
        ("table\tid\tcolour\n", "no table has a column 'colour'"),
        ("table\tid\tname\nmissions\t\tx\n", "is empty"),
        ("table\tid\tname\tcue\nmissions\tX\tUN Mission X\tcue\n", "has no column 'cue'"),
        ("table\tid\tname\nmissions\tX\tcaf\udce9\n", "not in UTF-8"),
        ("table\tid\tname\tstart\nmissions\tX\tUN X\t2007\n", "no month"),
    ],
)
def test_bad_files_are_told_in_words(content: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "v.tsv"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    [(file, _, reason)] = validation.load(path).problems
    assert (file, why in reason) == ("v.tsv", True), reason


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(wpssearch.UsageError, match="cannot be read"):
        wpssearch.tag("x", vocab=tmp_path / "none.tsv")


# The command


def run(*args: str, text: str | None = None) -> Result:
    return CliRunner().invoke(main, args, input=text)


def test_vocab_shows_a_row(mine: Path) -> None:
    result = run("vocab", "countries:LBR")
    assert result.exit_code == 0
    assert result.stdout.startswith("countries:LBR (countries.tsv:")
    assert "demonyms: Liberian" in result.stdout
    assert "missions:UNOCI" in run("vocab", "onuci").stdout
    assert "agencies:DPKO" in run("vocab", "Department", "of", "Peacekeeping", "Operations").stdout
    with_mine = run("--vocab", str(mine), "vocab", "Pepper Coast")
    assert "and mine.tsv:4" in with_mine.stdout
    assert "mine.tsv:5" in with_mine.stderr


def test_vocab_says_where_there_is_none() -> None:
    result = run("vocab", "Atlantis", "--format", "json")
    assert (result.exit_code, result.stdout) == (0, '{\n  "rows": []\n}\n')
    assert "no row named 'Atlantis'" in result.stderr
