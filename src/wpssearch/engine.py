"""The index as its users see it: open, ingest, search, look up, prove."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh.segment import MAKING
from wpssearch.backends.whoosh.store import Store, holds_index
from wpssearch.backends.whoosh.toc import NAME
from wpssearch.damage import undamaged
from wpssearch.errors import UnknownRecord, UsageError
from wpssearch.model import CORE_FACETS, Period, Record, Repair, Report, Search, Strings, strings
from wpssearch.query import Query
from wpssearch.reading import Readings
from wpssearch.results import FacetValue, Results
from wpssearch.searching import search
from wpssearch.surveying import Surveys
from wpssearch.vocab import Vocabulary, shipped

__all__ = [
    "Index",
    "check",
    "default_path",
    "open_index",
    "repair",
    "sample_path",
    "shipped_corpus",
    "tag",
]

MEMORY = ":memory:"
_AGAIN = "ingest their sources again, which brings them up to date."


def sample_path() -> Path:
    """The user's data folder for wpssearch."""
    import platformdirs

    return Path(platformdirs.user_data_dir("wpssearch", appauthor=False)) / "index"


def default_path() -> Path:
    """Where an index is looked for that nobody named.

    ``$WPSSEARCH_INDEX``, else ``./index`` where it holds one, else the user's data folder.
    """
    named = os.environ.get("WPSSEARCH_INDEX")
    if named:
        return Path(named)
    here = Path("index")
    return here if holds_index(here) else sample_path()


def shipped_corpus() -> Path:
    """The folder with the source page that comes with the program."""
    installed = Path(__file__).with_name("corpus")
    # An editable installation runs from the source tree, where the corpus stands at the top.
    folder = installed if installed.is_dir() else Path(__file__).parents[2] / "corpus"
    return folder.resolve()


def open_index(
    path: str | os.PathLike[str] | None = None,
    *,
    create: bool = True,
    vocab: str | os.PathLike[str] | None = None,
) -> Index:
    """Open the index in a folder; ``":memory:"`` keeps one in memory.

    ``None`` looks where the command line looks. Where there is no index one is created; with
    ``create=False`` that is an ``IndexMissing``. ``vocab`` is a file of a user's own rows for the
    vocabulary; without it one beside the index is used: ``index.vocab.tsv`` for ``index``.
    """
    mine = Path(vocab) if vocab is not None else None
    if path is not None and os.fspath(path) == MEMORY:
        return Index(None, create=True, vocab=mine)
    return Index(default_path() if path is None else Path(path), create=create, vocab=mine)


def check(
    path: str | os.PathLike[str] | None = None, *, vocab: str | os.PathLike[str] | None = None
) -> list[str]:
    """What is wrong with the index in a folder, also with one that is too damaged to be opened."""
    return _unread(path, vocab)[0].problems()


def repair(
    path: str | os.PathLike[str] | None = None, *, vocab: str | os.PathLike[str] | None = None
) -> Repair:
    """Make the index in a folder sound again, as one commit; says what could not be brought back.

    A sound one is left as it is. ``IndexMissing`` where there is none, ``IndexDamaged`` where it is
    of another version.
    """
    from wpssearch import repairing

    store, vocabulary, analyzer = _unread(path, vocab)
    return repairing.repair(store, analyzer, vocabulary)


def _were(count: int) -> str:
    return "1 record was" if count == 1 else f"{count} records were"


def _unread(
    path: str | os.PathLike[str] | None, vocab: str | os.PathLike[str] | None
) -> tuple[Store, Vocabulary, Analyzer]:
    folder = default_path() if path is None else Path(path)
    vocabulary = load_vocabulary(vocab or _beside(folder))
    analyzer = Analyzer(vocabulary)
    return Store(folder, analyzer, create=False, read=False), vocabulary, analyzer


def load_vocabulary(path: str | os.PathLike[str] | None = None) -> Vocabulary:
    """The vocabulary with a user's own rows; ``UsageError`` where the file cannot be read."""
    if path is None:
        return shipped()
    from wpssearch.validation import load

    return load(Path(path))


def _beside(folder: Path | None) -> Path | None:
    """The user's own vocabulary beside an index, where there is one."""
    if folder is None:
        return None
    whole = folder.absolute()
    path = whole.with_name(f"{whole.name}.vocab.tsv")
    return path if path.is_file() else None


def tag(
    text: str, period: str | None = None, *, vocab: str | os.PathLike[str] | None = None
) -> dict[str, Any]:
    """What a text names, with the evidence, without an index: missions, countries, further facets.

    ``period`` (a label, month, year or range) decides which countries a mission implies; ``vocab``
    is a file of a user's own rows. Raises ``UsageError`` where either cannot be read.
    """
    from wpssearch.periods import parse_interval
    from wpssearch.tagging import tagger

    interval = parse_interval(period) if period is not None else None
    if period is not None and interval is None:
        raise UsageError(f"{period!r} is no period; write a month, a year or a range.")
    when = Period(interval[0], interval[1], period or "") if interval else None
    tags = tagger(load_vocabulary(vocab)).tag(text, when)
    return {
        "missions": [found.to_dict() for found in tags.missions],
        "countries": [found.to_dict() for found in tags.countries],
        "facets": {
            name: [found.to_dict() for found in values] for name, values in tags.facets.items()
        },
    }


class Index(Readings, Surveys):
    """An open index. Any number of threads may use it; a search sees the state last read.

    Its own changes it sees at once, others' after ``refresh``. A context manager.
    """

    def __init__(self, folder: Path | None, *, create: bool, vocab: Path | None = None) -> None:
        #: The vocabulary: the shipped one, with the rows of the user's file where there is one.
        self.vocabulary = load_vocabulary(vocab or _beside(folder))
        self._analyzer = Analyzer(self.vocabulary)
        self._store = Store(folder, self._analyzer, create=create)
        self.path = folder

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the files of the index."""
        self._store.close()

    def refresh(self) -> None:
        """See what others have committed."""
        self._store.refresh()

    # Changes

    def ingest(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        url: str | None = None,
        prune: bool = False,
        jobs: int = 1,
        progress: Any = None,
    ) -> Report:
        """Read files and folders into the index, as one commit; see ``ingest.ingest``.

        With ``jobs`` above one, other processes are started: a script that asks for them keeps
        what it does under ``if __name__ == "__main__"``.
        """
        from wpssearch import ingest

        named = [paths] if isinstance(paths, str | os.PathLike) else paths
        return ingest.ingest(
            self._store,
            self._analyzer,
            self.vocabulary,
            named,
            url=url,
            prune=prune,
            jobs=jobs,
            progress=progress,
        )

    def add(self, records: Iterable[Mapping[str, Any]]) -> Report:
        """Put mappings in the ``.jsonl`` form into the index, as one commit."""
        from wpssearch import ingest

        return ingest.add(self._store, self._analyzer, self.vocabulary, records)

    def remove(self, ids: Strings = (), *, source: str | None = None) -> int:
        """Drop records, or all of one source; returns how many there were."""
        from wpssearch import ingest

        return ingest.remove(self._store, strings(ids), source=source)

    # Searches

    def search(
        self,
        query: str | Query = "",
        *,
        any: bool = False,
        period: Strings | None = None,
        from_: str | None = None,
        to: str | None = None,
        agency: Strings = (),
        mission: Strings = (),
        country: Strings = (),
        kind: Strings = (),
        where: Mapping[str, Strings] | None = None,
        limit: int = 10,
        offset: int = 0,
        sort: Literal["relevance", "newest", "oldest"] = "relevance",
        facets: Sequence[str] = CORE_FACETS,
        facet_limit: int | None = 10,
        snippets: bool = True,
        total: bool = True,
    ) -> Results:
        """Search; short for ``run(Search(...))``, whose fields these are."""
        return self.run(
            Search(
                query=query,
                any=any,
                period=strings(period),
                from_=from_,
                to=to,
                agency=strings(agency),
                mission=strings(mission),
                country=strings(country),
                kind=strings(kind),
                where={name: strings(values) for name, values in (where or {}).items()},
                limit=limit,
                offset=offset,
                sort=sort,
                facets=strings(facets),
                facet_limit=facet_limit,
                snippets=snippets,
                total=total,
            )
        )

    @undamaged
    def run(self, request: Search) -> Results:
        """Carry out a search."""
        results = search(self._store.snapshot(), self._analyzer, self.vocabulary, request)
        if results.suggest is None:
            return results
        return replace(results, suggest=partial(self._suggestion, results.suggest))

    @undamaged
    def _suggestion(self, suggest: Callable[[], str | None]) -> str | None:
        return suggest()

    def facets(
        self, query: str | Query = "", *, by: Strings = CORE_FACETS, **filters: Any
    ) -> Mapping[str, tuple[FacetValue, ...]]:
        """The facet counts of a search alone; takes the fields of ``Search``."""
        asked = {"facets": strings(by), "limit": 0, **filters}
        return self.run(Search(query, **asked)).facets

    @undamaged
    def get(self, id: str) -> Record:
        """The record of this id; ``UnknownRecord`` where there is none."""
        snapshot = self._store.snapshot()
        number = snapshot.find(id)
        if number is None:
            raise UnknownRecord(
                f"There is no record {id!r}; a search shows the ids of what it finds."
            )
        return snapshot.record(number)

    @undamaged
    def profile(self, record: Record) -> Record | None:
        """The profile of the agency that a record is from: of its page first, else by name."""
        return None if record.kind == "agency" else self._store.snapshot().profile(record)

    # Accounts

    @undamaged
    def info(self) -> dict[str, Any]:
        """What the index holds: counts, sources, language and fingerprint.

        The fingerprint is a hash over live records, analyzer and vocabulary: equal for equal
        content on any machine, in whatever order it came. ``notes`` says of how many records
        another analyzer or vocabulary has made, and what to do about it.
        """
        snapshot = self._store.snapshot()
        # Here: a search needs no digest.
        from hashlib import blake2b

        state = blake2b(digest_size=16)
        state.update(f"{self._analyzer.fingerprint}\n{self.vocabulary.fingerprint}\n".encode())
        for id_, content in snapshot.contents():
            state.update(id_ + b"\0" + content)
        counts, sources = snapshot.counts("kind"), snapshot.counts("path")
        return {
            "path": str(self.path.resolve()) if self.path else MEMORY,
            "format": NAME,
            "records": snapshot.count,
            "kinds": dict(sorted(counts.items())),
            "sources": [
                {"path": path or None, "records": count} for path, count in sorted(sources.items())
            ],
            "language": "English",
            "fingerprint": state.hexdigest(),
            "analyzer": self._analyzer.fingerprint,
            "vocabulary": self.vocabulary.fingerprint,
            "notes": list(self._notes(snapshot.counts(MAKING))),
        }

    def _notes(self, makings: Mapping[str, int]) -> Iterator[str]:
        """What another version or another vocabulary has made, a sentence each."""
        analysed = tagged = 0
        for making, count in makings.items():
            analyzer, _, vocabulary = making.partition(" ")
            analysed += count if analyzer != self._analyzer.fingerprint else 0
            tagged += count if vocabulary != self.vocabulary.fingerprint else 0
        if analysed:
            yield f"{_were(analysed)} analysed by another version of wpssearch: {_AGAIN}"
        if tagged:
            yield f"{_were(tagged)} tagged with another vocabulary: {_AGAIN}"

    def check(self) -> list[str]:
        """What is wrong with the index, a sentence each; an empty list proves it sound."""
        return self._store.problems()
