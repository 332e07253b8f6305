"""Readings and stations made by hand for tests of the pages; `tests.support.page_models` builds on them."""

from datetime import UTC, datetime, timedelta

from dashboard.stations.models import StationRow, StationState
from dashboard.web.values import Bilingual, PointValue
from heating.points import Measurement, point_named

NOW = datetime(2026, 1, 14, 12, 30, tzinfo=UTC)
"""20:30 in Xilinhot."""

AREAS = (
    ("a1", "希日塔拉街道", "Xirtala Subdistrict"),
    ("a2", "宝力根街道", "Baoligen Subdistrict"),
    ("a3", "杭盖街道", "Hanggai Subdistrict"),
    ("a4", "楚古兰街道", "Chugulan Subdistrict"),
)
_VALUES = {
    "primary_supply_temp_c": 92.4,
    "primary_return_temp_c": 48.1,
    "primary_supply_pressure_mpa": 0.842,
    "primary_return_pressure_mpa": 0.521,
    "primary_flow_m3_per_h": 61.7,
    "primary_heat_rate_gj_per_h": 11.42,
    "secondary_supply_temp_c": 52.3,
    "secondary_supply_temp_setpoint_c": 52.0,
    "secondary_return_temp_c": 41.8,
    "secondary_supply_pressure_mpa": 0.512,
    "secondary_return_pressure_mpa": 0.421,
    "secondary_return_pressure_setpoint_mpa": 0.42,
    "secondary_flow_m3_per_h": 246.0,
    "secondary_diff_pressure_mpa": 0.091,
    "makeup_flow_m3_per_h": 0.8,
    "makeup_tank_level_m": 1.42,
    "valve_position_pct": 63.0,
    "circulation_pump_1_running": 1.0,
    "circulation_pump_1_fault": 0.0,
    "circulation_pump_1_frequency_hz": 41.3,
    "circulation_pump_2_running": 0.0,
    "makeup_pump_1_running": 0.0,
    "outdoor_temp_c": -23.4,
    "mains_power_ok": 1.0,
}


def both(chinese: str, english: str) -> Bilingual:
    """Return a bilingual text."""
    return Bilingual(chinese, english)


def reading(
    point: str,
    value: float | None,
    *,
    age_s: float | None = 12.0,
    quality: str = "good",
    stale: bool = False,
    measurement: Measurement = Measurement.STATION,
) -> PointValue:
    """Return a value of a canonical point; None is missing."""
    known = point_named(measurement, point)
    moment = None if age_s is None else NOW - timedelta(seconds=age_s)
    return PointValue(
        point=point,
        unit=known.unit.value,
        label=both(known.label_zh, known.label_en),
        value=value,
        t=moment,
        age_s=age_s,
        quality=quality if value is not None or quality != "good" else "missing",
        stale=stale,
        symbol=known.symbol,
    )


def missing(point: str, measurement: Measurement = Measurement.STATION) -> PointValue:
    """Return a point that never came."""
    return reading(point, None, age_s=None, measurement=measurement)


OUTDOOR = reading("outdoor_temp_c", -24.6, age_s=240.0, measurement=Measurement.WEATHER)


def station_row(number: int) -> StationRow:
    """Return station 1 to 40: number 3 has tripped, 7 is offline, 11 is stale, 19 never spoke."""
    states = {3: StationState.ALARM, 7: StationState.OFFLINE, 11: StationState.STALE, 19: StationState.NEVER}
    state = states.get(number, StationState.ONLINE)
    age_s = {7: 4210.0, 11: 190.0, 19: None}.get(number, 8.0 + number)
    late = state in (StationState.OFFLINE, StationState.STALE)
    area = AREAS[number % len(AREAS)]
    shift = (number * 37 % 17 - 8) / 6.0 - (9.4 if number == 3 else 0.0)
    values = {
        name: missing(name)
        if number == 19
        else reading(
            name, value + (shift if name == "secondary_supply_temp_c" else 0), age_s=age_s, stale=late
        )
        for name, value in _VALUES.items()
    }
    return StationRow(
        station_id=f"st-{number:03d}",
        name=both(f"团结小区{number}号换热站", f"Tuanjie {number} station"),
        area_id=area[0],
        area_name=both(area[1], area[2]),
        state=state,
        emitter="floor" if number % 4 == 0 else "radiator",
        values=values,
        deviation_k=None if late or number == 19 else round(shift + 0.3, 2),
        last_seen=None if age_s is None else NOW - timedelta(seconds=age_s),
        age_s=age_s,
        interval_s=60.0,
        open_alarms=3 if number == 3 else 1 if number in (7, 12) else 0,
        worst_priority={3: 1, 7: 2, 12: 3}.get(number),
        longitude_deg=116.03 + (number * 53 % 41) / 500,
        latitude_deg=43.92 + (number * 29 % 37) / 700,
    )


def station_rows(count: int = 40) -> list[StationRow]:
    """Return stations 1 to `count`."""
    return [station_row(number) for number in range(1, count + 1)]
