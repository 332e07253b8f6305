"""The queries of docs/grafana.md: the same in both languages, and each answers on a real server."""

import re
from pathlib import Path

import pytest

from heating.quality import Quality
from storage.readings.influxdb.scanning import within
from storage.readings.influxdb.store import InfluxDBStore
from tests.contract.readings.readings import ROOM, STATION, batch_of, minutes, reading, rollup
from tests.support.servers.influxdb import InfluxdbServer

DOCS = Path(__file__).parents[3] / "docs"
HOUR = minutes(0, 60)


def queries(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return [block.strip() for block in re.findall(r"```sql\n(.*?)```", text, re.S)]


def test_both_languages_give_the_same_queries() -> None:
    assert queries("grafana.md") == queries("grafana.zh-CN.md")
    assert len(queries("grafana.md")) >= 6


@pytest.mark.influxdb
def test_each_query_answers_with_what_it_promises(influxdb_server: InfluxdbServer) -> None:
    store = InfluxDBStore(influxdb_server.url, database="test_grafana")
    store.append(
        batch_of(
            reading(55.0, ref=STATION, point="secondary_supply_temp_c"),
            reading(20.0),
            reading(327.67, minute=1, quality=Quality.BAD_RANGE),
            reading(22.0, minute=2, quality=Quality.UNCERTAIN_MOVED),
        )
    )
    store.write_rollup(rollup([ROOM.object_id], [21.0]))
    found = [
        store._ready().query(query.replace("$timeFilter", within(HOUR)), database=store.database)[0][0]
        for query in queries("grafana.md")
    ]
    rows = [[row[1:] for row in series["values"] if row[1] is not None] for series in found]
    assert rows[:3] == [[[55.0]], [[21.0, 20.0]], [[22.0]]]
    assert rows[3:5] == [[[1]], [[22.0, Quality.UNCERTAIN_MOVED]]]
    assert rows[5] == [[21.0, 20.5, 21.5]]
    store.close()
    influxdb_server.drop_database("test_grafana")
