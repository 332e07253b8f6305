"""The kinds of assets are listed once; files and tables follow that list."""

from dataclasses import fields

from heating.asset_kinds import ASSET_KINDS
from heating.assets import Site
from storage.records.asset_tables import ASSET_TABLES
from storage.registry_files.columns import COLUMNS, ROW_KINDS


def test_rows_and_tables_have_every_kind_in_its_order() -> None:
    names = [kind.name for kind in ASSET_KINDS]
    assert [kind.name for kind in ROW_KINDS] == names
    assert [one.kind for one in ASSET_TABLES] == names


def test_the_kinds_are_all_of_a_site() -> None:
    assert [kind.attribute for kind in ASSET_KINDS] == [field.name for field in fields(Site)]


def test_references_point_to_kinds_before_their_own() -> None:
    known: set[str] = set()
    for kind in ASSET_KINDS:
        known.add(kind.name)
        assert {target for _, target in kind.references} <= known


def test_every_field_of_an_asset_is_in_a_column() -> None:
    headers = {column.header for column in COLUMNS}
    for row_kind in ROW_KINDS:
        assert row_kind.columns.keys() <= headers
        if row_kind.kind.asset is not None:
            assert set(row_kind.columns.values()) == {field.name for field in fields(row_kind.kind.asset)}
