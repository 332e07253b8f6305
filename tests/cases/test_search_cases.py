"""Addresses as callers say them and as 12345 writes them find the home, first (docs/field-faults.md)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from storage.records.records import Records, open_records
from tests.contract.records.test_registry_records import NOW, fill
from tests.support.small_town import small_town

HOME = "yg-1-1-101"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    records = open_records(f"sqlite:///{tmp_path_factory.mktemp('search')}/records.sqlite3")
    fill(records)
    yield records
    records.close()


def first(records: Records, query: str, areas: frozenset[str] | None = None) -> str | None:
    hits = records.registry.search_households(query, area_ids=areas, limit=20)
    return hits[0].household_id if hits else None


WRITTEN = [
    "阳光小区一号楼一单元101",
    "阳光小区一号楼一单元一零一",
    "阳光小区1号楼1单元101",
    "锡林浩特市阳光小区1号楼1单元101",
    "内蒙古自治区锡林郭勒盟锡林浩特市阳光小区1号楼1单元101室",
    "阳光小区1号楼1门101",
    "阳光小区1门101",
    "阳光小区1#楼1单元101",
    "阳光xiaoqu 101",
    "阳光xiaoqu1-1-101",
    "yangguang小区1号楼1单元101",
    "锡林大街12号阳光小区1号楼1单元101",
    "锡林浩特 阳光小区 1-1-101",
    "阳光小区1号楼1单元1层101",
    "阳光小区１号楼１单元１０１",
]


@pytest.mark.parametrize("query", WRITTEN)
@pytest.mark.parametrize("areas", [None, frozenset({"xilinhot"})])
def test_36_an_address_finds_its_home_first_however_it_is_written(
    town: Records, query: str, areas: frozenset[str] | None
) -> None:
    assert first(town, query, areas) == HOME


def test_36_a_city_alone_finds_no_home_of_another_place(town: Records) -> None:
    assert first(town, "北京市") is None
    assert first(town, "北京市不存在小区1号楼") is None


def test_36_a_building_named_in_chinese_numerals_is_found_by_digits(tmp_path: object) -> None:
    site = small_town()
    named = [replace(one, name="一号楼") if one.building_id == "yg-1" else one for one in site.buildings]
    records = open_records(f"sqlite:///{tmp_path}/records.sqlite3")
    records.registry.apply_site(replace(site, buildings=tuple(named)), [], by="test", now=NOW)
    assert first(records, "阳光1-1-101") == first(records, "阳光一号楼一单元101") == HOME
    records.close()
