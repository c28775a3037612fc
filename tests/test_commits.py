"""A commit as the writer carries it out: batches, helpers, tiers, deletions, in one process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import wpssearch
from wpssearch import ingest
from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh import codec, container
from wpssearch.backends.whoosh.building import SegmentBuilder
from wpssearch.backends.whoosh.container import write_container
from wpssearch.backends.whoosh.files import FolderFiles
from wpssearch.backends.whoosh.toc import NAME, Toc, generations
from wpssearch.model import Record, Skip
from wpssearch.tagging import tagger
from wpssearch.vocab import Vocabulary

Lines = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def _no_syncing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lasts when the power is cut is tested elsewhere."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


class Here:
    """Helpers of this very process: a file is there when so many more have been sent for."""

    lag = 0
    #: How many records each file was sent with.
    sent: list[int]

    def __init__(self, jobs: int, vocabulary: Vocabulary, folder: Path) -> None:
        type(self).sent = []
        self._files = FolderFiles(folder)
        self._tag = tagger(vocabulary).tag_record
        self._builder = SegmentBuilder(Analyzer(vocabulary))
        self._waiting: list[tuple[str, Sequence[tuple[Record, bytes]]]] = []
        self._written: set[str] = set()

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, file: str, records: Sequence[tuple[Record, bytes]]) -> None:
        self.sent.append(len(records))
        self._waiting.append((file, records))
        self._work(self.lag)

    def has_written(self, file: str) -> bool:
        return file in self._written

    def finish(self) -> None:
        self._work(0)

    def _work(self, lag: int) -> None:
        while len(self._waiting) > lag:
            file, records = self._waiting.pop(0)
            for record, digest in records:
                self._builder.add(self._tag(record), digest)
            with self._files.create(file) as stream:
                write_container(stream, self._builder.columns())
            self._written.add(file)


def write(path: Path, lines: Lines) -> Path:
    path.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in lines))
    return path


def state(index: wpssearch.Index) -> Any:
    results = index.search("", limit=100, facet_limit=None)
    held = {hit.id: (hit.record.text, hit.source.file, hit.source.line) for hit in results.hits}
    return held, results.facets, index.search("police", limit=100).to_dict()["hits"]


lines = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["police", "police desk", "UNMIL met"])),
    max_size=14,
)


@settings(deadline=None, max_examples=4)
@given(st.lists(st.lists(lines, min_size=1, max_size=2), min_size=1, max_size=2),
       st.integers(0, 3), st.sampled_from([0, 12, 30]))  # fmt: skip
@example([[[("a", "police"), ("b", "police"), ("a", "desk"), ("b", "desk")]]], 1, 0)
@example([[[("a", "police")]], [[("a", "desk"), ("a", "gender"), ("a", "police")]]], 0, 0)
@example([[[("a", "police")]], [[("a", "desk"), ("b", "police"), ("a", "gender")]]], 3, 0)
def test_helpers_make_what_one_process_makes(
    tmp_path_factory: pytest.TempPathFactory, runs: list[list[Lines]], lag: int, at_once: int
) -> None:
    folder = tmp_path_factory.mktemp("helped")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "_SENT_AT_ONCE", at_once)
        patch.setattr(ingest, "Workers", Here)
        patch.setattr(Here, "lag", lag)
        with wpssearch.open(folder / "index") as helped, wpssearch.open(":memory:") as alone:
            for files in runs:
                paths = [write(folder / f"{n}.jsonl", some) for n, some in enumerate(files)]
                assert helped.ingest(paths, jobs=2) == alone.ingest(paths)
                assert state(helped) == state(alone)


def test_a_helper_gets_as_much_text_at_once_as_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "_SENT_AT_ONCE", 10)
    monkeypatch.setattr(ingest, "Workers", Here)
    rows = [(f"{n}", "radio") for n in range(7)]
    with wpssearch.open(tmp_path / "index") as index:
        index.ingest([write(tmp_path / "a.jsonl", rows)], jobs=2)
        # Two of five letters are no more than ten, three are; the rest is sent at the end.
        assert Here.sent == [3, 3, 1]
        # What was taken back before it was sent is not sent.
        index.ingest([write(tmp_path / "b.jsonl", [("x", "y"), ("x", "z")])], jobs=2)
        assert Here.sent == [1]
        assert index.get("x").text == "z"


def entries(folder: Path) -> list[tuple[int, int]]:
    """Of each segment how many records it holds, and how many of them are dead."""
    newest = Toc.file(generations([file.name for file in folder.iterdir()])[-1])
    toc = Toc.decode((folder / newest).read_bytes(), newest)
    assert toc.needs() == {f.name for f in folder.iterdir()} - {f"{NAME}_WRITELOCK"}
    return [(entry.count, entry.dead) for entry in toc.segments]


@pytest.fixture
def small_tiers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "_TIER", 3)
    monkeypatch.setattr(codec, "_SMALLEST_TIER", 2)


def rows(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": f"{n}", "text": f"police desk {n}"} for n in numbers]


@pytest.mark.usefixtures("small_tiers")
def test_segments_of_one_size_are_merged_by_powers(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        for count in range(1, 28):
            index.add(rows(count))
            sizes = [size for size, _ in entries(folder)]
            # The digits of the count to the base of three, from the left.
            digits = [power for power in (27, 9, 3, 1) for _ in range(count // power % 3)]
            assert sizes == digits
            assert sorted(hit.id for hit in index.search("", limit=99).hits) == sorted(
                f"{n}" for n in range(1, count + 1)
            )
        assert index.check() == []


@pytest.mark.usefixtures("small_tiers")
@pytest.mark.parametrize("forms", [0, 12, 1 << 20])
def test_one_commit_is_one_segment_and_keeps_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forms: int
) -> None:
    """However few segments are merged at once, for memory to hold their words."""
    monkeypatch.setattr("wpssearch.backends.whoosh.store._BUDGET", 0)
    monkeypatch.setattr("wpssearch.backends.whoosh.codec._MOST_FORMS", forms)
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        for start in (0, 100):
            index.add(rows(*range(start, start + 20)))
        assert entries(folder) == [(20, 0), (20, 0)]
        index.add(rows(50))
        assert entries(folder) == [(20, 0), (20, 0), (1, 0)]
        # Those of one size are merged where the first of them stands.
        index.add(rows(*range(200, 220)))
        assert entries(folder) == [(60, 0), (1, 0)]
        assert index.check() == []
        assert index.search("police", limit=99).total == 61
        for start in (0, 100, 200):
            hits = index.search(f"desk {start + 7}").hits
            assert [hit.id for hit in hits] == [f"{start + 7}"]


@pytest.mark.usefixtures("small_tiers")
def test_the_smallest_are_merged_first(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        for count in range(26):
            index.add(rows(count))
        assert entries(folder) == [(9, 0), (9, 0), (3, 0), (3, 0), (1, 0), (1, 0)]
        # Eight, eight and three would be merged, too; what the smaller make is of their size.
        index.remove(["0", "9", "21"])
        assert entries(folder) == [(23, 0)]


def test_dead_records_stay_until_they_are_half(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add(rows(*range(10)))
        index.add(rows(*range(10, 14)))
        for gone in range(5):
            index.remove([f"{gone}"])
            assert entries(folder) == [(10, gone + 1), (4, 0)]
        assert index.search("police", limit=0).total == 9
        # From then on it is written anew, alone.
        index.remove(["5"])
        assert entries(folder) == [(4, 0), (4, 0)]
        index.remove(["10", "11", "12", "13"])
        assert entries(folder) == [(4, 0)]
        index.remove(["6", "7", "8", "9"])
        assert entries(folder) == []
        assert index.search("").total == 0
        assert index.check() == []


def test_a_replaced_record_is_dead_in_the_segment_that_had_it(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add(rows(*range(8)))
        report = index.add([{"id": "3", "text": "border"}, {"id": "3", "text": "radio"}])
        assert (report.added, report.updated, len(report.skipped)) == (0, 1, 1)
        assert entries(folder) == [(8, 1), (2, 1)] or entries(folder) == [(8, 1), (1, 0)]
        assert index.get("3").text == "radio"
        assert index.search("border").total == 0
        assert index.search("desk").total == 7


@pytest.mark.parametrize("budget", [0, 1 << 20])
def test_an_id_that_comes_again_is_told_with_both_places(
    tmp_path: Path, budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wpssearch.backends.whoosh.store._BUDGET", budget)
    lines = [("x", "one"), ("y", "two"), ("x", "three"), ("x", "four"), ("z", "five")]
    path = write(tmp_path / "a.jsonl", lines)
    with wpssearch.open(":memory:") as index:
        report = index.ingest([path])
        assert report.added == 3
        assert sorted(hit.id for hit in index.search("").hits) == ["x", "y", "z"]
        # Whatever came between, what is named is the line that counts.
        why = "the id 'x' is given again at a.jsonl:4, which counts"
        assert report.skipped == (Skip("a.jsonl", 1, why), Skip("a.jsonl", 3, why))
        assert index.get("x").text == "four"
        again = index.ingest(
            [write(path, [("x", "five"), ("x", "six"), ("y", "two"), ("x", "five")])]
        )
        assert (again.added, again.updated, again.unchanged) == (0, 2, 0)
        assert index.get("x").text == "five"
        assert index.get("x").source.line == 4
        assert [(skip.line, skip.why) for skip in again.skipped] == [(1, why), (2, why)]


def test_an_id_that_comes_again_is_found_in_all_that_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wpssearch.backends.whoosh.store._BUDGET", 0)
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "x", "text": "one"}])
        lines = [("y", "two"), ("x", "three"), ("z", "four"), ("x", "five")]
        report = index.ingest([write(tmp_path / "a.jsonl", lines)])
        assert (report.added, report.updated, report.skipped[0].line) == (2, 1, 2)
        assert {hit.id: hit.record.text for hit in index.search("").hits} == {
            "x": "five", "y": "two", "z": "four",
        }  # fmt: skip


def broken(rows_: Sequence[dict[str, Any]]) -> Callable[[], Any]:
    def made() -> Any:
        yield from rows_
        raise KeyError("the caller's own")

    return made


def test_what_is_broken_off_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wpssearch.backends.whoosh.store._BUDGET", 0)
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add(rows(1, 2, 3))
        before = sorted(file.name for file in folder.iterdir())
        with pytest.raises(KeyError):
            index.add(broken(rows(3, 4, 5, 6))())
        assert sorted(file.name for file in folder.iterdir()) == before
        assert index.search("").total == 3
        # The lock is free again.
        assert index.add(rows(4)).added == 1


def test_a_commit_writes_a_segment_for_each_batch_and_one_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    create = FolderFiles.create

    def noted(self: FolderFiles, name: str) -> Any:
        written.append(name.rpartition(".")[2])
        return create(self, name)

    monkeypatch.setattr(FolderFiles, "create", noted)
    with wpssearch.open(tmp_path / "index") as index:
        index.add(rows(1, 2, 3))
        assert written.count("seg") == 1
        index.remove(["1"])
        # The dead are a file of their own.
        assert (written.count("seg"), written.count("del")) == (1, 1)
        written.clear()
        monkeypatch.setattr("wpssearch.backends.whoosh.store._BUDGET", 0)
        index.add(rows(4, 5))
        assert written.count("seg") == 3
        assert entries(tmp_path / "index") == [(3, 1), (2, 0)]


@pytest.mark.usefixtures("small_tiers")
def test_damage_that_is_not_seen_in_reading_is_not_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "_CHEAP", -1)
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add(rows(1))
        (file,) = folder.glob("*.seg")
        index.add(rows(2))
    data = bytearray(file.read_bytes())
    box = container.Container(bytes(data), file.name)
    data[data.index(bytes(box.raw("digests")))] ^= 1
    file.write_bytes(data)
    with wpssearch.open(folder) as index:
        with pytest.raises(wpssearch.IndexDamaged, match="is damaged in digests"):
            index.add(rows(3))
        assert index.search("").total == 2


@pytest.mark.parametrize("budget", [0, 1 << 20])
def test_an_id_that_is_no_unicode_is_one_record(
    budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wpssearch.backends.whoosh.store._BUDGET", budget)
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a\ud800", "text": text} for text in ("one", "two", "three")])
        assert [hit.record.text for hit in index.search("").hits] == ["three"]
        assert index.check() == []
