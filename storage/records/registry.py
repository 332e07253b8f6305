"""The registry of assets and contacts in the database: reading, comparing, applying, searching."""

from collections.abc import Sequence
from datetime import datetime

from config.registry_contacts import Contact
from config.registry_diff import RegistryDiff
from heating.assets import SensorAssignment, Site
from storage.records.household_values import HouseholdAddress, HouseholdHit

__all__ = ["RegistryRecords", "UnknownHouseholdError"]

from heating.errors import HeatingError


class UnknownHouseholdError(HeatingError):
    """There is no such household in the registry."""


class RegistryRecords:
    """Assets and contacts; implements `heating.protocols.RegistryRecords`."""

    def load_site(self) -> Site:
        """Return the whole registry, without what is retired."""
        raise NotImplementedError

    def contacts(self) -> list[Contact]:
        """Return every contact with its full phone number, for an export."""
        raise NotImplementedError

    def version(self) -> int:
        """Return a number that rises with every change; 0 while nothing was ever applied."""
        raise NotImplementedError

    def diff(self, site: Site, contacts: Sequence[Contact] | None = None) -> RegistryDiff:
        """Return what applying would change; `contacts` None leaves contacts alone."""
        raise NotImplementedError

    def apply_site(
        self,
        site: Site,
        contacts: Sequence[Contact] | None = None,
        *,
        by: str,
        now: datetime,
        dry_run: bool = False,
    ) -> RegistryDiff:
        """Make the registry equal to `site`: insert, update and retire in one transaction.

        What is no longer in `site` is retired, not deleted; contacts of retired homes are deleted. `contacts` None
        leaves the other contacts alone. With `dry_run` nothing is written.

        Raises
        ------
        heating.heat_tree.BrokenTreeError, config.registry_checks.RegistryError
            When the site is not whole; nothing is written.
        """
        raise NotImplementedError

    def contact(self, household_id: str, *, reveal: bool = False) -> Contact | None:
        """Return the contact of a household, the phone masked unless `reveal`."""
        raise NotImplementedError

    def address_of(self, household_id: str) -> HouseholdAddress:
        """Return where a household is.

        Raises
        ------
        UnknownHouseholdError
            When there is no such household.
        """
        raise NotImplementedError

    def search_households(
        self, query: str, *, area_ids: frozenset[str] | None, limit: int = 20
    ) -> list[HouseholdHit]:
        """Return homes found by phone digits, names, pinyin (initials or full) and address fragments.

        Words are joined by «and»; an empty query finds nothing.
        """
        raise NotImplementedError

    def sensor_of(self, household_id: str, at: datetime) -> str | None:
        """Return the sensor that measures a home at a moment, None when there is none."""
        raise NotImplementedError

    def assignments_of(self, household_id: str) -> list[SensorAssignment]:
        """Return every assignment of a home, earliest first."""
        raise NotImplementedError
