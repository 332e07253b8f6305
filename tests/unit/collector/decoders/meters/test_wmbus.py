"""Wireless M-Bus: frames with and without check sums, modes 5 and 7, link encryption, compact telegrams."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.foreign import FamilyOptions, Hints
from collector.decoders.memory import FileDecoderMemory
from collector.decoders.meters.wmbus import WmbusDecoder
from collector.decoders.meters.wmbus_link import crc16
from config.equipment.meter_keys import MeterKeys
from tests.support.decoding import decode, extras, reasons, values
from tests.support.device_examples import EXAMPLES

KEY = bytes.fromhex("000102030405060708090A0B0C0D0E0F")
ADDRESS = bytes.fromhex("2D2C 78563412 34 04")
RECORDS = bytes.fromhex("0C06 90780000 023B D007 025A 2B02 025E 9501 022D 5D01")
EXPECTED = {
    "primary_heat_total_gj": pytest.approx(7890 * 3.6e-3),
    "primary_flow_m3_per_h": 2.0,
    "primary_supply_temp_c": 55.5,
    "primary_return_temp_c": 40.5,
    "primary_heat_rate_gj_per_h": pytest.approx(34.9 * 3.6e-3),
}


def frame(payload: bytes, *, control: int = 0x44) -> bytes:
    return bytes((9 + len(payload), control)) + ADDRESS + payload


def format_a(plain: bytes) -> bytes:
    blocks = [plain[:10], *(plain[at : at + 16] for at in range(10, len(plain), 16))]
    return b"".join(block + crc16(block).to_bytes(2, "big") for block in blocks)


def format_b(plain: bytes) -> bytes:
    longer = bytes((plain[0] + 2,)) + plain[1:]
    return longer + crc16(longer).to_bytes(2, "big")


def padded(records: bytes) -> bytes:
    text = b"\x2f\x2f" + records
    return text + b"\x2f" * (-len(text) % 16)


def mode_5(*, key: bytes = KEY, access: int = 0x21) -> bytes:
    text = padded(RECORDS)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(ADDRESS + bytes((access,)) * 8)).encryptor()
    return frame(bytes((0x7A, access, 0, len(text), 0x05)) + encryptor.update(text))


def mode_7() -> bytes:
    counter, text = bytes.fromhex("0A000000"), padded(RECORDS)
    mac = CMAC(algorithms.AES(KEY))
    mac.update(b"\x00" + counter + ADDRESS[2:6] + b"\x07" * 7)
    encryptor = Cipher(algorithms.AES(mac.finalize()), modes.CBC(bytes(16))).encryptor()
    authentication = bytes.fromhex("90 0F 002C 25") + counter + bytes(8)
    header = bytes((0x7A, 0x21, 0, len(text), 0x07, 0x10))
    return frame(authentication + header + encryptor.update(text))


def link_encrypted(body: bytes) -> bytes:
    control, session = b"\x20", bytes.fromhex("D37CAC21")
    encryptor = Cipher(algorithms.AES(KEY), modes.CTR(ADDRESS + control + session + bytes(3))).encryptor()
    text = crc16(body).to_bytes(2, "little") + body
    return frame(b"\x8d" + control + b"\x91" + session + encryptor.update(text))


@pytest.fixture
def decoder() -> WmbusDecoder:
    return WmbusDecoder(FamilyOptions(), keys=MeterKeys({"12345678": KEY}))


def test_a_plain_telegram_is_read_in_every_shape_a_receiver_hands_on(decoder: WmbusDecoder) -> None:
    plain = frame(b"\x7a\x01\x00\x00\x00" + RECORDS)
    for shape in (plain, format_a(plain), format_b(plain), plain.hex().encode()):
        found = decode(decoder, shape)
        assert values(found) == EXPECTED
        assert found.samples.objects[0].object_id == "12345678"


def test_a_published_telegram_of_format_a_is_read(decoder: WmbusDecoder) -> None:
    found = decode(
        decoder,
        "34446532121257073804FDEC7A90000000046D280029290C0539351356A0000C13683720014C05806611004C13879649"
        "105300426C1F2C326CFFFF236E",
    )
    assert extras(found)["energy"] == (13_353.9, "kWh")
    assert values(found)["primary_volume_total_m3"] == 1203.768
    assert extras(found)["volume_storage_1"] == (531.087, "m³")


@pytest.mark.parametrize("telegram", [mode_5(), mode_7(), link_encrypted(b"\x78" + RECORDS)])
def test_the_key_of_the_meter_opens_every_mode(decoder: WmbusDecoder, telegram: bytes) -> None:
    assert values(decode(decoder, telegram)) == EXPECTED
    hinted = WmbusDecoder(FamilyOptions(hints=Hints(key=KEY)))
    assert values(decode(hinted, telegram)) == EXPECTED


@pytest.mark.parametrize("telegram", [mode_5(), mode_7(), link_encrypted(b"\x78" + RECORDS)])
def test_a_missing_or_wrong_key_gives_no_values(telegram: bytes) -> None:
    without = decode(WmbusDecoder(FamilyOptions()), telegram)
    assert reasons(without) == ["wrong_type"]
    assert "no key for the meter 12345678" in without.rejections[0].detail
    wrong = decode(WmbusDecoder(FamilyOptions(hints=Hints(key=bytes(16)))), telegram)
    assert reasons(wrong) == ["wrong_type"]
    assert "not fit" in wrong.rejections[0].detail
    assert len(wrong.samples) == 0


def test_a_payload_that_the_receiver_decrypted_needs_no_key() -> None:
    telegram = frame(b"\x7a\x21\x00\x20\x05" + padded(RECORDS))
    assert values(decode(WmbusDecoder(FamilyOptions()), telegram)) == EXPECTED


def test_a_compact_telegram_is_read_after_a_full_one(decoder: WmbusDecoder) -> None:
    signature = crc16(bytes.fromhex("025A 025E")).to_bytes(2, "little")
    data = bytes.fromhex("2B02 9501")
    full = bytes.fromhex("025A 2B02 025E 9501")
    compact = link_encrypted(b"\x79" + signature + crc16(full).to_bytes(2, "little") + data)
    first = decode(decoder, compact)
    assert reasons(first) == ["wrong_type"]
    assert "a reading that cannot be read yet" in first.rejections[0].detail
    decode(decoder, link_encrypted(b"\x78" + full))
    assert values(decode(decoder, compact)) == {"primary_supply_temp_c": 55.5, "primary_return_temp_c": 40.5}
    damaged = link_encrypted(b"\x79" + signature + b"\x00\x00" + data)
    assert "check sum of the compact" in decode(decoder, damaged).rejections[0].detail


def test_a_long_header_names_the_meter_behind_a_radio_module(decoder: WmbusDecoder) -> None:
    told = frame(bytes.fromhex("72 44332211 2D2C 34 04 01 00 0000") + RECORDS)
    assert decode(decoder, told).samples.objects[0].object_id == "11223344"


def test_a_damaged_block_is_rejected(decoder: WmbusDecoder) -> None:
    data = bytearray(format_a(frame(b"\x7a\x01\x00\x00\x00" + RECORDS)))
    data[20] ^= 1
    found = decode(decoder, bytes(data))
    assert reasons(found) == ["wrong_type"]
    assert "check sum of the block" in found.rejections[0].detail


@pytest.mark.parametrize(
    ("payload", "reason", "word"),
    [
        (b"", "wrong_type", "no wireless"),
        (b"\x05" + bytes(30), "wrong_type", "no room"),
        (frame(b"\x7a\x01\x00\x00\x00" + RECORDS)[:-4], "wrong_type", "length"),
        (frame(b"\x7a\x01\x00\x00\x00" + RECORDS, control=0x53), "not_telemetry", "C field"),
        (frame(b"\xa2" + RECORDS), "not_telemetry", "CI"),
        (frame(b"\x8d\x20"), "wrong_type", "cut short"),
        (frame(b"\x90\x0f\x00"), "wrong_type", "cut short"),
        (frame(b"\x7a\x21\x00\x10\x0d" + bytes(16)), "wrong_type", "mode 13"),
        (b"\x00" * 300_000, "too_big", "bytes"),
    ],
)
def test_what_is_no_reading_is_rejected_with_a_reason(
    decoder: WmbusDecoder, payload: bytes, reason: str, word: str
) -> None:
    found = decode(decoder, payload)
    assert reasons(found) == [reason]
    assert word in found.rejections[0].detail


@given(data=st.binary(max_size=260))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    found = decode(WmbusDecoder(FamilyOptions(hints=Hints(key=KEY))), data)
    assert found.rejections or len(found.samples) or found.extras


@given(position=st.integers(0, 40), value=st.integers(0, 255))
def test_no_changed_byte_makes_it_raise(position: int, value: int) -> None:
    data = bytearray(mode_5())
    data[position] = value
    found = decode(WmbusDecoder(FamilyOptions(hints=Hints(key=KEY))), bytes(data))
    assert found.rejections or len(found.samples) or found.extras


@given(payload=st.binary(min_size=1, max_size=200))
def test_no_payload_in_a_whole_frame_makes_it_raise(payload: bytes) -> None:
    found = decode(WmbusDecoder(FamilyOptions(hints=Hints(key=KEY))), frame(payload))
    assert found.rejections or len(found.samples) or found.extras


def test_a_meter_that_nobody_knows_is_told_also_when_its_key_is_missing() -> None:
    unknown = WmbusDecoder(FamilyOptions(unmapped_pass=False))
    assert reasons(decode(unknown, telegram_of_page())) == ["unknown_device", "wrong_type"]


def telegram_of_page() -> bytes:
    """The encrypted telegram of docs/devices.md."""
    return next(example.message.payload for example in EXAMPLES if example.family == "wmbus")


@pytest.mark.parametrize(
    ("mode", "extension"), [(5, ""), (7, ""), (7, "10"), (8, "10"), (8, "1000"), (10, "10"), (13, "00")]
)
def test_what_the_receiver_decrypted_is_read_in_every_mode(mode: int, extension: str) -> None:
    telegram = frame(bytes((0x7A, 0x21, 0, 0x20, mode)) + bytes.fromhex(extension) + padded(RECORDS))
    assert values(decode(WmbusDecoder(FamilyOptions()), telegram)) == EXPECTED


def test_the_two_idle_bytes_in_the_midst_of_encrypted_data_prove_nothing() -> None:
    telegram = frame(b"\x7a\x21\x00\x20\x05" + b"\x11\x2f\x2f" + bytes(13))
    assert reasons(decode(WmbusDecoder(FamilyOptions()), telegram)) == ["wrong_type"]


def test_the_format_of_a_full_telegram_survives_a_restart(tmp_path: Path) -> None:
    full = bytes.fromhex("025A 2B02 025E 9501")
    data = crc16(bytes.fromhex("025A 025E")).to_bytes(2, "little") + crc16(full).to_bytes(2, "little")
    memory, keys = FileDecoderMemory(tmp_path), MeterKeys({"12345678": KEY})
    decode(WmbusDecoder(FamilyOptions(memory=memory), keys=keys), link_encrypted(b"\x78" + full))
    memory.flush(now=True)
    again = WmbusDecoder(FamilyOptions(memory=FileDecoderMemory(tmp_path)), keys=keys)
    found = decode(again, link_encrypted(b"\x79" + data + bytes.fromhex("2B02 9501")))
    assert values(found) == {"primary_supply_temp_c": 55.5, "primary_return_temp_c": 40.5}
