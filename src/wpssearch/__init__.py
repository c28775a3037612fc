"""Full-text search with facets and evidence over records of who did what, where and when.

    import wpssearch

    with wpssearch.open("index") as index:
        index.ingest(["corpus"])
        for hit in index.search("police gender desks Liberia").hits:
            print(hit.title, hit.score)

Names are loaded when they are first used: ``import wpssearch`` alone costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wpssearch.version import __version__ as __version__

if TYPE_CHECKING:
    from wpssearch.engine import Index, repair, tag
    from wpssearch.engine import open_index as open
    from wpssearch.errors import (
        Error,
        IndexDamaged,
        IndexLocked,
        IndexMissing,
        IndexUnwritable,
        SavedSearchError,
        UnknownRecord,
        UsageError,
    )
    from wpssearch.explanation import Explanation
    from wpssearch.findings import (
        Comparison,
        Concordance,
        Difference,
        FacetShare,
        KwicLine,
        Methods,
        NearestPassage,
        Passage,
        Quotation,
        RankChange,
        RecordTitle,
        Replay,
        SavedSearch,
        SharedWord,
        Similar,
    )
    from wpssearch.model import Period, Record, Repair, Report, Search, Section, Skip, Source, Tag
    from wpssearch.overviews import (
        Crosstab,
        Gap,
        Gaps,
        Node,
        Scope,
        Series,
        Term,
        Terms,
        Tree,
        Trend,
    )
    from wpssearch.query import Query
    from wpssearch.results import FacetValue, Hit, Results, Snippet

__all__ = [
    "Comparison",
    "Concordance",
    "Crosstab",
    "Difference",
    "Error",
    "Explanation",
    "FacetShare",
    "FacetValue",
    "Gap",
    "Gaps",
    "Hit",
    "Index",
    "IndexDamaged",
    "IndexLocked",
    "IndexMissing",
    "IndexUnwritable",
    "KwicLine",
    "Methods",
    "NearestPassage",
    "Node",
    "Passage",
    "Period",
    "Query",
    "Quotation",
    "RankChange",
    "Record",
    "RecordTitle",
    "Repair",
    "Replay",
    "Report",
    "Results",
    "SavedSearch",
    "SavedSearchError",
    "Scope",
    "Search",
    "Section",
    "Series",
    "SharedWord",
    "Similar",
    "Skip",
    "Snippet",
    "Source",
    "Tag",
    "Term",
    "Terms",
    "Tree",
    "Trend",
    "UnknownRecord",
    "UsageError",
    "open",
    "repair",
    "tag",
]

_ENGINE = {"Index": "Index", "open": "open_index", "repair": "repair", "tag": "tag"}
_ERRORS = {"Error", "IndexDamaged", "IndexLocked", "IndexMissing", "IndexUnwritable",
           "SavedSearchError", "UnknownRecord", "UsageError"}  # fmt: skip
_FINDINGS = {"Comparison", "Concordance", "Difference", "FacetShare", "KwicLine", "Methods",
             "NearestPassage", "Passage", "Quotation", "RankChange", "RecordTitle",
             "Replay", "SavedSearch", "SharedWord", "Similar"}  # fmt: skip
_OVERVIEWS = {
    "Crosstab", "Gap", "Gaps", "Node", "Scope", "Series", "Term", "Terms", "Tree", "Trend",
}  # fmt: skip
_RESULTS = {"FacetValue", "Hit", "Results", "Snippet"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    rooms = {"engine": _ENGINE, "errors": _ERRORS, "explanation": {"Explanation"},
             "findings": _FINDINGS,
             "overviews": _OVERVIEWS, "query": {"Query"}, "results": _RESULTS}  # fmt: skip
    room = next((room for room, names in rooms.items() if name in names), "model")
    value = getattr(import_module(f"{__name__}.{room}"), _ENGINE.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
