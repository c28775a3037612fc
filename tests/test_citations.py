"""References read back by libraries of the field, whatever the records hold."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from bibtexparser.middlewares import LatexDecodingMiddleware
from hypothesis import given, settings
from hypothesis import strategies as st
from test_render import same_as_golden

import wpssearch
from wpssearch.render.citations import CITATION_STYLES, citations

RECORDS = [
    wpssearch.Record(
        id="S/RES/1325 (2000) #1",
        text="Text.",
        title="Women & peace: 100% of {all} parties_to $5 ~ ^ \\ “end”",
        title_given=True,
        agencies=("Security Council", "Office and Co., Geneva"),
        period=wpssearch.Period("2000-10", "2001-01", "Oct 2000 - Jan 2001"),
        url="https://example.org/a_b?c=%20d&e={f}#g~h",
        source=wpssearch.Source("a/été_1.txt", 12, "/x/été_1.txt"),
    ),
    wpssearch.Record(id="plain-id", text="One two three. " * 9, agencies=("DPKO",)),
    wpssearch.Record(id="é", text="", kind="agency", title="TY  - GEN\nER  - \n@misc{x, y={z}}"),
]


def read_bibtex(text: str) -> list[dict[str, str]]:
    """By key the fields as LaTeX would show them."""
    library = parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    assert not library.failed_blocks
    out = []
    for entry in library.entries:
        fields = {field.key: field.value for field in entry.fields}
        out.append({"key": entry.key, "type": entry.entry_type, **fields})
    return out


def cited(style: str, access_date: str | None = "2026-11-25") -> str:
    return "\n".join(citations(RECORDS, style, access_date))


@pytest.mark.parametrize("style", CITATION_STYLES)
def test_each_style(style: str) -> None:
    same_as_golden(f"cite.{style}", citations(RECORDS, style, "2026-11-25"))


def test_bibtex_is_read_back() -> None:
    one, two, three = read_bibtex(cited("bibtex"))
    assert one["type"] == "misc"
    # The reader has another circumflex for LaTeX's.
    assert one["title"].strip("{}").replace("ˆ", "^") == RECORDS[0].title
    # The reader takes braces off when it decodes: the body's name is whole before that.
    (raw, *_) = parse_string(cited("bibtex")).entries
    assert raw["author"] == "{Security Council} and {Office and Co., Geneva}"
    assert (one["date"], one["year"], one["urldate"]) == (
        "2000-10/2001-01", "2000–2001", "2026-11-25",
    )  # fmt: skip
    assert one["note"] == "Oct 2000 - Jan 2001. Record S/RES/1325 (2000) #1"
    assert one["howpublished"] == "a/été_1.txt, line 12"
    assert one["key"].startswith("S/RES/1325-2000-1-")
    assert two["key"] == "plain-id"
    assert {"date", "year", "url", "urldate", "howpublished"}.isdisjoint(two)
    assert two["title"].endswith("…")
    assert "author" not in three


def test_braces_that_are_not_in_pairs_are_read_back() -> None:
    record = wpssearch.Record(id="a", text="", kind="agency", title="} an { and {")
    (entry,) = read_bibtex("\n".join(citations([record], "bibtex", None)))
    assert r"\{" not in "".join(citations([record], "bibtex", None))
    assert " an " in entry["title"]


def test_ris_is_read_back() -> None:
    one, two, three = rispy.loads(cited("ris"))
    assert one["type_of_reference"] == "GEN"
    assert one["authors"] == ["Security Council", "Office and Co., Geneva"]
    assert one["title"] == RECORDS[0].title
    assert one["id"] == RECORDS[0].id
    assert one["year"] == "2001"
    assert one["urls"] == [RECORDS[0].url]
    assert one["notes"] == ["Period: Oct 2000 - Jan 2001 (2000-10/2001-01)",
                            "Source: a/été_1.txt, line 12"]  # fmt: skip
    assert "year" not in two
    assert three["title"] == "TY - GEN ER - @misc{x, y={z}}"


def test_csl_json_is_read_back() -> None:
    one, two, _ = json.loads(cited("csl-json"))
    assert one["id"] == RECORDS[0].id
    assert one["author"] == [{"literal": "Security Council"}, {"literal": "Office and Co., Geneva"}]
    assert one["issued"] == {"date-parts": [[2000, 10], [2001, 1]]}
    assert one["accessed"] == {"date-parts": [[2026, 11, 25]]}
    assert {"issued", "URL", "accessed"}.isdisjoint(two)


def test_a_day_of_access_is_given_where_it_is_known_alone() -> None:
    for style in CITATION_STYLES:
        assert "2026" not in cited(style, None)
        assert "ccessed" not in cited(style, None)


hostile = st.text(
    st.one_of(st.sampled_from("{}\\%$&#_~^\"'@,=\n\r\t-TYER é漢"), st.characters()), max_size=30
)


@settings(max_examples=150, deadline=None)
@given(hostile.filter(bool), hostile, st.lists(hostile, max_size=2), hostile, hostile)
def test_whatever_the_records_hold_it_is_one_entry_each(
    id_: str, title: str, agencies: list[str], url: str, file: str
) -> None:
    records = [
        wpssearch.Record(
            id=id_, text="Text.", kind="agency", title=title, agencies=tuple(agencies),
            url=url or None, source=wpssearch.Source(file or None, 3, None),
            period=wpssearch.Period("2007-01", "2007-12", title or "2007"),
        ),
        RECORDS[1],
    ]  # fmt: skip
    for style in CITATION_STYLES:
        for line in citations(records, style, None):
            for char in line.replace("\n", ""):
                assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
    first, second = read_bibtex("\n".join(citations(records, "bibtex", None)))
    assert second["key"] == "plain-id"
    assert re.fullmatch(r"[A-Za-z0-9.:/+-]+", first["key"])
    assert first["year"] == "2007"
    lines = list(citations(records, "ris", None))
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines if line)
    assert sum(line.startswith("ER  - ") for line in lines) == 2
    assert len(rispy.loads("\n".join(lines))) == 2
    data: list[dict[str, Any]] = json.loads("\n".join(citations(records, "csl-json", None)))
    assert data[0]["id"] == id_


def test_an_index_cites(page: wpssearch.Index) -> None:
    ids = ["dd160851c22cf4a7", "7e7647ad50ff936d", "dd160851c22cf4a7"]
    text = page.cite(ids)
    assert "dpko.txt, line 48" in text
    assert len(text.split("\n\n")) == 2
    assert len(read_bibtex(page.cite(ids, style="bibtex"))) == 2
    with pytest.raises(wpssearch.UnknownRecord):
        page.cite("nothing")
    for wrong in ({"style": "mla"}, {"access_date": "yesterday"}, {"access_date": "2026-02-30"}):
        with pytest.raises(wpssearch.UsageError):
            page.cite(ids, **wrong)
