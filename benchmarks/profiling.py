"""Where the time goes, by py-spy's samples; needs the extra `bench`.

    python benchmarks/profiling.py search INDEX RECORDS.jsonl
    python benchmarks/profiling.py ingest FOLDER RECORDS.jsonl

prints a table. The same as a flame graph, in an SVG to look at:

    py-spy record --rate 500 --output profile.svg -- \\
        python benchmarks/profiling.py --run search INDEX RECORDS.jsonl

``search`` asks for any word, three facets and snippets; ``ingest`` makes an index in the folder.
A sample counts for the innermost function of wpssearch that is on the stack, so that what numpy,
NLTK or the system does counts for who asked them to.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from engines import Wpssearch
from tasks import WHOLE, draw

__all__ = ["Share", "profile"]

_RATE = 500
_SECONDS = 10
_FRAME = re.compile(r"^(?P<function>.*) \((?P<file>.*):\d+\)$")
_ROOT = "wpssearch/"
#: Functions that are named for a file.
_NAMED = 3


class Share(NamedTuple):
    """A file's share of the time, and the functions of it that take most."""

    file: str
    share: float
    functions: list[tuple[str, float]]


def profile(what: str, folder: Path, path: Path) -> list[Share]:
    """The shares of the files of wpssearch; ``RuntimeError`` where py-spy cannot sample."""
    with tempfile.NamedTemporaryFile() as raw:
        run = subprocess.run(
            ["py-spy", "record", "--rate", str(_RATE), "--format", "raw", "--output", raw.name,
             "--", sys.executable, __file__, "--run", what, str(folder), str(path)],
            capture_output=True, text=True,
        )  # fmt: skip
        stacks = Path(raw.name).read_text(encoding="utf-8").splitlines()
    if run.returncode or not stacks:
        raise RuntimeError(f"py-spy could not sample: {run.stderr.strip()}")
    return shares(stacks)


def shares(stacks: list[str]) -> list[Share]:
    """From collapsed stacks (``frame;frame;… count``), the greatest share first."""
    spent: Counter[tuple[str, str]] = Counter()
    for stack in stacks:
        frames, _, count = stack.rpartition(" ")
        place = _innermost(frames.split(";"))
        if place is not None:
            spent[place] += int(count)
    total = spent.total()
    files: Counter[str] = Counter()
    for (file, _), samples in spent.items():
        files[file] += samples
    return [
        Share(
            file,
            samples / total,
            [(f, n / total) for (at, f), n in spent.most_common() if at == file][:_NAMED],
        )
        for file, samples in files.most_common()
    ]


def _innermost(frames: list[str]) -> tuple[str, str] | None:
    for frame in reversed(frames):
        found = _FRAME.match(frame)
        if found and _ROOT in found["file"]:
            return found["file"].rpartition(_ROOT)[2], found["function"]
    return None


def run(what: str, folder: Path, path: Path) -> None:
    """What is sampled."""
    if what == "ingest":
        Wpssearch.ingest(path, folder)
        return
    queries = draw(path, sys.maxsize, 300)["mixed"]
    opened = Wpssearch(folder)
    end = time.perf_counter() + _SECONDS
    while time.perf_counter() < end:
        for query in queries.timed:
            opened.run(query, WHOLE)


def main() -> None:
    """Print the shares, or be what is sampled."""
    match sys.argv[1:]:
        case ["--run", "search" | "ingest" as what, folder, path]:
            run(what, Path(folder), Path(path))
        case ["search" | "ingest" as what, folder, path]:
            for file, share, functions in profile(what, Path(folder), Path(path)):
                named = ", ".join(f"{name} {part:.0%}" for name, part in functions)
                print(f"{share:6.1%}  {file}: {named}")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
