"""Other processes that tag and invert records: each writes segments, one after another.

A worker is started anew rather than forked, so that it shares no lock with the threads of whoever
ingests; it ends with the connection to the process that started it, however that ends.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType

from wpssearch.errors import Error
from wpssearch.model import Record
from wpssearch.vocab import Vocabulary

__all__ = ["Workers"]

_END_WAIT = 10.0


class Workers:
    """So many processes that write segments into a folder."""

    def __init__(self, jobs: int, vocabulary: Vocabulary, folder: Path) -> None:
        context = multiprocessing.get_context("spawn")
        self._processes: list[BaseProcess] = []
        self._idle: list[Connection] = []
        # By the connection of a worker that is busy, the file that it writes.
        self._busy: dict[Connection, str] = {}
        self._written: set[str] = set()
        for _ in range(jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, vocabulary, folder), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            self._idle.append(ours)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for connection in (*self._idle, *self._busy):
            connection.close()
        for process in self._processes:
            if self._busy:
                process.terminate()
            process.join(_END_WAIT)

    def send(self, file: str, records: Sequence[tuple[Record, bytes]]) -> None:
        """Have records, each with its digest, written as a file; waits for a worker to be free."""
        while not self._idle:
            self._receive()
        connection = self._idle.pop()
        self._busy[connection] = file
        try:
            connection.send((file, records))
        except OSError as error:
            raise _ended() from error

    def has_written(self, file: str) -> bool:
        """Whether a file that was sent for is there."""
        return file in self._written

    def finish(self) -> None:
        """Wait until all files are there."""
        while self._busy:
            self._receive()

    def _receive(self) -> None:
        """Wait for a worker; what it could not do is raised here."""
        for connection in wait(list(self._busy)):
            assert isinstance(connection, Connection)
            try:
                error = connection.recv()
            except (EOFError, OSError) as lost:
                raise _ended() from lost
            if error is not None:
                raise error
            self._written.add(self._busy.pop(connection))
            self._idle.append(connection)


def _ended() -> Error:
    return Error(
        "A process that helped to ingest has ended, and nothing was changed; try again with fewer "
        "--jobs."
    )


def _work(connection: Connection, vocabulary: Vocabulary, folder: Path) -> None:
    """What a worker does until nothing more is sent."""
    from wpssearch.analysis import Analyzer
    from wpssearch.backends.whoosh.building import SegmentBuilder
    from wpssearch.backends.whoosh.container import spooling, write_container
    from wpssearch.backends.whoosh.files import FolderFiles
    from wpssearch.tagging import tagger

    # Ctrl-C reaches every process of a terminal; the one that ingests ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    files = FolderFiles(folder)
    tag = tagger(vocabulary).tag_record
    builder = SegmentBuilder(Analyzer(vocabulary))
    # Where the process that ingests was killed, the next writer removes what was written here.
    with suppress(EOFError, OSError):
        while True:
            file, records = connection.recv()
            failed = None
            try:
                with spooling(files.room):
                    for record, digest in records:
                        builder.add(tag(record), digest)
                    with files.create(file) as stream:
                        write_container(stream, builder.columns())
            except Exception as error:
                failed = error
            connection.send(failed)
