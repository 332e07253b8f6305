"""Scores of detectors that are known by heart: perfect, silent, flooding, too late; and laws that hold for all."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.fault_kinds import FaultType
from simulators.scoring.figures import f_beta
from simulators.scoring.happenings import Alarm, Candidate, Incident, Spell, Ticket, TrueCall
from simulators.scoring.score import Product, score
from simulators.scoring.tickets_and_forecasts import Forecast
from tests.support.examples import examples
from tests.unit.simulators.scoring.made_up import (
    HOMES,
    alarm,
    fault,
    hour,
    perfect_alarms,
    product_of,
    truth_of,
    usual_faults,
)

few = settings(max_examples=examples(40), deadline=None)
PLACES = [("station", "st-1"), ("station", "st-2"), *(("household", home) for home in HOMES)]


def told(alarms: list[Alarm], **truth: Any) -> dict[str, Any]:
    """Return the part about everything told to people."""
    report = score(truth_of(usual_faults(), **truth), product_of(alarms))
    return dict(report["announced"]["all"])


def test_a_perfect_detector_has_precision_recall_and_f05_of_one() -> None:
    part = told(perfect_alarms())
    assert (part["precision"], part["recall"], part["f05"]) == (1, 1, 1)
    assert (part["false"], part["repeats"], part["duplicates"]) == (0, 0, 0)
    assert part["false_per_station_month"] == 0
    assert (part["top1_cause"], part["top1_place"]) == (1, 1)
    assert part["delay"]["median_after_onset_h"] == 1
    assert all(figures["recall"] == 1 for figures in part["classes"].values())
    assert set(part["classes"]) == {"station", "riser", "home", "sensor"}


def test_a_silent_detector_finds_nothing_and_has_no_precision() -> None:
    part = told([])
    assert (part["recall"], part["found"], part["precision"], part["f05"]) == (0, 0, None, None)


def test_a_flood_of_alarms_everywhere_has_full_recall_and_little_precision() -> None:
    flood = [
        alarm(f"{place}-{at}", place, at, rule="HB-02")
        for place in [*PLACES, ("riser", "st-2/b1/u1")]
        for at in range(0, 700, 5)
    ]
    part = told(flood)
    assert part["recall"] == 1
    assert part["precision"] < 0.01
    assert part["false_per_station_month"] > 100


def test_a_detector_that_is_always_a_month_late_finds_nothing_that_has_ended() -> None:
    late = [
        replace(a, raised_at=a.raised_at + timedelta(days=10), announced_at=a.raised_at + timedelta(days=10))
        for a in perfect_alarms()[:3]
    ]
    part = told(late)
    assert (part["found"], part["false"]) == (0, 3)


def test_repeats_cost_precision_but_not_the_lenient_one() -> None:
    part = told([*perfect_alarms(), alarm("again", ("station", "st-1"), 12)])
    assert (part["precision"], part["precision_with_repeats"]) == (0.8, 1)


def test_members_of_an_incident_are_duplicates_that_cost_nothing() -> None:
    incident = Incident(incident_id="i", rule_id="ST-01", place=("station", "st-1"), opened_at=hour(11))
    alarms = [replace(a, incident_id="i" if a.alarm_id == "a-trip" else None) for a in perfect_alarms()]
    alarms += [
        alarm(f"m{n}", ("household", home), 12, rule="HB-02", incident="i")
        for n, home in enumerate(HOMES[:4])
    ]
    part = score(truth_of(usual_faults()), product_of(alarms, incident))["announced"]["all"]
    assert (part["precision"], part["duplicates"], part["alarms_per_finding"]) == (1, 4, 2)


def test_a_fault_that_nobody_could_see_does_not_count_against_recall() -> None:
    hidden = fault(
        "h", FaultType.FILTER_CLOGGED, ("household", HOMES[1]), 5, 50, affected=(HOMES[1],), seen_h=None
    )
    part = score(truth_of([hidden]), product_of([]))["announced"]["all"]
    assert (part["faults_happened"], part["faults"], part["recall"]) == (1, 0, None)
    found = score(truth_of([hidden]), product_of([alarm("a", ("household", HOMES[1]), 6, rule="HB-02")]))
    assert found["announced"]["all"]["found_otherwise"] == 1


@pytest.mark.parametrize(("home", "counts"), [(HOMES[0], 1), (HOMES[1], 0)], ids=["sensed", "not sensed"])
def test_without_a_pair_a_fault_counts_when_a_cooled_home_has_a_sensor(home: str, counts: int) -> None:
    estimated = fault(
        "e", FaultType.FILTER_CLOGGED, ("household", home), 5, 50, affected=(home,), seen_h=None
    )
    assert score(truth_of([estimated], paired=False), product_of([]))["announced"]["all"]["faults"] == counts


def test_a_fault_in_the_last_hour_is_not_asked_for() -> None:
    late = fault("l", FaultType.PUMP_TRIP, ("station", "st-1"), 30 * 24 - 0.5, None)
    assert score(truth_of([late]), product_of([]))["announced"]["all"]["faults"] == 0


def test_lead_time_is_the_first_call_because_of_cold_minus_the_finding() -> None:
    calls = (
        TrueCall(household_id=HOMES[0], moment=hour(10.5), felt_cold=False),
        TrueCall(household_id=HOMES[0], moment=hour(13.5), felt_cold=True, fault_id="trip"),
        TrueCall(household_id="st-2/b1/h1", moment=hour(20.5), felt_cold=True, fault_id="riser"),
        TrueCall(household_id="st-2/b2/h1", moment=hour(130), felt_cold=True, fault_id="valve"),
        TrueCall(household_id="st-2/b2/h2", moment=hour(101), felt_cold=True),
    )
    lead = told(perfect_alarms(), calls=calls)["lead"]
    assert lead["complained_of"] == 3
    assert (lead["found_first"], lead["found_first_share"]) == (2, 0.667)
    assert lead["median_h"] == pytest.approx(2.5)


def test_a_cold_snap_splits_faults_and_findings() -> None:
    snaps = (Spell(hour(65), hour(85)),)  # the valve is shut at hour 100, within a day after it
    report = score(truth_of(usual_faults(), cold_snaps=snaps), product_of(perfect_alarms()))["announced"]
    assert (report["cold_snap"]["faults_happened"], report["no_cold_snap"]["faults_happened"]) == (1, 3)
    assert (report["cold_snap"]["true"], report["no_cold_snap"]["true"]) == (1, 3)
    assert report["cold_snap"]["recall"] == report["no_cold_snap"]["recall"] == 1


def test_proposed_causes_count_by_their_rank() -> None:
    trip = usual_faults()[0]
    proposals = (
        Candidate("primary", ("branch", "br-1")),
        Candidate("pump_trip", ("station", "st-1")),
    )
    incident = Incident(
        incident_id="i", rule_id="ST-02", place=("station", "st-1"), opened_at=hour(11), candidates=proposals
    )
    part = score(
        truth_of([trip]),
        product_of([alarm("a", ("station", "st-1"), 11, rule="ST-02", incident="i")], incident),
    )["announced"]["all"]
    assert (part["top1_cause"], part["top3_cause"]) == (0, 1)
    assert (part["top1_place"], part["top3_place"]) == (0, 1)


def test_false_findings_are_counted_per_station_month_and_sensor_day() -> None:
    wrong = [alarm("x", ("station", "st-2"), 300), alarm("y", ("household", HOMES[4]), 400, rule="HB-02")]
    part = told([*perfect_alarms(), *wrong])
    assert part["false_per_station_month"] == pytest.approx(2 / 2)
    assert part["false_per_sensor_day"] == pytest.approx(1 / (4 * 30), abs=1e-6)


def test_tickets_are_right_when_their_incident_belongs_to_the_fault_behind_the_call() -> None:
    incident = Incident(incident_id="i", rule_id="ST-01", place=("station", "st-1"), opened_at=hour(11))
    alarms = [alarm("a", ("station", "st-1"), 11, incident="i")]
    calls = tuple(
        TrueCall(household_id=home, moment=hour(12), felt_cold=True, fault_id=cause)
        for home, cause in ((HOMES[0], "trip"), (HOMES[1], "trip"), (HOMES[4], None))
    )
    tickets = [
        Ticket(ticket_id="1", household_id=HOMES[0], opened_at=hour(12.1), incident_id="i"),
        Ticket(ticket_id="2", household_id=HOMES[1], opened_at=hour(12.1)),
        Ticket(ticket_id="3", household_id=HOMES[4], opened_at=hour(12.1), incident_id="i"),
        Ticket(ticket_id="4", household_id=HOMES[5], opened_at=hour(12.1), incident_id="i"),
        Ticket(ticket_id="5", household_id=HOMES[0], opened_at=hour(20)),
    ]
    product = Product(alarms=alarms, incidents=[incident], tickets=tickets)
    links = score(truth_of(usual_faults(), calls=calls), product)["tickets"]
    assert (links["tickets"], links["known"], links["linked"], links["right"], links["could"]) == (
        5,
        3,
        2,
        1,
        2,
    )
    assert (links["precision"], links["recall"]) == (0.5, 0.5)


def test_what_lies_outside_the_run_is_left_out() -> None:
    outside = [alarm("early", ("station", "st-2"), -1), alarm("late", ("station", "st-2"), 31 * 24)]
    assert told([*perfect_alarms(), *outside])["findings"] == 4


@pytest.mark.parametrize(
    ("precision", "recall", "expected"),
    [(1, 1, 1), (0.5, 1, 0.5556), (1, 0.5, 0.8333), (0, 0, 0), (None, 1, None), (1, None, None)],
)
def test_f05_favours_precision(precision: float | None, recall: float | None, expected: float | None) -> None:
    assert f_beta(precision, recall) == (None if expected is None else pytest.approx(expected, abs=1e-4))


random_alarms = st.lists(
    st.builds(
        lambda number, place, at, rule, incident, told: alarm(
            f"r{number}", place, at, rule=rule, incident=incident, told=told
        ),
        st.integers(0, 10_000),
        st.sampled_from(PLACES),
        st.floats(0, 700),
        st.sampled_from(["ST-01", "HB-02", "DQ-01"]),
        st.sampled_from([None, None, "i1", "i2"]),
        st.booleans(),
    ),
    max_size=20,
    unique_by=lambda a: a.alarm_id,
)


@few
@given(random_alarms)
def test_counts_add_up_and_shares_lie_between_nothing_and_all(alarms: list[Alarm]) -> None:
    part = told(alarms)
    assert part["true"] + part["repeats"] + part["false"] == part["findings"]
    assert part["found"] + part["found_otherwise"] == part["true"]
    assert part["found"] <= part["faults"]
    assert part["findings"] + part["duplicates"] <= sum(a.announced_at is not None for a in alarms)
    for name in ("precision", "precision_with_repeats", "recall", "f05", "top1_cause", "top3_cause"):
        assert part[name] is None or 0 <= part[name] <= 1
    if part["precision"] is not None:
        assert part["precision"] <= part["precision_with_repeats"]


@few
@given(random_alarms)
def test_classes_share_out_faults_and_findings(alarms: list[Alarm]) -> None:
    part = told(alarms)
    for name in ("faults_happened", "findings", "true", "repeats", "false"):
        assert sum(figures[name] for figures in part["classes"].values()) == part[name]


@few
@given(random_alarms, st.floats(300, 700))
def test_a_false_alarm_more_never_helps(alarms: list[Alarm], at: float) -> None:
    before = told(alarms)
    after = told([*alarms, alarm("zz", ("station", "st-2"), at)])
    assert after["recall"] == before["recall"]
    assert after["false"] == before["false"] + 1
    assert before["precision"] is None or after["precision"] <= before["precision"]


@few
@given(random_alarms)
def test_to_tell_less_never_finds_more_where_nothing_is_grouped(alarms: list[Alarm]) -> None:
    single = [replace(a, incident_id=None) for a in alarms]
    report = score(truth_of(usual_faults()), product_of(single))
    assert report["announced"]["all"]["found"] <= report["recorded"]["all"]["found"]


@few
@given(st.randoms(use_true_random=False), random_alarms)
def test_the_order_of_lists_does_not_matter(shuffler: Any, alarms: list[Alarm]) -> None:
    shuffled = list(alarms)
    shuffler.shuffle(shuffled)
    assert told(alarms) == told(shuffled)


def test_a_false_finding_about_a_home_that_is_cold_without_a_fault_is_told_apart() -> None:
    wrong = [alarm(f"x{n}", ("household", home), 300.5, rule="HB-02") for n, home in enumerate(HOMES[4:6])]
    wrong.append(alarm("dq", ("household", HOMES[4]), 300.5, rule="DQ-01"))
    truth = replace(
        truth_of(usual_faults()), room_temps_c={(HOMES[4], hour(300)): 17.2, (HOMES[5], hour(300)): 18.0}
    )
    part = score(truth, product_of(wrong))["announced"]["all"]
    assert (part["false"], part["false_though_cold"]) == (3, 1)


def test_forecasts_are_compared_with_the_true_temperature_of_their_hour() -> None:
    forecasts = [
        Forecast(HOMES[0], hour(1), hour(6), 19.0),
        Forecast(HOMES[0], hour(1), hour(7), 17.0),
        Forecast(HOMES[1], hour(1), hour(6), 20.0),
    ]
    truth = replace(truth_of([]), room_temps_c={(HOMES[0], hour(6)): 18.0, (HOMES[0], hour(7)): 20.0})
    errors = score(truth, Product(alarms=[], incidents=[], forecasts=forecasts))["forecast"]
    assert (errors["compared"], errors["without_truth"]) == (2, 1)
    assert (errors["bias_k"], errors["mean_absolute_k"]) == (-1.0, 2.0)
    assert errors["root_mean_square_k"] == pytest.approx(5**0.5)
