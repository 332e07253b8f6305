"""The composition root: opens the stores and has the chosen rooms built, in the order in which they start.

Each room is built by a module of `runtime.assembling` that is imported only when the room runs, so that a collector
loads no page and a dashboard no decoder table it does not need. Nothing runs before `House.supervisor` starts it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from collector.messages.known_objects import KnownObjects
from config.rules.reading import RuleSet, load_rules
from config.settings.tree import Settings
from heating.clock import Clock, SystemClock
from runtime.assembling.registry_watch import RegistryWatch
from runtime.health import HealthBoard
from runtime.house import House
from runtime.rooms import Room, refuse_shared_embedded_store
from runtime.supervisor import Part
from storage.readings.opening import OpenedStore, open_time_series_store
from storage.records.records import Records, open_records

__all__ = ["open_house"]

_log = structlog.get_logger()


def open_house(settings: Settings, *, clock: Clock, rooms: frozenset[Room]) -> House:
    """Open stores and build rooms.

    Raises
    ------
    heating.errors.HeatingError
        When settings, registry or stores cannot be used; nothing stays open then.
    """
    refuse_shared_embedded_store(settings, rooms)
    rules = load_rules(settings.rules)
    records = open_records(settings.records.url, password_file=settings.records.password_file)
    try:
        import_first_registry(records, settings.site.registry_file, clock=clock)
        store = open_time_series_store(settings.timeseries)
    except BaseException:
        records.close()
        raise
    try:
        with no_collection_of_garbage():
            return _build(settings, clock, rooms, rules, records, store)
    except BaseException:
        store.close()
        records.close()
        raise


@contextmanager
def no_collection_of_garbage() -> Iterator[None]:
    """Build without Python's garbage collector: a registry is a million objects that stay, and each of its passes walks
    over all that are there already (a league: a fifth of the start).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def import_first_registry(records: Records, file: Path | None, *, clock: Clock) -> None:
    """Import the registry file of the settings into a registry that was never filled."""
    if file is None or records.registry.version() > 0:
        return
    from storage.registry_files.reading import read_registry  # the file formats are large and needed once

    read = read_registry(file)
    changes = records.registry.apply_site(read.site, read.contacts, by="first start", now=clock.now())
    _log.info("runtime.registry_imported", file=str(file), changes=changes.summary())


def _build(
    settings: Settings,
    clock: Clock,
    rooms: frozenset[Room],
    rules: RuleSet,
    records: Records,
    store: OpenedStore,
) -> House:
    version = records.registry.version()
    site = records.registry.load_site()
    house = House(
        settings=settings,
        clock=clock,
        rooms=rooms,
        records=records,
        store=store,
        site=site,
        registry_version=version,
        rules=rules,
        known=KnownObjects.from_site(site),
        board=HealthBoard(),
    )
    house.board.add("records", records.health)
    house.board.add("timeseries", store.health)
    house.site_followers.append(house.known.replace_by_site)
    _add_rooms(house)
    return house


def _add_rooms(house: House) -> None:
    rooms = house.rooms
    if rooms & {Room.ALERTING, Room.DASHBOARD}:
        from runtime.assembling.live_values import add_live_state

        add_live_state(house)
    _add_registry_watch(house)
    if Room.ALERTING in rooms:
        from runtime.assembling.alerting import add_alerting

        add_alerting(house)
    if Room.COLLECTOR in rooms:
        from runtime.assembling.collector import add_collector

        add_collector(house)
    else:
        from runtime.assembling.live_values import add_live_feed

        add_live_feed(house)
    if Room.DASHBOARD in rooms:
        from runtime.assembling.dashboard import add_dashboard

        add_dashboard(house)
    else:
        from runtime.health_server import add_health_server

        add_health_server(house)
    _add_signs_of_life(house)


def _add_signs_of_life(house: House) -> None:
    from runtime.assembling.signs_of_life import SignsOfLife, process_name

    names = {room: process_name(room, house.settings.mqtt.client_id) for room in sorted(house.rooms)}
    signs = SignsOfLife(house.records.room_reports, names=names, clock=SystemClock(), alerting=house.alerting)
    house.parts.append(
        Part(name="signs of life", start=signs.start, stop=signs.stop, is_alive=lambda: signs.is_running)
    )


def _add_registry_watch(house: House) -> None:
    watch = RegistryWatch(
        registry=house.records.registry, version=house.registry_version, followers=house.site_followers
    )
    house.parts.append(
        Part(name="registry watch", start=watch.start, stop=watch.stop, is_alive=lambda: watch.is_running)
    )
