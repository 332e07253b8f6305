"""Reports leave as messages or as columns with the same content; timetables keep their rhythm."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heating.points import Measurement
from simulators.reports import Fleet, Report, Timetable, batch_of

FLEET = Fleet(
    measurement=Measurement.STATION,
    ids=("st-001", "st-002"),
    areas=("xilinhot", "erenhot"),
    points=("mains_power_ok", "secondary_supply_temp_c"),
)
REPORT = Report(
    fleet=FLEET,
    places=np.array([1, 0]),
    measured_ms=np.array([5000, 6000], np.int64),
    values=np.array([[1.0, 41.5], [0.0, np.nan]]),
)


def test_a_message_is_native_json_with_flags_as_truth_values_and_without_missing_ones() -> None:
    first, second = REPORT.messages()
    assert first.topic == "heat/erenhot/station/st-002/telemetry"
    assert json.loads(first.payload) == {
        "t": 5000,
        "v": {"mains_power_ok": True, "secondary_supply_temp_c": 41.5},
    }
    assert json.loads(second.payload) == {"t": 6000, "v": {"mains_power_ok": False}}


def test_columns_hold_what_messages_hold() -> None:
    batch = batch_of([REPORT, REPORT])
    assert len(batch) == 6
    rows = [(s.ref.object_id, s.point, s.measured_ms, s.value) for s in batch.to_samples()[:3]]
    assert rows == [
        ("st-002", "mains_power_ok", 5000, 1.0),
        ("st-002", "secondary_supply_temp_c", 5000, 41.5),
        ("st-001", "mains_power_ok", 6000, 0.0),
    ]
    assert (batch.received_ms >= batch.measured_ms).all()
    assert len(batch_of([])) == 0


@given(
    intervals_s=st.lists(st.integers(1, 3600), min_size=1, max_size=5),
    start_ms=st.integers(10**12, 2 * 10**12),
    steps_s=st.lists(st.integers(1, 4000), min_size=1, max_size=6),
    phase=st.floats(0, 0.999),
)
def test_a_device_reports_once_every_interval_whatever_the_steps(
    intervals_s: list[int], start_ms: int, steps_s: list[int], phase: float
) -> None:
    interval_ms = np.array(intervals_s, np.int64) * 1000
    table = Timetable(interval_ms=interval_ms, phase=np.full(len(interval_ms), phase), start_ms=start_ms)
    moments: list[list[int]] = [[] for _ in intervals_s]
    now_ms = start_ms
    for step_s in steps_s:
        now_ms += step_s * 1000
        for places, due_ms in table.due(now_ms):
            for place, moment in zip(places.tolist(), due_ms.tolist(), strict=True):
                moments[place].append(moment)
    for place, of_device in enumerate(moments):
        assert all(start_ms < moment <= now_ms for moment in of_device)
        assert set(np.diff(of_device)) <= {interval_ms[place]}
        assert abs(len(of_device) - (now_ms - start_ms) / interval_ms[place]) <= 1


def test_a_change_of_rhythm_never_goes_back_in_time() -> None:
    table = Timetable(interval_ms=np.array([60_000], np.int64), phase=np.array([0.3]), start_ms=1_000_000)
    before = [int(m[0]) for _, m in table.due(1_200_000)]
    table.restart(interval_ms=np.array([5_000], np.int64), start_ms=1_200_000)
    after = [int(m[0]) for _, m in table.due(1_230_000)]
    assert before and after and before[-1] <= 1_200_000 < after[0]
    assert set(np.diff(after)) == {5_000}
