"""Devices of stations with several circuits: a point names its zone, the registry says which circuit that is."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.broker_access.identities import device_identities
from collector.decoders.foreign import FamilyOptions
from collector.decoders.gateways.modbus_json import ModbusJsonDecoder
from collector.decoders.native.decoder import NativeDecoder
from collector.devices.device_map import DeviceMapError, FileDeviceMap
from collector.messages.decoded import Decoded, Reason
from collector.messages.known_objects import KnownObjects
from config.equipment.point_maps import configured_point_maps, read_point_map
from config.mistakes import MistakesError
from heating.points import POINTS
from tests.support.decoding import RECEIVED_MS, decode
from tests.support.two_circuits import HIGH, LOW, two_circuit_site

KNOWN = KnownObjects.from_site(two_circuit_site())
MAPS = configured_point_maps({})


def found_by_object(decoded: Decoded) -> dict[str, dict[str, float]]:
    """Values by ``measurement:object`` and point."""
    found: dict[str, dict[str, float]] = {}
    for row, seat in enumerate(decoded.samples.object_index.tolist()):
        point, ref = POINTS[int(decoded.samples.point[row])], decoded.samples.objects[seat]
        assert point.measurement is ref.measurement
        found.setdefault(f"{ref.measurement}:{ref.object_id}", {})[point.name] = float(
            decoded.samples.value[row]
        )
    return found


def gateway(tmp_path: Path, text: str, *, recorded: KnownObjects | None = KNOWN) -> ModbusJsonDecoder:
    path = tmp_path / "map.yaml"
    path.write_text(text, "utf-8")
    options = FamilyOptions(devices=FileDeviceMap.read(path), unmapped_pass=False, recorded=recorded)
    return ModbusJsonDecoder(options, maps=MAPS)


def message(device: str, **data: object) -> str:
    return json.dumps({"device": device, "ts": RECEIVED_MS, "data": data}, ensure_ascii=False)


TWO_SIDES = """
devices:
  DTU-1:
    station: S1
    points: {T1: primary_supply_temp_c, T2: secondary_supply_temp_c@low, T4: {point: secondary_supply_temp_c@high, scale: 0.1}}
"""  # fmt: skip


def test_points_of_a_stations_device_go_to_the_circuits_of_their_zones(tmp_path: Path) -> None:
    decoded = decode(gateway(tmp_path, TWO_SIDES), message("DTU-1", T1=88.0, T2=45.0, T4=512))
    assert found_by_object(decoded) == {
        "station:S1": {"primary_supply_temp_c": 88.0},
        f"circuit:{LOW}": {"secondary_supply_temp_c": 45.0},
        f"circuit:{HIGH}": {"secondary_supply_temp_c": 51.2},
    }
    assert set(decoded.samples.measured_ms.tolist()) == {RECEIVED_MS}
    assert decoded.rejections == []


def test_without_a_registry_the_zone_stands_for_the_circuit(tmp_path: Path) -> None:
    decoded = decode(gateway(tmp_path, TWO_SIDES, recorded=None), message("DTU-1", T2=45.0))
    assert found_by_object(decoded) == {"circuit:S1@low": {"secondary_supply_temp_c": 45.0}}


def test_a_zone_that_the_station_has_not_is_rejected_and_the_rest_is_taken(tmp_path: Path) -> None:
    text = TWO_SIDES.replace("S1", "S2")
    decoded = decode(gateway(tmp_path, text), message("DTU-1", T1=88.0, T2=45.0))
    assert found_by_object(decoded) == {"station:S2": {"primary_supply_temp_c": 88.0}}
    assert [(one.reason, one.detail) for one in decoded.rejections] == [
        (Reason.UNKNOWN_POINT, "station S2 has no circuit low")
    ]


def test_names_with_the_word_of_a_zone_before_them_are_known_without_a_map_of_their_own(
    tmp_path: Path,
) -> None:
    decoded = decode(
        gateway(tmp_path, "devices: {GW: {station: S1}}"),
        message(
            "GW",
            **{"一次供温": 88.0, "高区二次供水温度": 51.0, "低区二次回压(kPa)": 350, "高区一次供温": 1.0},
        ),
    )
    assert found_by_object(decoded) == {
        "station:S1": {"primary_supply_temp_c": 88.0},
        f"circuit:{HIGH}": {"secondary_supply_temp_c": 51.0},
        f"circuit:{LOW}": {"secondary_return_pressure_mpa": 0.35},
    }


def test_a_device_of_one_circuit_calls_its_points_as_that_of_a_station_does(tmp_path: Path) -> None:
    text = f"devices: {{GW: {{circuit: {HIGH}, point_map: station_zh}}}}"
    decoded = decode(gateway(tmp_path, text), message("GW", 二次供水温度=51.0, 一次供水温度=88.0))
    assert found_by_object(decoded) == {f"circuit:{HIGH}": {"secondary_supply_temp_c": 51.0}}


@pytest.mark.parametrize(
    "entry",
    [
        "{station: S1, points: {T: secondary_supply_temp_c@attic}}",
        "{station: S1, points: {T: primary_supply_temp_c@high}}",
        "{building: B1, points: {T: secondary_supply_temp_c@high}}",
        f"{{circuit: {HIGH}, points: {{T: primary_supply_temp_c}}}}",
    ],
)
def test_a_zone_or_point_that_cannot_be_is_a_mistake_of_the_map(tmp_path: Path, entry: str) -> None:
    with pytest.raises(DeviceMapError, match=r"map.yaml:1: 'D': 'T' leads to no point of a"):
        gateway(tmp_path, f"devices: {{D: {entry}}}")


def test_point_maps_name_zones_too_and_their_units_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("measurement: station\npoints: {secondary_flow_m3_per_h@top: {names: [G4]}}", "utf-8")
    assert read_point_map(path).names["g4"].point == "secondary_flow_m3_per_h@top"
    path.write_text(
        "measurement: station\npoints: {secondary_flow_m3_per_h@top: {names: [G4], unit: MPa}}", "utf-8"
    )
    with pytest.raises(MistakesError, match="MPa does not convert"):
        read_point_map(path)


def test_a_circuit_speaks_natively_under_its_own_topic() -> None:
    body = json.dumps(
        {"t": RECEIVED_MS, "v": {"secondary_supply_temp_c": 51.5, "circulation_pump_2_running": True}}
    )
    decoded = decode(NativeDecoder(), body, f"heat/xilinhot/circuit/{HIGH}/telemetry")
    assert found_by_object(decoded) == {
        f"circuit:{HIGH}": {"secondary_supply_temp_c": 51.5, "circulation_pump_2_running": 1.0}
    }
    primary = json.dumps({"t": RECEIVED_MS, "v": {"primary_supply_temp_c": 88.0}})
    refused = decode(NativeDecoder(), primary, f"heat/xilinhot/circuit/{HIGH}/telemetry")
    assert [one.reason for one in refused.rejections] == [Reason.UNKNOWN_POINT]


def test_a_station_speaks_for_its_circuits_and_for_no_others() -> None:
    identities = {
        one.name: one for one in device_identities(two_circuit_site(), now=datetime(2026, 1, 1, tzinfo=UTC))
    }
    topics = identities["station.S1"].publishes
    assert (
        f"heat/xilinhot/circuit/{HIGH}/telemetry" in topics
        and f"heat/xilinhot/circuit/{LOW}/telemetry" in topics
    )
    assert not any("circuit" in topic for topic in identities["station.S2"].publishes)
    assert not any(name.startswith("circuit.") for name in identities)
