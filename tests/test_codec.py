"""The index's files: segments that merge, damage that is found, changes that cost what they are."""

from __future__ import annotations

import pickle
import random
from pathlib import Path
from typing import Any

import pytest
from conftest import CORPUS

import wpssearch
from wpssearch import readers

WORDS = "police gender desk training border radio meeting school camp visit plan report".split()


def rows(first: int, count: int, seed: int = 1) -> list[dict[str, Any]]:
    pick = random.Random(seed + first)
    return [
        {
            "id": f"r{number:05d}",
            "text": " ".join(pick.choices(WORDS, k=20)) + f" name{number % 97}",
            "agencies": [pick.choice(["DPKO", "UNFPA"])],
            "countries": pick.sample(["Haiti", "Mali", "Nepal"], k=pick.randint(0, 2)),
            "missions": [],
            "period": f"20{pick.randint(10, 19)}",
        }
        for number in range(first, first + count)
    ]


def answer(index: wpssearch.Index, query: str) -> Any:
    results = index.search(query, limit=30, facet_limit=None)
    return [(hit.id, hit.score) for hit in results.hits], results.total, results.facets


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.seg"))


def test_many_small_commits_are_merged_and_answer_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index, wpssearch.open(":memory:") as once:
        for start in range(0, 400, 10):
            index.add(rows(start, 10))
            assert len(segments(folder)) < 10
        index.remove([f"r{number:05d}" for number in range(0, 400, 3)])
        index.add(rows(30, 5, seed=9))
        kept = [row for row in rows(0, 400) if int(row["id"][1:]) % 3]
        # The same records as they came, ten at a time, with those that were put in their place.
        kept = [row for start in range(0, 400, 10) for row in rows(start, 10)
                if int(row["id"][1:]) % 3 and not 30 <= int(row["id"][1:]) < 35]  # fmt: skip
        once.add([*kept, *rows(30, 5, seed=9)])
        for query in ("police", "gender desk", '"border radio"', "name5 school", ""):
            assert answer(index, query) == answer(once, query)
        assert index.check() == once.check() == []
        assert index.info()["fingerprint"] == once.info()["fingerprint"]


def test_a_form_in_capitals_in_some_commits_alone_is_no_damage(tmp_path: Path) -> None:
    with wpssearch.open(tmp_path / "index") as index:
        for number in range(0, 200, 2):
            index.add(
                [
                    {"id": f"{number}", "text": "ADA wrote of the adas"},
                    {"id": f"{number + 1}", "text": "Ada wrote" if number % 8 else "NGO work"},
                ]
            )
        index.remove(["3", "5"])
        assert index.check() == []


def test_a_small_commit_writes_little(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add(rows(0, 5000))
        before = {file.name for file in folder.iterdir()}
        index.add(rows(5000, 100))
        new = [file for file in folder.iterdir() if file.name not in before]
        assert sum(file.stat().st_size for file in new) < 200_000
        assert index.search(limit=0).total == 5100


def test_a_reader_keeps_what_it_has_seen(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as writer:
        writer.add(rows(0, 50))
        reader = wpssearch.open(folder)
        before, hits = answer(reader, "police"), reader.search("police").hits
        for start in range(50, 150, 10):
            writer.add(rows(start, 10))
        writer.remove([f"r{number:05d}" for number in range(40)])
        assert answer(reader, "police") == before
        reader.refresh()
        assert answer(reader, "police") == answer(writer, "police") != before
        reader.close()
    # Results outlive the index that they came from.
    assert all("police" in hit.record.text for hit in hits)


def test_a_file_that_is_as_it_was_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with wpssearch.open(tmp_path / "index") as index:
        index.ingest([CORPUS])
        monkeypatch.setattr(readers, "read", lambda *_, **__: pytest.fail("it was read"))
        assert index.ingest([CORPUS]).unchanged == 11


def test_a_file_whose_records_others_took_is_read_again(tmp_path: Path) -> None:
    import json

    one, other = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for path, text in ((one, "first"), (other, "second")):
        path.write_text(json.dumps({"id": "x", "text": text}) + "\n")
    with wpssearch.open(":memory:") as index:
        index.ingest([one])
        index.ingest([other])
        assert index.get("x").text == "second"
        assert index.ingest([one]).updated == 1
        assert index.get("x").text == "first"
        index.remove(["x"])
        assert index.ingest([one]).added == 1
        # A file read earlier in one run takes the id; the one that is as it was comes later.
        index.ingest([other])
        one.write_text(json.dumps({"id": "x", "text": "third"}) + "\n")
        index.ingest([one, other])
        assert index.get("x").text == "second"


def test_no_pickle_is_written_or_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        pytest.fail("a pickle was used")

    for name in ("load", "loads", "dump", "dumps"):
        monkeypatch.setattr(pickle, name, never)
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add(rows(0, 20))
        index.remove(["r00001"])
    with wpssearch.open(folder) as index:
        assert index.search("police", limit=0).total > 0


def test_the_places_of_a_word_of_thousands_of_records(tmp_path: Path) -> None:
    """Places are counted from the beginning of a block of postings, whatever was merged before."""
    pick = random.Random(5)
    made: list[dict[str, Any]] = [
        {"id": f"{n:05d}", "title": "Police" if n % 3 else None, "text": " ".join(
            pick.choices(["police", "desk", "Police's", "unit"], k=pick.randint(1, 9)))}
        for n in range(1500)
    ]  # fmt: skip
    with wpssearch.open(tmp_path / "index") as index:
        for start in (0, 700, 900):
            index.add([{k: v for k, v in row.items() if v} for row in made[start : start + 700]])
        index.remove([row["id"] for row in made[::7]])
        for query in ("police", "desk", '"police desk"'):
            hits = index.search(query, limit=5, offset=pick.randint(0, 200)).hits
            assert hits
            for hit in hits:
                shown = [(s.field, s.text[a:b].lower()) for s in hit.snippets for a, b in s.matches]
                assert shown
                for field, text in shown:
                    assert text.replace("'s", "") in ("police", "desk", "police desk"), field
                found = sum(field == "text" for field, _ in shown)
                words = hit.record.text.lower().replace("'s", "")
                assert found == words.count(query.strip('"'))
