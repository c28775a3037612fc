"""Records a line: values as they are given, and rows that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wpssearch import readers
from wpssearch.model import Record, Skip, Source


def read(path: Path, data: str | bytes) -> list[Record | Skip]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    (source,) = readers.walk([path])
    assert not isinstance(source, Skip)
    return list(readers.read(source))


def record(**values: Any) -> Record:
    return readers.record_from_mapping({"id": "1", "text": "x", **values}, Source())


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("Jul 2007", ("2007-07", "2007-07", "Jul 2007")),
        (2007, ("2007-01", "2007-12", "2007")),
        ("2007-07..2008-01", ("2007-07", "2008-01", "Jul 2007 - Jan 2008")),
        ({"start": "1946"}, ("1946-01", "1946-12", "1946")),
        ({"start": "2008-02", "end": "2008-09"}, ("2008-02", "2008-09", "Feb 2008 - Sept 2008")),
        ({"start": "2007", "end": "2007-06"}, ("2007-01", "2007-06", "Jan 2007 - Jun 2007")),
        (
            {"start": "2007-07", "end": "2008-01", "label": "Season  1"},
            ("2007-07", "2008-01", "Jul 2007 - Jan 2008"),
        ),
    ],
)
def test_periods(period: Any, expected: tuple[str, str, str]) -> None:
    found = record(period=period).period
    assert found is not None
    assert (found.start, found.end, found.label) == expected


@pytest.mark.parametrize(
    "period",
    [
        "soon",
        "2007..",
        "..2007",
        {"start": "..2007"},
        {"start": "2008", "end": "2007"},
        {},
        [],
        True,
    ],
)
def test_a_record_whose_period_cannot_be_read_is_not_half_read(period: Any) -> None:
    with pytest.raises(ValueError, match="period"):
        record(period=period)


def test_a_record_goes_through_its_own_form() -> None:
    first = record(period="Jul 2007 – Jan 2008", agencies="DPKO", title="T", author="me")
    row = {key: first.to_dict()[key] for key in ("id", "text", "title", "agencies", "period")}
    assert readers.record_from_mapping({**row, "author": "me"}, Source()) == first


def test_what_cannot_be_encoded_is_replaced() -> None:
    row = '{"id": "1", "text": "a\\ud800b \\ud83d\\ude00", "note": ["\\udfff"]}'
    made = readers.record_from_mapping(json.loads(row), Source())
    assert (made.text, made.extra["note"]) == ("a\ufffdb 😀", ["\ufffd"])


def test_facets_go_by_names_of_their_own() -> None:
    for name in ("period", "agency", " "):
        with pytest.raises(ValueError, match="facet"):
            record(facets={name: ["x"]})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
keys = st.sampled_from(
    ["id", "text", "kind", "title", "agencies", "period", "missions", "facets", "url", "other"]
)


@given(st.dictionaries(keys, values))
def test_any_mapping_is_a_record_that_can_be_written_or_a_plain_reason(row: dict[str, Any]) -> None:
    why = ""
    try:
        made = readers.record_from_mapping(row, Source())
        json.dumps(made.to_dict(), ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        why = str(error)
    assert "\n" not in why
    assert "JSON" not in why


def test_csv_rows_keep_their_lines_and_lose_no_cell(tmp_path: Path) -> None:
    text = 'id,text,period,\r\n1,"two\r\nlines",2014,kept\r\n\r\n2,x,2014\r\n3,y,,\r\n'
    first, skip, last = read(tmp_path / "a.csv", text)
    assert isinstance(first, Record)
    assert (first.source.line, first.text, first.extra) == (2, "two\r\nlines", {"column 4": "kept"})
    assert isinstance(skip, Skip)
    assert (skip.line, skip.why) == (5, "the row has 3 cells, the header 4")
    assert isinstance(last, Record)
    assert (last.source.line, last.extra) == (6, {})


def test_a_csv_column_that_stands_twice_is_told(tmp_path: Path) -> None:
    (skip,) = read(tmp_path / "a.csv", "id,text,text\n1,a,b\n")
    assert isinstance(skip, Skip)
    assert "'text' twice" in skip.why


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("a.csv", ["id,text", "1,Côte d’Ivoire", "2,caf\udce9", "3,école"]),
        ("a.jsonl", ["", '{"id": 1, "text": "é"}', '{"id": 2, "text": "\udce9"}',
                     '{"id": 3, "text": "école"}']),
    ],
)  # fmt: skip
def test_a_row_with_damaged_utf8_does_not_stop_the_others(
    tmp_path: Path, name: str, lines: list[str]
) -> None:
    items = read(tmp_path / name, "\n".join(lines).encode("utf-8", "surrogateescape"))
    assert [item.id if isinstance(item, Record) else item.line for item in items] == ["1", 3, "3"]
    assert items[1].why.endswith("not in UTF-8") if isinstance(items[1], Skip) else False
