"""The clerk's search: every way a home is named finds it, and nobody sees homes of other areas."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from storage.records.records import Records, open_records
from tests.contract.records.test_registry_records import NOW, fill
from tests.support.servers.postgresql import PostgresqlServer
from tests.support.small_town import small_town

HOME = "jx-12-3-301"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    """The small town in the registry, only read by the tests of this module."""
    url = f"sqlite:///{tmp_path_factory.mktemp('search')}/records.sqlite3"
    if request.param == "postgresql":
        server: PostgresqlServer = request.getfixturevalue("postgresql_server")
        url = server.create_database(f"search_{uuid.uuid4().hex[:12]}")
    records = open_records(url)
    fill(records)
    yield records
    records.close()


def ids(records: Records, query: str, areas: set[str] | None = None, limit: int = 20) -> list[str]:
    """Search and return the household ids."""
    area_ids = None if areas is None else frozenset(areas)
    return [
        hit.household_id for hit in records.registry.search_households(query, area_ids=area_ids, limit=limit)
    ]


@pytest.mark.parametrize(
    "query",
    [
        "13812345678",
        "+86 13812345678",
        "138-1234-5678",
        "138 1234 5678",
        "１３８１２３４５６７８",
        "5678",
        "2345678",
        "123456",
        "锦绣花园12号楼3单元301",
        "锦绣花园 12号楼3单元301室",
        "锦绣12-3-301",
        "jxhy 12-3-301",
        "JXHY12-3-301",
        "jinxiu 12-3-301",
        "jinxiuhuayuan 3-301 12",
        "希日塔拉 12-3-301",
        "12-3-301",
        "12栋3单元301",
        "单雄信",
        "shanxiongxin",
        "sxx",
        "sxx jx",
        "单 锦绣 301",
        "jx-12-3-301",
    ],
)
def test_the_home_is_found_first_by(town: Records, query: str) -> None:
    assert ids(town, query)[0] == HOME


@pytest.mark.parametrize("query", ["", "   ", "、，", "不存在的地方", "zzzz", "99999999999", "锦绣 99-1-101"])
def test_nothing_is_found_by(town: Records, query: str) -> None:
    assert ids(town, query) == []


def test_a_part_of_a_place_finds_its_homes_up_to_the_limit(town: Records) -> None:
    assert len(ids(town, "锦绣", limit=100)) == 36
    assert len(ids(town, "花园", limit=100)) == 36
    assert len(ids(town, "jx", limit=7)) == 7
    assert {home[:4] for home in ids(town, "sunshine", limit=100)} == {"yg-1"}
    assert {home[:4] for home in ids(town, "蓝天A座", limit=100)} == {"lt-a"}


def test_a_shared_beginning_of_a_phone_finds_both(town: Records) -> None:
    assert set(ids(town, "1381234")) == {HOME, "lt-a-2-202"}


def test_words_are_joined_by_and(town: Records) -> None:
    assert ids(town, "锦绣 张伟") == []
    assert ids(town, "阳光 张伟") == ["yg-1-1-101"]


@pytest.mark.parametrize("query", ["13812345678", "5678", "锦绣花园", "12-3-301", "单雄信", "jx-12-3-301"])
def test_homes_of_other_areas_do_not_exist(town: Records, query: str) -> None:
    assert ids(town, query, {"abag"}) == []
    assert ids(town, query, set()) == []
    assert HOME in ids(town, query, {"xilinhot"}, limit=100)
    assert HOME in ids(town, query, {"xirtala"}, limit=100)


def test_a_hit_shows_the_address_and_only_a_masked_phone(town: Records) -> None:
    (hit,) = town.registry.search_households("13812345678", area_ids=None)
    assert (hit.contact_name, hit.phone) == ("单雄信", "138****5678")
    assert hit.address == town.registry.address_of(HOME)


@pytest.mark.parametrize(
    "query", ["%", "_", "' OR 1=1 --", "12-%-301", "\\", "锦绣%", "𠀀", "💡", "a" * 500, "1" * 500]
)
def test_signs_with_a_meaning_in_sql_are_only_text(town: Records, query: str) -> None:
    found = ids(town, query, limit=200)
    assert len(found) <= 36


def test_a_renamed_building_is_found_by_its_new_number(records: Records) -> None:
    fill(records)
    site = small_town()
    buildings = tuple(
        replace(one, name="27号楼") if one.building_id == "jx-12" else one for one in site.buildings
    )
    records.registry.apply_site(replace(site, buildings=buildings), by="admin", now=NOW)
    assert ids(records, "锦绣 27-3-301") == [HOME]
    assert ids(records, "锦绣 12-3-301") == []
