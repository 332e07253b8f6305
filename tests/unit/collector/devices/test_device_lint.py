"""Everything that is wrong with routes, device maps, point maps and meter keys, at once and with its place."""

from pathlib import Path

from collector.devices.device_lint import device_mistakes
from config.settings.tree import CollectorSettings, MqttSettings, RouteSettings


def route(decoder: str, path: Path | None = None, wanted: str = "c/#") -> MqttSettings:
    return MqttSettings(routes=(RouteSettings(filter=wanted, decoder=decoder, device_map=path),))


def test_all_mistakes_of_all_routes_are_told(tmp_path: Path) -> None:
    broken = tmp_path / "map.yaml"
    broken.write_text("devices:\n  a: {gadget: 1}\n  b: 5\n", encoding="utf-8")
    routes = (
        RouteSettings(filter="heat/#"),
        RouteSettings(filter="a/#/b"),
        RouteSettings(filter="b/#", decoder="morse"),
        RouteSettings(filter="c/#", decoder="senml", device_map=broken),
        RouteSettings(filter="d/#", decoder="senml", device_map=broken),
    )
    found = device_mistakes(MqttSettings(routes=routes))
    assert [line.split(":")[0] for line in found] == [
        "mqtt.routes[1]",
        "mqtt.routes[2]",
        "mqtt.routes[3]",
        "mqtt.routes[3]",
    ]
    assert f"{broken}:2" in found[2] + found[3] and f"{broken}:3" in found[2] + found[3]


def test_good_routes_have_no_mistakes(tmp_path: Path) -> None:
    assert device_mistakes(MqttSettings()) == []
    good = tmp_path / "map.yaml"
    good.write_text(
        "point_maps:\n  pipe: {t: secondary_supply_temp_c}\n"
        "devices:\n  a: {sensor: S1, codec: lht65}\n  b: {station: T1, point_map: pipe}\n"
        "  c: {station: T1, point_map: modbus_station}\n",
        encoding="utf-8",
    )
    assert device_mistakes(route("lorawan_codec", good)) == []


def test_names_in_a_device_map_that_lead_nowhere_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_text("device,kind,id,codec,point_map\na,sensor,S1,morse,\nb,station,T1,,attic\n")
    codec, point_map = device_mistakes(route("lorawan_codec", path))
    assert f"{path}:2" in codec and "'morse'" in codec
    assert f"{path}:3" in point_map and "'attic'" in point_map and "modbus_station" in point_map


def test_two_spellings_of_a_device_are_told_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text("devices:\n  aa-bb: {sensor: S1}\n  AA:BB: {sensor: S2}\n")
    (told,) = device_mistakes(route("senml", path))
    assert f"{path}:3" in told and "twice" in told


def test_point_maps_and_key_file_of_the_settings_are_read_line_by_line(tmp_path: Path) -> None:
    folder, keys = tmp_path / "maps", tmp_path / "keys.txt"
    folder.mkdir()
    (folder / "own.yaml").write_text("measurement: station\npoints:\n  nothing_c: {names: [x]}\n")
    keys.write_text(f"# keys\n1, {'0' * 32}\n2, 77\n1, {'1' * 32}\n")
    told = device_mistakes(MqttSettings(), CollectorSettings(meter_keys_file=keys, point_maps_dir=folder))
    assert [line.partition(" ")[0] for line in told] == [
        f"{folder / 'own.yaml'}:3:",
        f"{keys}:3:",
        f"{keys}:4:",
    ]
    assert "1" * 32 not in "".join(told)
    missing = CollectorSettings(point_maps_dir=tmp_path / "none")
    assert "no such folder" in device_mistakes(MqttSettings(), missing)[0]


def test_a_family_with_a_memory_is_not_dealt_out_among_collectors() -> None:
    routes = (RouteSettings(filter="spBv1.0/#", decoder="sparkplug_b"), RouteSettings(filter="heat/#"))
    (told,) = device_mistakes(MqttSettings(routes=routes, share_group="slots"))
    assert told.startswith("mqtt.routes[0]: sparkplug_b must see all messages")
    assert device_mistakes(MqttSettings(routes=routes)) == []
