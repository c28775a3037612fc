"""The project's own promises: imports, layout, documents that run, CI that does what they say."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from conftest import CORPUS, ROOT

import wpssearch
from wpssearch.cli import main

README = (ROOT / "README.md").read_text(encoding="utf-8")
#: The documents whose examples are run.
DOCUMENTS = ("README.md", "docs/guide.md", "docs/query.md")


QUOTATION = "Family support units have been\nestablished in Liberia.\n"


def modules_after(code: str, *, cwd: Path | None = None) -> set[str]:
    """The modules that are loaded once the code has run in a new process."""
    process = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=cwd,
    )  # fmt: skip
    return set(process.stdout.splitlines()[-1].split())


def test_import_loads_neither_whoosh_nor_nltk_nor_numpy() -> None:
    loaded = modules_after("import wpssearch")
    assert loaded.isdisjoint({"whoosh", "nltk", "numpy", "click", "wpssearch.engine"})


def test_a_search_loads_only_what_it_needs(tmp_path: Path) -> None:
    with wpssearch.open(tmp_path / "index") as index:
        index.ingest([CORPUS])
    code = (
        "from click.testing import CliRunner; from wpssearch.cli import main; "
        "result = CliRunner().invoke(main, ['search', 'police gender-based desks Liberia UNMIN']); "
        "assert 'Jul 2007' in result.output, result.output"
    )
    loaded = modules_after(code, cwd=tmp_path)
    assert not any(name.startswith("wpssearch.backends.kinds") for name in loaded)
    unwanted = {"nltk", "whoosh", "rich", "ahocorasick", "charset_normalizer", "csv",
                "wpssearch.readers", "wpssearch.tagging", "wpssearch.ingest",
                "wpssearch.query.operators", "wpssearch.query.lexer", "wpssearch.explanation",
                "wpssearch.suggesting", "wpssearch.spelling", "wpssearch.overviews",
                "wpssearch.surveying.tables"}  # fmt: skip
    assert loaded.isdisjoint(unwanted)


def test_everything_public_is_there() -> None:
    for name in wpssearch.__all__:
        assert getattr(wpssearch, name) is not None
    assert set(wpssearch.__all__) <= set(dir(wpssearch))
    with pytest.raises(AttributeError):
        _ = wpssearch.nothing


def test_the_corpus_is_the_source_page_byte_for_byte() -> None:
    digest = hashlib.sha256((CORPUS / "dpko.txt").read_bytes()).hexdigest()
    assert digest == "9d96ca44d217d7d75103ed62cc909740de4933250828a8298067de6b482e04fa"


def readme_commands() -> list[str]:
    return re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)


def test_ci_runs_the_readmes_two_commands() -> None:
    first, second = readme_commands()
    assert "wpssearch search" in first
    assert second.endswith("/pytest")
    shown = subprocess.run(
        [
            "bash",
            "-c",
            "source <(grep '^readme_command' .ci/run); readme_command 1; readme_command 2",
        ],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert shown.stdout.splitlines() == [first, second]


def blocks_of(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def console_examples(document: str) -> list[tuple[str, str]]:
    """Each `$ command` of a document's console blocks with what it prints."""
    out = []
    for block in blocks_of(document, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            out.append((command, output.strip()))
    return out


@pytest.fixture
def readme_folder(tmp_path: Path) -> Path:
    """A folder as a reader of the README has it: the corpus, and an index of it."""
    (tmp_path / "corpus").symlink_to(CORPUS)
    (quotations,) = blocks_of("docs/guide.md", "text")
    (tmp_path / "quotations.txt").write_text(quotations, encoding="utf-8")
    with wpssearch.open(tmp_path / "index") as index:
        index.ingest([tmp_path / "corpus"])
    return tmp_path


def undated(line: str) -> str:
    """A line without the day on which it is printed, and the fingerprint of the tables as now."""
    return re.sub(r"\b(\d{4}-\d\d-\d\d|[0-9a-f]{32})\b", "…", line.rstrip())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_console_examples_print_what_they_show(document: str, readme_folder: Path) -> None:
    examples = console_examples(document)
    assert len(examples) >= 3
    for command, output in examples:
        words = shlex.split(command)
        assert words[0] == "wpssearch"
        process = subprocess.run(
            [sys.executable, "-m", "wpssearch.cli", *words[1:]],
            capture_output=True, text=True, check=False, cwd=readme_folder,
            env={**os.environ, "PYTHONUTF8": "1"},
        )  # fmt: skip
        # Of the quotations in the guide one is not in the corpus.
        assert process.returncode == (1 if words[1] == "verify" else 0), process.stderr
        shown = [undated(line) for line in process.stdout.strip().splitlines()]
        expected = [undated(line) for line in output.splitlines()]
        if expected[-1:] == ["…"]:
            # The beginning alone is shown.
            shown[len(expected) - 1 :] = ["…"]
        assert shown == expected, command


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_python_examples_run(document: str, readme_folder: Path) -> None:
    blocks = blocks_of(document, "python")
    assert blocks
    for block in blocks:
        subprocess.run([sys.executable, "-c", block], check=True, cwd=readme_folder)


def test_the_examples_of_the_help_run(readme_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(readme_folder)
    (readme_folder / "report.txt").write_text("UNMIL trained police.")
    (readme_folder / "quotations.txt").write_text(QUOTATION)
    with wpssearch.open(readme_folder / "index") as index:
        index.save("liberia", wpssearch.Search("police gender desks Liberia"))
    (readme_folder / "unfpa.html").write_text("<p>Jul 2007 | UNFPA</p><p>Trained midwives.</p>")
    context = click.Context(main)
    commands = [main.get_command(context, name) for name in main.list_commands(context)]
    examples = [
        line.strip()
        for command in commands
        for line in ((command and command.epilog) or "").splitlines()
        if line.strip().startswith("wpssearch ")
    ]
    assert len(examples) >= 8
    for example in examples:
        result = CliRunner().invoke(main, shlex.split(example)[1:], input=QUOTATION)
        assert result.exit_code == 0, (example, result.output)


def test_the_readme_says_what_it_must() -> None:
    for words in ("English only", "inferred", "cuts narratives off"):
        assert words in README


def test_no_file_is_longer_than_two_rooms() -> None:
    for file in (ROOT / "src").rglob("*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 400, file
