"""The whole picture: what an open index says of many records at once.

Each is over the records that a query and filters select; a room below is loaded when it is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wpssearch.damage import undamaged
from wpssearch.model import Search, Strings, strings

if TYPE_CHECKING:
    from wpssearch.analysis import Analyzer
    from wpssearch.backends.whoosh.store import Store
    from wpssearch.overviews import Crosstab, Gaps, Terms, Tree, Trend
    from wpssearch.vocab import Vocabulary

__all__ = ["Surveys"]


class Surveys:
    """The methods of ``engine.Index`` that count over many records.

    ``filters`` are the fields of ``Search``; a number that is ``None`` shows all.
    """

    _store: Store
    _analyzer: Analyzer
    vocabulary: Vocabulary

    @undamaged
    def crosstab(
        self,
        /,
        rows: str,
        columns: str,
        query: str = "",
        *,
        row_limit: int | None = 20,
        column_limit: int | None = 20,
        **filters: Any,
    ) -> Crosstab:
        """How many records have each value of one facet together with each of another."""
        from wpssearch.surveying.tables import crosstab

        return crosstab(
            *self._state(), Search(query, **filters), (rows, columns),
            row_limit=row_limit, column_limit=column_limit,
        )  # fmt: skip

    @undamaged
    def gaps(
        self,
        /,
        rows: str,
        columns: str,
        query: str = "",
        *,
        row_limit: int | None = None,
        column_limit: int | None = None,
        gap_limit: int = 20,
        **filters: Any,
    ) -> Gaps:
        """The pairs of values that no record has together, the most expected first."""
        from wpssearch.surveying.tables import gaps

        return gaps(
            *self._state(), Search(query, **filters), (rows, columns),
            row_limit=row_limit, column_limit=column_limit, limit=gap_limit,
        )  # fmt: skip

    @undamaged
    def trend(self, /, queries: Strings, *, by: str = "year", **filters: Any) -> Trend:
        """How many records each query finds by year (or ``decade``), and which share of all."""
        from wpssearch.surveying.trends import trend

        return trend(*self._state(), Search(**filters), strings(queries), by=by)

    @undamaged
    def terms(
        self,
        /,
        query: str = "",
        *,
        term_limit: int = 20,
        minimum: int = 2,
        ratio: float = 1.5,
        **filters: Any,
    ) -> Terms:
        """The words that set the records apart from all others: G² over numbers of records.

        At least ``minimum`` of the records have each, and a share of them that is at least
        ``ratio`` times that of the others.
        """
        from wpssearch.surveying.words import terms

        return terms(
            *self._state(), Search(query, **filters), limit=term_limit, minimum=minimum, ratio=ratio
        )

    @undamaged
    def tree(self, /, facet: str, query: str = "", **filters: Any) -> Tree:
        """The values of ``period`` under their years, of ``country`` under their regions."""
        from wpssearch.surveying.trees import tree

        return tree(*self._state(), Search(query, **filters), facet)

    def _state(self) -> tuple[Any, Analyzer, Vocabulary]:
        return self._store.snapshot(), self._analyzer, self.vocabulary
