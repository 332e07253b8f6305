"""``nuanliu check-config`` tells every mistake at once, with file, line and remedy."""

from pathlib import Path
from typing import Any

from config.rules.reading import RULES_DIR


def test_good_settings_end_with_0(nuanliu: Any) -> None:
    assert nuanliu.says("check-config") == ["settings and rules are in order"]


def test_every_mistake_is_told_with_its_line_and_the_end_is_2(nuanliu: Any, written: Any) -> None:
    path = written("mqtt:\n  port: 99999\nweb:\n  hots: 127.0.0.1\n")
    complaints = nuanliu.fails("check-config", "--config", str(path), code=2)
    assert f"{path}:2" in complaints and f"{path}:4" in complaints
    assert complaints.rstrip().endswith("2 mistake(s)")


def test_a_missing_file_is_a_mistake_too(nuanliu: Any) -> None:
    missing = str(nuanliu.folder / "none.yaml")
    assert missing in nuanliu.fails("check-config", "--config", missing, code=2)


def test_mistakes_of_the_rules_are_told_as_well(nuanliu: Any, written: Any) -> None:
    folder = nuanliu.folder / "rules"
    folder.mkdir()
    text = (RULES_DIR / "circuit" / "ST-15.yaml").read_text(encoding="utf-8")
    (folder / "ST-15.yaml").write_text(text.replace("raise_when", "raise_wen"), encoding="utf-8")
    path = written(f"rules:\n  dir: {folder}\n")
    assert "ST-15.yaml" in nuanliu.fails("check-config", "--config", str(path), code=2)


def test_a_proxy_that_is_everybody_and_a_cookie_in_clear_text_are_mistakes(
    nuanliu: Any, written: Any
) -> None:
    path = written("web:\n  host: 0.0.0.0\n  cookie_secure: false\n  trusted_proxies: ['*']\n")
    complaints = nuanliu.fails("check-config", "--config", str(path), code=2)
    assert "web.trusted_proxies" in complaints and "web.cookie_secure" in complaints


def test_a_proxy_by_address_and_a_demo_on_loopback_are_none(nuanliu: Any, written: Any) -> None:
    path = written(
        "web:\n  host: '::1'\n  cookie_secure: false\n  trusted_proxies: [10.1.2.3, 10.2.0.0/24]\n"
    )
    assert nuanliu("check-config", "--config", str(path)).code == 0


def test_a_service_without_secret_is_told_only_when_asked_for(nuanliu: Any) -> None:
    assert nuanliu("check-config").code == 0
    assert "web.secret" in nuanliu.fails("check-config", "--service", code=2)


def test_the_environment_overrides_and_its_mistakes_name_the_variable(nuanliu: Any) -> None:
    nuanliu.environment["NUANLIU_MQTT__PORT"] = "none"
    assert "NUANLIU_MQTT__PORT" in nuanliu.fails("check-config", code=2)


def test_mistakes_of_routes_and_device_maps_are_told_as_well(nuanliu: Any, written: Any) -> None:
    devices = nuanliu.folder / "devices.yaml"
    devices.write_text("devices:\n  a: {gadget: 1}\n", encoding="utf-8")
    routes = f"[{{filter: 'a/#/b'}}, {{filter: 'c/#', decoder: senml, device_map: {devices}}}]"
    complaints = nuanliu.fails(
        "check-config", "--config", str(written(f"mqtt:\n  routes: {routes}\n")), code=2
    )
    assert "mqtt.routes[0]" in complaints and f"{devices}:2" in complaints


def test_mistakes_of_keys_and_point_maps_are_told_with_their_lines(nuanliu: Any, written: Any) -> None:
    keys, maps = nuanliu.folder / "keys", nuanliu.folder / "maps"
    keys.write_text("# meters\n12345678\n", encoding="utf-8")
    maps.mkdir()
    (maps / "own.yaml").write_text(
        "measurement: station\npoints:\n  nothing_c: {names: [x]}\n", encoding="utf-8"
    )
    path = written(f"collector:\n  meter_keys_file: {keys}\n  point_maps_dir: {maps}\n")
    complaints = nuanliu.fails("check-config", "--config", str(path), code=2)
    assert f"{keys}:2" in complaints and f"{maps / 'own.yaml'}:3" in complaints
    assert complaints.rstrip().endswith("2 mistake(s)")


def test_a_retention_shorter_than_late_readings_is_a_mistake_with_its_remedy(
    nuanliu: Any, written: Any
) -> None:
    path = written("timeseries:\n  retention_raw_days: 3\n")
    complaint = nuanliu.fails("check-config", "--config", str(path), code=2)
    assert (
        "timeseries.retention_raw_days" in complaint and "at least 7" in complaint and "259200" in complaint
    )
    path = written("timeseries:\n  retention_raw_days: 3\ncollector:\n  late_limit_s: 259200\n")
    assert nuanliu("check-config", "--config", str(path)).code == 0


def test_a_mistake_in_an_override_is_told_at_its_line_in_the_settings(nuanliu: Any, tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: 某市供热}\nrules:\n  overrides:\n    ST-01: {on_delay: soon}\n    ST-99: {on_delay: 1s}\n",
        encoding="utf-8",
    )
    told = nuanliu.fails("check-config", "--config", str(path), code=2)
    assert f"{path}:4" in told and "rules.overrides.ST-01" in told
    assert f"{path}:5" in told and "ST-99" in told
    assert "defaults/rules" not in told
