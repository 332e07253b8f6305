"""Modules and functions stay small, and no module is named after nothing in particular."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source_tree import (
    PROJECT_ROOT,
    expect_none,
    files,
    project_table,
    relative,
    syntax_tree,
)

LONGEST_MODULE_LINES = 450
LONGEST_FUNCTION_LINES = 40
"""Lines of a function that hold code: its docstring, blank lines and comments are free."""

EMPTY_NAMES = frozenset({"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"})


def long_modules(root: Path) -> Iterator[str]:
    """Modules above the limit, tests included."""
    for path in files(root, ".py"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_MODULE_LINES:
            yield f"{relative(path, root)} has {lines} lines"


def long_functions(root: Path) -> Iterator[str]:
    """Functions above the limit, tests included."""
    for path in files(root, ".py"):
        text = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = code_lines(node, text)
                if lines > LONGEST_FUNCTION_LINES:
                    yield f"{relative(path, root)}:{node.lineno} {node.name} has {lines} lines of code"


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, text: list[str]) -> int:
    """Lines of the body that hold code."""
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    if not body:
        return 0
    lines = text[body[0].lineno - 1 : function.end_lineno]
    return sum(1 for line in lines if line.strip() and not line.lstrip().startswith("#"))


def empty_names(root: Path) -> Iterator[str]:
    """Modules and packages whose name says nothing about what is in them."""
    for path in files(root, ".py"):
        parts = path.relative_to(root).with_suffix("").parts
        if EMPTY_NAMES & {word for part in parts for word in part.split("_")}:
            yield relative(path, root)


def test_no_module_is_too_long() -> None:
    expect_none(long_modules(PROJECT_ROOT))


def test_no_function_is_too_long() -> None:
    expect_none(long_functions(PROJECT_ROOT))


def test_no_module_has_an_empty_name() -> None:
    expect_none(empty_names(PROJECT_ROOT))


def test_ruff_holds_complexity_and_line_length() -> None:
    ruff = project_table(PROJECT_ROOT)["tool"]["ruff"]
    assert (ruff["line-length"], ruff["lint"]["mccabe"]["max-complexity"]) == (110, 10)
    assert {"C90", "E", "F", "I", "D100"} <= set(ruff["lint"]["select"])


def test_a_module_one_line_too_long_is_found(tmp_path: Path) -> None:
    (tmp_path / "fits.py").write_text("x = 1\n" * LONGEST_MODULE_LINES)
    (tmp_path / "long.py").write_text("x = 1\n" * (LONGEST_MODULE_LINES + 1))
    assert list(long_modules(tmp_path)) == ["long.py has 451 lines"]


def test_a_function_one_line_too_long_is_found_and_comments_are_free(tmp_path: Path) -> None:
    fits = 'def fits():\n    """A.\n\n    B.\n    """\n' + "    x = 1\n    # why\n\n" * LONGEST_FUNCTION_LINES
    long = "async def long():\n" + "    x = 1\n" * (LONGEST_FUNCTION_LINES + 1)
    (tmp_path / "module.py").write_text(fits + long)
    (found,) = long_functions(tmp_path)
    assert found.endswith("long has 41 lines of code")


def test_an_empty_name_is_found(tmp_path: Path) -> None:
    for name in ("time_utils.py", "commonly.py", "helpers/mqtt.py", "alarm_manager.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert list(empty_names(tmp_path)) == ["alarm_manager.py", "helpers/mqtt.py", "time_utils.py"]
