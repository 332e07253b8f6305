"""Device maps in YAML and CSV: what they join, how ids are compared, every mistake at once with its line."""

from pathlib import Path

import pytest

from collector.decoders.foreign import DeviceTarget, PointRule
from collector.devices.device_map import DeviceMapError, FileDeviceMap
from heating.points import Measurement
from heating.samples import ObjectRef

YAML = """
point_maps:
  pipe: {temperature: secondary_supply_temp_c}
devices:
  a84041ffff123456: {sensor: S0001, codec: dragino_lht65}
  "0x00158D0001": {station: ST001, point_map: pipe}
  24-E1-24-13-6B-50-22-17: {building: B7}
  4711: {station: ST002, points: {T2: {point: secondary_supply_temp_c, unit: "°C", scale: 0.1}}}
"""
CSV = """device,kind,id,codec,field,point,unit,scale,offset
a84041ffff123456,sensor,S0001,dragino_lht65,,,,,
DTU-7,station,ST002,,T2,secondary_supply_temp_c,°C,0.1,
DTU-7,station,ST002,,P2,secondary_supply_pressure_mpa,kPa,,-5
"""


def written(folder: Path, text: str, name: str = "map.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_yaml_map_joins_devices_to_objects(tmp_path: Path) -> None:
    found = FileDeviceMap.read(written(tmp_path, YAML))
    assert len(found) == 4
    sensor = DeviceTarget(ObjectRef(Measurement.ROOM, "S0001"), {}, codec="dragino_lht65")
    assert found.target("a84041ffff123456") == sensor
    pipe = found.target("0x00158D0001")
    assert pipe is not None and pipe.points == {"temperature": PointRule("secondary_supply_temp_c")}
    gateway = found.target("4711")
    assert gateway is not None
    assert gateway.points == {"T2": PointRule("secondary_supply_temp_c", "°C", 0.1)}
    assert found.target("unheard-of") is None


@pytest.mark.parametrize(
    "spelling", ["24e124136b502217", "24:E1:24:13:6B:50:22:17", "24-e1-24-13-6b-50-22-17"]
)
def test_ids_are_compared_without_case_colons_and_hyphens(tmp_path: Path, spelling: str) -> None:
    found = FileDeviceMap.read(written(tmp_path, YAML)).target(spelling)
    assert found is not None and found.ref == ObjectRef(Measurement.BUILDING, "B7")


def test_a_csv_map_gathers_the_lines_of_a_device(tmp_path: Path) -> None:
    found = FileDeviceMap.read(written(tmp_path, CSV, "map.csv"))
    gateway = found.target("dtu7")
    assert gateway is not None and gateway.ref == ObjectRef(Measurement.STATION, "ST002")
    assert gateway.points == {
        "T2": PointRule("secondary_supply_temp_c", "°C", 0.1),
        "P2": PointRule("secondary_supply_pressure_mpa", "kPa", 1.0, -5.0),
    }
    sensor = found.target("A84041FFFF123456")
    assert sensor is not None and sensor.codec == "dragino_lht65"


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("{}", "not exactly one object"),
        ("{sensor: S1, station: ST1}", "not exactly one object"),
        ("{sensor: ''}", "no id"),
        ("{sensor: [1]}", "no id"),
        ("{sensor: S1, colour: red}", "unknown 'colour'"),
        ("{sensor: S1, points: {t: secondary_supply_temp_c}}", "leads to no point of a room"),
        ("{sensor: S1, points: {t: {point: room_temp_c, scale: 0}}}", "leads to no point"),
        ("{sensor: S1, points: {t: {point: room_temp_c, scale: many}}}", "leads to no point"),
        ("{sensor: S1, points: {t: {point: room_temp_c, size: 1}}}", "leads to no point"),
        ("{sensor: S1, points: [1]}", "no mapping"),
        ("S1", "no mapping"),
    ],
)
def test_every_mistake_is_told_with_file_and_line(tmp_path: Path, entry: str, word: str) -> None:
    path = written(tmp_path, f"devices:\n  good: {{sensor: S0}}\n  bad: {entry}\n  worse: 5\n")
    with pytest.raises(DeviceMapError) as caught:
        FileDeviceMap.read(path)
    lines = str(caught.value).splitlines()
    assert any(f"{path}:3" in line and word in line for line in lines), lines
    assert any(f"{path}:4" in line for line in lines), "the next mistake is told too"


def test_two_spellings_of_one_id_are_a_mistake(tmp_path: Path) -> None:
    path = written(tmp_path, "devices:\n  AB:CD: {sensor: S1}\n  abcd: {sensor: S2}\n")
    with pytest.raises(DeviceMapError, match="twice"):
        FileDeviceMap.read(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("map.yaml", "- 1"),
        ("map.yaml", "devices: [1]"),
        ("map.yaml", "gadgets: {}"),
        ("map.csv", "device,kind,id\n,sensor,S1\n"),
    ],
)
def test_files_that_are_no_map_are_refused(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(DeviceMapError):
        FileDeviceMap.read(written(tmp_path, text, name))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    for name in ("none.yaml", "none.csv"):
        with pytest.raises(DeviceMapError, match="none"):
            FileDeviceMap.read(tmp_path / name)
