"""``check --repair``: what is whole stays, what is legible is indexed anew, what is lost is read
again from its source, and what cannot be is told.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import CORPUS
from test_codec import rows
from test_damage import KINDS, columns, files, rewrite

import wpssearch
from wpssearch import Record
from wpssearch.backends.whoosh.container import Container
from wpssearch.cli import main

URL = "https://example.org/page"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    lines = (json.dumps(row) + "\n" for row in rows(0, 20))
    (folder / "rows.jsonl").write_text("".join(lines))
    return folder


@pytest.fixture
def index(tmp_path: Path, sources: Path) -> Path:
    """A segment from a page, one from a file of rows, one from Python with a dead record."""
    folder = tmp_path / "index"
    with wpssearch.open(folder) as made:
        made.ingest([CORPUS], url=URL)
        made.ingest([sources])
        made.add(rows(100, 10))
        made.remove(["r00101"])
    return folder


def held(folder: Path) -> dict[str, Record]:
    with wpssearch.open(folder, create=False) as index:
        assert index.check() == []
        return {hit.id: hit.record for hit in index.search(limit=1000).hits}


def segment_of(folder: Path, id_: str) -> Path:
    """The file of the segment that holds a record."""
    for file in folder.glob("*.seg"):
        if id_.encode() in bytes(Container(file.read_bytes(), file.name).raw("ids.bytes")):
            return file
    raise AssertionError(id_)


def spoil(file: Path, *names: str) -> None:
    """Flip a bit in some columns of a segment; without names, in its directory."""
    data = bytearray(file.read_bytes())
    box = Container(bytes(data), file.name)
    for name in names:
        data[box._directory[name][1]] ^= 1
    if not names:
        data[-40] ^= 1
    file.write_bytes(data)


def repaired(folder: Path) -> wpssearch.Repair:
    repair = wpssearch.repair(folder)
    left = list(folder.glob("*.seg"))
    assert repair.kept + repair.restored + repair.reread == len(held(folder)), left
    return repair


def test_a_sound_index_is_left_as_it_is(index: Path) -> None:
    before = {file.name: file.read_bytes() for file in index.iterdir()}
    assert wpssearch.repair(index) == wpssearch.Repair(kept=40)
    assert {file.name: file.read_bytes() for file in index.iterdir()} == before


@pytest.mark.parametrize(
    "names", [("postings.record",), ("facet:agency.records", "digests"), ("terms.form", "ids.hash")]
)
def test_what_is_legible_is_indexed_anew_without_any_source(
    index: Path, sources: Path, names: tuple[str, ...]
) -> None:
    before = held(index)
    shutil.rmtree(sources)
    for id_ in ("r00003", "r00105"):
        spoil(segment_of(index, id_), *names)
    assert repaired(index) == wpssearch.Repair(kept=11, restored=29)
    assert held(index) == before


def test_what_is_illegible_is_read_again_as_it_was_named(index: Path) -> None:
    before = held(index)
    page = next(id_ for id_, record in before.items() if record.url == URL)
    for file in [segment_of(index, id_) for id_ in (page, "r00003")]:
        spoil(file)
    assert repaired(index) == wpssearch.Repair(kept=9, reread=31)
    assert held(index) == before
    with wpssearch.open(index) as opened:
        assert opened.ingest([CORPUS], url=URL).unchanged == 11


def test_what_cannot_be_brought_back_is_told_and_its_file_kept(index: Path, sources: Path) -> None:
    before = held(index)
    (sources / "rows.jsonl").unlink()
    lost = [segment_of(index, id_) for id_ in ("r00003", "r00105")]
    for file in lost:
        spoil(file)
    bytes_of = {file.name: file.read_bytes() for file in lost}
    repair = repaired(index)
    assert (repair.kept, repair.restored, repair.reread) == (11, 0, 0)
    first, second, *kept = repair.notes
    assert first.startswith(f"20 records of {sources / 'rows.jsonl'} cannot be brought back")
    assert second.startswith("9 records from Python")
    assert len(kept) == 2
    for name, data in bytes_of.items():
        assert (index / f"{name}.damaged").read_bytes() == data
    assert {id_ for id_ in before if not id_.startswith("r")} == set(held(index))
    # The index goes on, and what was kept stays.
    with wpssearch.open(index) as opened:
        opened.add(rows(100, 10))
    assert len(list(index.glob("*.damaged"))) == 2


def test_one_block_that_is_lost_takes_no_other_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add(
            {"id": f"b{n}", "text": f"{random.Random(n).randbytes(4000).hex()} {n}"}
            for n in range(10)
        )
    spoil(next(folder.glob("*.seg")), "texts.bytes")
    repair = repaired(folder)
    assert repair.restored == 9
    assert repair.notes[0].startswith("1 record from Python")


def test_without_its_table_of_contents_an_index_is_put_together(index: Path) -> None:
    before = held(index)
    next(index.glob("*.toc")).unlink()
    with pytest.raises(wpssearch.IndexDamaged, match="table of contents is missing"):
        wpssearch.open(index)
    repair = repaired(index)
    after = held(index)
    assert after.keys() == before.keys()
    assert all(after[id_].text == before[id_].text for id_ in before)
    assert any("not known" in note for note in repair.notes)


def test_removed_records_that_may_be_back_are_told(index: Path) -> None:
    next(index.glob("*.del")).unlink()
    repair = repaired(index)
    assert "r00101" in held(index)
    assert any("may be there again" in note for note in repair.notes)


def test_a_source_that_changed_is_read_as_it_is_today(index: Path, sources: Path) -> None:
    spoil(segment_of(index, "r00003"))
    (sources / "rows.jsonl").write_text(json.dumps({"id": "r00003", "text": "today"}) + "\n")
    repaired(index)
    after = held(index)
    assert after["r00003"].text == "today"
    assert "r00004" not in after


def test_the_command_tells_what_it_did_and_what_it_could_not(index: Path) -> None:
    def run(*more: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["--index", str(index), "check", *more])
        return result.exit_code, result.stdout

    spoil(segment_of(index, "r00003"))
    code, said = run()
    assert code == 1
    assert segment_of_named(said, index)
    code, said = run("--repair")
    assert code == 0
    assert "20 records sound, 0 indexed anew, 20 read again" in said
    assert run() == (0, "The index is sound.\n")
    spoil(segment_of(index, "r00105"))
    code, said = run("--repair", "--format", "json")
    told = json.loads(said)
    assert (code, told["ok"], told["problems"]) == (1, True, [])
    assert told["found"]
    assert "9 records from Python" in told["repair"]["notes"][0]


def segment_of_named(said: str, index: Path) -> bool:
    return any(file.name in said for file in index.glob("*.seg"))


def test_any_corruption_is_repaired_or_told(index: Path, tmp_path: Path) -> None:
    before, pick = held(index), random.Random(3)
    for _ in range(12):
        folder = tmp_path / "copy"
        shutil.copytree(index, folder)
        file = pick.choice(files(folder))
        file.write_bytes(KINDS[pick.choice(list(KINDS))](bytearray(file.read_bytes()), pick))
        repair = repaired(folder)
        lost = before.keys() - held(folder).keys()
        assert not lost or any("cannot be brought back" in note for note in repair.notes)
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("postings.impact", lambda values: values[::-1].copy()),
        ("ids.rank", lambda values: values[::-1].copy()),
        ("forms.stem", lambda values: values[::-1].copy()),
        ("acronyms.bytes", lambda values: values.replace(b"advisers", b"advisors")),
        ("acronyms.records", lambda values: values * 0 + 1),
        ("lengths.text", lambda values: values + 1),
        ("occurrences.position", lambda values: values * 0),
        ("facet:path.records", lambda values: values * 0),
    ],
)
def test_what_rested_on_a_checksum_alone_is_computed_again(
    tmp_path: Path, name: str, change: Callable[..., object]
) -> None:
    folder = tmp_path / "index"
    with wpssearch.open(folder) as index:
        index.add(
            [
                {"id": "b", "text": "Women's protection advisers (WPAs) met police and police."},
                {"id": "a", "text": "The police of Liberia trained. Police!"},
            ]
        )
    file = next(folder.glob("*.seg"))
    made = dict(columns(file))
    # A packed column has the width of its numbers in its name.
    name = next(column for column in made if column.startswith(name))
    made[name] = change(made[name])
    rewrite(file, list(made.items()))
    with wpssearch.open(folder) as index:
        problems = index.check()
    assert problems
    assert all(file.name in problem for problem in problems)
    assert wpssearch.repair(folder).restored == 2
