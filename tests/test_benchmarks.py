"""The benchmarks' parts: peers do the same work, corpora are what they say. Nothing is timed."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

sys.path.append(str(ROOT / "benchmarks"))

import plot
import report
from corpora import scaled
from engines import ENGINES
from measure import added, asked, in_child
from profiling import shares
from tasks import FACETED, TASKS, WHOLE, Queries, draw, records

MARKERS = ("machine", "targets", "peers", "ingest", "growth", "profile-search", "profile-ingest")


def lines(path: Path, made: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in made), encoding="utf-8")
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    words = "police peace training women court report army health school border".split()
    return lines(
        tmp_path / "debian.jsonl",
        (
            {
                "id": f"d{number}",
                "text": f"The {words[number % 10]} has a {words[number % 7]}. It is in {number}.",
                "period": "2007",
                "agencies": [f"section {number % 3}"],
                "facets": {"maintainer": [f"maintainer {number % 5}"], "priority": ["optional"]},
            }
            for number in range(60)
        ),
    )


def test_made_records_are_distinct_and_a_larger_corpus_begins_as_a_smaller(source: Path) -> None:
    made = list(scaled(source, 400))
    assert list(islice(scaled(source, 100_000), 400)) == made
    texts = [record["text"] for record in made]
    assert len({record["id"] for record in made}) == len(set(texts)) == 400
    assert all(text.count(". ") >= 2 for text in texts)

    def words(of: list[str]) -> set[str]:
        return {word for text in of for word in text.split()}

    assert len(words(texts)) > len(words(texts[:200])) > len(words(texts[:100]))
    counts = Counter(record["facets"]["priority"][0] for record in made).most_common()
    assert len(counts) == 4
    assert counts[0][1] > 10 * counts[-1][1]


def test_queries_are_distinct_and_no_warm_up_is_timed(source: Path) -> None:
    for kind, queries in draw(source, 60, 20).items():
        if kind != "rare":
            assert queries.timed
        assert len(set(queries.timed + queries.warm)) == len(queries.timed) + len(queries.warm)


@pytest.mark.parametrize("name", [name for name, engine in ENGINES.items() if engine.tasks])
def test_every_engine_finds_the_same_records(name: str, source: Path, tmp_path: Path) -> None:
    engine = ENGINES[name]
    try:
        engine.version()
    except ImportError as error:
        pytest.skip(str(error))
    folder = tmp_path / "index"
    engine.ingest(source, folder)
    texts = [record["text"].lower() for record in records(source)]
    police = sum("police" in text for text in texts)
    either = sum("police" in text or "court" in text for text in texts)
    both = sum("police" in text and "women" in text for text in texts)
    assert 0 < both < police < either
    opened = engine(folder)
    for task in engine.tasks:
        totals = police, both if task.every else None, None if task.every else either
        for query, total in zip(("police", "police women", "police court"), totals, strict=True):
            if total is not None:
                assert opened.run(query, task) == (total if task.total else -1), (task, query)
    if engine.extends:
        new = ({**record, "id": f"new-{record['id']}"} for record in records(source, 10))
        engine.ingest(lines(tmp_path / "new.jsonl", new), folder)
        more = sum("police" in text for text in texts[:10])
        assert engine(folder).run("police", FACETED) == police + more


def test_a_figure_comes_from_a_process_of_its_own(source: Path, tmp_path: Path) -> None:
    folder, scratch = tmp_path / "index", tmp_path / "scratch"
    scratch.mkdir()
    (_, written), peak = in_child(added, "wpssearch", source, folder, scratch)
    assert written > 1000
    assert peak > 1_000_000
    queries = Queries(("police", "court"), ("women",))
    answer, _ = in_child(asked, "wpssearch", folder, WHOLE, queries, 5.0)
    assert len(answer.times) == len(answer.totals) == 2
    with pytest.raises(KeyError):
        in_child(asked, "no engine", folder, WHOLE, queries, 5.0)


def test_samples_count_for_the_innermost_function_of_wpssearch() -> None:
    stacks = [
        "<module> (/x/run.py:1);search (/x/wpssearch/searching.py:9);dot (/numpy/core.py:1) 3",
        "<module> (/x/run.py:1);search (/x/wpssearch/searching.py:9);a (/x/wpssearch/a/b.py:1) 1",
        "<module> (/x/run.py:1) 50",
    ]
    first, second = shares(stacks)
    assert first == ("searching.py", 0.75, [("search", 0.75)])
    assert second == ("a/b.py", 0.25, [("a", 0.25)])


def results() -> dict[str, Any]:
    def run(count: int) -> dict[str, Any]:
        tasks = {
            task.name: {"median": count / 1e4, "p95": 1.0, "queries": 9, "matched": 3}
            for task in TASKS
        }
        figures = {
            "records": count, "seconds": 1.0, "ingest_memory": 1, "disk": 1, "memory": 1,
            "tasks": tasks, "added": [0.5, 9], "unchanged": 0.1, "cold": [3.0, 2.0],
        }  # fmt: skip
        return {"wpssearch": figures, "tantivy": figures}

    return {
        "machine": "A machine.",
        "versions": {"tantivy": "1"},
        "runs": {"debian/60": run(60), "scaled/60": run(60), "scaled/960": run(960)},
        "profile": {"search": [["a.py", 1.0, [["f", 0.9]]]], "ingest": [["b.py", 1.0, []]]},
    }


def test_tables_stand_between_the_documents_markers(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"))
    report.write(results(), document, "debian/60", ["scaled/60", "scaled/960"], "scaled/60")
    text = document.read_text(encoding="utf-8")
    for name in MARKERS:
        block = text.partition(f"<!-- begin {name} -->\n")[2].partition(f"<!-- end {name} -->")[0]
        assert "|" in block or "A machine." in block
    assert "| any + 3 facets: 960 records against 60 | ≤ 12 × | 16 × | **no** |" in text
    assert "| a cold process, against imports of click and Whoosh | ≤ 2 × | 1.5 × | yes |" in text
    ElementTree.parse(tmp_path / "growth.svg")
    document.write_text("No place.")
    with pytest.raises(ValueError, match="markers"):
        report.write(results(), document, "debian/60", ["scaled/60", "scaled/960"], "scaled/60")


def test_a_plot_has_a_line_for_each_engine_of_each_panel() -> None:
    drawn = plot.svg({"one": {"a": [(10, 1.0), (1000, 5.0)], "b <": [(10, 0.3)]}, "two": {"a": []}})
    root = ElementTree.fromstring(drawn)
    assert len(root.findall(".//{*}polyline")) == 3
    assert len(root.findall(".//{*}circle")) == 3
    assert "b <" in "".join(root.itertext())
    with pytest.raises(ValueError, match="nothing"):
        plot.svg({})
