"""A station with several circuits is judged circuit by circuit; one with a single circuit exactly as before."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judging.layout import Layout
from alerting.judging.signals.tables import Signals, SignalTables
from alerting.judging.windows import Windows
from alerting.serving.headless import HeadlessAlerting
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings
from heating.alarms import Alarm
from heating.assets import Site
from heating.heat_tree import build_heat_tree
from heating.intervals import to_epoch_ms
from heating.points import Measurement
from heating.samples import ObjectRef, Sample, SampleBatch
from tests.support.examples import examples
from tests.support.small_site import small_site
from tests.support.two_circuits import HIGH, LOW, two_circuit_site

RULES = load_rules(RulesSettings())
T0 = datetime(2026, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
S1, S2 = (ObjectRef(Measurement.STATION, name) for name in ("S1", "S2"))
ON_LOW, ON_HIGH = (ObjectRef(Measurement.CIRCUIT, name) for name in (LOW, HIGH))
Reading = tuple[ObjectRef, dict[str, float]]
STILL = {"circulation_pump_1_running": 0.0, "secondary_flow_m3_per_h": 0.0}
RUNS = {"circulation_pump_1_running": 1.0, "secondary_flow_m3_per_h": 90.0}


def batch(readings: Sequence[Reading], at: datetime) -> SampleBatch:
    ms = to_epoch_ms(at)
    return SampleBatch.from_samples(
        [Sample(ref, point, ms, value, 0, ms) for ref, values in readings for point, value in values.items()]
    )


def tables_of(site: Site, readings: Sequence[Reading], *, age: timedelta = timedelta()) -> SignalTables:
    windows = Windows(Layout(site, build_heat_tree(site)))
    windows.take(batch(readings, T0))
    signals = Signals(standard_c=18.0, watching_since_ms=to_epoch_ms(T0))
    return signals.tables(windows, now_ms=to_epoch_ms(T0 + age))


def alarms_after(site: Site, script: Sequence[tuple[int, Sequence[Reading]]], minutes: int) -> list[Alarm]:
    """What is active after some minutes of telling the same again until the script says otherwise."""
    alerting = HeadlessAlerting(site, RULES, start=T0)
    said = dict(script)
    present: Sequence[Reading] = ()
    try:
        for minute in range(minutes + 1):
            present = said.get(minute, present)
            alerting.accept(batch(present, T0 + minute * MINUTE))
            alerting.tick(T0 + minute * MINUTE)
        return alerting.active()
    finally:
        alerting.close()


def names(alarms: Sequence[Alarm]) -> set[str]:
    return {f"{alarm.rule_id} {alarm.subject}" for alarm in alarms}


def test_rows_are_the_circuits_and_the_stations_that_have_none() -> None:
    table = tables_of(two_circuit_site(), [])["circuit"]
    rows = [str(table.subjects.node_at(row)) for row in range(len(table.subjects))]
    assert rows == [f"circuit:{LOW}", f"circuit:{HIGH}", "station:S2"]
    assert table.subjects.rows_of([HIGH, "S2", "S1", "B1"]).tolist() == [1, 2, -1, -1]
    assert table.columns["g2_design"].tolist() == [120.0, 80.0, 200.0]
    assert table.columns["static_head"].tolist() == [0.2, 0.6, 0.25]
    assert table.columns["lt_full"].tolist() == [2.0, 2.0, 2.0]


def test_a_circuit_has_its_own_secondary_side_and_the_primary_side_of_its_station() -> None:
    readings = [
        (S1, {"primary_supply_temp_c": 90.0, "secondary_supply_temp_c": 11.0}),
        (ON_LOW, {"secondary_supply_temp_c": 45.0}),
        (ON_HIGH, {"secondary_supply_temp_c": 52.0}),
        (S2, {"primary_supply_temp_c": 80.0, "secondary_supply_temp_c": 48.0}),
    ]
    columns = tables_of(two_circuit_site(), readings)["circuit"].columns
    assert columns["t2s"].tolist() == [45.0, 52.0, 48.0]
    assert columns["t1s"].tolist() == [90.0, 90.0, 80.0]
    assert np.isnan(columns["circuit_silent_s"][2]) and columns["circuit_silent_s"][:2].tolist() == [0.0, 0.0]


@given(
    st.dictionaries(
        st.sampled_from(["secondary_supply_temp_c", "secondary_flow_m3_per_h", "circulation_pump_1_running"]),
        st.floats(0, 90),
    )
)
@settings(max_examples=examples(20))
def test_where_every_station_has_one_circuit_its_signals_are_those_of_the_station(
    values: dict[str, float],
) -> None:
    tables = tables_of(small_site(), [(S1, values)])
    of_circuits, of_stations = tables["circuit"], tables["station"]
    assert [of_circuits.subjects.node_at(row) for row in range(2)] == [
        of_stations.subjects.node_at(row) for row in range(2)
    ]
    for name, column in of_stations.columns.items():
        np.testing.assert_array_equal(of_circuits.columns[name], column)
    assert np.isnan(of_circuits.columns["circuit_silent_s"]).all()


def test_an_alarm_stands_at_the_circuit_that_stands_still_and_its_homes_belong_to_it() -> None:
    script = [(0, [(ON_LOW, RUNS), (ON_HIGH, STILL), (S2, RUNS), (S1, {"mains_power_ok": 1.0})])]
    active = alarms_after(two_circuit_site(), script, 3)
    assert names(active) == {f"ST-02 circuit:{HIGH}"}
    assert active[0].area_id == "xilinhot"


def test_what_happens_to_the_station_explains_its_circuits_and_one_circuit_never_the_other() -> None:
    both = [(ON_LOW, STILL), (ON_HIGH, STILL), (S2, RUNS), (S1, {"mains_power_ok": 0.0})]
    active = {str(alarm.subject): alarm for alarm in alarms_after(two_circuit_site(), [(0, both)], 3)}
    root = active["station:S1"]
    assert root.rule_id == "ST-01" and root.inhibited_by is None
    for circuit in (LOW, HIGH):
        alarm = active[f"circuit:{circuit}"]
        assert (alarm.rule_id, alarm.inhibited_by, alarm.incident_id) == (
            "ST-02",
            root.alarm_id,
            root.incident_id,
        )


def test_a_station_is_heard_by_its_circuits_and_a_silent_circuit_has_an_alarm_of_its_own() -> None:
    running = [(0, [(ON_LOW, RUNS), (ON_HIGH, RUNS), (S2, RUNS)]), (1, [(ON_LOW, RUNS), (S2, RUNS)])]
    assert names(alarms_after(two_circuit_site(), running, 10)) == {f"DQ-19 circuit:{HIGH}"}
    quiet = [(0, [(ON_LOW, RUNS), (ON_HIGH, RUNS), (S2, RUNS)]), (1, [(S2, RUNS)])]
    active = alarms_after(two_circuit_site(), quiet, 10)
    assert names(active) == {"DQ-08 station:S1"}


def test_a_last_will_of_the_station_makes_its_circuits_unknown() -> None:
    site, later = two_circuit_site(), T0 + MINUTE
    signals = Signals(standard_c=18.0, watching_since_ms=0)
    windows = Windows(Layout(site, build_heat_tree(site)))
    windows.take(batch([(ON_LOW, RUNS)], T0))
    assert signals.tables(windows, now_ms=to_epoch_ms(later))["circuit"].columns["g2"][0] == 90.0
    windows.take(batch([(S1, {"gateway_online": 0.0})], later))
    assert np.isnan(signals.tables(windows, now_ms=to_epoch_ms(later))["circuit"].columns["g2"][0])


@pytest.mark.parametrize("minute", [3, 12])
def test_both_circuits_get_the_alarms_that_a_station_with_one_gets_of_the_same_readings(minute: int) -> None:
    script: list[dict[str, float]] = [RUNS, STILL, RUNS | {"secondary_supply_temp_c": 90.0}]
    of_one = alarms_after(
        small_site(), [(m * 5, [(S1, v), (S2, RUNS)]) for m, v in enumerate(script)], minute
    )
    of_two = alarms_after(
        two_circuit_site(),
        [(m * 5, [(ON_LOW, v), (ON_HIGH, v), (S2, RUNS)]) for m, v in enumerate(script)],
        minute,
    )
    for circuit in (LOW, HIGH):
        mine = {(a.rule_id, a.raised_at) for a in of_two if a.subject.object_id == circuit}
        assert mine == {(a.rule_id, a.raised_at) for a in of_one}
