"""Figures of detection from a matching: how many faults were found, how soon, and at what price in false findings.

What lives here: pure arithmetic on verdicts; None where a denominator is empty. What does not: the definition of a match
(`matching`), whole reports (`score`).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median

from simulators.scoring.findings import Finding
from simulators.scoring.happenings import TrueCall, TrueFault
from simulators.scoring.matching import Matching, Verdict

__all__ = [
    "CallIndex",
    "Delays",
    "Detection",
    "LeadTimes",
    "Ranking",
    "delays_of",
    "detection_of",
    "f_beta",
    "lead_times_of",
    "ranking_of",
    "share",
]

_TAIL = timedelta(hours=24)
"""Calls up to a day after its end are put down to a fault."""


def share(part: float, whole: float) -> float | None:
    """Return a share, None of nothing."""
    return part / whole if whole else None


def f_beta(precision: float | None, recall: float | None, beta: float = 0.5) -> float | None:
    """Return the weighted harmonic mean of precision and recall (van Rijsbergen 1979); 0.5 favours precision."""
    if precision is None or recall is None:
        return None
    weight = beta * beta
    below = weight * precision + recall
    return (1 + weight) * precision * recall / below if below else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Counts of faults and findings, and the shares that follow."""

    faults: int
    """Faults that could be found: observable, and early enough before the end of the run."""
    found: int
    """Those of them with a finding."""
    found_otherwise: int
    """Faults found although no reading was thought to show them."""
    findings: int
    true: int
    repeats: int
    false: int
    duplicates: int
    """Further alarms of true findings and repeats, beyond the first of each."""

    @property
    def precision(self) -> float | None:
        """True findings out of all; repeats count against it."""
        return share(self.true, self.findings)

    @property
    def precision_with_repeats(self) -> float | None:
        """Findings that belong to a fault, out of all."""
        return share(self.true + self.repeats, self.findings)

    @property
    def recall(self) -> float | None:
        """Faults found out of those that could be."""
        return share(self.found, self.faults)

    @property
    def f05(self) -> float | None:
        """F0.5 of the strict precision."""
        return f_beta(self.precision, self.recall)


def detection_of(matching: Matching, observable: Collection[str]) -> Detection:
    """Count a matching.

    Parameters
    ----------
    matching : Matching
        Verdicts.
    observable : collection of str
        Ids of the faults that count for recall.
    """
    verdicts = [verdict for _, verdict, _ in matching.verdicts]
    return Detection(
        faults=len(observable),
        found=sum(fault_id in observable for fault_id in matching.first),
        found_otherwise=sum(fault_id not in observable for fault_id in matching.first),
        findings=len(verdicts),
        true=verdicts.count(Verdict.TRUE),
        repeats=verdicts.count(Verdict.REPEAT),
        false=verdicts.count(Verdict.FALSE),
        duplicates=sum(
            len(finding.alarms) - 1
            for finding, verdict, _ in matching.verdicts
            if verdict is not Verdict.FALSE
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How long after its beginning a fault was found [h]; None when none was."""

    median_after_onset_h: float | None
    median_after_observable_h: float | None


def delays_of(faults: Sequence[TrueFault], matching: Matching) -> Delays:
    """Return the delays of the faults that were found."""
    found = [
        (fault, matching.first[fault.fault_id].at) for fault in faults if fault.fault_id in matching.first
    ]
    since_seen = [
        _hours(at - fault.first_observable) for fault, at in found if fault.first_observable is not None
    ]
    return Delays(
        median_after_onset_h=_median([_hours(at - fault.onset) for fault, at in found]),
        median_after_observable_h=_median(since_seen),
    )


class CallIndex:
    """Calls because of cold, by home.

    Parameters
    ----------
    calls : sequence of TrueCall
        All calls.
    """

    def __init__(self, calls: Sequence[TrueCall]) -> None:
        self._by_home: dict[str, list[TrueCall]] = {}
        for call in sorted(calls, key=lambda call: call.moment):
            if call.felt_cold:
                self._by_home.setdefault(call.household_id, []).append(call)

    def first_about(self, fault: TrueFault) -> datetime | None:
        """Return the first call because of cold from a home that the fault has cooled, while it lasted or a day on."""
        moments = (
            call.moment
            for home in fault.affected
            for call in self._by_home.get(home, ())
            if call.moment >= fault.onset and (fault.end is None or call.moment <= fault.end + _TAIL)
        )
        return min(moments, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTimes:
    """Findings against the first complaint."""

    complained_of: int
    """Faults that somebody called about."""
    found_first: int
    """Those of them found before the first call."""
    median_h: float | None
    """First call minus finding [h], over those of them that were found; below 0 when people called first."""
    mean_h: float | None

    @property
    def found_first_share(self) -> float | None:
        """Share of the faults complained of that were found before the first call."""
        return share(self.found_first, self.complained_of)


def lead_times_of(faults: Sequence[TrueFault], matching: Matching, calls: CallIndex) -> LeadTimes:
    """Return how findings stand against first complaints."""
    complained = [(fault, call) for fault in faults if (call := calls.first_about(fault)) is not None]
    leads = [
        _hours(call - matching.first[fault.fault_id].at)
        for fault, call in complained
        if fault.fault_id in matching.first
    ]
    return LeadTimes(
        complained_of=len(complained),
        found_first=sum(lead > 0 for lead in leads),
        median_h=_median(leads),
        mean_h=fmean(leads) if leads else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How good the proposed causes of true findings are; shares of the faults found."""

    found: int
    top1_cause: float | None
    top3_cause: float | None
    top1_place: float | None
    top3_place: float | None


def ranking_of(faults: Sequence[TrueFault], matching: Matching) -> Ranking:
    """Return whether cause and place of each fault found are the first, or among the first three, proposed."""
    found = [(fault, matching.first[fault.fault_id]) for fault in faults if fault.fault_id in matching.first]

    def among(count: int, fits: Callable[[TrueFault, Finding], list[bool]]) -> float | None:
        return share(sum(any(fits(fault, finding)[:count]) for fault, finding in found), len(found))

    return Ranking(
        found=len(found),
        top1_cause=among(1, _causes),
        top3_cause=among(3, _causes),
        top1_place=among(1, _places),
        top3_place=among(3, _places),
    )


def _causes(fault: TrueFault, finding: Finding) -> list[bool]:
    right = (fault.cause.value, fault.fault_type.value)
    return [candidate.cause in right for candidate in finding.candidates]


def _places(fault: TrueFault, finding: Finding) -> list[bool]:
    return [candidate.place == fault.place for candidate in finding.candidates]


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _hours(length: timedelta) -> float:
    return length.total_seconds() / 3600
