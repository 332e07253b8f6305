"""Stations that are fed slot by slot, and the figures that their memory gives: for tests of what is learned."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from alerting.judging.layout import Layout
from alerting.judging.learned.declared import SLOT_MS, SLOTS_A_DAY
from alerting.judging.remembering import remember
from alerting.judging.signals.tables import Signals
from alerting.judging.windows import Windows
from heating.assets import Site
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import POINT_INDEX, Measurement
from heating.samples import ObjectRef, SampleBatch
from tests.support.small_site import small_site

__all__ = ["HEALTHY", "LearningPlant"]

HEALTHY: Mapping[str, float] = {
    "mains_power_ok": 1.0,
    "circulation_pump_1_running": 1.0,
    "circulation_pump_1_frequency_hz": 40.0,
    "secondary_flow_m3_per_h": 150.0,
    "primary_flow_m3_per_h": 60.0,
    "strainer_secondary_diff_pressure_mpa": 0.01,
    "strainer_primary_diff_pressure_mpa": 0.006,
    "exchanger_secondary_diff_pressure_mpa": 0.03,
    "secondary_diff_pressure_mpa": 0.08,
    "secondary_return_pressure_mpa": 0.3,
    "secondary_return_pressure_setpoint_mpa": 0.3,
    "secondary_supply_pressure_mpa": 0.38,
    "primary_supply_pressure_mpa": 0.8,
    "primary_return_pressure_mpa": 0.5,
    "secondary_supply_temp_c": 50.0,
    "secondary_supply_temp_setpoint_c": 50.0,
    "secondary_return_temp_c": 42.0,
    "primary_return_temp_c": 45.0,
    "primary_heat_rate_gj_per_h": 5.0,
    "primary_heat_total_gj": 10_000.0,
    "makeup_flow_m3_per_h": 0.2,
    "makeup_volume_total_m3": 500.0,
    "valve_command_pct": 50.0,
    "valve_position_pct": 50.0,
    "outdoor_temp_c": -10.0,
}
"""A station in the middle of its range. Its outdoor temperature trembles by 0.1 K from slot to slot, so that no two
readings are the same; its totals grow."""


_OBJECTS = (
    *(ObjectRef(Measurement.STATION, f"S{number}") for number in (1, 2, 3)),
    ObjectRef(Measurement.SOURCE, "P1"),
)
_SOURCE = (
    (POINT_INDEX[Measurement.SOURCE, "source_supply_pressure_mpa"], 0.9),
    (POINT_INDEX[Measurement.SOURCE, "source_return_pressure_mpa"], 0.4),
)


class LearningPlant:
    """Three stations of one branch and their source; all healthy but for what a call changes at the first one.

    Parameters
    ----------
    start : datetime
        Moment before the first slot.
    site : Site, optional
        The registry.
    """

    def __init__(
        self, start: datetime = datetime(2026, 1, 10, 2, tzinfo=UTC), site: Site | None = None
    ) -> None:
        registry = small_site(stations=3, homes=1) if site is None else site
        self.windows = Windows(Layout(registry, build_heat_tree(registry)))
        self.signals = Signals(standard_c=18.0, watching_since_ms=to_epoch_ms(start))
        self.now_ms = to_epoch_ms(start)
        self._slot = 0
        self._totals: dict[str, float] = {}
        self._last: dict[tuple[int, str], float] = {}

    def live(
        self,
        slots: int,
        changed: Mapping[str, float] | None = None,
        *,
        all_of: Mapping[str, float] | None = None,
        still: bool = False,
    ) -> None:
        """Let slots pass; `changed` is what the first station shows otherwise, `all_of` every station; NaN: nothing.

        With `still` the first station sends the same readings as before.
        """
        for _ in range(slots):
            self._slot += 1
            self.now_ms += SLOT_MS
            rows: list[tuple[int, int, float]] = []
            for number in (1, 2, 3):
                values = {**HEALTHY, **(all_of or {}), **((changed or {}) if number == 1 else {})}
                for point, value in values.items():
                    if not math.isnan(value):
                        place = POINT_INDEX[Measurement.STATION, point]
                        moved = self._moved(number, point, value, values)
                        if not (still and number == 1):
                            self._last[number, point] = moved
                        rows.append((number - 1, place, self._last.get((number, point), moved)))
            rows += [(3, place, value) for place, value in _SOURCE]
            self.windows.take(self._batch(rows))
            remember(self.signals, self.windows, now_ms=self.now_ms)

    def _batch(self, rows: list[tuple[int, int, float]]) -> SampleBatch:
        objects, points, values = zip(*rows, strict=True)
        moments = np.full(len(rows), self.now_ms, np.int64)
        return SampleBatch(
            objects=_OBJECTS,
            object_index=np.array(objects, np.int32),
            point=np.array(points, np.int16),
            measured_ms=moments,
            received_ms=moments,
            value=np.array(values, np.float64),
            quality=np.zeros(len(rows), np.uint8),
        )

    def know(self) -> None:
        """Let every normal and curve count as known: waiting for days is not what is tested."""
        memory = self.windows.memory(Measurement.STATION)
        memory.fitted[:] = np.maximum(memory.fitted, SLOTS_A_DAY)
        memory.normals[:, 1] = np.where(memory.normals[:, 1] > 0, SLOTS_A_DAY, 0.0)

    def _moved(self, number: int, point: str, value: float, values: Mapping[str, float]) -> float:
        if point == "outdoor_temp_c":
            return value + 0.1 * ((self._slot + number) % 2)
        if point == "makeup_volume_total_m3":
            key = f"{number}"
            self._totals[key] = self._totals.get(key, value) + values["makeup_flow_m3_per_h"] / 12
            return self._totals[key]
        return value

    def figure(self, name: str, station: int = 1) -> float:
        """Return a figure of a station as of the last slot."""
        return float(self.windows.memory(Measurement.STATION).figure(name)[station - 1])
