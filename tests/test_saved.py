"""Searches that are kept and run again, those of strangers, and what a paper says of a search."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_render import same_as_golden

import wpssearch
from wpssearch import SavedSearch, SavedSearchError, Search, Skip, UsageError, render
from wpssearch.reading.saved import _longest_rising
from wpssearch.render import readings

ROWS = [{"id": f"r{n}", "text": "police " * (n + 1) + "desk " * (9 - n), "countries": ["Haiti"],
         "period": f"200{n}"}
        for n in range(5)]  # fmt: skip


@pytest.fixture
def index(tmp_path: Path) -> Iterator[wpssearch.Index]:
    with wpssearch.open(tmp_path / "mine" / "index") as opened:
        opened.add(ROWS)
        yield opened


def kept_file(index: wpssearch.Index, name: str) -> Path:
    assert index.path is not None
    return index.path.with_name("index.searches") / f"{name}.json"


def test_a_search_is_kept_whole(index: wpssearch.Index) -> None:
    request = Search("police desk", country=("HTI",), where={"kind": ("activity",)}, sort="oldest",
                     any=True, to="2020", limit=2, facets=())  # fmt: skip
    kept = index.save("police-1", request)
    assert index.saved() == (kept,)
    assert kept.total == 5
    assert list(kept.ids) == [hit.id for hit in index.scan(request)]
    assert kept.fingerprint == index.info()["fingerprint"]
    assert Search(**kept.search) == Search(
        "police desk", country=("HTI",), where={"kind": ("activity",)}, sort="oldest", any=True,
        to="2020",
    )  # fmt: skip
    told = index.replay("police-1")
    assert (told.came, told.went, told.moved) == ((), (), ())
    assert told.same_index
    assert told.complete
    index.forget("police-1")
    assert index.saved() == ()
    assert not list(kept_file(index, "x").parent.iterdir())


def test_what_came_went_and_moved_is_told(index: wpssearch.Index) -> None:
    index.save("police", Search("police"))
    before = [hit.id for hit in index.search("police").hits]
    index.remove([before[1]])
    index.add([{"id": "new", "text": "police"}, {**ROWS[0], "text": "police " * 90},
               {"id": before[2], "text": "Nothing of the kind."}])  # fmt: skip
    told = index.replay("police")
    after = [hit.id for hit in index.search("police").hits]
    assert not told.same_index
    assert [record.id for record in told.came] == ["new"]
    assert {record.id for record in told.went} == {before[1], before[2]}
    assert {record.id: record.title for record in told.went}[before[1]] == ""
    for moved in told.moved:
        assert before.index(moved.id) + 1 == moved.before
        assert after.index(moved.id) + 1 == moved.after
    assert "r0" in {moved.id for moved in told.moved} or before[-1] != "r0"
    stayed = [id_ for id_ in after if id_ in before and id_ not in {m.id for m in told.moved}]
    assert stayed == [id_ for id_ in before if id_ in stayed]
    assert told.total == len(after)


@given(st.permutations(range(12)))
def test_what_has_not_moved_is_the_most_that_keeps_its_order(numbers: list[int]) -> None:
    stayed = _longest_rising(numbers)
    kept = [number for number in numbers if number in stayed]
    assert kept == sorted(kept)
    longest: list[int] = []
    for at, number in enumerate(numbers):
        before = [longest[n] for n in range(at) if numbers[n] < number]
        longest.append(1 + max(before, default=0))
    assert len(kept) == max(longest)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "-x", ".x", "a b", "a" * 81,
                                  "a\0b", "a\n", "x.json"])  # fmt: skip
def test_a_name_is_no_path(index: wpssearch.Index, name: str) -> None:
    for call in (lambda: index.save(name, Search("police")), lambda: index.replay(name),
                 lambda: index.forget(name)):  # fmt: skip
        with pytest.raises(UsageError):
            call()


def test_a_name_is_taken_once_and_an_index_in_memory_keeps_none(index: wpssearch.Index) -> None:
    index.save("Ünïcode_1", Search("police"))
    with pytest.raises(SavedSearchError, match="already"):
        index.save("Ünïcode_1", Search("desk"))
    with pytest.raises(SavedSearchError):
        index.replay("other")
    with pytest.raises(SavedSearchError):
        index.forget("other")
    with pytest.raises(UsageError):
        index.save("x", Search(period=("soon",)))
    assert len(index.saved()) == 1
    with wpssearch.open(":memory:") as memory, pytest.raises(UsageError):
        memory.save("x", Search())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_cannot_be_written_is_told(index: wpssearch.Index) -> None:
    folder = kept_file(index, "x").parent
    folder.mkdir()
    folder.chmod(0o500)
    with pytest.raises(SavedSearchError):
        index.save("x", Search("police"))


def test_a_file_in_the_place_of_the_folder_is_told(index: wpssearch.Index) -> None:
    kept_file(index, "x").parent.write_text("no folder")
    with pytest.raises(SavedSearchError):
        index.save("x", Search("police"))
    assert index.saved() == ()


def good(index: wpssearch.Index) -> dict[str, Any]:
    index.save("good", Search("police", country=("Haiti",)))
    data: dict[str, Any] = json.loads(kept_file(index, "good").read_text())
    return data


HOSTILE: list[Any] = [
    b"", b"{", b"\xff\xfe", b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b"1" * 10_000,
    b"NaN", b"null", b"[]", b"{}", b'{"format": 1}',
    {"format": 2}, {"format": "1"}, {"ids": "abc"}, {"ids": [1]}, {"ids": ["a", "a"]},
    {"ids": None}, {"total": -1}, {"total": True}, {"total": "5"}, {"total": 10**400},
    {"match": "some"}, {"match": []}, {"date": "yesterday"}, {"date": 5}, {"date": "2" * 1000},
    {"fingerprint": None}, {"version": ["1"]}, {"more": 1},
    {"search": None}, {"search": []}, {"search": {"query": 5}}, {"search": {"limit": 5}},
    {"search": {"any": "yes"}}, {"search": {"country": "Haiti"}}, {"search": {"country": [1]}},
    {"search": {"where": {"a": "b"}}}, {"search": {"where": ["a"]}}, {"search": {"__class__": "x"}},
    {"search": {"from_": 1}}, {"search": {"to": ["2007"]}},
]  # fmt: skip


@pytest.mark.parametrize("change", HOSTILE)
def test_a_strangers_file_is_read_strictly(index: wpssearch.Index, change: Any) -> None:
    data = good(index)
    file = kept_file(index, "bad")
    if isinstance(change, bytes):
        file.write_bytes(change)
    else:
        file.write_text(json.dumps({**data, **change}))
        if change == {"total": 10**400}:
            # A count as any other: it is what is found now that is told.
            assert not index.replay("bad").complete
            return
    with pytest.raises(SavedSearchError):
        index.replay("bad")
    skip, kept = index.saved()
    assert isinstance(skip, Skip)
    assert isinstance(kept, SavedSearch)


def test_a_strangers_search_may_ask_for_nonsense(index: wpssearch.Index) -> None:
    data = good(index)
    for search in ({"period": ["soon"]}, {"sort": "length"}, {"interval": "near"},
                   {"role": ["king"]}):  # fmt: skip
        kept_file(index, "odd").write_text(json.dumps({**data, "search": search}))
        with pytest.raises(UsageError):
            index.replay("odd")
    data["search"] = {"query": "\x1b[31m" + "(" * 1000, "country": ["\u202eitiaH"]}
    data["ids"] = ["\x1b[2J", "r0"]
    kept_file(index, "odd").write_text(json.dumps(data))
    told = index.replay("odd")
    kept = [item for item in index.saved() if isinstance(item, SavedSearch)]
    for line in (*readings.render_replay(told, width=60, color=False),
                 *readings.render_saved(kept, width=60, color=False)):  # fmt: skip
        assert "\x1b" not in line
        assert "\u202e" not in line


def test_a_file_too_large_and_no_file_are_told(index: wpssearch.Index) -> None:
    good(index)
    with open(kept_file(index, "large"), "wb") as file:
        file.truncate((32 << 20) + 1)
    kept_file(index, "folder").mkdir()
    for name in ("large", "folder"):
        with pytest.raises(SavedSearchError):
            index.replay(name)


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_value_in_any_place_is_an_error_or_right(data: st.DataObject) -> None:
    from wpssearch.reading import saved

    kept: dict[str, Any] = {
        "format": 1, "name": "x", "date": "2026-11-25T10:00:00+00:00", "version": "0.1.0",
        "fingerprint": "00", "search": {"query": "police"}, "match": "all", "total": 1,
        "ids": ["r0"],
    }  # fmt: skip
    key = data.draw(st.sampled_from(sorted(kept)))
    kept[key] = data.draw(json_values)
    try:
        read = saved._checked(kept, "x")
    except ValueError:
        return
    Search(**read.search)
    assert all(isinstance(id_, str) for id_ in read.ids)


def test_replays_are_shown(index: wpssearch.Index) -> None:
    data = good(index)
    data["date"], data["fingerprint"] = "2026-01-31T10:00:00+00:00", "0123"
    data["ids"], data["total"] = ["gone", *reversed(data["ids"][1:])], 5
    kept_file(index, "shown").write_text(json.dumps(data))
    told = index.replay("shown")
    same_as_golden("replay.txt", readings.render_replay(told, width=72, color=False))
    shown = told.to_dict()
    shown["saved"]["version"] = shown["fingerprint"] = "…"
    same_as_golden("replay.json", [render.to_json(shown)])


def test_what_a_kept_search_leaves_out_is_shown(index: wpssearch.Index) -> None:
    kept = index.save("x", Search(where={"kind": ("activity",)}, exclude={"country": ("Haiti",)}))
    assert kept.total == 0
    (line,) = readings.render_saved([kept], width=None, color=False)
    assert line.endswith(": kind=activity  not country=Haiti")
    assert "not-country Haiti" in index.methods(Search(exclude={"country": ("Haiti",)})).text


def test_methods_are_told(page: wpssearch.Index) -> None:
    request = Search("police gender desks", country=("Liberia",), to="2008")
    told = page.methods(request, date="2026-11-25")
    assert told.facts["total"] == page.run(request).total
    assert told.facts["fingerprint"] == page.info()["fingerprint"]
    text = told.text.replace(told.facts["fingerprint"], "FINGERPRINT")
    same_as_golden("methods.txt", [text.replace(wpssearch.__version__, "VERSION")])
    everything = page.methods(Search(sort="newest"))
    assert "every record was taken" in everything.text
    assert "newest first" in everything.text
    fallen = page.methods(Search("police zebra"))
    assert "any of the words would do" in fallen.text
