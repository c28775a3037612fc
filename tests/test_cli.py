"""The command line: exit status, streams, formats, and the index it chooses."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import CORPUS

from wpssearch.cli import main


def run(*args: str) -> Result:
    result = CliRunner().invoke(main, list(args))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def index(tmp_path: Path) -> str:
    folder = str(tmp_path / "index")
    assert run("--index", folder, "ingest", str(CORPUS)).exit_code == 0
    return folder


def test_ingest_reports(tmp_path: Path) -> None:
    folder = str(tmp_path / "i")
    report = json.loads(run("--index", folder, "ingest", "--json", str(CORPUS)).stdout)
    assert report == {"added": 11, "updated": 0, "unchanged": 0, "removed": 0, "skipped": []}
    again = run("--index", folder, "ingest", str(CORPUS))
    assert "11 unchanged" in again.stdout


def test_search_text(index: str) -> None:
    result = run("--index", index, "search", "police", "gender", "desks", "Liberia")
    assert result.exit_code == 0
    assert "DPKO, Jul 2007" in result.stdout
    assert "\x1b" not in result.stdout
    for word in ("police", "gender", "desks", "Liberia"):
        assert word in result.stdout


def test_search_formats(index: str) -> None:
    data = json.loads(run("--index", index, "search", "gender", "--format", "json").stdout)
    lines = run("--index", index, "search", "gender", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == data["hits"]
    rows = list(
        csv.DictReader(
            io.StringIO(run("--index", index, "search", "gender", "--format", "csv").stdout)
        )
    )
    assert [row["id"] for row in rows] == [hit["id"] for hit in data["hits"]]


def test_options_may_stand_anywhere_and_dashes_are_query_text(index: str) -> None:
    first = run(
        "--index",
        index,
        "search",
        "--country",
        "Haiti",
        "women",
        "--limit",
        "1",
        "--format",
        "json",
    )
    data = json.loads(first.stdout)
    assert (data["query"], data["limit"], data["filters"]) == ("women", 1, {"country": ["Haiti"]})
    dashed = json.loads(
        run("--index", index, "search", "-police", "--zebra", "--format=json").stdout
    )
    assert dashed["query"] == "-police --zebra"
    assert (
        json.loads(run("--index", index, "search", "--format", "json", "--", "--limit").stdout)[
            "query"
        ]
        == "--limit"
    )


def test_facets(index: str) -> None:
    data = json.loads(run("--index", index, "facets", "--by", "period", "--format", "json").stdout)
    assert list(data["facets"]) == ["period"]
    assert data["hits"] == []
    text = run("--index", index, "facets", "training", "--country", "Sierra Leone")
    assert "Sierra Leone" in text.stdout


def test_show_info_check_remove(index: str) -> None:
    id_ = json.loads(run("--index", index, "search", "Nepal", "--format", "json").stdout)["hits"][
        0
    ]["id"]
    shown = json.loads(run("--index", index, "show", id_, "--format", "json").stdout)
    assert shown["profile"]["title"] == "Department of Peacekeeping Operations"
    assert {tag["value"] for tag in shown["countries"]} == {"Nepal", "Norway"}
    text = run("--index", index, "show", id_).stdout
    assert "countries:NOR" in text
    assert "partner" in text
    info = json.loads(run("--index", index, "info", "--format", "json").stdout)
    assert (info["records"], info["language"]) == (11, "English")
    assert run("--index", index, "check").exit_code == 0
    assert json.loads(run("--index", index, "check", "--format", "json").stdout)["ok"] is True
    assert run("--index", index, "remove", id_).exit_code == 0
    assert run("--index", index, "show", id_).exit_code == 1


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (("search", "--period", "the other day"), 2),
        (("search", "--where", "nothing"), 2),
        (("search", "--limit", "-1"), 2),
        (("search", "--country", "Libera"), 0),
        (("search", "zebra"), 0),
        (("show", "nothing"), 1),
        (("ingest", "/nowhere/at/all"), 1),
        (("ingest",), 2),
        (("remove",), 2),
    ],
)
def test_exit_status(index: str, args: tuple[str, ...], status: int) -> None:
    result = run("--index", index, *args)
    assert result.exit_code == status
    assert "Traceback" not in result.stderr


def test_a_mistyped_value_offers_the_near_one(index: str) -> None:
    assert "did you mean 'Liberia'" in run("--index", index, "search", "--country", "Libera").stderr


def test_a_named_index_that_is_not_there(tmp_path: Path) -> None:
    result = run("--index", str(tmp_path / "none"), "search", "police")
    assert result.exit_code == 1
    assert "ingest" in result.stderr
    assert not (tmp_path / "none").exists()


def test_without_any_index_a_search_builds_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = run("search", "police", "gender", "desks", "Liberia")
    assert "sample" in first.stderr
    assert "DPKO, Jul 2007" in first.stdout
    again = run("search", "Liberia")
    assert again.stderr == ""
    own = tmp_path / "own.jsonl"
    own.write_text('{"id": "1", "text": "our own police"}\n', encoding="utf-8")
    ingested = run("ingest", str(own))
    assert "sample" in ingested.stderr
    found = json.loads(run("search", "--format", "json").stdout)
    assert [hit["id"] for hit in found["hits"]] == ["1"]
    assert run("ingest", str(own)).stderr == ""


def test_the_index_is_found_where_it_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("search", "Liberia").stderr == ""
    monkeypatch.chdir("/")
    monkeypatch.setenv("WPSSEARCH_INDEX", index)
    assert run("search", "Liberia").stderr == ""


def test_head_is_no_error(index: str) -> None:
    process = subprocess.run(
        ["/bin/sh", "-c", f'{sys.executable} -m wpssearch.cli --index {index} search | head -1'],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert process.stderr == ""
    closed = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m wpssearch.cli --index "{index}" search >&-'],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert "Traceback" not in closed.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize(
    "command", ["search --all --format csv", "facets", "--help", "show --help"]
)
def test_an_answer_that_cannot_be_written(index: str, command: str) -> None:
    ended = subprocess.run(
        f'"{sys.executable}" -m wpssearch.cli --index "{index}" {command} > /dev/full',
        shell=True, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("Error: ")
    assert "No space left on device" in line


@pytest.mark.parametrize("command", ["verify -", "tag -"])
def test_an_input_that_is_closed(index: str, command: str) -> None:
    ended = subprocess.run(
        f'"{sys.executable}" -m wpssearch.cli --index "{index}" {command} <&-',
        shell=True, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines()[-1] == "Error: - cannot be read: it is closed."


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "read or write: Too many open files."),
        (MemoryError(), "There is not enough memory for this."),
    ],
)
def test_what_the_system_refuses_is_told(
    index: str, refusal: Exception, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr("wpssearch.engine.Index.run", refused)
    ended = run("--index", index, "search", "police")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr.endswith(f"{told}\n")
    assert ended.stderr.count("\n") == 1


def test_output_is_utf8_whatever_the_locale(index: str) -> None:
    env = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "",
        "PYTHONCOERCECLOCALE": "0",
    }
    process = subprocess.run(
        [sys.executable, "-m", "wpssearch.cli", "--index", index, "search", "campaign",
         "--format", "json"],
        capture_output=True, check=False, env=env,
    )  # fmt: skip
    assert process.returncode == 0
    json.loads(process.stdout.decode("utf-8"))


def test_bad_input_is_a_plain_line_each(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "empty.txt").touch()
    (tmp_path / "in" / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "in" / "cut.txt").write_text(
        "Jul 2007 | DPKO\n\nGood text.\n\nJul 20 | DP", encoding="utf-8"
    )
    (tmp_path / "in" / "broken.jsonl").write_text(
        '{"id": "1", "text": "one"}\n{"id": \n', encoding="utf-8"
    )
    (tmp_path / "none").mkdir()
    result = run(
        "--index",
        str(tmp_path / "i"),
        "ingest",
        "--json",
        str(tmp_path / "in"),
        str(tmp_path / "none"),
    )
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["added"] == 2
    assert len(report["skipped"]) >= 5
    assert all("\n" not in skip["why"] and "Error" not in skip["why"] for skip in report["skipped"])


def test_all_hits_are_streamed(index: str) -> None:
    found = json.loads(run("--index", index, "search", "gender", "--limit", "100",
                           "--format", "json").stdout)  # fmt: skip
    assert found["total"] == len(found["hits"]) > 3
    result = run("--index", index, "search", "gender", "--all", "--limit", "1", "--format", "jsonl")
    assert [json.loads(line) for line in result.stdout.splitlines()] == found["hits"]
    table = run("--index", index, "search", "gender", "--all", "--format", "csv", "--bom").stdout
    assert table.startswith("\ufeffid,")
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert [row["id"] for row in rows] == [hit["id"] for hit in found["hits"]]
    text = run("--index", index, "search", "gender", "--all", "--offset", "2").stdout
    assert f"\n{found['total']}. " in text
    assert "\n3. " in text
    assert "\n2. " not in text
    assert "\ncountry\n" in text
    for wrong in (["--all", "--format", "json"], ["--bom"], ["--context", "0"]):
        assert run("--index", index, "search", "gender", *wrong).exit_code == 2
    unknown = run("--index", index, "search", "--all", "--country", "Nowhere", "--format", "jsonl")
    assert (unknown.exit_code, unknown.stdout) == (0, "")
    assert "Nowhere" in unknown.stderr


def test_a_stream_ends_where_its_reader_does(index: str) -> None:
    command = f"{sys.executable} -m wpssearch.cli --index {index} search --all --format"
    for format_ in ("text", "csv", "jsonl"):
        ended = subprocess.run(["bash", "-c", f"set -o pipefail; {command} {format_} | head -1"],
                               capture_output=True, text=True)  # fmt: skip
        assert (ended.returncode, ended.stderr) == (0, "")
        assert len(ended.stdout.splitlines()) == 1


def test_whole_texts_and_longer_passages(index: str) -> None:
    whole = json.loads(run("--index", index, "search", "police", "--full", "--format",
                           "json").stdout)  # fmt: skip
    for hit in whole["hits"]:
        shown = json.loads(run("--index", index, "show", hit["id"], "--format", "json").stdout)
        assert hit["snippets"][0]["text"] == shown["text"]
    short = run("--index", index, "search", "women", "--context", "60").stdout
    assert len(short) < len(run("--index", index, "search", "women", "--context", "600").stdout)


def test_quotations_are_told_by_the_exit_status(index: str, tmp_path: Path) -> None:
    file = tmp_path / "q.txt"
    file.write_text("family support units have been established in Liberia\n")
    assert run("--index", index, "verify", str(file)).exit_code == 0
    file.write_text("family support units\n\nfamily units of support\n")
    result = run("--index", index, "verify", str(file), "--format", "json")
    assert result.exit_code == 1
    assert "1 of 2" in result.stderr
    assert [q["found"] for q in json.loads(result.stdout)["quotations"]] == [True, False]
    piped = CliRunner().invoke(main, ["--index", index, "verify", "-"], input="police stations")
    assert piped.exit_code == 0
    file.write_text(" \n\n")
    assert run("--index", index, "verify", str(file)).exit_code == 2
    assert run("--index", index, "verify", str(tmp_path / "none")).exit_code == 2


def test_a_search_is_kept_and_run_again(index: str) -> None:
    kept = run("--index", index, "search", "gender", "--country", "Haiti", "--save", "haiti")
    assert kept.exit_code == 0
    assert "haiti" in kept.stderr
    again = run("--index", index, "search", "gender", "--save", "haiti")
    assert (again.exit_code, again.stdout) == (1, "")
    assert run("--index", index, "search", "gender", "--save", "../haiti").exit_code == 2
    told = json.loads(run("--index", index, "replay", "haiti", "--format", "json").stdout)
    assert told["same_index"]
    assert told["came"] == told["went"] == told["moved"] == []
    assert run("--index", index, "replay", "other").exit_code == 1
    listed = json.loads(run("--index", index, "saved", "--format", "json").stdout)
    assert [search["name"] for search in listed["searches"]] == ["haiti"]
    Path(f"{index}.searches", "bad.json").write_text("{")
    broken = run("--index", index, "saved")
    assert "haiti" in broken.stdout
    assert "bad.json" in broken.stderr
    dropped = run("--index", index, "saved", "--remove", "haiti", "--remove", "bad")
    assert dropped.exit_code == 0
    assert "No search is kept." in dropped.stdout


def test_the_other_readings_from_the_command_line(index: str) -> None:
    id_ = "dd160851c22cf4a7"
    lines = json.loads(run("--index", index, "kwic", "gender", "--sort", "left", "--limit", "3",
                           "--width", "10", "--format", "json").stdout)  # fmt: skip
    assert len(lines["lines"]) == 3
    assert all(len(line["left"]) <= 10 for line in lines["lines"])
    like = json.loads(run("--index", index, "similar", id_, "--format", "json").stdout)
    assert all(hit["why"] for hit in like["hits"])
    both = json.loads(run("--index", index, "compare", "police", "training", "--any", "--country",
                          "Liberia", "--format", "json").stdout)  # fmt: skip
    assert both["filters"] == {"country": ["Liberia"]}
    assert run("--index", index, "cite", id_, "--style", "ris").stdout.startswith("TY  - GEN\n")
    assert run("--index", index, "cite", id_, "--access-date", "soon").exit_code == 2
    for command in (["cite", "none"], ["similar", "none"]):
        assert run("--index", index, *command).exit_code == 1
    told = run("--index", index, "search", "police", "--methods", "--format", "json")
    assert json.loads(told.stdout)["total"] == 4
    assert run("--index", index, "search", "police", "--methods").stdout.count("\n") == 1
