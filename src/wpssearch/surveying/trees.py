"""A facet as a tree: years with the source's periods, regions with their countries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from wpssearch import derived
from wpssearch.analysis import Analyzer
from wpssearch.backends import faceting
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.errors import UsageError
from wpssearch.folding import fold
from wpssearch.model import Search
from wpssearch.overviews import Node, Tree
from wpssearch.results import FacetValue
from wpssearch.searching import Selected, select
from wpssearch.surveying.scope import scope
from wpssearch.vocab import Vocabulary

__all__ = ["tree"]


def tree(
    snapshot: Snapshot, analyzer: Analyzer, vocabulary: Vocabulary, request: Search, facet: str
) -> Tree:
    """The values of ``period`` under their years, or of ``country`` under region and sub-region.

    A record counts in each year that its period touches, and once in a region. Order and least
    count of the search hold at each level, limit and offset at the top. The facet's own filter is
    left aside, as in its list. Raises ``UsageError`` for any other facet.
    """
    selected = select(snapshot, analyzer, vocabulary, request)
    whole = replace(request, facet_limit=None, facet_offset=0)
    leaves, _ = faceting.count(facet, selected.selection, selected.filters, snapshot, whole)
    level = _levels(facet, selected, snapshot, request)
    if facet == "period":
        nodes = _years(leaves, level)
    elif facet == "country":
        nodes = _regions(leaves, level, vocabulary)
    else:
        raise UsageError(f"A tree is of period or country, not of {facet!r}.")
    kept = _arranged(nodes, request)
    stop = None if request.facet_limit is None else request.facet_offset + request.facet_limit
    shown = kept[request.facet_offset : stop]
    more = max(0, len(kept) - request.facet_offset - len(shown))
    return Tree(facet, scope(request, selected), shown, more)


_Level = Callable[[str, str], FacetValue]


def _levels(facet: str, selected: Selected, snapshot: Snapshot, request: Search) -> _Level:
    """What gives a value of a level above the facet's own, with its count."""
    records = faceting.without_own(facet, selected.selection)
    counts: dict[str, dict[str, int]] = {}

    def value(level: str, name: str) -> FacetValue:
        if level not in counts:
            totals = snapshot.count_in(
                level, records, faceting.kept_marks(level, request, snapshot)
            )
            counts[level] = dict(zip(snapshot.facet(level).values, totals.tolist(), strict=True))
        names = level, level.rpartition(":")[2]
        chosen = any(f.facet in names and name in f.chosen for f in selected.filters)
        total = counts[level].get(name, 0)
        return faceting.value_of(level, name, total, snapshot, selected=chosen)

    return value


def _years(leaves: Sequence[FacetValue], level: _Level) -> list[Node]:
    """The years from the first to the last without a break, each with the periods that touch it."""
    below: dict[str, list[Node]] = {}
    for leaf in leaves:
        for year in derived.through(derived.YEAR, leaf.start or "", leaf.end or ""):
            below.setdefault(year, []).append(Node("period", leaf))
    if not below:
        return []
    return [
        Node("year", level(derived.YEAR, year), tuple(below.get(year, ())))
        for year in derived.through(derived.YEAR, min(below), max(below))
    ]


def _regions(leaves: Sequence[FacetValue], level: _Level, vocabulary: Vocabulary) -> list[Node]:
    """The regions with their sub-regions and countries, then the countries that are in none."""
    below: dict[str, dict[str, list[Node]]] = {}
    apart: list[Node] = []
    for leaf in leaves:
        node, found = Node("country", leaf), derived.groups(leaf.value, vocabulary)
        if found is None:
            apart.append(node)
        else:
            below.setdefault(found[0], {}).setdefault(found[1], []).append(node)
    regions = [
        Node(
            "region",
            level(derived.REGION, region),
            tuple(
                Node("subregion", level(derived.SUBREGION, name), tuple(nodes))
                for name, nodes in inside.items()
            ),
        )
        for region, inside in below.items()
    ]
    return [*regions, *apart]


def _arranged(nodes: Sequence[Node], request: Search) -> tuple[Node, ...]:
    """The nodes that enough records have, in the order asked for; the same below each.

    Years stand in time without an order, all else by count, then name.
    """
    kept = [
        replace(node, children=_arranged(node.children, request))
        for node in nodes
        # A year without a record is there to show just that.
        if node.value.count >= request.facet_min or (not node.value.count and request.facet_min < 2)
    ]
    timed = bool(kept) and kept[0].value.start is not None
    order = request.facet_order or "time"
    if order == "name" or not timed:
        kept.sort(key=lambda node: (fold(node.value.value), node.value.value))
    if order == "count" or (order == "time" and not timed):
        kept.sort(key=lambda node: -node.value.count)
    return tuple(kept)
