"""History through the same engine: which alarms a rule set would have raised, by rule and day.

Reads the store object by object in bounded windows and drives the engine by virtual ticks; identical to live, save
that arrival order is measured order. Not here: comparing two rule sets (call it twice) and the command line.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from alerting.serving.headless import HeadlessAlerting
from config.rules.reading import RuleSet
from heating.alarms import AlarmEvent, AlarmEventKind
from heating.assets import Site
from heating.intervals import Interval, to_epoch_ms
from heating.points import POINT_INDEX, Measurement, points_of
from heating.protocols import SeriesColumns, TimeSeriesStore
from heating.samples import ObjectRef, SampleBatch

__all__ = ["ReplayReport", "replay"]

_CHUNK = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay gave."""

    raised: dict[tuple[str, str], int]
    """Alarms raised, by rule id and local day (ISO date)."""
    annunciated: dict[tuple[str, str], int]
    """Alarms announced, by rule id and local day."""
    ticks: int
    rows: int
    """Values read from the store."""
    history: tuple[AlarmEvent, ...]

    @property
    def per_rule_and_day(self) -> list[tuple[str, str, int, int]]:
        """Rows (rule id, day, raised, announced) in order."""
        keys = sorted(self.raised.keys() | self.annunciated.keys())
        return [(*key, self.raised.get(key, 0), self.annunciated.get(key, 0)) for key in keys]


def replay(
    store: TimeSeriesStore,
    interval: Interval,
    rules: RuleSet,
    *,
    site: Site,
    step: timedelta = timedelta(seconds=60),
    standard_c: float = 18.0,
    time_zone: str = "Asia/Shanghai",
) -> ReplayReport:
    """Judge an interval of history.

    Parameters
    ----------
    store : TimeSeriesStore
        Where the readings are.
    interval : Interval
        What to judge; pending timers start empty at its start.
    rules : RuleSet
        Shipped or own rules.
    site : Site
        The registry of that time.
    step : timedelta
        Time between ticks.
    standard_c : float
        Indoor standard [°C].
    time_zone : str
        Zone whose days are counted.

    Raises
    ------
    heating.errors.HeatingError
        When the store cannot answer.
    """
    alerting = HeadlessAlerting(site, rules, start=interval.start, standard_c=standard_c)
    ticks = rows = 0
    try:
        for window in _windows(interval):
            whole = _readings(store, site, window)
            rows += len(whole)
            ticks += _judge(alerting, whole, window, step)
    finally:
        alerting.close()
    rule_of = {e.alarm_id: e.opening.rule_id for e in alerting.history if e.opening is not None}
    zone = ZoneInfo(time_zone)
    counts = {
        kind: Counter(
            (rule_of[event.alarm_id], event.at.astimezone(zone).date().isoformat())
            for event in alerting.history
            if event.kind is kind
        )
        for kind in (AlarmEventKind.RAISED, AlarmEventKind.ANNUNCIATED)
    }
    return ReplayReport(
        raised=dict(counts[AlarmEventKind.RAISED]),
        annunciated=dict(counts[AlarmEventKind.ANNUNCIATED]),
        ticks=ticks,
        rows=rows,
        history=tuple(alerting.history),
    )


def _windows(interval: Interval) -> Iterator[Interval]:
    start = interval.start
    while start < interval.end:
        end = min(start + _CHUNK, interval.end)
        yield Interval(start, end)
        start = end


def _judge(alerting: HeadlessAlerting, whole: SampleBatch, window: Interval, step: timedelta) -> int:
    moments: list[datetime] = []
    moment = window.start
    while (moment := min(moment + step, window.end)) not in moments[-1:]:
        moments.append(moment)
    cuts = np.searchsorted(whole.measured_ms, [to_epoch_ms(m) for m in moments], side="right")
    begin = 0
    for moment, cut in zip(moments, cuts.tolist(), strict=True):
        alerting.accept(whole.select(np.arange(begin, cut)))
        alerting.tick(moment)
        begin = cut
    return len(moments)


def _readings(store: TimeSeriesStore, site: Site, window: Interval) -> SampleBatch:
    refs = [ObjectRef(Measurement.STATION, station.station_id) for station in site.stations]
    refs += [ObjectRef(Measurement.CIRCUIT, circuit.circuit_id) for circuit in site.circuits]
    refs += [ObjectRef(Measurement.ROOM, sensor.sensor_id) for sensor in site.sensors]
    names = {
        m: [p.name for p in points_of(m)]
        for m in (Measurement.STATION, Measurement.CIRCUIT, Measurement.ROOM)
    }
    names[Measurement.ROOM] = ["room_temp_c"]
    batches = [
        _batch(ref, store.series(ref, names[ref.measurement], window), names[ref.measurement]) for ref in refs
    ]
    whole = SampleBatch.concatenate([batch for batch in batches if len(batch)])
    return whole.select(np.argsort(whole.measured_ms, kind="stable"))


def _batch(ref: ObjectRef, columns: SeriesColumns, names: list[str]) -> SampleBatch:
    parts: list[SampleBatch] = []
    for name in names:
        if name not in columns.values:
            continue
        value = columns.values[name]
        rows = np.flatnonzero(np.isfinite(value) | (columns.quality[name] >= 128))
        times = columns.time_ms[rows]
        parts.append(
            SampleBatch(
                objects=(ref,),
                object_index=np.zeros(len(rows), np.int32),
                point=np.full(len(rows), POINT_INDEX[ref.measurement, name], np.int16),
                measured_ms=times,
                received_ms=times,
                value=value[rows],
                quality=columns.quality[name][rows],
            )
        )
    return SampleBatch.concatenate(parts)
