"""The nominal load of a league: who is registered, what they send, and a sender in a process of its own.

1,129 room messages a second (338,600 rooms, one reading in five minutes) and 643 station messages a second with 30
points each make 1,772 messages and 21,548 values a second. Each message carries the time at which it was published, so
that whoever receives it knows how long it took. What does not live here: what is measured on it (`bench_league`,
`bench_backlog`).
"""

import gc
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import paho.mqtt.client as paho
from numpy.typing import NDArray
from paho.mqtt.enums import CallbackAPIVersion

from heating.assets import Site
from heating.clock import SystemClock
from heating.intervals import from_epoch_ms
from heating.points import Measurement, points_of
from heating.samples import SampleBatch
from simulators.site.generator import generate_site

__all__ = ["NOMINAL_PER_S", "Delays", "League", "nominal_sender", "registered_league"]

STATIONS, HOMES = 643, 338_600
ROOMS_PER_S = 1_129
STATION_POINTS = 30
NOMINAL_PER_S = ROOMS_PER_S + STATIONS
"""Messages a second [1/s]."""
TICK_S = 0.01
IN_FLIGHT = 500
"""Messages on the way at once: paho looks through all of them at every acknowledgement."""
MOST_WAITING = 40_000
"""Messages handed to paho and not acknowledged, at most: their ids are 16 bits wide."""
_ROOM_VALUES = b'"v":{"room_temp_c":21.5,"room_humidity_pct":35.2}}'


@dataclass(frozen=True, slots=True)
class League:
    """Everybody who sends, and the topics they send on."""

    site: Site
    rooms: list[str]
    stations: list[str]

    def message(self, number: int, now_ms: int) -> tuple[str, bytes]:
        """Return the topic and the payload of a message; stations and rooms alternate evenly."""
        turn, slot = divmod(number, NOMINAL_PER_S)
        before = slot * STATIONS // NOMINAL_PER_S
        head = b'{"t":%d,' % now_ms
        if (slot + 1) * STATIONS // NOMINAL_PER_S > before:
            return self.stations[before], head + _station_values()
        return self.rooms[(turn * ROOMS_PER_S + slot - before) % len(self.rooms)], head + _ROOM_VALUES

    def values_of(self, messages: int) -> int:
        """Return how many values so many messages carry, from the first on."""
        turns, rest = divmod(messages, NOMINAL_PER_S)
        stations = turns * STATIONS + rest * STATIONS // NOMINAL_PER_S
        return stations * STATION_POINTS + (messages - stations) * 2


@cache
def _station_values() -> bytes:
    points = points_of(Measurement.STATION)[:STATION_POINTS]
    values = ",".join(f'"{point.name}":{(point.minimum + point.maximum) / 2:.2f}' for point in points)
    return b'"v":{' + values.encode() + b"}}"


@cache
def registered_league() -> League:
    """Invent the registry; every home has a sensor. About ten seconds, once a process."""
    site, _contacts = generate_site(
        stations=STATIONS,
        households=HOMES,
        sensed_fraction=1.0,
        seed=1,
        now=from_epoch_ms(SystemClock().now_ms()),
        room_interval_s=(300.0,),
        station_interval_s=1.0,
    )
    area = {item.station_id: item.area_id for item in site.stations}
    of_building = {item.building_id: area[item.station_id] for item in site.buildings}
    of_home = {item.household_id: of_building[item.building_id] for item in site.households}
    return League(
        site=site,
        rooms=[
            f"heat/{of_home[item.household_id]}/room/{item.sensor_id}/telemetry" for item in site.assignments
        ],
        stations=[f"heat/{area[key]}/station/{key}/telemetry" for key in area],
    )


@dataclass(slots=True)
class Delays:
    """A sink: how long each message took from its publishing to here; a `heating.protocols.BatchSink`."""

    since_ms: int = 0
    """Older messages are backlog and not judged [epoch ms]."""
    found: list[NDArray[np.int64]] = field(default_factory=list)

    def accept(self, batch: SampleBatch) -> None:
        """Note the delay of each value [ms]."""
        fresh = batch.measured_ms[batch.measured_ms >= self.since_ms]
        self.found.append(SystemClock().now_ms() - fresh)

    def percentile_s(self, percent: float) -> float:
        """Return a percentile of the delays [s]; infinite when nothing came."""
        delays = np.concatenate(self.found) if self.found else np.zeros(0, np.int64)
        return float(np.percentile(delays, percent)) / 1000.0 if len(delays) else float("inf")


def _send(league: League, words: Connection) -> None:
    gc.freeze()
    port, total = words.recv()
    acknowledged = 0

    def note(*_arguments: Any) -> None:
        nonlocal acknowledged
        acknowledged += 1

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="league-load")
    client.max_inflight_messages_set(IN_FLIGHT)
    client.on_publish = note
    client.connect("127.0.0.1", port)
    client.loop_start()
    pause, clock = threading.Event(), SystemClock()
    start_s, sent = time.monotonic(), 0
    while sent < total:
        due = min(total, int((time.monotonic() - start_s) * NOMINAL_PER_S), acknowledged + MOST_WAITING)
        for number in range(sent, due):
            client.publish(*league.message(number, clock.now_ms()), qos=1)
        sent = max(sent, due)
        pause.wait(TICK_S)
    while acknowledged < total:
        pause.wait(TICK_S)
    words.send(time.monotonic() - start_s)
    client.disconnect()
    client.loop_stop()


@contextmanager
def nominal_sender(league: League) -> Iterator[Connection]:
    """Start a sender in a process of its own; fork it before other threads run.

    Yields
    ------
    Connection
        Takes (port, messages), then publishes so many at the nominal rate; tells the seconds it took once all are
        acknowledged.
    """
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=_send, args=(league, theirs), daemon=True)
    child.start()
    try:
        yield ours
    finally:
        child.terminate()
        child.join(10)
        ours.close()
        theirs.close()
