"""View models made by hand, for tests and previews of the pages: one lively evening with a tripped pump.

Everything hangs on `NOW`; no value is random. What does not live here: the application around them
(`tests.support.preview_pages`).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from casework.tickets.intake import IntakeProposal
from dashboard.alarms.models import AlarmDetail, AlarmHistoryEntry, AlarmRow
from dashboard.homes.models import (
    HouseholdCard,
    HouseholdHit,
    ProbableCause,
    RoomDay,
    Script,
    Verdict,
)
from dashboard.incidents.models import Evidence, IncidentView
from dashboard.overview.models import AreaRow, CommunityPlace, Happening, Overview
from dashboard.places.models import BuildingRow
from dashboard.residents.models import ResidentHome
from dashboard.stations.models import StationDetail, StationRow, StationSummary
from dashboard.tickets.models import TicketHistoryEntry, TicketView
from dashboard.web.values import Ratio, Sum
from heating.points import Measurement
from heating.tickets import TicketCategory, TicketUrgency
from tests.support.page_readings import (
    AREAS,
    NOW,
    OUTDOOR,
    both,
    missing,
    reading,
    station_row,
    station_rows,
)

__all__ = [
    "AREAS",
    "HISTORY",
    "NOW",
    "OUTDOOR",
    "Measurement",
    "alarm_detail",
    "alarm_row",
    "both",
    "card",
    "day_series",
    "hits",
    "incident",
    "missing",
    "overview",
    "reading",
    "resident_home",
    "room_day",
    "station_detail",
    "station_row",
    "station_rows",
    "ticket",
]


def alarm_row(number: int = 1, **changes: object) -> AlarmRow:
    """Return an alarm; 1 is the tripped pump."""
    raised = NOW - timedelta(minutes=7 * number)
    row = AlarmRow(
        alarm_id=f"al-{number}",
        rule_id="ST-02",
        name=both("循环泵跳闸", "Circulation pump tripped"),
        text=both(
            "循环泵全部停运，二次流量 0.4 m³/h", "All circulation pumps stopped, secondary flow 0.4 m³/h"
        ),
        subject_level="station",
        subject_id="st-003",
        subject_name=both("团结小区3号换热站", "Tuanjie 3 station"),
        area_id="a4",
        area_name=both("楚古兰街道", "Chugulan Subdistrict"),
        priority=min(number, 4),
        state="unack_active",
        active=True,
        raised_at=raised,
        duration_s=420.0 * number,
        incident_id="in-1" if number < 3 else None,
        actions=("acknowledge", "shelve", "comment"),
    )
    return replace(row, **changes)  # type: ignore[arg-type]


HISTORY = (
    AlarmHistoryEntry(at=NOW - timedelta(minutes=7), kind="raised", by="engine"),
    AlarmHistoryEntry(at=NOW - timedelta(minutes=7), kind="annunciated", by="engine"),
    AlarmHistoryEntry(at=NOW - timedelta(minutes=3), kind="commented", by="wang", comment="已通知检修到站"),
)


def incident(**changes: object) -> IncidentView:
    """Return the incident of the tripped pump."""
    view = IncidentView(
        incident_id="in-1",
        rule_id="ST-02",
        name=both("循环泵跳闸", "Circulation pump tripped"),
        node_level="station",
        node_id="st-003",
        node_name=both("团结小区3号换热站", "Tuanjie 3 station"),
        area_id="a4",
        opened_at=NOW - timedelta(minutes=7),
        cleared_at=None,
        estimated_end=NOW + timedelta(minutes=50),
        affected_households=1264,
        root_alarm_id="al-1",
        root=alarm_row(1),
        members=(alarm_row(2, priority=2), alarm_row(3, priority=3, incident_id="in-1")),
        member_count=2,
        timeline=HISTORY,
        hours_to_cold=11.4,
        tickets=6,
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def alarm_detail() -> AlarmDetail:
    """Return the tripped pump opened."""
    return AlarmDetail(
        row=alarm_row(1),
        cause=both("电机过载、失电或变频器故障", "Motor overload, power loss or drive fault"),
        consequence=both(
            "二次网停止循环，住户将逐渐变冷", "The secondary loop stands still, homes cool down"
        ),
        action=both(
            "就地检查后启动备用泵，确认补水和定压正常", "Start the standby pump after a check on site"
        ),
        time_to_respond_s=300.0,
        source="own",
        history=HISTORY,
        incident=incident(),
    )


def overview() -> Overview:
    """Return the first page."""
    rows = station_rows()
    worst = sorted(
        (row for row in rows if row.deviation_k is not None), key=lambda row: -abs(row.deviation_k or 0)
    )
    return Overview(
        generated_at=NOW,
        sequence=77,
        areas=[
            AreaRow(
                area_id=area_id,
                name=both(zh, en),
                stations=Ratio(numerator=9, denominator=10, total=10),
                pass_rate=Ratio(numerator=180 + 3 * n, denominator=196, total=4200, excluded=8),
                open_alarms={"P1": int(area_id == "a4"), "P2": n % 2, "P3": 0, "P4": 0},
            )
            for n, (area_id, zh, en) in enumerate(AREAS)
        ],
        stations=Ratio(numerator=37, denominator=40, total=40),
        households=12830,
        suspended_households=412,
        pass_rate=Ratio(numerator=741, denominator=784, total=12830, excluded=31),
        standard_c=18.0,
        open_alarms={"P1": 1, "P2": 2, "P3": 1, "P4": 14},
        unacknowledged=3,
        open_incidents=1,
        open_tickets=23,
        overdue_tickets=2,
        heat_rate=Sum(value=431.27, unit="GJ/h", counted=37, total=40),
        outdoor=OUTDOOR,
        forecast={1: -24.9, 6: -27.2, 12: -25.0, 24: -21.3},
        data_age_s=3.0,
        worst=worst[:10],
        ticker=[alarm_row(1), alarm_row(2, subject_name=both("团结小区7号换热站", "Tuanjie 7 station"))],
        communities=[_community_place(rows[0])],
        recent=[Happening(at=NOW - timedelta(minutes=2), kind="cleared", by="", alarm=alarm_row(2))],
    )


def _community_place(row: StationRow) -> CommunityPlace:
    return CommunityPlace(
        community_id="c-1",
        name=both("团结小区", "Tuanjie"),
        quarter_name=both("楚古兰街道", "Chugulan Subdistrict"),
        longitude_deg=row.longitude_deg,
        latitude_deg=row.latitude_deg,
        median_c=17.2,
        counted=18,
        households=432,
    )


def station_detail(number: int = 3) -> StationDetail:
    """Return a station page; one value is bad, one stale, one missing."""
    row = station_row(number)
    points = dict(row.values)
    points["primary_flow_m3_per_h"] = reading("primary_flow_m3_per_h", 61.7, age_s=1320.0, stale=True)
    points["makeup_tank_level_m"] = reading("makeup_tank_level_m", 14.2, quality="bad_range")
    points["secondary_diff_pressure_mpa"] = missing("secondary_diff_pressure_mpa")
    if number == 3:
        points["circulation_pump_1_running"] = reading("circulation_pump_1_running", 0.0)
        points["circulation_pump_1_fault"] = reading("circulation_pump_1_fault", 1.0)
    buildings = [
        BuildingRow(
            building_id=f"b-{n}",
            name=f"{n}号楼",
            community_name=both("团结小区", "Tuanjie"),
            households=72,
            coverage=Ratio(numerator=3, denominator=72),
            pass_rate=Ratio(numerator=2, denominator=3),
            median_c=20.4,
            minimum_c=17.2,
            maximum_c=22.9,
            inlet_supply=reading("inlet_supply_temp_c", 51.2, measurement=Measurement.BUILDING),
            inlet_return=missing("inlet_return_temp_c", Measurement.BUILDING),
        )
        for n in range(1, 7)
    ]
    return StationDetail(
        row=row,
        points=points,
        buildings=buildings,
        alarms=[alarm_row(1), alarm_row(2)] if number == 3 else [],
        incidents=[incident()] if number == 3 else [],
        households=1264,
        heated_area_m2=113760.0,
        source_name=both("锡林浩特热电厂", "Xilinhot plant"),
        branch_name=both("1号干线", "Main 1"),
        outdoor=OUTDOOR,
        limits={"secondary_supply_temp_c": (None, 85.0)},
    )


def ticket(number: int = 1, **changes: object) -> TicketView:
    """Return a ticket."""
    view = TicketView(
        ticket_id=f"T-20260114-{number:03d}",
        household_id="h-000123",
        address="团结小区 3号楼 2单元 501",
        area_id="a4",
        category="insufficient",
        urgency="high",
        state="assigned",
        opened_at=NOW - timedelta(hours=number),
        opened_by="li",
        channel="hotline",
        description="卧室不热，暖气片只有上半截热",
        incident_id="in-1",
        duplicate_of=None,
        assigned_to="zhao",
        first_response_due=NOW + timedelta(minutes=40),
        close_due=NOW + timedelta(hours=30),
        responded_at=None,
        resolved_at=None,
        closed_at=None,
        response_overdue=False,
        close_overdue=False,
        remaining_s=2400.0,
        callback_temp_c=None,
        satisfied=None,
        allowed_moves=("on_site", "waiting", "resolved", "cancelled"),
        history=(TicketHistoryEntry(at=NOW - timedelta(hours=number), by="li", what="new", moved=True),),
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def hits() -> list[HouseholdHit]:
    """Return search hits."""
    return [
        HouseholdHit(
            household_id=f"h-{n:06d}",
            address=f"团结小区 3号楼 2单元 {n}01",
            name="张*",
            phone_masked="138****1234",
            community="团结小区",
            station_id="st-003",
            contract="heating" if n != 4 else "suspended",
            vulnerable=n == 2,
        )
        for n in range(1, 7)
    ]


def room_day() -> RoomDay:
    """Return a day's figures."""
    return RoomDay(
        minimum_c=15.9,
        mean_c=17.1,
        maximum_c=19.2,
        count=24,
        below_standard=Ratio(numerator=17, denominator=24),
        standard_c=18.0,
    )


def _station_summary() -> StationSummary:
    return StationSummary(
        station_id="st-003",
        name=both("团结小区3号换热站", "Tuanjie 3 station"),
        state="alarm",
        supply=reading("secondary_supply_temp_c", 42.6),
        setpoint=reading("secondary_supply_temp_setpoint_c", 52.0),
        return_=reading("secondary_return_temp_c", 41.8),
        deviation_k=-9.4,
        open_alarms=3,
    )


def card(**changes: object) -> HouseholdCard:
    """Return the clerk's card of a home below the tripped pump."""
    view = HouseholdCard(
        household_id="h-000123",
        address="团结小区 3号楼 2单元 501",
        community=both("团结小区", "Tuanjie"),
        building_id="b-3",
        unit=2,
        floor=5,
        room="501",
        area_m2=88.4,
        position="top_edge",
        name="张*",
        phone_masked="138****1234",
        contract="heating",
        vulnerable=True,
        sensor_id="rs-000042",
        room_now=reading("room_temp_c", 15.9, age_s=1500.0, measurement=Measurement.ROOM),
        day=room_day(),
        day_series=day_series(),
        verdict=Verdict.COLD,
        station=_station_summary(),
        incidents=[incident(root=None, members=())],
        cause=ProbableCause(
            code="incident",
            evidence=(Evidence(code="station_supply", parameters={"value_c": 42.6, "setpoint_c": 52.0}),),
        ),
        neighbours_median_c=16.4,
        neighbours=Ratio(numerator=4, denominator=5),
        riser=Ratio(numerator=2, denominator=2),
        tickets=[ticket(1), ticket(2, state="closed", closed_at=NOW - timedelta(hours=1), remaining_s=None)],
        script=Script(code="incident_estimated", parameters={"estimated_end": NOW + timedelta(minutes=50)}),
        proposal=IntakeProposal(
            category=TicketCategory.INSUFFICIENT,
            urgency=TicketUrgency.HIGH,
            incident_id="in-1",
            duplicate_of="T-20260114-001",
        ),
        outdoor=OUTDOOR,
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def day_series() -> Sequence[tuple[int, float]]:
    """Return hourly means with a gap of three hours."""
    start_ms = int((NOW - timedelta(hours=23)).timestamp() * 1000)
    return [(start_ms + h * 3_600_000, 19.2 - 0.14 * h) for h in range(24) if h not in (9, 10, 11)]


def resident_home(**changes: object) -> ResidentHome:
    """Return the resident's page."""
    view = ResidentHome(
        household_id="h-000123",
        address="团结小区 3号楼 2单元 501",
        temperature=reading("room_temp_c", 15.9, age_s=1500.0, measurement=Measurement.ROOM),
        verdict=Verdict.COLD,
        standard_c=18.0,
        has_sensor=True,
        building_median_c=16.4,
        building_counted=6,
        day=room_day(),
        day_series=day_series(),
        incident=incident(root=None, members=()),
        tickets=[ticket(1)],
        contract="heating",
    )
    return replace(view, **changes)  # type: ignore[arg-type]
