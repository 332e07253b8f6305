"""What is kept of rejected payloads: whole, or head and hash; bytes are capped a topic and in all."""

from pathlib import Path

import pytest

from collector.intake.spool import rejections
from collector.intake.spool.disk_guard import DiskGuard
from collector.intake.spool.rejections import KeptRejection, delete_above_cap, is_replayable, list_rejections
from collector.intake.spool.spool_files import open_catalogue
from collector.messages.arrived_message import content_of
from collector.messages.decoded import Reason
from heating.protocols import RawMessage


def kept(
    number: int, size: int, *, topic: str = "a", reason: Reason = Reason.UNKNOWN_DEVICE
) -> KeptRejection:
    message = RawMessage(topic, b"%03d" % number + b"x" * (size - 3), 0)
    return KeptRejection(number, 0, 0, topic, message.payload, reason, "", content_of(message), whole=True)


@pytest.mark.parametrize(
    ("size", "reason", "left", "replayable"),
    [
        (65_536, Reason.UNKNOWN_DEVICE, 65_536, True),
        (65_537, Reason.UNKNOWN_DEVICE, 4_096, False),
        (4_096, Reason.BAD_JSON, 4_096, True),
        (240_000, Reason.BAD_JSON, 4_096, False),
        (240_000, Reason.TOO_BIG, 1_024, False),
    ],
)
def test_a_long_payload_is_kept_by_head_and_hash(
    tmp_path: Path, size: int, reason: Reason, left: int, replayable: bool
) -> None:
    catalogue = open_catalogue(tmp_path)
    rejections.write_rejections(catalogue, [kept(1, size, reason=reason)])
    (item,) = list_rejections(tmp_path)
    assert (len(item.payload), is_replayable(item)) == (left, replayable)
    assert item.content == kept(1, size, reason=reason).content
    catalogue.close()


def test_the_oldest_long_payloads_above_the_cap_of_a_topic_and_of_all_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejections, "LONG_BYTES_OF_A_TOPIC", 40_000)
    monkeypatch.setattr(rejections, "LONG_BYTES_IN_ALL", 60_000)
    catalogue = open_catalogue(tmp_path)
    items = [kept(number, 10_000, topic="b" if number < 5 else "a") for number in range(15)]
    rejections.write_rejections(catalogue, [*items, kept(20, 3_000)])
    assert delete_above_cap([catalogue], 1_000) == 0
    whole = [item.sequence for item in list_rejections(tmp_path) if is_replayable(item)]
    assert whole == [20, 14, 13, 12, 11, 4, 3]
    assert len(list_rejections(tmp_path)) == 16
    catalogue.close()


def test_the_guard_reckons_with_the_batch_in_hand(tmp_path: Path) -> None:
    guard = DiskGuard(
        folder=tmp_path,
        min_free_pct=5.0,
        measure=lambda _folder: 8.0,
        total_bytes=lambda _folder: 120_000_000,
    )
    assert guard.has_room() and guard.has_room(1_000_000)
    assert not guard.has_room(2_000_000), "240 kB times 500 would overshoot the limit to nothing"
