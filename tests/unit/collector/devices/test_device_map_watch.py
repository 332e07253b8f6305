"""A device map follows its file: changes are taken over, mistakes change nothing, a missing file is waited for."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from collector.decoders.families import build_decoder
from collector.devices.device_map import DeviceMapError
from collector.devices.device_map_watch import WatchedDeviceMap
from tests.support.decoding import decode, reasons, values
from tests.support.waiting import wait_until


def write(path: Path, *lines: str) -> Path:
    """Replace the file in one step, as an editor does."""
    draft = path.with_suffix(".new")
    draft.write_text("device,kind,id\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    os.replace(draft, path)
    return path


def named(devices: WatchedDeviceMap, device: str) -> str | None:
    target = devices.target(device)
    return None if target is None else target.ref.object_id


def test_a_changed_file_is_taken_over_while_messages_flow(tmp_path: Path) -> None:
    path = write(tmp_path / "map.csv", "a,sensor,S1")
    devices = WatchedDeviceMap(path, every_s=0.0)
    assert (named(devices, "a"), named(devices, "b")) == ("S1", None)
    write(path, "b,sensor,S2", "c,sensor,S3")
    wait_until(lambda: named(devices, "b") == "S2")
    assert (named(devices, "a"), len(devices), devices.reloads) == (None, 2, 1)


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    devices = WatchedDeviceMap(write(tmp_path / "map.csv", "a,sensor,S1"), every_s=0.0)
    for _ in range(50):
        assert named(devices, "a") == "S1"
    assert devices._reading is None


def test_a_wrong_file_changes_nothing_and_is_told_once(tmp_path: Path) -> None:
    path = write(tmp_path / "map.csv", "a,sensor,S1")
    devices = WatchedDeviceMap(path, every_s=0.0)
    with capture_logs() as logs:
        write(path, "a,gadget,S1")
        wait_until(lambda: named(devices, "a") == "S1" and devices.refused)
        for _ in range(20):
            assert named(devices, "a") == "S1"
    told = [entry for entry in logs if entry["event"] == "collector.device_map_refused"]
    assert len(told) == 1 and f"{path}:2" in told[0]["error"]
    path.unlink()
    assert named(devices, "a") == "S1"
    write(path, "a,sensor,S9")
    wait_until(lambda: named(devices, "a") == "S9")


def test_a_wrong_file_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(DeviceMapError):
        WatchedDeviceMap(write(tmp_path / "map.csv", "a,gadget,S1"))


def test_a_decoder_knows_a_device_that_was_added_to_its_map(tmp_path: Path) -> None:
    path = write(tmp_path / "map.csv", "hall,sensor,S1")
    decoder = build_decoder("zigbee2mqtt", max_payload_bytes=1000, devices=WatchedDeviceMap(path))
    devices = decoder._options.devices  # type: ignore[attr-defined]
    devices._every_s = devices._next_look_s = 0.0
    assert reasons(decode(decoder, '{"temperature":20}', "zigbee2mqtt/attic")) == ["unknown_device"]
    write(path, "hall,sensor,S1", "attic,sensor,S2")
    found = wait_until(
        lambda: values(decode(decoder, '{"temperature":20}', "zigbee2mqtt/attic")), what="the new device"
    )
    assert found == {"room_temp_c": 20.0}
