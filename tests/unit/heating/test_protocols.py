"""What the values between the rooms are when a field is left out, and how a roll-up names its bucket and tag."""

from datetime import UTC, datetime, timedelta

import pytest

from heating.errors import HeatingError
from heating.points import Measurement
from heating.protocols import Delivery, OutboxMessage, RawMessage, RollupName
from heating.samples import ObjectRef, Sample, SampleBatch


@pytest.mark.parametrize(
    ("name", "step", "tag"),
    [
        (RollupName.STATION_5M, timedelta(minutes=5), "station"),
        (RollupName.CIRCUIT_5M, timedelta(minutes=5), "circuit"),
        (RollupName.BUILDING_5M, timedelta(minutes=5), "building"),
        (RollupName.COMMUNITY_5M, timedelta(minutes=5), "community"),
        (RollupName.ROOM_1H, timedelta(hours=1), "sensor"),
    ],
)
def test_a_rollup_has_a_bucket_and_a_tag(name: RollupName, step: timedelta, tag: str) -> None:
    assert (name.step, name.tag) == (step, tag)


def test_a_message_is_of_qos_0_of_no_connection_and_not_retained_unless_it_says_so() -> None:
    message = RawMessage("heating/t", b"{}", 1)
    assert (message.packet_id, message.epoch, message.retained) == (0, 0, False)


def test_a_new_notice_has_no_tries_behind_it() -> None:
    notice = OutboxMessage(channel="console", key="k", due_at=datetime(2026, 1, 1, tzinfo=UTC), body={})
    assert (notice.attempts, notice.message_id) == (0, None)


def test_what_was_not_delivered_is_tried_again_and_what_failed_otherwise_is_not() -> None:
    assert Delivery(ok=False).retryable
    assert not HeatingError.retryable


def test_a_reading_without_quality_and_arrival_is_good_and_came_when_it_was_measured() -> None:
    batch = SampleBatch.from_samples([Sample(ObjectRef(Measurement.ROOM, "R1"), "room_temp_c", 7, 20.0)])
    assert (batch.quality.tolist(), batch.received_ms.tolist()) == ([0], [7])
