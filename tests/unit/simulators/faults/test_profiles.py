"""Onset profiles keep their shape, and say truly until when nothing changes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.fault_kinds import Profile
from simulators.faults.profiles import Shape, share_at

TIMES = st.floats(0, 1e6, allow_nan=False)
RISES = st.floats(1, 1e5, allow_nan=False)


def shape(profile: Profile, rise_s: float = 1000, period_s: float = 100, duty: float = 0.3) -> Shape:
    return Shape(profile, rise_s=rise_s, period_s=period_s, duty=duty, luck=lambda n: (n * 0.37) % 1.0)


@pytest.mark.parametrize(
    ("profile", "since_s", "share"),
    [
        (Profile.STEP, 0, 1.0),
        (Profile.RAMP, 0, 0.01),
        (Profile.RAMP, 500, 0.51),
        (Profile.RAMP, 1000, 1.0),
        (Profile.EXP, 0, 0.01),
        (Profile.EXP, 1000, 0.64),
        (Profile.EXP, 3000, 0.96),
        (Profile.EXP, 5000, 1.0),
    ],
)
def test_a_profile_has_its_share_at_a_moment(profile: Profile, since_s: float, share: float) -> None:
    assert share_at(shape(profile), since_s)[0] == pytest.approx(share)


@given(since_s=TIMES, rise_s=RISES, profile=st.sampled_from([Profile.RAMP, Profile.EXP]))
def test_a_fault_that_comes_on_never_eases(since_s: float, rise_s: float, profile: Profile) -> None:
    one = shape(profile, rise_s)
    first, later = share_at(one, since_s)[0], share_at(one, since_s + rise_s / 7)[0]
    assert 0 < first <= later <= 1


@given(since_s=TIMES, rise_s=RISES, profile=st.sampled_from(list(Profile)))
def test_nothing_changes_as_long_as_was_said_and_something_does_then(
    since_s: float, rise_s: float, profile: Profile
) -> None:
    one = shape(profile, rise_s)
    share, stays_s = share_at(one, since_s)
    assert stays_s > -1e-6 * rise_s
    if math.isinf(stays_s):
        assert share_at(one, since_s * 2 + rise_s)[0] == share
    elif stays_s > 1e-3:
        assert share_at(one, since_s + 0.99 * stays_s)[0] == share


def test_an_intermittent_fault_is_there_for_its_share_of_every_period() -> None:
    one = shape(Profile.INTERMITTENT)
    for period in range(20):
        there = sum(share_at(one, period * 100 + s + 0.5)[0] for s in range(100))
        assert there == pytest.approx(30, abs=1)


def test_an_intermittent_fault_begins_at_its_onset_and_later_comes_at_varying_moments() -> None:
    one = shape(Profile.INTERMITTENT)
    starts = [
        next(s for s in range(100) if share_at(one, period * 100 + s + 0.5)[0] > 0) for period in range(8)
    ]
    assert starts[0] == 0 and len(set(starts[1:])) > 3
