"""Which small faults can be put into a module: one `Mutant` each, and the module's syntax tree with it inside.

Left alone: docstrings, annotations, decorators, texts of messages and log lines. Nobody may depend on them, so a test
that noticed them would be a bad one.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Mutant", "mutants_of", "tree_with"]

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_SIGNS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
    ast.FloorDiv: "//", ast.Mod: "%", ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip
_INDIFFERENT_KEYWORDS = frozenset(
    {"strict", "slots", "frozen", "kw_only", "repr", "digest_size", "ensure_ascii"}
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small fault."""

    line: int
    last_line: int
    """Where the changed expression or statement ends."""
    change: str
    """What was changed, for people."""
    number: int
    """Its place among all mutants of the module."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a node hangs, so that another can be put there."""

    parent: ast.AST
    name: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.name, node)
        else:
            getattr(self.parent, self.name)[self.index] = node


_Edit = Callable[[], None]


def mutants_of(source: str) -> list[Mutant]:
    """Return every mutant of a module, in the order of the text."""
    return [
        Mutant(node.lineno, node.end_lineno or node.lineno, change, number)
        for number, (node, change, _) in enumerate(_edits(ast.parse(source)))
    ]


def tree_with(source: str, mutant: Mutant) -> ast.Module:
    """Return the module's tree with one mutant inside; lines are those of the source."""
    tree = ast.parse(source)
    for number, (_, _, apply) in enumerate(_edits(tree)):
        if number == mutant.number:
            apply()
            return ast.fix_missing_locations(tree)
    raise LookupError(mutant)


def _edits(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, str, _Edit]]:
    """Yield what can be changed. An edit changes the tree when it is called; only one may be called."""
    for node, place in _walk(tree):
        if isinstance(node, ast.expr):
            for change, other in _other_expressions(node):
                yield node, change, lambda place=place, other=other: place.put(other)
        elif isinstance(node, ast.stmt):
            for change, other_statement in _other_statements(node):
                yield node, change, lambda place=place, other=other_statement: place.put(other)


def _walk(node: ast.AST) -> Iterator[tuple[ast.AST, _Place]]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if isinstance(child, ast.AST) and not _is_left_alone(child):
                yield child, _Place(node, name, index)
                yield from _walk(child)


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "_log")]):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="_log")))):
            return True
        case ast.keyword(arg=str(name)):
            return name in _INDIFFERENT_KEYWORDS
        case ast.If(test=ast.Name(id="TYPE_CHECKING")) | ast.Assert():
            return True
    return False


def _other_expressions(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Compare():
            yield from _other_comparisons(node)
        case ast.BoolOp(op=op, values=values):
            this, other = ("and", ast.Or()) if isinstance(op, ast.And) else ("or", ast.And())
            yield f"{this} becomes {'or' if this == 'and' else 'and'}", ast.BoolOp(other, values)
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield "negation removed", operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC and not _is_text(
            left, right
        ):
            other_op = _ARITHMETIC[type(op)]
            yield f"{_SIGNS[type(op)]} becomes {_SIGNS[other_op]}", ast.BinOp(left, other_op(), right)
        case ast.Constant(value=bool() | int() | float() as value):
            other_value = not value if isinstance(value, bool) else value + 1
            yield f"{value} becomes {other_value}", ast.Constant(other_value)
        case ast.Call(func=ast.Name(id=name)) if name in _TWINS:
            twin = ast.Name(_TWINS[name], ast.Load())
            yield f"{name} becomes {twin.id}", ast.Call(twin, node.args, node.keywords)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield "branches of if-else swapped", ast.IfExp(test, orelse, body)


def _other_comparisons(node: ast.Compare) -> Iterator[tuple[str, ast.expr]]:
    for place, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            changed = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            change = f"{_SIGNS[type(op)]} becomes {_SIGNS[other]}"
            yield change, ast.Compare(node.left, changed, node.comparators)


def _is_text(*operands: ast.expr) -> bool:
    return any(
        isinstance(o, ast.JoinedStr) or (isinstance(o, ast.Constant) and isinstance(o.value, str))
        for o in operands
    )


def _other_statements(node: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    match node:
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield "returns None", ast.Return(ast.Constant(None))
        case ast.Return(value=None):
            yield "return removed", ast.Pass()
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield "call removed", ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_]) | ast.AugAssign():
            yield "assignment removed", ast.Pass()
        case ast.Continue() | ast.Break() | ast.Raise() | ast.Delete():
            yield f"{type(node).__name__.lower()} removed", ast.Pass()
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() as test):
            yield "condition negated", ast.If(ast.UnaryOp(ast.Not(), test), node.body, node.orelse)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
