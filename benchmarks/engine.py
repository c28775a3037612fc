"""What an engine has to do to be measured."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from tasks import TASKS, Task

__all__ = ["Engine"]


class Engine(ABC):
    """An index in a folder, opened for searches."""

    name: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]] = TASKS
    #: Whether records can be added to an index that is there.
    extends: ClassVar[bool] = True
    #: The number of records up to which growth is measured: what takes minutes, not hours.
    most: ClassVar[int] = 100_000

    @abstractmethod
    def __init__(self, folder: Path) -> None: ...

    @staticmethod
    @abstractmethod
    def ingest(path: Path, folder: Path) -> None:
        """Put the records of a ``.jsonl`` file into the index in a folder, on disk at the end."""

    @staticmethod
    @abstractmethod
    def version() -> str:
        """The version; ``ImportError`` where it is not installed."""

    @abstractmethod
    def run(self, query: str, task: Task) -> int:
        """Carry out a task, reading all of the answer; returns the total, or -1 if not counted."""
