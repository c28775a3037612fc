"""From sources to the index: read, compare with what is known, tag, and write in one commit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b, file_digest
from typing import Any

from wpssearch import readers
from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh.records import digest
from wpssearch.backends.whoosh.store import Store, Writer
from wpssearch.backends.whoosh.toc import KnownSource
from wpssearch.model import Record, Report, Skip, Source
from wpssearch.tagging import Tagger, tagger
from wpssearch.vocab import Vocabulary
from wpssearch.workers import Workers

__all__ = ["Progress", "add", "ingest", "remove", "reread"]

#: Called with the number of records read so far.
Progress = Callable[[int], None]
#: How many ids that came twice are told one by one.
_MOST_REPEATED = 10_000


@dataclass(slots=True)
class _Run:
    """One ingest in progress, and what was skipped."""

    writer: Writer
    #: ``None`` where helpers tag.
    tagger: Tagger | None
    fingerprint: str
    progress: Progress | None
    skipped: list[Skip] = field(default_factory=list)
    read: int = 0
    #: Ids that came again, each with where it stood before, and how many more there were.
    repeated: list[tuple[str, Source]] = field(default_factory=list)
    further: int = 0
    #: Files of which another has taken a record's id in this run.
    contested: set[str] = field(default_factory=set)

    def key(self, source: readers.SourceFile, url: str | None) -> str | None:
        """A hash over a file's content, name and what reads it; ``None``: it cannot be read."""
        made_by = f"{source.file}\n{source.format}\n{self.fingerprint}\n{url}\n"
        state = blake2b(made_by.encode(), digest_size=16)
        try:
            with readers.opened(source.path) as file:
                file_digest(file, lambda: state)
        except (OSError, readers.Unreadable):
            return None
        return state.hexdigest()

    def stand(self, path: str, records: int) -> None:
        """Let the records of a file that is as it was stand, unread."""
        self.writer.stand(path, records)
        self._progress(records)

    def _progress(self, records: int) -> None:
        self.read += records
        if self.progress is not None:
            self.progress(self.read)

    def take(self, record: Record) -> None:
        """Put a record into the index where it is new or another than the one that is there."""
        value = digest(record, self.fingerprint)
        known = self.writer.find(record.id)
        if known is not None and self.writer.digest(known) == value:
            self.writer.keep(record, known)
        else:
            if known is not None and (path := self.writer.path(known)) != record.source.path:
                self.contested.add(path)
                self.writer.lose(known)
            tagged = self.tagger.tag_record(record) if self.tagger else record
            self.writer.put(tagged, value, known)
        if len(self.writer.repeated) >= _MOST_REPEATED:
            self._note_repeated()
        self._progress(1)

    def _note_repeated(self) -> None:
        room = _MOST_REPEATED - len(self.repeated)
        self.repeated += self.writer.repeated[:room]
        self.further += len(self.writer.repeated[room:])
        self.writer.repeated.clear()

    def _repetitions(self) -> Iterator[Skip]:
        """The records that do not count since another of their id came later, in order."""
        counts = {id_: self.writer.place(id_) for id_, _ in self.repeated}
        ordered = sorted(self.repeated, key=lambda each: (each[1].file or "", each[1].line or 0))
        for id_, at in ordered:
            why = f"the id {readers.beginning(id_)} is given again {_place(counts[id_])}"
            yield Skip(at.file, at.line, f"{why}, which counts")
        if self.further:
            why = f"so were {self.further:,} further records whose ids are given again"
            yield Skip(ordered[-1][1].file, ordered[-1][1].line, why)

    def report(self, removed: int) -> Report:
        added, updated, unchanged = self.writer.settled()
        self._note_repeated()
        self.skipped += self._repetitions()
        return Report(
            added=added,
            updated=updated,
            unchanged=unchanged,
            removed=removed,
            skipped=tuple(self.skipped),
        )


def _place(source: Source | None) -> str:
    assert source is not None
    return f"at {source.file}:{source.line}" if source.file else f"as record {source.line}"


def _run(
    writer: Writer,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    *,
    tagged: bool = True,
    progress: Progress | None = None,
) -> _Run:
    run = _Run(
        writer,
        tagger(vocabulary) if tagged else None,
        analyzer.making,
        progress,
    )
    run.skipped += [Skip(file, line, why) for file, line, why in vocabulary.problems]
    return run


def ingest(
    store: Store,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    paths: Iterable[str | os.PathLike[str]],
    *,
    url: str | None = None,
    prune: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Read sources into the index as one commit.

    What a source gave before and gives no longer is removed; a source that cannot be read keeps
    what it gave. Rows of the user's vocabulary that were left out are among what was skipped.
    ``prune`` also removes the records of sources whose file is gone from disk. ``jobs`` above one
    is how many other processes tag and invert what is read here; an index in memory has none.
    """
    with ExitStack() as stack:
        stack.enter_context(_no_collections())
        helpers = None
        if jobs > 1 and store.folder is not None:
            helpers = stack.enter_context(Workers(jobs, vocabulary, store.folder))
        writer = stack.enter_context(store.writer(helpers))
        run = _run(writer, analyzer, vocabulary, tagged=helpers is None, progress=progress)
        replaced: set[str] = set()
        for source in readers.walk(paths):
            if isinstance(source, Skip):
                run.skipped.append(source)
                continue
            key = run.key(source, url)
            known = writer.source(source.path)
            if known is not None and known[0] == key and source.path not in run.contested:
                run.stand(source.path, known[1])
                continue
            if _read(run, source, key, url):
                replaced.add(source.path)
        lost = writer.forget(lambda path: prune and not os.path.lexists(path))
        return run.report(writer.drop([*lost, *writer.of_paths(replaced.__contains__)]))


@contextmanager
def _no_collections() -> Iterator[None]:
    """Records are in no cycles, and a collection looks at all that is cached, again and again."""
    import gc

    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def reread(
    writer: Writer,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    sources: Iterable[tuple[readers.SourceFile, str | None]],
) -> Report:
    """Read files again, each with the address it was given, into a commit that is under way."""
    run = _run(writer, analyzer, vocabulary)
    read = {source.path for source, url in sources if _read(run, source, run.key(source, url), url)}
    return run.report(writer.drop(writer.of_paths(read.__contains__)))


def _read(run: _Run, source: readers.SourceFile, key: str | None, url: str | None) -> bool:
    """Take what a source gives; whether it could be read, and to its end."""
    readable, whole, skips, before = False, True, len(run.skipped), run.read
    for item in readers.read(source, url=url):
        if isinstance(item, Skip):
            run.skipped.append(item)
            # A skip that has a line is about a part of the source, not all of it.
            readable = readable or item.line is not None
            whole = whole and item.line is not None
        else:
            readable = True
            run.take(item)
    if whole and key != run.key(source, url):
        whole = False
        why = "it changed while it was read; ingest it again"
        run.skipped.append(Skip(source.file, None, why))
    clean = key is not None and len(run.skipped) == skips
    run.writer.sources[source.path] = KnownSource(
        key if clean and key else "", run.read - before, source.file, source.format, url
    )
    return readable and whole


def add(
    store: Store,
    analyzer: Analyzer,
    vocabulary: Vocabulary,
    mappings: Iterable[Mapping[str, Any]],
) -> Report:
    """Put records in the ``.jsonl`` form into the index as one commit."""
    with store.writer() as writer:
        run = _run(writer, analyzer, vocabulary)
        for number, mapping in enumerate(mappings, 1):
            source = Source(line=number)
            try:
                run.take(readers.record_from_mapping(mapping, source))
            except ValueError as error:
                run.skipped.append(Skip(None, number, str(error)))
        return run.report(0)


def remove(store: Store, ids: Iterable[str], *, source: str | None = None) -> int:
    """Drop records by id, or all of one source; returns how many there were.

    ``source`` is a path as it was named to ``ingest``, or the file as a hit shows it.
    """
    wanted = set(ids)
    with store.writer() as writer:
        gone = {number for id_ in wanted if (number := writer.find(id_)) is not None}
        for number in gone:
            writer.lose(number)
        if source is not None:
            path, shown = os.path.abspath(source), os.sep + source.replace("/", os.sep)
            gone.update(writer.forget(lambda known: known == path or known.endswith(shown)))
        return writer.drop(gone)
