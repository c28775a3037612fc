"""What a paper's methods section needs to say of a search, from the index's own facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wpssearch.analysis import Analyzer
from wpssearch.backends.scoring import FIELDS, K1, WEIGHTS, B
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.findings import Methods
from wpssearch.model import Search
from wpssearch.querying import Matched
from wpssearch.searching import named_filters, select
from wpssearch.version import __version__
from wpssearch.vocab import Vocabulary

__all__ = ["CITATION", "methods"]

CITATION = (
    "Robertson, S. and Zaragoza, H. (2009) The Probabilistic Relevance Framework: BM25 and Beyond. "
    "Foundations and Trends in Information Retrieval 3(4), 333-389"
)
#: How many files are named one by one.
_NAMED = 5


def methods(
    request: Search,
    date: str,
    account: Mapping[str, Any],
    state: tuple[Snapshot, Analyzer, Vocabulary],
) -> Methods:
    """What was searched, for what, how, when, and what was found; ``account`` is that of ``info``.

    Raises as a search does.
    """
    selected = select(*state, request)
    understood = str(selected.matched.tree)
    filters = named_filters(request)
    facts: dict[str, Any] = {
        "tool": "wpssearch",
        "version": __version__,
        "date": date,
        "records": account["records"],
        "kinds": account["kinds"],
        "sources": len(account["sources"]),
        "fingerprint": account["fingerprint"],
        "analyzer": account["analyzer"],
        "vocabulary": account["vocabulary"],
        "query": str(request.query),
        "understood": understood,
        "match": selected.matched.mode,
        "filters": {name: list(values) for name, values in filters.items()},
        "sort": request.sort,
        "total": selected.total,
        "notes": list(selected.notes),
        "scoring": _scoring(),
        "citation": CITATION,
    }
    sentences = [
        f"The search was made with wpssearch {__version__} on {date}.",
        _corpus(account),
        _query(str(request.query), understood, selected.matched),
        *(f"({note})" for note in selected.notes),
        _filters(filters),
        f"{_count(selected.total, 'record')} matched.",
        _order(request),
        "Words were compared without case and accents by their stems (Snowball's English stemmer, "
        "with the exceptions of the program's tables).",
    ]
    return Methods(" ".join(filter(None, sentences)), facts)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _corpus(account: Mapping[str, Any]) -> str:
    kinds = ", ".join(f"{count:,} of the kind {kind}" for kind, count in account["kinds"].items())
    sources = account["sources"]
    names = [source["path"].replace("\\", "/").rpartition("/")[2] for source in sources
             if source["path"]]  # fmt: skip
    named = f" ({', '.join(names)})" if names and len(sources) <= _NAMED else ""
    return (
        f"The index held {_count(account['records'], 'record')}{f' ({kinds})' if kinds else ''} "
        f"from {_count(len(sources), 'source')}{named}; its fingerprint, a hash over the records, "
        f"the analyzer and the vocabulary, is {account['fingerprint']}."
    )


def _query(query: str, understood: str, matched: Matched) -> str:
    if not query.strip():
        return "No words were asked for: every record was taken."
    read = f", read as: {understood}" if understood != " ".join(query.split()) else ""
    if matched.mode == "any":
        how = "any of the words would do"
    else:
        how = "its operators held" if matched.operators else "all words were required"
    return f"The query was: {query}{read}; {how}."


def _filters(filters: Mapping[str, tuple[str, ...]]) -> str:
    if not filters:
        return "No filter was set."
    named = "; ".join(f"{name} {' or '.join(values)}" for name, values in filters.items())
    return f"The filters were: {named}."


def _order(request: Search) -> str:
    if request.sort != "relevance":
        return f"They were put in the order of their periods, {request.sort} first."
    if not str(request.query).strip():
        return "They were put in the order of their ids."
    return f"They were ranked by {_scoring()} ({CITATION})."


def _scoring() -> str:
    weights = ", ".join(f"{field} {WEIGHTS[field]:g}" for field in FIELDS)
    return (
        f"BM25F with k1 = {K1:g}, b = {B:g}, field weights {weights}, and "
        "idf = ln(1 + (N - df + 0.5) / (df + 0.5))"
    )
