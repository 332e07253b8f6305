"""Who may see which station, building or home: what lies in another area looks as if it were not there."""

from dashboard.site.index import SiteIndex
from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.viewer import Role, Viewer
from heating.assets import Building, Household, Station

__all__ = ["own_home", "visible_building", "visible_household", "visible_station"]


def visible_station(viewer: Viewer, index: SiteIndex, station_id: str) -> Station:
    """Return a station of the viewer's areas. Raises `NotVisibleError`."""
    station = index.stations.get(station_id)
    if station is None or not index.sees(viewer, station.area_id):
        raise NotVisibleError(f"no station {station_id!r}")
    return station


def visible_building(viewer: Viewer, index: SiteIndex, building_id: str) -> Building:
    """Return a building of the viewer's areas. Raises `NotVisibleError`."""
    building = index.buildings.get(building_id)
    if building is None or not index.sees(viewer, index.area_of_building(building)):
        raise NotVisibleError(f"no building {building_id!r}")
    return building


def visible_household(viewer: Viewer, index: SiteIndex, household_id: str) -> Household:
    """Return a home that a member of staff may see by area. Raises `NotVisibleError`."""
    home = index.households.get(household_id)
    if home is None:
        raise NotVisibleError(f"no household {household_id!r}")
    visible_building(viewer, index, home.building_id)
    return home


def own_home(viewer: Viewer, index: SiteIndex) -> Household:
    """Return the resident's own home. Raises `NotVisibleError`."""
    home = index.households.get(viewer.household_id or "")
    if home is None or not viewer.has(Role.RESIDENT):
        raise NotVisibleError("no home belongs to this account")
    return home
