"""LoRaWAN payload codecs, each by the examples and tables of its maker; sign bits and absent probes included."""

import base64

import pytest

from collector.decoders.foreign import DeviceTarget, FamilyOptions, Hints
from collector.decoders.lorawan.codec import LorawanCodecDecoder
from collector.messages.decoded import Decoded
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, values

T, RH, V, PCT = "room_temp_c", "room_humidity_pct", "battery_v", "battery_pct"


def told(frame: str, codec: str, port: int | None = None, topic: str = "lora/sensor") -> Decoded:
    decoder = LorawanCodecDecoder(FamilyOptions(hints=Hints(codec=codec, f_port=port)))
    return decode(decoder, bytes.fromhex(frame), topic)


@pytest.mark.parametrize(
    ("codec", "port", "frame", "wanted"),
    [
        ("elsys_ers", 5, "0100E20229040027050607 0708", {T: 22.6, RH: 41.0, V: 1.8}),
        ("ERS CO2", 5, "01FFF6", {T: -1.0}),
        ("elsys", 5, "018000", {T: -3276.8}),
        ("em300-th", 85, "01755C03673401046865", {PCT: 92.0, T: 30.8, RH: 50.5}),
        ("em300-th", 85, "0367F6FF", {T: -1.0}),
        ("am102", 85, "017564 03671801 04686D", {PCT: 100.0, T: 28.0, RH: 54.5}),
        ("am107", 85, "03671801 056A4900 0665 1C00 7900 1400 077DE704 087D0700 09733F27", {T: 28.0}),
        ("wt101", 85, "017561 04672C01 03670A01 059264 09900000 0B900000", {PCT: 97.0, T: 26.6}),
        ("lht65", 2, "CBF6 0B0D 0376 01 0ADD 7FFF", {T: 28.29, RH: 88.6, V: 3.062, "low_battery": 0.0}),
        ("lht65", 2, "CBF6 FF9C 0376 01 FE0C 7FFF", {T: -1.0, RH: 88.6, V: 3.062, "low_battery": 0.0}),
        ("lht65n", 2, "4BF6 0B0D 0376 00 7FFF 7FFF", {T: 28.29, RH: 88.6, V: 3.062, "low_battery": 1.0}),
        ("lht52", 2, "08CD 0220 084D 01 634B1A2C", {T: 22.53, RH: 54.4}),
        ("lht52", 2, "FFD8 0220 7FFF 01 634B1A2C", {T: -0.4, RH: 54.4}),
        ("decentlab dl-sht35", 1, "02030e0003 64a0 79b1 0c60", {T: 23.787670710, RH: 47.536430915, V: 3.168}),
        ("dl-sht35", 1, "02030e0002 0c60", {V: 3.168}),
        ("dl-ds18", 1, "0202bd0003 8158 0c60", {T: 21.5, V: 3.168}),
        ("mclimate vicki", 1, "011D5A78FA2C01F080", {T: 18.01, RH: 46.88, V: 3.5, "sensor_fault": 0.0}),
        ("mclimate ht-sensor", 2, "01028880AB", {T: 24.8, RH: 50.0, V: 3.0}),
        ("mclimate ht", 2, "01017280AB0400", {T: -3.0, RH: 50.0, V: 3.0}),
        ("mclimate co2", 2, "01028002 8880AF", {T: 24.8, RH: 50.0, V: 3.0}),
        ("mclimate wireless thermostat", 2, "010288800CE4150000C801", {T: 24.8, RH: 50.0, V: 3.3}),
    ],
)
def test_frames_of_the_makers_read_as_published(
    codec: str, port: int, frame: str, wanted: dict[str, float]
) -> None:
    assert values(told(frame, codec, port)) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("codec", "port", "frame", "name", "wanted"),
    [
        ("elsys", 5, "0C00D5", "externalTemperature", (21.3, "°C")),
        ("elsys", 5, "03 01FF02", "y", (-1.0, "")),
        ("am107", 85, "09733F27", "pressure", (1004.7, "hPa")),
        ("am107", 85, "087D0700", "tvoc", (7.0, "ppb")),
        ("wt101", 85, "04672C01", "temperature_target", (30.0, "°C")),
        ("wt101", 85, "0A0001", "freeze_protection", (1.0, "")),
        ("lht65", 2, "CBF60B0D0376010ADD7FFF", "TempC_DS", (27.81, "°C")),
        ("lht65", 2, "CBF60B0D037605012C7FFF", "ILL_lx", (300.0, "lx")),
        ("dl-iam", 1, "020bbd0020 0021", "activity_counter", (33.0, "")),
        ("dl-iam", 1, "020bbd0010 8263 0001 269a", "co2_concentration", (611.0, "ppm")),
        ("vicki", 1, "011D5A78FA2C01F080", "valveOpenness", (17.0, "%")),
        ("vicki", 1, "011D5A78FA2C01F080", "childLock", (True, "")),
        ("mclimate ht", 2, "01028880AB00F5", "extThermistorTemperature", (24.5, "°C")),
    ],
)
def test_what_no_point_covers_keeps_name_and_unit(
    codec: str, port: int, frame: str, name: str, wanted: tuple[object, str]
) -> None:
    assert extras(told(frame, codec, port))[name] == wanted


@pytest.mark.parametrize(
    ("codec", "port", "frame"),
    [
        ("elsys", 5, "017FFF"),
        ("elsys", 5, "018000"),
        ("em300", 85, "0367FF7F"),
        ("em300", 85, "0468FF"),
        ("lht65", 2, "CBF67FFF0376007FFF7FFF"),
        ("lht52", 2, "7FFF0220084D0100000000"),
        ("dl-sht35", 1, "02030e0001ffffffff"),
    ],
)
def test_a_probe_that_is_absent_is_a_sentinel(codec: str, port: int, frame: str) -> None:
    first = told(frame, codec, port).samples.quality[0]
    assert first == Quality.BAD_SENTINEL


def test_an_absent_external_probe_does_not_spoil_the_room() -> None:
    decoded = told("CBF60B0D0376017FFF7FFF", "lht65", 2)
    assert qualities(decoded)[T] == Quality.UNCERTAIN_TIME
    assert {item.name: item.quality for item in decoded.extras}["TempC_DS"] == Quality.BAD_SENTINEL


def test_stored_readings_are_stamped_by_the_device_and_marked() -> None:
    decoded = told("20CE 80306869 1001 5D 00 20CE 803A6869 0F01 5C 00", "em300-th", 85)
    assert decoded.samples.measured_ms.tolist() == [1_768_435_840_000] * 3 + [1_768_438_400_000] * 3
    assert values(decoded) == {T: 27.1, RH: 46.0, "backfilled": 1.0}
    assert decoded.reading.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_poll_answer_of_an_lht65_is_history() -> None:
    entry = "0ADD 0B0D 0376 41 69683080"
    decoded = told(entry + "7FFF FF9C 0376 41 6968 3180", "lht65n", 2)
    assert decoded.samples.measured_ms.tolist()[::3] == [1_768_435_840_000, 1_768_436_096_000]
    assert values(decoded)["backfilled"] == 1.0
    assert [item.value for item in decoded.extras] == [27.81, 327.67]


def test_a_live_frame_with_a_clock_uses_it_and_an_unset_clock_gives_way() -> None:
    assert told("08CD0220084D0169683080", "lht52", 2).samples.measured_ms[0] == 1_768_435_840_000
    unset = told("08CD0220084D0100000010", "lht52", 2)
    assert unset.samples.measured_ms[0] == RECEIVED_MS
    assert qualities(unset)[T] == Quality.UNCERTAIN_TIME


def test_a_broken_sensor_of_a_vicki_makes_its_temperature_bad() -> None:
    decoded = told("011D5A78FA2C01F180", "vicki", 1)
    assert values(decoded)["sensor_fault"] == 1.0
    assert qualities(decoded)[T] == Quality.BAD_SENSOR_FAULT


def test_an_uninstalled_radiator_valve_was_moved() -> None:
    decoded = told("03670A01 060001", "wt101", 85)
    assert values(decoded) == {T: 26.6, "sensor_moved": 1.0}
    assert qualities(decoded)[T] == Quality.UNCERTAIN_MOVED


def test_the_answer_to_a_command_ends_in_a_periodic_part() -> None:
    assert values(told("04 1020 1205 01028880AB0400", "mclimate ht", 2))[T] == 24.8


@pytest.mark.parametrize(
    ("codec", "port", "frame", "reason"),
    [
        ("elsys", 5, "0100", "wrong_type"),
        ("elsys", 5, "FF", "wrong_type"),
        ("elsys", 5, "", "not_telemetry"),
        ("elsys", 6, "3E0101", "not_telemetry"),
        ("em300", 85, "0367", "wrong_type"),
        ("em300", 85, "AABB00", "wrong_type"),
        ("em300", 85, "FF0BFF FF0101 FF166136B51042170011", "not_telemetry"),
        ("em300", 85, "20CE0102", "wrong_type"),
        ("lht65", 2, "CBF60B0D", "wrong_type"),
        ("lht52", 4, "28DA40B70C00007B", "not_telemetry"),
        ("dl-sht35", 1, "03030e000364a079b10c60", "wrong_type"),
        ("dl-sht35", 1, "02030e000364a0", "wrong_type"),
        ("vicki", 1, "011D", "wrong_type"),
        ("mclimate", 1, "02", "wrong_type"),
        ("morse", 1, "01", "wrong_type"),
    ],
)
def test_what_is_no_frame_is_told(codec: str, port: int, frame: str, reason: str) -> None:
    decoded = told(frame, codec, port)
    assert reasons(decoded) == [reason] and len(decoded.samples) == 0


def test_what_comes_before_an_unknown_channel_is_kept_and_the_rest_told() -> None:
    decoded = told("0367340199990102", "em300", 85)
    assert values(decoded) == {T: 30.8} and reasons(decoded) == ["unknown_point"]


@pytest.mark.parametrize(
    ("eui", "frame", "wanted"),
    [
        ("24E124136B502217", "03673401", 30.8),
        ("a81758fffe030001", "0100E2", 22.6),
        ("70b3d57ba0000de0", "02030e000364a079b10c60", 23.787670710),
        ("70b3d52dd3000001", "011D5A78FA2C01F080", 18.01),
    ],
)
def test_the_makers_block_of_ids_chooses_the_codec(eui: str, frame: str, wanted: float) -> None:
    decoder = LorawanCodecDecoder(FamilyOptions())
    decoded = decode(decoder, bytes.fromhex(frame), f"lora/{eui}/up/85")
    assert values(decoded)[T] == pytest.approx(wanted)
    assert decoded.samples.objects[0].object_id == eui


def test_a_dragino_is_never_guessed() -> None:
    frame = bytes.fromhex("CBF60B0D0376010ADD7FFF")
    unnamed = decode(LorawanCodecDecoder(FamilyOptions()), frame, "lora/a84041ffff123456/up/2")
    assert reasons(unnamed) == ["wrong_type"]
    target = DeviceTarget(ObjectRef(Measurement.ROOM, "S1"), codec="dragino_lht65")
    named = LorawanCodecDecoder(FamilyOptions(devices=Map(a84041ffff123456=target)))
    assert values(decode(named, frame, "lora/a84041ffff123456/up/2"))[T] == 28.29


@pytest.mark.parametrize(
    "text",
    [
        "01755C03673401046865",
        base64.b64encode(bytes.fromhex("01755C03673401046865")).decode(),
        "0175 5c03 6734 0104 6865\n",
    ],
)
def test_hex_and_base64_texts_are_read_as_bytes(text: str) -> None:
    decoder = LorawanCodecDecoder(FamilyOptions(hints=Hints(vendor="milesight")))
    assert values(decode(decoder, text)) == {PCT: 92.0, T: 30.8, RH: 50.5}


def test_a_frame_longer_than_any_uplink_is_too_big() -> None:
    assert reasons(told("0367F600" * 400, "em300")) == ["too_big"]
