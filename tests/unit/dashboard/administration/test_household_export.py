"""What is kept about a home is given out by administrators only, complete, and the audit knows to whom."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dashboard_house import OWN_HOME, House, open_house

PATH = "/api/v1/admin/households/{}/export"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def test_an_administrator_gets_everything_and_it_is_noted(house: House) -> None:
    answer = house.client("admin").get(PATH.format(OWN_HOME))
    assert answer.status_code == 200
    told = answer.json()
    assert told["household_id"] == OWN_HOME
    assert told["contact"]["phone"] == "13812345678"
    assert set(told) == set(house.app.openapi()["components"]["schemas"]["HouseholdExport"]["properties"])
    newest = house.records.audit.entries(limit=1)[0]
    assert (newest.action, newest.subject) == ("household.exported", f"household:{OWN_HOME}")


def test_clerks_may_not_and_an_unknown_home_is_not_found(house: House) -> None:
    assert house.client("hotline").get(PATH.format(OWN_HOME)).status_code == 403
    assert house.client("admin").get(PATH.format("nowhere")).status_code == 404
