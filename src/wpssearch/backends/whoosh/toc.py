"""The table of contents: which segments make a generation. JSON with a checksum, never a pickle.

It is read without Whoosh, which a search need not load; ``codec`` writes it in Whoosh's place.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from wpssearch.errors import REBUILD, IndexDamaged

__all__ = [
    "NAME",
    "Entry",
    "KnownSource",
    "Toc",
    "generations",
    "holds_index",
    "is_ours",
    "remains",
]

#: The name of the index inside its folder, with the version of the format.
NAME = "wps5"
_MAGIC = "WPSTOC2"
_FIELDS = 3
_TOC = re.compile(rf"_{NAME}_(0|[1-9][0-9]*)\.toc")
#: What tells an index of any version.
_OF_ANY = re.compile(r"_wps[0-9]+_[0-9]+\.toc|wps[0-9]+_[0-9a-z]+\.seg")
_SEGMENT = re.compile(rf"{NAME}_([0-9a-z]+)\.seg")
_DELETIONS = re.compile(rf"{NAME}_([0-9a-z]+)\.([0-9]+)\.del")
_SCRATCH = re.compile(rf"_{NAME}_[0-9]+\.toc\.new|{NAME}_\w+\.tmp")


@dataclass(frozen=True, slots=True)
class Entry:
    """A segment of a generation: its file, its records, the dead ones among them, its lengths.

    ``deletions`` is the file that marks the live records, ``None`` where all are live. ``lengths``
    are sums over live records, a field each, in tokens.
    """

    id: str
    count: int
    dead: int
    deletions: str | None
    lengths: tuple[int, ...]

    @property
    def file(self) -> str:
        return f"{NAME}_{self.id}.seg"

    @property
    def live(self) -> int:
        return self.count - self.dead

    @property
    def files(self) -> list[str]:
        """The names of its files."""
        return [self.file] if self.deletions is None else [self.file, self.deletions]

    @property
    def sensible(self) -> bool:
        """Whether an index can have written this."""
        numbers = (self.count, self.dead, *self.lengths)
        deletions = self.deletions
        return (
            all(type(number) is int and number >= 0 for number in numbers)
            and self.dead <= self.count
            and len(self.lengths) == _FIELDS
            and _SEGMENT.fullmatch(self.file) is not None
            and (deletions is None) == (self.dead == 0)
            and (deletions is None or _DELETIONS.fullmatch(deletions) is not None)
        )


class KnownSource(NamedTuple):
    """What is known of a file that was read: a hash over its content, place and making (empty
    where it was not read whole), how many records it gave, and how it was named and read.
    """

    key: str
    records: int
    file: str
    format: str
    url: str | None

    @property
    def sensible(self) -> bool:
        """Whether an index can have written this."""
        texts = (self.key, self.file, self.format, self.url or "")
        return all(isinstance(text, str) for text in texts) and type(self.records) is int


@dataclass(frozen=True, slots=True)
class Toc:
    """One generation: its segments, and by path the files that its records were read from."""

    generation: int = 0
    segments: tuple[Entry, ...] = ()
    sources: Mapping[str, KnownSource] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The bytes of the file."""
        content = json.dumps(
            {
                "generation": self.generation,
                "segments": [
                    [e.id, e.count, e.dead, e.deletions, list(e.lengths)] for e in self.segments
                ],
                "sources": self.sources,
            },
            separators=(",", ":"),
        )
        return f"{_head(content)}\n{content}\n".encode()

    @classmethod
    def decode(cls, data: bytes, name: str) -> Toc:
        """The generation that a file holds; ``IndexDamaged`` where it is not what was written."""
        try:
            head, content, *rest = data.decode("ascii").split("\n")
            if rest != [""] or head != _head(content):
                raise ValueError
            whole: dict[str, Any] = json.loads(content)
            toc = cls(
                whole["generation"],
                tuple(
                    Entry(id_, count, dead, deletions, tuple(lengths))
                    for id_, count, dead, deletions, lengths in whole["segments"]
                ),
                {path: KnownSource(*known) for path, known in whole["sources"].items()},
            )
            files = [entry.file for entry in toc.segments]
            if (
                type(toc.generation) is not int
                or name != cls.file(toc.generation)
                or len(set(files)) < len(files)
                or not all(entry.sensible for entry in toc.segments)
                or not all(known.sensible for known in toc.sources.values())
            ):
                raise ValueError
            return toc
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise IndexDamaged(
                f"The index's table of contents {name} is cut off or changed; {REBUILD}"
            ) from error

    @staticmethod
    def file(generation: int) -> str:
        """The name of a generation's file."""
        return f"_{NAME}_{generation}.toc"

    def needs(self) -> set[str]:
        """The names of all files of the generation."""
        return {self.file(self.generation)}.union(*(entry.files for entry in self.segments))


def _head(content: str) -> str:
    return f"{_MAGIC} {crc32(content.encode()):08x}"


def generations(names: Iterable[str]) -> list[int]:
    """The generations whose tables of contents are among some files, ascending."""
    return sorted(int(match[1]) for name in names if (match := _TOC.fullmatch(name)))


def remains(names: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """The segments whose files are among some: the id of each, with its newest deletions."""
    found: dict[str, int] = {}
    for name in names:
        if match := _DELETIONS.fullmatch(name):
            found[match[1]] = max(found.get(match[1], 0), int(match[2]))
    for name in sorted(names):
        if match := _SEGMENT.fullmatch(name):
            newest = found.get(match[1])
            yield match[1], None if newest is None else f"{NAME}_{match[1]}.{newest}.del"


def is_ours(name: str) -> bool:
    """True for a file that an index writes, whatever became of the writer."""
    return any(kind.fullmatch(name) for kind in (_TOC, _SEGMENT, _DELETIONS, _SCRATCH))


def holds_index(folder: Path) -> bool:
    """True where the folder holds an index of any version of the format, or what is left of one."""
    try:
        return any(_OF_ANY.fullmatch(entry.name) for entry in os.scandir(folder))
    except OSError:
        return False
