"""Results as the tables of docs/performance.md, between the markers that stand there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from engines import TwoJobs, Wpssearch
from peers import StockWhoosh, Tantivy
from plot import Lines, svg
from tasks import COUNTED, EVERY, FACETED, JOINT, RARE, TASKS, TOP, WHOLE, Task

__all__ = ["Results", "write"]

#: What `search.py` keeps.
Results = Mapping[str, Any]
PLOTTED = (COUNTED, FACETED, WHOLE, JOINT)
_OURS, _PEER = Wpssearch.name, Tantivy.name
_LEAST_SHARE = 0.01


def write(results: Results, document: Path, real: str, grown: Sequence[str], small: str) -> None:
    """Put tables between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``, and the plot beside.

    ``real`` names the run that peers are compared in, ``grown`` those that show growth, the largest
    last, and ``small`` the one that the largest is held against. What was not measured stays as it
    is in the document; a marker that is not there is a ``ValueError``.
    """
    text = document.read_text(encoding="utf-8")
    runs = results["runs"]
    growth = {name: runs[name] for name in grown if name in runs}
    blocks = {"machine": _machine(results), "targets": _targets(runs, real, small, grown[-1])}
    if real in runs:
        blocks["peers"] = _peers(runs[real], _count(real))
        blocks["ingest"] = _ingest(runs[real], _count(real))
    if len(growth) > 1:
        plot = document.with_name("growth.svg")
        plot.write_text(svg(_plotted(growth)), encoding="utf-8")
        blocks["growth"] = _growth(growth)
    for what, shares in results.get("profile", {}).items():
        blocks[f"profile-{what}"] = _profile(shares)
    for name, block in blocks.items():
        before, begin, rest = text.partition(f"<!-- begin {name} -->\n")
        _, end, after = rest.partition(f"<!-- end {name} -->")
        if not end:
            raise ValueError(f"{document} has no place for {name!r}: put its markers there")
        text = f"{before}{begin}{block}\n{end}{after}"
    document.write_text(text, encoding="utf-8")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    ruler = ["---", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ruler, *rows))


def _number(value: float) -> str:
    """Three significant digits, thousands with commas."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _count(run: str) -> int:
    return int(run.partition("/")[2])


def _machine(results: Results) -> str:
    known = {name: number for name, number in results["versions"].items() if name != TwoJobs.name}
    versions = ", ".join(f"{name} {number}" for name, number in known.items())
    return f"{results['machine']}\n\nVersions: {versions}."


def _peers(run: Mapping[str, Any], count: int) -> str:
    searched = {name: engine for name, engine in run.items() if engine["tasks"]}
    rows = []
    for task in TASKS:
        cells = []
        for engine in searched.values():
            asked = engine["tasks"].get(task.name)
            text = f"{_number(asked['median'])} / {_number(asked['p95'])}" if asked else ""
            cells.append(text)
        rows.append((task.name, *cells))
    for task in (FACETED, JOINT):
        matched = [
            engine["tasks"].get(task.name, {}).get("matched") for engine in searched.values()
        ]
        cells = ["" if mean is None else _number(mean) for mean in matched]
        rows.append((f"{task.name}: records that match, mean", *cells))
    table = _table((f"{count:,} records: median / 95th percentile, ms", *searched), rows)
    most = max(
        asked["queries"] for engine in searched.values() for asked in engine["tasks"].values()
    )
    short = [
        f"{name}, {task}: the first {asked['queries']}"
        for name, engine in searched.items()
        for task, asked in engine["tasks"].items()
        if asked["queries"] < most
    ]
    return table + (
        f"\n\nNot all of the {most} queries, to save time: {'; '.join(short)}." if short else ""
    )


def _ingest(run: Mapping[str, Any], count: int) -> str:
    head = (f"{count:,} records", "records/s", "peak memory, MB", "disk, MB", "searching, MB",
            "100 more, s", "100 more, MB")  # fmt: skip
    rows = []
    for name, engine in run.items():
        added = engine.get("added")
        rows.append((
            name,
            _number(engine["records"] / engine["seconds"]),
            _number(engine["ingest_memory"] / 1e6),
            _number(engine["disk"] / 1e6),
            _number(engine["memory"] / 1e6) if engine["tasks"] else "",
            _number(added[0]) if added else "",
            _number(added[1] / 1e6) if added else "",
        ))  # fmt: skip
    return _table(head, rows)


def _plotted(growth: Mapping[str, Any]) -> dict[str, Lines]:
    panels: dict[str, Lines] = {}
    for task in PLOTTED:
        lines: dict[str, list[tuple[int, float]]] = {}
        for run in growth:
            for name, engine in growth[run].items():
                if task.name in engine["tasks"]:
                    point = _count(run), engine["tasks"][task.name]["median"]
                    lines.setdefault(name, []).append(point)
        panels[task.name] = lines
    return panels


def _growth(growth: Mapping[str, Any]) -> str:
    runs = list(growth)
    rows = []
    for task in TASKS:
        cells = []
        for run in runs:
            pair = [_asked(growth[run], name, task, "median") for name in (_OURS, _PEER)]
            cells.append(" / ".join("" if value is None else _number(value) for value in pair))
        rows.append((task.name, *cells))
    sizes = [f"{_count(run):,}" for run in runs]
    searches = _table((f"median, ms: {_OURS} / {_PEER}", *sizes), rows)
    ours: list[tuple[str, Callable[[Any], str]]] = [
        ("ingest, records/s", lambda e: _number(e["records"] / e["seconds"])),
        ("peak memory of ingest, MB", lambda e: _number(e["ingest_memory"] / 1e6)),
        ("memory while searching, MB", lambda e: _number(e["memory"] / 1e6)),
        ("disk, MB", lambda e: _number(e["disk"] / 1e6)),
        ("the same file again, s", lambda e: _number(e["unchanged"])),
        ("100 more records, s", lambda e: _number(e["added"][0])),
        ("100 more records, MB written", lambda e: _number(e["added"][1] / 1e6)),
        ("a cold process, ms", lambda e: _number(e["cold"][0])),
        ("a process that imports click and Whoosh, ms", lambda e: _number(e["cold"][1])),
    ]
    of = [growth[run].get(_OURS) for run in runs]
    lines = [(what, *(told(engine) if engine else "" for engine in of)) for what, told in ours]
    return f"{searches}\n\n{_table((_OURS, *sizes), lines)}"


def _profile(shares: Sequence[Any]) -> str:
    rows = []
    for file, share, functions in shares:
        if share >= _LEAST_SHARE:
            named = ", ".join(
                f"`{f.rpartition('.')[2]}` {part:.0%}"
                for f, part in functions
                if part >= _LEAST_SHARE
            )
            rows.append((f"`{file}`", f"{share:.0%}", named))
    rest = 1 - sum(share for _, share, _ in shares if share >= _LEAST_SHARE)
    return _table(("file", "time", "of which"), [*rows, ("the others", f"{rest:.0%}", "")])


def _asked(run: Mapping[str, Any], engine: str, task: Task, key: str) -> float | None:
    value: float | None = run.get(engine, {}).get("tasks", {}).get(task.name, {}).get(key)
    return value


class Target(NamedTuple):
    """What is to be reached: at most, or at least, a limit; ``aim`` is what we would like."""

    what: str
    limit: float
    measured: float | None
    unit: str = "×"
    aim: float | None = None
    least: bool = False

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of its row."""
        word = "≥" if self.least else "≤"
        aim = f" (aim {_number(self.aim)})" if self.aim else ""
        if self.measured is None:
            return self.what, f"{word} {_number(self.limit)} {self.unit}{aim}", "not measured", ""
        reached = self.measured >= self.limit if self.least else self.measured <= self.limit
        return (
            self.what,
            f"{word} {_number(self.limit)} {self.unit}{aim}",
            f"{_number(self.measured)} {self.unit}",
            "yes" if reached else "**no**",
        )


def _over(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _targets(runs: Mapping[str, Any], real: str, small: str, large: str) -> str:
    run, less, more = (runs.get(name, {}) for name in (real, small, large))

    def against(of: Mapping[str, Any], task: Task, key: str = "median") -> float | None:
        return _over(_asked(of, _OURS, task, key), _asked(of, _PEER, task, key))

    def grown(task: Task) -> float | None:
        return _over(_asked(more, _OURS, task, "median"), _asked(less, _OURS, task, "median"))

    def ours(
        of: Mapping[str, Any], told: Callable[[Any], float], name: str = _OURS
    ) -> float | None:
        return told(of[name]) if name in of else None

    def cold(of: Mapping[str, Any]) -> float | None:
        return ours(of, lambda e: e["cold"][0] / e["cold"][1])

    def rate(name: str) -> float | None:
        return ours(run, lambda e: e["records"] / e["seconds"], name)

    disk = _over(ours(run, lambda e: e["disk"]), ours(run, lambda e: e["disk"], _PEER))
    whoosh = _asked(run, StockWhoosh.name, FACETED, "median")
    million = f"{_count(large):,} records"
    targets = [
        Target(f"{FACETED.name}, against tantivy", 0.5, against(run, FACETED), aim=0.35),
        Target("… 95th percentile", 1.0, against(run, FACETED, "p95")),
        Target(f"{WHOLE.name}, against tantivy", 0.8, against(run, WHOLE), aim=0.6),
        Target("… 95th percentile", 1.0, against(run, WHOLE, "p95")),
        Target(f"{EVERY.name}, against tantivy", 0.7, against(run, EVERY), aim=0.5),
        Target("… 95th percentile", 1.0, against(run, EVERY, "p95")),
        Target(f"{JOINT.name}, against tantivy", 0.7, against(run, JOINT), aim=0.5),
        Target("… 95th percentile", 1.0, against(run, JOINT, "p95")),
        Target(f"{COUNTED.name}, against tantivy", 1.6, against(run, COUNTED)),
        Target("… 95th percentile", 2.0, against(run, COUNTED, "p95")),
        Target(f"{TOP.name}, against tantivy", 1.2, against(run, TOP), aim=1.0),
        Target("… 95th percentile", 2.0, against(run, TOP, "p95")),
        Target(f"{FACETED.name}, stock Whoosh against us", 100,
               _over(whoosh, _asked(run, _OURS, FACETED, "median")), least=True),
        Target(f"{FACETED.name}: {million} against {_count(small):,}", 12, grown(FACETED)),
        Target(f"{FACETED.name}, against tantivy at {million}", 1.0, against(more, FACETED)),
        Target(f"{RARE.name}: {million} against {_count(small):,}", 2.0, grown(RARE)),
        Target("a cold process, against imports of click and Whoosh", 2.0, cold(run)),
        Target(f"… at {million}", 2.0, cold(more)),
        Target("ingest in one process", 6000, rate(_OURS), "records/s", 9000, least=True),
        Target("ingest with two jobs, against one", 1.4, _over(rate(TwoJobs.name), rate(_OURS)),
               least=True),
        Target("peak memory of ingest", 500, ours(run, lambda e: e["ingest_memory"] / 1e6), "MB"),
        Target(f"… of {million}", 500, ours(more, lambda e: e["ingest_memory"] / 1e6), "MB"),
        Target("the same file again", 1.0, ours(run, lambda e: e["unchanged"]), "s"),
        Target(f"100 more records into {million}", 1.0, ours(more, lambda e: e["added"][0]), "s"),
        Target("… written", 2.0, ours(more, lambda e: e["added"][1] / 1e6), "MB"),
        Target("disk, against tantivy", 1.8, disk),
        Target("memory while searching", 150, ours(run, lambda e: e["memory"] / 1e6), "MB"),
    ]  # fmt: skip
    return _table(("", "target", "measured", "reached"), [target.row for target in targets])
