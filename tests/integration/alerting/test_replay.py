"""History replayed through the rules: alarms are counted by rule and local day, and a changed rule changes the counts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from alerting.serving.replay import replay
from config.rules.reading import load_rules
from config.settings.tree import RulesSettings
from heating.alarms import AlarmEventKind
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import SeriesColumns
from heating.samples import ObjectRef
from tests.support.small_site import small_site

T0 = datetime(2026, 1, 10, 14, 0, tzinfo=UTC)
RULES = load_rules(RulesSettings())


class StoredTrip:
    """A store in which station S1 loses its mains from 15:00 to 17:00 UTC and everything else is well."""

    def series(
        self, ref: ObjectRef, points: Sequence[str], window: Interval, *, max_points: int | None = None
    ) -> SeriesColumns:
        time_ms = np.arange(window.start_ms, window.end_ms, 60_000, dtype=np.int64)
        hour = (time_ms - Interval(T0, T0).start_ms) / 3_600_000
        good = np.zeros(len(time_ms), np.uint8)
        if ref.measurement is Measurement.ROOM:
            return SeriesColumns(time_ms, {"room_temp_c": np.full(len(time_ms), 20.0)}, {"room_temp_c": good})
        lost = (hour >= 1) & (hour < 3) if ref.object_id == "S1" else np.zeros(len(hour), np.bool_)
        return SeriesColumns(time_ms, {"mains_power_ok": np.where(lost, 0.0, 1.0)}, {"mains_power_ok": good})


def test_replay_counts_alarms_by_rule_and_local_day() -> None:
    window = Interval(T0, T0 + timedelta(hours=7))
    report = replay(StoredTrip(), window, RULES, site=small_site())  # type: ignore[arg-type]
    assert report.per_rule_and_day == [("ST-01", "2026-01-10", 1, 1)]
    assert report.ticks == 7 * 60
    (raised,) = [event for event in report.history if event.kind is AlarmEventKind.RAISED]
    (cleared,) = [event for event in report.history if event.kind is AlarmEventKind.CLEARED]
    assert raised.at == T0 + timedelta(hours=1, minutes=1)
    assert cleared.at == T0 + timedelta(hours=3, minutes=1)


def test_a_changed_rule_changes_the_replay() -> None:
    slow = load_rules(RulesSettings(overrides={"ST-01": {"on_delay": "3h"}}))
    window = Interval(T0, T0 + timedelta(hours=4))
    report = replay(StoredTrip(), window, slow, site=small_site())  # type: ignore[arg-type]
    assert report.per_rule_and_day == []
