"""Point maps: the shipped ones are clean, mistakes are told with their line, units agree."""

from pathlib import Path

import pytest

from config.equipment.point_maps import POINT_MAPS_DIR, configured_point_maps, load_point_maps, read_point_map
from config.mistakes import MistakesError
from heating.points import POINTS, Measurement


def test_the_shipped_maps_have_no_mistakes() -> None:
    assert len(load_point_maps()) == len(list(POINT_MAPS_DIR.glob("*.yaml"))) >= 4


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("一次供温", "primary_supply_temp_c"),
        ("二次回压", "secondary_return_pressure_mpa"),
        ("补水瞬时流量", "makeup_flow_m3_per_h"),
        ("一网供水温度", "primary_supply_temp_c"),
        (" T1S ", "primary_supply_temp_c"),
        ("1#循环泵频率", "circulation_pump_1_frequency_hz"),
        ("１＃循环泵频率", "circulation_pump_1_frequency_hz"),
        ("primary_heat_total_gj", "primary_heat_total_gj"),
    ],
)
def test_names_of_the_field_are_understood(name: str, point: str) -> None:
    found = load_point_maps().meaning(Measurement.STATION, name)
    assert found is not None
    assert found.point == point


def test_every_label_of_every_point_is_a_name() -> None:
    maps = load_point_maps()
    for point in POINTS:
        found = maps.meaning(point.measurement, point.label_zh)
        assert found is not None, point.label_zh


def test_a_unit_in_the_name_goes_before_the_map() -> None:
    maps = load_point_maps()
    found = maps.meaning(Measurement.STATION, "二次供压（kPa）")
    assert found is not None
    assert (found.point, found.unit) == ("secondary_supply_pressure_mpa", "kPa")
    wrong = maps.meaning(Measurement.STATION, "二次供压(℃)")
    assert wrong is not None
    assert wrong.unit == "MPa"


def test_a_name_means_different_points_at_different_objects() -> None:
    maps = load_point_maps()
    station = maps.meaning(Measurement.STATION, "补水流量")
    source = maps.meaning(Measurement.SOURCE, "补水流量")
    assert station is not None
    assert source is not None
    assert (station.point, source.point) == ("makeup_flow_m3_per_h", "source_makeup_flow_m3_per_h")


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_own_map_is_named_and_goes_before_the_shared_names(tmp_path: Path) -> None:
    _file(
        tmp_path,
        'measurement: station\npoints:\n  voltage_b_v: {unit: V, names: [A相电压]}\n  voltage_a_v: {unit: "mV", names: [Ua2]}\n',
    )
    maps = configured_point_maps({"POINT_MAPS_DIR": str(tmp_path)})
    swapped = maps.meaning(Measurement.STATION, "A相电压", map_name="own")
    assert swapped is not None
    assert swapped.point == "voltage_b_v"


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("measurement: street\n", 1, "measurement"),
        ("measurement: station\n", 1, "empty"),
        ("measurement: station\ncolour: red\n", 2, "Unknown key"),
        ("measurement: station\npoints:\n  nothing_c: {names: [x]}\n", 3, "no point"),
        ("measurement: station\npoints:\n  primary_supply_temp_c: {unit: MPa, names: [x]}\n", 3, "convert"),
        (
            'measurement: station\npoints:\n  primary_supply_pressure_mpa: {names: ["x(kPa)"]}\n',
            3,
            "says kPa",
        ),
        ("measurement: station\npoints:\n  primary_supply_temp_c: {unit: °C}\n", 3, "no names"),
        ("measurement: station\npoints:\n  primary_supply_temp_c: {names: [x], gain: 2}\n", 3, "wrongly"),
        ("measurement: station\npoints:\n  primary_supply_temp_c: {names: [x], scale: 0}\n", 3, "no numbers"),
        (
            "measurement: station\npoints:\n  voltage_a_v: {names: [x]}\n  voltage_b_v: {names: [X]}\n",
            4,
            "stands here",
        ),
        ("measurement: station\nregisters:\n  1: {point: voltage_a_v, type: text}\n", 3, "no type"),
        (
            "measurement: station\nregisters:\n  1: {point: voltage_a_v, type: float32}\n  2: {point: voltage_b_v}\n",
            4,
            "overlaps",
        ),
    ],
)
def test_mistakes_are_told_with_file_and_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(MistakesError, match=word) as caught:
        read_point_map(path)
    assert f"{path}:{line}" in str(caught.value)
