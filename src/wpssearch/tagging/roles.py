"""Whether a country is where something happens, or gives, represents and sends: a partner.

A cue stands before the country (``funded by``, ``the Embassy of``) or after it (``donated``,
``battalion``); in a list (``Denmark, Norway and Sweden``) it is for all. Weaker signs make a
partner only of a country that is abroad, where the text names another place: weaker cues
(``sent``), and people or things that are sent, before ``from`` or after an adjective (``doctors
from Malaysia``, ``Irish soldiers``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

from wpssearch.tagging.mention import Mention
from wpssearch.tagging.normal import Normal, normal_name
from wpssearch.vocab import Vocabulary

__all__ = ["Roles"]

# Cues by their words, those before a name from the last word backwards.
_Cues = tuple[dict[str, Any], dict[str, Any]]
#: In a cue, any words, up to so many; written as an ellipsis.
_GAP, _MAX_GAP = "…", 3
_REACH = 90
_END = ""
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+|[.;:!?,()\n]")
_LISTED = re.compile(
    r" *(?:,? ?\(?(?:us)?\$? ?\d[\d.,]*(?: million| thousand)?\)?)?(?: ?\([^()\n]{0,40}\))?"
    r" *(?:,|/|&|;)? *(?:and|or|as well as|then|and then|&)? *(?:of|from|by)? *(?:the |\d+ )?"
    r"(?:(?:governments?|republic|kingdom) (?:of )?(?:the )?)?"
)
_LONGEST_BETWEEN = 120
#: Words that may stand between a cue and the country's name.
_PASSED = frozenset({"the", "government", "governments", "of", "republic", "kingdom", "state",
                     "states", "both", ":", "(", "a", "an"})  # fmt: skip
_CLAUSE_ENDS = frozenset(".;:!?\n")
_LONGEST_CLAUSE = 14
_LONGEST_NOUN = 3
_LONGEST_TITLED = 6
_NEAR = 6
_COPULA = frozenset({"were", "was", "are", "is"})


class Roles:
    """The cues of a vocabulary, ready to be found. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._always = self._cues("")
        self._abroad = self._cues(" abroad")
        self._sent = frozenset(vocabulary.cues("sent"))
        self._sent_with_mission = self._sent.union(vocabulary.cues("sent with a mission"))
        self._titles = frozenset(vocabulary.cues("title"))
        self._statement = frozenset(vocabulary.cues("statement"))
        self._people = frozenset(vocabulary.cues("people"))
        self._party = frozenset(vocabulary.cues("party"))

    def _cues(self, kind: str) -> _Cues:
        cues = self._vocabulary.cues
        return (
            _trie(reversed(_words(cue)) for cue in cues(f"before{kind}")),
            _trie(_words(cue) for cue in cues(f"after{kind}")),
        )

    def partners(
        self, normal: Normal, mentions: Sequence[Mention], implied: Set[str], *, mission: bool
    ) -> set[int]:
        """The places in the normal text of the countries that a cue makes partners.

        ``implied`` are the countries that the text's missions and places imply; ``mission`` says
        that it names one: soldiers from abroad are then a contributor's.
        """
        sent = self._sent_with_mission if mission else self._sent
        found: set[int] = set()
        perhaps: list[Mention] = []
        homes = set(implied)
        for group in _lists(normal.low, mentions):
            before = _WORD.findall(normal.low[max(0, group[0].first - _REACH) : group[0].first])
            before.reverse()
            after = _WORD.findall(normal.low[group[-1].stop : group[-1].stop + _REACH])
            if _has_cue(self._always, before, after) or self._speaks(normal.low, group, before):
                found.update(mention.first for mention in group)
            elif _has_cue(self._abroad, before, after) or self._is_sent(sent, before, after):
                perhaps += group
            else:
                homes.update(mention.name.id for mention in group)
        found.update(m.first for m in perhaps if homes - {m.name.id})
        return found

    def _speaks(self, low: str, group: Sequence[Mention], before: list[str]) -> bool:
        """``Ms. Haidara (Mali) said``: whom the speaker represents."""
        bracketed = low[group[0].first - 1 :][:1] == "(" and low[group[-1].stop :][:1] == ")"
        return bracketed and not self._titles.isdisjoint(before[:_LONGEST_TITLED])

    def _is_sent(self, sent: Set[str], before: list[str], after: list[str]) -> bool:
        """Whether someone or something from the country is what the text speaks of."""
        clause = _until(before, _CLAUSE_ENDS)[:_LONGEST_CLAUSE]
        if not self._party.isdisjoint(clause[:_NEAR]):
            return False
        origin = clause[1:] if clause[:1] == ["the"] else clause
        if origin[:1] == ["from"]:
            # `doctors from Malaysia`, but not `refugees from Mali`: the nearer word decides.
            for word in origin[1:]:
                if word in self._people or word in sent:
                    return word in sent
            return False
        subject = clause[1:2] if clause and clause[0] in _COPULA else clause[:1]
        if subject and subject[0] in sent:
            # `its engineers were Canadian, its helicopters Chilean`
            return not after or after[0] in _CLAUSE_ENDS or after[0] in (",", "and")
        return self._is_noun(sent, after) or self._is_stated(before)

    def _is_noun(self, sent: Set[str], after: list[str]) -> bool:
        """``Irish soldiers``, ``Swedish quick reaction force``, ``Nepalese women officers``."""
        if after[:1] and after[0] in _VAGUE:
            return after[1:2] != [] and after[1] in sent
        for word in after[:_LONGEST_NOUN]:
            if word in sent:
                return True
            if word in _STOPS or word in self._people or not word.isalpha():
                return False
        return False

    def _is_stated(self, before: list[str]) -> bool:
        """``Donors in 2012: Estonia, 30; Latvia, 12``: what stands before the colon says it."""
        if before[:1] != [":"]:
            return False
        return not self._statement.isdisjoint(_until(before[1:], _CLAUSE_ENDS))


#: Words for people who may or may not be sent: what stands farther off decides.
_VAGUE = frozenset({"women", "men"})
_STOPS = frozenset(
    "and or the a an of in to for from by with on at who which that was were is are has have had"
    .split()
)  # fmt: skip


def _until(words: list[str], ends: Set[str]) -> list[str]:
    for index, word in enumerate(words):
        if word in ends:
            return words[:index]
    return words


def _has_cue(cues: _Cues, before: list[str], after: list[str]) -> bool:
    passed = 0
    while passed < len(before) and before[passed] in _PASSED:
        passed += 1
    for skipped in range(min(passed + 1, len(before))):
        if before[skipped] in cues[0] and _stands(cues[0], before, skipped):
            return True
    if after[:1] == [","]:
        # `Fiji, which rejoined the force in 2013, sent …`
        clause = _until(after[1:_LONGEST_CLAUSE], _CLAUSE_ENDS)
        if clause[:1] and clause[0] in ("which", "who", "through", "with", "via") and "," in clause:
            return _stands(cues[1], after[2 + clause.index(",") :])
        return _stands(cues[1], after[1:]) if after[1:2] != ["and"] else False
    return _stands(cues[1], after)


def _words(cue: str) -> list[str]:
    return [word if word == _GAP else normal_name(word)[1] for word in cue.split()]


def _trie(cues: Iterable[Iterable[str]]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for cue in cues:
        node = root
        for word in cue:
            node = node.setdefault(word, {})
        node[_END] = {}
    return root


def _stands(node: dict[str, Any], words: Sequence[str], at: int = 0) -> bool:
    """Whether a cue of the trie stands at the beginning of the words."""
    while _END not in node:
        if _GAP in node and any(
            _stands(node[_GAP], words, at + skipped) for skipped in _gaps(words, at)
        ):
            return True
        following = node.get(words[at]) if at < len(words) else None
        if following is None:
            return False
        node = following
        at += 1
    return True


def _gaps(words: Sequence[str], at: int) -> Iterator[int]:
    """How many words a gap may stand for here: none that is a punctuation mark."""
    for skipped in range(_MAX_GAP + 1):
        yield skipped
        if at + skipped >= len(words) or not words[at + skipped].isalnum():
            return


def _lists(low: str, mentions: Sequence[Mention]) -> Iterable[list[Mention]]:
    """The mentions, those that a list names together as one group."""
    group: list[Mention] = []
    for mention in mentions:
        between = mention.first - group[-1].stop if group else 0
        if between > _LONGEST_BETWEEN or (
            group and not _LISTED.fullmatch(low, group[-1].stop, mention.first)
        ):
            yield group
            group = []
        group.append(mention)
    if group:
        yield group
