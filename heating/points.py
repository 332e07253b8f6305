"""The canonical points: every quantity the system knows, with unit, plausible range and labels.

A point belongs to one measurement; its place in `POINTS` is its index, used in column arrays within one process
(never stored: stores and messages use names). The plausible range is what can be true of a working device: a value
outside it is kept with quality ``bad_range`` and never judged as a process state. Normal operating ranges and alarm
limits are configuration and live in rules and policies, not here. Source of names, labels and ranges: domain.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from heating.quantities import Unit

__all__ = [
    "CIRCULATION_PUMPS",
    "MAKEUP_PUMPS",
    "POINTS",
    "POINT_INDEX",
    "Measurement",
    "Point",
    "PointKind",
    "point_named",
    "points_of",
]

CIRCULATION_PUMPS = (1, 2, 3, 4)
"""Numbers of circulation pumps a station may have."""
MAKEUP_PUMPS = (1, 2)
"""Numbers of make-up pumps a station may have."""


class Measurement(StrEnum):
    """What kind of object a series belongs to; the value is the name in the time-series store."""

    STATION = "station"
    BUILDING = "building"
    SOURCE = "source"
    WEATHER = "weather"
    ROOM = "room"

    @property
    def tag(self) -> str:
        """Name of the tag that carries the object's id."""
        match self:
            case Measurement.WEATHER:
                return "site"
            case Measurement.ROOM:
                return "sensor"
            case _:
                return self.value


class PointKind(StrEnum):
    """How a value behaves."""

    GAUGE = "gauge"
    """A measured quantity; may rise and fall."""
    TOTAL = "total"
    """A register that only rises, save for resets."""
    SETPOINT = "setpoint"
    """A wanted value."""
    FLAG = "flag"
    """0 or 1."""
    MODE = "mode"
    """A small whole number with a meaning per device (control_mode: 0 local, 1 remote manual, 2 remote auto)."""


@dataclass(frozen=True, slots=True)
class Point:
    """One canonical point."""

    name: str
    """Canonical name with its unit suffix, for example ``secondary_supply_temp_c``; also the field name."""
    measurement: Measurement
    """The measurement it belongs to."""
    unit: Unit
    """Canonical unit of the value."""
    minimum: float
    """Lowest plausible value, in `unit`, inclusive."""
    maximum: float
    """Highest plausible value, in `unit`, inclusive."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    kind: PointKind = PointKind.GAUGE
    """How the value behaves."""
    symbol: str = ""
    """Short symbol used in rule texts and schematics, for example ``t2s``; empty when there is none."""


def _station() -> Iterator[Point]:
    st, c, mpa, flow = Measurement.STATION, Unit.CELSIUS, Unit.MEGAPASCAL, Unit.CUBIC_METRE_PER_HOUR
    set_, tot = PointKind.SETPOINT, PointKind.TOTAL
    yield Point(
        "primary_supply_temp_c", st, c, -40, 200, "一次供温", "Primary supply temperature", symbol="t1s"
    )
    yield Point(
        "primary_return_temp_c", st, c, -40, 200, "一次回温", "Primary return temperature", symbol="t1r"
    )
    yield Point(
        "primary_supply_pressure_mpa", st, mpa, -0.1, 4, "一次供压", "Primary supply pressure", symbol="p1s"
    )
    yield Point(
        "primary_return_pressure_mpa", st, mpa, -0.1, 4, "一次回压", "Primary return pressure", symbol="p1r"
    )
    yield Point("primary_flow_m3_per_h", st, flow, -3000, 3000, "一次瞬时流量", "Primary flow", symbol="g1")
    yield Point(
        "primary_volume_total_m3", st, Unit.CUBIC_METRE, 0, 1e10, "一次累计流量", "Primary volume", tot
    )
    yield Point(
        "primary_heat_rate_gj_per_h",
        st,
        Unit.GIGAJOULE_PER_HOUR,
        -500,
        1000,
        "瞬时热量",
        "Heat rate",
        symbol="q1",
    )
    yield Point("primary_heat_total_gj", st, Unit.GIGAJOULE, 0, 1e10, "累计热量", "Heat total", tot)
    yield Point(
        "secondary_supply_temp_c", st, c, -40, 150, "二次供温", "Secondary supply temperature", symbol="t2s"
    )
    yield Point(
        "secondary_supply_temp_setpoint_c",
        st,
        c,
        0,
        120,
        "二次供温设定",
        "Secondary supply setpoint",
        set_,
        "t2s_sp",
    )
    yield Point(
        "secondary_return_temp_c", st, c, -40, 150, "二次回温", "Secondary return temperature", symbol="t2r"
    )
    yield Point(
        "secondary_supply_pressure_mpa",
        st,
        mpa,
        -0.1,
        3,
        "二次供压",
        "Secondary supply pressure",
        symbol="p2s",
    )
    yield Point(
        "secondary_return_pressure_mpa",
        st,
        mpa,
        -0.1,
        3,
        "二次回压",
        "Secondary return pressure",
        symbol="p2r",
    )
    yield Point(
        "secondary_return_pressure_setpoint_mpa",
        st,
        mpa,
        0,
        3,
        "定压设定",
        "Pressure-holding setpoint",
        set_,
        "p2r_sp",
    )
    yield Point("secondary_flow_m3_per_h", st, flow, -3000, 3000, "二次流量", "Secondary flow", symbol="g2")
    yield Point("secondary_diff_pressure_mpa", st, mpa, -1, 2, "二次压差", "Secondary differential pressure")
    yield Point("makeup_flow_m3_per_h", st, flow, -100, 300, "补水瞬时流量", "Make-up flow", symbol="gmk")
    yield Point("makeup_volume_total_m3", st, Unit.CUBIC_METRE, 0, 1e9, "补水累计流量", "Make-up volume", tot)
    yield Point(
        "makeup_tank_level_m", st, Unit.METRE, -0.1, 20, "补水箱液位", "Make-up tank level", symbol="lt"
    )
    yield Point("valve_command_pct", st, Unit.PERCENT, -5, 105, "调节阀给定", "Valve command", set_, "vp_cmd")
    yield Point("valve_position_pct", st, Unit.PERCENT, -5, 105, "调节阀反馈", "Valve position", symbol="vp")
    yield from _pumps()
    yield Point(
        "strainer_primary_diff_pressure_mpa",
        st,
        mpa,
        -0.5,
        2,
        "一次除污器压差",
        "Primary strainer Δp",
        symbol="dp_str1",
    )
    yield Point(
        "strainer_secondary_diff_pressure_mpa",
        st,
        mpa,
        -0.5,
        2,
        "二次除污器压差",
        "Secondary strainer Δp",
        symbol="dp_str2",
    )
    yield Point(
        "exchanger_secondary_diff_pressure_mpa",
        st,
        mpa,
        -0.5,
        2,
        "板换二次压差",
        "Exchanger secondary Δp",
        symbol="dp_hx2",
    )
    yield Point(
        "outdoor_temp_c", st, c, -60, 60, "室外温度(站)", "Outdoor temperature (station)", symbol="t_out"
    )
    yield from _electrical_and_room()


def _pumps() -> Iterator[Point]:
    st, flag = Measurement.STATION, PointKind.FLAG
    for n in CIRCULATION_PUMPS:
        zh, en = f"{n}#循环泵", f"Circulation pump {n}"
        yield Point(
            f"circulation_pump_{n}_running",
            st,
            Unit.NONE,
            0,
            1,
            f"{zh}运行",
            f"{en} running",
            flag,
            f"run{n}",
        )
        yield Point(
            f"circulation_pump_{n}_fault", st, Unit.NONE, 0, 1, f"{zh}故障", f"{en} fault", flag, f"flt{n}"
        )
        yield Point(
            f"circulation_pump_{n}_frequency_hz",
            st,
            Unit.HERTZ,
            0,
            70,
            f"{zh}频率",
            f"{en} frequency",
            symbol=f"hz{n}",
        )
        yield Point(
            f"circulation_pump_{n}_current_a",
            st,
            Unit.AMPERE,
            0,
            1500,
            f"{zh}电流",
            f"{en} current",
            symbol=f"amp{n}",
        )
        yield Point(
            f"circulation_pump_{n}_power_kw",
            st,
            Unit.KILOWATT,
            0,
            1000,
            f"{zh}功率",
            f"{en} power",
            symbol=f"kw{n}",
        )
    for n in MAKEUP_PUMPS:
        zh, en = f"{n}#补水泵", f"Make-up pump {n}"
        yield Point(f"makeup_pump_{n}_running", st, Unit.NONE, 0, 1, f"{zh}运行", f"{en} running", flag)
        yield Point(f"makeup_pump_{n}_fault", st, Unit.NONE, 0, 1, f"{zh}故障", f"{en} fault", flag)
        yield Point(f"makeup_pump_{n}_frequency_hz", st, Unit.HERTZ, 0, 70, f"{zh}频率", f"{en} frequency")


def _electrical_and_room() -> Iterator[Point]:
    st, flag = Measurement.STATION, PointKind.FLAG
    yield Point(
        "electricity_total_kwh",
        st,
        Unit.KILOWATT_HOUR,
        0,
        1e10,
        "累计电量",
        "Electricity total",
        PointKind.TOTAL,
    )
    for phase in "abc":
        yield Point(
            f"voltage_{phase}_v", st, Unit.VOLT, 0, 500, f"{phase.upper()}相电压", f"Voltage {phase.upper()}"
        )
    for phase in "abc":
        yield Point(
            f"current_{phase}_a",
            st,
            Unit.AMPERE,
            0,
            3000,
            f"{phase.upper()}相电流",
            f"Current {phase.upper()}",
        )
    yield Point("mains_power_ok", st, Unit.NONE, 0, 1, "市电正常", "Mains power", flag, "pwr")
    yield Point("flood_detected", st, Unit.NONE, 0, 1, "站内积水", "Flood detected", flag, "flood")
    yield Point("relief_valve_open", st, Unit.NONE, 0, 1, "泄压阀开启", "Relief valve open", flag)
    yield Point("door_open", st, Unit.NONE, 0, 1, "门禁打开", "Door open", flag, "door")
    yield Point("control_mode", st, Unit.NONE, 0, 9, "控制方式", "Control mode", PointKind.MODE, "mode")


def _building() -> Iterator[Point]:
    b = Measurement.BUILDING
    yield Point(
        "inlet_supply_temp_c",
        b,
        Unit.CELSIUS,
        -40,
        150,
        "入口供温",
        "Inlet supply temperature",
        symbol="tb_s",
    )
    yield Point(
        "inlet_return_temp_c",
        b,
        Unit.CELSIUS,
        -40,
        150,
        "入口回温",
        "Inlet return temperature",
        symbol="tb_r",
    )
    yield Point(
        "inlet_flow_m3_per_h", b, Unit.CUBIC_METRE_PER_HOUR, -500, 500, "入口流量", "Inlet flow", symbol="gb"
    )
    yield Point(
        "inlet_diff_pressure_kpa",
        b,
        Unit.KILOPASCAL,
        -500,
        1000,
        "入口压差",
        "Inlet differential pressure",
        symbol="dpb",
    )
    yield Point("balancing_valve_pct", b, Unit.PERCENT, -5, 105, "平衡阀开度", "Balancing valve", symbol="vb")


def _source() -> Iterator[Point]:
    s, flow = Measurement.SOURCE, Unit.CUBIC_METRE_PER_HOUR
    yield Point(
        "source_supply_temp_c",
        s,
        Unit.CELSIUS,
        -40,
        200,
        "热源供温",
        "Source supply temperature",
        symbol="ts_src",
    )
    yield Point(
        "source_return_temp_c",
        s,
        Unit.CELSIUS,
        -40,
        200,
        "热源回温",
        "Source return temperature",
        symbol="tr_src",
    )
    yield Point("source_flow_m3_per_h", s, flow, -50000, 50000, "热源流量", "Source flow", symbol="gs_src")
    yield Point(
        "source_supply_pressure_mpa",
        s,
        Unit.MEGAPASCAL,
        -0.1,
        4,
        "热源供压",
        "Source supply pressure",
        symbol="ps_src",
    )
    yield Point(
        "source_return_pressure_mpa",
        s,
        Unit.MEGAPASCAL,
        -0.1,
        4,
        "热源回压",
        "Source return pressure",
        symbol="pr_src",
    )
    yield Point(
        "source_makeup_flow_m3_per_h",
        s,
        flow,
        -1000,
        3000,
        "热源补水流量",
        "Source make-up flow",
        symbol="gmk_src",
    )
    yield Point(
        "source_heat_rate_gj_per_h",
        s,
        Unit.GIGAJOULE_PER_HOUR,
        -1000,
        50000,
        "热源供热量",
        "Source heat rate",
    )


def _weather() -> Iterator[Point]:
    w = Measurement.WEATHER
    yield Point("outdoor_temp_c", w, Unit.CELSIUS, -60, 60, "室外温度", "Outdoor temperature")
    yield Point("wind_speed_m_per_s", w, Unit.METRE_PER_SECOND, 0, 80, "风速", "Wind speed")
    yield Point("radiation_w_per_m2", w, Unit.WATT_PER_SQUARE_METRE, 0, 1500, "太阳辐射", "Solar radiation")
    for hour in (1, 3, 6, 12, 24):
        yield Point(
            f"forecast_{hour}h_temp_c",
            w,
            Unit.CELSIUS,
            -60,
            60,
            f"{hour}小时预报",
            f"Forecast in {hour} h",
        )


def _room() -> Iterator[Point]:
    r, flag = Measurement.ROOM, PointKind.FLAG
    yield Point("room_temp_c", r, Unit.CELSIUS, -30, 60, "室温", "Room temperature", symbol="t_room")
    yield Point("room_humidity_pct", r, Unit.PERCENT, 0, 100, "室内湿度", "Room humidity", symbol="rh")
    yield Point("battery_v", r, Unit.VOLT, 0, 20, "电池电压", "Battery voltage", symbol="batt")
    yield Point("battery_pct", r, Unit.PERCENT, 0, 100, "电池电量", "Battery level")
    yield Point("signal_rssi_dbm", r, Unit.DECIBEL_MILLIWATT, -150, 20, "信号强度", "Signal strength")
    yield Point("sensor_fault", r, Unit.NONE, 0, 1, "传感器故障", "Sensor fault", flag)
    yield Point("sensor_moved", r, Unit.NONE, 0, 1, "传感器移动", "Sensor moved", flag)
    yield Point("low_battery", r, Unit.NONE, 0, 1, "电量低", "Low battery", flag)
    yield Point("backfilled", r, Unit.NONE, 0, 1, "补传", "Backfilled", flag)


def _link_states() -> Iterator[Point]:
    for measurement in Measurement:
        yield Point(
            "gateway_online", measurement, Unit.NONE, 0, 1, "通讯在线", "Gateway online", PointKind.FLAG
        )


POINTS: tuple[Point, ...] = (
    *_station(),
    *_building(),
    *_source(),
    *_weather(),
    *_room(),
    *_link_states(),
)
"""Every canonical point, in a fixed order."""
POINT_INDEX: dict[tuple[Measurement, str], int] = {
    (point.measurement, point.name): index for index, point in enumerate(POINTS)
}
"""Place of each point in `POINTS`, by measurement and name (``outdoor_temp_c`` exists at stations and weather sites)."""


def point_named(measurement: Measurement, name: str) -> Point:
    """Return the point of a measurement by its canonical name.

    Raises
    ------
    KeyError
        When the measurement has no such point.
    """
    return POINTS[POINT_INDEX[measurement, name]]


def points_of(measurement: Measurement) -> tuple[Point, ...]:
    """Return the points of one measurement, in the order of `POINTS`."""
    return tuple(point for point in POINTS if point.measurement is measurement)
