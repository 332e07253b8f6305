"""SenML (RFC 8428): resolution of base fields, times from now, versions and fields one must know, JSON and CBOR."""

import json
from decimal import Decimal
from typing import Any

import cbor2
import pytest

from collector.decoders.envelopes.senml import SenmlDecoder
from collector.decoders.foreign import FamilyOptions
from collector.messages.decoded import Decoded
from heating.quality import Quality
from tests.support.decoding import RECEIVED_MS, decode, extras, qualities, reasons, values

DEVICE = "urn:dev:ow:10e2073a01080063"
BASE = f"{DEVICE}:"


def told(*records: dict[str, Any]) -> Decoded:
    return decode(SenmlDecoder(FamilyOptions()), json.dumps(records), "senml/gateway")


def times(decoded: Decoded) -> list[int]:
    return decoded.samples.measured_ms.tolist()


def test_base_name_time_unit_and_value_are_added() -> None:
    decoded = told(
        {"bn": BASE, "bt": 1_768_435_200, "bu": "Cel", "bv": 20, "n": "temperature", "v": 1.5},
        {"n": "humidity", "u": "%RH", "t": -60, "v": 21, "bv": 0},
    )
    assert values(decoded) == {"room_temp_c": 21.5, "room_humidity_pct": 21.0}
    assert times(decoded) == [1_768_435_200_000, 1_768_435_140_000]
    assert {ref.object_id for ref in decoded.samples.objects} == {DEVICE}
    assert set(qualities(decoded).values()) == {Quality.GOOD}


def test_small_times_are_offsets_from_now_and_zero_is_now() -> None:
    decoded = told(
        {"n": f"{BASE}temp", "u": "Cel", "t": -5, "v": 20}, {"n": f"{BASE}humidity", "u": "%RH", "v": 40}
    )
    assert times(decoded) == [RECEIVED_MS - 5000, RECEIVED_MS]
    assert list(qualities(decoded).values()) == [Quality.GOOD, Quality.UNCERTAIN_TIME]


def test_the_boundary_between_offset_and_absolute_is_two_to_the_28() -> None:
    below = told({"n": f"{BASE}temp", "v": 20, "t": 2**28 - 1})
    above = told({"n": f"{BASE}temp", "v": 20, "t": 2**28})
    assert times(below) == [RECEIVED_MS + (2**28 - 1) * 1000]
    assert qualities(above) == {"room_temp_c": Quality.UNCERTAIN_TIME}, "1978 is no time of a working clock"


def test_the_first_example_of_the_rfc() -> None:
    decoded = told({"n": DEVICE, "u": "Cel", "v": 23.1})
    assert values(decoded) == {"room_temp_c": 23.1}
    assert decoded.samples.objects[0].object_id == DEVICE


def test_the_multiple_data_example_of_the_rfc() -> None:
    decoded = told(
        {"bn": BASE, "bt": 1.276020076001e9, "bu": "A", "bver": 5, "n": "voltage", "u": "V", "v": 120.1},
        {"n": "current", "t": -5, "v": 1.2},
        {"n": "current", "t": -4, "v": 1.3},
    )
    found = [(item.name, item.value, item.unit, item.t_ms) for item in decoded.extras]
    assert found == [
        ("voltage", 120.1, "V", 1_276_020_076_001),
        ("current", 1.2, "A", 1_276_020_071_001),
        ("current", 1.3, "A", 1_276_020_072_001),
    ]


def test_sums_are_added_and_stand_beside_a_value() -> None:
    decoded = told(
        {"bn": BASE, "bs": 100, "n": "energy", "u": "J", "s": 20}, {"n": "flow", "u": "l/s", "v": 1, "s": 2}
    )
    assert extras(decoded) == {"energy": (120.0, "J"), "flow": (1.0, "l/s"), "flow.sum": (102.0, "l/s")}


def test_texts_flags_and_data_are_kept_under_their_names() -> None:
    decoded = told(
        {"bn": BASE, "n": "state", "vs": "ok"}, {"n": "open", "vb": True}, {"n": "nfc", "vd": "aGkg"}
    )
    assert extras(decoded) == {"state": ("ok", ""), "open": (True, ""), "nfc": ("aGkg", "")}


def test_a_battery_in_percent_and_in_volts() -> None:
    decoded = told(
        {"bn": BASE, "n": "battery", "u": "%EL", "v": 87}, {"n": "batteryVoltage", "u": "V", "v": 3.1}
    )
    assert values(decoded) == {"battery_pct": 87.0, "battery_v": 3.1}


@pytest.mark.parametrize(
    "record",
    [
        {"bver": 11, "n": "temp", "v": 1},
        {"bver": "10", "n": "temp", "v": 1},
        {"bver": True, "n": "temp", "v": 1},
        {"n": "temp", "v": 1, "novel_": 1},
    ],
)
def test_what_must_be_understood_and_is_not_rejects_the_whole_pack(record: dict[str, Any]) -> None:
    decoded = told({"bn": BASE, "n": "humidity", "v": 40}, record)
    assert reasons(decoded) == ["wrong_type"] and len(decoded.samples) == 0


def test_fields_that_need_not_be_understood_are_passed_over() -> None:
    assert values(told({"bn": BASE, "bver": 10, "n": "temp", "v": 1, "novel": 1, "ut": 60})) == {
        "room_temp_c": 1.0
    }


@pytest.mark.parametrize(
    "record",
    [
        {"n": "temp"},
        {"n": "temp", "v": 1, "vs": "one"},
        {"n": "temp", "v": True},
        {"n": "temp", "v": "1"},
        {"n": "te mp", "v": 1},
        {"n": "/temp", "bn": "", "v": 1},
        {"n": 5, "v": 1},
        {"n": "temp", "v": 1, "t": "now"},
        {"n": "temp", "vb": 1},
    ],
)
def test_a_record_that_is_wrong_is_told_and_harms_no_other(record: dict[str, Any]) -> None:
    decoded = told({"bn": BASE, "n": "humidity", "u": "%RH", "v": 40}, record)
    assert values(decoded) == {"room_humidity_pct": 40.0}
    assert reasons(decoded) == ["wrong_type"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{}", "wrong_type"),
        (b"[1]", "wrong_type"),
        (b"[]", "not_telemetry"),
        (b'[{"bn":"a"}]', "not_telemetry"),
        (b"[", "bad_json"),
        (b"", "bad_json"),
        (b'["\xff"]', "bad_utf8"),
        (b"\x81" * 3000, "bad_json"),
        (b"\x9a\xff\xff\xff\xff", "bad_json"),
        (b"\x81\xd8\x23\x63(a)", "bad_json"),
    ],
)
def test_what_is_no_pack_is_told(payload: bytes, reason: str) -> None:
    assert reasons(decode(SenmlDecoder(FamilyOptions()), payload)) == [reason]


def test_cbor_packs_use_numbers_for_names() -> None:
    pack = [
        {-2: BASE, -3: 1_768_435_200, -1: 10, 0: "temperature", 1: "Cel", 2: 21.5},
        {0: "humidity", 1: "%RH", 6: -30, 2: Decimal("40.25")},
        {0: "raw", 8: b"\x01\x02"},
    ]
    decoded = decode(SenmlDecoder(FamilyOptions()), cbor2.dumps(pack))
    assert values(decoded) == {"room_temp_c": 21.5, "room_humidity_pct": 40.25}
    assert times(decoded) == [1_768_435_200_000, 1_768_435_170_000]
    assert extras(decoded) == {"raw": ("0102", "")}


def test_a_cbor_pack_with_an_unknown_text_label_that_must_be_understood_is_refused() -> None:
    decoded = decode(SenmlDecoder(FamilyOptions()), cbor2.dumps([{0: "temp", 2: 1, "x_": 1}]))
    assert reasons(decoded) == ["wrong_type"]


def test_a_long_pack_is_cut_and_a_very_long_one_refused() -> None:
    cut = told(*({"n": f"{BASE}temp", "t": -place - 1, "v": 20} for place in range(800)))
    assert len(cut.samples) == 500 and reasons(cut) == ["too_big"]
    assert reasons(told(*({"n": f"{BASE}temp", "v": 20} for _ in range(1001)))) == ["too_big"]


MAC = "urn:dev:mac:0024befffe804ff1"


@pytest.mark.parametrize(
    ("base", "name", "device"),
    [
        (f"{MAC}_", "temperature", MAC), (f"{MAC}:", "temperature", MAC), (f"{MAC}/", "temperature", MAC),
        (f"{MAC}:", "room_temp", MAC), (MAC, "_temperature", MAC), (MAC, ":temperature", MAC), (MAC, "temperature", MAC),
        ("", f"{MAC}_temperature", MAC), ("", f"{MAC}_sensor_temperature", MAC), ("", f"{MAC}/temperature", MAC),
        ("urn:dev:org:32473-12345_", "temperature", "urn:dev:org:32473-12345"),
        ("", "urn:dev:os:32473-12345_temperature", "urn:dev:os:32473-12345"),
        ("urn:dev:ow:", "10e2073a01080063", "urn:dev:ow:10e2073a01080063"),
        (f"{MAC}/", "kitchen/temperature", f"{MAC}/kitchen"),
        (f"{MAC}/", "3303/0/5700", MAC), (f"{MAC}:", "3303/0/5700", MAC), ("", f"{MAC}/3303/0/5700", MAC),
        (f"{MAC}/3303/0/", "5700", MAC), ("https://league.cn/rooms/12/", "temperature", "https://league.cn/rooms/12"),
    ],
)  # fmt: skip
def test_a_device_is_what_stands_before_its_component(base: str, name: str, device: str) -> None:
    decoded = told(
        {"bn": base, "n": name, "u": "Cel", "v": 21.5} if base else {"n": name, "u": "Cel", "v": 21.5}
    )
    assert [sample.ref.object_id for sample in decoded.samples.to_samples()] == [device]
    assert values(decoded) == {"room_temp_c": 21.5} or "sensor_temperature" in name


def test_ipso_objects_of_one_device_are_one_reading() -> None:
    decoded = told(
        {"bn": f"{MAC}/", "n": "3303/0/5700", "u": "Cel", "v": 21.5}, {"n": "3304/0/5700", "u": "%RH", "v": 41},
        {"n": "3303/0/5601", "u": "Cel", "v": 17.0}, {"n": "3303/1/5700", "u": "Cel", "v": 55.0},
    )  # fmt: skip
    assert values(decoded) == {"room_temp_c": 21.5, "room_humidity_pct": 41.0}
    assert {ref.object_id for ref in decoded.samples.objects} == {MAC}
    assert extras(decoded) == {"3303/0/5601": (17.0, "°C"), "3303/1/5700": (55.0, "°C")}


@pytest.mark.parametrize(
    ("unit", "value"), [("K", 294.65), ("Cel", 21.5), ("degC", 21.5), ("degF", 70.7), ("°C", 21.5)]
)
def test_every_unit_of_a_temperature_is_converted(unit: str, value: float) -> None:
    assert values(told({"n": f"{BASE}temp", "u": unit, "v": value})) == {"room_temp_c": 21.5}


def test_a_charge_in_per_cent_is_one_also_where_it_could_be_volts() -> None:
    assert values(told({"n": f"{BASE}battery", "u": "%EL", "v": 3})) == {"battery_pct": 3.0}
    assert values(told({"n": f"{BASE}battery", "u": "V", "v": 3})) == {"battery_v": 3.0}
