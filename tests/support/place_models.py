"""View models made by hand of buildings, communities and the alarm system; `tests.support.page_models` has the others."""

from dataclasses import replace
from datetime import timedelta

from dashboard.alarms.health import AlarmHealth, FrequentAlarm, Hour
from dashboard.places.models import CellState, CommunityView, FacadeCell, FacadeView
from dashboard.web.values import Ratio
from tests.support.page_models import NOW, alarm_row, both, station_detail

__all__ = ["alarm_health", "community", "facade"]


def facade() -> FacadeView:
    """Return a facade with a cell of every kind."""
    states = (CellState.MEASURED, CellState.STALE, CellState.BAD, CellState.NO_SENSOR, CellState.SUSPENDED)
    cells = [
        FacadeCell(
            household_id=f"h-{floor}{unit}",
            unit=unit,
            floor=floor,
            room=f"{floor}01",
            state=states[(floor + unit) % 5],
            temperature_c=13.2 + 2.1 * floor if (floor + unit) % 5 < 2 else None,
            age_s=900.0,
            position="edge",
        )
        for floor in range(6, 0, -1)
        for unit in (1, 2, 3)
    ]
    return FacadeView(
        building_id="b-3",
        name="3号楼",
        community_id="c-1",
        community_name=both("团结小区", "Tuanjie"),
        station_id="st-003",
        floors=6,
        units=3,
        cells=cells,
        coverage=Ratio(numerator=11, denominator=18, total=18),
        pass_rate=Ratio(numerator=3, denominator=4, total=14, excluded=4),
        median_c=18.6,
        standard_c=18.0,
    )


def community() -> CommunityView:
    """Return a community."""
    return CommunityView(
        community_id="c-1",
        name=both("团结小区", "Tuanjie"),
        area_id="a4",
        area_name=both("楚古兰街道", "Chugulan Subdistrict"),
        households=432,
        coverage=Ratio(numerator=18, denominator=432, total=432),
        pass_rate=Ratio(numerator=12, denominator=18, total=410),
        median_c=19.4,
        buildings=station_detail().buildings,
        standard_c=18.0,
    )


def alarm_health(**changes: object) -> AlarmHealth:
    """Return the figures of a busy day."""
    hours = [Hour(start=NOW - timedelta(hours=24 - n), count=(n * 5) % 16) for n in range(24)]
    frequent = FrequentAlarm(
        rule_id="ST-15",
        name=both("二次供温偏低", "Secondary supply below setpoint"),
        subject_level="station",
        subject_id="st-003",
        subject_name=both("团结小区3号换热站", "Tuanjie 3 station"),
        priority=2,
        count=9,
        last_raised_at=NOW - timedelta(hours=1),
    )
    view = AlarmHealth(
        hours=hours,
        announced=sum(hour.count for hour in hours),
        busiest_hour=15,
        frequent=[frequent],
        standing=[alarm_row(2, raised_at=NOW - timedelta(days=3), duration_s=259_200.0)],
        standing_count=1,
        complete=True,
    )
    return replace(view, **changes)  # type: ignore[arg-type]
