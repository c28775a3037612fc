"""Answers for people: text with the matches marked, facets with their counts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from wpssearch.model import CORE_FACETS, Record, Repair, Report, Span, Tag, activity_title
from wpssearch.render.layout import summary
from wpssearch.render.safe import neutralise
from wpssearch.render.style import BOLD, DIM, Style, plural
from wpssearch.results import FacetValue, Hit, Results, Snippet
from wpssearch.tables import Row

__all__ = [
    "hit_lines",
    "render_check",
    "render_facets",
    "render_info",
    "render_record",
    "render_repair",
    "render_report",
    "render_results",
    "render_rows",
]


def _summary(results: Results) -> str:
    found = summary(results)
    shown = len(results.hits)
    if shown and shown < results.total:
        found += f" ({results.offset + 1}-{results.offset + shown} shown)"
    return found


def _head(results: Results, style: Style) -> Iterator[str]:
    yield from style.lines(_summary(results), "")
    if results.suggestion is not None:
        yield from style.lines(f"Did you mean: {results.suggestion}", "", code=BOLD)


def render_results(
    results: Results,
    *,
    width: int | None,
    color: bool,
    hints: bool,
    hits: Iterable[Hit] | None = None,
) -> Iterator[str]:
    """The lines of an answer: hits, then facets, then with ``hints`` what to type next.

    ``hits`` are shown in the place of the results' own, and taken as they are shown.
    """
    style = Style(width, color)
    yield from _head(results, style)
    account = results.explanation
    if account:
        from wpssearch.render import explaining

        for line in explaining.query_lines(account):
            yield from style.lines(line, "")
    for place, hit in enumerate(results.hits if hits is None else hits):
        yield ""
        yield from hit_lines(hit, results.offset + place + 1, style)
        if account and place < len(account.hits):
            for line in explaining.hit_lines(account.hits[place], account.k1):
                yield from style.lines(line, "     ", code=DIM)
    if any(results.facets.values()):
        yield ""
        yield from _facets(results, style)
    if hints:
        yield from _hints(results, style)


def hit_lines(hit: Hit, rank: int, style: Style) -> Iterator[str]:
    """The lines of a hit: title, tags, passages, where it stands."""
    title = f"{rank}. {hit.title}"
    if hit.record.title_given:
        about = activity_title(hit.agencies, hit.period)
        title += f" ({about})" if about else ""
    yield from style.lines(title, "", code=BOLD)
    named = [*map(_named, hit.missions), *map(_named, hit.countries)]
    if named:
        yield from style.lines(" · ".join(named), "   ")
    for snippet in hit.snippets:
        yield from _snippet(snippet, style)
    place = f"{hit.source.file}:{hit.source.line}" if hit.source.file else ""
    cut = "cut off by the source" if hit.truncated else ""
    score = f"score {hit.score:.2f}" if hit.score else ""
    yield from style.lines("  ".join(filter(None, (hit.id, place, score, cut))), "   ", code=DIM)


def _named(tag: Tag) -> str:
    if tag.evidence == "implied":
        return f"{tag.value} (via {tag.via})"
    return f"{tag.value} (partner)" if tag.role == "partner" else tag.value


def _snippet(snippet: Snippet, style: Style) -> Iterator[str]:
    left = "… " if snippet.clipped_left else ""
    right = " …" if snippet.clipped_right else ""
    matches = [(a + len(left), b + len(left)) for a, b in snippet.matches]
    label = "" if snippet.field == "text" else f"[{snippet.field}] "
    matches = [(a + len(label), b + len(label)) for a, b in matches]
    shown = label + left + snippet.text + right
    # A whole field keeps its lines; of a passage they say nothing.
    lines = [shown] if left or right else shown.split("\n")
    start = 0
    for line in lines:
        stop = start + len(line)
        inside = [(max(a, start) - start, min(b, stop) - start)
                  for a, b in matches if a < stop and b > start]  # fmt: skip
        if line.strip():
            yield from style.lines(line, "   ", inside)
        start = stop + 1


def _facets(results: Results, style: Style) -> Iterator[str]:
    for name, values in results.facets.items():
        if not values:
            continue
        more = results.more.get(name, 0)
        heading = f"{name}  (+{more} more)" if more else name
        yield from style.lines(heading, "", code=BOLD)
        digits = max(len(f"{value.count:,}") for value in values)
        for value in values:
            mark = "*" if value.selected else " "
            head = f" {mark} {value.count:>{digits},}  "
            first, *rest = [*style.lines(value.value, " " * len(head))] or [""]
            yield head + first[len(head) :]
            yield from rest


def _hints(results: Results, style: Style) -> Iterator[str]:
    options = []
    for name, values in results.facets.items():
        chosen = any(value.selected for value in values)
        narrower = [] if chosen else [v for v in values if v.count < results.total]
        if narrower:
            option = _option(name, _fewest(narrower).value)
            # What cannot be shown as it is cannot be typed from what is shown.
            if neutralise(option) == option:
                options.append(option)
    if options and results.total > 1:
        yield ""
        yield from style.lines(
            "To narrow down, add for example: " + "   ".join(options), "", code=DIM
        )
    left = results.total - results.offset - len(results.hits)
    if left > 0 and results.hits:
        following = results.offset + len(results.hits)
        yield from style.lines(f"For the next, add: --offset {following}", "", code=DIM)


def _option(facet: str, value: str) -> str:
    """What to type to choose a facet's value."""
    import shlex

    if facet in (*CORE_FACETS, "kind"):
        return f"--{facet} {shlex.quote(value)}"
    return f"--where {shlex.quote(f'{facet}={value}')}"


def _fewest(values: Sequence[FacetValue]) -> FacetValue:
    """The value that parts the records best: nearest to half of the most frequent one's."""
    most = max(value.count for value in values)
    return min(values, key=lambda value: abs(value.count - most / 2))


def render_facets(results: Results, *, width: int | None, color: bool) -> Iterator[str]:
    """The lines of facet counts alone."""
    style = Style(width, color)
    yield from _head(results, style)
    if any(results.facets.values()):
        yield ""
        yield from _facets(results, style)


def render_record(
    record: Record, profile: Record | None, *, width: int | None, color: bool
) -> Iterator[str]:
    """The lines of one whole record: text, a line for each tag, source, its agency's profile."""
    style = Style(width, color)
    yield from style.lines(record.title, "", code=BOLD)
    if record.period:
        period = record.period
        yield from style.lines(f"{period.label} ({period.start} to {period.end})", "")
    yield from style.lines("; ".join(record.agencies), "")
    yield ""
    tags = [("mission", tag) for tag in record.missions]
    tags += [("country", tag) for tag in record.countries]
    tags += [(name, tag) for name, values in record.facets.items() for tag in values]
    yield from _body(record, style, [tag for _, tag in tags])
    yield ""
    for number, (facet, tag) in enumerate(tags, 1):
        yield from style.lines(f"[{number}] {_evidence(facet, tag)}", "")
    header = f"{record.source.file}:{record.source.line}" if record.source.file else "the record"
    for agency in record.agencies:
        yield from style.lines(f"agency: {agency} | given | by {header}", "")
    if record.period:
        yield from style.lines(f"period: {record.period.label} | given | by {header}", "")
    row = next((tag.row for _, tag in tags if tag.row), None)
    if row:
        yield from style.lines(f"A row is shown by: wpssearch vocab {row}", "", code=DIM)
    yield ""
    if record.truncated:
        yield "The source cuts this text off."
    source = record.source
    if source.file:
        yield from style.lines(f"source: {source.file}, line {source.line}", "", code=DIM)
    if record.url:
        yield from style.lines(f"address: {record.url}", "", code=DIM)
    for key, value in record.extra.items():
        yield from style.lines(f"{key}: {value}", "", code=DIM)
    yield from style.lines(f"id: {record.id}", "", code=DIM)
    if profile is not None:
        yield ""
        yield from style.lines(f"The agency: {profile.title}", "", code=BOLD)
        yield from _body(profile, style)


def _body(record: Record, style: Style, tags: Sequence[Tag] = ()) -> Iterator[str]:
    """The text with its headings, and each tag's evidence between brackets with its number."""
    headings = {section.start: section.heading for section in record.sections}
    spans = sorted((a, b, number) for number, tag in enumerate(tags, 1) for a, b in tag.spans)
    longest = max((b - a for a, b, _ in spans), default=0)
    offset = 0
    for paragraph in record.text.split("\n\n"):
        if offset in headings:
            yield from style.lines(headings[offset], "", code=BOLD)
        start = offset
        for line in paragraph.split("\n"):
            first = bisect_left(spans, (start - longest,))
            here = spans[first : bisect_left(spans, (start + len(line),))]
            yield from style.lines(*_numbered(line, start, here, style))
            start += len(line) + 1
        offset += len(paragraph) + 2


def _numbered(
    line: str, start: int, spans: Sequence[tuple[int, int, int]], style: Style
) -> tuple[str, str, list[Span]]:
    """A line that begins at ``start``, its evidence bracketed, and where to colour it.

    ``spans`` are those near it: first and last place, and the tag's number.
    """
    inside = sorted(
        (max(a, start) - start, start - min(b, start + len(line)), number)
        for a, b, number in spans
        if a < start + len(line) and b > start
    )
    opening: dict[int, str] = {}
    closing: dict[int, str] = {}
    for first, stop, number in inside:
        opening[first] = opening.get(first, "") + "["
        # What begins later ends first.
        closing[-stop] = f"|{number}]" + closing.get(-stop, "")
    out: list[str] = []
    colored: list[Span] = []
    length = depth = 0
    for index in range(len(line) + 1):
        before = depth
        depth -= closing.get(index, "").count("]")
        depth += len(opening.get(index, ""))
        piece = closing.get(index, "") + opening.get(index, "") + line[index : index + 1]
        if style.color and (before or depth):
            colored.append((length, length + len(piece)))
        out.append(piece)
        length += len(piece)
    return "".join(out), "  ", _joined(colored)


def _joined(spans: list[Span]) -> list[Span]:
    """Spans that touch as one."""
    out: list[Span] = []
    for start, end in spans:
        if out and out[-1][1] == start:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def _evidence(facet: str, tag: Tag) -> str:
    parts = [f"{facet}: {tag.value}", tag.evidence, *([tag.role] if facet == "country" else [])]
    if tag.via:
        parts.append(f"via {tag.via}")
    if tag.name:
        places = ", ".join(f"{a}-{b}" for a, b in tag.spans)
        parts.append(f'by "{tag.name}" at {places}')
    if tag.row:
        parts.append(f"row {tag.row}")
    return " | ".join(parts)


def render_rows(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of vocabulary rows: where each stands, then a line a cell."""
    for index, row in enumerate(rows):
        if index:
            yield ""
        also = f" and {', '.join(row.also)}" if row.also else ""
        yield neutralise(f"{row.name} ({row.place}{also})")
        for column, cell in row.cells.items():
            if cell:
                yield neutralise(f"  {column}: {cell}")


def render_info(account: Mapping[str, Any]) -> Iterator[str]:
    """The lines of what an index holds."""
    for key, value in account.items():
        if isinstance(value, Mapping):
            value = ", ".join(f"{count} {name}" for name, count in value.items())
        if key == "notes":
            yield from map(neutralise, value)
        elif isinstance(value, list):
            yield f"{key}:"
            for item in value:
                shown = item["path"] or "given from Python"
                yield f"  {neutralise(str(shown))} ({plural(item['records'])})"
        else:
            yield f"{key}: {neutralise(str(value))}"


def render_check(problems: Sequence[str]) -> Iterator[str]:
    """A line for each problem, or that there is none."""
    if not problems:
        yield "The index is sound."
    yield from map(neutralise, problems)


def render_repair(repair: Repair) -> Iterator[str]:
    """What a repair did, then a line for each thing that is lost or not certain."""
    yield (
        f"{plural(repair.kept)} sound, {repair.restored} indexed anew, "
        f"{repair.reread} read again from their sources"
    )
    yield from map(neutralise, repair.notes)


def render_report(report: Report) -> Iterator[str]:
    """What an ingest did, then a line for each thing that it skipped."""
    yield (
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.removed} removed, {len(report.skipped)} skipped"
    )
    for skip in report.skipped:
        place = f"{skip.file}:{skip.line}" if skip.line is not None else f"{skip.file}"
        yield neutralise(f"skipped {place}: {skip.why}")
