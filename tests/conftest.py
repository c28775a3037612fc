"""What the tests share: the page, and an index of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import wpssearch

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"


@pytest.fixture(scope="session")
def page() -> Iterator[wpssearch.Index]:
    """The source page in memory; not to be changed by a test."""
    with wpssearch.open(":memory:") as index:
        index.ingest([CORPUS])
        yield index


@pytest.fixture(autouse=True)
def _no_index_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads or writes the user's own index, data folder or colours."""
    monkeypatch.delenv("WPSSEARCH_INDEX", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
