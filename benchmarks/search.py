"""wpssearch against its peers: the same records and queries, in turn, in one run.

    apt-get install python3-xapian
    pip install -e '.[bench]'
    python benchmarks/corpora.py debian FOLDER
    python benchmarks/corpora.py scaled FOLDER 1000000
    python benchmarks/search.py FOLDER --write docs/performance.md

The last command measures everything and writes the document. What it measures it also keeps in
``FOLDER/results.json``, part by part, so that ``--parts`` can measure some of it again (none: the
document is written anew from what is there):

- ``peers``: Debian's descriptions, 60,000 of them, all engines (see ``peers.py`` for their
  options): every task of ``tasks.py``, ingest, memory, disk, a small addition, a cold process;
- ``growth``: the same on made records, from a thousand to a million; an engine that would take
  hours stops before;
- ``profile``: where the time of a search and of an ingest goes.

Every figure comes from a process of its own. All engines build first; then each task is run by
each engine in turn, so that what is compared is measured within the same minute. Engines that are
not installed are left out, and said to be.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from engine import Engine
from engines import ENGINES, Wpssearch
from measure import Asked, added, asked, cold, in_child, ingested, size
from profiling import profile
from report import write
from tasks import TASKS, Queries, draw, records

PARTS = ("peers", "growth", "profile")
SIZES = (1_000, 10_000, 60_000, 100_000, 1_000_000)
#: What the largest of the sizes is held against.
_SMALL = 60_000
_ADDED = 100
_COLD_RUNS = 21


def main() -> None:
    """Measure the parts that are asked for, keep the results, write the document."""
    options = _options()
    corpora = {
        name: options.folder / f"{name}.jsonl" for name in ("debian", f"scaled-{max(SIZES)}")
    }
    for path in corpora.values():
        if not path.exists():
            raise SystemExit(f"{path} is missing: make it with benchmarks/corpora.py.")
    debian, scaled = corpora.values()
    kept = options.folder / "results.json"
    results: dict[str, Any] = {"runs": {}, "profile": {}}
    if kept.exists() and (set(options.parts), set(options.only)) != (set(PARTS), set(ENGINES)):
        results = json.loads(kept.read_text(encoding="utf-8"))
    engines: list[type[Engine]] = []
    if options.parts:
        engines, versions = _installed(options.only)
        results["machine"] = _machine()
        results["versions"] = {**results.get("versions", {}), **versions}
    if "peers" in options.parts:
        name = f"debian/{options.records}"
        with _first(debian, options.records) as path:
            queries = draw(path, options.records, options.queries)
            run = results["runs"].setdefault(name, {})
            run.update(_compare(path, options.records, engines, queries, options.patience))
        _keep(results, kept)
    if "growth" in options.parts:
        queries = draw(scaled, max(options.sizes), options.queries)
        for count in options.sizes:
            some = [engine for engine in engines if count <= engine.most]
            with _first(scaled, count) as path:
                run = results["runs"].setdefault(f"scaled/{count}", {})
                run.update(_compare(path, count, some, queries, options.patience / 4))
            _keep(results, kept)
    if "profile" in options.parts:
        with _first(debian, options.records) as path:
            index = path.with_name("index")
            results["profile"] = {what: profile(what, index, path) for what in ("ingest", "search")}
        _keep(results, kept)
    if options.write:
        grown = [f"scaled/{count}" for count in sorted(options.sizes)]
        write(results, options.write, f"debian/{options.records}", grown, f"scaled/{_SMALL}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("folder", type=Path, help="where the corpora are")
    add("--parts", nargs="*", choices=PARTS, default=PARTS)
    add("--only", nargs="*", choices=list(ENGINES), default=list(ENGINES), metavar="ENGINE")
    add("--records", type=int, default=60_000, help="of the peers' part")
    add("--sizes", type=int, nargs="*", default=SIZES, help="of the growth part")
    add("--queries", type=int, default=300)
    add("--patience", type=float, default=20.0, metavar="SECONDS",
        help="for an engine's queries of one task; a quarter of it in the growth part")  # fmt: skip
    add("--write", type=Path, metavar="FILE", help="the document, which has markers for the tables")
    return parser.parse_args()


@contextmanager
def _first(corpus: Path, count: int) -> Iterator[Path]:
    """The first records of a corpus as a file in a folder for a while, on the corpus's disk."""
    with tempfile.TemporaryDirectory(dir=corpus.parent) as folder:
        path = Path(folder) / "records.jsonl"
        with corpus.open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as out:
            out.writelines(islice(lines, count))
        yield path


def _more(path: Path) -> Path:
    """A file of new records, each with a word of its own, beside one of others."""
    new = path.with_name("more.jsonl")
    with new.open("w", encoding="utf-8") as out:
        for number, record in enumerate(records(path, _ADDED)):
            text = f"{record['text']} New{number}word."
            out.write(json.dumps({**record, "id": f"new-{record['id']}", "text": text}) + "\n")
    return new


def _installed(names: Sequence[str]) -> tuple[list[type[Engine]], dict[str, str]]:
    """The engines that there are, and their versions."""
    engines, versions = [], {}
    for name in names:
        try:
            versions[name], _ = in_child(ENGINES[name].version)
        except ImportError as error:
            print(f"{name} is left out: {error}.", flush=True)
        else:
            engines.append(ENGINES[name])
    return engines, versions


def _compare(
    path: Path,
    count: int,
    engines: Sequence[type[Engine]],
    queries: dict[str, Queries],
    patience: float,
) -> dict[str, dict[str, Any]]:
    """By engine what was measured of it on the records of a file."""
    folders = {engine.name: path.with_name(engine.name) for engine in engines}
    out: dict[str, dict[str, Any]] = {}
    for engine in engines:
        folder = folders[engine.name]
        seconds, memory = in_child(ingested, engine.name, path, folder)
        out[engine.name] = {
            "records": count,
            "seconds": seconds,
            "ingest_memory": memory,
            "disk": size(folder),
            "memory": 0,
            "tasks": {},
        }
        print(f"{count:,} records, {engine.name}: {count / seconds:,.0f} a second, "
              f"{memory / 1e6:.0f} MB", flush=True)  # fmt: skip
    for task in TASKS:
        for engine in engines:
            if task in engine.tasks:
                folder, some = folders[engine.name], queries[task.queries]
                times, memory = in_child(asked, engine.name, folder, task, some, patience)
                measured = out[engine.name]
                measured["tasks"][task.name] = _summary(times)
                measured["memory"] = max(measured["memory"], memory)
                print(f"{task.name}, {engine.name}: {measured['tasks'][task.name]}", flush=True)
    if Wpssearch in engines:
        mine, folder = out[Wpssearch.name], folders[Wpssearch.name]
        mine["cold"] = [*map(statistics.median, cold(folder, queries["mixed"].timed[:_COLD_RUNS]))]
        mine["unchanged"] = _addition(Wpssearch, path, folder)[0]
    more = _more(path)
    for engine in engines:
        if engine.extends and engine.tasks:
            out[engine.name]["added"] = _addition(engine, more, folders[engine.name])
    return out


def _addition(engine: type[Engine], path: Path, folder: Path) -> tuple[float, int]:
    scratch = path.with_name("scratch")
    scratch.mkdir()
    result, _ = in_child(added, engine.name, path, folder, scratch)
    shutil.rmtree(scratch)
    return result


def _summary(of: Asked) -> dict[str, float]:
    times = sorted(of.times)
    return {
        "median": statistics.median(times),
        "p95": times[int(len(times) * 0.95)],
        "queries": len(times),
        "matched": statistics.mean(of.totals),
    }


def _keep(results: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(results, indent=1), encoding="utf-8")


def _machine() -> str:
    """The machine in a sentence, and how busy it was."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = next((x.partition(":")[2].strip() for x in info.splitlines() if "model name" in x), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{model or platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; "
        f"load average {os.getloadavg()[0]:.1f} when the run began."
    )


if __name__ == "__main__":
    main()
