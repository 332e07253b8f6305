"""What is kept about a home, for the people who live there and ask: given out by administrators, noted in the audit."""

from collections.abc import Mapping

from dashboard.site.index import SiteSource
from dashboard.site.visible import visible_household
from dashboard.web.security.viewer import Viewer
from heating.clock import Clock
from storage.records.household_report import household_report
from storage.records.records import Records

__all__ = ["HouseholdExports"]


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
        """Return everything, phone numbers in full. Raises `NotVisibleError`."""
        home = visible_household(viewer, self._sites.current(), household_id)
        report = household_report(self._records, home.household_id)
        subject = f"household:{home.household_id}"
        self._records.audit.append(viewer.username, "household.exported", subject, at=self._clock.now())
        return report
