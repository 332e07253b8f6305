"""The example registries of docs/registry.md: whole, the same in both languages, with every kind and column."""

import csv
from pathlib import Path

from storage.registry_files.columns import COLUMN_OF_HEADER, COLUMNS, ROW_KIND_OF_WORD, ROW_KINDS
from storage.registry_files.reading import read_registry
from tests.support.page_tables import DOCS

ENGLISH = DOCS / "examples" / "registry.csv"
CHINESE = DOCS / "examples" / "registry.zh-CN.csv"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            {COLUMN_OF_HEADER[header.casefold()]: cell for header, cell in row.items() if cell}
            for row in csv.DictReader(stream)
        ]


def test_both_examples_are_the_same_registry_without_a_mistake() -> None:
    assert read_registry(ENGLISH) == read_registry(CHINESE)


def test_the_example_has_every_kind_with_every_column_filled_once() -> None:
    rows = rows_of(ENGLISH)
    filled = {(ROW_KIND_OF_WORD[row["kind"]].name, column) for row in rows for column in row}
    wanted = {(kind.name, column) for kind in ROW_KINDS for column in (*kind.columns, *kind.required)}
    assert wanted - filled == set()
    assert {column.header for column in COLUMNS} == {column for _, column in filled} - {"kind"}


def test_the_chinese_example_has_chinese_words_alone() -> None:
    assert {row["kind"] for row in rows_of(CHINESE)} == {kind.chinese for kind in ROW_KINDS}
    assert CHINESE.read_text(encoding="utf-8").partition("\n")[0].isascii() is False
