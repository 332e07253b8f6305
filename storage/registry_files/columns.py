"""Columns of registry files: their names in English and Chinese, and how a cell becomes a value and back.

What lives here: the kinds with their columns. Reading files is in `storage.registry_files.reading`, writing in
`storage.registry_files.writing`.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from heating.assets import (
    Area,
    Branch,
    Building,
    Community,
    Contract,
    Emitter,
    Household,
    Position,
    Sensor,
    SensorAssignment,
    Source,
    Station,
)

__all__ = [
    "COLUMNS",
    "COLUMN_OF_HEADER",
    "CONTACT_COLUMNS",
    "KINDS",
    "KIND_OF_WORD",
    "Column",
    "Kind",
    "UnreadableCellError",
]

_LOCAL = timezone(timedelta(hours=8))
"""A moment without zone in a file is time of China (UTC+8, no summer time)."""

_TRUTHS = {
    "true": True,
    "yes": True,
    "1": True,
    "是": True,
    "false": False,
    "no": False,
    "0": False,
    "否": False,
}
_EMITTERS: dict[str, object] = {
    "radiator": Emitter.RADIATOR,
    "floor": Emitter.FLOOR,
    "散热器": Emitter.RADIATOR,
    "暖气片": Emitter.RADIATOR,
    "地暖": Emitter.FLOOR,
}
_CONTRACTS: dict[str, object] = {
    "heating": Contract.HEATING,
    "suspended": Contract.SUSPENDED,
    "vacant": Contract.VACANT,
    "供暖": Contract.HEATING,
    "报停": Contract.SUSPENDED,
    "空置": Contract.VACANT,
}
_POSITIONS: dict[str, object] = {
    "mid": Position.MIDDLE,
    "edge": Position.EDGE,
    "top": Position.TOP,
    "ground": Position.GROUND,
    "top_edge": Position.TOP_EDGE,
    "中间户": Position.MIDDLE,
    "边户": Position.EDGE,
    "顶户": Position.TOP,
    "底户": Position.GROUND,
    "顶边户": Position.TOP_EDGE,
}
_CIRCUITS: dict[str, object] = {"low": "low", "high": "high", "低区": "low", "高区": "high"}


class UnreadableCellError(ValueError):
    """A cell that is no value of its column; the text is the remedy."""


def _text(cell: str) -> object:
    return cell


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise UnreadableCellError("write a number, for example 43.9") from None
    if not math.isfinite(value):
        raise UnreadableCellError("write a finite number")
    return value


def _whole(cell: str) -> object:
    value = _number(cell)
    if value != int(value):
        raise UnreadableCellError("write a whole number, for example 6")
    return int(value)


def _moment(cell: str) -> object:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise UnreadableCellError("write a moment, for example 2026-10-01T00:00:00+08:00") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=_LOCAL)).astimezone(UTC)


def _phone(cell: str) -> object:
    digits = re.sub(r"[\s\-()（）]", "", cell)
    return digits.removeprefix("+86") if re.fullmatch(r"\+861\d{10}", digits) else digits


def _one_of(words: Mapping[str, object]) -> Callable[[str], object]:
    def read(cell: str) -> object:
        try:
            return words[cell.casefold()]
        except KeyError:
            raise UnreadableCellError("write one of: " + ", ".join(words)) from None

    return read


@dataclass(frozen=True, slots=True)
class Column:
    """One column; an empty cell is the default of the field."""

    header: str
    """English name, as written."""
    chinese: str
    read: Callable[[str], object] = _text


COLUMNS = (
    Column("area_id", "区域编号"),
    Column("parent_id", "上级区域编号"),
    Column("area_kind", "区域类型"),
    Column("source_id", "热源编号"),
    Column("branch_id", "管线编号"),
    Column("parent_branch_id", "上级管线编号"),
    Column("station_id", "换热站编号"),
    Column("community_id", "小区编号"),
    Column("building_id", "楼栋编号"),
    Column("household_id", "住户编号"),
    Column("sensor_id", "传感器编号"),
    Column("weather_site_id", "气象站编号"),
    Column("name", "名称"),
    Column("name_en", "英文名称"),
    Column("longitude_deg", "经度", _number),
    Column("latitude_deg", "纬度", _number),
    Column("capacity_gj_per_h", "供热能力GJ/h", _number),
    Column("emitter", "末端形式", _one_of(_EMITTERS)),
    Column("heated_area_m2", "供热面积m2", _number),
    Column("design_flow_m3_per_h", "设计流量m3/h", _number),
    Column("static_head_mpa", "静压MPa", _number),
    Column("tank_height_m", "补水箱高度m", _number),
    Column("report_interval_s", "上报间隔s", _number),
    Column("circuit", "分区", _one_of(_CIRCUITS)),
    Column("floors", "层数", _whole),
    Column("units", "单元数", _whole),
    Column("built_year", "建成年份", _whole),
    Column("unit", "单元", _whole),
    Column("floor", "楼层", _whole),
    Column("room", "门牌号"),
    Column("area_m2", "建筑面积m2", _number),
    Column("position", "户型位置", _one_of(_POSITIONS)),
    Column("contract", "供暖状态", _one_of(_CONTRACTS)),
    Column("vulnerable", "重点关怀", _one_of(_TRUTHS)),
    Column("contact_name", "联系人"),
    Column("phone", "电话", _phone),
    Column("sensor_kind", "传感器类型"),
    Column("interval_s", "采集间隔s", _number),
    Column("start", "开始时间", _moment),
    Column("end", "结束时间", _moment),
)
"""Every column but `kind`, in the order of a file."""

CONTACT_COLUMNS = ("contact_name", "phone")
"""Columns of a household's row that go to its contact."""

COLUMN_OF_HEADER: Mapping[str, str] = {
    header.casefold(): column.header for column in COLUMNS for header in (column.header, column.chinese)
} | {"kind": "kind", "类别": "kind"}
"""English and Chinese headers, case folded, to the column."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of row."""

    name: str
    chinese: str
    attribute: str
    """Attribute of `heating.assets.Site`."""
    asset: type[object] | None
    """None for weather sites, which are only an id."""
    columns: Mapping[str, str]
    """Column to field of the asset."""
    required: tuple[str, ...]
    """Columns that may not be empty."""


def _columns(names: str, **renamed: str) -> dict[str, str]:
    return {name: name for name in names.split()} | renamed


KINDS = (
    Kind(
        "area",
        "区域",
        "areas",
        Area,
        _columns("area_id name name_en parent_id", area_kind="kind"),
        ("area_id", "name"),
    ),
    Kind(
        "source",
        "热源",
        "sources",
        Source,
        _columns("source_id name area_id longitude_deg latitude_deg capacity_gj_per_h"),
        ("source_id", "name", "area_id"),
    ),
    Kind(
        "branch",
        "管线",
        "branches",
        Branch,
        _columns("branch_id name source_id parent_branch_id"),
        ("branch_id", "name", "source_id"),
    ),
    Kind(
        "station",
        "换热站",
        "stations",
        Station,
        _columns(
            "station_id name name_en area_id branch_id longitude_deg latitude_deg emitter heated_area_m2 "
            "design_flow_m3_per_h static_head_mpa tank_height_m report_interval_s"
        ),
        ("station_id", "name", "area_id", "branch_id"),
    ),
    Kind(
        "community",
        "小区",
        "communities",
        Community,
        _columns("community_id name name_en area_id longitude_deg latitude_deg"),
        ("community_id", "name", "area_id"),
    ),
    Kind(
        "building",
        "楼栋",
        "buildings",
        Building,
        _columns("building_id name community_id station_id circuit floors units built_year"),
        ("building_id", "name", "community_id", "station_id"),
    ),
    Kind(
        "household",
        "住户",
        "households",
        Household,
        _columns("household_id building_id unit floor room area_m2 position contract vulnerable"),
        ("household_id", "building_id", "unit", "floor", "room"),
    ),
    Kind(
        "sensor",
        "传感器",
        "sensors",
        Sensor,
        _columns("sensor_id interval_s", sensor_kind="kind"),
        ("sensor_id",),
    ),
    Kind(
        "assignment",
        "绑定",
        "assignments",
        SensorAssignment,
        _columns("sensor_id household_id start end"),
        ("sensor_id", "household_id", "start"),
    ),
    Kind("weather_site", "气象站", "weather_sites", None, _columns("weather_site_id"), ("weather_site_id",)),
)
"""Kinds in the order of a file, parents before children."""

KIND_OF_WORD: Mapping[str, Kind] = {word: kind for kind in KINDS for word in (kind.name, kind.chinese)}
"""English and Chinese names of kinds."""
