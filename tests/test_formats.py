"""Indexes of this format and of others, as they lie in ``formats/``: opened or refused.

``python tests/test_formats.py`` makes the one of this format anew. Those of other formats stay.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import wpssearch
from wpssearch import engine
from wpssearch.analysis import Analyzer
from wpssearch.backends.whoosh.toc import NAME
from wpssearch.cli import main

FORMATS = Path(__file__).with_name("formats")
OTHERS = sorted(folder.name for folder in FORMATS.iterdir() if folder.name != NAME)


def make(folder: Path) -> None:
    """A small index with all that a format has: several fields, a merge's worth of words, a dead
    record, an acronym that a text defines.
    """
    with wpssearch.open(folder) as index:
        index.add(
            [
                {"id": "1", "text": "UNMIL trained 40 police officers at the gender desk in 2007.",
                 "agencies": ["DPKO"], "period": "Jul 2007", "facets": {"measure": ["Training"]}},
                {"id": "2", "title": "Police reform",
                 "text": "Women's protection advisers (WPAs) met the police in Monrovia."},
                {"id": "3", "text": "It is removed."},
            ]
        )  # fmt: skip
        index.remove(["3"])


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A copy of the index of this format that is kept."""
    return Path(shutil.copytree(FORMATS / NAME, tmp_path / "index"))


def test_an_index_of_this_format_is_opened_searched_and_checked(kept: Path) -> None:
    with wpssearch.open(kept, create=False) as index:
        results = index.search("police")
        assert [hit.id for hit in results.hits] == ["2", "1"]
        assert index.search('"gender desk"', agency="DPKO").total == 1
        assert index.search("WPA").total == 1
        assert index.facets(by="measure")["measure"][0].value == "Training"
        info = index.info()
        assert (info["format"], info["records"]) == (NAME, 2)
        problems, notes = index.check(), info["notes"]
    # Words and vocabulary may have changed since: that is told, and it is no damage.
    with wpssearch.open(":memory:") as today:
        today.add([{"id": "1", "text": "x"}])
        same = today.info()
    made_by = making(kept)
    assert bool(problems) == (made_by[0] != same["analyzer"])
    assert all("another version" in problem for problem in problems)
    assert len(notes) == (made_by[0] != same["analyzer"]) + (made_by[1] != same["vocabulary"])


def making(folder: Path) -> list[str]:
    """The fingerprints of the analyzer and the vocabulary that made an index."""
    from wpssearch.backends.whoosh.files import folder_files
    from wpssearch.backends.whoosh.segment import MAKING

    _, (segment,) = folder_files(folder).open()
    column = segment.facet(MAKING)
    assert column is not None
    return column.of(0)[0][0].split(" ")


@pytest.mark.parametrize("name", OTHERS)
def test_an_index_of_another_format_is_refused_with_what_to_do(name: str) -> None:
    folder = FORMATS / name
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    said = f"was made by another version; empty the folder .* `wpssearch --index {folder} ingest"
    for attempt in (wpssearch.open, engine.check, wpssearch.repair):
        with pytest.raises(wpssearch.IndexDamaged, match=said):
            attempt(folder)
    for command in (["search", "police"], ["info"], ["check"], ["ingest", str(folder)]):
        result = CliRunner().invoke(main, ["--index", str(folder), *command])
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.count("\n") == 1
        assert "made by another version" in result.stderr
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_there_are_others() -> None:
    assert OTHERS


def test_another_version_in_the_magic_of_a_file_is_told(kept: Path) -> None:
    segment = next(kept.glob("*.seg"))
    data = segment.read_bytes()
    for at in (7, len(data) - 1):
        segment.write_bytes(data[:at] + b"9" + data[at + 1 :])
        assert engine.check(kept)
        with pytest.raises(wpssearch.IndexDamaged, match=segment.name):
            wpssearch.open(kept)
    segment.write_bytes(data)
    toc = next(kept.glob("*.toc"))
    toc.write_bytes(toc.read_bytes().replace(b"WPSTOC", b"WPSTIC"))
    assert engine.check(kept)
    with pytest.raises(wpssearch.IndexDamaged, match=toc.name):
        wpssearch.open(kept)


def test_what_another_analyzer_or_vocabulary_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, rows = tmp_path / "index", tmp_path / "index.vocab.tsv"
    source = tmp_path / "a.jsonl"
    source.write_text('{"id": "a", "text": "The police of Freedonia met."}\n')
    with wpssearch.open(folder) as index:
        index.ingest([source])
        index.add([{"id": "b", "text": "police"}])
        assert index.info()["notes"] == []
    rows.write_text("table\tid\tname\tnames\ncountries\tXFR\tFreedonia\tFreedonia\n")
    with wpssearch.open(folder) as index:
        (note,) = index.info()["notes"]
        assert note.startswith("2 records were tagged with another vocabulary: ingest")
        assert index.check() == []
        index.ingest([source])
        (note,) = index.info()["notes"]
        assert note.startswith("1 record was tagged")
    with monkeypatch.context() as patch:
        patch.setattr(Analyzer, "fingerprint", "another")
        with wpssearch.open(folder) as index:
            assert any("another version" in note for note in index.info()["notes"])
            (problem,) = {p.partition(".seg")[2] for p in index.check()}
            assert "another version of wpssearch has analysed" in problem
        shown = CliRunner().invoke(main, ["--index", str(folder), "info"]).stdout
        assert "2 records were analysed by another version" in shown


if __name__ == "__main__":
    shutil.rmtree(FORMATS / NAME, ignore_errors=True)
    make(FORMATS / NAME)
    (FORMATS / NAME / f"{NAME}_WRITELOCK").unlink()
