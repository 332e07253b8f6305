"""Signals of a home: the newest value, the medians and the cold of the last day, each unknown when it is not known."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from alerting.judging.layout import Layout
from alerting.judging.signals.tables import Signals
from alerting.judging.windows import Windows
from heating.assets import Contract, Site
from heating.heat_tree import Level, build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, tzinfo=UTC)
T0_MS = to_epoch_ms(T0)
HOUR_S = 3600.0
NAN = pytest.approx(np.nan, nan_ok=True)
Row = tuple[float, float]
"""Seconds, temperature."""


def site_with(interval_s: float) -> Site:
    return small_site(sensor_interval_s=interval_s)


def windows_after(*rows: Row, interval_s: float = 300.0, site: Site | None = None) -> Windows:
    """Return the windows after readings of sensor R1-1, which measures home H1-1."""
    site = site_with(interval_s) if site is None else site
    windows = Windows(Layout(site, build_heat_tree(site), now=T0))
    ref = ObjectRef(Measurement.ROOM, "R1-1")
    for seconds, value in rows:
        sample = Sample(ref, "room_temp_c", T0_MS + round(seconds * 1000), value)
        windows.take(SampleBatch.from_samples([sample]))
    return windows


def home(windows: Windows, at_s: float, *, name: str = "H1-1", standard_c: float = 18.0) -> dict[str, float]:
    signals = Signals(standard_c=standard_c, watching_since_ms=T0_MS)
    table = signals.tables(windows, now_ms=T0_MS + round(at_s * 1000))["household"]
    (row,) = windows.layout.subjects(Level.HOUSEHOLD).rows_of([name])
    return {signal: float(column[row]) for signal, column in table.columns.items()}


@pytest.mark.parametrize(
    ("interval_s", "age_s", "known"),
    [
        (300.0, 1800.0, True),  # never less than half an hour
        (300.0, 1800.1, False),
        (1000.0, 2500.0, True),  # two and a half intervals
        (1000.0, 2500.1, False),
    ],
)
def test_a_reading_counts_for_two_and_a_half_intervals_and_at_least_half_an_hour(
    interval_s: float, age_s: float, known: bool
) -> None:
    found = home(windows_after((0, 15.0), interval_s=interval_s), age_s)
    wanted = 15.0 if known else NAN
    assert (found["t_room"], found["t_room_med60"]) == (wanted, wanted)
    assert (found["silent_s"], found["interval_s"]) == (age_s, interval_s)


@pytest.mark.parametrize(
    ("interval_s", "gap_s", "med60", "med30"),
    [
        (300.0, 1799.0, 15.0, 15.0),
        (300.0, 1800.0, 15.0, 20.0),  # half an hour is over
        (300.0, 3599.0, 15.0, 20.0),
        (300.0, 3600.0, 20.0, 20.0),
        (1600.0, 2399.0, 15.0, 15.0),  # one and a half intervals are more than half an hour
        (1600.0, 2400.0, 15.0, 20.0),
        (3000.0, 4499.0, 15.0, 15.0),  # and more than an hour
        (3000.0, 4500.0, 20.0, 20.0),
    ],
)
def test_medians_look_back_an_hour_and_half_an_hour_or_one_and_a_half_intervals(
    interval_s: float, gap_s: float, med60: float, med30: float
) -> None:
    found = home(windows_after((0, 10.0), (gap_s, 20.0), interval_s=interval_s), gap_s)
    assert (found["t_room"], found["t_room_med60"], found["t_room_med30"]) == (20.0, med60, med30)


def test_medians_are_unknown_while_the_hours_before_the_start_are_still_to_be_read() -> None:
    windows = windows_after((0, 15.0))
    windows.past_is_missing = True
    found = home(windows, 0)
    assert (found["t_room"], found["t_room_med60"], found["t_room_med30"]) == (15.0, NAN, NAN)


def hourly(hours: int) -> Windows:
    return windows_after(*((hour * HOUR_S, 17.0) for hour in range(hours)), interval_s=HOUR_S)


def test_cold_degree_hours_are_known_from_eighteen_covered_hours_on() -> None:
    almost = home(hourly(18), 17.99 * HOUR_S)
    assert (almost["cold_degree_hours_24h"], almost["covered_hours_24h"]) == (
        NAN,
        pytest.approx(17.99, abs=0.01),
    )
    enough = home(hourly(18), 18 * HOUR_S)
    # 08:00 to 02:00 on site: three of the eighteen hours are at night.
    assert enough["covered_hours_24h"] == 18.0
    assert enough["cold_degree_hours_24h"] == pytest.approx(15 + 3 * 0.7, abs=1e-4)


def test_cold_degree_hours_are_unknown_once_the_sensor_is_no_longer_heard() -> None:
    windows = hourly(20)
    assert home(windows, 21.5 * HOUR_S)["cold_degree_hours_24h"] != NAN
    assert home(windows, 21.6 * HOUR_S)["cold_degree_hours_24h"] == NAN


def test_the_standard_of_the_site_is_the_limit() -> None:
    found = home(hourly(18), 18 * HOUR_S, standard_c=20.0)
    assert found["limit_c"] == 20.0
    assert found["cold_degree_hours_24h"] == pytest.approx(3 * (15 + 3 * 0.7), abs=1e-3)


def test_contract_and_vulnerability_stand_in_the_row_of_the_home() -> None:
    site = small_site()
    first, second, third, *rest = site.households
    changed = (
        replace(first, contract=Contract.SUSPENDED),
        replace(second, vulnerable=True),
        replace(third, contract=Contract.VACANT),
        *rest,
    )
    windows = windows_after(site=replace(site, households=changed))
    of_home = {h.household_id: home(windows, 0, name=h.household_id) for h in changed}
    assert {n: f["heating"] for n, f in of_home.items() if f["heating"] != 1.0} == {
        first.household_id: 0.0,
        third.household_id: 0.0,
    }
    assert [n for n, f in of_home.items() if f["vulnerable"]] == [second.household_id]


def test_a_home_without_a_sensor_is_not_silent_but_unknown() -> None:
    site = small_site()
    windows = windows_after(site=replace(site, assignments=site.assignments[1:]))
    found = home(windows, 7 * HOUR_S)
    assert [found[n] for n in ("t_room", "silent_s", "interval_s", "covered_hours_24h")] == [NAN] * 4
    assert home(windows, 7 * HOUR_S, name="H1-2")["silent_s"] == 7 * HOUR_S
