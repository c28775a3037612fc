"""Whoosh's storages, of which nothing is used but the lock."""

from __future__ import annotations

import errno
import os
import stat
from typing import Any
from weakref import WeakSet

from whoosh.filedb.filestore import FileStorage, RamStorage

__all__ = ["Disk", "Memory"]


class _NoScratch:
    """Nothing is written but what the codec writes; Whoosh's own pool of postings is empty."""

    def temp_storage(self, name: str | None = None) -> RamStorage:
        return RamStorage()


class Memory(_NoScratch, RamStorage):  # type: ignore[misc]
    """An index in memory."""


class Disk(_NoScratch, FileStorage):  # type: ignore[misc]
    """An index in a folder."""

    def lock(self, name: str) -> Any:
        # Whoosh would wait for ever for who reads from a pipe, and write through a link.
        path = self._fpath(name)
        if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
            raise OSError(errno.EINVAL, f"its lock {name} is no file")
        lock = super().lock(name)
        _locks.add(lock)
        return lock


_locks: WeakSet[Any] = WeakSet()


def _let_go() -> None:
    """A child shares its parent's lock, and would hold it though the parent were killed."""
    for lock in list(_locks):
        if lock.fd is not None:
            os.close(lock.fd)
            lock.fd = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
