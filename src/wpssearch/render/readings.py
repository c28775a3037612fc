"""Concordances, similar records, comparisons, quotations and kept searches, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wpssearch.findings import (
    Comparison,
    Concordance,
    KwicLine,
    NearestPassage,
    Quotation,
    Replay,
    SavedSearch,
    SharedWord,
    Similar,
)
from wpssearch.model import Source, activity_title
from wpssearch.render.data import table
from wpssearch.render.safe import char_width, display_width, neutralise
from wpssearch.render.style import BOLD, DIM, Style, plural
from wpssearch.render.terminal import hit_lines

__all__ = [
    "kwic_csv",
    "render_comparison",
    "render_kwic",
    "render_quotations",
    "render_replay",
    "render_saved",
    "render_similar",
]

_KWIC_HEADER = (
    "id", "title", "agencies", "period", "period_start", "period_end", "field", "start", "end",
    "left", "match", "right",
)  # fmt: skip
#: From this width on, a line of a concordance says which record it is from; else one below does.
_WIDE = 120
#: How many of something are listed for people; the rest is counted.
_LISTED = 20
_SHARED = 10
_QUOTED = 72


def render_kwic(found: Concordance, *, width: int | None, color: bool) -> Iterator[str]:
    """A line a place, the words that matched below one another."""
    style = Style(width, color)
    where = f" in {plural(found.records)}"
    shown = len(found.lines)
    page = f" ({found.offset + 1}-{found.offset + shown} shown)" if 0 < shown < found.total else ""
    yield from style.lines(f"{plural(found.total, 'line')}{where}: {found.query}{page}", "")
    if not shown:
        return
    yield ""
    lines = [(neutralise(line.left), neutralise(line.match), neutralise(line.right), _about(line))
             for line in found.lines]  # fmt: skip
    stars = 0 if color else 2
    widest = max(display_width(left) for left, *_ in lines)
    about = max(display_width(about) for *_, about in lines) + 2
    room = None if width is None else max(width, 20)
    below = room is not None and (room < _WIDE or room < 2 * about)
    if room is not None:
        room -= 0 if below else about
        middle = max(display_width(match) for _, match, *_ in lines)
        widest = min(widest, max(0, room - middle) // 2)
    longest = max(display_width(match + right) for _, match, right, _ in lines)
    for left, match, right, about_ in lines:
        left = _end_of(left, widest)
        before = " " * (widest - display_width(left)) + left
        if room is not None:
            match_room = room - widest - stars
            match = _start_of(match, max(1, match_room))
            right = _start_of(right, max(0, match_room - display_width(match)))
        line = f"{before}{style.marked(match, [(0, len(match))])}{right}"
        if below:
            yield line
            yield from style.lines(about_, "  ", code=DIM)
        else:
            columns = longest if room is None else room - widest - stars
            after = " " * (columns - display_width(match + right))
            yield f"{line}{after}  {style.paint(about_, DIM)}"


def _about(line: KwicLine) -> str:
    named = activity_title(line.agencies, line.period) or line.title
    field = "" if line.field == "text" else f"  [{line.field}]"
    return neutralise(f"{line.id}  {named}{field}")


def _end_of(text: str, columns: int) -> str:
    """As much of the end of a text as so many columns hold."""
    start, used = len(text), 0
    while start and used + char_width(text[start - 1]) <= columns:
        start -= 1
        used += char_width(text[start])
    return text[start:]


def _start_of(text: str, columns: int) -> str:
    """As much of the beginning of a text as so many columns hold."""
    stop = used = 0
    while stop < len(text) and used + char_width(text[stop]) <= columns:
        used += char_width(text[stop])
        stop += 1
    return text[:stop]


def kwic_csv(found: Concordance) -> Iterator[str]:
    """A header row, then a line of the concordance a row."""
    return table(_KWIC_HEADER, map(_kwic_row, found.lines))


def _kwic_row(line: KwicLine) -> tuple[str | int | None, ...]:
    period = line.period
    return (
        line.id,
        line.title,
        "; ".join(line.agencies),
        period.label if period else None,
        period.start if period else None,
        period.end if period else None,
        line.field,
        line.start,
        line.end,
        line.left,
        line.match,
        line.right,
    )


def render_similar(found: Similar, *, width: int | None, color: bool) -> Iterator[str]:
    """The words that were searched for, then the records that share them, and which."""
    style = Style(width, color)
    total = found.results.total
    verb = "shares" if total == 1 else "share"
    yield from style.lines(f"{plural(total)} {verb} words with {found.id} ({found.title})", "")
    if found.words:
        yield from style.lines(f"Its words: {_words(found.words, len(found.words))}", "")
    for rank, (hit, shared) in enumerate(
        zip(found.results.hits, found.why, strict=True), found.results.offset + 1
    ):
        yield ""
        yield from hit_lines(hit, rank, style)
        yield from style.lines(f"shares: {_words(shared, _SHARED)}", "   ")


def _words(shared: Sequence[SharedWord], most: int) -> str:
    listed = ", ".join(f"{word.word} {word.score:.2f}" for word in shared[:most])
    return listed + (f" and {len(shared) - most} more" if len(shared) > most else "")


def render_comparison(found: Comparison, *, width: int | None, color: bool) -> Iterator[str]:
    """The records of each part, then by facet how many of each part have a value."""
    style = Style(width, color)
    for name, query, match in zip("AB", found.queries, found.matches, strict=True):
        total = found.totals["both"] + found.totals[f"only_{name.lower()}"]
        how = "all words" if match == "all" else "any word"
        yield from style.lines(f"{name}: {query or 'every record'} ({how}): {plural(total)}", "")
    titles = {"only_a": "only A", "both": "both", "only_b": "only B"}
    for part, total in found.totals.items():
        yield ""
        yield from style.lines(f"{titles[part]}: {plural(total)}", "", code=BOLD)
        for record in found.records[part]:
            yield from style.lines(f"{record.id}  {record.title}", "  ")
        left = total - len(found.records[part])
        if left and found.records[part]:
            yield from style.lines(f"and {left:,} more", "  ", code=DIM)
    for name, shares in found.facets.items():
        if not shares:
            continue
        more = found.more.get(name, 0)
        yield ""
        yield from style.lines(f"{name}  (+{more} more)" if more else name, "", code=BOLD)
        yield f"{'only A':>8} {'both':>8} {'only B':>8}"
        for share in shares:
            head = f"{share.only_a:>8,} {share.both:>8,} {share.only_b:>8,}  "
            first, *rest = [*style.lines(share.value, " " * len(head))] or [""]
            yield head + first[len(head) :]
            yield from rest


def render_quotations(
    found: Sequence[Quotation], *, width: int | None, color: bool
) -> Iterator[str]:
    """Each quotation with where it stands, or what is nearest to it and how that differs."""
    style = Style(width, color)
    for number, quotation in enumerate(found):
        if number:
            yield ""
        words = " ".join(quotation.text.split())
        shown = words if len(words) <= _QUOTED else f"{words[:_QUOTED].rstrip()} …"
        state = "found" if quotation.found else "NOT FOUND"
        yield from style.lines(f"line {quotation.line}: {state}: {shown}", "", code=BOLD)
        for place in quotation.places:
            spans = ", ".join(f"{start}-{end}" for start, end in place.spans)
            at = f"{place.field} {spans}{_file(place.source)}"
            yield from style.lines(f"{place.id}  {place.title}  {at}", "   ")
            if not place.exact:
                yield from style.lines(f"written there: {place.text}", "   ")
        if quotation.more:
            yield from style.lines("It may stand elsewhere, too.", "   ", code=DIM)
        if quotation.nearest:
            yield from _near(quotation.nearest, style)
        elif not quotation.found:
            yield from style.lines("Nothing in the corpus is like it.", "   ")


def _file(source: Source) -> str:
    return f"  {source.file}:{source.line}" if source.file else ""


def _near(near: NearestPassage, style: Style) -> Iterator[str]:
    start, end = near.span
    at = f"{near.field} {start}-{end}{_file(near.source)}"
    yield from style.lines(f"nearest: {near.id}  {near.title}  {at}", "   ")
    differ = f"{near.changed:,} of {plural(near.words, 'word')} differ"
    parts = []
    for run in near.differences:
        if run.same:
            parts.append(run.corpus)
            continue
        quoted = f"[-{run.quoted}-]" if run.quoted else ""
        corpus = f"{{+{run.corpus}+}}" if run.corpus else ""
        parts.append(" ".join(filter(None, (quoted, corpus))))
    yield from style.lines(f"{differ} ([-quoted-] {{+corpus+}}): {' '.join(parts)}", "   ")


def render_saved(kept: Sequence[SavedSearch], *, width: int | None, color: bool) -> Iterator[str]:
    """A line for each kept search: its name, its day, what it found, what it asked for."""
    style = Style(width, color)
    if not kept:
        yield "No search is kept."
    for search in kept:
        found = plural(search.total)
        yield from style.lines(f"{search.name}  {search.date[:10]}  {found}: {_asked(search)}", "")


def _asked(kept: SavedSearch) -> str:
    asked = dict(kept.search)
    query = str(asked.pop("query", ""))
    options = []
    for name, value in asked.items():
        if isinstance(value, dict):
            sign = "not " if name == "exclude" else ""
            options += [f"{sign}{key}={' or '.join(values)}" for key, values in value.items()]
        elif isinstance(value, list | tuple):
            options.append(f"{name.rstrip('_')}={' or '.join(value)}")
        else:
            options.append(name if value is True else f"{name.rstrip('_')}={value}")
    return "  ".join(filter(None, (query, *options))) or "every record"


def render_replay(found: Replay, *, width: int | None, color: bool) -> Iterator[str]:
    """Whether the index is as it was, then what came, what went, what moved."""
    style = Style(width, color)
    kept = found.saved
    yield from style.lines(f"{kept.name}: {_asked(kept)}", "")
    state = "as it was" if found.same_index else "another than it was"
    then = f"{kept.date[:10]}: {plural(kept.total)}"
    yield from style.lines(f"{then}; now: {plural(found.total)}. The index is {state}.", "")
    if found.match != kept.match:
        how = "any word will do" if found.match == "any" else "all words are required"
        yield from style.lines(f"Now {how}, as was not so then.", "")
    if not found.complete:
        count = f"{len(kept.ids):,}"
        yield from style.lines(f"The first {count} of each are compared, not all.", "")
    gone = "no longer in the index"
    parts = (
        ("came", [f"{r.id}  {r.title}" for r in found.came]),
        ("went", [f"{r.id}  {r.title or gone}" for r in found.went]),
        ("moved", [f"{r.id}  {r.title}  from {r.before} to {r.after}" for r in found.moved]),
    )
    for name, lines in parts:
        if lines:
            yield ""
            yield from style.lines(f"{name}: {plural(len(lines))}", "", code=BOLD)
        for line in lines[:_LISTED]:
            yield from style.lines(line, "  ")
        if len(lines) > _LISTED:
            yield from style.lines(f"and {len(lines) - _LISTED:,} more", "  ", code=DIM)
    if not any(lines for _, lines in parts):
        yield "The same records in the same order."
