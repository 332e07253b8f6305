"""Reading the project's tree for the architecture tests: files, syntax trees, what a module imports.

What lives here: facts about a tree below any root. What does not: the rules (one test module each).
"""

import ast
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]

SKIPPED_FOLDERS = frozenset({"__pycache__", "vendor", "build", "dist", "nuanliu-data", "var", "node_modules"})
"""Folders that are not ours or not kept."""

TOOLING_FOLDERS = frozenset({"tests", "benchmarks"})
"""Folders with Python code that never runs in production."""


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module with the line of the statement."""

    path: str
    line: int
    module: str


def files(root: Path, *suffixes: str) -> Iterator[Path]:
    """Files below the root that belong to the project, in order; hidden folders are left out.

    Parameters
    ----------
    root
        Top of the tree.
    suffixes
        Wanted endings such as ``.py``; none means every file.
    """
    for entry in sorted(root.iterdir()):
        if entry.name.startswith(".") or entry.name in SKIPPED_FOLDERS or entry.name.endswith(".egg-info"):
            continue
        if entry.is_dir():
            yield from files(entry, *suffixes)
        elif not suffixes or entry.suffix in suffixes:
            yield entry


def expect_none(findings: Iterable[str]) -> None:
    """Fail with every finding on a line of its own, however many there are."""
    found = list(findings)
    assert not found, "\n" + "\n".join(found)


def relative(path: Path, root: Path) -> str:
    """The path below the root, with slashes."""
    return path.relative_to(root).as_posix()


def syntax_tree(path: Path) -> ast.Module:
    """Parsed module."""
    return _parsed(path.read_text(encoding="utf-8"), str(path))


@lru_cache(maxsize=4096)
def _parsed(text: str, name: str) -> ast.Module:
    """Parse a text once for all the rules that look at it."""
    return ast.parse(text, filename=name)


def rooms(root: Path) -> list[str]:
    """Top-level packages that the wheel holds, as pyproject.toml lists them."""
    return list(project_table(root)["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def project_table(root: Path) -> dict:  # type: ignore[type-arg]
    """pyproject.toml as a table."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def running_modules(root: Path) -> Iterator[Path]:
    """Python files that run in production."""
    for path in files(root, ".py"):
        if path.relative_to(root).parts[0] not in TOOLING_FOLDERS:
            yield path


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    """Every module a file imports anywhere in it, type-checking blocks and functions included.

    A relative import is given with the package of the file put before it.
    """
    place = relative(path, root)
    package = place.split("/")[:-1]
    for node in ast.walk(syntax_tree(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(place, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            yield Import(place, node.lineno, ".".join([*above, *filter(None, [node.module])]))


def dotted_uses(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything used that came from an import, ``dt.date.today`` say, spelled out."""
    tree = syntax_tree(path)
    origin: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                origin[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                origin[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = _dotted(node, origin)
            if name is not None:
                yield node.lineno, name


def _dotted(node: ast.expr, origin: dict[str, str]) -> str | None:
    match node:
        case ast.Name(id=name):
            return origin.get(name)
        case ast.Attribute(value=value, attr=attribute):
            before = _dotted(value, origin)
            return None if before is None else f"{before}.{attribute}"
        case _:
            return None
