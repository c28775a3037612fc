"""The peers, each in its best options for the same work.

All rank by BM25 over stemmed words, keep positions and the text, count exactly where a total is
asked for, give the ten most frequent values of each of three facets, and passages of 240 characters
(the length that fits; SQLite counts words: 40) with their marks. Nothing is cached between queries.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ClassVar

from engine import Engine
from tasks import FACETS, TOP, Task, facet, records

__all__ = ["Bm25s", "Fts5", "StockWhoosh", "Tantivy", "Xapian"]

_PASSAGE = 240
_DISTRIBUTION = "/usr/lib/python3/dist-packages"


class Tantivy(Engine):
    """One thread; 500 MB of buffer; terms aggregations over fast fields; its own passages."""

    name = "tantivy"
    most = sys.maxsize
    _aggregations: ClassVar = {name: {"terms": {"field": name, "size": 10}} for name in FACETS}

    def __init__(self, folder: Path) -> None:
        self.tantivy, self.schema, self.index = self._open(folder)
        self.searcher = self.index.searcher()

    @staticmethod
    def version() -> str:
        return _version_of("tantivy")

    @staticmethod
    def _open(folder: Path) -> tuple[Any, Any, Any]:
        tantivy: Any = import_module("tantivy")
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("text", stored=True, tokenizer_name="en_stem")
        for name in FACETS:
            builder.add_text_field(name, tokenizer_name="raw", fast=True)
        schema = builder.build()
        folder.mkdir(exist_ok=True)
        return tantivy, schema, tantivy.Index(schema, path=str(folder))

    @staticmethod
    def ingest(path: Path, folder: Path) -> None:
        tantivy, _, index = Tantivy._open(folder)
        writer = index.writer(heap_size=500_000_000, num_threads=1)
        for record in records(path):
            values = {name: facet(record, name) for name in FACETS}
            writer.add_document(tantivy.Document(id=record["id"], text=record["text"], **values))
        writer.commit()
        writer.wait_merging_threads()

    def run(self, query: str, task: Task) -> int:
        parsed = self.index.parse_query(query, ["text"], conjunction_by_default=task.every)
        found = self.searcher.search(parsed, 10, count=task.total)
        if task.facets:
            counted = self.searcher.aggregate(parsed, self._aggregations)
            for name in FACETS:
                for bucket in counted[name]["buckets"]:
                    _ = bucket["key"], bucket["doc_count"]
        if task.snippets:
            generator = self.tantivy.SnippetGenerator.create(
                self.searcher, parsed, self.schema, "text"
            )
            generator.set_max_num_chars(_PASSAGE)
            for _, address in found.hits:
                passage = generator.snippet_from_doc(self.searcher.doc(address))
                _ = passage.fragment(), [(m.start, m.end) for m in passage.highlighted()]
        return int(found.count) if task.total else -1


class Xapian(Engine):
    """Stems alone with positions; value slots with a spy each; the check reaches every match.

    The database is compacted after the first ingest. Passages are chosen from the whole text, by
    the matches alone (without the model of the text around them, which costs more).
    """

    name = "Xapian"

    def __init__(self, folder: Path) -> None:
        xapian = self.xapian = self._module()
        self.db = xapian.Database(str(folder))
        self.stemmer = xapian.Stem("en")
        self.parser = xapian.QueryParser()
        self.parser.set_database(self.db)
        self.parser.set_stemmer(self.stemmer)
        self.parser.set_stemming_strategy(xapian.QueryParser.STEM_ALL)

    @staticmethod
    def version() -> str:
        return str(Xapian._module().version_string())

    @staticmethod
    def _module() -> Any:
        """Xapian's binding comes with the system's Python, not from PyPI."""
        os.environ.setdefault("XAPIAN_FLUSH_THRESHOLD", "100000")
        sys.path.append(_DISTRIBUTION)
        try:
            return import_module("xapian")
        finally:
            sys.path.remove(_DISTRIBUTION)

    @staticmethod
    def ingest(path: Path, folder: Path) -> None:
        xapian = Xapian._module()
        new = not folder.exists()
        place = folder.with_name(f"{folder.name}.loose") if new else folder
        db = xapian.WritableDatabase(str(place), xapian.DB_CREATE_OR_OPEN)
        generator = xapian.TermGenerator()
        generator.set_stemmer(xapian.Stem("en"))
        generator.set_stemming_strategy(xapian.TermGenerator.STEM_ALL)
        for record in records(path):
            document = xapian.Document()
            generator.set_document(document)
            generator.index_text(record["text"])
            document.set_data(record["text"])
            for slot, name in enumerate(FACETS):
                document.add_value(slot, facet(record, name))
            db.add_document(document)
        db.commit()
        if new:
            db.compact(str(folder))
        db.close()
        if new:
            for file in place.iterdir():
                file.unlink()
            place.rmdir()

    def run(self, query: str, task: Task) -> int:
        xapian = self.xapian
        self.parser.set_default_op(xapian.Query.OP_AND if task.every else xapian.Query.OP_OR)
        enquire = xapian.Enquire(self.db)
        enquire.set_query(self.parser.parse_query(query, 0))
        spies = [xapian.ValueCountMatchSpy(slot) for slot, _ in enumerate(FACETS) if task.facets]
        for spy in spies:
            enquire.add_matchspy(spy)
        found = enquire.get_mset(0, 10, self.db.get_doccount() if task.total else 0)
        for spy in spies:
            for value in spy.top_values(10):
                _ = value.term, value.termfreq
        for match in found:
            _ = match.docid, match.weight
            if task.snippets:
                found.snippet(
                    match.document.get_data().decode(),
                    _PASSAGE,
                    self.stemmer,
                    xapian.MSet.SNIPPET_EXHAUSTIVE,
                )
        return int(found.get_matches_estimated()) if task.total else -1


class Fts5(Engine):
    """Porter's stemmer, optimised after the first ingest and mapped.

    Where facets are asked for, one pass keeps the records that match with their ranks; the first
    ten, the total and the facets, whose values are kept as numbers, come from those.
    """

    name = "SQLite FTS5"

    def __init__(self, folder: Path) -> None:
        self.db = sqlite3.connect(folder / "fts5.db", isolation_level=None)
        self.db.execute("PRAGMA mmap_size = 4000000000")
        self.db.execute("PRAGMA temp_store = MEMORY")
        self.db.execute("CREATE TEMP TABLE matched (n INTEGER PRIMARY KEY, rank REAL)")

    @staticmethod
    def version() -> str:
        return sqlite3.sqlite_version

    @staticmethod
    def ingest(path: Path, folder: Path) -> None:
        new = not folder.exists()
        folder.mkdir(exist_ok=True)
        db = sqlite3.connect(folder / "fts5.db")
        if new:
            db.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='porter unicode61')")
            db.execute(f"CREATE TABLE facets (n INTEGER PRIMARY KEY, {', '.join(FACETS)})")
            for name in FACETS:
                db.execute(f"CREATE TABLE {name} (n INTEGER PRIMARY KEY, value TEXT UNIQUE)")
        numbers: dict[str, dict[str, int]] = {
            name: {value: n for n, value in db.execute(f"SELECT n, value FROM {name}")}
            for name in FACETS
        }
        known = {name: len(values) for name, values in numbers.items()}
        (last,) = db.execute("SELECT coalesce(max(n), 0) FROM facets").fetchone()
        for number, record in enumerate(records(path), last + 1):
            row = [
                numbers[name].setdefault(facet(record, name), len(numbers[name])) for name in FACETS
            ]
            db.execute("INSERT INTO t (rowid, text) VALUES (?, ?)", (number, record["text"]))
            db.execute("INSERT INTO facets VALUES (?, ?, ?, ?)", (number, *row))
        for name, values in numbers.items():
            added = [(n, value) for value, n in values.items() if n >= known[name]]
            db.executemany(f"INSERT INTO {name} VALUES (?, ?)", added)
        if new:
            db.execute("INSERT INTO t (t) VALUES ('optimize')")
        db.commit()
        db.close()

    def run(self, query: str, task: Task) -> int:
        words = (" AND " if task.every else " OR ").join(f'"{word}"' for word in query.split())
        if not task.facets:
            first = "SELECT rowid, rank FROM t WHERE t MATCH ? ORDER BY rank LIMIT 10"
            self.db.execute(first, (words,)).fetchall()
            total = "SELECT count(*) FROM t WHERE t MATCH ?"
            return int(self.db.execute(total, (words,)).fetchone()[0]) if task.total else -1
        self.db.execute("DELETE FROM matched")
        self.db.execute("INSERT INTO matched SELECT rowid, rank FROM t WHERE t MATCH ?", (words,))
        best = self.db.execute("SELECT n, rank FROM matched ORDER BY rank LIMIT 10").fetchall()
        for name in FACETS:
            self.db.execute(
                f"SELECT value, c FROM (SELECT facets.{name} v, count(*) c FROM matched "
                f"JOIN facets USING (n) GROUP BY v ORDER BY c DESC LIMIT 10) JOIN {name} ON n = v"
            ).fetchall()
        for number, _ in best if task.snippets else ():
            self.db.execute(
                "SELECT snippet(t, 0, '*', '*', '', 40) FROM t WHERE t MATCH ? AND rowid = ?",
                (words, number),
            ).fetchall()
        return int(self.db.execute("SELECT count(*) FROM matched").fetchone()[0])


class StockWhoosh(Engine):
    """Its default codec, every stem cached; facets counted, not listed; its own passages.

    Passages analyse the ten texts again: to store characters and learn which terms matched
    (``terms=True``) costs more, since it notes them for every match.
    """

    name = "stock Whoosh"

    def __init__(self, folder: Path) -> None:
        from whoosh import highlight, index, sorting
        from whoosh.qparser import AndGroup, OrGroup, QueryParser

        opened = index.open_dir(str(folder))
        self.searcher = opened.searcher()
        self.parsers = {
            every: QueryParser("text", opened.schema, group=AndGroup if every else OrGroup)
            for every in (False, True)
        }
        self.facets = sorting.Facets()
        for name in FACETS:
            self.facets.add_field(name, maptype=sorting.Count)
        half = _PASSAGE // 2
        self.highlighter = highlight.Highlighter(
            fragmenter=highlight.ContextFragmenter(maxchars=_PASSAGE, surround=half)
        )

    @staticmethod
    def version() -> str:
        return _version_of("whoosh")

    @staticmethod
    def ingest(path: Path, folder: Path) -> None:
        from whoosh import analysis, fields, index

        if folder.exists():
            opened = index.open_dir(str(folder))
        else:
            folder.mkdir()
            analyzer = analysis.StemmingAnalyzer(stoplist=None, cachesize=-1)
            schema = fields.Schema(
                text=fields.TEXT(stored=True, analyzer=analyzer),
                **{name: fields.ID(sortable=True) for name in FACETS},
            )
            opened = index.create_in(str(folder), schema)
        writer = opened.writer(limitmb=256)
        for record in records(path):
            values = {name: facet(record, name) for name in FACETS}
            writer.add_document(text=record["text"], **values)
        writer.commit()

    def run(self, query: str, task: Task) -> int:
        found = self.searcher.search(
            self.parsers[task.every].parse(query),
            limit=10,
            groupedby=self.facets if task.facets else None,
        )
        for name in FACETS if task.facets else ():
            counts = found.groups(name)
            sorted(counts.items(), key=lambda pair: -pair[1])[:10]
        # With facets, the results are all that match.
        for number in range(min(10, found.scored_length())):
            hit = found[number]
            _ = hit.docnum, hit.score
            if task.snippets:
                self.highlighter.highlight_hit(hit, "text", top=1)
        return len(found) if task.total else -1


class Bm25s(Engine):
    """Ranking alone: it has neither totals, facets nor passages, and an index takes no additions.

    Stems by NLTK's Snowball; columns mapped.
    """

    name = "bm25s"
    tasks = (TOP,)
    extends = False

    def __init__(self, folder: Path) -> None:
        self.bm25s: Any = import_module("bm25s")
        self.index = self.bm25s.BM25.load(folder, mmap=True, show_progress=False)
        self.stem = _stemmer()

    @staticmethod
    def version() -> str:
        return _version_of("bm25s")

    @staticmethod
    def ingest(path: Path, folder: Path) -> None:
        bm25s: Any = import_module("bm25s")
        texts = [record["text"] for record in records(path)]
        index = bm25s.BM25()
        tokens = bm25s.tokenize(texts, stopwords=None, stemmer=_stemmer(), show_progress=False)
        index.index(tokens, show_progress=False)
        index.save(folder, show_progress=False)

    def run(self, query: str, task: Task) -> int:
        tokens = self.bm25s.tokenize(
            [query], stopwords=None, stemmer=self.stem, show_progress=False
        )
        numbers, scores = self.index.retrieve(tokens, k=10, show_progress=False)
        _ = numbers.tolist(), scores.tolist()
        return -1


def _version_of(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        raise ImportError(f"{distribution} is not installed") from None


def _stemmer() -> Callable[[list[str]], list[str]]:
    from nltk.stem.snowball import EnglishStemmer

    stem = EnglishStemmer().stem
    return lambda words: [stem(word) for word in words]
