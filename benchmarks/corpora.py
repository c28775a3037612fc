"""The corpora of the benchmarks: Debian's package descriptions, and records made from them.

    apt-get update -o Acquire::Languages=en
    python benchmarks/corpora.py debian FOLDER
    python benchmarks/corpora.py scaled FOLDER RECORDS

``debian.jsonl`` has a record for each package: its description, its section (some sixty values),
its maintainer (some thousands) and its priority (five). ``scaled`` makes any number of records
from its sentences: each record is sentences drawn at random, no record is another's whole, and new
words come with the text as they do in language (names are drawn from a pool that grows).
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_YEARS = (1996, 2024)


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
    facets: list[dict[str, Any]] = []
    for line in source.open(encoding="utf-8"):
        record = json.loads(line)
        sentences += [s.strip() for s in record["text"].replace("\n", " ").split(". ") if s.strip()]
        facets.append({k: record[k] for k in ("period", "agencies", "facets")})
    syllables = "ba ce di fo gu ka le mi no ru sa te vi wo xu za".split()
    for number in range(count):
        # A new name for about every second record: vocabulary grows with the text.
        newest = number // 2 + 1
        name = pick.randint(max(0, newest - 1000), newest)
        word = "".join(syllables[name // 16**n % 16] for n in range(1 + len(f"{name:x}")))
        drawn = pick.choices(sentences, k=pick.randint(2, 5))
        yield {
            "id": f"r{number:07d}",
            "text": ". ".join((*drawn, f"See {word.capitalize()} {number}.")),
            **pick.choice(facets),
        }


def main() -> None:
    what, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    debian = folder / "debian.jsonl"
    made = records() if what == "debian" else scaled(debian, int(sys.argv[3]))
    path = debian if what == "debian" else folder / f"scaled-{sys.argv[3]}.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for record in made:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    print(path)


if __name__ == "__main__":
    main()
