"""The documents that must keep up with the code: settings, glossary, decisions."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from config.settings.tree import Settings
from heating.points import POINTS
from tests.architecture.source_tree import PROJECT_ROOT

ROW = re.compile(r"^\|(.+)\|\s*$", re.MULTILINE)

FIRST_DECISIONS = 7
"""Decisions taken before the first line of code."""


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Settings models an annotation holds, inside unions and tuples too."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def setting_names(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Dotted name of every setting, sections left out; ``[]`` marks the items of a list."""
    for name, field in model.model_fields.items():
        inner = list(models_in(field.annotation))
        direct = isinstance(field.annotation, type) and inner == [field.annotation]
        if not direct:
            yield prefix + name
        for item in inner:
            yield from setting_names(item, f"{prefix}{name}{'' if direct else '[]'}.")


def undocumented(names: Iterator[str], text: str) -> list[str]:
    """Settings that the text does not name in backticks; items of a list may go by their own name alone."""
    quoted = set(re.findall(r"`([^`\n]+)`", text))
    missing = []
    for name in names:
        spellings = {name, name.replace("[]", "")}
        if "[]" in name:
            spellings.add(name.rpartition(".")[2])
        if not spellings & quoted:
            missing.append(name)
    return missing


def glossary_rows(text: str) -> list[list[str]]:
    """Cells of the glossary's tables, heads and rules left out."""
    rows = [[cell.strip() for cell in row.split("|")] for row in ROW.findall(text)]
    return [
        cells
        for cells in rows
        if len(cells) == 4 and cells[0] != "Chinese" and not set(cells[0]) <= set("-: ")
    ]


def read(place: str) -> str:
    """Text of a document."""
    return (PROJECT_ROOT / place).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["docs/settings.md", "docs/settings.zh-CN.md"])
def test_every_setting_is_documented(page: str) -> None:
    assert undocumented(setting_names(Settings), read(page)) == [], (
        "run ./run golden, write the Chinese meaning"
    )


def test_a_setting_that_is_not_documented_is_found() -> None:
    class Item(BaseModel):
        target: str = ""

    class Section(BaseModel):
        port: int = 1
        routes: tuple[Item, ...] = ()

    class Tree(BaseModel):
        web: Section = Section()

    assert list(setting_names(Tree)) == ["web.port", "web.routes", "web.routes[].target"]
    assert undocumented(setting_names(Tree), "`web.routes` is a list of `target`") == ["web.port"]


def test_the_glossary_gives_each_word_once_in_both_languages_with_a_definition() -> None:
    rows = glossary_rows(read("docs/glossary.md"))
    assert len(rows) >= 70
    for column, pattern in ((0, r"[\u4e00-\u9fff]"), (1, r"[A-Za-z]"), (2, r"\w{3}")):
        assert [row for row in rows if not re.search(pattern, row[column])] == []
    for column in (0, 1):
        words = [row[column] for row in rows]
        assert sorted({word for word in words if words.count(word) > 1}) == []


def test_the_glossary_knows_the_units_of_the_points() -> None:
    known = {unit for row in glossary_rows(read("docs/glossary.md")) for unit in row[3].split(", ")}
    assert {str(point.unit.value) for point in POINTS} - known - {""} == set()


def test_every_decision_is_in_the_index_and_has_its_parts() -> None:
    folder = PROJECT_ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    records = sorted(folder.glob("[0-9][0-9][0-9][0-9]-*.md"))
    assert [path.name[:4] for path in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]
    assert len(records) >= FIRST_DECISIONS
    for path in records:
        assert f"({path.name})" in index, path.name
        assert incomplete_parts(path) == [], path.name


def incomplete_parts(path: Path) -> list[str]:
    """Parts of a decision record that are missing or empty."""
    text = path.read_text(encoding="utf-8")
    wanted = ("Context", "Decision", "Consequences")
    return [part for part in wanted if not re.search(rf"^## {part}\n+[^\n#]+", text, re.MULTILINE)]


def test_a_decision_without_consequences_is_found(tmp_path: Path) -> None:
    path = tmp_path / "0001-x.md"
    path.write_text("# 1. X\n\n## Context\n\nSo.\n\n## Decision\n\nThis.\n\n## Consequences\n\n")
    assert incomplete_parts(path) == ["Consequences"]


def test_no_document_holds_both_sides_of_a_conflict() -> None:
    folders = (PROJECT_ROOT.glob("*.md"), (PROJECT_ROOT / "docs").rglob("*.md"))
    marks = re.compile(r"^(<{7}|={7}$|>{7})", re.MULTILINE)
    pages = [path for folder in folders for path in folder]
    assert len(pages) > FIRST_DECISIONS
    assert [path.name for path in pages if marks.search(path.read_text(encoding="utf-8"))] == []
