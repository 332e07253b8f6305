"""85.0 °C after a jump is doubtful in native station messages too, alone, in batches and on any object."""

import json

import pytest

from collector.decoders.native.decoder import NativeDecoder
from heating.points import POINT_INDEX, Measurement
from heating.protocols import RawMessage
from heating.quality import Quality

POINT = "secondary_supply_temp_c"
GOOD, DOUBT = int(Quality.GOOD), int(Quality.UNCERTAIN_UNCONFIRMED)
T_MS = 1_800_000_000_000


def message(*values_c: float | None, station: str = "S1", start_ms: int = T_MS) -> RawMessage:
    parts = [
        {"t": start_ms + place * 1000, "v": {POINT: value, "mains_power_ok": 1}}
        for place, value in enumerate(values_c)
    ]
    body = parts[0] if len(parts) == 1 else {"batch": parts}
    return RawMessage(f"heat/xl/station/{station}/telemetry", json.dumps(body).encode(), start_ms)


def qualities(decoder: NativeDecoder, *messages: RawMessage, station: str = "S1") -> list[int]:
    samples = decoder.decode(messages).samples
    point = POINT_INDEX[Measurement.STATION, POINT]
    return [
        int(samples.quality[row])
        for row in range(len(samples))
        if samples.point[row] == point and samples.objects[samples.object_index[row]].object_id == station
    ]


@pytest.mark.parametrize("one_by_one", [True, False])
def test_a_jump_to_85_is_doubtful_until_another_value(one_by_one: bool) -> None:
    decoder = NativeDecoder()
    values = (50.0, 85.0, 85.0, 52.0, 85.0, 84.0, 85.0, 90.0, 85.0)
    messages = [message(value, start_ms=T_MS + n * 1000) for n, value in enumerate(values)]
    if one_by_one:
        found = [quality for each in messages for quality in qualities(decoder, each)]
    else:
        found = qualities(decoder, *messages)
    assert found == [GOOD, DOUBT, DOUBT, GOOD, DOUBT, GOOD, GOOD, GOOD, GOOD]


def test_in_a_batch_of_one_message_and_after_it() -> None:
    decoder = NativeDecoder()
    assert qualities(decoder, message(50.0, 85.0, None, 85.0)) == [GOOD, DOUBT, int(Quality.BAD), DOUBT]
    assert qualities(decoder, message(85.0, start_ms=T_MS + 9000)) == [DOUBT]


def test_each_station_for_itself_and_a_first_value_is_believed() -> None:
    decoder = NativeDecoder()
    both = (message(50.0), message(86.0, station="S2"))
    assert qualities(decoder, *both, message(85.0, station="S2"), station="S2") == [GOOD, GOOD]
    assert qualities(decoder, message(85.0, station="S3"), station="S3") == [GOOD]
    assert qualities(decoder, message(85.0)) == [DOUBT]


def test_a_setpoint_of_85_is_a_setpoint() -> None:
    name, decoder = "secondary_supply_temp_setpoint_c", NativeDecoder()
    for value in (50.0, 85.0):
        body = json.dumps({"t": T_MS, "v": {name: value}}).encode()
        samples = decoder.decode([RawMessage("heat/xl/station/S1/telemetry", body, T_MS)]).samples
        assert samples.quality.tolist() == [GOOD]
