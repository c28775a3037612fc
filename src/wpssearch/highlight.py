"""The passages of a text that show best why it was found, and the exact spans that matched.

Marks come from the index's own offsets and the query's plan, never from looking at the text anew:
what is marked is what matched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from wpssearch.model import PASSAGE_LENGTH, Span
from wpssearch.results import Snippet

__all__ = ["Mark", "merged", "passages", "whole"]

MAX_PASSAGES = 3
# A word that a text repeats without end needs no more places than this to be shown well.
_MAX_MARKS = 2000
_LONGEST_WORD = 40

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+(?=[\"'“‘(\[]*[^\W_a-z])|\n\s*")
_BLANK = re.compile(r"\s+")


#: A match in a text: where it begins and ends, which part of the query it answers, and that part's
#: weight. A page of hits has hundreds: a tuple is made in a fifth of the time of one with names.
Mark = tuple[int, int, int, float]


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans in order, overlapping ones as one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)


def passages(
    field: str, text: str, marks: Sequence[Mark], length: int = PASSAGE_LENGTH
) -> tuple[Snippet, ...]:
    """The passages, in the order of the text, that together cover most of the query's parts.

    ``length`` is that of a passage in code points. A text without a mark gives its beginning, an
    empty one nothing.
    """
    if not text.strip():
        return ()
    ordered = sorted(marks)[:_MAX_MARKS]
    matches = merged([mark[:2] for mark in marks])
    cores = [_widened(core, matches) for core in _cores(ordered, length)]
    if not cores:
        beginning = len(text) - len(text.lstrip())
        cores = [(beginning, beginning)]
    spans = merged([_frame(text, core, length) for core in cores])
    return tuple(_snippet(field, text, span, matches) for span in spans)


def whole(field: str, text: str, marks: Sequence[Mark]) -> tuple[Snippet, ...]:
    """The whole text with its matches as one passage; an empty one gives nothing."""
    if not text.strip():
        return ()
    return (Snippet(field, text, merged([mark[:2] for mark in marks])),)


def _cores(marks: Sequence[Mark], length: int) -> list[Span]:
    """The spans from first to last mark of the windows that bring most new parts of the query."""
    chosen: list[Span] = []
    covered: set[int] = set()
    every = len({part for _, _, part, _ in marks})
    while len(chosen) < MAX_PASSAGES and len(covered) < every:
        lacking = every - len(covered)
        best: tuple[float, int, int, Span] | None = None
        tried = -1
        for index, (begin, end, first, _) in enumerate(marks):
            # A window that begins at the same place, later in the list, holds no more.
            if first in covered or begin == tried:
                continue
            tried = begin
            parts: set[int] = set()
            new, gain = 0, 0.0
            for seen in range(index, len(marks)):
                at, stop, part, weight = marks[seen]
                wider = stop > end
                reached = stop if wider else end
                if parts and reached - begin > length:
                    break
                # It has all parts that it could bring; or has none that what begins here lacks.
                if wider and (new == lacking or (at > begin and parts == {part})):
                    break
                end = reached
                if part not in parts:
                    parts.add(part)
                    if part not in covered:
                        new += 1
                        gain += weight
                        wider = False
                # Of two windows with the same parts the tighter, then the fuller, then the first:
                # what makes this one wider and brings nothing, makes it no better.
                if not wider and (best is None or (gain, begin - end, seen - index) > best[:3]):
                    best = gain, begin - end, seen - index, (begin, end)
        # A part that is not covered has a mark.
        assert best is not None
        core = best[3]
        chosen.append(core)
        covered.update(part for start, end, part, _ in marks if core[0] <= start and end <= core[1])
    return chosen


def _widened(core: Span, matches: Sequence[Span]) -> Span:
    """The core with the whole of the matches that it touches."""
    touched = [core, *(m for m in matches if m[0] < core[1] and core[0] < m[1])]
    return min(a for a, _ in touched), max(b for _, b in touched)


def _frame(text: str, core: Span, length: int) -> Span:
    """The core with what stands around it, cut at the ends of sentences, else of words."""
    start, end = core
    room = max(0, length - (end - start))
    begin = _frame_start(text, start, room)
    room -= start - begin
    return begin, _frame_end(text, end, room)


def _frame_start(text: str, start: int, room: int) -> int:
    earliest = max(0, start - room)
    if earliest == 0:
        return _skip_blanks(text, 0, start)
    starts = [m.end() for m in _SENTENCE_END.finditer(text, earliest, start)]
    if starts:
        return starts[-1]
    # The sentence begins too far away: half of the room before the match, half after it.
    blank = _BLANK.search(text, max(0, start - room // 2), start)
    return blank.end() if blank else _word_start(text, start)


def _word_start(text: str, start: int) -> int:
    """Where the word begins that the match stands in, or the match where that is out of reach."""
    blanks = list(_BLANK.finditer(text, max(0, start - _LONGEST_WORD), start))
    return blanks[-1].end() if blanks else start


def _skip_blanks(text: str, position: int, limit: int) -> int:
    match = _BLANK.match(text, position)
    return min(match.end(), limit) if match else position


def _frame_end(text: str, end: int, room: int) -> int:
    latest = end + room
    if latest >= len(text):
        return max(end, len(text.rstrip()))
    ends = list(_SENTENCE_END.finditer(text, end, min(len(text), latest + 1)))
    if ends:
        last = ends[-1]
        return last.start() + len(last.group().rstrip())
    blanks = list(_BLANK.finditer(text, end, latest + 1))
    if blanks:
        return blanks[-1].start()
    # Not a blank in reach: the end of the word that the match stands in, or a cut in it.
    blank = _BLANK.search(text, end, end + _LONGEST_WORD)
    return blank.start() if blank else max(end, latest)


def _snippet(field: str, text: str, span: Span, matches: Sequence[Span]) -> Snippet:
    start, end = span
    return Snippet(
        field=field,
        text=text[start:end],
        matches=tuple((a - start, b - start) for a, b in matches if start <= a and b <= end),
        start=start,
        clipped_left=bool(text[:start].strip()),
        clipped_right=bool(text[end:].strip()),
    )
