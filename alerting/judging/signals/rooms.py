"""Room temperature of a home against the indoor standard: now, in the last hour, over the last day."""

import numpy as np

from alerting.judging.signals.family import Basis, Columns, Family, Moment, Signal
from config.rules.scopes import HOUSEHOLD
from heating.assets import Contract
from heating.diagnosis.freshness import JUDGED
from heating.heat_tree import Level
from heating.points import Measurement

__all__ = ["FAMILY"]

_WINDOW_INTERVALS = 1.5
"""Windows of medians are stretched to this many intervals: an hourly sensor has one reading an hour."""
_ENOUGH_HOURS = 18.0
"""Cold degree hours are known when this much of the last 24 h is covered by good readings [h]."""


def _columns(moment: Moment) -> Columns:
    basis, windows, now_ms = moment.basis, moment.windows, moment.now_ms
    layout = basis.layout
    interval_s = layout.sensor_interval_s
    oldest_ms = now_ms - 1000.0 * JUDGED[Measurement.ROOM].age_s(interval_s)
    newest_c = windows.newest(Measurement.ROOM).current("room_temp_c", oldest_ms=oldest_ms)
    columns = {"t_room": layout.of_homes(newest_c)}
    # Without the hours before a start a median would be that of one reading: unknown, as when nothing came.
    unknown = np.isnan(newest_c) | windows.past_is_missing
    for name, minutes in (("t_room_med60", 60), ("t_room_med30", 30)):
        window_ms = np.maximum(60_000.0 * minutes, 1000.0 * _WINDOW_INTERVALS * interval_s).astype(np.int64)
        median_c = windows.readings.median(60_000 * minutes, window_ms, now_ms=now_ms)
        columns[name] = layout.of_homes(np.where(unknown, np.nan, median_c))
    hours = windows.degree_hours(limit_c=basis.standard_c, zone=basis.zone)
    degree_hours_kh, covered_h = hours.at(now_ms)
    known = (covered_h >= _ENOUGH_HOURS) & ~np.isnan(newest_c)
    columns["cold_degree_hours_24h"] = layout.of_homes(np.where(known, degree_hours_kh, np.nan))
    columns["covered_hours_24h"] = layout.of_homes(covered_h)
    return columns


def _constants(basis: Basis) -> Columns:
    by_id = {home.household_id: home for home in basis.layout.site.households}
    ids, numbers = basis.layout.tree.ids, basis.layout.subjects(Level.HOUSEHOLD).numbers
    homes = [by_id[ids[number]] for number in numbers.tolist()]
    return {
        "limit_c": np.full(len(homes), basis.standard_c),
        "heating": np.array([float(home.contract is Contract.HEATING) for home in homes]),
        "vulnerable": np.array([float(home.vulnerable) for home in homes]),
    }


FAMILY = Family(
    scope=HOUSEHOLD,
    signals=(
        Signal("t_room", "°C", "room temperature, newest"),
        Signal("t_room_med60", "°C", "median of the last 60 min, at least of the last reading interval"),
        Signal("t_room_med30", "°C", "median of the last 30 min, at least of the last reading interval"),
        Signal(
            "cold_degree_hours_24h",
            "K·h",
            "sum of what the hours of the last day lacked to the standard, nights at 0.7; known from 18 covered "
            "hours on",
        ),
        Signal("covered_hours_24h", "h", "hours of the last day with good readings"),
        Signal("limit_c", "°C", "indoor standard of the site"),
        Signal("heating", "", "1 when the home is to be heated, 0 when suspended or vacant"),
        Signal("vulnerable", "", "1 for a vulnerable household"),
    ),
    columns=_columns,
    constants=_constants,
)
