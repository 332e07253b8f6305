"""/metrics: what Prometheus reads of each part."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from dashboard.web.part_figures import PartFigures
from heating.protocols import Health, HealthStatus
from tests.support.dashboard_house import House, open_house

PARTS = {
    "store": Health(HealthStatus.OK, figures={"rows_total": 3.0, "queue.length": 2.0}),
    'web "a\\b"': Health(HealthStatus.DEGRADED),
    "broker": Health(HealthStatus.DOWN),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    with open_house(folder) as opened:
        yield opened


def registry() -> CollectorRegistry:
    made = CollectorRegistry(auto_describe=False)
    made.register(PartFigures(lambda: PARTS))
    return made


@pytest.mark.parametrize(("part", "worth"), [("store", 1.0), ('web "a\\b"', 0.5), ("broker", 0.0)])
def test_a_part_that_is_degraded_counts_half(part: str, worth: float) -> None:
    assert registry().get_sample_value("nuanliu_part_up", {"part": part}) == worth


def test_a_figure_keeps_its_name_and_a_total_is_a_counter() -> None:
    types = {family.name: family.type for family in registry().collect()}
    assert types["nuanliu_store_rows"] == "counter"
    assert types["nuanliu_store_queue_length"] == "gauge"
    assert registry().get_sample_value("nuanliu_store_rows_total") == 3.0
    assert registry().get_sample_value("nuanliu_store_queue_length") == 2.0


def test_a_scraper_gets_the_text_form_it_asks_for(house: House) -> None:
    plain = house.client().get("/metrics")
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    values = {
        sample.name: sample.value
        for family in text_string_to_metric_families(plain.text)
        for sample in family.samples
    }
    assert values["nuanliu_store_rows_total"] == 3.0
    assert values["nuanliu_dashboard_streams"] == 0.0
    asked = house.client().get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert asked.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert asked.text.endswith("# EOF\n")
