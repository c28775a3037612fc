"""The names of the vocabulary in a text: one pass for all of them, then what each must satisfy.

A name counts where it stands as whole words and is written as a name is: with a capital at its
beginning, acronyms in capitals. Of overlapping names of one kind the leftmost counts, and of those
that begin together the longest (``Guinea-Bissau`` is not ``Guinea``); stop-entries are names of
nothing and shield what they contain (``Lake Chad``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from wpssearch.definitions import definitions
from wpssearch.entries import Mission
from wpssearch.folding import fold
from wpssearch.periods import MONTHS
from wpssearch.tagging.meaning import Meaning
from wpssearch.tagging.mention import Mention, Name
from wpssearch.tagging.normal import Normal, normal_name, spaced
from wpssearch.vocab import Vocabulary

__all__ = ["Found", "Mention", "Name", "Names"]

_RESOLUTION_WORDS = ("resolution", "resolutions", "res", "scr", "scrs", "unscr", "unscrs")


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a text, by kind, in the order of the text."""

    normal: Normal
    missions: list[Mention]
    other_missions: list[Mention]
    countries: list[Mention]
    agencies: list[Mention]
    months: list[Mention]
    resolutions: list[Mention]


def _variants(name: str) -> Iterator[str]:
    yield name
    if "United Nations " in name:
        yield name.replace("United Nations ", "UN ")
        yield name.replace("United Nations ", "U.N. ")


class Names:
    """All names of a vocabulary, ready to be found. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._meaning = Meaning(vocabulary)

    @cached_property
    def _all(self) -> tuple[Name, ...]:
        return tuple(self._names())

    @cached_property
    def _automaton(self) -> Any:
        import ahocorasick

        found: dict[str, dict[Name, None]] = {}
        for name in self._all:
            found.setdefault(spaced(name.low), {})[name] = None
        automaton = ahocorasick.Automaton()
        for key, names in found.items():
            capital = all(name.capital or name.exact for name in names)
            automaton.add_word(key, (len(key), capital, tuple(names)))
        automaton.make_automaton()
        return automaton

    # What there is to find

    def _names(self) -> Iterator[Name]:
        vocabulary = self._vocabulary
        yield from self._of_missions("missions", vocabulary.missions)
        yield from self._of_missions("other_missions", vocabulary.other_missions)
        for agency in vocabulary.agencies.values():
            if agency.mention:
                for acronym in agency.acronyms:
                    yield _exact("agencies", agency.id, acronym)
                for full in agency.names:
                    yield from _full("agencies", agency.id, full)
        yield from self._of_countries()
        for place in vocabulary.places.values():
            for written in place.names:
                yield _plain("places", place.id, written)
        for row in vocabulary.rows("stops"):
            kinds = _SHIELDED[row["facet"]]
            yield replace(_plain("stops", row["name"], row["name"]), shields=kinds, capital=False)
        for word in MONTHS:
            yield Name("month", word, word)
        for word in _RESOLUTION_WORDS:
            yield Name("resolution", word, word, capital=False)

    def _of_countries(self) -> Iterator[Name]:
        for country in self._vocabulary.countries.values():
            for written in country.names:
                yield _plain("countries", country.id, written)
            for written in country.demonyms:
                yield replace(_plain("countries", country.id, written), way="demonym")
            for former in country.former:
                name = _plain("countries", country.id, former.name)
                yield replace(name, way="former", start=former.start, end=former.end)
            for written in country.cued:
                yield replace(_plain("countries", country.id, written), way="cued")
            for written in country.shared:
                yield replace(_plain("countries", country.id, written), way="shared")

    @staticmethod
    def _of_missions(table: str, missions: Mapping[str, Mission]) -> Iterator[Name]:
        for mission in missions.values():
            start, end = mission.start, mission.end
            for acronym in mission.acronyms:
                name = _exact(table, mission.id, acronym)
                exact = name.exact if mission.exact else None
                yield replace(name, exact=exact, start=start, end=end)
            for full in mission.names:
                for name in _full(table, mission.id, full):
                    yield replace(name, start=start, end=end)

    # What is found

    def find(self, text: str, skip: Iterable[tuple[int, int]] = ()) -> Found:
        """The names in a text; nothing is found in the spans in ``skip``."""
        normal = Normal(text)
        by_kind: dict[str, list[Mention]] = {kind: [] for kind in _KINDS}
        skipped = tuple(skip)
        low, cased = normal.low, normal.cased
        for last, (length, capital, names) in self._automaton.iter(normal.spaced):
            first = last - length + 1
            # Most of what is found are words like `may` and `us`.
            if capital and cased[first].islower() and cased[first : last - 1].islower():
                continue
            for name in names:
                # The key has blanks for punctuation; the name itself may not.
                end = first + len(name.low)
                if low[first:end] != name.low or not _is_written_as(name, cased[first:end]):
                    continue
                span = normal.span(first, end)
                if not skipped or not any(a <= span[0] < b for a, b in skipped):
                    by_kind[name.kind].append(Mention(name, first, end, *span))
        defined = {d.acronym: _beginnings(fold(text[d.start : d.end])) for d in definitions(text)}
        if defined:
            for kind, mentions in by_kind.items():
                by_kind[kind] = [m for m in mentions if not self._is_redefined(m.name, defined)]
        return self._arranged(normal, by_kind)

    @cached_property
    def _word_beginnings(self) -> dict[tuple[str, str], frozenset[str]]:
        out: dict[tuple[str, str], frozenset[str]] = {}
        for name in self._all:
            key = name.kind, name.id
            out[key] = out.get(key, frozenset()) | _beginnings(name.low)
        return out

    def _is_redefined(self, name: Name, defined: Mapping[str, frozenset[str]]) -> bool:
        """``Danish Refugee Council (DRC)``: the text uses the acronym for something else."""
        if name.exact is None or name.low not in defined:
            return False
        words = defined[name.low]
        return 2 * len(words & self._word_beginnings[name.kind, name.id]) < len(words)

    def _arranged(self, normal: Normal, by_kind: dict[str, list[Mention]]) -> Found:
        stops, meaning = by_kind["stops"], self._meaning
        if not any(by_kind.values()):
            return Found(normal, [], [], [], [], [], [])

        def kept(*kinds: str) -> list[Mention]:
            mentions = [mention for kind in kinds for mention in by_kind[kind]]
            if not mentions:
                return mentions
            shields = [m for m in stops if not m.name.shields.isdisjoint(kinds)]
            return [m for m in _longest([*mentions, *shields]) if m.name.kind != "stops"]

        for kind in ("countries", "places", "agencies"):
            by_kind[kind] = [m for m in by_kind[kind] if meaning.counts(m, normal)]
        return Found(
            normal,
            missions=kept("missions"),
            other_missions=kept("other_missions"),
            countries=[
                mention
                for mention in meaning.without_persons(kept("countries", "places"), normal)
                if not meaning.names_paper(mention, normal)
                and not meaning.is_namesake(mention, normal)
            ],
            agencies=kept("agencies"),
            months=by_kind["month"],
            resolutions=by_kind["resolution"],
        )


_KINDS = ("missions", "other_missions", "countries", "agencies", "places", "stops", "month",
          "resolution")  # fmt: skip
_SHIELDED = {
    "mission": frozenset({"missions"}),
    "other_mission": frozenset({"other_missions"}),
    "country": frozenset({"countries"}),
    "place": frozenset({"countries", "places"}),
    "agency": frozenset({"agencies"}),
    "*": frozenset(_KINDS),
}


def _beginnings(words: str) -> frozenset[str]:
    return frozenset(word[:4] for word in words.split() if len(word) > 3)


def _plain(kind: str, id_: str, written: str) -> Name:
    cased, low = normal_name(written.removeprefix("the "))
    # A name in capitals, or with one inside a word, counts as written so alone.
    exact = cased if _is_acronym(cased) else None
    return Name(kind, id_, low, exact, capital=cased[:1].isupper())


def _is_acronym(cased: str) -> bool:
    return cased.isupper() or any(
        any(c.isupper() for c in word[1:]) for word in cased.split() if word.isalpha()
    )


def _exact(kind: str, id_: str, acronym: str) -> Name:
    cased, low = normal_name(acronym)
    return Name(kind, id_, low, cased)


def _full(kind: str, id_: str, full: str) -> Iterator[Name]:
    for variant in _variants(full):
        _, low = normal_name(variant)
        yield Name(kind, id_, low)


def _is_written_as(name: Name, cased: str) -> bool:
    if name.exact is not None:
        return cased == name.exact or cased == name.exact.upper()
    return not name.capital or cased[:1].isupper()


def _longest(mentions: Iterable[Mention]) -> list[Mention]:
    """Of overlapping mentions the leftmost, and of those that begin together the longest.

    Mentions of the same words by several names all stay.
    """
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
        last = kept[-1] if kept else None
        if (
            last is None
            or mention.start >= last.end
            or (
                (mention.start, mention.end) == (last.start, last.end)
                and "stops" not in (mention.name.kind, last.name.kind)
            )
        ):
            kept.append(mention)
    return kept
