"""Columns of registry files: their names in English and Chinese, and how a cell becomes a value and back.

What lives here: the kinds with their columns. Reading files is in `storage.registry_files.reading`, writing in
`storage.registry_files.writing`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from heating.asset_kinds import ASSET_KIND_NAMED, AssetKind
from heating.assets import Contract, Emitter, Position, Zone
from heating.circuits import ZONE_OF_WORD
from storage.registry_files.office_forms import (
    UnreadableCellError,
    first_phone,
    moment_of,
    number_of,
    plain_id,
    plain_text,
)

__all__ = [
    "COLUMNS",
    "COLUMN_OF_HEADER",
    "CONTACT_COLUMNS",
    "ROW_KINDS",
    "ROW_KIND_OF_WORD",
    "Column",
    "RowKind",
    "UnreadableCellError",
]

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
_ZONES: dict[str, object] = {zone.value: zone.value for zone in Zone}
_ZONES |= {word: zone.value for word, zone in ZONE_OF_WORD.items()}


def _text(cell: str) -> object:
    return cell


def _number(*units: str) -> Callable[[str], object]:
    return lambda cell: number_of(cell, units)


def _whole(*units: str) -> Callable[[str], object]:
    def read(cell: str) -> object:
        value = number_of(cell, units)
        if value != int(value):
            raise UnreadableCellError("Write a whole number, for example 6.")
        return int(value)

    return read


def _phone(cell: str) -> object:
    return first_phone(cell)[0]


def _one_of(words: Mapping[str, object]) -> Callable[[str], object]:
    def read(cell: str) -> object:
        try:
            return words[plain_text(cell).casefold()]
        except KeyError:
            raise UnreadableCellError(f"Write one of: {', '.join(words)}.") from None

    return read


@dataclass(frozen=True, slots=True)
class Column:
    """One column; an empty cell is the default of the field."""

    header: str
    """English name, as written."""
    chinese: str
    read: Callable[[str], object] = _text


COLUMNS = (
    Column("area_id", "区域编号", plain_id),
    Column("parent_id", "上级区域编号", plain_id),
    Column("area_kind", "区域类型"),
    Column("source_id", "热源编号", plain_id),
    Column("branch_id", "管线编号", plain_id),
    Column("parent_branch_id", "上级管线编号", plain_id),
    Column("station_id", "换热站编号", plain_id),
    Column("circuit_id", "环路编号", plain_id),
    Column("community_id", "小区编号", plain_id),
    Column("building_id", "楼栋编号", plain_id),
    Column("household_id", "住户编号", plain_id),
    Column("sensor_id", "传感器编号", plain_id),
    Column("weather_site_id", "气象站编号", plain_id),
    Column("name", "名称"),
    Column("name_en", "英文名称"),
    Column("longitude_deg", "经度", _number("°", "度")),
    Column("latitude_deg", "纬度", _number("°", "度")),
    Column("capacity_gj_per_h", "供热能力GJ/h", _number("gj/h")),
    Column("emitter", "末端形式", _one_of(_EMITTERS)),
    Column("heated_area_m2", "供热面积m2", _number("m2", "平方米", "平米")),
    Column("design_flow_m3_per_h", "设计流量m3/h", _number("m3/h")),
    Column("static_head_mpa", "静压MPa", _number("mpa")),
    Column("tank_height_m", "补水箱高度m", _number("m", "米")),
    Column("report_interval_s", "上报间隔s", _number("s", "秒")),
    Column("circuit", "分区", _one_of(_ZONES)),
    Column("floors", "层数", _whole("层")),
    Column("units", "单元数", _whole("个", "个单元", "单元")),
    Column("built_year", "建成年份", _whole("年")),
    Column("unit", "单元", _whole("单元")),
    Column("floor", "楼层", _whole("层", "楼", "f")),
    Column("room", "门牌号", plain_id),
    Column("area_m2", "建筑面积m2", _number("m2", "平方米", "平米")),
    Column("position", "户型位置", _one_of(_POSITIONS)),
    Column("contract", "供暖状态", _one_of(_CONTRACTS)),
    Column("vulnerable", "重点关怀", _one_of(_TRUTHS)),
    Column("contact_name", "联系人"),
    Column("phone", "电话", _phone),
    Column("sensor_kind", "传感器类型"),
    Column("interval_s", "采集间隔s", _number("s", "秒")),
    Column("start", "开始时间", moment_of),
    Column("end", "结束时间", moment_of),
)
"""Every column but `kind`, in the order of a file."""

CONTACT_COLUMNS = ("contact_name", "phone")
"""Columns of a household's row that go to its contact."""

COLUMN_OF_HEADER: Mapping[str, str] = {
    header.casefold(): column.header for column in COLUMNS for header in (column.header, column.chinese)
} | {"kind": "kind", "类别": "kind"}
"""English and Chinese headers, case folded, to the column."""


@dataclass(frozen=True, slots=True)
class RowKind:
    """How the assets of a kind are rows."""

    kind: AssetKind
    chinese: str
    columns: Mapping[str, str]
    """Column to field of the asset."""
    required: tuple[str, ...]
    """Columns that may not be empty, first that of the id."""

    @property
    def name(self) -> str:
        """Name of the kind."""
        return self.kind.name


def _row_kind(name: str, chinese: str, columns: str, required: str, **renamed: str) -> RowKind:
    fields = {column: column for column in columns.split()} | renamed
    return RowKind(ASSET_KIND_NAMED[name], chinese, fields, tuple(required.split()))


ROW_KINDS = (
    _row_kind("area", "区域", "area_id name name_en parent_id", "area_id name", area_kind="kind"),
    _row_kind(
        "source",
        "热源",
        "source_id name area_id longitude_deg latitude_deg capacity_gj_per_h",
        "source_id name area_id",
    ),
    _row_kind("branch", "管线", "branch_id name source_id parent_branch_id", "branch_id name source_id"),
    _row_kind(
        "station",
        "换热站",
        "station_id name name_en area_id branch_id longitude_deg latitude_deg emitter heated_area_m2 "
        "design_flow_m3_per_h static_head_mpa tank_height_m report_interval_s",
        "station_id name area_id branch_id",
    ),
    _row_kind(
        "circuit",
        "环路",
        "circuit_id name name_en station_id emitter heated_area_m2 design_flow_m3_per_h static_head_mpa "
        "tank_height_m",
        "circuit_id name station_id circuit",
        circuit="zone",
    ),
    _row_kind(
        "community",
        "小区",
        "community_id name name_en area_id longitude_deg latitude_deg",
        "community_id name area_id",
    ),
    _row_kind(
        "building",
        "楼栋",
        "building_id name community_id station_id circuit floors units built_year",
        "building_id name community_id station_id",
    ),
    _row_kind(
        "household",
        "住户",
        "household_id building_id unit floor room area_m2 position contract vulnerable",
        "household_id building_id unit floor room",
    ),
    _row_kind("sensor", "传感器", "sensor_id interval_s", "sensor_id", sensor_kind="kind"),
    _row_kind("assignment", "绑定", "sensor_id household_id start end", "sensor_id household_id start"),
    _row_kind("weather_site", "气象站", "weather_site_id", "weather_site_id"),
)
"""Every kind of `heating.asset_kinds.ASSET_KINDS`, in its order."""

ROW_KIND_OF_WORD: Mapping[str, RowKind] = {
    word: kind for kind in ROW_KINDS for word in (kind.name, kind.chinese)
}
"""English and Chinese names of kinds."""
