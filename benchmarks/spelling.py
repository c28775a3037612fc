"""How often the suggestion for a misspelt word is the word that was meant, and how long it takes.

    python benchmarks/corpora.py debian FOLDER
    python benchmarks/spelling.py FOLDER/debian.jsonl
    python benchmarks/spelling.py FOLDER/debian.jsonl --errors-of dictionary.txt

Records are indexed until they have ``--terms`` distinct terms. Words of six letters or more are
drawn from all of them (each as likely: most are rare) and from running text (as they are used),
and get one error or two: a letter for another, left out, or added, or two neighbours exchanged,
each kind as likely, anywhere in the word. What is still a word of the records after that is no
error that an index can see, and is drawn again. Each word is asked for alone, and with two words
of a record that has it. A suggestion is right where it is the query as it was meant,
no more and no less. The time is that of the whole search, without facets and hits.

``--errors-of`` takes a file of errors that people made, a ``wrong->right`` a line, such as the
``dictionary.txt`` of codespell. The report's seed is not the one that the model was fitted with.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import string
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import wpssearch
from wpssearch.analysis import tokenize

LEAST = 6
COMPANY = 2
LETTERS = string.ascii_lowercase


class Case(NamedTuple):
    """What was meant, what was typed, and two other words of a record that has it."""

    meant: str
    typed: str
    company: list[str]


class Corpus:
    """Records with the words of each, and the records of each word."""

    def __init__(self, path: Path, terms: int) -> None:
        self.rows: list[dict[str, Any]] = []
        self.words: list[list[str]] = []
        self.having: dict[str, list[int]] = {}
        with path.open(encoding="utf-8") as file:
            for number, row in enumerate(map(json.loads, file)):
                forms = [token.form for token in tokenize(row["text"])]
                for form in dict.fromkeys(forms):
                    self.having.setdefault(form, []).append(number)
                self.rows.append(row)
                self.words.append([form for form in forms if form.isascii() and form.isalpha()])
                if len(self.having) >= terms:
                    break
        self.long = sorted(w for w in self.having if self._may_be_drawn(w))

    @staticmethod
    def _may_be_drawn(word: str) -> bool:
        return len(word) >= LEAST and word.isascii() and word.isalpha()

    def distinct(self, pick: random.Random) -> str:
        """One of all words."""
        return pick.choice(self.long)

    def running(self, pick: random.Random) -> str:
        """A word of running text."""
        while True:
            mine = list(filter(self._may_be_drawn, pick.choice(self.words)))
            if mine:
                return pick.choice(mine)

    def company(self, word: str, pick: random.Random) -> list[str]:
        """Other words of a record that has this one."""
        others = set(self.words[pick.choice(self.having[word])]) - {word}
        sensible = sorted(other for other in others if len(other) > COMPANY)
        return pick.sample(sensible, min(COMPANY, len(sensible)))


def misspelt(word: str, pick: random.Random) -> str:
    """The word with one error."""
    kind, at = pick.randrange(4), pick.randrange(len(word))
    if kind == 0:
        return word[:at] + pick.choice(LETTERS.replace(word[at], "")) + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        at = pick.randint(0, len(word))
        return word[:at] + pick.choice(LETTERS) + word[at:]
    different = [i for i in range(len(word) - 1) if word[i] != word[i + 1]]
    at = pick.choice(different or [0])
    return word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]


def made(
    corpus: Corpus,
    draw: Callable[[random.Random], str],
    errors: int,
    unknown: Callable[[str], bool],
    pick: random.Random,
) -> Iterator[Case]:
    """Words with so many errors."""
    while True:
        meant = typed = draw(pick)
        for _ in range(errors):
            typed = misspelt(typed, pick)
        if unknown(typed):
            yield Case(meant, typed, corpus.company(meant, pick))


def collected(
    path: Path, corpus: Corpus, unknown: Callable[[str], bool], pick: random.Random
) -> Iterator[Case]:
    """Errors that people made, in the words of the corpus."""
    pairs = [line.split("->") for line in path.read_text(encoding="utf-8").splitlines()]
    pick.shuffle(pairs)
    known = set(corpus.long)
    for typed, meant in (pair for pair in pairs if len(pair) == 2):
        if meant in known and typed.isalpha() and unknown(typed):
            yield Case(meant, typed, corpus.company(meant, pick))


def report(index: wpssearch.Index, what: str, cases: list[Case]) -> None:
    """Print a line for words alone, and one for words in company."""
    for label, size in (("alone", 0), (f"with {COMPANY} words", COMPANY)):
        right, times = 0, []
        for case in cases:
            before, after = case.company[: size // 2], case.company[size // 2 : size]
            query = " ".join((*before, case.typed, *after))
            started = time.perf_counter()
            suggestion = index.search(query, limit=0, facets=()).suggestion
            times.append((time.perf_counter() - started) * 1000)
            right += suggestion == " ".join((*before, case.meant, *after))
        share = 100 * right / len(cases)
        slow = statistics.quantiles(times, n=20)[-1]
        print(
            f"{what}, {label}", len(cases), f"{share:.1f}", f"{statistics.median(times):.2f}",
            f"{slow:.2f}", f"{max(times):.1f}", sep="\t", flush=True,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("path", type=Path)
    parser.add_argument("--terms", type=int, default=70_000)
    parser.add_argument("--words", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20_250)
    parser.add_argument("--errors-of", type=Path)
    options = parser.parse_args()
    corpus = Corpus(options.path, options.terms)
    with wpssearch.open(":memory:") as index:
        index.add(corpus.rows)
        print(f"{len(corpus.rows):,} records, {len(corpus.having):,} distinct terms")
        print("errors", "words", "right, %", "median, ms", "95th", "most", sep="\t")

        def unknown(word: str) -> bool:
            found = index.search(word, limit=0, facets=())
            return not found.total

        unknown("warmup")
        # Or the words that are kept here for the report are gone through while it is timed.
        gc.freeze()
        for name, draw in (("all terms", corpus.distinct), ("running text", corpus.running)):
            for errors in (1, 2):
                pick = random.Random(options.seed + errors)
                cases = made(corpus, draw, errors, unknown, pick)
                report(index, f"{errors}, {name}", [*islice(cases, options.words)])
        if options.errors_of:
            found = collected(options.errors_of, corpus, unknown, random.Random(options.seed))
            report(index, "people's", [*islice(found, options.words)])


if __name__ == "__main__":
    main()
