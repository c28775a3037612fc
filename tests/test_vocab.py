"""The tables of the vocabulary: every row sound, no name claimed twice."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict

import pytest
from nltk.stem.snowball import EnglishStemmer

from wpssearch import vocab
from wpssearch.stemming import Stemmer

TABLES = ("countries", "missions", "agencies", "acronyms", "spellings", "not_ise", "stems")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])|")


@pytest.mark.parametrize("name", [*TABLES, "partner_cues"])
def test_a_table_is_whole(name: str) -> None:
    lines = [line for line in vocab.read(name).decode("utf-8").split("\n") if line[:1] != "#"]
    assert lines.pop() == "", "the file ends with a line break"
    columns = len(lines[0].split("\t"))
    for line in lines:
        assert len(line.split("\t")) == columns, line
        assert line == line.strip("\r"), line
        assert "  " not in line, line
    keys = [line.split("\t")[0] for line in lines[1:]]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", ["countries", "missions", "agencies", "acronyms"])
def test_every_fact_has_its_source(name: str) -> None:
    assert all(row["source"] for row in vocab.rows(name))


def test_countries() -> None:
    rows = vocab.rows("countries")
    assert len(rows) == 193 + 4
    for row in rows:
        assert re.fullmatch(r"[A-Z]{3}", row["id"]), row
        assert re.fullmatch(r"[A-Z]{2}", row["iso2"]), row
    owners = defaultdict(set)
    for country in vocab.countries().values():
        for name in (*country.names, *country.codes, *country.demonyms):
            owners[vocab.normal_name(name)].add(country.id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}


def test_missions() -> None:
    owners = defaultdict(list)
    for row in vocab.rows("missions"):
        assert MONTH.fullmatch(row["start"]), row
        assert MONTH.fullmatch(row["end"]), row
        assert not (row["start"] and row["end"]) or row["start"] <= row["end"], row
        mission = vocab.missions()[row["id"]]
        assert all(place.country in vocab.countries() for place in mission.places)
        assert all(place.start <= place.end for place in mission.places)
        for name in {vocab.normal_name(n) for n in (*mission.names, *mission.acronyms)}:
            owners[name].append((row["start"], row["end"] or "9999-12"))
    for name, spans in owners.items():
        spans.sort()
        for (_, end), (start, _) in itertools.pairwise(spans):
            assert end < start, f"{name} names two missions at the same time"


def test_successors_are_agencies() -> None:
    for row in vocab.rows("agencies"):
        successor = row["successor"]
        assert not successor or all(
            name.strip() in vocab.agency_names() for name in successor.split(";")
        ), row


def test_stems_part_what_snowball_joins() -> None:
    """Each exception differs from Snowball's stem, and its key can be no other word's."""
    snowball, stemmer = EnglishStemmer(), Stemmer()
    for row in vocab.rows("stems"):
        assert stemmer.stem(row["word"]) == row["key"]
        assert row["key"].endswith("=") or snowball.stem(row["key"]) == row["key"], row
        assert row["key"] != snowball.stem(row["word"]), row
