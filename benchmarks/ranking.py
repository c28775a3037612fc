"""How well the ranking does on a test collection: nDCG@10, MAP, R@100, P@10 and RR@10.

    python benchmarks/ranking.py FOLDER...

A folder holds `corpus.jsonl` (a record a line, as `ingest` takes it), `queries.jsonl`
(`{"id", "text"}`) and `qrels.tsv` (`query_id`, `doc_id`, `relevance`, with a header row; 0 and
below is not relevant). The queries that have a judgement are asked for any of their words, 1,000
hits each. Needs the extra `bench` (ir-measures).
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ir_measures
from ir_measures import AP, RR, P, Qrel, R, ScoredDoc, nDCG

import wpssearch

MEASURES = (nDCG @ 10, AP, R @ 100, P @ 10, RR @ 10)
HITS = 1000


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def evaluate(folder: Path) -> dict[Any, float]:
    """The mean of each measure over the judged queries of a collection."""
    with (folder / "qrels.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    qrels = [Qrel(row["query_id"], row["doc_id"], max(0, int(row["relevance"]))) for row in rows]
    judged = {qrel.query_id for qrel in qrels}
    run: list[ScoredDoc] = []
    with wpssearch.open(":memory:") as index:
        index.ingest([folder / "corpus.jsonl"])
        for query in _lines(folder / "queries.jsonl"):
            if query["id"] in judged:
                results = index.search(
                    query["text"], any=True, limit=HITS, facets=(), snippets=False
                )
                run += [ScoredDoc(query["id"], hit.id, hit.score) for hit in results.hits]
    measured: dict[Any, float] = ir_measures.calc_aggregate(MEASURES, qrels, run)
    return measured


def main(folders: list[str]) -> None:
    """Print a line of figures for each folder."""
    print("collection", *map(str, MEASURES), "seconds", sep="\t")
    for folder in map(Path, folders):
        started = time.perf_counter()
        measured = evaluate(folder)
        seconds = time.perf_counter() - started
        figures = (f"{measured[measure]:.4f}" for measure in MEASURES)
        print(folder.name, *figures, f"{seconds:.1f}", sep="\t")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Name one or more folders with corpus.jsonl, queries.jsonl and qrels.tsv.")
    main(sys.argv[1:])
