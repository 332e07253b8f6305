"""The composition root: the one place that builds long-lived objects and joins the rooms.

`open_house` opens the stores and builds the chosen rooms; nothing runs before `House.supervisor` starts the parts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from alerting.judging.live_state import LiveState
from alerting.serving.service import AlertingService
from collector.devices.clock_skew import ClockSkewWatch
from collector.devices.device_commands import CommandOutlet
from collector.devices.device_gate import LiveGate
from collector.devices.device_reports import DeviceReports
from collector.devices.unknown_devices import UnknownDeviceWatch
from collector.intake.decoder_chain import DecoderChain
from collector.intake.live_feed import LiveFeed
from collector.intake.mqtt.publisher import command_publisher
from collector.intake.mqtt.source import MqttSource
from collector.intake.pipeline import Collector, build_collector
from collector.intake.replay import DeviceReplay, ReplayingSource
from collector.messages.known_objects import KnownObjects
from config.rules.reading import RuleSet, load_rules
from config.settings.tree import Settings
from dashboard.app import create_app
from heating.assets import Site
from heating.clock import Clock
from heating.heat_tree import build_heat_tree
from heating.protocols import Health, HealthStatus, MessageSource
from runtime.backup_desk import BackupDesk
from runtime.health import HealthBoard
from runtime.housekeeping import Housekeeping
from runtime.registry_watch import RegistryWatch
from runtime.rollup_part import build_rollups, rollup_part
from runtime.rooms import Room, refuse_shared_embedded_store
from runtime.supervisor import Part, Supervisor
from runtime.warm_start import WarmStart
from runtime.web_server import WebServer
from storage.readings.opening import OpenedStore, open_time_series_store
from storage.readings.rollups.noting_store import NotingStore
from storage.records.records import Records, open_records
from storage.registry_files.reading import read_registry

__all__ = ["House", "open_house"]

_log = structlog.get_logger()
_SUBSCRIPTIONS_FILE = "subscriptions.json"


@dataclass(slots=True, kw_only=True)
class House:
    """The opened stores and the built rooms of one process."""

    settings: Settings
    clock: Clock
    rooms: frozenset[Room]
    records: Records
    store: OpenedStore
    site: Site
    rules: RuleSet
    live_state: LiveState
    known: KnownObjects
    board: HealthBoard
    source: MessageSource | None = None
    """The connection that live values come from."""
    collector: Collector | None = None
    feed: LiveFeed | None = None
    alerting: AlertingService | None = None
    web: WebServer | None = None
    parts: list[Part] = field(default_factory=list)
    """In the order of their start."""
    site_followers: list[Callable[[Site], None]] = field(default_factory=list)
    """Called with the site after the registry changed."""

    def supervisor(self, *, before: list[Part] | None = None) -> Supervisor:
        """Return the supervisor of this process; `before` are parts that the house needs (an embedded broker)."""
        return Supervisor([*(before or []), *self.parts])

    def close(self) -> None:
        """Close the stores, after every part has stopped."""
        self.store.close()
        self.records.close()


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
        return _build(settings, clock, rooms, rules, records, store)
    except BaseException:
        store.close()
        records.close()
        raise


def import_first_registry(records: Records, file: Path | None, *, clock: Clock) -> None:
    """Import the registry file of the settings into a registry that was never filled."""
    if file is None or records.registry.version() > 0:
        return
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
    tree = build_heat_tree(site)
    live_state = LiveState(site, tree, now=clock.now())
    known = KnownObjects.from_site(site)
    house = House(
        settings=settings,
        clock=clock,
        rooms=rooms,
        records=records,
        store=store,
        site=site,
        rules=rules,
        live_state=live_state,
        known=known,
        board=HealthBoard(),
    )
    house.board.add("records", records.health)
    house.board.add("timeseries", store.health)
    _add_live_state(house, version)
    if Room.ALERTING in rooms:
        _add_alerting(house)
    if Room.COLLECTOR in rooms:
        _add_collector(house)
    else:
        _add_feed(house)
    if Room.DASHBOARD in rooms:
        _add_dashboard(house)
    return house


def _always() -> bool:
    return True


def _add_live_state(house: House, version: int) -> None:
    warm = WarmStart(live_state=house.live_state, store=house.store, clock=house.clock)
    house.board.add("warm start", warm.health)
    house.parts.append(
        Part(name="warm start", start=warm.start, stop=warm.stop, is_alive=lambda: warm.is_alive)
    )
    followers = house.site_followers
    followers.append(house.known.replace_by_site)
    if (
        Room.ALERTING not in house.rooms
    ):  # the alerting service rebuilds the live state by itself, within a tick
        followers.append(
            lambda site: house.live_state.rebuild(site, build_heat_tree(site), now=house.clock.now())
        )
    watch = RegistryWatch(registry=house.records.registry, version=version, followers=followers)
    house.parts.append(
        Part(name="registry watch", start=watch.start, stop=watch.stop, is_alive=lambda: watch.is_running)
    )


def _add_alerting(house: House) -> None:
    service = AlertingService(
        live_state=house.live_state,
        rules=house.rules,
        alarms=house.records.alarms,
        outbox=house.records.outbox,
        registry=house.records.registry,
        clock=house.clock,
        settings=house.settings,
        watch=lambda: _source_health(house),
    )
    house.alerting = service
    house.board.add("alerting", service.health)
    house.parts.append(Part(name="alerting", start=service.start, stop=service.stop, is_alive=_always))


def _source_health(house: House) -> Health:
    """Return the state of the connection that feeds the live values: whether the watch can see."""
    return house.source.health() if house.source else Health(HealthStatus.DOWN, "no source yet")


def _durable_source(house: House) -> ReplayingSource:
    settings = house.settings
    return ReplayingSource(
        MqttSource(
            settings=settings.mqtt,
            clock=house.clock,
            coalesce_ms=settings.collector.coalesce_ms,
            subscriptions_file=settings.collector.spool_dir / _SUBSCRIPTIONS_FILE,
        )
    )


def _add_collector(house: House) -> None:
    settings = house.settings
    source = house.source = _durable_source(house)
    unknown, clocks = UnknownDeviceWatch(), ClockSkewWatch()
    rollups = build_rollups(
        store=house.store,
        notes=house.records.rollup_work,
        site=house.site,
        clock=house.clock,
        settings=settings,
    )
    house.site_followers.append(rollups.follow)
    collector = build_collector(
        mqtt=settings.mqtt,
        settings=settings.collector,
        source=source,
        store=NotingStore(house.store, rollups),
        known=house.known,
        clock=house.clock,
        sinks=[house.live_state],
        unknown=unknown,
        clocks=clocks,
        zone=settings.site.time_zone,
        commands=CommandOutlet(command_publisher(settings.mqtt)),
    )
    house.collector = collector
    house.board.add("collector", collector.health)
    house.board.add("rollups", rollups.health)
    house.parts += [
        *_care_for_the_store(house),
        rollup_part(rollups),
        Part(
            name="collector",
            start=collector.start,
            stop=collector.stop,
            is_alive=lambda: not collector.is_dead,
        ),
        _device_reports(house, source, unknown, clocks),
    ]


def _care_for_the_store(house: House) -> list[Part]:
    """Return the parts beside a collector that keep the store in order: backups of an embedded one, retention."""
    parts: list[Part] = []
    if house.settings.timeseries.url.startswith("duckdb:"):
        desk = BackupDesk(settings=house.settings, store=house.store, clock=house.clock)
        parts.append(
            Part(name="backup desk", start=desk.start, stop=desk.stop, is_alive=lambda: desk.is_running)
        )
    keeper = Housekeeping(store=house.store, clock=house.clock)
    parts.append(
        Part(name="housekeeping", start=keeper.start, stop=keeper.stop, is_alive=lambda: keeper.is_running)
    )
    return parts


def _device_reports(
    house: House, source: ReplayingSource, unknown: UnknownDeviceWatch, clocks: ClockSkewWatch
) -> Part:
    reports = DeviceReports(
        records=house.records.devices,
        unknown=unknown,
        clocks=clocks,
        replay=DeviceReplay(source=source, folder=house.settings.collector.spool_dir, clock=house.clock),
        known=house.known,
        clock=house.clock,
    )
    return Part(
        name="device reports",
        start=reports.start,
        stop=reports.stop,
        is_alive=lambda: reports.is_running,
    )


def _add_feed(house: House) -> None:
    settings = house.settings
    rooms = "-".join(sorted(house.rooms))
    source = house.source = MqttSource(
        settings=settings.mqtt,
        clock=house.clock,
        coalesce_ms=settings.collector.coalesce_ms,
        durable=False,
        client_id=f"{settings.mqtt.client_id}-{rooms}",
    )
    chain = DecoderChain.from_settings(
        mqtt=settings.mqtt,
        collector=settings.collector,
        known=house.known,
        zone=settings.site.time_zone,
    )
    commands = CommandOutlet(command_publisher(settings.mqtt))
    feed = LiveFeed(source=source, chain=LiveGate(chain, commands=commands), sinks=[house.live_state])
    house.feed = feed
    house.board.add("live feed", feed.health)

    def stop() -> None:
        feed.stop()
        commands.close()

    house.parts.append(Part(name="live feed", start=feed.start, stop=stop, is_alive=lambda: not feed.is_dead))


def _add_dashboard(house: House) -> None:
    web = house.settings.web
    app = create_app(
        records=house.records,
        store=house.store,
        live=house.live_state,
        rules=house.rules,
        clock=house.clock,
        settings=house.settings,
        health_parts=house.board.look,
    )
    server = WebServer(app=app, host=web.host, port=web.port, trusted_proxies=web.trusted_proxies)
    house.web = server
    house.parts.append(
        Part(name="web", start=server.start, stop=server.stop, is_alive=lambda: server.is_running)
    )
