"""What is kept about a home, for the people who live there and ask: given out by administrators, noted in the audit."""

from collections.abc import Mapping

from dashboard.site.index import SiteSource
from dashboard.site.visible import visible_household
from dashboard.web.security.viewer import Viewer
from heating.clock import Clock
from storage.records.household_report import household_report
from storage.records.records import Records

__all__ = ["HouseholdExports"]

_ELSEWHERE = frozenset({"area_id", "area", "station_id", "station"})
"""Members of the address that may name objects above the viewer's areas."""


class HouseholdExports:
    """Gathers what the records keep about one home.

    Parameters
    ----------
    sites : SiteSource
        The registry, for what the viewer may see.
    records : Records
        What is kept.
    clock : Clock
        When it was given out.
    """

    def __init__(self, *, sites: SiteSource, records: Records, clock: Clock) -> None:
        self._sites, self._records, self._clock = sites, records, clock

    def of_home(self, viewer: Viewer, household_id: str) -> Mapping[str, object]:
        """Return everything, phone numbers in full. Raises `NotVisibleError`.

        To who is bound to areas, names that may lie in others (the upper area, the station) are left out.
        """
        home = visible_household(viewer, self._sites.current(), household_id)
        report = household_report(self._records, home.household_id)
        subject = f"household:{home.household_id}"
        self._records.audit.append(viewer.username, "household.exported", subject, at=self._clock.now())
        if viewer.area_ids is None:
            return report
        address = report["address"]
        assert isinstance(address, Mapping)
        return {**report, "address": {name: address[name] for name in address.keys() - _ELSEWHERE}}
