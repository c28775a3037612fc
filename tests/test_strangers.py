"""An index that a stranger made, or may only be read, is data: nothing of it runs, nothing hangs,
nothing outside it is written.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_codec import rows

import wpssearch
from wpssearch.backends.whoosh.segment import MAKING
from wpssearch.backends.whoosh.toc import NAME, Toc
from wpssearch.engine import check

posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no such users")


class _Malicious:
    """What a pickle that is loaded would do: make a folder."""

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return os.mkdir, (str(self._trace),)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as made:
        made.add(rows(0, 20))
        made.remove(["r00001"])
    return folder


def use(folder: Path) -> None:
    """All that is done with an index."""
    for attempt in (
        lambda: wpssearch.open(folder).search("police").to_dict(),
        lambda: wpssearch.open(folder).add(rows(0, 2)),
        lambda: wpssearch.open(folder).info(),
        lambda: check(folder),
        lambda: wpssearch.repair(folder),
    ):
        with contextlib.suppress(wpssearch.Error):
            attempt()


def test_no_pickle_in_any_file_is_loaded(index: Path, tmp_path: Path) -> None:
    trace = tmp_path / "it ran"
    planted = [pickle.dumps(_Malicious(trace), protocol) for protocol in (0, 2, 5)]
    pickle.loads(planted[0])
    assert trace.is_dir(), "the pickle does what it is planted for"
    trace.rmdir()
    # Those of the index, and those that Whoosh itself would look for.
    names = [file.name for file in index.iterdir()]
    names += [f"_{name}_{number}.toc" for name in ("MAIN", NAME) for number in (1, 99)]
    names += [f"{name}_0123456789abcdef.seg" for name in ("MAIN", NAME)]
    names += ["MAIN_0123456789abcdef.trm", "_MAIN_LOCK", "MAIN_WRITELOCK"]
    for number, name in enumerate(names):
        folder = tmp_path / "copy"
        shutil.copytree(index, folder)
        (folder / name).write_bytes(planted[number % len(planted)])
        use(folder)
        assert not trace.exists(), name
        shutil.rmtree(folder)
    for file in index.iterdir():
        file.write_bytes(planted[1])
    use(index)
    assert not trace.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_in_the_place_of_a_file_is_told_and_nothing_waits(
    index: Path, tmp_path: Path
) -> None:
    for file in list(index.iterdir()):
        folder = tmp_path / "copy"
        shutil.copytree(index, folder)
        (folder / file.name).unlink()
        os.mkfifo(folder / file.name)
        with pytest.raises(wpssearch.Error, match="is no file"):
            wpssearch.open(folder).add(rows(50, 1))
        use(folder)
        shutil.rmtree(folder)


@posix
def test_nothing_is_written_through_a_link(index: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    with wpssearch.open(index) as opened:
        generation = opened._store.snapshot().generation
    temporary = index / f"{Toc.file(generation + 1)}.new"
    segment = next(index.glob("*.seg")).stem
    deletions = index / f"{segment}.{generation + 1}.del"
    for planted in (temporary, deletions):
        planted.symlink_to(victim)
    with wpssearch.open(index) as opened:
        opened.remove(["r00002"])
    assert victim.read_text() == "mine"
    assert not temporary.is_symlink()
    assert deletions.is_file()
    assert not deletions.is_symlink()
    lock = index / f"{NAME}_WRITELOCK"
    lock.unlink()
    lock.symlink_to(victim)
    with wpssearch.open(index) as opened, pytest.raises(wpssearch.IndexUnwritable):
        opened.remove(["r00003"])


def test_files_of_others_in_the_folder_are_left_alone(index: Path) -> None:
    others = ["notes.txt", f"{NAME}_notes.txt", f"{NAME}.seg", "wps1_0a.seg", f"_{NAME}_x.toc"]
    for name in others:
        (index / name).write_text("mine")
    with wpssearch.open(index) as opened:
        opened.add(rows(20, 5))
    assert {(index / name).read_text() for name in others} == {"mine"}


def test_a_table_of_contents_that_names_files_elsewhere_is_refused(
    index: Path, tmp_path: Path
) -> None:
    name = next(index.glob("*.toc")).name
    toc = Toc.decode((index / name).read_bytes(), name)
    (tmp_path / "elsewhere.seg").write_bytes(next(index.glob("*.seg")).read_bytes())
    changes: tuple[dict[str, Any], ...] = (
        {"id": "x/../../elsewhere"},
        {"deletions": "../elsewhere.seg"},
        {"count": 10**15},
        {"count": -1},
        {"dead": 10**6},
        {"lengths": (1, 2)},
        {"lengths": (1, 2, 10**9)},
    )
    for change in changes:
        folder = tmp_path / "copy"
        shutil.copytree(index, folder)
        entry = replace(toc.segments[0], **change)
        (folder / name).write_bytes(replace(toc, segments=(entry,)).encode())
        assert check(folder), change
        use(folder)
        assert check(folder) == []
        shutil.rmtree(folder)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user can reach."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(work: Callable[[], None]) -> int:
    """Do something as a user without rights, in a child; its exit status."""
    child = os.fork()
    if not child:
        status = 1
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@posix
@pytest.mark.parametrize("mode", [0o555, 0o755])
def test_an_index_that_may_only_be_read_is_searched(shared: Path, mode: int) -> None:
    """In a folder without permission to write, and in one that is another user's."""
    if mode == 0o755 and os.geteuid() != 0:
        pytest.skip("only root can make a folder of another user's")
    folder = shared / "index"
    with wpssearch.open(folder) as index:
        index.add(rows(0, 20))
        index.remove(["r00001"])
        expected = index.search("police desk").to_dict()
        assert index.check() == []
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(mode)

    def work() -> None:
        with wpssearch.open(folder, create=False) as index:
            assert index.search("police desk").to_dict() == expected
            index.refresh()
            assert index.get("r00002").text
            assert index.info()["records"] == 19
            assert index.check() == []
            with pytest.raises(wpssearch.IndexUnwritable, match="nothing was changed"):
                index.add(rows(20, 1))

    assert as_nobody(work) == 0
    assert stat.S_IMODE(folder.stat().st_mode) == mode


@posix
@pytest.mark.parametrize("kind", ["toc", "seg", "del"])
def test_a_file_that_may_not_be_read_is_told_and_left_alone(shared: Path, kind: str) -> None:
    folder = shared / "index"
    with wpssearch.open(folder) as index:
        index.add(rows(0, 20))
        index.remove(["r00001"])
    folder.chmod(0o777)
    for file in folder.iterdir():
        file.chmod(0o000 if file.suffix == f".{kind}" else 0o666)
    before = {file.name for file in folder.iterdir()}

    def work() -> None:
        for attempt in (wpssearch.open, check, wpssearch.repair):
            with pytest.raises(wpssearch.IndexMissing, match="cannot be opened: Permission denied"):
                attempt(folder)

    assert as_nobody(work) == 0
    assert {file.name for file in folder.iterdir()} == before


def test_a_facet_that_is_named_as_what_the_index_keeps_does_no_harm(tmp_path: Path) -> None:
    facets = {name: ["mine"] for name in ("making", MAKING, "records", "a.records", "a\nb")}
    with wpssearch.open(tmp_path / "index") as index:
        assert index.add([{"id": "1", "text": "police", "facets": facets}]).added == 1
        assert index.check() == []
        assert index.info()["notes"] == []
        assert index.search(where={"making": "mine"}).total == 1
        assert index.search(facets=["nothing"]).notes
        assert MAKING not in " ".join(index.search(facets=["makingx"]).notes)
        index.add([{"id": f"{n}", "text": "police"} for n in range(2, 9)])
        assert index.check() == []
