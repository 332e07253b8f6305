"""Who is cold calls, more with every cold day; calls are repeatable, and a fault adds calls without moving others."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from heating.tickets import TicketCategory
from simulators.city_layout import lay_out
from simulators.effects import no_effects
from simulators.people.call_words import CALL_WORDS, CallReason, CallTopic, CallTruth, words_for
from simulators.people.complaints import Complaints, chance_feels_cold
from simulators.people.residents import Residents
from simulators.random_streams import RandomStreams
from tests.unit.simulators.cities import ORIGIN, small_site

LAYOUT = lay_out(small_site())
N = len(LAYOUT.home_key)
HOUR = int(ORIGIN.timestamp() // 3600)
EVERYBODY = np.ones(N, np.bool_)


def rooms(temp_c: float) -> NDArray[np.float32]:
    return np.full(N, temp_c, np.float32)


def calls_of(air_c: NDArray[np.float32], days: int, seed: int = 1) -> list[CallTruth]:
    complaints = Complaints(LAYOUT, RandomStreams(seed), EVERYBODY)
    return [call for hour in range(24 * days) for call in complaints.hour(HOUR + hour, air_c)]


@pytest.mark.parametrize(
    ("temp_c", "chance"), [(14.0, 0.6934), (16.0, 0.2193), (18.0, 0.0337), (21.0, 0.00152)]
)
def test_the_chance_to_feel_cold_is_that_of_the_harbin_votes(temp_c: float, chance: float) -> None:
    assert chance_feels_cold(rooms(temp_c))[0] == pytest.approx(chance, rel=0.02)


def test_the_rate_grows_by_half_with_every_day_of_cold() -> None:
    complaints = Complaints(LAYOUT, RandomStreams(1), EVERYBODY)
    first, other = complaints.daily_rates(rooms(16.0))
    complaints.days_cold[:] = 2.0
    later, _ = complaints.daily_rates(rooms(16.0))
    assert first[0] == pytest.approx(0.04 * 0.2193, rel=0.02)
    assert later[0] == pytest.approx(2 * first[0])
    assert other[0] == pytest.approx(1e-3, rel=0.2)


def test_days_of_cold_are_counted_and_forgotten() -> None:
    complaints = Complaints(LAYOUT, RandomStreams(1), EVERYBODY)
    for hour in range(48):
        complaints.hour(HOUR + hour, rooms(15.0))
    assert complaints.days_cold == pytest.approx(2.0, abs=1e-3)
    for hour in range(12):
        complaints.hour(HOUR + 48 + hour, rooms(21.0))
    assert (complaints.days_cold == 0).all()


def test_as_many_call_as_the_rates_say() -> None:
    warm, cold = calls_of(rooms(21.0), 60), calls_of(rooms(13.0), 4)
    expected_warm = N * 60 * (1e-3 + 0.04 * 0.00152)
    expected_cold = N * sum(1e-3 + 0.04 * 0.865 * (1 + 0.5 * (hour / 24)) for hour in range(96)) / 24
    for calls, expected in ((warm, expected_warm), (cold, expected_cold)):
        assert abs(len(calls) - expected) < 4 * np.sqrt(expected)
    assert Counter(c.reason for c in cold).most_common(1)[0][0] is CallReason.FELT_COLD
    assert {c.call.topic for c in cold if c.reason is CallReason.FELT_COLD} == {CallTopic.NO_HEAT}
    assert len({c.call.topic for c in warm}) >= 3


def test_few_people_call_at_night() -> None:
    hours = Counter((call.call.moment + timedelta(hours=8)).hour for call in calls_of(rooms(14.0), 5))
    night = sum(hours[hour] for hour in range(1, 5))
    morning = sum(hours[hour] for hour in range(8, 12))
    assert morning > 8 * max(night, 1)


def test_a_call_is_made_in_its_hour_in_the_words_of_a_clerk() -> None:
    for truth in calls_of(rooms(14.0), 1):
        call = truth.call
        assert ORIGIN <= call.moment < ORIGIN + timedelta(days=1)
        assert (call.text, call.text_key) in CALL_WORDS[call.topic]
        assert LAYOUT.site.households[truth.home].household_id == call.household_id
        assert truth.cause is None and truth.room_temp_c == 14.0


def test_topics_are_the_ticket_categories_of_the_product() -> None:
    assert {topic.value for topic in CallTopic} == {category.value for category in TicketCategory}
    assert words_for(CallTopic.LEAK, 0.0) == CALL_WORDS[CallTopic.LEAK][0]
    assert words_for(CallTopic.LEAK, 0.999999) == CALL_WORDS[CallTopic.LEAK][-1]


def test_the_same_seed_makes_the_same_calls() -> None:
    assert calls_of(rooms(15.0), 2) == calls_of(rooms(15.0), 2)
    assert calls_of(rooms(15.0), 2) != calls_of(rooms(15.0), 2, seed=2)


def test_colder_homes_add_calls_and_take_none_from_others() -> None:
    broken = rooms(20.0)
    broken[:60] = 12.0
    before = [c.call for c in calls_of(rooms(20.0), 10) if c.home >= 60]
    after = [c.call for c in calls_of(broken, 10) if c.home >= 60]
    assert before == after
    assert len(calls_of(broken, 10)) > len(calls_of(rooms(20.0), 10)) + 10


def test_nobody_calls_from_empty_homes() -> None:
    residents = Residents(LAYOUT, RandomStreams(1), rooms(300.0))
    effects = no_effects(LAYOUT)
    effects.home_gains_factor[:120] = 0.0
    for hour in range(48):
        residents.hear((HOUR + hour) * 3_600_000, rooms(10.0), effects)
    calling = {truth.home for truth in residents.take_calls((HOUR + 48) * 3_600_000)}
    assert calling and min(calling) >= 120
    assert not LAYOUT.home_suspended[list(calling)].any()


def test_calls_are_given_out_once_when_their_moment_has_come() -> None:
    residents = Residents(LAYOUT, RandomStreams(1), rooms(300.0))
    given: list[CallTruth] = []
    for minute in range(24 * 60):
        now_ms = HOUR * 3_600_000 + minute * 60_000
        residents.hear(now_ms, rooms(13.0))
        taken = residents.take_calls(now_ms)
        assert all(0 <= now_ms - call.call.moment.timestamp() * 1000 < 60_000 for call in taken)
        given += taken
    assert len(given) == len(set(given)) > 5
    assert [call.call.moment for call in given] == sorted(call.call.moment for call in given)
