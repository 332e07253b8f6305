"""The syntax tree of a condition, as DuckDB's own parser gives it, reduced to the few node kinds that are allowed.

Allowed: names of signals and limits, numbers, comparisons, AND/OR/NOT, BETWEEN, IN with numbers, + - * / and abs. Not
allowed is whatever turns «unknown» into a value (IS NULL, COALESCE, CASE, GREATEST, IS DISTINCT FROM): missing data
must stay unknown. Not here: evaluation.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import duckdb

from heating.errors import HeatingError

__all__ = ["ConditionError", "Expression", "locked_connection", "parse_condition"]

_FUNCTIONS = frozenset({"+", "-", "*", "/", "abs"})
_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
}
_OPERATORS = {"OPERATOR_NOT": "not", "COMPARE_IN": "in", "COMPARE_NOT_IN": "not in"}
_PREFIX = "select "


class ConditionError(HeatingError):
    """A condition cannot be used; `position` is the place in the text, from 0, or None."""

    def __init__(self, message: str, *, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Expression:
    """One node of a condition."""

    kind: str
    """``name``, ``number``, ``boolean``, ``compare``, ``logic``, ``between``, ``in`` or ``function``."""
    text: str
    """The name, the number as written, or the operator."""
    children: tuple["Expression", ...] = ()
    position: int = 0
    """Place in the condition's text, from 0."""

    def walk(self) -> Iterator["Expression"]:
        """Yield the node and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def names(self) -> frozenset[str]:
        """Every signal or limit named."""
        return frozenset(node.text for node in self.walk() if node.kind == "name")

    @property
    def is_truth(self) -> bool:
        """Whether the node is a truth value and not a figure."""
        return self.kind in ("boolean", "compare", "logic", "between", "in")


def locked_connection() -> duckdb.DuckDBPyConnection:
    """Return an in-memory connection that can read no file, load no extension and change no setting."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 1")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET lock_configuration = true")
    return connection


class _Parser:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def tree(self, text: str) -> dict[str, Any]:
        with self._lock:
            if self._connection is None:
                self._connection = locked_connection()
            row = self._connection.execute("SELECT json_serialize_sql(?)", [_PREFIX + text]).fetchone()
        answer: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
        return answer


_PARSER = _Parser()


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> Expression:
    """Parse a condition and refuse everything that is not on the whitelist; the same text is parsed once.

    Raises
    ------
    ConditionError
        With the place of the mistake and what is allowed instead.
    """
    if ";" in text:
        raise ConditionError("a condition is one expression, without «;»", position=text.index(";"))
    answer = _PARSER.tree(text)
    if answer.get("error"):
        place = answer.get("position")
        position = max(0, int(place) - len(_PREFIX)) if place else None
        raise ConditionError(
            str(answer.get("error_message", "no expression")).splitlines()[0], position=position
        )
    node = answer["statements"][0]["node"]
    plain = (
        node["type"] == "SELECT_NODE"
        and len(node["select_list"]) == 1
        and node["from_table"]["type"] == "EMPTY"
        and not node["where_clause"]
        and not node["modifiers"]
        and not node["group_expressions"]
        and not node["having"]
        and not node["qualify"]
        and not node["sample"]
        and len(answer["statements"]) == 1
    )
    if not plain:
        raise ConditionError("a condition is one expression: no FROM, WHERE, ORDER BY or second column")
    if node["select_list"][0].get("alias"):
        raise ConditionError("a condition has no alias (AS …)")
    expression = _reduced(node["select_list"][0])
    if not expression.is_truth:
        raise ConditionError("a condition is true or false: compare the figure with something")
    return expression


def _reduced(node: dict[str, Any]) -> Expression:
    position = max(0, int(node.get("query_location", 0)) - len(_PREFIX))
    match node["class"]:
        case "COLUMN_REF" if len(node["column_names"]) == 1:
            return Expression("name", node["column_names"][0], (), position)
        case "CONSTANT":
            return _constant(node, position)
        case "COMPARISON" if node["type"] in _COMPARISONS:
            sides = (_reduced(node["left"]), _reduced(node["right"]))
            return Expression("compare", _COMPARISONS[node["type"]], sides, position)
        case "CONJUNCTION":
            word = "and" if node["type"] == "CONJUNCTION_AND" else "or"
            return Expression("logic", word, tuple(_reduced(child) for child in node["children"]), position)
        case "OPERATOR" if node["type"] in _OPERATORS:
            word = _OPERATORS[node["type"]]
            kind = "logic" if word == "not" else "in"
            return Expression(kind, word, tuple(_reduced(child) for child in node["children"]), position)
        case "BETWEEN":
            parts = tuple(_reduced(node[part]) for part in ("input", "lower", "upper"))
            return Expression("between", "between", parts, position)
        case "FUNCTION":
            return _function(node, position)
        case _:
            raise ConditionError(
                f"{node['type'].lower()} is not allowed here: it would hide missing data or reach outside; "
                "allowed are comparisons, AND, OR, NOT, BETWEEN, IN, + - * / and abs",
                position=position,
            )


def _constant(node: dict[str, Any], position: int) -> Expression:
    literal = node["literal"]
    match literal["kind"]:
        case "INTEGER" | "NUMERIC" | "DOUBLE" | "DECIMAL":
            return Expression("number", str(literal["text"]), (), position)
        case "BOOLEAN":
            return Expression("boolean", str(literal["text"]), (), position)
        case other:
            raise ConditionError(
                f"a {other.lower()} constant is not allowed: signals are numbers", position=position
            )


def _function(node: dict[str, Any], position: int) -> Expression:
    name = node["function_name"]
    plain = not node["schema"] and not node["catalog"] and not node["distinct"] and not node["filter"]
    if name not in _FUNCTIONS or not plain:
        raise ConditionError(
            f"function {name!r} is not allowed: use + - * / or abs; for the higher of two limits write two "
            "comparisons joined by OR, so that missing data stays unknown",
            position=position,
        )
    arguments = tuple(_reduced(argument["expression"]) for argument in node["arguments"])
    return Expression("function", name, arguments, position)
