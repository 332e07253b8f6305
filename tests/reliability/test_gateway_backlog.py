"""The short backlog of the gate; the long one runs by hand (`tests.reliability.gateway_backlog`)."""

from pathlib import Path

from tests.reliability.gateway_backlog import DEVICES, backlog


def test_a_backlog_of_200_devices_on_one_topic_is_stored_whole_and_nothing_thrown_back(
    tmp_path: Path,
) -> None:
    # Above the burst of one sender (20,000): only the devices' own times say that it is no abuse.
    report = backlog(tmp_path, hours=2)
    assert report.published == DEVICES * 120
    assert report.stored == report.published
    assert report.rejections == {}
    assert "thrown back" not in report.degraded
