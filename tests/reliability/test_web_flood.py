"""The short flood of the gate; the long one runs by hand (`tests.reliability.web_flood`)."""

from pathlib import Path

import pytest

from tests.reliability.web_flood import FULL, flood_a_demo

FEW_FILES = 256
"""As `ulimit -n 256` would allow: strangers alone would take four times as many."""


@pytest.mark.nats
@pytest.mark.slow
def test_a_flooded_product_with_few_files_answers_takes_messages_and_lives(tmp_path: Path) -> None:
    report = flood_a_demo(tmp_path, FULL.scaled(seconds=20.0, share=0.3), files=FEW_FILES)
    assert report.alive, str(report)
    assert report.attacks["idle"] > 2 * FEW_FILES, str(report)
    assert report.failed_pages == [], str(report)
    assert report.percentile_s(0.5) < 2.0, str(report)
    assert report.accepted > 0, str(report)
    assert report.grown_mb < 200.0, str(report)
