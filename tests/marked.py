"""Passages of prose with hand-set marks of what they name: read, and compared with the tagger.

``{m:UNMIN|United Nations Mission in {c:NPL:place|Nepal} (UNMIN)}`` marks a mission and, inside its
name, a country with its role; ``p`` marks a city or region, ``o`` another organization's mission,
``a`` an agency. Run as a program it prints how well the tagger does on a half of the set.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import wpssearch

FOLDER = Path(__file__).with_name("passages")
_TOKEN = re.compile(r"\{(?P<kind>[mcpoa]):(?P<value>[^|{}]+)\||(?P<end>\})")


@dataclass(frozen=True)
class Mark:
    kind: str
    value: str
    role: str
    start: int
    end: int


@dataclass(frozen=True)
class Passage:
    id: str
    source: str
    period: str | None
    text: str
    marks: tuple[Mark, ...]

    def values(self, kind: str) -> set[str]:
        return {mark.value for mark in self.marks if mark.kind == kind}

    def spans(self, kind: str, value: str) -> set[tuple[int, int]]:
        return {(m.start, m.end) for m in self.marks if (m.kind, m.value) == (kind, value)}

    def role(self, value: str) -> str:
        roles = {m.role for m in self.marks if (m.kind, m.value) == ("c", value)}
        return "partner" if roles == {"partner"} else "place"


def unmarked(body: str) -> tuple[str, tuple[Mark, ...]]:
    """The text without its marks, and the marks with their spans in it."""
    text, last = "", 0
    opened: list[tuple[str, str, int]] = []
    marks: list[Mark] = []
    for token in _TOKEN.finditer(body):
        text += body[last : token.start()]
        last = token.end()
        if token["end"]:
            kind, value, start = opened.pop()
            name, _, role = value.partition(":")
            marks.append(Mark(kind, name, role, start, len(text)))
        else:
            opened.append((token["kind"], token["value"], len(text)))
    assert not opened, body
    return text + body[last:], tuple(marks)


def passages(half: str) -> Iterator[Passage]:
    """The passages of a half of the set: ``tune`` or ``report``."""
    for path in sorted(FOLDER.glob(f"{half}_*.txt")):
        for block in path.read_text(encoding="utf-8").split("\n---\n"):
            head, _, body = block.strip("\n-").strip("\n").partition("\n")
            id_, source, period = (part.strip() for part in head.lstrip("# ").split("|"))
            text, marks = unmarked(body.strip("\n"))
            yield Passage(id_, source, period or None, text, marks)


@dataclass
class Account:
    """What the tagger found of what the passages name."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    roles: int = 0
    right_roles: int = 0
    stray_spans: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def measure(half: str, told: list[str] | None = None) -> Account:
    """Missions and stated countries of each passage against its marks; errors go to ``told``."""
    account = Account()
    told = told if told is not None else []
    for passage in passages(half):
        tagged = wpssearch.tag(passage.text, period=passage.period)
        for kind, facet in (("m", "missions"), ("c", "countries")):
            found = {_id(kind, tag): tag for tag in tagged[facet] if tag["evidence"] == "stated"}
            gold = passage.values(kind)
            account.right += len(gold & found.keys())
            account.wrong += len(found.keys() - gold)
            account.missed += len(gold - found.keys())
            told += [f"{passage.id} wrong {v}: {found[v]['name']}" for v in found.keys() - gold]
            for value in sorted(gold - found.keys()):
                names = {passage.text[a:b] for a, b in passage.spans(kind, value)}
                told.append(f"{passage.id} missed {value}: {names}")
            for value in sorted(gold & found.keys()):
                spans = {(a, b) for a, b in found[value]["spans"]}
                stray = spans - passage.spans(kind, value)
                lost = passage.spans(kind, value) - spans
                account.stray_spans += len(stray)
                told += [f"{passage.id} stray {value}: {passage.text[a:b]!r}" for a, b in stray]
                told += [f"{passage.id} lost {value}: {passage.text[a:b]!r}" for a, b in lost]
                if kind == "c":
                    account.roles += 1
                    right = found[value]["role"] == passage.role(value)
                    account.right_roles += right
                    if not right:
                        at = min(passage.spans(kind, value))[0]
                        around = passage.text[max(0, at - 110) : at + 90].replace("\n", " ")
                        told.append(f"{passage.id} role {value} is {passage.role(value)}: {around}")
    return account


def _id(kind: str, tag: dict[str, str]) -> str:
    return tag["value"] if kind == "m" else CODES[tag["value"]]


def _codes() -> dict[str, str]:
    from wpssearch.vocab import shipped

    return {country.name: country.id for country in shipped().countries.values()}


CODES = _codes()


if __name__ == "__main__":
    errors: list[str] = []
    total = measure(sys.argv[1], errors)
    print("\n".join(errors))
    print(total, f"precision {total.precision:.4f} recall {total.recall:.4f} F1 {total.f1:.4f}",
          f"roles {total.right_roles / max(1, total.roles):.4f}")  # fmt: skip
