"""A bench with three thousand room sensors in rooms of known temperature, for the statistics of their imperfections."""

from datetime import UTC, datetime

import numpy as np

from simulators.city_layout import lay_out
from simulators.devices.room_sensors import ROOM_POINTS, RoomSensors
from simulators.effects import Effects, no_effects
from simulators.random_streams import RandomStreams
from simulators.reports import Report, Timetable
from simulators.scenario_devices import RoomFamily, SensorMix
from simulators.site.generator import generate_site

__all__ = ["HOUR_MS", "LAYOUT", "PERFECT", "SensorBench", "column"]

HOUR_MS = 3_600_000
START_MS = int(datetime(2026, 1, 15, tzinfo=UTC).timestamp() * 1000)
LAYOUT = lay_out(
    generate_site(
        stations=6,
        households=3000,
        sensed_fraction=1.0,
        seed=3,
        now=datetime(2026, 1, 15, tzinfo=UTC),
        station_interval_s=60.0,
        room_interval_s=(3600.0,),
    )[0]
)
PERFECT: dict[str, object] = {
    **dict.fromkeys(("noise_k", "bias_k", "drift_k_per_year", "by_radiator", "at_window", "boxed"), 0),
    **dict.fromkeys(("packets", "loss", "bad_spots", "outages_per_day", "duplicates", "late"), 0),
    **dict.fromkeys(("clock_never_set", "sentinels", "weak_batteries"), 0),
    "resolutions": {0.1: 1.0},
}
"""Sensors without a fault."""


def column(report: Report, point: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Return one point of all rows."""
    return report.values[:, ROOM_POINTS.index(point)]  # type: ignore[return-value]


class SensorBench:
    """Sensors with one imperfection, or all of them."""

    def __init__(
        self, *, perfect: bool = True, family: RoomFamily = RoomFamily.NATIVE, seed: int = 1, **mix: object
    ) -> None:
        values = {**PERFECT, **mix} if perfect else mix
        n = len(LAYOUT.sensor_key)
        self.sensors = RoomSensors(
            LAYOUT, RandomStreams(seed), SensorMix.model_validate(values), (family,) * n
        )
        self.effects: Effects = no_effects(LAYOUT)
        self.air_c = np.full(len(LAYOUT.home_key), 21.0, np.float32)
        self.now_ms = START_MS

    def run(self, hours: float, *, interval_ms: int = HOUR_MS) -> list[Report]:
        """Let time pass and return the reports; sensors send every `interval_ms`."""
        n = len(LAYOUT.sensor_key)
        times = Timetable(
            interval_ms=self.sensors.rhythm(np.full(n, interval_ms, np.int64)),
            phase=np.linspace(0, 0.99, n),
            start_ms=self.now_ms,
        )
        reports: list[Report] = []
        end_ms = self.now_ms + int(hours * HOUR_MS)
        while self.now_ms < end_ms:
            self.now_ms += 300_000
            for places, moments in times.due(self.now_ms):
                reports.append(self.sensors.report(self.air_c, self.effects, places, moments))
            held = self.sensors.overdue(self.now_ms)
            if held is not None:
                reports.append(held)
        return reports

    def values(self, hours: float, point: str = "room_temp_c") -> dict[int, list[float]]:
        """Return the values of a point by sensor, in order of arrival."""
        found: dict[int, list[float]] = {}
        for report in self.run(hours):
            for place, value in zip(report.places.tolist(), column(report, point).tolist(), strict=True):
                found.setdefault(place, []).append(value)
        return found
