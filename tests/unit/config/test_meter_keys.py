"""Keys of meters come from the environment or a file, and never show."""

from pathlib import Path

import pytest

from config.equipment.meter_keys import MeterKeyError, read_meter_keys

KEY = "00112233445566778899AABBCCDDEEFF"


def test_a_key_of_the_environment_is_found_by_the_meter_number() -> None:
    keys = read_meter_keys({"METER_KEY_12345678": KEY, "OTHER": "x"})
    assert keys.of("12345678") == bytes.fromhex(KEY)
    assert keys.of("87654321") is None


def test_a_key_file_holds_one_meter_a_line(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(f"# keys\n12345678, {KEY}\n\n1a2b3c4d = {'0' * 32} # attic\n")
    keys = read_meter_keys({"METER_KEYS_FILE": str(file), "METER_KEY_12345678": "F" * 32})
    assert keys.of("1A2B3C4D") == bytes(16)
    assert keys.of("12345678") == b"\xff" * 16


def test_the_keys_do_not_show() -> None:
    assert repr(read_meter_keys({"METER_KEY_12345678": KEY})) == "<1 meter keys>"


@pytest.mark.parametrize("text", [f"12345678 {KEY}0", "12345678", f"1, {KEY}\n1, {KEY}"])
def test_a_wrong_key_file_is_refused_with_its_line_and_without_the_key(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    with pytest.raises(MeterKeyError) as caught:
        read_meter_keys({"METER_KEYS_FILE": str(file)})
    assert KEY not in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_missing_key_file_and_a_short_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MeterKeyError, match="cannot be read"):
        read_meter_keys({"METER_KEYS_FILE": str(tmp_path / "none")})
    with pytest.raises(MeterKeyError, match="METER_KEY_1"):
        read_meter_keys({"METER_KEY_1": "abc"})
