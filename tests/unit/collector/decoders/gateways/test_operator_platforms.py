"""OneNET and CTWing AEP: envelopes of the operators' platforms around readings or frames that are passed through."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.foreign import DeviceTarget, FamilyOptions
from collector.decoders.gateways.ctwing_aep import CtwingAepDecoder
from collector.decoders.gateways.onenet import OnenetDecoder
from config.equipment.point_maps import configured_point_maps
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.support.decoding import RECEIVED_MS, Map, decode, extras, qualities, reasons, values

MAPS = configured_point_maps({})
T_MS = 1_768_435_200_000
IMEI = "864016059485616"
FRAME = bytes.fromhex(
    "68421234567890123481271F9007 1A010F08001E 0102 030303030303 09 003C 01 0014 12 00 FB 01"
    "00 00 00D7 29 02 0B 0E 00 012C 05"
)
FRAME = FRAME[:10] + bytes((len(FRAME) - 11,)) + FRAME[11:]
FRAME += bytes((sum(FRAME) & 0xFF, 0x16))


@pytest.fixture
def onenet() -> OnenetDecoder:
    return OnenetDecoder(FamilyOptions(), maps=MAPS)


@pytest.fixture
def ctwing() -> CtwingAepDecoder:
    return CtwingAepDecoder(FamilyOptions(), maps=MAPS)


def push(**parts: object) -> dict[str, object]:
    return {"type": 1, "dev_id": 2016617, "ds_id": "temperature", "at": T_MS, "value": 21.5, **parts}


def report(payload: object, **parts: object) -> str:
    told = {"upPacketSN": "", "upDataSN": -1, "topic": "v1/up/ad19", "timestamp": T_MS, "tenantId": "1"}
    told |= {"serviceId": 1, "protocol": "lwm2m", "messageType": "dataReport", "deviceId": "d1", "IMEI": IMEI}
    return json.dumps({**told, "payload": payload, **parts})


def test_a_onenet_push_of_one_data_stream(onenet: OnenetDecoder) -> None:
    found = decode(onenet, json.dumps({"msg": push(), "msg_signature": "s", "nonce": "n"}))
    assert values(found) == {"room_temp_c": 21.5}
    assert (found.samples.objects[0].object_id, set(found.samples.measured_ms)) == ("2016617", {T_MS})


def test_onenet_lists_texts_and_objects_of_readings(onenet: OnenetDecoder) -> None:
    several = {"msg": [push(), push(ds_id="humidity", value=44)]}
    assert values(decode(onenet, json.dumps(several))) == {"room_temp_c": 21.5, "room_humidity_pct": 44.0}
    text = {"msg": json.dumps(push(value={"temperature": "20.5", "humidity": 41}))}
    assert values(decode(onenet, json.dumps(text))) == {"room_temp_c": 20.5, "room_humidity_pct": 41.0}


def test_a_onenet_thing_model_carries_a_time_for_each_value(onenet: OnenetDecoder) -> None:
    params = {"temperature": {"value": 21.5, "time": T_MS}, "humidity": {"value": 40, "time": T_MS - 1000}}
    notify = {
        "messageType": "notify",
        "notifyType": "property",
        "deviceName": "dev1",
        "data": {"params": params},
    }
    found = decode(onenet, json.dumps(notify))
    assert sorted(found.samples.measured_ms) == [T_MS - 1000, T_MS]
    post = decode(onenet, json.dumps({"id": "1", "params": params}), "$sys/p1/dev9/thing/property/post")
    assert post.samples.objects[0].object_id == "p1/dev9"
    points = {
        "id": 1,
        "dp": {"temperature": [{"v": 21, "t": T_MS // 1000}, {"v": 20, "t": T_MS // 1000 - 600}]},
    }
    assert len(decode(onenet, json.dumps(points), "$sys/p1/dev9/dp/post/json").samples) == 2


@pytest.mark.parametrize("text", [FRAME.hex(), base64.b64encode(FRAME).decode()])
def test_frames_are_passed_through_by_both_platforms(
    onenet: OnenetDecoder, ctwing: CtwingAepDecoder, text: str
) -> None:
    by_onenet = decode(onenet, json.dumps({"msg": push(ds_id="3200_0_5750", imei=IMEI, value=text)}))
    by_ctwing = decode(ctwing, report({"APPdata": text}))
    for found in (by_onenet, by_ctwing):
        assert values(found)["room_temp_c"] == 21.5
        assert found.samples.objects[0].object_id == IMEI


def test_a_damaged_frame_is_rejected_and_the_address_may_be_the_mapped_one() -> None:
    damaged = FRAME[:-2] + bytes((FRAME[-2] ^ 1, 0x16))
    target = DeviceTarget(ObjectRef(Measurement.ROOM, "S9"))
    decoder = CtwingAepDecoder(FamilyOptions(devices=Map(**{"12345678901234": target})), maps=MAPS)
    assert decode(decoder, report({"APPdata": FRAME.hex()})).samples.objects[0].object_id == "S9"
    assert reasons(decode(decoder, report({"APPdata": damaged.hex()}))) == ["wrong_type"]


def test_a_ctwing_report_with_an_empty_packet_number_is_read(ctwing: CtwingAepDecoder) -> None:
    found = decode(ctwing, report({"temperature": 21.5, "humidity": "40", "pci": 7}))
    assert values(found) == {"room_temp_c": 21.5, "room_humidity_pct": 40.0}
    assert extras(found) == {"pci": (7.0, "")}
    assert (found.samples.objects[0].object_id, set(found.samples.measured_ms)) == (IMEI, {T_MS})


def test_a_ctwing_payload_may_be_json_in_text_or_in_base64(ctwing: CtwingAepDecoder) -> None:
    inner = json.dumps({"temperature": 21.5})
    for payload in (inner, {"APPdata": base64.b64encode(inner.encode()).decode()}):
        assert values(decode(ctwing, report(payload))) == {"room_temp_c": 21.5}


def test_a_battery_of_zero_beside_live_readings_is_not_believed(ctwing: CtwingAepDecoder) -> None:
    found = decode(ctwing, report({"temperature": 21.5, "battery": 0}))
    assert qualities(found)["battery_pct"] is Quality.BAD_SENTINEL
    assert qualities(found)["room_temp_c"] is Quality.GOOD
    assert (
        qualities(decode(ctwing, report({"temperature": 21.5, "battery": 5})))["battery_pct"] is Quality.GOOD
    )


def test_a_sentinel_is_no_temperature(ctwing: CtwingAepDecoder) -> None:
    found = decode(ctwing, report({"temperature": 327.67}))
    assert qualities(found)["room_temp_c"] is Quality.BAD_SENTINEL


def test_without_an_imei_the_platforms_device_id_stands_in(ctwing: CtwingAepDecoder) -> None:
    found = decode(ctwing, report({"temperature": 21}, IMEI="undefined"))
    assert found.samples.objects[0].object_id == "d1"


def test_a_missing_timestamp_is_arrival_time(ctwing: CtwingAepDecoder) -> None:
    found = decode(ctwing, report({"temperature": 21}, timestamp=""))
    assert set(found.samples.measured_ms) == {RECEIVED_MS}
    assert qualities(found)["room_temp_c"] is Quality.UNCERTAIN_TIME


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"msg": {"type": 2, "dev_id": 1, "status": 1, "at": T_MS}}, "not_telemetry"),
        ({"msg": {"type": 7, "dev_id": 1, "cmd_id": "x"}}, "not_telemetry"),
        ({"notifyType": "event", "deviceName": "d", "data": {}}, "not_telemetry"),
        ({"id": "1", "code": 200, "msg2": "success"}, "not_telemetry"),
        ({"msg": "no json"}, "wrong_type"),
        ({"msg": {"type": 1, "dev_id": 1}}, "wrong_type"),
        ({"msg": push(value=FRAME.hex()[:-4] + "0016")}, "wrong_type"),
        ([], "wrong_type"),
    ],
)
def test_onenet_messages_that_are_no_readings(onenet: OnenetDecoder, payload: object, reason: str) -> None:
    found = decode(onenet, json.dumps(payload))
    assert reason in reasons(found)
    assert len(found.samples) == 0


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (report({}, messageType="deviceOnlineOfflineReport"), "not_telemetry"),
        (report({}, messageType="commandResponse"), "not_telemetry"),
        (report({}, messageType=7), "not_telemetry"),
        (report({}), "not_telemetry"),
        (report("text"), "wrong_type"),
        (report(None), "wrong_type"),
        (report({"APPdata": "////"}), "wrong_type"),
        (report({"APPdata": 7}), "wrong_type"),
        (report({"temperature": 1}, IMEI=None, deviceId=None), "wrong_type"),
        ("{", "bad_json"),
    ],
)
def test_ctwing_messages_that_are_no_readings(ctwing: CtwingAepDecoder, payload: str, reason: str) -> None:
    found = decode(ctwing, payload)
    assert reasons(found) == [reason]
    assert len(found.samples) == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = [
    "msg",
    "type",
    "dev_id",
    "ds_id",
    "at",
    "value",
    "params",
    "data",
    "dp",
    "payload",
    "messageType",
    "IMEI",
]


@given(told=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6))
def test_nothing_makes_them_raise(told: dict[str, object]) -> None:
    for decoder in (OnenetDecoder(FamilyOptions(), maps=MAPS), CtwingAepDecoder(FamilyOptions(), maps=MAPS)):
        found = decode(decoder, json.dumps(told))
        assert found.rejections or len(found.samples) or found.extras


def thing(**parts: object) -> str:
    params = {"temp": {"value": 21.5, "time": T_MS}}
    return json.dumps({"notifyType": "property", "deviceName": "room-1", "data": {"params": params}, **parts})


def test_devices_of_two_products_with_one_name_are_two_devices(onenet: OnenetDecoder) -> None:
    devices = {
        decode(onenet, thing(productId=product)).samples.objects[0].object_id for product in ("pA", "pB")
    }
    assert devices == {"pA/room-1", "pB/room-1"}
    assert decode(onenet, thing()).samples.objects[0].object_id == "room-1"
    assert decode(onenet, thing(productId="pA", imei=IMEI)).samples.objects[0].object_id == IMEI


def test_a_map_that_knows_the_bare_name_of_a_onenet_device_goes_before() -> None:
    devices = Map(**{"room-1": DeviceTarget(ObjectRef(Measurement.ROOM, "S1"))})
    decoder = OnenetDecoder(FamilyOptions(devices=devices, unmapped_pass=False), maps=MAPS)
    assert decode(decoder, thing(productId="pA")).samples.objects[0].object_id == "S1"


@pytest.mark.parametrize(
    "payload",
    [
        {"serviceId": "report", "serviceData": {"temperature": 21.5, "humidity": 40.2, "battery_voltage": 3.55}},
        {"serviceId": "report", "serviceData": json.dumps({"temperature": 21.5, "humidity": 40.2, "battery_voltage": 3.55})},
        {"data": {"params": {"temperature": {"value": 21.5, "unit": "℃"}, "humi": "40.2", "batteryVoltage": "3550mV"}}},
        {"温度": "21.5℃", "湿度": 40.2, "电量": 3.55},
    ],
)  # fmt: skip
def test_the_members_of_a_thing_model_are_the_readings(ctwing: CtwingAepDecoder, payload: object) -> None:
    found = decode(ctwing, report(payload))
    assert values(found) == {"room_temp_c": 21.5, "room_humidity_pct": 40.2, "battery_v": 3.55}
    assert set(found.samples.measured_ms) == {T_MS} and not found.extras


def test_what_stands_in_another_object_keeps_its_name_and_is_no_reading_of_the_room(
    ctwing: CtwingAepDecoder,
) -> None:
    found = decode(ctwing, report({"board": {"temperature": 45.0}, "temperature": 21.0}))
    assert values(found) == {"room_temp_c": 21.0}
    assert extras(found) == {"board.temperature": (45.0, "")}


def test_words_of_a_dtu_before_a_passed_frame_do_not_hide_it(
    ctwing: CtwingAepDecoder, onenet: OnenetDecoder
) -> None:
    data = base64.b64encode(b"CTRL:R0000000001" + FRAME).decode()
    assert values(decode(ctwing, report({"APPdata": data})))["room_temp_c"] == 21.5
    assert values(decode(onenet, json.dumps(push(value=data))))["room_temp_c"] == 21.5
    words = base64.b64encode(b"CTRL:R0000000001").decode()
    assert reasons(decode(ctwing, report({"APPdata": words}))) == ["not_telemetry"]
