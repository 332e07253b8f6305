"""The lock files pin every package with hashes, name no index, and agree with one another."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source_tree import PROJECT_ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)")
FOREIGN = re.compile(r"://|--index-url|--find-links|file:|^\s*-e |^/|#\s+via.*/")


def pins(text: str) -> dict[str, set[str]]:
    """Versions of each package in a lock; more than one where they depend on the platform."""
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if match := PIN.match(line):
            found.setdefault(match[1].lower(), set()).add(match[2])
    return found


def unhashed_pins(text: str) -> Iterator[str]:
    """Pins that carry no hash."""
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        if PIN.match(block) and "--hash=sha256:" not in block:
            yield block.splitlines()[0]


def foreign_lines(text: str) -> Iterator[str]:
    """Lines that name an index, an address or a folder."""
    yield from (line for line in text.splitlines() if FOREIGN.search(line))


def lock(name: str) -> str:
    """Text of a lock file."""
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def direct_requirements(path: Path) -> set[str]:
    """Names of the packages that pyproject.toml asks for."""
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["build"]]
    return {re.split(r"[<>=\[;~! ]", requirement)[0].lower() for requirement in wanted}


def test_every_pin_has_a_hash() -> None:
    assert [*unhashed_pins(lock("requirements.lock")), *unhashed_pins(lock("requirements-dev.lock"))] == []


def test_no_lock_names_an_index_or_a_folder() -> None:
    assert [*foreign_lines(lock("requirements.lock")), *foreign_lines(lock("requirements-dev.lock"))] == []


def test_the_development_lock_holds_every_pin_of_the_other() -> None:
    development = pins(lock("requirements-dev.lock"))
    needed = pins(lock("requirements.lock"))
    assert {name: development.get(name) for name in needed} == needed


def test_every_requirement_is_locked() -> None:
    assert (
        direct_requirements(PROJECT_ROOT / "pyproject.toml") - pins(lock("requirements.lock")).keys() == set()
    )


def test_a_pin_without_hash_and_a_foreign_line_are_found() -> None:
    text = "alembic==1.0 \\\n    --hash=sha256:aa\n    # via nuanliu (pyproject.toml)\nnumpy==2.0\n--index-url https://x\n"
    assert list(unhashed_pins(text)) == ["numpy==2.0"]
    assert list(foreign_lines(text)) == ["--index-url https://x"]
