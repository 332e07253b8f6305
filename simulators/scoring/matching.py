"""Which finding belongs to which fault.

What lives here: the definition of docs/scoring.md. What does not: figures (`figures`).

A finding can belong to a fault when it was told from the fault's onset to its end plus a grace, and one of its alarms
lies on the fault's place or in its reach. Of several faults it belongs to the one that fits best. The first finding of
a fault is true, further ones are repeats, those that belong to no fault are false.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from simulators.fault_kinds import RootCause
from simulators.scoring.findings import Finding
from simulators.scoring.happenings import TrueFault
from simulators.truth.topology import Place, Topology

__all__ = ["GRACE", "Matching", "Reach", "Verdict", "match"]

GRACE = timedelta(hours=6)
"""How long after its end a fault may still be found: homes go on cooling, off-delays run out."""
_WIDE = frozenset({"branch", "station", "circuit"})
"""Levels that feel a fault above them at once, before any home has cooled."""


class Verdict(StrEnum):
    """What a finding turned out to be."""

    TRUE = "true"
    REPEAT = "repeat"
    FALSE = "false"


@dataclass(frozen=True, slots=True)
class Matching:
    """Findings with their verdicts, and faults with their first finding."""

    verdicts: tuple[tuple[Finding, Verdict, TrueFault | None], ...]
    first: dict[str, Finding]
    """By fault id; only faults that were found."""


def match(
    faults: Iterable[TrueFault], findings: Iterable[Finding], topology: Topology, *, grace: timedelta = GRACE
) -> Matching:
    """Say of every finding what it is.

    Parameters
    ----------
    faults, findings : iterable
        In any order.
    topology : Topology
        Which place lies below which.
    grace : timedelta
        See `GRACE`.
    """
    ordered = [
        (fault, Reach(fault, topology)) for fault in sorted(faults, key=lambda f: (f.onset, f.fault_id))
    ]
    first: dict[str, Finding] = {}
    verdicts: list[tuple[Finding, Verdict, TrueFault | None]] = []
    for finding in sorted(findings, key=lambda finding: (finding.at, finding.alarms[0].alarm_id)):
        fault = _best(ordered, finding, grace)
        if fault is None:
            verdicts.append((finding, Verdict.FALSE, None))
        elif fault.fault_id in first:
            verdicts.append((finding, Verdict.REPEAT, fault))
        else:
            first[fault.fault_id] = finding
            verdicts.append((finding, Verdict.TRUE, fault))
    return Matching(tuple(verdicts), first)


class Reach:
    """Where alarms can come from a fault.

    They can come from the fault's own place; from a home that the fault has cooled; from a station or branch below it;
    from a riser or building below it in which it has cooled a home; and, when both speak of devices, from anywhere
    below it.

    Parameters
    ----------
    fault : TrueFault
        The fault.
    topology : Topology
        Which place lies below which.
    """

    def __init__(self, fault: TrueFault, topology: Topology) -> None:
        self._fault, self._topology = fault, topology
        self._cooled: set[Place] = set()
        for home in fault.affected:
            self._cooled.update(topology.path(("household", home)))

    def holds(self, place: Place, claims: RootCause) -> bool:
        """Return whether an alarm at a place, which claims a class, can come from the fault."""
        fault = self._fault
        if place == fault.place:
            return True
        if place[0] == "household" and place[1] in fault.affected:
            return True
        if not self._topology.is_below(place, fault.place):
            return False
        of_devices = claims is RootCause.SENSOR and fault.cause is RootCause.SENSOR
        return place[0] in _WIDE or of_devices or place in self._cooled


def _best(faults: Sequence[tuple[TrueFault, Reach]], finding: Finding, grace: timedelta) -> TrueFault | None:
    """Return the fault that fits best: by place, then class, then the narrower, then the younger."""
    fitting = [
        (
            finding.place == fault.place,
            finding.claims is fault.cause,
            -len(fault.affected),
            fault.onset,
            fault.fault_id,
            fault,
        )
        for fault, reach in faults
        if _in_time(finding.at, fault, grace) and _touches(finding, reach)
    ]
    return max(fitting, key=lambda item: item[:5])[5] if fitting else None


def _in_time(at: datetime, fault: TrueFault, grace: timedelta) -> bool:
    return fault.onset <= at and (fault.end is None or at <= fault.end + grace)


def _touches(finding: Finding, reach: Reach) -> bool:
    return reach.holds(finding.place, finding.claims) or any(
        reach.holds(alarm.place, alarm.claims) for alarm in finding.alarms
    )
