"""What can go wrong, as one tree. Every message is a sentence that says what to do next.

Error
├── UsageError      the request cannot be carried out as it is (an unreadable period)
├── IndexMissing    there is no index at the place that was named
├── IndexLocked     another process is writing to the index
├── IndexUnwritable the system refuses to write the index (a full disk)
├── IndexDamaged    the files of the index cannot be read as what they should be
├── UnknownRecord   no record has the id that was asked for
└── SavedSearchError  a search cannot be kept, is not there, or is not what was kept
"""

from __future__ import annotations

__all__ = [
    "REBUILD",
    "Error",
    "IndexDamaged",
    "IndexLocked",
    "IndexMissing",
    "IndexUnwritable",
    "SavedSearchError",
    "UnknownRecord",
    "UsageError",
]


#: What to do about a damaged index.
REBUILD = (
    "`wpssearch check --repair` rebuilds it from its sources, or empty the index's folder and "
    "build it anew with `wpssearch ingest`."
)


class Error(Exception):
    """Base of every error that a caller of wpssearch can act on."""


class UsageError(Error, ValueError):
    """The request cannot be carried out as it is written."""


class IndexMissing(Error):
    """No index stands where one was named."""


class IndexLocked(Error):
    """Another writer holds the index."""


class IndexUnwritable(Error):
    """The system refuses to write the index: its disk is full, or not ours to write to."""


class IndexDamaged(Error):
    """A file of the index is not what the index wrote."""


class SavedSearchError(Error):
    """A search cannot be kept, or none that can be read is kept under this name."""


class UnknownRecord(Error, KeyError):
    """No record of the index has this id."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument; a reader wants the sentence.
        return str(self.args[0]) if self.args else ""
