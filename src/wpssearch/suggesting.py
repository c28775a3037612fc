"""What to search for instead, where a word of the query is in no record.

The unknown words alone are replaced, in the text as it was typed, and only by what then finds
more. Which word is meant is told by how it is spelled, how often it is there, and whether it
keeps company with the other words of the query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from wpssearch import spelling
from wpssearch.analysis import Analyzer, Token, tokenize
from wpssearch.backends.evaluator import Evaluation
from wpssearch.backends.lowering import lower
from wpssearch.backends.plan import All, Any, Plan, Synonyms
from wpssearch.backends.plan import Sequence as Row
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.folding import fold
from wpssearch.model import Search
from wpssearch.query import Word
from wpssearch.results import Results

__all__ = ["suggestion"]

#: A query with more unknown words is in another language, or of another subject.
_MOST_UNKNOWN = 8
#: How many candidates a word has, by how many of the other words they are judged, and how often.
_CANDIDATES = 24
_COMPANY = 4
_ROUNDS = 2

# A run with a digit is a number or a symbol: a resolution, a file, a version.
_RUN = re.compile(r"[\w/.-]+")
_BESIDE = frozenset("\"'()\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A word, or two words in a row, that may be meant."""

    form: str
    plan: Plan
    likelihood: float


def suggestion(
    snapshot: Snapshot,
    analyzer: Analyzer,
    request: Search,
    found: Results,
    evaluation: Evaluation,
    answer: Callable[[Search], Results],
) -> str | None:
    """A query's text with its unknown words spelled as records have them.

    ``found`` is what the query found, ``evaluation`` how; ``answer`` carries out another search.
    ``None`` where nothing is unknown, or where nothing near finds more under the same filters.
    """
    speller = _Speller(snapshot, analyzer, evaluation)
    typed = str(request.query)
    if not 0 < speller.unknown_in(typed) <= _MOST_UNKNOWN:
        return None
    text = speller.respelled(speller.joined(typed))
    if text == typed:
        return None
    best = replace(request, limit=1, offset=0, sort="relevance", facets=(), snippets=False)
    instead = answer(replace(best, query=text))
    if not instead.total:
        return None
    better = not found.total or _worth(instead) > _worth(found)
    if found.total and _worth(instead) == _worth(found):
        better = instead.hits[0].score > answer(best).hits[0].score
    return text if better else None


def _worth(results: Results) -> tuple[bool, int]:
    """What makes an answer better than another, the first first."""
    return results.match == "all", results.total


class _Speller:
    """The unknown words of one query, and its known ones."""

    def __init__(self, snapshot: Snapshot, analyzer: Analyzer, evaluation: Evaluation) -> None:
        self._snapshot = snapshot
        self._analyzer = analyzer
        self._evaluation = evaluation
        self._counts: dict[Plan, int] = {}
        terms = evaluation.terms
        self._unknown = frozenset(
            term.word for term in terms if not isinstance(term, Synonyms) and not term.terms
        )
        # Rare words tell most.
        known = sorted(filter(self._records, terms), key=self._records)
        self._company: list[Plan] = [*known[:_COMPANY]]

    def unknown_in(self, text: str) -> int:
        """How many words of a text no live record has; numbers and symbols aside."""
        return len(self._unknown.intersection(word.form for word in _words(text)))

    def joined(self, text: str) -> str:
        """The text with words made one that were typed as two: ``peace keeping``."""
        words = _words(text)
        spans: list[tuple[int, int, str]] = []
        for one, other in pairwise(words):
            apart = text[one.end : other.start].isspace()
            if not apart or (spans and spans[-1][1] > one.start):
                continue
            if self._unknown.isdisjoint((one.form, other.form)):
                continue
            if self._snapshot.occurrences(one.form + other.form):
                whole = text[one.start : one.end] + text[other.start : other.end]
                spans.append((one.start, other.end, whole))
        return _replaced(text, spans)

    def respelled(self, text: str) -> str:
        """The text with its unknown words spelled otherwise, where there is another spelling."""
        typed: dict[str, list[Token]] = {}
        for word in _words(text):
            if word.form in self._unknown and self._may_be_misspelt(word.form):
                typed.setdefault(word.form, []).append(word)
        candidates = {
            form: list(self._candidates(form, all(_free(text, word) for word in words)))
            for form, words in typed.items()
        }
        spans = [
            (word.start, word.end, _as_typed(best.form, text[word.start : word.end]))
            for form, best in self._chosen(candidates).items()
            for word in typed[form]
        ]
        return _replaced(text, sorted(spans))

    def _may_be_misspelt(self, form: str) -> bool:
        # An acronym of the vocabulary is spelled right, though no record has it.
        return len(form) >= spelling.SHORTEST and not self._snapshot.stem(form).startswith("=")

    def _candidates(self, form: str, free: bool) -> Iterator[_Candidate]:
        for other, cost in self._snapshot.near(form, _CANDIDATES).items():
            count = self._snapshot.occurrences(other) if other.isalpha() else 0
            if count:
                likelihood = float(spelling.likelihood(cost, count))
                yield _Candidate(other, self._group(other), likelihood)
        if free:
            yield from self._divided(form)

    def _divided(self, form: str) -> Iterator[_Candidate]:
        """Two words that stand in a row somewhere, and were typed as one: the commonest."""
        least = spelling.SHORTEST
        cuts = ((form[:at], form[at:]) for at in range(least, len(form) - least + 1))
        counts = {cut: min(map(self._snapshot.occurrences, cut)) for cut in cuts}
        best = max(counts, key=counts.__getitem__, default=None)
        if best is None or not counts[best]:
            return
        row = Row(tuple(map(self._group, best)))
        records = self._records(row)
        if records:
            likelihood = float(spelling.likelihood(spelling.DIVIDED, records))
            yield _Candidate(" ".join(best), row, likelihood)

    def _chosen(self, candidates: dict[str, list[_Candidate]]) -> dict[str, _Candidate]:
        """The best candidate for each form that has any, given those for the others."""
        chosen: dict[str, _Candidate] = {}
        # Again, for a word is company to those that were chosen before it, too.
        for _ in range(_ROUNDS if len(candidates) > 1 else 1):
            for form, mine in candidates.items():
                others = [best.plan for other, best in chosen.items() if other != form]
                company = [*self._company, *others][:_COMPANY]
                scored = [(self._score(candidate, company), candidate) for candidate in mine]
                if scored:
                    chosen[form] = max(scored, key=lambda pair: pair[0])[1]
        return chosen

    def _score(self, candidate: _Candidate, company: Sequence[Plan]) -> float:
        return candidate.likelihood + sum(
            spelling.association(
                self._records(All((candidate.plan, other))),
                self._records(candidate.plan),
                self._records(other),
                self._snapshot.count,
            )
            for other in company
        )

    def _records(self, plan: Plan) -> int:
        """How many live records match."""
        known = self._counts.get(plan)
        if known is None:
            known = self._counts[plan] = sum(map(len, self._evaluation.matches(plan)))
        return known

    def _group(self, form: str) -> Plan:
        """What a search for the form finds."""
        tokens, long_forms = self._analyzer.query_tokens, self._analyzer.long_forms
        return lower(Word(form), tokens, self._snapshot, long_forms, exact=True).plan or Any(())


def _words(text: str) -> list[Token]:
    """The words of a text that are letters alone, written as they are looked up."""
    coded = bytearray(len(text))
    for run in _RUN.finditer(text):
        if any(map(str.isdigit, run.group())):
            coded[run.start() : run.end()] = b"\1" * len(run.group())
    return [
        token
        for token in tokenize(text)
        if token.width == 1
        and token.form.isalpha()
        and not coded[token.start]
        and fold(text[token.start : token.end]) == token.form
    ]


def _free(text: str, word: Token) -> bool:
    """Whether a word stands between blanks, quotes or brackets: two may stand there."""
    sides = text[word.start - 1 : word.start], text[word.end : word.end + 1]
    return all(not side or side.isspace() or side in _BESIDE for side in sides)


def _as_typed(form: str, typed: str) -> str:
    """A form in the capitals of what it replaces."""
    if typed.isupper() and len(typed) > 1:
        return form.upper()
    return form[:1].upper() + form[1:] if typed[:1].isupper() else form


def _replaced(text: str, spans: Sequence[tuple[int, int, str]]) -> str:
    """The text with something else in some spans, which are in order."""
    out: list[str] = []
    last = 0
    for start, end, other in spans:
        out += (text[last:start], other)
        last = end
    return "".join((*out, text[last:]))
