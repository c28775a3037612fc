"""A quotation and a text compared word for word, however blanks, quotes and dashes are written.

A text is its letters and digits, folded, one after another, and the places where words begin. Two
runs of letters say the same words where they are equal and their words begin at the same places;
where either writes a dash between two letters, the other may have another dash, a blank or
nothing: ``peace-keeping``, ``peace–keeping``, ``peace keeping`` and, broken at a line's end,
``peace-`` ``keeping`` are all ``peacekeeping``. All else that stands between letters parts words:
``it's`` is not ``its``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wpssearch.findings import Difference
from wpssearch.folding import Folded
from wpssearch.model import Span

__all__ = [
    "Alignment", "Written", "aligned", "may_stand_in", "paragraphs", "places", "runs",
    "same_writing",
]  # fmt: skip

_WORD = re.compile(r"[^\W_]+")
_DASH = re.compile(r"[-\u2010-\u2015\u2212\ufe58\u2e3a\u2e3b\u301c\u30fb]")
#: An omission: three dots or their character, between brackets or not.
_OMISSION = re.compile(r"[\[(]\s*(?:…|\.\s?\.\s?\.)\s*[\])]|…|\.\s?\.\s?\.(?:\s?\.)*")
_QUOTES = "\"'“”„‟‘’‚‛«»‹›`´ \t\n"
#: What in ASCII is neither a letter nor a digit.
_ELSE = bytes(code for code in range(128) if not chr(code).isalnum())
# A soft hyphen is a dash: it may stand before the end of a line. Unicode takes one of the
# apostrophes for a letter.
_READ_AS = {0xAD: "\u2010", 0x2BC: "'"}
#: How many words of a long text are looked at for each word of the quotation.
_ROOM = 4


@dataclass(frozen=True)
class Written:
    """A text as its words: ``letters`` one after another; where each word begins among them;
    whether a dash stands before it; where it stands in the text.
    """

    text: str
    letters: str
    begins: tuple[int, ...]
    dashed: tuple[bool, ...]
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, text: str) -> Written:
        """The words of a text."""
        folded = Folded(text.translate(_READ_AS))
        letters: list[str] = []
        begins: list[int] = []
        dashed: list[bool] = []
        spans: list[Span] = []
        length = stop = 0
        for match in _WORD.finditer(folded.text):
            dashed.append(_DASH.search(folded.text, stop, match.start()) is not None)
            begins.append(length)
            spans.append(folded.span(*match.span()))
            letters.append(match.group())
            length += len(match.group())
            stop = match.end()
        return cls(text, "".join(letters), tuple(begins), tuple(dashed), tuple(spans))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words, folded."""
        ends = (*self.begins[1:], len(self.letters))
        return tuple(self.letters[a:b] for a, b in zip(self.begins, ends, strict=True))

    def beginning(self, words: int) -> Written:
        """The text up to so many words."""
        return self if len(self.spans) <= words else self.of(self.text[: self.spans[words - 1][1]])

    def span(self, first: int, stop: int) -> Span:
        """Where the words from one on and before another stand in the text."""
        if first == stop:
            at = self.spans[first][0] if first < len(self.spans) else len(self.text)
            return at, at
        return self.spans[first][0], self.spans[stop - 1][1]

    def slice(self, first: int, stop: int) -> str:
        """What is written from one word on and before another."""
        start, end = self.span(first, stop)
        return " ".join(self.text[start:end].split())


def paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """The quotations of a text, each with the 1-based line on which it begins.

    Each paragraph is one; an empty line parts two. The ``>`` of quoted mail is no part of it.
    """
    lines = [re.sub(r"^\s*(?:>\s?)+", "", line) for line in text.splitlines()]
    waiting: list[str] = []
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            waiting.append(line)
        elif waiting:
            yield number - len(waiting), "\n".join(waiting)
            waiting = []


def runs(quotation: str) -> list[Written]:
    """The runs of words between a quotation's omissions, those without a word left out."""
    written = map(Written.of, _OMISSION.split(quotation))
    return [run for run in written if run.letters]


def may_stand_in(quoted: Sequence[Written], text: str) -> bool:
    """Whether a text has the letters of each run of a quotation, as far as that is seen at once.

    It is in a text of ASCII alone, whose letters fold to themselves.
    """
    if not text.isascii():
        return True
    letters = text.lower().encode().translate(None, _ELSE).decode()
    return all(run.letters in letters for run in quoted)


def places(quoted: Sequence[Written], text: Written) -> Iterator[tuple[Span, ...]]:
    """Where the runs of a quotation stand in a text, one after another: the words of each, from
    one on and before another.
    """
    after = 0
    while True:
        found: list[Span] = []
        at = after
        for run in quoted:
            place = _next(run, text, at)
            if place is None:
                return
            found.append(place)
            at = place[1]
        yield tuple(found)
        after = found[0][1]


def _next(run: Written, text: Written, after: int) -> Span | None:
    """The first place at or after a word where a run of words stands."""
    if after >= len(text.begins):
        return None
    at = text.letters.find(run.letters, text.begins[after])
    while at >= 0:
        first = bisect_left(text.begins, at)
        stop = _same(run, text, first, at) if _begins(text, first, at) else None
        if stop is not None:
            return first, stop
        at = text.letters.find(run.letters, at + 1)
    return None


def _begins(text: Written, word: int, at: int) -> bool:
    return text.begins[word] == at if word < len(text.begins) else at == len(text.letters)


def _same(run: Written, text: Written, first: int, at: int) -> int | None:
    """The word after the last, where the words of a run and those from ``first`` on begin alike."""
    end = at + len(run.letters)
    stop = bisect_left(text.begins, end)
    if not _begins(text, stop, end):
        return None
    # By place between two letters where words are parted, whether a dash does it.
    mine = dict(zip(run.begins[1:], run.dashed[1:], strict=True))
    begins = (begin - at for begin in text.begins[first + 1 : stop])
    theirs = dict(zip(begins, text.dashed[first + 1 : stop], strict=True))
    for place in mine.keys() ^ theirs.keys():
        if not (mine.get(place) or theirs.get(place)):
            return None
    return stop


def same_writing(run: Written, text: Written, span: Span) -> bool:
    """True where a run of words and what stands at a place of a text are the same characters.

    Blanks aside, and quotation marks around the run.
    """
    before = run.text[: run.spans[0][0]].lstrip(_QUOTES)
    after = run.text[run.spans[-1][1] :].rstrip(_QUOTES)
    around = text.text[max(0, span[0] - len(before)) : span[1] + len(after)]
    return "".join(run.text.strip(_QUOTES).split()) == "".join(around.split())


@dataclass(frozen=True, slots=True)
class Alignment:
    """A quotation laid on the passage of a text that is most like it.

    ``changed`` counts words that are replaced, put in or left out; ``span`` is in code points.
    """

    changed: int
    span: Span
    differences: tuple[Difference, ...]


def aligned(quoted: Sequence[Written], text: Written) -> Alignment | None:
    """The passage of a text that takes the fewest changes of words to become the quotation.

    Runs between omissions are looked for one after the other. ``None`` where no word is shared.
    """
    differences: list[Difference] = []
    changed = after = shared = 0
    first: int | None = None
    for number, run in enumerate(quoted):
        begin, stop = _window(run.words, text.words, after)
        if number:
            differences.append(Difference("…", "…", same=True))
        made = _differences(run, text, begin, stop)
        differences += [difference for difference, _ in made]
        changed += sum(count for difference, count in made if not difference.same)
        shared += sum(difference.same for difference, _ in made)
        if stop > begin:
            first = begin if first is None else first
            after = stop
    if first is None or not shared:
        return None
    return Alignment(changed, text.span(first, after), tuple(differences))


def _numbers(
    words: Sequence[str], others: Sequence[str]
) -> tuple[list[int], npt.NDArray[np.int64]]:
    """Two rows of words as numbers, equal where the words are."""
    known: dict[str, int] = {}
    mine = [known.setdefault(word, len(known)) for word in words]
    theirs = np.fromiter((known.get(word, -1) for word in others), np.int64, len(others))
    return mine, theirs


def _window(words: Sequence[str], text: Sequence[str], after: int) -> Span:
    """The words of a text from ``after`` on that are most like a run of words: an approximate
    match as Sellers's ("The theory and computation of evolutionary distances", Journal of
    Algorithms 1(4), 1980), with words in the place of letters.
    """
    mine, theirs = _numbers(words, text[after:])
    room = _ROOM * len(mine)
    if len(theirs) > room:
        # Where most of the words stand close together.
        there = np.append(0, np.cumsum(theirs >= 0))
        skipped = int(np.argmax(there[room:] - there[:-room]))
        theirs, after = theirs[skipped : skipped + room], after + skipped
    count = len(theirs)
    places = np.arange(count + 1)
    # By place, what it costs to end there; in the lower bits, where that has begun.
    step = np.int64(1) << 32
    state = places.astype(np.int64)
    for word in mine:
        new = state + step
        np.minimum(new[1:], state[:-1] + np.where(theirs == word, 0, step), out=new[1:])
        state = np.minimum.accumulate(new - places * step) + places * step
    # Of equal ones the longest: a word that was replaced is shown, not left out.
    best = state.min()
    stop = int(np.flatnonzero(state == best)[-1])
    return after + int(best & (step - 1)), after + stop


def _differences(
    run: Written, text: Written, begin: int, stop: int
) -> list[tuple[Difference, int]]:
    """The runs of equal and of other words by the fewest changes, each with how many those are."""
    out: list[tuple[Difference, int]] = []
    for same, (a, b), (c, d) in _script(run.words, text.words[begin:stop]):
        c, d = c + begin, d + begin
        if not same and _written_alike(run, (a, b), text, (c, d)):
            same = True
        if same and out and out[-1][0].same:
            # Words that a dash alone parts from what was the same belong to it.
            known = out.pop()[0]
            quoted = f"{known.quoted} {run.slice(a, b)}".strip()
            out.append((Difference(quoted, f"{known.corpus} {text.slice(c, d)}".strip(), True), 0))
            continue
        made = Difference(run.slice(a, b) if a < b else "", text.slice(c, d) if c < d else "", same)
        out.append((made, 0 if same else max(b - a, d - c)))
    return out


def _written_alike(run: Written, mine: Span, text: Written, theirs: Span) -> bool:
    """True for words that differ in dashes alone."""
    (a, b), (c, d) = mine, theirs
    if "".join(run.words[a:b]) != "".join(text.words[c:d]):
        return False
    part = Written.of(run.slice(a, b))
    return _next(part, Written.of(text.slice(c, d)), 0) is not None


def _script(mine: Sequence[str], theirs: Sequence[str]) -> list[tuple[bool, Span, Span]]:
    """The fewest changes that make one row of words of the other, as runs of the same and other."""
    one, other = _numbers(mine, theirs)
    places = np.arange(len(other) + 1)
    rows = [places]
    for word in one:
        new = rows[-1] + 1
        np.minimum(new[1:], rows[-1][:-1] + (other != word), out=new[1:])
        rows.append(np.minimum.accumulate(new - places) + places)
    i, j = len(one), len(other)
    steps: list[tuple[bool, int, int]] = []
    while i or j:
        here = int(rows[i][j])
        equal = bool(i and j and one[i - 1] == other[j - 1])
        if i and j and int(rows[i - 1][j - 1]) + (not equal) == here:
            i, j = i - 1, j - 1
            steps.append((equal, 1, 1))
        elif i and int(rows[i - 1][j]) + 1 == here:
            i -= 1
            steps.append((False, 1, 0))
        else:
            j -= 1
            steps.append((False, 0, 1))
    out: list[tuple[bool, Span, Span]] = []
    for same, down, right in reversed(steps):
        if out and out[-1][0] == same:
            _, (a, b), (c, d) = out.pop()
        else:
            (a, b), (c, d) = (i, i), (j, j)
        i, j = i + down, j + right
        out.append((same, (a, b + down), (c, d + right)))
    return out
