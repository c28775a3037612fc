"""No regular expression takes more than linear time on any text, and none is a user's."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import backtracking
import pytest
from conftest import ROOT

import wpssearch
from wpssearch import periods
from wpssearch.backends.whoosh import expanding
from wpssearch.readers import markup

SOURCE = ROOT / "src" / "wpssearch"
SEARCHES = frozenset("search finditer findall split sub subn".split())
#: Patterns that are more than linear in theory, and why they are not in fact.
BOUNDED = {
    "dates._INTRODUCED": "looks at 24 characters",
    "definitions._BREAK": "looks at 160 characters",
    "resolutions._SENTENCE": "looks at 500 characters",
    "tagging.roles._LISTED": "looks at 120 characters",
    "backends.whoosh.expanding": "what a star has passed over is never tried again: atomic groups",
    "query.lexer._SUFFIXES": "its body can always go on: the first path of all gets to the end",
}
#: Patterns that are made when they are asked for: of constants, or of letters and escaped marks.
MADE = {
    "periods": ("fullmatch", periods._patterns()[:2]),
    "periods:split": ("search", periods._patterns()[2:]),
    "readers.markup": ("search", [markup._closing("title")]),
    "backends.whoosh.expanding": ("search", [expanding._expression("p*l?ce*r*")]),
}


def modules() -> Iterator[tuple[str, ModuleType, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if parts[-1] == "__main__":
            continue
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = ".".join(("wpssearch", *parts))
        yield ".".join(parts), importlib.import_module(name), tree


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The functions of ``re`` that are called, each with its pattern."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "re" and node.func.attr != "escape":
                yield node.func.attr, node.args[0]


def inside(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from inside(each)
    elif isinstance(value, dict):
        yield from inside([*value.keys(), *value.values()])


def used(name: str, tree: ast.Module) -> str:
    """How a pattern of a module is used."""
    ways = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    }
    return "search" if ways & SEARCHES else "fullmatch" if ways == {"fullmatch"} else "match"


def patterns() -> Iterator[tuple[str, re.Pattern[str], str]]:
    for name, module, tree in modules():
        own = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for variable in sorted(own):
            for pattern in inside(getattr(module, variable, None)):
                yield f"{name}.{variable}", pattern, used(variable, tree)
        for function, argument in calls(tree):
            if isinstance(argument, ast.Constant) and function != "compile":
                mode = "search" if function in SEARCHES else function
                yield f"{name}:{argument.lineno}", re.compile(str(argument.value)), mode


MADE_PATTERNS = [(name, each, mode) for name, (mode, made) in MADE.items() for each in made]
PATTERNS = [*patterns(), *MADE_PATTERNS]


def test_no_pattern_is_made_of_what_a_function_is_given() -> None:
    """So none is a user's, those of ``MADE`` aside, and all are among those that are tried."""
    for name, module, tree in modules():
        for node in ast.walk(tree):
            for _, argument in calls(node) if isinstance(node, ast.FunctionDef) else ():
                names = [each.id for each in ast.walk(argument) if isinstance(each, ast.Name)]
                fixed = all(each.isupper() and hasattr(module, each) for each in names)
                assert fixed or name in MADE, f"{name}:{argument.lineno}"
    assert len(PATTERNS) > 90


@pytest.mark.parametrize(
    ("place", "pattern", "mode"), PATTERNS, ids=[place for place, _, _ in PATTERNS]
)
def test_linear(place: str, pattern: re.Pattern[str], mode: str) -> None:
    assert not list(backtracking.faults(pattern, mode)) or place in BOUNDED


def test_a_pattern_of_a_query_is_no_regular_expression() -> None:
    with wpssearch.open(":memory:") as index:
        index.add([{"id": "a", "text": "police " + "a" * 5_000}])
        assert index.search("pol*e").total == 1
        for text in ("p.lice*", "[p]olice*", "(police|x)*", "polic+e*", "^police*", "(a+)+$*",
                     "a*" * 3_000 + "b", "?" * 5_000 + "*b"):  # fmt: skip
            assert index.search(text, country="none").total == 0
        assert expanding._expression("p.*e").fullmatch("police") is None


def test_what_is_bounded_would_else_be_told() -> None:
    told = {place for place, pattern, mode in PATTERNS if list(backtracking.faults(pattern, mode))}
    assert told == set(BOUNDED)


@pytest.mark.parametrize(
    ("pattern", "mode", "expected"),
    [
        (r"(a+)+b", "match", "exponential"), (r"(a|a)*b", "match", "exponential"),
        (r"(a*)*b", "match", "exponential"), (r"(\w+\s?)+$", "match", "exponential"),
        (r"(x+x+)+y", "match", "exponential"), (r"(a|ab|b)*c", "match", "exponential"),
        (r"(\d{1,9}){1,9}x", "match", "exponential"), (r"(?i)(ab|AB)*c", "match", "exponential"),
        (r"a*a*b", "match", "more than linear"), (r"\s*,?\s*x", "match", "more than linear"),
        (r"\s+x", "search", "more than linear"), (r".*=.*;", "search", "more than linear"),
        (r"\s+x", "match", ""), (r"\s+", "search", ""), (r"a*+a*b", "match", ""),
        (r"\s*+,?+\s*+x", "match", ""), (r"[^|]{4,60}\|", "match", ""), (r"(ab)*c", "match", ""),
    ],
)  # fmt: skip
def test_the_proof_itself(pattern: str, mode: str, expected: str) -> None:
    found = list(backtracking.faults(re.compile(pattern), mode))
    assert expected in found if expected else not found
