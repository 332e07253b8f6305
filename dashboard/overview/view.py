"""The first page and the wall: the figures of a whole city with their denominators."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dashboard.alarms.counts import AlarmCountSource, speaking
from dashboard.alarms.models import AlarmRow
from dashboard.alarms.view import AlarmViews
from dashboard.overview.missing_rooms import RoomWatch
from dashboard.overview.models import AreaRow, CommunityPlace, Happening, Overview
from dashboard.places.disclosure import MIN_HOMES_SHOWN, Disclosure, disclosure_for, without_figures
from dashboard.places.view import PlaceViews
from dashboard.readings.newest import WEATHER_INTERVAL_S, NewestValues, RoomColumn
from dashboard.site.index import SiteIndex, SiteSource
from dashboard.stations.fleet import Fleet
from dashboard.stations.models import StationRow
from dashboard.stations.view import StationViews
from dashboard.web.security.viewer import STAFF, Viewer
from dashboard.web.values import Bilingual, Ratio, Sum
from heating.alarms import Priority
from heating.assets import Contract
from heating.clock import Clock
from heating.points import Measurement
from heating.samples import ObjectRef
from heating.tickets import TicketState
from storage.records.queries import AlarmQuery, IncidentQuery
from storage.records.records import Records

__all__ = ["OverviewView"]

_FORECAST_HOURS = (1, 3, 6, 12, 24)
_WORST = 10
_TICKER = 20
_RECENT = 20
_RECENT_ALARMS = 60
_KEPT_GROUPS = 64
"""Groups of areas whose homes are kept counted."""
_DONE = (TicketState.CLOSED, TicketState.CANCELLED)


class OverviewView:
    """Builds the overview.

    Parameters
    ----------
    sites : SiteSource
        The registry.
    records : Records
        Counts of alarms and tickets.
    counts : AlarmCountSource
        Open and waiting alarms.
    newest, places, stations, alarms
        Sibling builders.
    clock : Clock
        The time data are judged by.
    rooms : RoomWatch, optional
        Knows which rooms are missing.
    """

    def __init__(
        self,
        *,
        sites: SiteSource,
        records: Records,
        counts: AlarmCountSource,
        newest: NewestValues,
        places: PlaceViews,
        stations: StationViews,
        alarms: AlarmViews,
        clock: Clock,
        rooms: RoomWatch | None = None,
    ) -> None:
        self._sites = sites
        self._records = records
        self._counts = counts
        self._newest = newest
        self._places = places
        self._stations = stations
        self._alarms = alarms
        self._clock = clock
        self._rooms = rooms
        self._kept_index: SiteIndex | None = None
        self._kept_homes: dict[
            frozenset[str] | None, tuple[SiteIndex, NDArray[np.bool_], Mapping[Contract, int]]
        ] = {}

    def overview(self, viewer: Viewer) -> Overview:
        """Return the first page's figures and lists over the areas of the viewer."""
        index, sequence = self._sites.current(), self._records.alarms.last_sequence()
        fleet = self._stations.fleet(viewer, index)
        return self._figures(viewer, index, fleet, sequence=sequence, full=True)

    def snapshot(self, viewer: Viewer) -> tuple[Overview, Fleet]:
        """Return the figures, without lists, and the stations of one moment: what the stream sends every second."""
        index, sequence = self._sites.current(), self._records.alarms.last_sequence()
        fleet = self._stations.fleet(viewer, index)
        return self._figures(viewer, index, fleet, sequence=sequence, full=False), fleet

    def _figures(
        self, viewer: Viewer, index: SiteIndex, fleet: Fleet, *, sequence: int, full: bool
    ) -> Overview:
        now = self._clock.now()
        rooms = self._places.rooms(index)
        seen, contracts = self._homes_of(viewer, index)
        counts = self._counts.current(viewer.area_ids)
        tickets = self._records.tickets.counts(viewer.area_ids, now=now)
        detailed = full and viewer.has(*STAFF)
        disclosure = disclosure_for(viewer, index, rooms)
        pass_rate = rooms.pass_rate(seen, homes=contracts[Contract.HEATING])
        return Overview(
            generated_at=now,
            sequence=sequence,
            areas=self._areas(viewer, index, fleet, rooms, disclosure) if full else [],
            stations=Ratio(
                numerator=int(fleet.online.sum()),
                denominator=len(fleet.station_ids),
                total=len(fleet.station_ids),
            ),
            households=contracts[Contract.HEATING],
            suspended_households=contracts[Contract.SUSPENDED] + contracts[Contract.VACANT],
            pass_rate=without_figures(pass_rate) if disclosure.whole else pass_rate,
            standard_c=self._places.standard_c,
            open_alarms=counts.open_by_priority,
            unacknowledged=counts.unacknowledged,
            open_incidents=self._open_incidents(viewer),
            open_tickets=sum(n for state, n in tickets.by_state.items() if state not in _DONE),
            overdue_tickets=max(tickets.response_overdue, tickets.close_overdue),
            heat_rate=_heat_rate(fleet),
            outdoor=self._newest.outdoor(index),
            forecast=self._forecast(index),
            data_age_s=float(np.nanmin(fleet.age_s)) if np.isfinite(fleet.age_s).any() else None,
            worst=self._worst(index, fleet) if detailed else [],
            ticker=self._ticker(viewer, index) if detailed else [],
            communities=_communities(viewer, index, rooms, disclosure) if full else [],
            missing_rooms=self._rooms.missing() if detailed and self._rooms is not None else [],
            recent=self._recent(viewer, index) if detailed else [],
        )

    def _homes_of(self, viewer: Viewer, index: SiteIndex) -> tuple[NDArray[np.bool_], Mapping[Contract, int]]:
        """Return which sensed homes the viewer sees, and the homes of each contract; kept while the registry stands."""
        if index is not self._kept_index or len(self._kept_homes) > _KEPT_GROUPS:
            self._kept_index, self._kept_homes = index, {}
        kept = self._kept_homes
        found = kept.get(viewer.area_ids)
        if found is None or found[0] is not index:
            found = (index, self._seen_homes(viewer, index), _contracts(viewer, index))
            kept[viewer.area_ids] = found
        return found[1], found[2]

    def _seen_homes(self, viewer: Viewer, index: SiteIndex) -> NDArray[np.bool_]:
        sees = np.array([index.sees(viewer, item.area_id) for item in index.site.communities], np.bool_)
        if not len(sees):
            return np.zeros(len(index.sensed.number), np.bool_)
        return sees[index.sensed.community]

    def _areas(
        self, viewer: Viewer, index: SiteIndex, fleet: Fleet, rooms: RoomColumn, disclosure: Disclosure
    ) -> list[AreaRow]:
        station_areas = [index.stations[station_id].area_id for station_id in fleet.station_ids]
        rows = []
        for area in index.root_areas(viewer):
            here = np.array([index.lies_in(one, area.area_id) for one in station_areas], np.bool_)
            inside = [index.lies_in(item.area_id, area.area_id) for item in index.site.communities]
            homes = _heated_homes(index, inside)
            counts = self._counts.current(frozenset({area.area_id}))
            sensed = np.array(inside, np.bool_)[index.sensed.community]
            pass_rate = rooms.pass_rate(sensed, homes=homes)
            rows.append(
                AreaRow(
                    area_id=area.area_id,
                    name=Bilingual(area.name, area.name_en),
                    stations=Ratio(
                        numerator=int((fleet.online & here).sum()),
                        denominator=int(here.sum()),
                        total=int(here.sum()),
                    ),
                    pass_rate=without_figures(pass_rate) if area.area_id in disclosure.areas else pass_rate,
                    open_alarms=counts.open_by_priority,
                )
            )
        return rows

    def _open_incidents(self, viewer: Viewer) -> int:
        query = IncidentQuery(open_only=True, area_ids=viewer.area_ids, limit=500)
        return len(self._records.alarms.incidents(query).items)

    def _forecast(self, index: SiteIndex) -> dict[int, float | None]:
        if not index.site.weather_sites:
            return dict.fromkeys(_FORECAST_HOURS)
        ref = ObjectRef(Measurement.WEATHER, index.site.weather_sites[0])
        values = {
            hours: self._newest.point(ref, f"forecast_{hours}h_temp_c", WEATHER_INTERVAL_S)
            for hours in _FORECAST_HOURS
        }
        return {hours: value.value if value.usable else None for hours, value in values.items()}

    def _worst(self, index: SiteIndex, fleet: Fleet) -> list[StationRow]:
        size = np.nan_to_num(np.abs(fleet.deviation_k), nan=-1.0)
        order = np.argsort(-size, kind="stable")[:_WORST]
        return [self._stations.row(index, fleet, int(place)) for place in order if size[place] >= 0]

    def _recent(self, viewer: Viewer, index: SiteIndex) -> list[Happening]:
        query = AlarmQuery(annunciated_only=True, area_ids=viewer.area_ids, limit=_RECENT_ALARMS)
        rows = [self._alarms.row(viewer, index, alarm) for alarm in self._records.alarms.find(query).items]
        happened = [item for row in rows for item in _happenings(row)]
        return sorted(happened, key=lambda item: item.at, reverse=True)[:_RECENT]

    def _ticker(self, viewer: Viewer, index: SiteIndex) -> Sequence[AlarmRow]:
        urgent = frozenset({Priority.P1, Priority.P2})
        query = speaking(AlarmQuery(priorities=urgent, area_ids=viewer.area_ids, limit=_TICKER))
        found = self._records.alarms.find_urgent(query).items
        return [self._alarms.row(viewer, index, alarm) for alarm in found]


def _happenings(row: AlarmRow) -> list[Happening]:
    moments = (
        ("raised", row.raised_at, ""),
        ("acknowledged", row.acknowledged_at, row.acknowledged_by or ""),
        ("cleared", row.cleared_at, ""),
    )
    return [
        Happening(at=at, kind=kind, by=by, alarm=replace(row, actions=()))
        for kind, at, by in moments
        if at is not None
    ]


def _contracts(viewer: Viewer, index: SiteIndex) -> Counter[Contract]:
    total: Counter[Contract] = Counter()
    for community in index.site.communities:
        if index.sees(viewer, community.area_id):
            total.update(index.contracts_of[community.community_id])
    return total


def _heated_homes(index: SiteIndex, inside: Sequence[bool]) -> int:
    return sum(
        index.contracts_of[community.community_id][Contract.HEATING]
        for community, counted in zip(index.site.communities, inside, strict=True)
        if counted
    )


def _heat_rate(fleet: Fleet) -> Sum:
    counted = fleet.columns["primary_heat_rate_gj_per_h"].counted
    value = float(counted.sum()) if len(counted) else None
    return Sum(value=value, unit="GJ/h", counted=len(counted), total=len(fleet.station_ids))


def _quarter_of(index: SiteIndex, area_id: str) -> str:
    """Return the street above a grid; an area that is no grid stands for itself."""
    area = index.areas.get(area_id)
    return area.parent_id if area is not None and area.kind == "grid" and area.parent_id else area_id


def _communities(
    viewer: Viewer, index: SiteIndex, rooms: RoomColumn, disclosure: Disclosure
) -> list[CommunityPlace]:
    order = np.argsort(index.sensed.community, kind="stable")
    bounds = np.searchsorted(index.sensed.community[order], np.arange(len(index.site.communities) + 1))
    values, usable = rooms.column.value, rooms.column.usable
    places = []
    for place, community in enumerate(index.site.communities):
        if not index.sees(viewer, community.area_id):
            continue
        rows = order[bounds[place] : bounds[place + 1]]
        fresh = values[rows][usable[rows]]
        shown = len(fresh) >= MIN_HOMES_SHOWN and community.community_id not in disclosure.communities
        places.append(
            CommunityPlace(
                community_id=community.community_id,
                name=Bilingual(community.name, community.name_en),
                quarter_name=index.area_name(_quarter_of(index, community.area_id)),
                longitude_deg=community.longitude_deg,
                latitude_deg=community.latitude_deg,
                median_c=float(np.median(fresh)) if shown else None,
                counted=len(fresh),
                households=index.contracts_of[community.community_id].total(),
            )
        )
    return places
