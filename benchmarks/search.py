"""wpssearch against its peers: the same records and queries, in turn, in one run.

    pip install -e '.[bench]'
    python benchmarks/corpora.py debian FOLDER
    python benchmarks/search.py FOLDER/debian.jsonl --records 60000 --write docs/performance.md

Peers do the same work, in their best options: ranked by BM25, counts exact, ten values of each of
three facets, snippets of 240 characters with their marks. What is not installed is left out.

- tantivy: one thread; ``Count`` with the top ten; terms aggregations over fast fields; its own
  snippet generator.
- SQLite FTS5: porter stemmer, ``bm25()``, ``snippet()``; facets by ``GROUP BY`` over a join.
- stock Whoosh: its default codec, stems cached, ``groupedby``, its own highlighter.
- bm25s: ranking alone, with numba where it is there; it has neither counts, facets nor snippets.

Nothing is cached between queries. Queries are one to four words, drawn from the records (so that
common words are common) and from the vocabulary (so that rare ones are there); each engine warms
up on a hundred others.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import sqlite3
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

FACETS = ("agency", "maintainer", "priority")
AGGREGATIONS = {name: {"terms": {"field": name, "size": 10}} for name in FACETS}
_WORD = re.compile(r"[a-z]{3,}")
Record = dict[str, Any]


class Task(NamedTuple):
    """What is asked with a query: whether all its words, and what beside the first ten."""

    name: str
    every: bool
    facets: bool
    snippets: bool


TASKS = (
    Task("any, top ten", every=False, facets=False, snippets=False),
    Task("any + 3 facets", every=False, facets=True, snippets=False),
    Task("any + 3 facets + snippets", every=False, facets=True, snippets=True),
    Task("all + 3 facets", every=True, facets=True, snippets=False),
)


def drawn(records: Sequence[Record], count: int, seed: int) -> list[str]:
    """Queries of one to four words."""
    pick = random.Random(seed)
    frequency: Counter[str] = Counter()
    for record in records[:20_000]:
        frequency.update(set(_WORD.findall(record["text"].lower())))
    vocabulary = [word for word, number in frequency.items() if number >= 3]
    out: list[str] = []
    while len(out) < count:
        words = _WORD.findall(pick.choice(records)["text"].lower()) or vocabulary
        length = pick.randint(1, 4)
        out.append(
            " ".join(pick.choice(words if pick.random() < 0.7 else vocabulary)
                     for _ in range(length))
        )  # fmt: skip
    return out


def facet(record: Record, name: str) -> str:
    return str(record["agencies"][0] if name == "agency" else record["facets"][name][0])


class Wpssearch:
    name = "wpssearch"
    tasks = TASKS

    def __init__(self, path: Path, folder: Path) -> None:
        import wpssearch

        self.open = wpssearch.open
        self.opened: dict[Task, Any] = {}
        self.index = wpssearch.open(folder / "wpssearch")
        self.index.ingest([path])

    def run(self, query: str, task: Task) -> int:
        # Each task opens the index for itself: no task finds words that another looked up.
        if task not in self.opened:
            self.opened[task] = self.open(self.index.path)
        results = self.opened[task].search(
            query, any=not task.every, facets=FACETS if task.facets else (), snippets=task.snippets
        )
        for values in results.facets.values():
            for value in values:
                _ = value.value, value.count
        for hit in results.hits:
            for snippet in hit.snippets:
                _ = snippet.text, snippet.matches
        return int(results.total)


class Tantivy:
    name = "tantivy"
    tasks = TASKS

    def __init__(self, path: Path, folder: Path) -> None:
        from importlib import import_module

        tantivy: Any = import_module("tantivy")
        self.tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("text", stored=True, tokenizer_name="en_stem")
        for name in FACETS:
            builder.add_text_field(name, tokenizer_name="raw", fast=True)
        self.schema = builder.build()
        (folder / "tantivy").mkdir()
        self.index = tantivy.Index(self.schema, path=str(folder / "tantivy"))
        writer = self.index.writer(heap_size=500_000_000, num_threads=1)
        for record in read(path):
            writer.add_document(
                tantivy.Document(
                    id=record["id"], text=record["text"],
                    **{name: facet(record, name) for name in FACETS},
                )
            )  # fmt: skip
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()

    def run(self, words: str, task: Task) -> int:
        query = self.index.parse_query(words, ["text"], conjunction_by_default=task.every)
        found = self.searcher.search(query, 10, count=True)
        if task.facets:
            self.searcher.aggregate(query, AGGREGATIONS)
        if task.snippets:
            generator = self.tantivy.SnippetGenerator.create(
                self.searcher, query, self.schema, "text"
            )
            generator.set_max_num_chars(240)
            for _, address in found.hits:
                snippet = generator.snippet_from_doc(self.searcher.doc(address))
                _ = snippet.fragment(), [(m.start, m.end) for m in snippet.highlighted()]
        return int(found.count)


class Fts5:
    name = "SQLite FTS5"
    tasks = TASKS

    def __init__(self, path: Path, folder: Path) -> None:
        self.db = sqlite3.connect(folder / "fts5.db")
        self.db.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='porter unicode61')")
        self.db.execute(f"CREATE TABLE f (n INTEGER PRIMARY KEY, {', '.join(FACETS)})")
        for number, record in enumerate(read(path), 1):
            self.db.execute("INSERT INTO t (rowid, text) VALUES (?, ?)", (number, record["text"]))
            values = [facet(record, name) for name in FACETS]
            self.db.execute("INSERT INTO f VALUES (?, ?, ?, ?)", (number, *values))
        self.db.commit()

    def run(self, words: str, task: Task) -> int:
        query = (" AND " if task.every else " OR ").join(f'"{word}"' for word in words.split())
        shown = ", snippet(t, 0, '*', '*', '', 40)" if task.snippets else ""
        self.db.execute(
            f"SELECT rowid, bm25(t){shown} FROM t WHERE t MATCH ? ORDER BY rank LIMIT 10",
            (query,),
        ).fetchall()
        (total,) = self.db.execute("SELECT count(*) FROM t WHERE t MATCH ?", (query,)).fetchone()
        for name in FACETS if task.facets else ():
            self.db.execute(
                f"SELECT {name}, count(*) c FROM t JOIN f ON f.n = t.rowid "
                f"WHERE t MATCH ? GROUP BY {name} ORDER BY c DESC LIMIT 10",
                (query,),
            ).fetchall()
        return int(total)


class StockWhoosh:
    name = "stock Whoosh"
    tasks = TASKS

    def __init__(self, path: Path, folder: Path) -> None:
        from whoosh import analysis, fields, index

        (folder / "whoosh").mkdir()
        schema = fields.Schema(
            text=fields.TEXT(
                stored=True, analyzer=analysis.StemmingAnalyzer(stoplist=None, cachesize=-1)
            ),
            **{name: fields.ID(sortable=True) for name in FACETS},
        )
        self.index = index.create_in(str(folder / "whoosh"), schema)
        writer = self.index.writer(limitmb=256)
        for record in read(path):
            writer.add_document(
                text=record["text"], **{name: facet(record, name) for name in FACETS}
            )
        writer.commit()
        self.searcher = self.index.searcher()

    def run(self, words: str, task: Task) -> int:
        from whoosh.qparser import AndGroup, OrGroup, QueryParser

        group = AndGroup if task.every else OrGroup
        query = QueryParser("text", self.index.schema, group=group).parse(words)
        found = self.searcher.search(
            query, limit=10, groupedby=list(FACETS) if task.facets else None
        )
        for name in FACETS if task.facets else ():
            Counter({key: len(v) for key, v in found.groups(name).items()}).most_common(10)
        if task.snippets:
            for hit in found:
                hit.highlights("text")
        return len(found)


class Bm25s:
    name = "bm25s"
    tasks = TASKS[:1]

    def __init__(self, path: Path, folder: Path) -> None:
        import bm25s

        self.bm25s = bm25s
        texts = [record["text"] for record in read(path)]
        self.index = bm25s.BM25()
        self.index.index(
            bm25s.tokenize(texts, stopwords=None, show_progress=False), show_progress=False
        )

    def run(self, words: str, task: Task) -> int:
        tokens = self.bm25s.tokenize([words], stopwords=None, show_progress=False)
        self.index.retrieve(tokens, k=10, show_progress=False)
        return -1


ENGINES = (Wpssearch, Tantivy, Fts5, StockWhoosh, Bm25s)


def read(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def timed(
    run: Callable[[str, Task], int], task: Task, queries: Sequence[str], warm: Sequence[str]
) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds."""
    for query in warm:
        run(query, task)
    times = []
    for query in queries:
        start = time.perf_counter()
        run(query, task)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)]


def size_of(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("path", type=Path)
    parser.add_argument("--records", type=int, default=60_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--only", nargs="*", default=[engine.name for engine in ENGINES])
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "records.jsonl"
        with options.path.open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as out:
            for _, line in zip(range(options.records), lines, strict=False):
                out.write(line)
        records = list(read(path))
        queries, warm = drawn(records, options.queries, 2), drawn(records, 100, 1)
        count = len(records)
        del records
        heads = [f"{count:,} records", *(task.name for task in TASKS), "build, records/s", "MB"]
        rows = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
        for engine in ENGINES:
            if engine.name not in options.only:
                continue
            before = size_of(folder)
            start = time.perf_counter()
            try:
                made = engine(path, folder)
            except ImportError as error:
                print(f"{engine.name} is left out: {error}")
                continue
            rate = count / (time.perf_counter() - start)
            cells = []
            for task in TASKS:
                if task in made.tasks:
                    median, high = timed(made.run, task, queries, warm)
                    cells.append(f"{median:.3g} / {high:.3g}")
                else:
                    cells.append("")
            cells += [f"{rate:,.0f}", f"{size_of(folder) - before:.0f}"]
            rows.append(f"| {engine.name} | {' | '.join(cells)} |")
            print(rows[-1], flush=True)
    table = "\n".join(rows)
    print(table)
    if options.write:
        machine = f"{platform.machine()}, {platform.python_version()}, {platform.system()}"
        content = options.write.read_text(encoding="utf-8") if options.write.exists() else ""
        head, _, rest = content.partition(f"<!-- {count} -->")
        _, _, tail = rest.partition("<!-- end -->")
        block = (
            f"<!-- {count} -->\n{table}\n\nMedian / 95th percentile in ms. {machine}.\n<!-- end -->"
        )
        options.write.write_text(
            f"{head}{block}{tail}" if rest else f"{content}\n{block}\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
