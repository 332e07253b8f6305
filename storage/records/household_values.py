"""The address of a household as people write it, and what a search for one finds."""

from dataclasses import dataclass

__all__ = ["HouseholdAddress", "HouseholdHit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdAddress:
    """A home's place among people, names in Chinese."""

    household_id: str
    area_id: str
    """Top-level area, as in the address; who may see a home is decided by the nearest one."""
    area: str
    street: str
    """Street (街道/苏木乡镇), empty when the registry has none."""
    community_id: str
    community: str
    building_id: str
    building: str
    unit: int
    floor: int
    room: str
    station_id: str
    station: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdHit:
    """One answer of the household search."""

    household_id: str
    address: HouseholdAddress
    contact_name: str
    """Empty when unknown."""
    phone: str
    """Masked, ``138****1234``; empty when unknown."""
