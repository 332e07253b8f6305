"""docs/influxdb-*.md say what `nuanliu store prepare` would run with the settings as shipped."""

from datetime import timedelta
from typing import Any, cast

import pytest

from config.settings.tree import TimeSeriesSettings
from storage.readings.errors import StoreAccessError
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.preparing import Wanted, prepare_server
from storage.readings.influxdb.transport import InfluxTransport
from tests.support.page_tables import DOCS
from tests.support.pages import blocks


class Forbidding:
    """A server where the token may do nothing."""

    def __getattr__(self, name: str) -> Any:
        def refuse(*_arguments: object, **_options: object) -> None:
            raise StoreAccessError("forbidden")

        return refuse


@pytest.mark.parametrize(
    ("flavour", "page", "token"),
    [
        (Flavour.V1, "influxdb-1.md", "nuanliu:secret"),
        (Flavour.V2, "influxdb-2.md", None),
        (Flavour.V3, "influxdb-3.md", None),
    ],
)
def test_a_page_says_what_prepare_says_to_an_administrator(
    flavour: Flavour, page: str, token: str | None
) -> None:
    shipped = TimeSeriesSettings()
    wanted = Wanted(
        database=shipped.database,
        org=shipped.org,
        raw=timedelta(days=shipped.retention_raw_days),
        rollup=timedelta(days=shipped.retention_rollup_days),
        token=token,
    )
    prepared = prepare_server(cast(InfluxTransport, Forbidding()), flavour, wanted)
    said = blocks((DOCS / page).read_text(encoding="utf-8"))[0]
    assert said.splitlines() == prepared.to_do
