"""The collector room: from the broker to the store, the roll-ups that follow, and the upkeep of the store."""

from collector.devices.clock_skew import ClockSkewWatch
from collector.devices.device_commands import CommandOutlet
from collector.devices.device_reports import DeviceReports
from collector.devices.unknown_devices import UnknownDeviceWatch
from collector.intake.loss_reports import LossReports
from collector.intake.mqtt.losses import BrokerMemory
from collector.intake.mqtt.publisher import command_publisher
from collector.intake.mqtt.source import MqttSource
from collector.intake.pipeline import Collector, build_collector
from collector.intake.replay import DeviceReplay, ReplayingSource
from collector.intake.trouble_reports import TroubleReports
from runtime.assembling.housekeeping import Housekeeping
from runtime.assembling.rollup_part import build_rollups, rollup_part
from runtime.house import House
from runtime.supervisor import Part
from storage.readings.rollups.noting_store import NotingStore

__all__ = ["add_collector"]

_SUBSCRIPTIONS_FILE = "subscriptions.json"
_SESSION_FILE = "broker-session.json"


def _broker_memory(house: House) -> BrokerMemory:
    mqtt = house.settings.mqtt
    return BrokerMemory(
        house.settings.collector.spool_dir / _SESSION_FILE,
        identity=f"{mqtt.client_id}@{mqtt.host}:{mqtt.port}",
        clock=house.clock,
    )


def _durable_source(house: House, memory: BrokerMemory) -> ReplayingSource:
    settings = house.settings
    return ReplayingSource(
        MqttSource(
            settings=settings.mqtt,
            clock=house.clock,
            coalesce_ms=settings.collector.coalesce_ms,
            subscriptions_file=settings.collector.spool_dir / _SUBSCRIPTIONS_FILE,
            memory=memory,
        )
    )


def add_collector(house: House) -> None:
    """Add the collector, the roll-ups that follow its batches, and what keeps the store in order."""
    settings = house.settings
    memory = _broker_memory(house)
    source = house.source = _durable_source(house, memory)
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
        sinks=[house.live_state] if house.live_state else [],
        unknown=unknown,
        clocks=clocks,
        zone=settings.site.time_zone,
        commands=CommandOutlet(command_publisher(settings.mqtt)),
        on_losses=memory.seen,
    )
    house.collector = collector
    house.board.add("collector", collector.health)
    house.board.add("rollups", rollups.health)
    house.parts += [
        _housekeeping(house),
        rollup_part(rollups),
        _intake(collector),
        _device_reports(house, source, collector, unknown, clocks),
        *_room_reports(house, memory, collector),
    ]


def _intake(collector: Collector) -> Part:
    return Part(
        name="collector",
        start=collector.start,
        stop=collector.stop,
        is_alive=lambda: not collector.is_dead,
        starts_again=False,  # what it had in hand is safe only on disk and at the broker
    )


def _room_reports(house: House, memory: BrokerMemory, collector: Collector) -> list[Part]:
    """Return what brings losses and troubles of this collector to the records."""
    process, records = house.settings.mqtt.client_id, house.records.room_reports
    losses = LossReports(memory, records, process=process, clock=house.clock)
    troubles = TroubleReports(collector.troubles, records, process=process, clock=house.clock)
    return [
        Part(name="loss reports", start=losses.start, stop=losses.stop, is_alive=lambda: losses.is_running),
        Part(
            name="trouble reports",
            start=troubles.start,
            stop=troubles.stop,
            is_alive=lambda: troubles.is_running,
        ),
    ]


def _housekeeping(house: House) -> Part:
    keeper = Housekeeping(store=house.store, clock=house.clock)
    return Part(name="housekeeping", start=keeper.start, stop=keeper.stop, is_alive=lambda: keeper.is_running)


def _device_reports(
    house: House,
    source: ReplayingSource,
    collector: Collector,
    unknown: UnknownDeviceWatch,
    clocks: ClockSkewWatch,
) -> Part:
    replay = DeviceReplay(source=source, folder=house.settings.collector.spool_dir, clock=house.clock)
    reports = DeviceReports(
        records=house.records.devices,
        unknown=unknown,
        clocks=clocks,
        replay=replay,
        known=house.known,
        clock=house.clock,
        quiet=lambda: collector.take_quiet_senders(now_ms=house.clock.now_ms()),
        replay_topic=replay.of_topic,
    )
    return Part(
        name="device reports",
        start=reports.start,
        stop=reports.stop,
        is_alive=lambda: reports.is_running,
    )
