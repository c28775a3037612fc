"""The small changes that can be made to a module, one at a time: what mutation testing tries.

The operators are those of the field (R. DeMillo, R. Lipton and F. Sayward, Hints on Test Data
Selection, 1978, and what mutmut and cosmic-ray use): another comparison, arithmetic or logical
operator, a constant that differs, a condition reversed, a statement or a result left out.
Only what stands in functions is changed; no docstring, annotation or raised message.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["Mutant", "mutants"]

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip


class Mutant(NamedTuple):
    """A changed module: at which line, what stood there, what stands there now, and the code."""

    line: int
    before: str
    after: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Callable[[], Mutant]]:
    """What makes each mutant of a module, in the order of the text."""
    tree = ast.parse(source)
    for place, change in _changes(tree):
        yield lambda place=place, change=change: _made(tree, place, change)  # type: ignore[misc]


Change = Callable[[ast.AST], ast.AST]


def _made(tree: ast.Module, place: int, change: Change) -> Mutant:
    changed = copy.deepcopy(tree)
    nodes = list(_walk(changed))
    node, parent, field, at = nodes[place]
    before = ast.unparse(node)
    new = ast.copy_location(change(node), node)
    if at is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[at] = new
    ast.fix_missing_locations(changed)
    return Mutant(getattr(node, "lineno", 0), before, ast.unparse(new), changed)


def _walk(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.AST, str, int | None]]:
    """Every node with its parent, the parent's field, and its place where that is a list."""
    for field, value in ast.iter_fields(tree):
        for at, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(node, ast.AST):
                yield node, tree, field, at
                yield from _walk(node)


def _changes(tree: ast.Module) -> Iterator[tuple[int, Change]]:
    spared = _spared(tree)
    for place, (node, parent, field, _) in enumerate(_walk(tree)):
        if id(node) not in spared:
            for change in _of(node, parent, field):
                yield place, change


def _spared(tree: ast.Module) -> set[int]:
    """What is not changed: all outside of functions, and in them what only people or tools read."""
    out = {id(node) for node in ast.walk(tree)}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            out -= {id(node) for part in function.body for node in ast.walk(part)}
    for node in ast.walk(tree):
        inert: list[ast.AST | None] = []
        match node:
            case ast.Raise() | ast.JoinedStr() | ast.Import() | ast.ImportFrom() | ast.Assert():
                inert = [node]
            case ast.AnnAssign():
                inert = [node.annotation]
            case ast.FunctionDef():
                inert = [node.args, node.returns, *node.decorator_list]
            case ast.Expr(ast.Constant()):
                inert = [node]
        out |= {id(part) for top in inert if top is not None for part in ast.walk(top)}
    return out


def _of(node: ast.AST, parent: ast.AST, field: str) -> Iterator[Change]:
    match node:
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                if type(operator) in _COMPARED:
                    yield _with_comparison(at, _COMPARED[type(operator)]())
        case ast.BinOp() | ast.AugAssign() if type(node.op) in _COMPUTED:
            yield _with("op", _COMPUTED[type(node.op)]())
        case ast.BoolOp():
            yield _with("op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.UnaryOp(ast.Not() | ast.USub() | ast.Invert()):
            yield lambda old: old.operand  # type: ignore[attr-defined]
        case ast.Constant(bool() as value):
            yield _with("value", not value)
        case ast.Constant(int() | float() as value):
            yield _with("value", value + 1)
        case ast.Constant(str() as value):
            yield _with("value", f"{value}x")
        case ast.Constant(bytes() as value):
            yield _with("value", value + b"x")
        case ast.If() | ast.IfExp() | ast.comprehension():
            if isinstance(node, ast.If | ast.IfExp):
                yield _with("test", ast.UnaryOp(ast.Not(), node.test))
            elif node.ifs:
                yield _with("ifs", [])
        case ast.Return(value) if value is not None and not _is_none(value):
            yield _with("value", ast.Constant(None))
        case ast.Break():
            yield lambda _: ast.Continue()
        case ast.Continue():
            yield lambda _: ast.Break()
        case ast.Slice() if node.lower is not None or node.upper is not None:
            for bound in ("lower", "upper"):
                if getattr(node, bound) is not None:
                    yield _with(bound, None)
    if field == "body" and isinstance(node, ast.Expr | ast.AugAssign):
        yield lambda _: ast.Pass()


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _with(field: str, value: object) -> Change:
    def change(node: ast.AST) -> ast.AST:
        new = copy.copy(node)
        setattr(new, field, value)
        return new

    return change


def _with_comparison(at: int, operator: ast.cmpop) -> Change:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Compare)
        ops = [operator if place == at else old for place, old in enumerate(node.ops)]
        return ast.Compare(node.left, ops, node.comparators)

    return change
