"""The engines that are measured: wpssearch, and its peers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from engine import Engine
from peers import Bm25s, Fts5, StockWhoosh, Tantivy, Xapian
from tasks import FACETS, Task

__all__ = ["ENGINES", "TwoJobs", "Wpssearch"]


class Wpssearch(Engine):
    """With tagging on."""

    name = "wpssearch"
    most = sys.maxsize

    def __init__(self, folder: Path) -> None:
        import wpssearch

        self.index = wpssearch.open(folder, create=False)

    @staticmethod
    def version() -> str:
        import wpssearch

        return wpssearch.__version__

    @staticmethod
    def ingest(path: Path, folder: Path) -> None:
        _ingest(path, folder)

    def run(self, query: str, task: Task) -> int:
        results = self.index.search(
            query,
            any=not task.every,
            facets=FACETS if task.facets else (),
            snippets=task.snippets,
            total=task.total,
        )
        for values in results.facets.values():
            for value in values:
                _ = value.value, value.count
        for hit in results.hits:
            _ = hit.id, hit.score
            for snippet in hit.snippets:
                _ = snippet.text, snippet.matches
        return int(results.total) if task.total else -1


class TwoJobs(Wpssearch):
    """wpssearch with two processes for ingest; its searches are the same."""

    name = "wpssearch, 2 jobs"
    tasks = ()
    most = 0

    @staticmethod
    def ingest(path: Path, folder: Path) -> None:
        _ingest(path, folder, jobs=2)


def _ingest(path: Path, folder: Path, **options: Any) -> None:
    import wpssearch

    with wpssearch.open(folder) as index:
        index.ingest([path], **options)


ENGINES: dict[str, type[Engine]] = {
    engine.name: engine
    for engine in (Wpssearch, TwoJobs, Tantivy, Xapian, Fts5, StockWhoosh, Bm25s)
}
