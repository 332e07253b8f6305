"""Separate rooms refuse the embedded store; the registry watch tells followers once a version."""

import pytest

from config.mistakes import MistakesError
from config.settings.tree import Settings
from heating.assets import Site
from runtime.assembling.registry_watch import RegistryWatch
from runtime.rooms import EVERY_ROOM, Room, refuse_shared_embedded_store


@pytest.mark.parametrize("room", list(Room))
def test_a_single_room_refuses_duckdb_and_names_influxdb(room: Room) -> None:
    with pytest.raises(MistakesError, match="influxdb://host:port"):
        refuse_shared_embedded_store(Settings(), frozenset({room}))


def test_all_rooms_in_one_process_may_have_duckdb_and_single_rooms_influxdb() -> None:
    influx = Settings.model_validate({"timeseries": {"url": "influxdb://127.0.0.1:8086"}})
    refuse_shared_embedded_store(Settings(), EVERY_ROOM)
    refuse_shared_embedded_store(influx, frozenset({Room.ALERTING}))


class Registry:
    """A registry whose version the test sets."""

    def __init__(self) -> None:
        self.number = 3
        self.loads = 0

    def version(self) -> int:
        return self.number

    def load_site(self) -> Site:
        self.loads += 1
        return Site(weather_sites=(f"v{self.number}",))


def test_followers_get_a_new_site_once_a_version() -> None:
    registry, told = Registry(), []
    watch = RegistryWatch(
        registry=registry, version=3, followers=[lambda site: told.append(site.weather_sites)], every_s=60
    )
    assert watch.look() is False
    registry.number = 4
    assert [watch.look(), watch.look()] == [True, False]
    assert told == [("v4",)]
    assert registry.loads == 1


def test_the_watch_looks_by_itself_until_stopped() -> None:
    from tests.support.waiting import wait_until

    registry, told = Registry(), []
    watch = RegistryWatch(registry=registry, version=2, followers=[told.append], every_s=0.01)
    watch.start()
    wait_until(lambda: told, timeout_s=5)
    watch.stop()
    assert not watch.is_running
