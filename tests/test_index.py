"""What an index does with records: identity, updates, removal, persistence, damage."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import CORPUS

import wpssearch


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def counts(report: wpssearch.Report) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.removed


def test_the_same_input_again_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        assert counts(index.ingest([CORPUS])) == (11, 0, 0, 0)
        before = {file.name: file.read_bytes() for file in folder.iterdir()}
        assert counts(index.ingest([CORPUS])) == (0, 0, 11, 0)
        after = {file.name: file.read_bytes() for file in folder.iterdir()}
        assert before == after


def test_a_source_replaces_what_it_gave(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", {"id": "1", "text": "one"}, {"id": "2", "text": "two"})
    with wpssearch.open(":memory:") as index:
        index.ingest([file])
        lines(file, {"id": "2", "text": "deux"}, {"id": "3", "text": "three"})
        assert counts(index.ingest([file])) == (1, 1, 0, 1)
        assert [hit.id for hit in index.search().hits] == ["2", "3"]
        assert index.check() == []


def test_an_emptied_source_gives_nothing_an_unreadable_one_keeps(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", {"id": "1", "text": "one"})
    page = tmp_path / "b.txt"
    page.write_text("Jul 2007 | DPKO\n\nTrained police.\n")
    with wpssearch.open(":memory:") as index:
        index.ingest([file, page])
        page.write_bytes(bytes(range(256)))
        assert counts(index.ingest([file, page])) == (0, 0, 1, 0)
        file.write_text("")
        assert counts(index.ingest([file])) == (0, 0, 0, 1)
        assert index.search().total == 1


def test_a_label_that_two_intervals_share_cannot_spoil_a_count() -> None:
    with wpssearch.open(":memory:") as index:
        index.add(
            {"id": year, "text": "x", "period": {"start": year, "end": year, "label": "Phase 1"}}
            for year in ("2007", "2009")
        )
        listed = index.search().facets["period"]
        assert [value.value for value in listed] == ["2007", "2009"]
        for value in listed:
            assert index.search(period=value.value).total == value.count == 1


def test_a_page_cut_anywhere_invents_and_merges_nothing(tmp_path: Path) -> None:
    """Wherever the last header is cut, the record before it stays as it is and no other comes."""
    whole = "Jul 2007 | DPKO\n\nTrained police.\n\n"
    header = "Jul 2007 - Jan 2008 | DPPA;\nDPKO"
    for end in range(1, len(header) + 1):
        page = tmp_path / "page.txt"
        page.write_text(whole + header[:end])
        with wpssearch.open(":memory:") as index:
            report = index.ingest([page])
            assert [hit.record.text for hit in index.search().hits] == ["Trained police."], end
            assert [skip.line for skip in report.skipped] == [5], end


def test_an_id_is_one_record_and_the_last_counts(tmp_path: Path) -> None:
    first = lines(tmp_path / "a.jsonl", {"id": "1", "text": "one"}, {"id": "1", "text": "uno"})
    second = lines(tmp_path / "b.jsonl", {"id": "1", "text": "eins"})
    with wpssearch.open(":memory:") as index:
        report = index.ingest([first])
        assert counts(report) == (1, 0, 0, 0)
        assert [(skip.file, skip.line) for skip in report.skipped] == [("a.jsonl", 1)]
        assert counts(index.ingest([second])) == (0, 1, 0, 0)
        assert index.get("1").text == "eins"
        # Changed and changed back within one ingest is no change.
        report = index.add([{"id": "x", "text": "a"}])
        report = index.add([{"id": "x", "text": "b"}, {"id": "x", "text": "a"}])
        assert (index.get("x").text, index.search().total) == ("a", 2)
        assert index.check() == []


def test_prune_drops_what_is_gone_from_disk_alone(tmp_path: Path) -> None:
    gone = lines(tmp_path / "gone.jsonl", {"id": "1", "text": "one"})
    here = lines(tmp_path / "here.jsonl", {"id": "2", "text": "two"})
    other = lines(tmp_path / "other.jsonl", {"id": "3", "text": "three"})
    with wpssearch.open(":memory:") as index:
        index.ingest([gone, here, other])
        gone.unlink()
        assert counts(index.ingest([here])) == (0, 0, 1, 0)
        assert counts(index.ingest([here], prune=True)) == (0, 0, 1, 1)
        assert [hit.id for hit in index.search().hits] == ["2", "3"]


def test_remove_by_id_and_by_source(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", {"id": "1", "text": "one"}, {"id": "2", "text": "two"})
    with wpssearch.open(":memory:") as index:
        index.ingest([file])
        index.add([{"id": "3", "text": "three"}])
        assert index.remove(["3", "unknown"]) == 1
        assert index.remove(source="a.jsonl") == 2
        assert index.search().total == 0


def test_identical_narratives_on_a_page_are_two_records(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(
        "Jul 2007 | DPKO\n\nThe same.\n\nJul 2007 | DPKO\n\nThe same.\n", encoding="utf-8"
    )
    with wpssearch.open(":memory:") as index:
        assert index.ingest([page]).added == 2
        assert len({hit.id for hit in index.search("same").hits}) == 2


def test_identity_does_not_depend_on_the_place(tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "page.txt"
    copy.parent.mkdir()
    shutil.copy(CORPUS / "dpko.txt", copy)
    with wpssearch.open(":memory:") as here, wpssearch.open(":memory:") as there:
        here.ingest([CORPUS])
        there.ingest([copy])
        assert here.info()["fingerprint"] == there.info()["fingerprint"]
        assert {hit.id for hit in here.search(limit=20).hits} == {
            hit.id for hit in there.search(limit=20).hits
        }


def test_an_index_is_opened_again(tmp_path: Path) -> None:
    with wpssearch.open(tmp_path / "i") as index:
        index.ingest([CORPUS])
    with wpssearch.open(tmp_path / "i", create=False) as index:
        assert index.search("police gender desks Liberia").total == 1
        assert index.check() == []


def test_no_index_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(wpssearch.IndexMissing, match="ingest"):
        wpssearch.open(tmp_path / "none", create=False)


def test_refresh_shows_what_others_committed(tmp_path: Path) -> None:
    with wpssearch.open(tmp_path / "i") as one, wpssearch.open(tmp_path / "i") as other:
        one.add([{"id": "1", "text": "one"}])
        assert other.search("one").total == 0
        other.refresh()
        assert other.search("one").total == 1


def test_a_failed_ingest_changes_nothing(tmp_path: Path) -> None:
    def rows() -> Any:
        yield {"id": "2", "text": "two"}
        raise RuntimeError("the caller's own")

    with wpssearch.open(tmp_path / "i") as index:
        index.add([{"id": "1", "text": "one"}])
        with pytest.raises(RuntimeError):
            index.add(rows())
        assert [hit.id for hit in index.search().hits] == ["1"]
        assert index.add([{"id": "3", "text": "three"}]).added == 1


def test_a_second_writer_waits_and_then_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wpssearch.backends.whoosh.store._LOCK_WAIT", 0.1)

    def rows(other: wpssearch.Index) -> Any:
        yield {"id": "1", "text": "one"}
        with pytest.raises(wpssearch.IndexLocked, match="try again"):
            other.add([{"id": "2", "text": "two"}])

    with wpssearch.open(tmp_path / "i") as one, wpssearch.open(tmp_path / "i") as other:
        assert one.add(rows(other)).added == 1
        assert other.add([{"id": "2", "text": "two"}]).added == 1


def test_many_threads_search_one_index(page: wpssearch.Index) -> None:
    expected = page.search("police gender").to_dict()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                assert page.search("police gender").to_dict() == expected
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_damage_is_told_in_one_sentence(tmp_path: Path) -> None:
    with wpssearch.open(tmp_path / "i") as index:
        index.ingest([CORPUS])
    segment = next((tmp_path / "i").glob("*.seg"))
    segment.write_bytes(segment.read_bytes()[: segment.stat().st_size // 2])
    try:
        index = wpssearch.open(tmp_path / "i")
        problems = index.check()
        index.search("police")
    except wpssearch.Error as error:
        problems = [str(error)]
    assert problems
    assert "\n" not in problems[0]


def test_check_finds_a_record_that_is_indexed_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wpssearch.open(tmp_path / "i") as index:
        index.add([{"id": "1", "text": "police training"}])
        with monkeypatch.context() as patch:
            patch.setattr("wpssearch.stemming.Stemmer.stem", lambda self, form: form + "x")
            assert any("'1'" in problem for problem in index.check())
        assert index.check() == []


def test_add_tells_what_it_skips() -> None:
    with wpssearch.open(":memory:") as index:
        report = index.add([{"id": "1"}, {"id": "2", "text": "two"}, {"text": "no id"}])
        assert report.added == 1
        assert [skip.line for skip in report.skipped] == [1, 3]
