"""What is done with the records that a search selects: read in context and side by side, taken
away as references, quoted, kept and run again.

Each is a room of its own, loaded when it is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from wpssearch.damage import undamaged
from wpssearch.model import Record, Search, Strings, strings

if TYPE_CHECKING:
    from pathlib import Path

    from wpssearch.analysis import Analyzer
    from wpssearch.backends.whoosh.snapshot import Snapshot
    from wpssearch.backends.whoosh.store import Store
    from wpssearch.findings import (
        Comparison,
        Concordance,
        Methods,
        Quotation,
        Replay,
        SavedSearch,
        Similar,
    )
    from wpssearch.model import Skip
    from wpssearch.results import Hit
    from wpssearch.vocab import Vocabulary

__all__ = ["Readings"]


class Readings:
    """The methods of ``engine.Index`` that read what a search selects.

    ``filters`` are the fields of ``Search``.
    """

    _store: Store
    _analyzer: Analyzer
    vocabulary: Vocabulary
    path: Path | None

    if TYPE_CHECKING:

        def get(self, id: str) -> Record: ...
        def info(self) -> dict[str, Any]: ...

    @undamaged
    def scan(self, request: Search) -> Iterator[Hit]:
        """Every hit from ``offset`` on, in order, whatever ``limit`` says.

        A number and a score are held for each record that is found; hits are made as they are
        taken. Raises as ``run`` does.
        """
        from wpssearch.searching import scan

        return scan(*self._state(), request)

    @undamaged
    def kwic(
        self,
        /,
        query: str,
        *,
        context: int = 40,
        words: int | None = None,
        order: str | None = None,
        **filters: Any,
    ) -> Concordance:
        """The query's words in context, a line a place; see ``concordance.concordance``.

        ``limit`` and ``offset`` count lines. ``order`` may also be ``record``, ``left`` or
        ``right``: by what stands beside.
        """
        from wpssearch.reading.concordance import concordance

        return concordance(
            *self._state(), Search(query, **filters), context=context, words=words, order=order
        )

    @undamaged
    def similar(self, /, id: str, *, words: int = 25, **filters: Any) -> Similar:
        """The records most like one, and the words that make them so; see ``similarity.similar``.

        ``UnknownRecord`` where there is no such record.
        """
        from wpssearch.reading.similarity import similar

        return similar(*self._state(), self.get(id), Search(**filters), words=words)

    @undamaged
    def compare(self, /, a: str, b: str, **filters: Any) -> Comparison:
        """What only one of two queries finds, and what both do; filters are for both."""
        from wpssearch.reading.comparison import compare

        return compare(*self._state(), Search(a, **filters), b)

    @undamaged
    def verify(self, text: str) -> tuple[Quotation, ...]:
        """Where each quotation of a text, a paragraph each, stands word for word, or what is
        nearest to it; see ``quoting`` for what counts as the same words.
        """
        from wpssearch.reading.quotations import verify

        return tuple(verify(self._store.snapshot(), self._analyzer, text))

    def cite(self, ids: Strings, *, style: str = "text", access_date: str | None = None) -> str:
        """References to records in ``text``, ``bibtex``, ``ris`` or ``csl-json``.

        ``access_date`` (``YYYY-MM-DD``) is given where a record has an address. ``UnknownRecord``
        for an id that is none, ``UsageError`` for a style or date that is none.
        """
        from wpssearch.render.citations import citations

        records: Iterable[Record] = map(self.get, dict.fromkeys(strings(ids)))
        return "\n".join(citations(list(records), style, access_date))

    @undamaged
    def save(self, name: str, request: Search) -> SavedSearch:
        """Keep a search with the ids that it finds, beside the index; see ``saved.save``."""
        from wpssearch.reading import saved

        folder = saved.folder_of(self.path)
        return saved.save(folder, name, request, self.info()["fingerprint"], self._state())

    def saved(self) -> tuple[SavedSearch | Skip, ...]:
        """The searches that are kept, by name; a ``Skip`` for one that cannot be read."""
        from wpssearch.reading import saved

        return saved.listed(saved.folder_of(self.path))

    @undamaged
    def replay(self, name: str) -> Replay:
        """Run a kept search again: what came, what went, what moved in rank."""
        from wpssearch.reading import saved

        kept = saved.read(saved.folder_of(self.path), name)
        return saved.replay(kept, self.info()["fingerprint"], self._state())

    def forget(self, name: str) -> None:
        """Drop a kept search."""
        from wpssearch.reading import saved

        saved.forget(saved.folder_of(self.path), name)

    @undamaged
    def methods(self, request: Search, *, date: str | None = None) -> Methods:
        """What a paper's methods section says of a search; ``date`` is today's without it."""
        from datetime import date as day

        from wpssearch.reading.methods import methods

        return methods(request, date or day.today().isoformat(), self.info(), self._state())

    def _state(self) -> tuple[Snapshot, Analyzer, Vocabulary]:
        return self._store.snapshot(), self._analyzer, self.vocabulary
