"""Faults from the field: each in the table is held by a test that is there, and `./run cases` finds it."""

import ast
import subprocess
import sys

import pytest

from tests.architecture.source_tree import PROJECT_ROOT
from tests.support.field_faults import FieldFault, field_faults, places_of

FOUND = (
    *(str(number) for number in range(1, 37)),
    *("14a", "14b", "14c", "14d"),
    *(f"H{number}" for number in range(1, 8)),
    *("M1", "M6", "M9", "M10"),
)
"""Faults that must be in the table, by their numbers in the lists of who found them."""

TABLE = """\
| fault | kind | what changed | test |
|---|---|---|---|
| 9: rows of 3 days | k | c | `tests/unit/a/` |
| 11, attack H2: gone | k | c | `tests/unit/b.py`, `tests/unit/a/c.py` |
| operate 6: wrong | k | c | `tests/unit/b.py::test_x` |
"""


def missing_places(faults: list[FieldFault]) -> list[str]:
    """Places of tests that are not in the tree, or not in their file."""
    missing = []
    for place in places_of(faults):
        path, _, name = place.partition("::")
        file = PROJECT_ROOT / path
        if not file.exists() or (name and name not in functions_of(file.read_text(encoding="utf-8"))):
            missing.append(place)
    return missing


def functions_of(source: str) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}


def test_every_fault_has_a_row_and_every_row_a_test_that_is_there() -> None:
    faults = field_faults()
    known = frozenset[str]().union(*(fault.names for fault in faults))
    assert [name for name in FOUND if name not in known] == []
    assert [fault.text for fault in faults if not fault.places] == []
    assert [fault.text for fault in faults if not fault.changed] == []
    assert missing_places(faults) == []


def test_a_row_knows_its_numbers_and_a_place_is_named_once() -> None:
    faults = field_faults(TABLE)
    assert [sorted(fault.names) for fault in faults] == [["9"], ["11", "H2"], []]
    assert places_of(faults) == ["tests/unit/a/", "tests/unit/b.py"]
    assert places_of(faults, ["H2"]) == ["tests/unit/b.py", "tests/unit/a/c.py"]
    assert places_of(faults, ["operate"]) == ["tests/unit/b.py::test_x"]
    assert missing_places(faults) == ["tests/unit/a/", "tests/unit/b.py"]
    assert missing_places(field_faults("||||\n|-|-|-|-|\n|a|b|c|`tests/conftest.py::gone`|")) == [
        "tests/conftest.py::gone"
    ]
    with pytest.raises(LookupError, match="no fault 99"):
        places_of(faults, ["99"])


def test_a_fault_that_is_not_in_the_table_ends_the_command_with_a_sentence() -> None:
    command = [sys.executable, "-m", "tests.support.field_faults", "14a", "H99"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "docs/field-faults.md has no fault H99\n"
