"""Points of stations, sources and weather sites, read off the state of the models.

What lives here: what perfect instruments of a station would show, and the reports of sources and weather sites. What
does not: physics (`simulators.stations.station_model`), noise, resolution and faults of a station's instruments
(`simulators.devices.station_instruments`).
"""

import numpy as np
from numpy.typing import NDArray

from heating.points import Measurement
from simulators.city_layout import CityLayout
from simulators.network.source_plant import SourceState
from simulators.reports import Fleet, Report
from simulators.stations.station_model import StationsModel, StationSurroundings
from simulators.weather.weather_series import WeatherSeries

__all__ = ["source_fleet", "source_report", "station_truth", "weather_fleet", "weather_report"]

Floats = NDArray[np.float64]

_MAKEUP_HZ = 38.0
_FLOOD_M3_PER_H = 1.0
"""Discharge of the relief valve that the floor drain does not swallow at once."""
_AMPERE_PER_KW = 1.75
"""Motor current per shaft power at 380 V and usual power factor."""


def station_truth(model: StationsModel, around: StationSurroundings) -> dict[str, Floats]:
    """Return what perfect instruments would show of every point that a station sends, each ``(n_stations,)``."""
    return {
        **_primary(model, around),
        **_secondary(model),
        **_pressure(model),
        **_pumps(model),
        **_electrical(model),
        "outdoor_temp_c": model.controllers.outdoor_sensor_c,
    }


def _primary(model: StationsModel, around: StationSurroundings) -> dict[str, Floats]:
    meters = model.meters
    return {
        "primary_supply_temp_c": around.primary_supply_c,
        "primary_return_temp_c": model.primary_return_c,
        "primary_supply_pressure_mpa": around.primary_supply_mpa,
        "primary_return_pressure_mpa": around.primary_return_mpa,
        "primary_flow_m3_per_h": meters.flow_m3_per_h,
        "primary_volume_total_m3": meters.volume_total_m3,
        "primary_heat_rate_gj_per_h": meters.heat_gj_per_h,
        "primary_heat_total_gj": meters.heat_total_gj,
        "strainer_primary_diff_pressure_mpa": model.primary_strainer_mpa,
        "valve_command_pct": model.controllers.valve_command_pct,
        "valve_position_pct": model.controllers.valve_pct,
        "control_mode": model.controllers.mode.astype(np.float64),
    }


def _secondary(model: StationsModel) -> dict[str, Floats]:
    circulation, hold = model.circulation, model.pressure.hold_mpa
    return {
        "secondary_supply_temp_c": model.supply_c,
        "secondary_supply_temp_setpoint_c": model.controllers.setpoint_c,
        "secondary_return_temp_c": model.return_c,
        "secondary_supply_pressure_mpa": hold + circulation.network_mpa,
        "secondary_return_pressure_mpa": hold,
        "secondary_return_pressure_setpoint_mpa": model.parameters.pressure.setpoint_mpa,
        "secondary_flow_m3_per_h": circulation.flow_m3_per_h,
        "secondary_diff_pressure_mpa": circulation.network_mpa,
        "strainer_secondary_diff_pressure_mpa": circulation.strainer_mpa,
        "exchanger_secondary_diff_pressure_mpa": circulation.exchanger_mpa,
    }


def _pressure(model: StationsModel) -> dict[str, Floats]:
    pressure = model.pressure
    never = np.zeros_like(pressure.tank_m)
    return {
        "makeup_flow_m3_per_h": pressure.makeup_m3_per_h,
        "makeup_volume_total_m3": pressure.makeup_total_m3,
        "makeup_tank_level_m": pressure.tank_m,
        "makeup_pump_1_running": pressure.makeup_runs.astype(np.float64),
        "makeup_pump_1_fault": pressure.makeup_fault.astype(np.float64),
        "makeup_pump_1_frequency_hz": np.where(pressure.makeup_runs, _MAKEUP_HZ, 0.0),
        "makeup_pump_2_running": pressure.second_runs.astype(np.float64),
        "makeup_pump_2_fault": never,
        "makeup_pump_2_frequency_hz": np.where(pressure.second_runs, _MAKEUP_HZ, 0.0),
        "relief_valve_open": pressure.relief_open.astype(np.float64),
        "flood_detected": (pressure.relief_m3_per_h > _FLOOD_M3_PER_H).astype(np.float64),
    }


def _electrical(model: StationsModel) -> dict[str, Floats]:
    mains = model.mains_ok.astype(np.float64)
    current = (model.circulation.power_kw * _AMPERE_PER_KW + 2.5) * mains
    return {
        "electricity_total_kwh": model.electricity_total_kwh,
        **{f"voltage_{phase}_v": 226.0 * mains for phase in "abc"},
        **{f"current_{phase}_a": current for phase in "abc"},
        "mains_power_ok": mains,
        "door_open": np.zeros_like(mains),
    }


def _pumps(model: StationsModel) -> dict[str, Floats]:
    truth: dict[str, Floats] = {}
    pumps = model.circulation
    for number in (1, 2):
        on_duty = pumps.duty == number
        name = f"circulation_pump_{number}"
        truth[f"{name}_running"] = (on_duty & pumps.runs).astype(np.float64)
        truth[f"{name}_fault"] = (on_duty & pumps.fault).astype(np.float64)
        truth[f"{name}_frequency_hz"] = np.where(on_duty, pumps.frequency_hz, 0.0)
        truth[f"{name}_current_a"] = np.where(on_duty, pumps.power_kw * _AMPERE_PER_KW, 0.0)
        truth[f"{name}_power_kw"] = np.where(on_duty, pumps.power_kw, 0.0)
    return truth


def source_fleet(layout: CityLayout) -> Fleet:
    """Return the heat sources as devices."""
    return Fleet(
        measurement=Measurement.SOURCE,
        ids=tuple(source.source_id for source in layout.site.sources),
        areas=tuple(source.area_id for source in layout.site.sources),
        points=(
            "source_supply_temp_c",
            "source_return_temp_c",
            "source_flow_m3_per_h",
            "source_supply_pressure_mpa",
            "source_return_pressure_mpa",
            "source_makeup_flow_m3_per_h",
            "source_heat_rate_gj_per_h",
        ),
    )


def source_report(
    fleet: Fleet, state: SourceState, places: NDArray[np.int64], measured_ms: NDArray[np.int64]
) -> Report:
    """Return what the sources at `places` show."""
    columns = (
        np.round(state.supply_c, 1),
        np.round(state.return_c, 1),
        np.round(state.flow_m3_per_h, 1),
        np.round(state.supply_mpa, 3),
        np.round(state.return_mpa, 3),
        np.round(state.makeup_m3_per_h, 2),
        np.round(state.heat_gj_per_h, 2),
    )
    return Report(
        fleet=fleet, places=places, measured_ms=measured_ms, values=np.stack(columns, axis=1)[places]
    )


def weather_fleet(layout: CityLayout) -> Fleet:
    """Return the weather sites as devices; they belong to the first top-level area."""
    area = layout.station_area[0] if layout.station_area else layout.site.areas[0].area_id
    forecasts = tuple(f"forecast_{hour}h_temp_c" for hour in (1, 3, 6, 12, 24))
    return Fleet(
        measurement=Measurement.WEATHER,
        ids=layout.site.weather_sites,
        areas=(area,) * len(layout.site.weather_sites),
        points=("outdoor_temp_c", "wind_speed_m_per_s", "radiation_w_per_m2", *forecasts),
    )


def weather_report(
    fleet: Fleet, weather: WeatherSeries, places: NDArray[np.int64], measured_ms: NDArray[np.int64]
) -> Report:
    """Return observation and forecast at the moments measured, shape ``(k, 8)``."""
    rows = []
    for moment_ms in measured_ms.tolist():
        t_s = moment_ms / 1000
        rows.append(
            [
                round(weather.outdoor_temp_c(t_s), 1),
                round(weather.wind_speed_m_per_s(t_s), 1),
                round(weather.radiation_w_per_m2(t_s), 0),
                *(round(weather.forecast_temp_c(t_s, hour), 1) for hour in (1, 3, 6, 12, 24)),
            ]
        )
    return Report(fleet=fleet, places=places, measured_ms=measured_ms, values=np.array(rows, np.float64))
