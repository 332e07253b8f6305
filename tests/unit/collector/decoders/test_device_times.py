"""Times as devices write them."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.decoders.device_times import epoch_ms_of, live_local_ms, local_ms, rfc3339_ms
from heating.intervals import from_epoch_ms

SHANGHAI = ZoneInfo("Asia/Shanghai")
EIGHT = 1_768_435_200_000
"""2026-01-15 00:00 UTC, 08:00 in Shanghai."""


@given(
    epoch_ms=st.integers(1_262_304_000_000, 4_102_444_799_999),
    digits=st.integers(3, 9),
    hours=st.integers(-12, 14),
)
def test_rfc_3339_is_read_back_to_the_millisecond(epoch_ms: int, digits: int, hours: int) -> None:
    wall = from_epoch_ms(epoch_ms + hours * 3_600_000).replace(tzinfo=None).isoformat(timespec="milliseconds")
    text = wall + "7" * (digits - 3) + (f"{hours:+03d}:00" if hours else "Z")
    assert rfc3339_ms(text) == epoch_ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-15",
        "2026-01-15T00:00:00",
        "1999-01-01T00:00:00Z",
        "2200-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-15T00:00:00+99:99",
        "٢٠٢٦-01-15T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        5,
        None,
    ],
)
def test_what_is_no_time_gives_none(text: object) -> None:
    assert rfc3339_ms(text) is None


def test_a_time_without_a_zone_is_local_and_with_one_is_not() -> None:
    assert local_ms("2026-01-15 08:00:00", SHANGHAI) == EIGHT
    assert local_ms("2026-01-15T00:00Z", SHANGHAI) == EIGHT
    assert local_ms("2026-01-15T03:00:00+0300", SHANGHAI) == EIGHT


@pytest.mark.parametrize("count", [EIGHT // 1000, EIGHT, EIGHT * 1000, EIGHT * 1_000_000])
def test_the_unit_of_an_epoch_is_told_by_its_size(count: int) -> None:
    assert epoch_ms_of(count) == EIGHT


@pytest.mark.parametrize("count", [0, -5, 1, 10**400, float("nan"), float("inf"), True, "1768435200", None])
def test_counts_that_are_no_time_give_none(count: object) -> None:
    assert epoch_ms_of(count) is None


@given(half_hours=st.integers(-52, 52), delay_ms=st.integers(0, 100_000))
def test_a_live_clock_of_any_zone_gives_the_same_moment(half_hours: int, delay_ms: int) -> None:
    stamped = EIGHT - EIGHT % 1000
    wall = from_epoch_ms(stamped + 8 * 3_600_000 + half_hours * 1_800_000).strftime("%Y-%m-%dT%H:%M:%S")
    found = live_local_ms(wall, SHANGHAI, received_ms=stamped + delay_ms)
    assert found == stamped or abs(half_hours) >= 52


def test_a_clock_that_is_off_by_no_zone_is_left_as_it_is() -> None:
    assert live_local_ms("2026-01-15T07:50:00", SHANGHAI, received_ms=EIGHT) == EIGHT - 600_000
    assert live_local_ms("2026-01-15T08:00:00Z", SHANGHAI, received_ms=EIGHT) == EIGHT + 8 * 3_600_000
