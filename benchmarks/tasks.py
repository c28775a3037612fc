"""What the engines are asked: records, tasks and queries."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

__all__ = [
    "FACETS",
    "RARE",
    "TASKS",
    "Queries",
    "Record",
    "Task",
    "draw",
    "facet",
    "records",
]

FACETS = ("agency", "maintainer", "priority")
#: Records of which the queries' words are drawn: the same for every number of records.
DRAWN_FROM = 60_000
WARM_UPS = 100
#: Words that stand between blanks, the punctuation of prose aside: every engine cuts them alike.
_WORD = re.compile(r"(?<![^\s(])[a-z]{3,}(?=[.,;:)]*(?:\s|$))")
#: How often rare words occur among the records that words are drawn from.
_RARE = range(3, 11)
_COMMON = 100
Record = dict[str, Any]


class Task(NamedTuple):
    """What is asked with a query: whether all its words, and what beside the first ten."""

    name: str
    every: bool = False
    total: bool = True
    facets: bool = False
    snippets: bool = False
    queries: Literal["mixed", "joint", "rare"] = "mixed"


TOP = Task("any: top ten", total=False)
COUNTED = Task("any: top ten, exact total")
FACETED = Task("any + 3 facets", facets=True)
WHOLE = Task("any + 3 facets + snippets", facets=True, snippets=True)
EVERY = Task("all + 3 facets", every=True, facets=True)
JOINT = Task("all of one record + 3 facets", every=True, facets=True, queries="joint")
RARE = Task("all, one word rare, + 3 facets", every=True, facets=True, queries="rare")
TASKS = (TOP, COUNTED, FACETED, WHOLE, EVERY, JOINT, RARE)


class Queries(NamedTuple):
    """Queries to be timed, and others to warm up with."""

    timed: tuple[str, ...]
    warm: tuple[str, ...]


def records(path: Path, count: int | None = None) -> Iterator[Record]:
    """The first ``count`` records of a ``.jsonl`` file, or all."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, islice(lines, count))


def facet(record: Record, name: str) -> str:
    """A record's value of a facet."""
    return str(record["agencies"][0] if name == "agency" else record["facets"][name][0])


def draw(path: Path, records_read: int, count: int) -> dict[str, Queries]:
    """Distinct queries, by kind.

    ``mixed``: one to four words, each from one record (so that common words are common) or, three
    in ten, from the vocabulary (so that rare ones are there). ``joint``: one to four words of one
    record, so that some record has them all. ``rare``: a rare word of a record and one to three of
    its common ones.
    """
    texts = [
        _WORD.findall(record["text"].lower())
        for record in records(path, min(records_read, DRAWN_FROM))
    ]
    frequency = Counter(word for text in texts for word in set(text))
    vocabulary = [word for word, number in frequency.items() if number >= _RARE.start]
    texts = [text for text in texts if text]
    return {
        "mixed": _distinct(_mixed(random.Random(2), texts, vocabulary), count),
        "joint": _distinct(_joint(random.Random(4), texts), count),
        "rare": _distinct(_rare(random.Random(3), texts, frequency), count),
    }


def _distinct(drawn: Iterator[str], count: int) -> Queries:
    queries: dict[str, None] = {}
    for query in islice(drawn, 100 * (count + WARM_UPS)):
        queries[query] = None
        if len(queries) == count + WARM_UPS:
            break
    every = tuple(queries)
    return Queries(every[WARM_UPS:], every[:WARM_UPS])


def _mixed(
    pick: random.Random, texts: Sequence[list[str]], vocabulary: Sequence[str]
) -> Iterator[str]:
    while True:
        words = pick.choice(texts)
        yield " ".join(
            pick.choice(words if pick.random() < 0.7 else vocabulary)
            for _ in range(pick.randint(1, 4))
        )


def _joint(pick: random.Random, texts: Sequence[list[str]]) -> Iterator[str]:
    while True:
        words = list(dict.fromkeys(pick.choice(texts)))
        yield " ".join(pick.sample(words, min(len(words), pick.randint(1, 4))))


def _rare(
    pick: random.Random, texts: Sequence[list[str]], frequency: Counter[str]
) -> Iterator[str]:
    pairs = []
    for text in texts:
        words = sorted(set(text))
        rare = [word for word in words if frequency[word] in _RARE]
        common = [word for word in words if frequency[word] >= _COMMON]
        if rare and common:
            pairs.append((rare, common))
    while pairs:
        rare, common = pick.choice(pairs)
        others = pick.sample(common, min(len(common), pick.randint(1, 3)))
        yield " ".join((pick.choice(rare), *others))
