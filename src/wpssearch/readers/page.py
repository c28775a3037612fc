"""The grammar of a saved inventory page: a profile, then dated activities.

    DPKO                                     the agency's short name, then its title
    Department of Peacekeeping Operations
    Item ID                                  labels with a value, which may be blank or missing
    {0D77DA70-...}
    Background                               headed sections
    ...
    Jul 2007 - Jan 2008 | DPPA;              an activity: period, agencies over one or more lines
    DPKO
    ...                                      its narrative, one or more paragraphs

A heading that is not known is told from text by its form: a short line in capitals at its words'
beginnings, with a blank line before or after it and a paragraph under it; what is unclear stays in
the text of its section. Every line that is not blank ends in a record or in a ``Skip``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wpssearch.model import Period, Record, Skip, Source, activity_title
from wpssearch.periods import begins_month, parse_label
from wpssearch.readers.identity import record_id
from wpssearch.readers.profile import Line, bare, beginning, is_name, parse_profile

__all__ = ["parse_page"]

_HEADER = re.compile(r"(?P<label>[^|]{4,60}?)\|(?P<agencies>[^|]*)")
_LOOKS_DATED = re.compile(
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s*\d|\d{2,4}\b", re.IGNORECASE
)
# What is left of `Jul 2007 - Jan 2008 | DPKO` where a file ends before the bar.
_CUT_HEADER = re.compile(
    r"(?P<month>[^\W\d_]{1,9}\.?)? ?(?P<year>(?:[12]\d{0,3})?)"
    r"(?:(?<=\d) ?(?:[-\u2010-\u2015\u2212]|to?) ?[^\W\d_]{0,9}\.? ?\d{0,4})?"
)
_YEAR = re.compile(r"\b(?:19|20|21)\d\d\b")
_ENDS_SENTENCE = re.compile(r"[.!?][\"'”’)\]]*$")
# The inventory keeps 600 characters of a narrative.
_KEPT = 600
_LONGEST_AGENCY = 120
_HEAD_LABELS = frozenset({"item id", "unagency id", "background"})
_LONGEST_BROKEN_HEADER = 120
_LONGEST_ODD_LABEL = 40


@dataclass(frozen=True, slots=True)
class _Header:
    """An activity's header: the lines ``first`` to ``stop``, where its narrative begins.

    ``period`` is ``None`` for what looks like a header and has no period that can be read.
    """

    first: int
    stop: int
    period: Period | None
    agencies: tuple[str, ...]


def parse_page(
    lines: Sequence[Line], file: str, path: str, url: str | None = None
) -> Iterator[Record | Skip]:
    """The records of one or more pages, and what belongs to none, in the order of the lines.

    ``lines`` are (1-based number, text) without line ends; ``file`` and ``path`` say where they
    were read. Raises nothing, whatever the text.
    """
    seen: Counter[str] = Counter()
    starts = _page_starts(lines)
    first = starts[0] if starts else 0
    dated = next(iter(_headers(lines, 0, len(lines))), None)
    if starts and (dated is None or first <= dated.first):
        yield from _skip(lines, 0, first, file, "it stands before the page's beginning")
    else:
        starts.insert(0, 0)
    for start, stop in pairwise([*starts, len(lines)]):
        yield from _one_page(lines, start, stop, Source(file, None, path), url, seen)


def _one_page(
    lines: Sequence[Line],
    start: int,
    stop: int,
    source: Source,
    url: str | None,
    seen: Counter[str],
) -> Iterator[Record | Skip]:
    headers = _headers(lines, start, stop)
    head_stop = headers[0].first if headers else stop
    profile, left = parse_profile(lines[start:head_stop], source, url, seen)
    if profile is not None:
        yield profile
    yield from left
    own = profile.agencies if profile else ()
    ends = [*(header.first for header in headers[1:]), stop]
    for header, end in zip(headers, ends, strict=False):
        yield from _activity(lines, header, end, source, url, own, seen)


def _activity(
    lines: Sequence[Line],
    header: _Header,
    stop: int,
    source: Source,
    url: str | None,
    own: tuple[str, ...],
    seen: Counter[str],
) -> Iterator[Record | Skip]:
    number = lines[header.first][0]
    text = _narrative(lines[header.stop : stop])
    shown = bare(lines[header.first][1])
    if header.period is None:
        why = f"the header {beginning(shown)} has no period that can be read"
        if "|" not in shown:
            why = f"the page ends in the middle of a header: {beginning(shown)}"
        yield Skip(
            source.file, number, f"{why}; so was skipped: {beginning(text)}" if text else why
        )
        return
    if not text:
        yield Skip(source.file, number, f"no narrative follows the header {beginning(shown)}")
        return
    agencies = header.agencies or own
    yield Record(
        id=record_id("activity", agencies, header.period, text, seen),
        text=text,
        kind="activity",
        title=activity_title(agencies, header.period),
        agencies=agencies,
        period=header.period,
        truncated=_is_cut_off(text),
        url=url,
        source=Source(source.file, number, source.path),
    )


def _is_cut_off(text: str) -> bool:
    if text.endswith(("...", "…")):
        return len(text) >= _KEPT - 10
    return len(text) == _KEPT and not _ENDS_SENTENCE.search(text)


def _narrative(lines: Sequence[Line]) -> str:
    """The paragraphs of a narrative, parted by a blank line, as they are written."""
    paragraphs: list[list[str]] = [[]]
    for _, text in lines:
        if text.strip():
            paragraphs[-1].append(text.strip())
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join("\n".join(paragraph) for paragraph in paragraphs if paragraph)


def _skip(
    lines: Sequence[Line], start: int, stop: int, file: str | None, why: str
) -> Iterator[Skip]:
    """One skip for the lines that are not blank, with their first words."""
    kept = [(number, text) for number, text in lines[start:stop] if text.strip()]
    if kept:
        yield Skip(file, kept[0][0], f"{why}: {beginning(' '.join(t for _, t in kept))}")


# Headers


def _headers(lines: Sequence[Line], start: int, stop: int) -> list[_Header]:
    found: list[_Header] = []
    at = start
    while at < stop:
        header = _header_at(lines, at, stop)
        if header is None:
            at += 1
        else:
            found.append(header)
            at = header.stop
    return found


def _header_at(lines: Sequence[Line], at: int, stop: int) -> _Header | None:
    line = bare(lines[at][1])
    after = at + 1
    if "|" not in line:
        # A label whose bar stands on the next line.
        if not (after < stop and bare(lines[after][1]).startswith("|") and parse_label(line)):
            cut = _is_cut_header(line) and _stands_alone(lines, at)
            return _Header(at, after, None, ()) if cut and _is_last(lines, at, stop) else None
        line = f"{line} {bare(lines[after][1])}"
        after += 1
    match = _HEADER.fullmatch(line)
    if match is None:
        return None
    period = parse_label(match["label"])
    if period is None:
        broken = _is_broken_header(line, match["label"], match["agencies"], lines, at)
        return _Header(at, after, None, ()) if broken else None
    agencies, after = _agencies(match["agencies"], lines, after, stop)
    return _Header(at, after, period, agencies)


def _is_broken_header(line: str, label: str, agencies: str, lines: Sequence[Line], at: int) -> bool:
    """True for a line that is built as a header though its period cannot be read.

    It begins as a date does, or stands alone with a year (`Spring 2007`) or a bare month before
    the bar and names after it. Anything else with a bar in it is narrative.
    """
    if len(line) > _LONGEST_BROKEN_HEADER or _ENDS_SENTENCE.search(line):
        return False
    alone, named = _stands_alone(lines, at), is_name(agencies)
    if _LOOKS_DATED.match(line):
        return alone or named
    is_odd_label = len(label) <= _LONGEST_ODD_LABEL and (
        _YEAR.search(label) or parse_label(f"{label} 2000")
    )
    return alone and named and bool(is_odd_label)


def _is_cut_header(line: str) -> bool:
    match = _CUT_HEADER.fullmatch(line)
    if match is None:
        return False
    return begins_month(match["month"]) if match["month"] else bool(match["year"])


def _stands_alone(lines: Sequence[Line], at: int) -> bool:
    return at == 0 or not bare(lines[at - 1][1])


def _is_last(lines: Sequence[Line], at: int, stop: int) -> bool:
    return not any(bare(lines[i][1]) for i in range(at + 1, stop))


def _agencies(
    text: str, lines: Sequence[Line], after: int, stop: int
) -> tuple[tuple[str, ...], int]:
    """The agencies of a header: they go on where a line ends or the next begins with ``;``."""
    parts = [text]
    while True:
        following = next((i for i in range(after, stop) if lines[i][1].strip()), None)
        if following is None:
            break
        line = bare(lines[following][1])
        adjacent = following == after
        last = parts[-1].rstrip()
        unfinished = last.endswith(";") or (not last and adjacent)
        if not (unfinished or (adjacent and line.startswith(";"))):
            break
        if not _may_be_agency(line):
            break
        # `DPPA;` with a line right below it is a list that goes on, whatever follows. After a
        # blank line it may be the narrative: only a name is an agency there.
        listed = adjacent and last.endswith(";")
        if not listed and not _text_follows(lines, following + 1, stop):
            break
        if not adjacent and not is_name(line):
            break
        parts.append(line)
        after = following + 1
    names = (bare(name) for name in " ".join(parts).split(";"))
    return tuple(dict.fromkeys(name for name in names if name)), after


def _may_be_agency(line: str) -> bool:
    return (
        len(line) <= _LONGEST_AGENCY
        and "|" not in line
        and not _ENDS_SENTENCE.search(line)
        and parse_label(line) is None
    )


def _text_follows(lines: Sequence[Line], at: int, stop: int) -> bool:
    """True where a narrative is left for the header: its last line is no agency then."""
    following = next((i for i in range(at, stop) if lines[i][1].strip()), None)
    return following is not None and not _header_like(lines, following)


def _header_like(lines: Sequence[Line], at: int) -> bool:
    match = _HEADER.fullmatch(bare(lines[at][1]))
    return bool(match and parse_label(match["label"]))


# Pages


def _page_starts(lines: Sequence[Line]) -> list[int]:
    """Where pages begin: at the names above the first label of a page's head."""
    starts: list[int] = []
    # The labels of the head that is being read; none outside a head.
    head: set[str] = set()
    for at, (_, text) in enumerate(lines):
        label = bare(text).casefold()
        if _header_like(lines, at):
            head = set()
        elif label in _HEAD_LABELS:
            # A label that comes again, or an id after the text, begins another page: the one before
            # it had no activities.
            if not head or label in head or "background" in head:
                names = _names_above(lines, at, starts[-1] + 1 if starts else 0)
                # `Background` may be a word of a narrative; below two names it is none.
                if label != "background" or len(names) == 2 or not starts:
                    starts.append(names[0] if names else at)
                    head = set()
            head.add(label)
    return starts


def _names_above(lines: Sequence[Line], at: int, limit: int) -> list[int]:
    """The lines of the one or two names above a page's first label."""
    names: list[int] = []
    for index in range(at - 1, limit - 1, -1):
        line = bare(lines[index][1])
        if not line:
            continue
        if len(line) > _LONGEST_AGENCY or _ENDS_SENTENCE.search(line) or "|" in line:
            break
        names.insert(0, index)
        if len(names) == 2:
            break
    return names
