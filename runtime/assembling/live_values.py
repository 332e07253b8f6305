"""Live values: the state that alerting and pages look at, its warm start, and a connection of its own to the broker.

In a process with a collector the collector hands its batches on; a room of its own listens to the broker besides.
"""

import socket
import uuid
from collections.abc import Collection

from alerting.judging.live_state import LiveState
from collector.devices.device_commands import CommandOutlet
from collector.intake.decoder_chain import DecoderChain
from collector.intake.live_feed import LiveFeed
from collector.intake.live_gate import LiveGate
from collector.intake.mqtt.publisher import command_publisher
from collector.intake.mqtt.source import MqttSource
from heating.heat_tree import build_heat_tree
from runtime.assembling.warm_start import WarmStart
from runtime.house import House
from runtime.rooms import Room
from runtime.supervisor import Part

__all__ = ["add_live_feed", "add_live_state", "listener_id"]


def listener_id(client_id: str, rooms: Collection[Room]) -> str:
    """Return the identity at the broker of a process that only listens, another one for each process.

    A broker ends the older of two connections with one id: an alerting process and the one that stands by for it have
    the same settings and would push each other out for ever. No session is kept under it, so it may be new each time.
    """
    host = socket.gethostname().partition(".")[0]
    return f"{client_id}-{'-'.join(sorted(rooms))}-{host}-{uuid.uuid4().hex[:8]}"


def add_live_state(house: House) -> None:
    """Add the live state and what fills it from the store."""
    site, clock = house.site, house.clock
    live_state = house.live_state = LiveState(site, build_heat_tree(site), now=clock.now())
    warm = WarmStart(live_state=live_state, store=house.store, clock=clock)
    house.board.add("warm start", warm.health)
    house.parts.append(
        Part(name="warm start", start=warm.start, stop=warm.stop, is_alive=lambda: warm.is_alive)
    )
    if Room.ALERTING not in house.rooms:  # the alerting service rebuilds the live state itself, within a tick
        house.site_followers.append(
            lambda changed: live_state.rebuild(changed, build_heat_tree(changed), now=clock.now())
        )


def add_live_feed(house: House) -> None:
    """Add a connection to the broker that only feeds the live state."""
    assert house.live_state is not None, "a feed without a live state has nobody to feed"
    settings = house.settings
    mqtt = settings.mqtt.of_room("alerting" if Room.ALERTING in house.rooms else "dashboard")
    source = house.source = MqttSource(
        settings=mqtt,
        clock=house.clock,
        coalesce_ms=settings.collector.coalesce_ms,
        durable=False,
        client_id=listener_id(settings.mqtt.client_id, house.rooms),
    )
    chain = DecoderChain.from_settings(
        mqtt=settings.mqtt,
        collector=settings.collector,
        known=house.known,
        zone=settings.site.time_zone,
    )
    commands = CommandOutlet(command_publisher(mqtt))
    feed = LiveFeed(source=source, chain=LiveGate(chain, commands=commands), sinks=[house.live_state])
    house.board.add("live feed", feed.health)

    def stop() -> None:
        feed.stop()
        commands.close()

    house.parts.append(
        Part(
            name="live feed",
            start=feed.start,
            stop=stop,
            is_alive=lambda: not feed.is_dead,
            starts_again=False,  # a connection ends with its sockets
        )
    )
