"""What the program brings along and asks of the world: no network, bounded and locked dependencies,
a package with all that it needs.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from conftest import CORPUS, ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from wpssearch.cli import main

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")

#: Python runs this when it starts, in every process: what reaches for the network raises what
#: nothing catches by accident. Sockets between processes of one machine are none.
NO_NETWORK = """
import socket, sys

class Network(BaseException):
    pass

def forbid(event, args):
    local = event == "socket.__new__" and args[1] == getattr(socket, "AF_UNIX", None)
    if event.startswith("socket.") and not local:
        raise Network(event)

sys.addaudithook(forbid)
"""

#: How each command is called; in this order, since some need what others leave.
CALLS = """
    ingest corpus
    ingest --jobs 2 corpus report.jsonl --json
    search police gender desks Liberia
    search polise gendr desk --format json
    search training --save training
    search violence --all --format csv
    facets --by country --tree
    show dd160851c22cf4a7
    kwic police
    similar dd160851c22cf4a7
    compare police training
    crosstab --by country --by year
    gaps --by country --by year
    trend training police
    terms training
    cite dd160851c22cf4a7 --style bibtex
    verify report.jsonl
    replay training
    saved
    tag report.jsonl
    vocab UNMIL
    info
    check
    remove dd160851c22cf4a7
"""


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that can reach no network."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(NO_NETWORK)
    path = os.pathsep.join(filter(None, (str(hooks), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}


def run(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True, text=True, check=False, cwd=folder, env=environment,
    )  # fmt: skip


def calls() -> list[list[str]]:
    return [shlex.split(line) for line in CALLS.strip().splitlines()]


@pytest.mark.parametrize(
    "code",
    ["socket.socket()", "socket.getaddrinfo('localhost', 1)", "socket.create_server(('', 0))"],
)
def test_the_network_is_forbidden_where_these_tests_say_so(
    code: str, tmp_path: Path, offline: dict[str, str]
) -> None:
    process = run(["-c", f"import socket; {code}"], tmp_path, offline)
    assert process.returncode == 1
    assert "Network: socket." in process.stderr


def test_no_command_reaches_for_the_network(tmp_path: Path, offline: dict[str, str]) -> None:
    assert {call[0] for call in calls()} == set(main.list_commands(click.Context(main)))
    (tmp_path / "corpus").symlink_to(CORPUS)
    record = {"id": "a1", "text": "UNMIL trained police; see https://example.org/report."}
    (tmp_path / "report.jsonl").write_text(json.dumps(record) + "\n")
    # The workers of an ingest import the script, as those of any program do.
    code = f"""
from click.testing import CliRunner
from wpssearch.cli import main

if __name__ == "__main__":
    for call in {calls()!r}:
        result = CliRunner().invoke(main, ["--index", "index", *call])
        # Of what stands in the report not all is quoted from a record.
        assert result.exit_code == (1 if call[0] == "verify" else 0), (call, result.output)
"""
    (tmp_path / "script.py").write_text(code)
    process = run(["script.py"], tmp_path, offline)
    assert process.returncode == 0, process.stderr


def test_the_library_does_not_reach_for_the_network(
    tmp_path: Path, offline: dict[str, str]
) -> None:
    code = f"""
import wpssearch
with wpssearch.open(":memory:") as index:
    index.ingest([{str(CORPUS)!r}])
    assert index.search("police gender desks Liberia").total == 1
    assert index.search("sensitisation unprecedentedness", any=True).total
    assert wpssearch.tag("UNMIL trained police")["missions"]
"""
    process = run(["-c", code], tmp_path, offline)
    assert process.returncode == 0, process.stderr


def declared(*extras: str) -> list[Requirement]:
    project = PROJECT["project"]
    texts = [*project["dependencies"], *PROJECT["build-system"]["requires"]]
    for extra in extras:
        texts += project["optional-dependencies"][extra]
    return [Requirement(text) for text in texts]


def test_every_dependency_has_bounds() -> None:
    for requirement in declared(*PROJECT["project"]["optional-dependencies"]):
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators in ({"=="}, {">=", "<"}), requirement


def test_the_lock_file_holds_what_is_declared() -> None:
    """Each package in one version for each Python, with hashes, from no place in particular."""
    entries = re.split(r"\n(?=[\w.-]+==)", LOCK)[1:]
    locked: dict[str, list[str]] = {}
    for entry in entries:
        name, version = re.match(r"([\w.-]+)==([\w.]+)", entry).groups()  # type: ignore[union-attr]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), name
        locked.setdefault(canonicalize_name(name), []).append(version)
    for requirement in declared("dev"):
        versions = locked[canonicalize_name(requirement.name)]
        assert all(version in requirement.specifier for version in versions), requirement
    assert "://" not in LOCK
    assert "-index" not in LOCK


def test_the_lock_file_says_how_it_was_made() -> None:
    (command,) = re.findall(r"^#    (uv pip compile .*)$", LOCK, re.MULTILINE)
    documented = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert command in documented.replace(" --upgrade", "")


def test_security_is_part_of_what_is_published() -> None:
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    for name in included:
        assert (ROOT / name).exists(), name
    assert {"SECURITY.md", "requirements-dev.txt", "corpus", "tests", ".ci"} <= set(included)
