"""The table of contents: which segments make a generation. JSON with a checksum, never a pickle.

It is read without Whoosh, which a search need not load; ``codec`` writes it in Whoosh's place.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

from wpssearch.errors import REBUILD, IndexDamaged

__all__ = ["NAME", "Entry", "Toc", "generations", "holds_index"]

#: The name of the index inside its folder, with the version of the format.
NAME = "wps4"
_MAGIC = "WPSTOC1"
_FILE = re.compile(rf"_{NAME}_(\d+)\.toc")


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


@dataclass(frozen=True, slots=True)
class Toc:
    """One generation. ``sources`` are whole files that gave all their records without a skip:
    by path, a hash over content, place and making, and how many records they gave.
    """

    generation: int = 0
    segments: tuple[Entry, ...] = ()
    sources: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The bytes of the file."""
        content = json.dumps(
            {
                "generation": self.generation,
                "segments": [
                    [e.id, e.count, e.dead, e.deletions, list(e.lengths)] for e in self.segments
                ],
                "sources": {path: list(known) for path, known in self.sources.items()},
            },
            separators=(",", ":"),
        )
        return f"{_MAGIC} {crc32(content.encode()):08x}\n{content}\n".encode()

    @classmethod
    def decode(cls, data: bytes, name: str) -> Toc:
        """The generation that a file holds; ``IndexDamaged`` where it is not what was written."""
        try:
            head, _, content = data.decode("utf-8").partition("\n")
            magic, checksum = head.split(" ")
            if magic != _MAGIC or int(checksum, 16) != crc32(content[:-1].encode()):
                raise ValueError
            whole: dict[str, Any] = json.loads(content)
            return cls(
                whole["generation"],
                tuple(
                    Entry(id_, count, dead, deletions, tuple(lengths))
                    for id_, count, dead, deletions, lengths in whole["segments"]
                ),
                {path: (known[0], known[1]) for path, known in whole["sources"].items()},
            )
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise IndexDamaged(
                f"The index's table of contents {name} is cut off or changed; {REBUILD}"
            ) from error

    @staticmethod
    def file(generation: int) -> str:
        """The name of a generation's file."""
        return f"_{NAME}_{generation}.toc"


def generations(names: list[str]) -> list[int]:
    """The generations whose tables of contents are among some files, ascending."""
    return sorted(int(match[1]) for name in names if (match := _FILE.fullmatch(name)))


def holds_index(folder: Path) -> bool:
    """True where the folder holds an index of any version of the format."""
    try:
        return any(
            entry.name.startswith("_wps") and entry.name.endswith(".toc")
            for entry in os.scandir(folder)
        )
    except OSError:
        return False
