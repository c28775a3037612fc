"""Passages and marks over a text, by themselves: which are chosen, where they begin and end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wpssearch import highlight
from wpssearch.highlight import MAX_PASSAGES, Mark, merged, passages, whole
from wpssearch.results import Snippet


def mark(text: str, word: str, part: int = 0, weight: float = 1.0, after: int = 0) -> Mark:
    start = text.index(word, after)
    return (start, start + len(word), part, weight)


def shown(text: str, *words: str, length: int) -> list[str]:
    """The passages where each word is a part of the query of its own."""
    marks = [mark(text, word, part) for part, word in enumerate(words)]
    return [snippet.text for snippet in passages("text", text, marks, length)]


@pytest.mark.parametrize(
    ("spans", "out"),
    [
        ([], ()),
        ([(3, 5), (0, 2)], ((0, 2), (3, 5))),
        ([(0, 2), (2, 4)], ((0, 2), (2, 4))),
        ([(0, 3), (2, 4)], ((0, 4),)),
        ([(0, 9), (2, 4), (8, 10)], ((0, 10),)),
        ([(0, 3), (2, 4), (5, 6)], ((0, 4), (5, 6))),
    ],
)
def test_spans_are_merged_where_they_overlap(
    spans: list[tuple[int, int]], out: tuple[tuple[int, int], ...]
) -> None:
    assert merged(spans) == out


spans = st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair)))


@given(st.lists(spans, max_size=8))
def test_merged_spans_cover_the_same_places(made: list[tuple[int, int]]) -> None:
    out = merged(made)
    assert {n for a, b in out for n in range(a, b)} == {n for a, b in made for n in range(a, b)}
    assert all(a[1] <= b[0] for a, b in pairwise(out))


def test_a_text_without_a_mark_gives_its_beginning() -> None:
    text = "One two. Three four. Five six."
    assert passages("title", text, [], 12) == (Snippet("title", "One two.", (), 0, False, True),)
    assert passages("text", "short", []) == (Snippet("text", "short", ()),)
    assert passages("text", " \n ", [(0, 1, 0, 1.0)]) == whole("text", "\n", []) == ()


@pytest.mark.parametrize("blanks", ["\n\n  ", " " * 500, "\u3000\n" * 90])
def test_a_beginning_begins_with_a_word(blanks: str) -> None:
    (snippet,) = passages("text", f"{blanks}The police met.{blanks}", [], 12)
    assert (snippet.text, snippet.start) == ("The police", len(blanks))
    assert (snippet.clipped_left, snippet.clipped_right) == (False, True)


def test_the_whole_text_has_all_marks() -> None:
    marks = [(4, 7, 1, 1.0), (0, 3, 0, 1.0), (0, 5, 2, 1.0)]
    assert whole("text", "abc def ghi", marks) == (Snippet("text", "abc def ghi", ((0, 7),)),)


SENTENCES = "First of all. Then the police met. A desk was made! Was it? Last words."


@pytest.mark.parametrize(
    ("length", "out"),
    [
        (6, "police"),
        (10, "police"),
        (13, "police met."),
        (15, "police met."),
        (16, "the police met."),
        (17, "Then the police"),
        (20, "Then the police met."),
        (34, "First of all. Then the police met."),
        (51, "First of all. Then the police met."),
        (52, "First of all. Then the police met. A desk was made!"),
        (200, SENTENCES),
    ],
)
def test_a_passage_is_cut_at_sentences_else_at_words(length: int, out: str) -> None:
    (text,) = shown(SENTENCES, "police", length=length)
    assert text in SENTENCES
    assert len(text) <= max(length, len("police"))
    assert text == out


def test_what_is_cut_off_is_told() -> None:
    text = "  One two. Three police. Five six.  "
    cuts = [(s.clipped_left, s.clipped_right) for s in (
        *passages("text", text, [mark(text, "One")], 9),
        *passages("text", text, [mark(text, "police")], 14),
        *passages("text", text, [mark(text, "six")], 9),
        *passages("text", text, [mark(text, "six")], 100),
    )]  # fmt: skip
    assert cuts == [(False, True), (True, True), (True, False), (False, False)]


def test_a_sentence_ends_before_a_capital_or_a_line() -> None:
    text = "He met Mr. smith and others. “The police came.” (It was late.) so they left"
    assert shown(text, "police", length=20) == ["“The police came.”"]
    assert shown(text, "late", length=16) == ["(It was late.)"]
    lines = "a heading\n  the police desk\nmore of it"
    assert shown(lines, "police", length=16) == ["the police desk"]


def test_the_tightest_window_of_all_parts_is_chosen() -> None:
    text = "police. " + "x " * 30 + "police and a desk. " + "y " * 30 + "desk police."
    marks = [mark(text, "police", 0), mark(text, "police", 0, after=20), mark(text, "desk", 1),
             mark(text, "desk", 1, after=90), mark(text, "police", 0, after=90)]  # fmt: skip
    (snippet,) = passages("text", text, marks, 20)
    assert "desk police." in snippet.text
    assert [snippet.text[a:b] for a, b in snippet.matches] == ["desk", "police"]


def test_of_windows_that_are_alike_the_first_is_chosen() -> None:
    text = "One police. Two police. Three police."
    marks = [mark(text, "police", 0, after=at) for at in (0, 12, 24)]
    (snippet,) = passages("text", text, marks, 12)
    assert snippet.text == "One police."


def test_the_weightier_part_is_chosen_first() -> None:
    text = "rare" + " x" * 60 + " often" + " y" * 60
    marks = [mark(text, "rare", 0, 0.5), mark(text, "often", 1, 2.0)]
    found = passages("text", text, marks, 10)
    assert [snippet.text[a:b] for snippet in found for a, b in snippet.matches] == ["rare", "often"]
    many = "".join(f"word{n}" + " x" * 60 for n in range(5))
    weights = [1.0, 5.0, 2.0, 4.0, 3.0]
    marks = [mark(many, f"word{n}", n, weight) for n, weight in enumerate(weights)]
    found = passages("text", many, marks, 10)
    assert len(found) == MAX_PASSAGES
    assert [s.text[a:b] for s in found for a, b in s.matches] == ["word1", "word3", "word4"]


def test_passages_that_overlap_are_one() -> None:
    text = "The police met at the desk by the border of the camp in the rain."
    marks = [mark(text, "police", 0), mark(text, "desk", 1)]
    apart = passages("text", text, marks, 16)
    assert [snippet.text for snippet in apart] == ["The police met", "the desk by the"]
    (one,) = passages("text", text, marks, 20)
    assert one.text == "The police met at the desk by the"
    (tight,) = passages("text", text, marks, 22)
    assert tight.text == "police met at the desk"


def test_marks_that_overlap_are_shown_whole() -> None:
    text = "aaa bbb ccc ddd"
    (snippet,) = passages("text", text, [mark(text, "bbb", 0), (4, 15, 0, 1.0)], 3)
    assert (snippet.text, snippet.matches) == ("bbb ccc ddd", ((0, 11),))


def test_a_word_without_end_is_cut() -> None:
    text = "x" * 500
    (snippet,) = passages("text", text, [(100, 104, 0, 1.0)], 20)
    assert snippet.start == 100
    assert len(snippet.text) == 20
    assert snippet.matches == ((0, 4),)
    inside = "word " + "y" * 30 + "MATCH" + "z" * 30 + " word"
    (snippet,) = passages("text", inside, [mark(inside, "MATCH")], 10)
    assert snippet.text == "y" * 30 + "MATCH" + "z" * 30


pieces = st.sampled_from(["police", "a", "É", "x" * 50, ". ", "! ", " ", "\n", "“", ") ", "Desk"])


@given(st.lists(pieces, min_size=1, max_size=60), st.data(), st.integers(1, 60))
@example([" ", "a"], None, 5)
def test_passages_are_slices_that_hold_their_marks(
    made: list[str], data: st.DataObject | None, length: int
) -> None:
    text = "".join(made)
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, 8), st.integers(0, 3))
    chosen = data.draw(st.lists(places, max_size=6)) if data else []
    marks = [(a, min(len(text), a + n), part, 1.0) for a, n, part in chosen]
    found = passages("text", text, marks, length)
    assert bool(found) == bool(text.strip())
    assert len(found) <= MAX_PASSAGES
    expected = merged([m[:2] for m in marks])
    for snippet in found:
        stop = snippet.start + len(snippet.text)
        assert snippet.text == text[snippet.start : stop]
        assert snippet.clipped_left == bool(text[: snippet.start].strip())
        assert snippet.clipped_right == bool(text[stop:].strip())
        inside = [(a, b) for a, b in expected if snippet.start <= a and b <= stop]
        assert [(a + snippet.start, b + snippet.start) for a, b in snippet.matches] == inside
    if marks and found:
        # At least one whole part of the query is shown.
        assert any(snippet.matches for snippet in found)


marks_of_three = st.lists(
    st.builds(lambda a, n, part: (a, a + n, part, (1.0, 2.0, 0.5)[part]),
              st.integers(0, 60), st.integers(1, 9), st.integers(0, 2)),
    max_size=9,
)  # fmt: skip


@given(marks_of_three, st.integers(1, 40))
def test_windows_are_the_best_of_all(marks: list[Mark], length: int) -> None:
    """Those that bring most new parts; of these the tighter, then the fuller, then the first."""
    marks = sorted(marks)
    expected: list[tuple[int, int]] = []
    covered: set[int] = set()
    while len(expected) < MAX_PASSAGES:
        windows = []
        for first in range(len(marks)):
            begin = marks[first][0]
            if marks[first][2] in covered or any(
                m[0] == begin and m[2] not in covered for m in marks[:first]
            ):
                continue
            for last in range(first, len(marks)):
                window = marks[first : last + 1]
                end = max(stop for _, stop, _, _ in window)
                if end - begin > length and last > first:
                    break
                new = {part: weight for _, _, part, weight in window if part not in covered}
                windows.append((sum(new.values()), begin - end, last - first, (begin, end)))
        if not windows:
            break
        core = max(windows, key=lambda window: window[:3])[3]
        expected.append(core)
        covered |= {part for a, b, part, _ in marks if core[0] <= a and b <= core[1]}
    assert highlight._cores(marks, length) == expected


def test_of_very_many_marks_the_first_choose_the_passages() -> None:
    text = "a " * 3000 + "rare"
    marks = [(2 * n, 2 * n + 1, 0, 1.0) for n in range(3000)] + [mark(text, "rare", 1, 9.0)]
    (snippet,) = passages("text", text, marks, 20)
    assert snippet.start == 0
    assert len(snippet.matches) == 10


def test_a_beginning_is_as_long_as_a_passage_may_be() -> None:
    assert passages("text", "One two three", [], 7)[0].text == "One two"
    assert passages("text", "One two three", [], 6)[0].text == "One"
    assert passages("text", "One two", [], 7)[0] == Snippet("text", "One two", ())


def test_a_part_that_is_shown_already_gains_nothing() -> None:
    """The second passage is the one that brings a new part, not the one with the most words."""
    text = "police desk" + " x" * 40 + " police desk again" + " y" * 40 + " border"
    marks = [mark(text, "police"), mark(text, "desk", 1), mark(text, "police", 0, after=20),
             mark(text, "desk", 1, after=20), mark(text, "border", 2)]  # fmt: skip
    found = passages("text", text, marks, 20)
    assert [[s.text[a:b] for a, b in s.matches] for s in found] == [["police", "desk"], ["border"]]
