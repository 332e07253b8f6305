"""The command line: events on stdout, errors with a remedy on stderr, exit codes."""

import csv
import json
import threading
from pathlib import Path

import pytest

from simulators.command_line import main
from simulators.scenario import ConfounderType, FaultType
from storage.registry_files.reading import read_registry

TINY = "site: smoke\nspin_up: 1h\nweather: {day_of_year: 15}\n"


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["--scenario", "nowhere"], 2, "shipped: city, january, league, season, smoke"),
        (["--scenario", "smoke", "--history-days", "1"], 2, "--history-out"),
        (["--scenario", "january"], 2, "--history-out"),
        (["--scenario", "smoke", "--paired"], 2, "--paired needs --truth"),
        (["--scenario", "smoke", "--hotline", "http://127.0.0.1:1"], 2, "NUANLIU_HOTLINE_TOKEN"),
    ],
)
def test_wrong_wishes_are_refused(
    arguments: list[str], code: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    captured = capsys.readouterr()
    assert complaint in captured.err and captured.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--mqtt", "nohost"],
        ["--mqtt", "h:99999"],
        ["--speed", "0"],
        ["--history-days", "-1"],
        ["--virtual-origin", "2026-01-15T08:00:00"],
    ],
)
def test_arguments_out_of_range_end_with_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_a_missing_broker_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "tiny.yaml"
    scenario.write_text(TINY, encoding="utf-8")
    assert main(["--scenario", str(scenario), "--mqtt", "127.0.0.1:1"]) == 1
    assert "no broker at 127.0.0.1:1" in capsys.readouterr().err


def test_a_stop_during_history_ends_soon_and_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = threading.Event()
    stop.set()
    wishes = f"--scenario smoke --history-days 3 --history-out {tmp_path} --mqtt 127.0.0.1:1"
    assert main(wishes.split(), stop=stop) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["values"] < 1000
    assert events[-1] == {"event": "done", "published": 0}


def test_a_registry_is_written_for_the_product(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = tmp_path / "own.yaml"
    scenario.write_text(TINY + "stations: 4\nhomes: 60\n", encoding="utf-8")
    file = tmp_path / "registry.csv"
    assert main(["--scenario", str(scenario), "--write-registry", str(file)]) == 0
    (event,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert event["event"] == "registry_written" and event["households"] == 60
    assert len(read_registry(file).site.stations) == 4


def test_every_kind_of_fault_and_confounder_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-faults"]) == 0
    listed = {line.split(" | ")[0].removeprefix("| ") for line in capsys.readouterr().out.splitlines()}
    assert {kind.value for kind in FaultType} <= listed
    assert {kind.value for kind in ConfounderType} <= listed


def test_device_maps_name_every_foreign_device_and_its_route(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "mixed.yaml"
    scenario.write_text(f"{TINY}payload_mix: {{rooms: {{chirpstack_v4: 1, native: 1}}}}\n", encoding="utf-8")
    assert main(["--scenario", str(scenario), "--write-device-map", str(tmp_path / "maps")]) == 0
    event = json.loads(capsys.readouterr().out)
    with (tmp_path / "maps" / "chirpstack_v4.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert event["devices"] == {"chirpstack_v4": len(rows)} and len(rows) > 30
    assert all(row["kind"] == "sensor" and row["device"].startswith("24e124") for row in rows)
    routes = (tmp_path / "maps" / "routes.yaml").read_text(encoding="utf-8")
    assert 'filter: "heat/#"' in routes and "decoder: chirpstack_v4" in routes


def test_a_native_city_needs_no_device_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", "league", "--write-device-map", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["devices"] == {}
    assert [path.name for path in tmp_path.iterdir()] == ["routes.yaml"]


def test_the_hotline_in_a_file_needs_its_token_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUANLIU_HOTLINE_TOKEN", raising=False)
    assert main(["--scenario", "smoke", "--hotline-file", str(tmp_path / "address")]) == 2
    assert "NUANLIU_HOTLINE_TOKEN" in capsys.readouterr().err
