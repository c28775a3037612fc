"""How fast texts are tagged, in MB of UTF-8 a second on one core, all facets.

    python benchmarks/tagging.py FILE...

A FILE is a ``.jsonl`` of records or any text; the page in ``corpus/`` is always one of them.
The same texts are searched for the same names by one pass of the automaton alone, as a ratio.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from wpssearch.tagging import tagger
from wpssearch.tagging.names import Names
from wpssearch.vocab import shipped

PAGE = Path(__file__).parents[1] / "corpus" / "dpko.txt"
REPEATS = 5
LEAST_BYTES = 2_000_000


def texts(path: Path) -> Iterator[str]:
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        yield from (json.loads(line)["text"] for line in content.splitlines())
    else:
        yield content


def seconds(work: Callable[[str], object], of: list[str]) -> float:
    """The best of some runs: what the machine does besides only adds."""
    best = float("inf")
    for _ in range(REPEATS):
        start = time.perf_counter()
        for text in of:
            work(text)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> None:
    tag, names = tagger(shipped()), Names(shipped())
    tag.tag("")
    names.find("")
    for path in (PAGE, *map(Path, sys.argv[1:])):
        of = list(texts(path))
        size = sum(len(text.encode()) for text in of)
        of *= max(1, LEAST_BYTES // size)
        size = sum(len(text.encode()) for text in of)
        whole, found = seconds(tag.tag, of), seconds(names.find, of)
        print(
            f"{path.name}: {size / whole / 1e6:.1f} MB/s all facets, "
            f"{size / found / 1e6:.1f} MB/s names alone ({whole / found:.1f} x)"
        )


if __name__ == "__main__":
    main()
