"""What is compared: true faults and calls on one side, alarms, incidents and tickets of the product on the other.

What lives here: the records, and the class that an alarm claims. What does not: reading them from files or the API
(`truth_reader`, `alarm_reader`, `api_reader`), comparing them (`matching`).
"""

from dataclasses import dataclass, field
from datetime import datetime

from simulators.fault_kinds import FaultType, RootCause
from simulators.truth.topology import Place

__all__ = [
    "Alarm",
    "Candidate",
    "Incident",
    "Spell",
    "Ticket",
    "TrueCall",
    "TrueFault",
    "claimed_class",
]

_CLASS_OF_LEVEL = {
    "source": RootCause.SOURCE,
    "branch": RootCause.PRIMARY,
    "station": RootCause.STATION,
    "circuit": RootCause.STATION,
    "building": RootCause.BUILDING,
    "riser": RootCause.RISER,
    "household": RootCause.HOME,
    "sensor": RootCause.SENSOR,
}
_DATA_QUALITY = "DQ-"
"""Rules of this family speak of devices, whatever the level of their subject."""


def claimed_class(rule_id: str, level: str) -> RootCause:
    """Return the class of root cause that an alarm claims by its rule and the level of its subject."""
    if rule_id.startswith(_DATA_QUALITY):
        return RootCause.SENSOR
    return _CLASS_OF_LEVEL.get(level, RootCause.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueFault:
    """One line of ``faults.jsonl``."""

    fault_id: str
    fault_type: FaultType
    cause: RootCause
    place: Place
    """What broke; of a sensor the home that it is assigned to."""
    onset: datetime
    first_observable: datetime | None
    """When the first reading could show it; None when none could, or nobody has looked."""
    end: datetime | None
    """None when it lasted to the end of the run."""
    affected: frozenset[str] = frozenset()
    """Ids of the homes that grew colder by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueCall:
    """One line of ``tickets.jsonl``: a call with its reason."""

    household_id: str
    moment: datetime
    felt_cold: bool
    """False for calls that have nothing to do with the room temperature."""
    fault_id: str | None = None
    """The fault that cooled the home, None when there is none."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of time, such as a cold snap."""

    begin: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Return whether a moment lies in it."""
        return self.begin <= moment < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm of the product."""

    alarm_id: str
    rule_id: str
    place: Place
    raised_at: datetime
    announced_at: datetime | None = None
    """First told to people; None for journal entries and what another alarm covers."""
    cleared_at: datetime | None = None
    incident_id: str | None = None

    @property
    def claims(self) -> RootCause:
        """The class that it claims."""
        return claimed_class(self.rule_id, self.place[0])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cause that the product proposes."""

    cause: str
    """Word of `RootCause` or of `FaultType`."""
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident of the product."""

    incident_id: str
    rule_id: str
    place: Place
    opened_at: datetime
    candidates: tuple[Candidate, ...] = field(default=())
    """Proposed causes, best first; empty when the product names none beyond the incident itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket of the product."""

    ticket_id: str
    household_id: str
    opened_at: datetime
    incident_id: str | None = None
