"""The corpora of the benchmarks: Debian's package descriptions, and records made from them.

    apt-get update -o Acquire::Languages=en
    python benchmarks/corpora.py debian FOLDER
    python benchmarks/corpora.py scaled FOLDER 1000000

``debian.jsonl`` has a record for each package: its description, its section (some sixty values),
its maintainer (some two thousand) and its priority (five). ``scaled-N.jsonl`` has N records made
from its sentences, the first n of which are what a run for n would have made:

- a record is two to five sentences drawn by how often Debian has them, and one that names one or
  two names; no two records have the same sentences, and none is a single sentence;
- names come with the text as words do in language (Simon's process): two of five are new, the
  others are drawn by how often they were named before. A million records have 600,000 of them;
- facets of 4, 57 and 4,000 values: sections as often as Debian has them, maintainers by Zipf's law
  with the exponent that fits Debian's (the most frequent has 7 % of the records).
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

_YEARS = (1996, 2024)
_SYLLABLES = "ba ce di fo gu ka le mi no ru sa te vi wo xu za".split()
_NEW_NAMES = 0.4
_MAINTAINERS = 4000
_ZIPF = 0.9
_PRIORITIES = {"optional": 80, "standard": 12, "important": 6, "required": 2}
_LISTS = Path("/var/lib/apt/lists")


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def descriptions() -> dict[str, str]:
    """By package its long description, from apt's lists of translations."""
    files = sorted(map(str, _LISTS.glob("*Translation-en*")))
    whole = _output("/usr/lib/apt/apt-helper", "cat-file", *files)
    return {fields["Package"]: fields["Description-en"] for fields in blocks(whole)}


def blocks(whole: str) -> Iterator[Mapping[str, str]]:
    """The fields of each paragraph of a control file."""
    for block in whole.split("\n\n"):
        fields: dict[str, str] = {}
        key = ""
        for line in block.split("\n"):
            if line.startswith((" ", "\t")):
                fields[key] = fields.get(key, "") + "\n" + line.strip()
            elif ":" in line:
                key, _, value = line.partition(":")
                fields[key] = value.strip()
        if fields:
            yield fields


def records() -> Iterator[dict[str, Any]]:
    """A record for each package that has a description."""
    pick = random.Random(1)
    long = descriptions()
    for fields in blocks(_output("apt-cache", "dumpavail")):
        text = long.get(fields["Package"]) or fields.get("Description", "")
        text = "\n".join("" if line == "." else line for line in text.split("\n"))
        if text:
            year = pick.randint(*_YEARS)
            yield {
                "id": fields["Package"],
                "text": text,
                "period": str(year),
                "agencies": [fields.get("Section", "none")],
                "facets": {
                    "maintainer": [fields.get("Maintainer", "none")],
                    "priority": [fields.get("Priority", "none")],
                },
            }


def scaled(source: Path, count: int) -> Iterator[dict[str, Any]]:
    """Records made of the sentences of others, with names of their own."""
    pick = random.Random(2)
    sentences: list[str] = []
    sections: list[list[str]] = []
    known: Counter[str] = Counter()
    with source.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            sentences += split(record["text"])
            sections.append(record["agencies"])
            known.update(record["facets"]["maintainer"])
    maintainers = [known_as for known_as, _ in known.most_common(_MAINTAINERS)]
    maintainers += [f"Maintainer {n}" for n in range(len(maintainers), _MAINTAINERS)]
    zipf = list(accumulate((n + 1) ** -_ZIPF for n in range(_MAINTAINERS)))
    priorities, shares = list(_PRIORITIES), list(accumulate(_PRIORITIES.values()))
    mentions: list[int] = []
    names = 0
    made: set[int] = set()
    while len(made) < count:
        drawn = pick.choices(sentences, k=pick.randint(2, 5))
        whole = hash(tuple(drawn))
        if whole in made:
            continue
        mentioned = pick.randint(1, 2)
        for _ in range(mentioned):
            new = not mentions or pick.random() < _NEW_NAMES
            mentions.append(names if new else pick.choice(mentions))
            names += new
        named = " and ".join(map(name, mentions[-mentioned:]))
        yield {
            "id": f"r{len(made):07d}",
            "text": " ".join((*drawn, f"It was written for {named}.")),
            "period": str(pick.randint(*_YEARS)),
            "agencies": pick.choice(sections),
            "facets": {
                "maintainer": pick.choices(maintainers, cum_weights=zipf),
                "priority": pick.choices(priorities, cum_weights=shares),
            },
        }
        made.add(whole)


def split(text: str) -> list[str]:
    """The sentences of a description, each with its full stop."""
    parts = (part.strip(" .") for part in text.replace("\n", " ").split(". "))
    return [f"{part}." for part in parts if part]


def name(number: int) -> str:
    """A name for each number, longer as they grow."""
    digits = f"{number:x}"
    return "".join(_SYLLABLES[int(digit, 16)] for digit in f"0{digits}").capitalize()


def main() -> None:
    """Make the corpus that is asked for."""
    match sys.argv[1:]:
        case ["debian", folder]:
            path, made = Path(folder) / "debian.jsonl", records()
        case ["scaled", folder, count] if count.isdecimal():
            path = Path(folder) / f"scaled-{int(count)}.jsonl"
            made = scaled(Path(folder) / "debian.jsonl", int(count))
        case _:
            sys.exit(__doc__)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as out:
        for record in made:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    print(path)


if __name__ == "__main__":
    main()
