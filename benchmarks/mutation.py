"""How many small changes of the code its own tests find: ``python benchmarks/mutation.py``.

Each mutant runs in a process of its own that is forked from one which has loaded the libraries,
with the tests of its room, and is killed by a failing test or by taking far too long. mutmut has
one selection of tests for all modules, so that whatever survives runs every test that passes by;
that took hours.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.abc
import importlib.util
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

import hypothesis
import numpy
import pytest
import whoosh.writing
from mutants import Mutant, mutants

__all__ = ["ROOMS", "main"]

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "wpssearch"
#: The modules of each room, and the tests that must find what is wrong with them.
ROOMS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "query": (
        ("query/tree.py", "query/operators.py", "query/lexer.py", "query/parser.py",
         "query/printer.py", "query/codec.py"),
        ("tests/test_query.py",),
    ),
    "facets": (
        ("facets.py", "backends/faceting.py"),
        ("tests/test_facets.py",),
    ),
    "highlight": (("highlight.py",), ("tests/test_highlight.py",)),
    "columns": (
        ("backends/whoosh/container.py", "backends/whoosh/packing.py",
         "backends/whoosh/strings.py"),
        ("tests/test_columns.py",),
    ),
    "table of contents": (("backends/whoosh/toc.py",), ("tests/test_toc.py",)),
    "codec": (("backends/whoosh/codec.py",), ("tests/test_commits.py",)),
}  # fmt: skip
_LOADED = (hypothesis, numpy, whoosh.writing)
#: How long the tests of a room may take with a mutant, in seconds and by what they take without.
_LEAST_TIME, _TIMES = 10.0, 10.0
#: How much memory a process may map, in bytes: some mutants never stop asking for more.
_MEMORY = 4 << 30
_SURVIVED, _KILLED = 0, 1


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from other code than its file has."""

    def __init__(self, name: str, file: Path, code: CodeType) -> None:
        self._name, self._file, self._code = name, file, code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._file, loader=self)

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


def _tried(tests: Sequence[str], limit: float, finder: _Changed | None) -> bool:
    """Whether all tests pass in a new process, and in time."""
    child = os.fork()
    if not child:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        # Should nobody be left to end it.
        seconds = int(limit) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        result = _KILLED
        with contextlib.suppress(BaseException):
            if finder is not None:
                sys.meta_path.insert(0, finder)
            nothing = os.open(os.devnull, os.O_RDWR)
            for stream in (1, 2):
                os.dup2(nothing, stream)
            result = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-W", "ignore", *tests])
        os._exit(_SURVIVED if result == 0 else _KILLED)
    until = time.monotonic() + limit
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == _SURVIVED
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def _sample(
    rooms: Sequence[str], most: int, seed: int
) -> dict[str, list[tuple[str, Callable[[], Mutant]]]]:
    """Of all mutants of some rooms so many, drawn by chance, by room."""
    everything = [
        (room, file, make)
        for room in rooms
        for file in ROOMS[room][0]
        for make in mutants((SOURCE / file).read_text(encoding="utf-8"))
    ]
    print(f"{len(everything)} mutants", flush=True)
    if most and most < len(everything):
        everything = random.Random(seed).sample(everything, most)
    out: dict[str, list[tuple[str, Callable[[], Mutant]]]] = {}
    for room, file, make in everything:
        out.setdefault(room, []).append((file, make))
    return out


def _run(room: str, chosen: Sequence[tuple[str, Callable[[], Mutant]]]) -> int:
    """How many are killed; prints those that survive."""
    tests = ROOMS[room][1]
    start = time.monotonic()
    if not _tried(tests, 600, None):
        raise SystemExit(f"The tests of {room} fail as it is: {' '.join(tests)}")
    limit = max(_LEAST_TIME, _TIMES * (time.monotonic() - start))
    killed = 0
    for file, make in chosen:
        mutant = make()
        path = SOURCE / file
        name = "wpssearch." + file.removesuffix(".py").replace("/", ".")
        code = compile(mutant.tree, str(path), "exec")
        if _tried(tests, limit, _Changed(name, path, code)):
            print(
                f"survived: {file}:{mutant.line}: {mutant.before!r} -> {mutant.after!r}", flush=True
            )
        else:
            killed += 1
    print(f"{room}: {killed} of {len(chosen)} killed, {killed / len(chosen):.1%}", flush=True)
    return killed


def main() -> None:
    """Try a sample, or all, and print what survives."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--room", action="append", choices=ROOMS, help="these alone; else all")
    parser.add_argument("--sample", type=int, default=400, help="so many; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT / "src"))
    chosen = _sample(asked.room or list(ROOMS), asked.sample, asked.seed)
    killed = sum(_run(room, some) for room, some in chosen.items())
    total = sum(map(len, chosen.values()))
    print(f"{killed} of {total} killed, {killed / total:.1%}")


if __name__ == "__main__":
    main()
