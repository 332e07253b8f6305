"""Personal data of households, kept apart from the assets: who lives there and how to reach them.

What lives here: the value that registry files, the site generator and the records share. What does not: storage,
masking and search (`storage.records`), file formats (`config.registry_files`).
"""

from dataclasses import dataclass

__all__ = ["HouseholdContact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdContact:
    """Who to call about a home."""

    household_id: str
    """The home; one contact a home."""
    name: str
    """Name of the account holder."""
    phone: str
    """Telephone number as written by the office, digits, spaces and dashes allowed."""
