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
        ("24E124136B502217", "03673401 046865", 30.8),
        ("a81758fffe030001", "0100E2", 22.6),
    ],
)
def test_the_makers_block_of_ids_chooses_the_codec(eui: str, frame: str, wanted: float) -> None:
    decoder = LorawanCodecDecoder(FamilyOptions())
    decoded = decode(decoder, bytes.fromhex(frame), f"lora/{eui}/up/85")
    assert values(decoded)[T] == pytest.approx(wanted)
    assert decoded.samples.objects[0].object_id == eui


@pytest.mark.parametrize(
    ("eui", "frame"),
    [
        ("24E124136B502217", "03673401"),  # a room's, a pipe's (EM500-PT100) or a soil's temperature
        ("24E124136B502217", "01756403671901046873057FF000"),  # EM500-SMTC: 04 68 is soil moisture
        ("24E124136B502217", "20CE5C470A65D09EC091"),
        ("70b3d57ba0000de0", "02030e000364a079b10c60"),
        ("70b3d52dd3000001", "011D5A78FA2C01F080"),
    ],
)
def test_a_maker_alone_is_no_model_where_its_models_differ(eui: str, frame: str) -> None:
    decoded = decode(LorawanCodecDecoder(FamilyOptions()), bytes.fromhex(frame), f"lora/{eui}/up/85")
    assert (reasons(decoded), len(decoded.samples)) == (["wrong_type"], 0)
    assert "device map" in decoded.rejections[0].detail


@pytest.mark.parametrize(
    "codec",
    [
        "milesight em500-swl", "milesight-iot ws301", "em400-tld", "EM300-CL", "am999", "wt303", "decentlab dl-pr26", "dl-trs11",
        "Decentlab DL-LP8P", "mclimate fan-coil-thermostat", "mclimate co2-display", "MClimate HT Sensor PIR", "mclimate t-valve",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "frame", ["02030e000364a079b10c60", "01028880AB", "01755C03673401046865", "011D5A78FA2C01F080"]
)
def test_a_named_model_that_is_not_known_is_never_read_as_another(codec: str, frame: str) -> None:
    decoded = told(frame, codec, 1)
    assert (reasons(decoded), len(decoded.samples)) == (["wrong_type"], 0)
    assert "not known" in decoded.rejections[0].detail


@pytest.mark.parametrize(
    ("name", "frame", "point"),
    [
        ("EM300-TH-868M", "0367EE00046870", T), ("em300_th", "0367EE00046870", T), ("AM307L", "0367EE00050001", T),
        ("AM307 (v2)", "0367EE00050001", T), ("EM300 Sensor", "0367EE00", T), ("Milesight EM320-TH", "0367EE00", T),
        ("MClimate Vicki EU868", "011D5A78FA2C01F080", T), ("MClimate CO2 Sensor and Notifier", "01028002 8880AF", T),
        ("Decentlab DL-SHT35-001", "02030e000364a079b10c60", T), ("Dragino LHT65N-E5", "CBF60B0D0376010ADD7FFF", T),
    ],
)  # fmt: skip
def test_names_of_models_come_with_bands_and_words(name: str, frame: str, point: str) -> None:
    assert point in values(told(frame, name, 2))


AT, AT_MS = "80306869", 1_768_435_840_000


@pytest.mark.parametrize(
    ("codec", "stored", "wanted", "left"),
    [
        ("em300-th", "1001 5D 00", {T: 27.2, RH: 46.5}, {}),
        ("em300-mcs", "1001 5D 01", {T: 27.2, RH: 46.5}, {"door_open": 1.0}),
        ("em300-sld", "1001 5D 01", {T: 27.2, RH: 46.5}, {"water_leak": 1.0}),
        ("em300-di", "1001 5D 02 00 00010000", {T: 27.2, RH: 46.5}, {"pulse": 256.0}),
        ("em300-di", "F6FF 5D 01 01 00000000", {T: -1.0, RH: 46.5}, {"gpio": 1.0}),
        ("em320-th", "1001 5D", {T: 27.2, RH: 46.5}, {}),
        ("em500-co2", "E803 7627 EE00 7C", {T: 23.8, RH: 62.0}, {"co2": 1000.0, "pressure": 1010.2}),
        ("em500-smtc", "F000 1901 7C15", {}, {"soil_conductivity": 240.0, "soil_temperature": 28.1, "soil_moisture": 55.0}),
        ("em500-pt100", "9A01", {}, {"probe_temperature": 41.0}),
        ("am102", "1801 6D", {T: 28.0, RH: 54.5}, {}),
        ("am103", "1801 6D E704", {T: 28.0, RH: 54.5}, {"co2": 1255.0}),
        ("am307", "EE00 7C 01 02 A803 2500 6627", {T: 23.8, RH: 62.0}, {"co2": 936.0, "pressure": 1008.6, "pir": 1.0}),
        ("am308", "EE00 7C 01 02 A803 2500 6627 0A00 1400", {T: 23.8, RH: 62.0}, {"pm2_5": 10.0, "pm10": 20.0}),
        ("am319", "EE00 7C 01 02 A803 2500 6627 0A00 1400 0300", {T: 23.8, RH: 62.0}, {"hcho_or_o3": 0.03}),
        ("am307-v2", "EE00 7C00 01 02 A803 2500 6627", {T: 23.8, RH: 62.0}, {"tvoc": 0.37}),
        ("wt201", "D09E C091", {T: 27.0}, {"temperature_target": 16.6}),
    ],
)  # fmt: skip
def test_a_stored_reading_is_laid_out_by_its_model(
    codec: str, stored: str, wanted: dict[str, float], left: dict[str, float]
) -> None:
    decoded = told(f"20CE {AT} {stored} 20CE {AT} {stored}", codec, 85)
    assert not decoded.rejections
    found = values(decoded)
    assert {point: found[point] for point in found if point != "backfilled"} == pytest.approx(wanted)
    assert {name: value for name, (value, _unit) in extras(decoded).items() if name in left} == pytest.approx(
        left
    )
    assert {item.t_ms for item in decoded.extras} | set(decoded.samples.measured_ms.tolist()) == {AT_MS}


def test_a_stored_reading_of_a_model_without_a_known_layout_spares_the_live_part() -> None:
    decoded = told(f"03670A01 20CE {AT} 1001 5D", "wt101", 85)
    assert values(decoded) == {T: 26.6} and reasons(decoded) == ["unknown_point"]


@pytest.mark.parametrize(
    ("codec", "frame", "name", "wanted"),
    [
        ("am307", "050001", "pir", 1.0),
        ("em300-sld", "050001", "water_leak", 1.0),
        ("em300-di", "050001", "gpio", 1.0),
        ("em300-mcs", "060001", "door_open", 1.0),
        ("am307", "06CB02", "light_level", 2.0),
        ("am103", "077DE704", "co2", 1255.0),
        ("em500-co2", "057DE803", "co2", 1000.0),
        ("em500-smtc", "046873", "soil_moisture", 57.5),
        ("em500-smtc", "04CA7C15", "soil_moisture", 55.0),
        ("em500-pt100", "0367F401", "probe_temperature", 50.0),
        ("em300-di", "05E1 0A00 0A00 0000A040", "water", 5.0),
    ],
)
def test_a_channel_means_what_its_model_says(codec: str, frame: str, name: str, wanted: float) -> None:
    decoded = told(frame, codec, 85)
    assert extras(decoded)[name][0] == wanted and T not in values(decoded)


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
