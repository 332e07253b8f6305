"""The transmitters, meters and gateways of stations: noise, resolution, and what goes wrong with them.

What lives here: from the truth of a station to its report. What does not: the truth (`simulators.stations`), payloads.
Noise is keyed by station, point and moment, so that no fault shifts it.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from heating.points import POINT_INDEX, Measurement
from simulators.city_layout import CityLayout
from simulators.effects import Effects
from simulators.random_streams import RandomStreams, entity_keys
from simulators.reports import Fleet, Report
from simulators.stations.station_model import StationsModel, StationSurroundings
from simulators.stations.station_readings import station_truth

__all__ = ["StationInstruments", "circuit_places"]

Floats = NDArray[np.float64]

_TEMPERATURE = (0.06, 0.1)
_PRESSURE = (0.0012, 0.001)
_POINTS: dict[str, tuple[float, float]] = {
    "primary_supply_temp_c": _TEMPERATURE,
    "primary_return_temp_c": _TEMPERATURE,
    "primary_supply_pressure_mpa": _PRESSURE,
    "primary_return_pressure_mpa": _PRESSURE,
    "primary_flow_m3_per_h": (0.0, 0.01),
    "primary_volume_total_m3": (0.0, 0.01),
    "primary_heat_rate_gj_per_h": (0.0, 0.001),
    "primary_heat_total_gj": (0.0, 0.001),
    "secondary_supply_temp_c": _TEMPERATURE,
    "secondary_supply_temp_setpoint_c": (0.0, 0.1),
    "secondary_return_temp_c": _TEMPERATURE,
    "secondary_supply_pressure_mpa": _PRESSURE,
    "secondary_return_pressure_mpa": _PRESSURE,
    "secondary_return_pressure_setpoint_mpa": (0.0, 0.001),
    "secondary_flow_m3_per_h": (0.0, 0.1),
    "secondary_diff_pressure_mpa": _PRESSURE,
    "makeup_flow_m3_per_h": (0.0, 0.01),
    "makeup_volume_total_m3": (0.0, 0.01),
    "makeup_tank_level_m": (0.004, 0.01),
    "valve_command_pct": (0.0, 0.1),
    "valve_position_pct": (0.15, 0.1),
    "circulation_pump_1_running": (0.0, 1.0),
    "circulation_pump_1_fault": (0.0, 1.0),
    "circulation_pump_1_frequency_hz": (0.0, 0.1),
    "circulation_pump_1_current_a": (0.0, 0.1),
    "circulation_pump_1_power_kw": (0.0, 0.01),
    "circulation_pump_2_running": (0.0, 1.0),
    "circulation_pump_2_fault": (0.0, 1.0),
    "circulation_pump_2_frequency_hz": (0.0, 0.1),
    "circulation_pump_2_current_a": (0.0, 0.1),
    "circulation_pump_2_power_kw": (0.0, 0.01),
    "makeup_pump_1_running": (0.0, 1.0),
    "makeup_pump_1_fault": (0.0, 1.0),
    "makeup_pump_1_frequency_hz": (0.0, 0.1),
    "makeup_pump_2_running": (0.0, 1.0),
    "makeup_pump_2_fault": (0.0, 1.0),
    "makeup_pump_2_frequency_hz": (0.0, 0.1),
    "strainer_primary_diff_pressure_mpa": (0.0003, 0.001),
    "strainer_secondary_diff_pressure_mpa": (0.0003, 0.001),
    "exchanger_secondary_diff_pressure_mpa": (0.0006, 0.001),
    "outdoor_temp_c": (0.08, 0.1),
    "electricity_total_kwh": (0.0, 0.1),
    "voltage_a_v": (0.9, 0.1),
    "voltage_b_v": (0.9, 0.1),
    "voltage_c_v": (0.9, 0.1),
    "current_a_a": (0.0, 0.1),
    "current_b_a": (0.0, 0.1),
    "current_c_a": (0.0, 0.1),
    "mains_power_ok": (0.0, 1.0),
    "flood_detected": (0.0, 1.0),
    "relief_valve_open": (0.0, 1.0),
    "door_open": (0.0, 1.0),
    "control_mode": (0.0, 1.0),
}
"""Points that a station sends, each with noise (one sigma) and resolution in the unit of the point."""
_PLACE = {name: place for place, name in enumerate(_POINTS)}
_PRESSURES = [
    _PLACE[f"{side}_{end}_pressure_mpa"] for side in ("primary", "secondary") for end in ("supply", "return")
]
_VOLTAGES = [_PLACE[f"voltage_{phase}_v"] for phase in "abc"]
_SPIKE_SHARE = 0.4
"""Share of the readings of a pressure transmitter that are spikes while interference lasts."""


_OF_CIRCUITS = np.array(
    [place for name, place in _PLACE.items() if (Measurement.CIRCUIT, name) in POINT_INDEX], np.int64
)

_SUMMED = np.array(
    [
        _PLACE[name]
        for name in (
            "primary_flow_m3_per_h",
            "primary_volume_total_m3",
            "primary_heat_rate_gj_per_h",
            "primary_heat_total_gj",
            "electricity_total_kwh",
            *(f"current_{phase}_a" for phase in "abc"),
        )
    ],
    np.int64,
)
"""What all circuits of a house use, its meters count together."""
_FLOW, _RETURN = _PLACE["primary_flow_m3_per_h"], _PLACE["primary_return_temp_c"]


def circuit_places(layout: CityLayout) -> NDArray[np.int64]:
    """Return the place of each station among the circuits of houses with several; -1 for all others."""
    shared = layout.shares_house
    return np.where(shared, np.cumsum(shared) - 1, -1).astype(np.int64)


class StationInstruments:
    """The instruments of all stations."""

    def __init__(self, layout: CityLayout, random: RandomStreams) -> None:
        ids = [station.station_id for station in layout.stations]
        shared = np.flatnonzero(layout.shares_house).tolist()
        self.fleet = Fleet(
            measurement=Measurement.STATION,
            ids=tuple(house.station_id for house in layout.site.stations),
            areas=tuple(layout.station_area[place] for place in layout.house_first.tolist()),
            points=tuple(_POINTS),
        )
        self.circuits = Fleet(
            measurement=Measurement.CIRCUIT,
            ids=tuple(ids[place] for place in shared),
            areas=tuple(layout.station_area[place] for place in shared),
            points=tuple(list(_POINTS)[place] for place in _OF_CIRCUITS.tolist()),
        )
        self._layout = layout
        self._shared, self._circuit_place = layout.shares_house, circuit_places(layout)
        self._houses = [
            layout.in_house_of(first) for first in layout.house_first.tolist() if self._shared[first]
        ]
        """Stations of each house with several."""
        self._random = random
        self._keys = np.stack(
            [entity_keys([f"{station_id}/{name}" for station_id in ids]) for name in _POINTS], axis=1
        )
        self._noise = np.array([noise for noise, _ in _POINTS.values()])
        self._resolution = np.array([resolution for _, resolution in _POINTS.values()])
        self._noisy = np.flatnonzero(self._noise > 0)
        self._frozen = np.full((len(ids), len(_POINTS)), np.nan)
        """(n_stations, n_points) what a frozen controller goes on sending; NaN for all others."""

    def reports(
        self,
        model: StationsModel,
        around: StationSurroundings,
        places: NDArray[np.int64],
        measured_ms: NDArray[np.int64],
    ) -> Iterator[Report]:
        """Yield what the stations at `places` show, shape ``(k,)``, measured at `measured_ms` [epoch ms].

        The first circuit of a house with several stands in for the house; then come the circuits one by one.
        """
        values = self._values(model, around, places, measured_ms)
        shared, layout = self._shared[places], self._layout
        if not shared.any():
            yield Report(self.fleet, layout.station_house[places], measured_ms, values)
            return
        of_circuits = values[shared][:, _OF_CIRCUITS]
        values[np.ix_(np.flatnonzero(shared), _OF_CIRCUITS)] = np.nan
        speaks = layout.house_first[layout.station_house[places]] == places
        yield Report(self.fleet, layout.station_house[places[speaks]], measured_ms[speaks], values[speaks])
        yield Report(self.circuits, self._circuit_place[places[shared]], measured_ms[shared], of_circuits)

    def _add_up_houses(self, shown: Floats) -> None:
        """Put what the meters and gauges of a house with several circuits show in the place of its first one."""
        for members in self._houses:
            flow = np.maximum(shown[_FLOW, members], 1e-6)
            returned = float(np.average(shown[_RETURN, members], weights=flow))
            summed = shown[np.ix_(_SUMMED, members)].sum(axis=1)
            shown[_SUMMED, members[0]], shown[_RETURN, members[0]] = summed, returned

    def _values(
        self,
        model: StationsModel,
        around: StationSurroundings,
        places: NDArray[np.int64],
        measured_ms: NDArray[np.int64],
    ) -> Floats:
        """Return what every point of the stations at `places` shows, shape ``(k, n_points)``."""
        truth, effects = station_truth(model, around), around.effects
        shown = np.empty((len(_POINTS), len(self._keys)))
        for row, name in enumerate(_POINTS):
            shown[row] = truth[name]
        shown[_PLACE["secondary_supply_temp_c"]] += effects.supply_sensor_shift_k
        self._add_up_houses(shown)
        values = np.ascontiguousarray(shown[:, places].T)
        columns, second = self._noisy, measured_ms[:, None] // 1000
        noise = self._random.normal("reading.station", self._keys[places][:, columns], second)
        mains = values[:, _PLACE["mains_power_ok"]] > 0
        values[:, columns] += noise * self._noise[columns]
        values[:, _VOLTAGES] *= mains[:, None]
        self._add_spikes(values, effects, places, second)
        values = np.asarray(np.round(np.round(values / self._resolution) * self._resolution, 4), np.float64)
        self._hold_frozen(values, effects, places)
        return values

    def _add_spikes(
        self, values: Floats, effects: Effects, places: NDArray[np.int64], second: NDArray[np.int64]
    ) -> None:
        """Add interference to the pressure transmitters: now and then, up or down, each on its own."""
        height = effects.pressure_spike_mpa[places]
        if not height.any():
            return
        keys = self._keys[places][:, _PRESSURES]
        happens = self._random.uniform("reading.spike", keys, second) < _SPIKE_SHARE
        size = 2 * self._random.uniform("reading.spike_size", keys, second) - 1
        values[:, _PRESSURES] += np.where(happens, height[:, None] * size, 0.0)

    def _hold_frozen(self, values: Floats, effects: Effects, places: NDArray[np.int64]) -> None:
        """Let frozen controllers repeat what they showed when it began."""
        frozen = effects.instruments_frozen[places]
        fresh = places[frozen & np.isnan(self._frozen[places, 0])]
        if len(fresh):
            self._frozen[fresh] = values[np.isin(places, fresh)]
        self._frozen[places[~frozen]] = np.nan
        values[frozen] = self._frozen[places[frozen]]
