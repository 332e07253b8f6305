"""The resident's page shows no neighbours that could be told apart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dashboard_house import OWN_HOME, House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def test_the_resident_is_not_shown_a_building_of_fewer_than_five_homes(house: House) -> None:
    house.room(OWN_HOME, 17.0)
    home = house.client("resident").get("/api/v1/my/home").json()
    assert home["building_median_c"] is None
    assert home["building_counted"] == 1
