"""A damaged index made sound: what is whole stays, what is legible is indexed anew, what is lost
is read again from its source.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from wpssearch import ingest
from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh.checking import checked, ill_made
from wpssearch.backends.whoosh.files import ASIDE, Files
from wpssearch.backends.whoosh.segment import DIGEST, Segment, lengths_of
from wpssearch.backends.whoosh.snapshot import Snapshot
from wpssearch.backends.whoosh.store import Store
from wpssearch.backends.whoosh.toc import Entry, Toc, remains
from wpssearch.errors import IndexDamaged
from wpssearch.model import Record, Repair, Tag
from wpssearch.readers import SourceFile, walk
from wpssearch.tagging import tagger
from wpssearch.vocab import Vocabulary

__all__ = ["repair"]

#: The columns without which no record can be told from another.
_OF_RECORDS = {
    "ids.ends",
    "ids.bytes",
    *(f"{name}.{part}" for name in ("stored", "texts") for part in ("ends", "block", "begin")),
}


@dataclass(slots=True)
class _Remains:
    """What is left of an index."""

    #: The segments that are sound.
    toc: Toc
    sound: list[Segment] = field(default_factory=list)
    #: Of others, the records that can be read, by id: where each is, and the path of its source.
    legible: dict[str, tuple[Segment, int, str | None]] = field(default_factory=dict)
    #: How many records there should be; ``None`` where only the table of contents knew.
    expected: int | None = None
    #: Whether records that were removed may be among those that can be read.
    doubtful: bool = False
    #: The files of the segments that hold records which cannot be read.
    illegible: list[str] = field(default_factory=list)
    whole: bool = True


def repair(store: Store, analyzer: Analyzer, vocabulary: Vocabulary) -> Repair:
    """Make an index sound, as one commit; a sound one is left as it is."""
    left = _Remains(Toc())
    sound = Snapshot(left.toc, [], analyzer)

    def base() -> Snapshot:
        nonlocal left, sound
        left = _survey(store.files, analyzer)
        sound = Snapshot(left.toc, left.sound, analyzer)
        return sound

    with store.writer(base=base) as writer:
        writer.rewrite = not left.whole
        legible = {id_: at for id_, at in left.legible.items() if sound.find(id_) is None}
        have = Counter(sound.counts("path"))
        have.update(path or "" for _, _, path in legible.values())
        missing = None if left.expected is None else left.expected - have.total()
        short = _short(left.toc, have, missing)
        again = dict(_sources(left.toc, short))
        tag = tagger(vocabulary).tag_record
        restored = 0

        def restore(wanted: Callable[[str | None], bool]) -> None:
            nonlocal restored
            for segment, number, path in legible.values():
                if wanted(path):
                    digest = segment.digest(number).ljust(DIGEST, b"\0")
                    writer.put(tag(_untagged(segment.record(number))), digest, None)
                    restored += 1

        # What a source gives is as the source has it today; where it cannot be read, what is there.
        restore(lambda path: path not in again)
        first = restored
        report = ingest.reread(writer, analyzer, vocabulary, again.values())
        unread = {skip.file for skip in report.skipped if skip.line is None}
        read = {path for path, (source, _) in again.items() if source.file not in unread}
        restore(lambda path: path in again and path not in read)
        brought = sum(short[path] for path in read)
        kept_aside = left.illegible if missing is None or missing > brought else []
        for name in kept_aside:
            store.files.set_aside(name)
    total = store.snapshot().count
    return Repair(
        kept=sound.count - report.removed - report.updated,
        restored=restored,
        reread=report.added + report.updated - first,
        notes=(
            *_losses({path: short[path] for path in short if path not in read}, short, missing),
            *_doubts(left, total),
            *(f"{name}{ASIDE} keeps what could not be read." for name in kept_aside),
        ),
    )


def _short(toc: Toc, have: Mapping[str, int], missing: int | None) -> dict[str, int]:
    """By path of a source, how many of its records are missing; 0 where that is not known."""
    if missing is None:
        return {path: 0 for path in have if path}
    if missing <= 0:
        return {}
    counts = {path: known.records - have.get(path, 0) for path, known in toc.sources.items()}
    return {path: count for path, count in counts.items() if count > 0}


def _sources(
    toc: Toc, short: Mapping[str, int]
) -> Iterator[tuple[str, tuple[SourceFile, str | None]]]:
    """The sources that are still there, by path, with the address that each was given."""
    for path in short:
        for source in walk([path]) if os.path.isfile(path) else ():
            known = toc.sources.get(path)
            if isinstance(source, SourceFile):
                named = SourceFile(path, known.file, known.format) if known else source
                yield path, (named, known.url if known else None)


def _losses(
    gone: Mapping[str, int], short: Mapping[str, int], missing: int | None
) -> Iterator[str]:
    """What could not be brought back: of sources that are gone, and of none."""
    for path, count in sorted(gone.items()):
        what = f"{_records(count)} of {path}" if count else f"What came from {path} and is missing"
        yield f"{what} cannot be brought back: it cannot be read any more."
    rest = 0 if missing is None else missing - sum(short.values())
    if rest > 0:
        yield f"{_records(rest)} from Python, or from no known source, cannot be brought back."
    if missing is None:
        yield "Whether records that came from Python are missing is not known."


def _doubts(left: _Remains, total: int) -> Iterator[str]:
    if left.doubtful or (left.expected is not None and total > left.expected):
        yield "Records that had been removed may be there again: which ones is not known."


def _records(count: int) -> str:
    return f"{count} record{'' if count == 1 else 's'}"


def _survey(files: Files, analyzer: Analyzer) -> _Remains:
    """What is sound, what is legible, and what is known of the rest."""
    unopened: list[str] = []
    try:
        toc, told = files.newest(), True
    except (IndexDamaged, FileNotFoundError):
        toc, told = _toc_of_what_is_there(files, unopened), False
    left = _Remains(toc, whole=told, doubtful=not told, illegible=unopened)
    entries: list[Entry] = []
    for entry in toc.segments:
        found = checked(files, entry)
        if found.segment and not found.problems and not any(ill_made(found.segment, analyzer)):
            entries.append(entry)
            left.sound.append(found.segment)
            continue
        left.whole = False
        segment, certain = _as_far_as_legible(files, entry)
        left.doubtful = left.doubtful or not certain
        legible = dict(_legible(segment)) if segment is not None else {}
        left.legible.update(legible)
        if len(legible) < entry.live:
            left.illegible.append(entry.file)
    left.expected = sum(entry.live for entry in toc.segments) if told else None
    left.toc = Toc(files.latest(), tuple(entries), toc.sources)
    return left


def _toc_of_what_is_there(files: Files, unopened: list[str]) -> Toc:
    """What a table of contents would say of the segments in the folder, but for those ``unopened``
    that are too damaged.
    """
    entries: list[Entry] = []
    for id_, deletions in remains(files.names()):
        entry = Entry(id_, 0, 0, None, ())
        try:
            count = max(Segment(files.container(entry.file, trusted=True), None).count, 0)
            dead = 0
            if deletions is not None:
                live = files.container(deletions, trusted=True).array("live")
                dead = count - int(np.unpackbits(live.astype(np.uint8), count=count).sum())
            entry = replace(entry, count=count, dead=dead, deletions=deletions if dead else None)
            segment = files.segment(entry, trusted=True)
            entries.append(replace(entry, lengths=tuple(lengths_of(segment))))
        except (IndexDamaged, IndexError, OSError):
            unopened.append(entry.file)
    return Toc(files.latest(), tuple(entries))


def _as_far_as_legible(files: Files, entry: Entry) -> tuple[Segment | None, bool]:
    """A damaged segment whose records can be told from one another, ``None`` where they cannot;
    whether it is certain which of them are live.
    """
    try:
        box = files.container(entry.file, trusted=True)
        segment = Segment(box, None)
    except (IndexDamaged, OSError):
        return None, True
    if not _OF_RECORDS.isdisjoint(box.changed()) or segment.count != entry.count:
        return None, True
    try:
        segment.live = files.live(entry)
    except (IndexDamaged, OSError):
        return segment, False
    return segment, True


def _legible(segment: Segment) -> Iterator[tuple[str, tuple[Segment, int, str | None]]]:
    """The live records that can be read, by id."""
    for number in segment.live_numbers.tolist():
        try:
            record = segment.record(number)
        except IndexDamaged:
            continue
        if record.id.encode("utf-8", "replace") == segment.ids[number]:
            yield record.id, (segment, number, record.source.path)


def _untagged(record: Record) -> Record:
    """The record with what its source gave alone."""

    def given(tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
        return tuple(tag for tag in tags if tag.evidence == "given")

    return replace(
        record,
        missions=given(record.missions),
        countries=given(record.countries),
        facets={name: kept for name, tags in record.facets.items() if (kept := given(tags))},
    )
