"""The simulator shares words with the product, never a formula: otherwise every detection score would be circular."""

import ast
from pathlib import Path

import pytest

import simulators

FOLDER = Path(simulators.__file__).parent
WORDS = {
    "heating.assets",
    "heating.clock",
    "heating.errors",
    "heating.heat_tree",
    "heating.intervals",
    "heating.points",
    "heating.quality",
    "heating.quantities",
    "heating.samples",
}
OUTSIDE = {"storage", "collector", "alerting", "dashboard", "runtime"}


def imported(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def foreign(source: str) -> set[str]:
    return {
        name
        for name in imported(source)
        if (name.startswith("heating") and name not in WORDS) or name.split(".")[0] in OUTSIDE
    }


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_module_takes_only_words_from_the_product(path: Path) -> None:
    assert foreign(path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    ["from heating.heat_curve import x", "import heating.hydronics", "from storage.records import y"],
)
def test_a_borrowed_formula_would_be_seen(source: str) -> None:
    assert foreign(source)
