"""Registry, time and range on columns."""

from collector.decoders.native.decoder import NativeDecoder
from collector.messages.decoded import Decoded, Reason
from collector.messages.known_objects import KnownObjects
from collector.messages.validation import TimeLimits, validate
from heating.points import Measurement
from heating.protocols import RawMessage
from heating.quality import Quality
from heating.samples import ObjectRef
from tests.unit.collector.intake.fakes import NOW_MS, moved, reading

KNOWN = KnownObjects(
    {ObjectRef(Measurement.ROOM, "S1"): "street-1", ObjectRef(Measurement.ROOM, "S2"): ""},
    parents={"street-1": "xl"},
)


def judge(*messages: RawMessage) -> Decoded:
    return validate(NativeDecoder().decode(messages), known=KNOWN, limits=TimeLimits())


def reasons(decoded: Decoded) -> list[tuple[int, Reason]]:
    return [(item.message, item.reason) for item in decoded.rejections]


def test_an_unknown_device_makes_no_series() -> None:
    decoded = judge(reading(9, 20.0), reading(1, 21.0))
    assert reasons(decoded) == [(0, Reason.UNKNOWN_DEVICE)]
    assert decoded.samples.value.tolist() == [21.0]
    assert [ref.object_id for ref in decoded.samples.objects] == ["S1"]


def test_an_object_may_speak_for_its_area_and_those_above_only() -> None:
    good = [moved(reading(1, 20.0), f"heat/{area}/room/S1/telemetry") for area in ("xl", "street-1")]
    bad = moved(reading(1, 20.0, t=NOW_MS + 1), "heat/elsewhere/room/S1/telemetry")
    decoded = judge(*good, bad, moved(reading(2, 20.0), "heat/anywhere/room/S2/telemetry"))
    assert reasons(decoded) == [(2, Reason.TOPIC_MISMATCH)]
    assert decoded.message.tolist() == [0, 1, 3]
    assert len(set(decoded.samples.objects)) == len(decoded.samples.objects) == 2


def test_times_at_the_limits_pass_and_those_beyond_do_not() -> None:
    week_ms = 7 * 86_400_000
    decoded = judge(
        reading(1, 20.0, t=NOW_MS + 300_000),
        reading(1, 20.0, t=NOW_MS + 300_001),
        reading(1, 20.0, t=NOW_MS - week_ms),
        reading(1, 20.0, t=NOW_MS - week_ms - 1),
        reading(1, 20.0, t=NOW_MS // 1000),
    )
    assert reasons(decoded) == [(1, Reason.FUTURE_TIME), (3, Reason.TOO_LATE), (4, Reason.TOO_LATE)]
    assert decoded.message.tolist() == [0, 2]
    assert "seconds instead of milliseconds" in decoded.rejections[2].detail


def test_an_absurd_value_is_stored_as_bad_and_told() -> None:
    decoded = judge(reading(1, 999.0))
    assert decoded.samples.value.tolist() == [999.0]
    assert decoded.samples.quality.tolist() == [Quality.BAD_RANGE]
    assert reasons(decoded) == [(0, Reason.RANGE)]
    assert "room_temp_c=999" in decoded.rejections[0].detail


def test_a_refreshed_registry_counts_at_once() -> None:
    known = KnownObjects({})
    messages = [reading(1, 20.0)]
    assert not len(validate(NativeDecoder().decode(messages), known=known, limits=TimeLimits()).samples)
    known.replace({ObjectRef(Measurement.ROOM, "S1"): "xl"})
    assert len(validate(NativeDecoder().decode(messages), known=known, limits=TimeLimits()).samples) == 1
