"""Whether a regular expression can take more than linear time, proved from its automaton.

A backtracking matcher tries each path that an automaton has for a text. Where a state has two
different loops over one word, there are exponentially many; where one loop can be left for another
over the same word, there are as many as the word is long (Weideman, van der Merwe, Berglund and
Watson, "Analyzing Matching Time Behavior of Backtracking Regular Expression Matchers by Using
Ambiguity of NFA", CIAA 2016). Neither is possible unless ``faults`` says so: assertions are taken
to hold, and states from which a match is certain are left out, since nothing is tried again there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

__all__ = ["faults"]

#: Characters that stand for all others: ASCII, and of what else patterns ask for.
_ALPHABET = frozenset(map(chr, range(128))) | frozenset(
    "éßİıΩ日\u00a0\u0301\u2010\u2013\u2014\u2018\u2019\u201c\u201d\u2028\u2212\u3000\u30fb…＝🙂\ud800٣"
)
#: A repeat of at most so many is written out; a longer one is a loop when exponents are looked for.
_WRITTEN_OUT = 3
_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    sre.CATEGORY_DIGIT: str.isdecimal,
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
}
_NEGATED = {
    sre.CATEGORY_NOT_DIGIT: sre.CATEGORY_DIGIT,
    sre.CATEGORY_NOT_SPACE: sre.CATEGORY_SPACE,
    sre.CATEGORY_NOT_WORD: sre.CATEGORY_WORD,
}
_EMPTY: frozenset[str] = frozenset()


@dataclass(eq=False)
class _State:
    """``edges`` are ways without a character: where to, whether something must hold there, and the
    characters that must not follow. ``chars`` are those that lead on to ``to``.
    """

    edges: list[tuple[_State, bool, frozenset[str]]] = field(default_factory=list)
    chars: frozenset[str] = _EMPTY
    to: _State | None = None


class _Builder:
    def __init__(self, flags: int, most: int) -> None:
        self._flags, self._most = flags, most

    def sequence(self, nodes: Iterable[Any], start: _State) -> _State:
        for node in nodes:
            start = self.node(node, start)
        return start

    def node(self, node: Any, start: _State) -> _State:
        kind, value = node
        end = _State()
        if kind in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN):
            start.edges.append((_State(chars=self.chars(kind, value), to=end), False, _EMPTY))
        elif kind is sre.BRANCH:
            for branch in value[1]:
                first = _State()
                start.edges.append((first, False, _EMPTY))
                self.sequence(branch, first).edges.append((end, False, _EMPTY))
        elif kind is sre.SUBPATTERN:
            flags = self._flags
            self._flags = (flags | value[1]) & ~value[2]
            self.sequence(value[3], start).edges.append((end, False, _EMPTY))
            self._flags = flags
        elif kind is sre.ATOMIC_GROUP:
            self.sequence(value, start).edges.append((end, False, _EMPTY))
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            self.repeat(value, kind is sre.POSSESSIVE_REPEAT, start, end)
        elif kind in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
            start.edges.append((end, True, _EMPTY))
        else:
            raise NotImplementedError(str(kind))
        return end

    def repeat(self, value: Any, possessive: bool, start: _State, end: _State) -> None:
        least, most, body = value
        # What a possessive repeat of single characters leaves is none of them.
        single = len(body) == 1 and body[0][0] in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN)
        endless = most is sre.MAXREPEAT or most > self._most
        beyond = self.chars(*body[0]) if possessive and single and endless else _EMPTY
        for _ in range(min(least, 200)):
            start = self.sequence(body, start)
        if endless:
            loop = _State()
            start.edges.append((loop, False, _EMPTY))
            self.sequence(body, loop).edges.append((loop, False, _EMPTY))
            loop.edges.append((end, False, beyond))
            return
        for _ in range(most - least):
            start.edges.append((end, False, _EMPTY))
            start = self.sequence(body, start)
        start.edges.append((end, False, _EMPTY))

    def chars(self, kind: Any, value: Any) -> frozenset[str]:
        if kind is sre.ANY:
            return _ALPHABET if self._flags & re.DOTALL else _ALPHABET - {"\n"}
        items = value if kind is sre.IN else [(sre.LITERAL, value)]
        negate = kind is sre.NOT_LITERAL
        found: set[str] = set()
        for what, which in items:
            if what is sre.NEGATE:
                negate = True
            else:
                found.update(filter(self.test(what, which), _ALPHABET))
        return _ALPHABET - found if negate else frozenset(found)

    def test(self, what: Any, which: Any) -> Callable[[str], bool]:
        if what is sre.CATEGORY:
            category = _CATEGORIES[_NEGATED.get(which, which)]
            return (lambda c: not category(c)) if which in _NEGATED else category
        first, last = (which, which) if what is sre.LITERAL else which
        if self._flags & re.IGNORECASE:
            return lambda c: any(first <= ord(f[0]) <= last for f in (c, c.lower(), c.upper()))
        return lambda c: first <= ord(c) <= last


def _parsed(pattern: re.Pattern[str]) -> Any:
    return parser.parse(pattern.pattern, pattern.flags)


def _hollow(node: Any) -> bool:
    """Whether a repeat goes on for ever over what may be empty, and holds another: ``(a*)*``."""
    kind, value = node
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT) and value[1] is sre.MAXREPEAT:
        body = value[2]
        if body.getwidth()[0] == 0 and body.getwidth()[1] >= sre.MAXREPEAT:
            return True
    return any(map(_hollow, _below(value)))


def _below(value: Any) -> Iterator[Any]:
    """The nodes inside a node."""
    if isinstance(value, parser.SubPattern):
        yield from value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _below(each)


# A place is a state that takes a character; steps lead from place to place.
_Steps = dict[_State, list[tuple[frozenset[str], _State, frozenset[str]]]]


def _ways(state: _State, accept: _State) -> tuple[list[tuple[_State, frozenset[str]]], bool]:
    """The places that can be next, once for each way to them; whether a match is certain here."""
    found: list[tuple[_State, frozenset[str]]] = []
    certain = False

    def walk(at: _State, seen: frozenset[int], free: bool, forbidden: frozenset[str]) -> None:
        nonlocal certain
        certain = certain or (at is accept and free)
        if at.to is not None:
            found.append((at, forbidden))
        for target, guarded, beyond in at.edges:
            if id(target) not in seen:
                more = forbidden | beyond
                walk(target, seen | {id(target)}, free and not guarded and not more, more)

    walk(state, frozenset({id(state)}), True, _EMPTY)
    return found, certain


def _automaton(pattern: re.Pattern[str], mode: str, most: int) -> _Steps:
    """By place, the characters that it takes and the places after them."""
    tree = _parsed(pattern)
    start = _State()
    accept = _Builder(pattern.flags, most).sequence(tree, start)
    root = start
    if mode == "search":
        # Any beginning is passed over first.
        root = _State(edges=[(start, False, _EMPTY)])
        root.edges.append((_State(chars=_ALPHABET, to=root), False, _EMPTY))
    never = _State()
    goal = never if mode == "fullmatch" else accept
    steps: _Steps = {}
    waiting = [place for place, _ in _ways(root, goal)[0]]
    while waiting:
        place = waiting.pop()
        if place in steps:
            continue
        assert place.to is not None
        following, certain = _ways(place.to, goal)
        steps[place] = (
            [] if certain else [(place.chars, after, beyond) for after, beyond in following]
        )
        waiting += [after for _, after, _ in steps[place]]
    return steps


def _next(steps: _Steps, places: tuple[_State, ...]) -> Iterator[tuple[_State, ...]]:
    """Where several places can be after taking one character that all of them take."""

    def walk(at: int, common: frozenset[str], out: tuple[_State, ...]) -> Iterator[Any]:
        if at == len(places):
            yield out
            return
        for _, after, beyond in steps[places[at]]:
            left = (common & after.chars) - beyond
            if left:
                yield from walk(at + 1, left, (*out, after))

    yield from walk(0, _ALPHABET, ())


def _reached(steps: _Steps, begin: tuple[_State, ...]) -> set[tuple[_State, ...]]:
    seen: set[tuple[_State, ...]] = set()
    waiting = list(_next(steps, begin))
    while waiting:
        places = waiting.pop()
        if places not in seen:
            seen.add(places)
            waiting += _next(steps, places)
    return seen


def _exponential(steps: _Steps) -> bool:
    """Whether a place has two different loops over one word."""
    for place in steps:
        if (place,) not in _reached(steps, (place,)):
            continue
        apart = [p for p in _reached(steps, (place, place)) if p[0] is not p[1]]
        if any((place, place) in _reached(steps, pair) for pair in apart):
            return True
        around = {p for (p,) in _reached(steps, (place,)) if (place,) in _reached(steps, (p,))}
        for one in around:
            targets = [(after, left) for chars, after, beyond in steps[one]
                       if after in around and (left := after.chars - beyond)]  # fmt: skip
            for index, (after, left) in enumerate(targets):
                if any(after is other and left & more for other, more in targets[:index]):
                    return True
    return False


def _polynomial(steps: _Steps) -> bool:
    """Whether a loop can be left for another over the same word."""
    loops = [place for place in steps if (place,) in _reached(steps, (place,))]
    for one in loops:
        after = {place for (place,) in _reached(steps, (one,))}
        for other in loops:
            apart = other is not one and other in after
            if apart and (one, other, other) in _reached(steps, (one, one, other)):
                return True
    return False


def faults(pattern: re.Pattern[str], mode: str) -> Iterator[str]:
    """Why a pattern may take long; nothing where it is proved that it takes linear time.

    ``mode`` is how it is used: ``search`` (from every place), ``match`` or ``fullmatch``.
    """
    tree = _parsed(pattern)
    begins = tree[0] == (sre.AT, sre.AT_BEGINNING) and not pattern.flags & re.MULTILINE
    if mode == "search" and begins:
        mode = "match"
    anchored = "match" if mode == "search" else mode
    hollow = any(map(_hollow, tree))
    if hollow or _exponential(_automaton(pattern, anchored, _WRITTEN_OUT)):
        yield "exponential"
    if _polynomial(_automaton(pattern, mode, 10_000)):
        yield "more than linear"
