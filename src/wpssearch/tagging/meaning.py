"""Whether a name that is also something else is meant as a name where it stands.

A language, a person, a treaty and a namesake are none: ``translated into French``, ``Ms. Jordan``,
``the Kampala Convention``, ``Georgia, Indiana and New Mexico``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wpssearch.analysis import is_shouted
from wpssearch.tagging.mention import Mention
from wpssearch.tagging.normal import Normal, normal_name
from wpssearch.vocab import Vocabulary

__all__ = ["Meaning"]

_FUNCTION_WORDS = frozenset(
    "to the of in by for with is was are were at on from as that which who a an it its into this "
    "among but so if when while than then not only after before during since under between both "
    "also will would can could may has have had be been did does do there here"
    .split()
)  # fmt: skip
_ENDS = frozenset(["", *'.!?:;\n\u201c"('])
_NEAR = 40
_LISTED = 12
_SHORT = 5
#: Words before the name of a language, where no noun follows it.
_SPOKEN = frozenset({"in", "into", "speak", "speaks", "speaking", "spoken", "fluent", "only"})
_WORD = re.compile(r"[^\W_]+")


class Meaning:
    """The rules of a vocabulary's cues. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._nouns = self._cue("noun")
        self._languages = self._cue("language")
        self._titles = self._cue("title")
        self._persons = self._cue("person")
        self._institutions = self._cue("institution")
        self._instruments = self._cue("instrument")
        self._namesakes = self._cue("namesake")
        self._neighbours = self._cue("namesake's neighbour")
        self._words = frozenset(vocabulary.cues("word"))

    def _cue(self, kind: str) -> frozenset[str]:
        return frozenset(normal_name(cue)[1] for cue in self._vocabulary.cues(kind))

    def counts(self, mention: Mention, normal: Normal) -> bool:
        """Whether a name that is also something else is meant as a name here."""
        name = mention.name
        if name.way in ("cued", "demonym"):
            follows = self._follows(mention, normal)
            return follows == "noun" or (follows != "language" and name.way == "demonym")
        if name.exact and normal.cased[mention.stop : mention.stop + 1] == "$":
            return False
        if name.exact in self._words:
            return not is_shouted(normal.line(mention.first))
        written = normal.cased[mention.first : mention.stop]
        if name.kind == "places" and len(written) <= _SHORT and written.isupper():
            return is_shouted(normal.line(mention.first))
        return True

    def _follows(self, mention: Mention, normal: Normal) -> str:
        """Whether an adjective stands before a ``noun``, or is the name of a ``language``.

        In a list (``French and Spanish forces``) the noun that ends it counts; of capitalised
        nouns those of state and people.
        """
        after = normal.cased[mention.stop : mention.stop + 2 * _NEAR].replace(",", " , ")
        for word in after.split()[:_LISTED]:
            bare = word.rstrip(".;:)")
            low = bare.lower()
            if low in self._languages:
                return "language"
            if low in self._nouns:
                return "noun"
            if low in ("and", "or", "then", ",") or (bare[:1].isupper() and word == bare):
                continue
            if bare.isalpha() and bare.islower() and low not in _FUNCTION_WORDS:
                return "noun"
            break
        before = normal.cased[max(0, mention.first - _NEAR) : mention.first].replace(",", " , ")
        for word in reversed(before.split()):
            if word.lower() in _SPOKEN:
                return "language"
            if not (word[0].isupper() or word in ("and", "or", ",")):
                break
        return ""

    def is_namesake(self, mention: Mention, normal: Normal) -> bool:
        """``Georgia, Indiana and New Mexico``: the name of a part of another country."""
        if mention.name.low not in self._namesakes:
            return False
        around = normal.low[max(0, mention.first - 2 * _NEAR) : mention.stop + 2 * _NEAR]
        return not self._neighbours.isdisjoint(_WORD.findall(around))

    def without_persons(self, mentions: list[Mention], normal: Normal) -> Iterator[Mention]:
        person = -2
        for mention in mentions:
            # Both names of `Ms. Jordan Cuba`.
            if mention.first - 1 == person or self._is_person(mention, normal):
                person = mention.stop
            else:
                yield mention

    def _is_person(self, mention: Mention, normal: Normal) -> bool:
        """``Ms. Jordan``, ``Chad Williams``: the name is a person's."""
        before = normal.cased[max(0, mention.first - _NEAR) : mention.first]
        after = normal.cased[mention.stop : mention.stop + _NEAR]
        previous = before.rsplit(None, 1)[-1] if before.strip() and before[-1] == " " else ""
        titled = before.split()[-2:] if previous else []
        if any(w[0].isupper() and w.rstrip(".").lower() in self._titles for w in titled[-1:]):
            return True
        if self._is_name_part(previous) and titled[0].rstrip(".").lower() in self._titles:
            return True
        if mention.name.low not in self._persons:
            return False
        following = after.split()[0].rstrip(".,;:)") if after.strip() and after[0] == " " else ""
        if self._is_name_part(following):
            return True
        begins = before.rstrip().removesuffix(previous).rstrip()[-1:] in _ENDS
        return self._is_name_part(previous) and not begins

    def _is_name_part(self, word: str) -> bool:
        """A capitalised word that is no part of a state's or body's name."""
        return (
            len(word) > 1
            and word[0].isupper()
            and not word.isupper()
            and word.isalpha()
            and word.lower() not in self._institutions
        )

    def names_paper(self, mention: Mention, normal: Normal) -> bool:
        """``Kampala Convention``: a place in the name of a treaty, accord or statement."""
        if mention.name.kind != "places":
            return False
        after = normal.cased[mention.stop : mention.stop + 80]
        if after[:1] != " ":
            return False
        for word in after.split()[:5]:
            bare = word.rstrip(".,;:)")
            if bare.lower() in self._instruments and bare[:1].isupper():
                return True
            if not (bare[:1].isupper() or bare in ("and", "of", "for", "on")) or bare != word:
                return False
        return False
