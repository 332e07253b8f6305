"""Room-temperature sensors: what they make of the air around them, and what of it arrives.

What lives here: the way from a home's air temperature to a report. What does not: the home itself, what is particular
about each sensor (`simulators.devices.sensor_traits`), radio (`simulators.devices.radio_path`), payloads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heating.points import Measurement
from simulators.city_layout import CityLayout
from simulators.devices.radio_path import RadioPath
from simulators.devices.sample_packets import SamplePackets
from simulators.devices.sensor_traits import REFERENCE_S, SENTINEL_C, YEAR_S, draw_sensors
from simulators.effects import Effects
from simulators.random_streams import RandomStreams
from simulators.reports import Delivery, Fleet, Report
from simulators.scenario_devices import RoomFamily, SensorMix

__all__ = ["ROOM_POINTS", "RoomSensors"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

ROOM_POINTS = (
    "room_temp_c",
    "room_humidity_pct",
    "battery_v",
    "battery_pct",
    "signal_rssi_dbm",
    "low_battery",
    "sensor_moved",
    "backfilled",
)
"""Points of a room sensor's report, in the order of its columns."""
_HUMIDITY, _RSSI, _MOVED, _STORED = (
    ROOM_POINTS.index(name) for name in ("room_humidity_pct", "signal_rssi_dbm", "sensor_moved", "backfilled")
)
_OF_THE_MESSAGE = tuple(ROOM_POINTS.index(name) for name in ("battery_v", "battery_pct", "signal_rssi_dbm"))
"""Columns that only the newest row of a message has."""
_VOLTAGE, _LEVEL, _LOW = ("battery_v", "battery_pct", "low_battery")
_TELLS: dict[RoomFamily, frozenset[str]] = {
    RoomFamily.NATIVE: frozenset({_VOLTAGE, "signal_rssi_dbm", "backfilled"}),
    RoomFamily.CHIRPSTACK_V4: frozenset({_LEVEL, "signal_rssi_dbm", "backfilled"}),
    RoomFamily.TTN_V3: frozenset({_LEVEL, "signal_rssi_dbm", "backfilled"}),
    RoomFamily.NB_0X68: frozenset({_LOW, "signal_rssi_dbm", "backfilled"}),
    RoomFamily.CTWING_AEP: frozenset({_LOW, "signal_rssi_dbm", "backfilled"}),
    RoomFamily.ONENET: frozenset({_LEVEL, "signal_rssi_dbm"}),
    RoomFamily.ZIGBEE2MQTT: frozenset({_LEVEL, _VOLTAGE}),
    RoomFamily.TASMOTA: frozenset(),
}
"""What each family tells beside temperature and humidity; moves are told by sensors that notice them."""
_LOW_BATTERY_USED = 0.95
_MOVE_K = 1.0
"""A sensor that suddenly reads this much differently was carried somewhere else [K]."""
_MOVED_FOR_MS = 24 * 3_600_000
"""How long the switch goes on telling of a move [ms]."""


@dataclass(slots=True)
class _Memory:
    """What sensors remember from one sample to the next, shape ``(n_sensors,)``."""

    box_c: Floats
    """Temperature inside the box; NaN before the first sample [°C]."""
    box_ms: Places
    stuck: Floats
    """(n_sensors, 2) temperature and humidity that a stuck sensor repeats; NaN for all others."""
    shift_k: Floats
    """Displacement at the last sample [K]; NaN before the first."""
    moved_ms: Places
    """When the sensor was last moved [epoch ms]."""


class RoomSensors:
    """All assigned sensors; arrays have shape ``(n_sensors,)``.

    Parameters
    ----------
    layout : CityLayout
        Which sensor hangs where.
    random : RandomStreams
        Streams ``sensor.*``, ``reading.*`` and ``radio.*``.
    mix : SensorMix
        How good they are.
    families : sequence of RoomFamily or None
        In which payload family each speaks; None: natively.
    """

    def __init__(
        self,
        layout: CityLayout,
        random: RandomStreams,
        mix: SensorMix | None = None,
        families: Sequence[RoomFamily] | None = None,
    ) -> None:
        n = len(layout.sensor_key)
        self._mix = mix = SensorMix() if mix is None else mix
        spoken = tuple(families) if families is not None else (RoomFamily.NATIVE,) * n
        self.fleet = Fleet(
            measurement=Measurement.ROOM,
            ids=layout.sensor_ids,
            areas=tuple(layout.station_area[layout.home_station[home]] for home in layout.sensor_home),
            points=ROOM_POINTS,
        )
        self.traits = draw_sensors(layout, random, mix, spoken)
        self._random = random
        self._keys = layout.sensor_key
        self._radio = RadioPath(layout, random, mix, self.traits)
        self._packets = SamplePackets(self.traits.gathers, width=len(ROOM_POINTS))
        self._interval_ms = np.zeros(n, np.int64)
        usual = {"room_temp_c", "room_humidity_pct"}
        tells = np.array(
            [[name in usual | _TELLS[family] for name in ROOM_POINTS] for family in spoken], np.bool_
        ).reshape(n, len(ROOM_POINTS))
        tells[:, _MOVED] = self.traits.notices_moves
        self._untold = np.where(tells, 0.0, np.nan)
        never = np.zeros(n, np.int64)
        self._memory = _Memory(
            np.full(n, np.nan), never.copy(), np.full((n, 2), np.nan), np.full(n, np.nan), never - 2**60
        )
        self._held: list[Report] = []
        self._next_held_ms = 2**62

    def rhythm(self, interval_ms: NDArray[np.int64]) -> NDArray[np.int64]:
        """Take up a rhythm of messages and return the time between samples, shape ``(n_sensors,)`` [ms].

        Samples gathered and not yet sent are forgotten.
        """
        self._interval_ms = interval_ms
        return self._packets.rhythm(interval_ms, int(self._mix.sample_interval * 1000))

    def report(
        self, air_c: NDArray[np.float32], effects: Effects, places: Places, measured_ms: Places
    ) -> Report:
        """Let sensors take a sample and return what arrives of it, and of those gathered before.

        Parameters
        ----------
        air_c : ndarray
            (n_homes,) true air temperatures [°C].
        effects : Effects
            What is broken.
        places, measured_ms : ndarray
            (k,) which sensors are due, and when [epoch ms]; each at most once.
        """
        values = self._sample(air_c, effects, places, measured_ms)
        places, measured_ms, sent_ms, values = self._packets.gather(places, measured_ms, values)
        older = measured_ms != sent_ms
        values[np.ix_(older, _OF_THE_MESSAGE)] = np.nan
        fate = self._radio.fate(places, sent_ms, self._interval_ms[places], effects)
        values[fate.stored, _STORED] = 1.0
        values += self._untold[places]
        clock_ms = measured_ms + (effects.sensor_clock_shift_s[places] * 1000).astype(np.int64)
        delivery = Delivery(sent_ms + fate.delay_ms, fate.copies, self.traits.clockless[places])
        report = Report(self.fleet, places, clock_ms, values, delivery)
        held = fate.heard & (fate.delay_ms > 0)
        if held.any():
            self._held.append(report.select(held))
            self._next_held_ms = min(self._next_held_ms, int(delivery.sent_ms[held].min()))
        return report.select(fate.heard & ~held)

    def overdue(self, now_ms: int) -> Report | None:
        """Return the messages held back that arrive by now; None when there are none."""
        if self._next_held_ms > now_ms:
            return None
        held = _joined(self._held)
        assert held.delivery is not None
        waits = held.delivery.sent_ms > now_ms
        self._held = [held.select(waits)] if waits.any() else []
        self._next_held_ms = int(held.delivery.sent_ms[waits].min(initial=2**62))
        come = held.select(~waits)
        assert come.delivery is not None
        return come.select(np.argsort(come.delivery.sent_ms, kind="stable"))

    def _sample(
        self, air_c: NDArray[np.float32], effects: Effects, places: Places, measured_ms: Places
    ) -> Floats:
        """Return what the sensors show, shape ``(k, n_points)``."""
        traits, random, mix = self.traits, self._random, self._mix
        keys, second = self._keys[places], measured_ms // 1000
        noise = random.normal("reading.room", keys, second)
        t_s = measured_ms / 1000
        around = self._in_the_box(air_c[effects.sensor_home[places]], places, measured_ms)
        drift = traits.drift_k_per_year[places] * (t_s - REFERENCE_S) / YEAR_S
        room = around + traits.error_k[places] + drift + mix.noise_k * noise + effects.sensor_shift_k[places]
        step = traits.resolution_k[places]
        values = np.zeros((len(places), len(ROOM_POINTS)))
        values[:, 0] = np.round(np.round(room / step) * step, 2)
        values[:, _HUMIDITY] = np.round(np.clip(34 - 1.1 * (room - 21) + 2 * noise, 8, 80))
        self._hold_stuck(values, effects, places)
        absent = effects.sensor_sentinel[places] | (
            random.uniform("reading.sentinel", keys, second) < mix.sentinels
        )
        values[absent, 0] = SENTINEL_C
        used = traits.used_share(places, t_s)
        values[:, 2] = np.round(3.62 - 0.3 * used - 0.5 * used**12, 2)
        values[:, 3] = np.round(100 * (1 - used))
        values[:, _RSSI] = np.round(traits.rssi_dbm[places] + 2 * noise)
        values[:, 5] = used > _LOW_BATTERY_USED
        values[:, _MOVED] = self._moved(effects, places, measured_ms)
        values[:, _STORED] = np.nan
        return values

    def _in_the_box(self, air_c: NDArray[np.float32], places: Places, measured_ms: Places) -> Floats:
        """Return the temperature at the probe: that of the room, followed with a delay in a box."""
        memory, delay_s = self._memory, self.traits.delay_s[places]
        before = memory.box_c[places]
        passed_s = (measured_ms - memory.box_ms[places]) / 1000
        share = np.where(
            np.isnan(before) | (delay_s == 0), 1.0, 1 - np.exp(-passed_s / np.maximum(delay_s, 1))
        )
        inside = np.where(np.isnan(before), air_c, before + share * (air_c - np.nan_to_num(before)))
        memory.box_c[places] = inside
        memory.box_ms[places] = measured_ms
        return inside.astype(np.float64)

    def _hold_stuck(self, values: Floats, effects: Effects, places: Places) -> None:
        """Let stuck sensors repeat what they showed when it began."""
        stuck, memory = effects.sensor_stuck[places], self._memory.stuck
        fresh = np.isnan(memory[places, 0]) | ~stuck
        memory[places[fresh]] = np.where(stuck[fresh, None], values[fresh, :2], np.nan)
        values[stuck, :2] = memory[places[stuck]]

    def _moved(self, effects: Effects, places: Places, measured_ms: Places) -> NDArray[np.bool_]:
        """Return whether the switch tells of a move: readings jump when a sensor is carried, and drift when it ages."""
        memory, shift_k = self._memory, effects.sensor_shift_k[places]
        jumped = np.abs(shift_k - memory.shift_k[places]) >= _MOVE_K  # never true of NaN
        memory.moved_ms[places[jumped]] = measured_ms[jumped]
        memory.shift_k[places] = shift_k
        return np.asarray(measured_ms - memory.moved_ms[places] < _MOVED_FOR_MS)


def _joined(reports: Sequence[Report]) -> Report:
    """Join reports that all have a delivery."""
    deliveries = [report.delivery for report in reports if report.delivery is not None]
    return replace(
        reports[0],
        places=np.concatenate([report.places for report in reports]),
        measured_ms=np.concatenate([report.measured_ms for report in reports]),
        values=np.concatenate([report.values for report in reports]),
        delivery=Delivery(
            np.concatenate([delivery.sent_ms for delivery in deliveries]),
            np.concatenate([delivery.copies for delivery in deliveries]),
            np.concatenate([delivery.clockless for delivery in deliveries]),
        ),
    )
