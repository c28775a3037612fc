"""Texts and vocabularies that are made to take long: each once took minutes or gigabytes.

Time is not measured: what goes wrong here ends by the limit to a process's seconds.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import wpssearch
from wpssearch.cli import main
from wpssearch.definitions import definitions
from wpssearch.errors import UsageError
from wpssearch.validation import load

TEXTS = {
    "blanks after a month": "January" + " " * 300_000 + "x",
    "an acronym defined again and again": "A b c d e f (ABCDEF) " * 1_000,
    "small words before an acronym": ("a " * 79 + "(BAAAAAAAAA) ") * 10,
    "a number between countries": "Haiti " + "1" * 300_000 + "x Liberia",
    "countries": "Haiti, " * 5_000,
    "countries in brackets": "Haiti (" * 5_000,
    "lines with evidence": "UNMIL\n" * 6_000,
    "resolutions": "resolutions " + "1325, " * 6_000,
    "one word": "a" * 300_000,
    "marks": "." * 200_000,
    "quotation marks": '"' * 200_000,
    "accents": "e" + "\u0301" * 200_000,
    "escapes": "\x1b[31m" * 50_000,
}
#: What the commands for one record do with each, in a process that may take so many seconds.
SECONDS = 100
SCRIPT = """
import json, sys, wpssearch
from wpssearch import render
for name, text in json.load(sys.stdin).items():
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": text}, {"id": "b", "text": "police"}])
        record = index.get("a")
        assert record.text == text
        assert index.check() == []
        index.search(text[:20_000], any=True).to_dict()
        assert sum(map(len, render.render_record(record, None, width=80, color=True)))
        index.kwic(text[:30])
    print(name, flush=True)
"""


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def test_no_text_takes_more_than_its_length_asks_for() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], input=json.dumps(TEXTS), text=True,
                          capture_output=True, preexec_fn=limited, check=False)  # fmt: skip
    assert done.stdout.splitlines() == list(TEXTS)
    assert (done.returncode, done.stderr) == (0, "")


def test_small_words_before_an_acronym_are_tried_once() -> None:
    assert not list(definitions("a " * 79 + "(BAAAAAAAAA)"))


HEAD = "table\tid\tname\tnames\tplaces\n"
VOCABULARIES = {
    "one key": "".join(f"countries\tLBR\t\tXn{n}\t\n" for n in range(8_000)),
    "one name": "".join(f"agencies\tA{n}\tAgency {n}\tOne name\t\n" for n in range(4_000)),
    "no table": "none\n" * 50_000,
    "a long name": "countries\tLBR\t\t" + "n" * 1_000_000 + "\t\n",
    "many places": "missions\tUNMIL\t\t\t" + "LBR:2007-01..2007-02;" * 20_000 + "\n",
    "semicolons": "countries\tLBR\t\t" + ";" * 1_000_000 + "\t\n",
    "controls": "countries\tLBR\t\tn\0m\x1b[31m\t\n" + "\0" * 100_000 + "\n",
}


@pytest.mark.parametrize("name", VOCABULARIES)
def test_a_vocabulary_from_a_stranger(tmp_path: Path, name: str) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text(HEAD + VOCABULARIES[name] + "places\tQ\tQuux\t\t\ncountries\tLBR\t\tQuuxia\n")
    made = load(path)
    assert all(why and len(why) <= 200 for _, _, why in made.problems)
    assert made.problems[-1][2] == "Q has no country"
    (tag,) = wpssearch.tag("Police in Quuxia", vocab=path)["countries"]
    assert tag["value"] == "Liberia"


def test_a_name_without_end_does_not_end_the_process(tmp_path: Path) -> None:
    path, text = tmp_path / "rows.tsv", tmp_path / "a.txt"
    path.write_text(HEAD + VOCABULARIES["a long name"])
    text.write_text("UNMIL trained police in Liberia.")
    process = subprocess.run(
        [sys.executable, "-m", "wpssearch.cli", "--vocab", str(path), "tag", str(text)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert process.returncode == 0
    assert "rows.tsv:2: it has a name of more than 1,000 letters" in process.stderr
    assert "Liberia" in process.stdout


def test_a_vocabulary_that_no_hand_has_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text(HEAD + "\n" * (4 << 20))
    with pytest.raises(UsageError, match="larger than 4 MiB"):
        load(path)
    path.write_bytes((HEAD + "countries\tLBR\t\tQuuxia\n").encode("utf-16"))
    assert load(path).problems == ()


def test_a_text_that_is_too_large_to_tag(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(65 << 20)
    for command in ("tag", "verify"):
        result = CliRunner().invoke(main, [command, str(path)])
        assert result.exit_code in (1, 2)
        assert "larger than 64 MiB" in result.stderr
    if Path("/dev/zero").exists():
        result = CliRunner().invoke(main, ["tag", "/dev/zero"])
        assert "larger than 64 MiB" in result.stderr
