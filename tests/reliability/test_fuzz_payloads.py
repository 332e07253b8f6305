"""Damaged payloads in process: a share of the million that `fuzz_payloads` runs by hand."""

import structlog
from structlog.testing import capture_logs

from tests.reliability.fuzz_payloads import fuzz

PAYLOADS = 30_000


def test_no_damaged_payload_is_silent_or_slow() -> None:
    structlog.reset_defaults()
    with capture_logs():
        report = fuzz(PAYLOADS, seed=3)
    assert report.payloads == PAYLOADS
    assert report.silent == 0
    assert report.failures == 0
    assert report.slowest_ms < 10.0
    assert report.stored > 0
    assert len(report.reasons) >= 8
