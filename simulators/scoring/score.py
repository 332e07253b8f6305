"""The whole score of a run: by class, type and rule, with and without cold snaps, told and recorded.

What lives here: which faults and findings go into which part of the report. What does not: the arithmetic (`figures`),
reading and showing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulators.fault_kinds import RootCause
from simulators.scoring.figures import (
    CallIndex,
    delays_of,
    detection_of,
    lead_times_of,
    ranking_of,
    share,
)
from simulators.scoring.findings import Finding, findings_of
from simulators.scoring.happenings import Alarm, Incident, Spell, Ticket, TrueCall, TrueFault
from simulators.scoring.matching import GRACE, Matching, Verdict, match
from simulators.scoring.tickets_and_forecasts import (
    Forecast,
    forecast_errors_of,
    ticket_links_of,
)
from simulators.truth.root_causes import COLD_BELOW_C
from simulators.truth.topology import Topology

__all__ = ["Product", "Truth", "full_hour", "score"]

_MONTH_DAYS = 30.0
_SETTLE = timedelta(hours=1)
"""A fault must have been observable this long before the end of the run to count for recall."""
_AFTER_SNAP = timedelta(hours=24)
"""A day after a cold snap still belongs to it: heavy buildings warm up slowly."""
_HOME_LEVELS = frozenset({"household", "sensor"})

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What really happened."""

    faults: Sequence[TrueFault]
    calls: Sequence[TrueCall]
    cold_snaps: Sequence[Spell]
    topology: Topology
    begin: datetime
    end: datetime
    paired: bool
    """Whether a pair of runs says who was affected and when it could be seen; otherwise it is estimated."""
    room_temps_c: Mapping[tuple[str, datetime], float] = field(default_factory=dict)
    """True room temperature [°C] by home and full hour, for forecasts and for alarms about homes."""
    described: Mapping[str, object] = field(default_factory=dict)
    """Scenario and seed, for the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What the product said."""

    alarms: Sequence[Alarm]
    incidents: Sequence[Incident]
    tickets: Sequence[Ticket] | None = None
    """None when nobody asked for them."""
    forecasts: Sequence[Forecast] | None = None


def score(truth: Truth, product: Product, *, grace: timedelta = GRACE) -> Json:
    """Return the score as it is printed; docs/scoring.md says what each figure means.

    Parameters
    ----------
    truth : Truth
        Of one run.
    product : Product
        Of the same time.
    grace : timedelta
        How long after its end a fault may still be found.
    """
    incidents = {incident.incident_id: incident for incident in product.incidents}
    in_time = [alarm for alarm in product.alarms if truth.begin <= alarm.raised_at < truth.end]
    report: Json = {
        "run": {
            **truth.described,
            "begin": _moment(truth.begin),
            "end": _moment(truth.end),
            "days": round((truth.end - truth.begin) / timedelta(days=1), 3),
            "stations": truth.topology.count("station"),
            "homes": truth.topology.count("household"),
            "sensors": truth.topology.count("sensor"),
            "paired": truth.paired,
            "grace_h": grace / timedelta(hours=1),
            "faults": len(truth.faults),
            "alarms": len(in_time),
            "incidents": len(incidents),
        }
    }
    told: Matching | None = None
    for name, announced_only in (("announced", True), ("recorded", False)):
        findings = findings_of(in_time, incidents, announced_only=announced_only)
        matching = match(truth.faults, findings, truth.topology, grace=grace)
        told = told or matching
        report[name] = _parts(truth, matching)
    assert told is not None
    report["tickets"] = None if product.tickets is None else _tickets(product.tickets, truth, told)
    report["forecast"] = (
        None
        if not product.forecasts
        else asdict(forecast_errors_of(product.forecasts, dict(truth.room_temps_c)))
    )
    return report


def full_hour(moment: datetime) -> datetime:
    """Return the beginning of the hour of a moment."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _tickets(tickets: Sequence[Ticket], truth: Truth, matching: Matching) -> Json:
    links = ticket_links_of(tickets, truth.calls, matching)
    return {**asdict(links), "precision": _round(links.precision), "recall": _round(links.recall)}


def _parts(truth: Truth, matching: Matching) -> Json:
    """Return the whole run, and its time with and without a cold snap."""

    def snap(moment: datetime) -> bool:
        return any(spell.begin <= moment < spell.end + _AFTER_SNAP for spell in truth.cold_snaps)

    cold_h = _snap_hours(truth)
    whole_h = (truth.end - truth.begin) / timedelta(hours=1)
    return {
        "all": _part(truth, matching, lambda _moment: True, hours=whole_h),
        "cold_snap": _part(truth, matching, snap, hours=cold_h),
        "no_cold_snap": _part(truth, matching, lambda moment: not snap(moment), hours=whole_h - cold_h),
    }


def _snap_hours(truth: Truth) -> float:
    """Return for how long a cold snap, or the day after one, was there [h]; overlaps count once."""
    total, reached = timedelta(0), truth.begin
    for spell in sorted(truth.cold_snaps, key=lambda spell: spell.begin):
        begin = max(spell.begin, reached)
        end = min(spell.end + _AFTER_SNAP, truth.end)
        if end > begin:
            total, reached = total + (end - begin), end
    return total / timedelta(hours=1)


def _part(truth: Truth, matching: Matching, when: Callable[[datetime], bool], *, hours: float) -> Json:
    faults = [fault for fault in truth.faults if when(fault.onset)]
    chosen = tuple(item for item in matching.verdicts if when(_counted_at(item)))
    part = Matching(
        chosen, {f.fault_id: matching.first[f.fault_id] for f in faults if f.fault_id in matching.first}
    )
    calls = CallIndex(truth.calls)
    report = _figures(truth, part, faults, calls, hours=hours)
    report["classes"] = {
        cause.value: _figures(truth, _of_class(part, cause), of_class, calls, hours=hours)
        for cause in RootCause
        if (of_class := [fault for fault in faults if fault.cause is cause]) or _claims(part, cause)
    }
    report["types"] = {
        name: _figures_of_type(truth, part, of_type, calls)
        for name in sorted({fault.fault_type.value for fault in faults})
        if (of_type := [fault for fault in faults if fault.fault_type.value == name])
    }
    report["rules"] = {
        rule_id: {
            verdict.value: sum(f.rule_id == rule_id and v is verdict for f, v, _ in chosen)
            for verdict in Verdict
        }
        for rule_id in sorted({finding.rule_id for finding, _, _ in chosen})
    }
    return report


def _counted_at(item: tuple[Finding, Verdict, TrueFault | None]) -> datetime:
    """Return when a finding counts: at its fault's onset, so that fault and finding stay in one part."""
    finding, _, fault = item
    return finding.at if fault is None else fault.onset


def _of_class(matching: Matching, cause: RootCause) -> Matching:
    """Return what concerns a class: findings of its faults, and false ones that claim it."""
    return Matching(
        tuple(
            (finding, verdict, fault)
            for finding, verdict, fault in matching.verdicts
            if (finding.claims if fault is None else fault.cause) is cause
        ),
        {
            fault.fault_id: matching.first[fault.fault_id]
            for _, verdict, fault in matching.verdicts
            if verdict is Verdict.TRUE and fault is not None and fault.cause is cause
        },
    )


def _claims(matching: Matching, cause: RootCause) -> bool:
    return any(fault is None and finding.claims is cause for finding, _, fault in matching.verdicts)


def _figures(
    truth: Truth, matching: Matching, faults: Sequence[TrueFault], calls: CallIndex, *, hours: float
) -> Json:
    detection = detection_of(matching, _observable(truth, faults))
    false = [finding for finding, verdict, _ in matching.verdicts if verdict is Verdict.FALSE]
    cold = sum(_was_cold(truth, finding) for finding in false)
    at_homes = sum(finding.place[0] in _HOME_LEVELS for finding in false)
    days, topology = hours / 24, truth.topology
    matched = [finding for finding, verdict, _ in matching.verdicts if verdict is not Verdict.FALSE]
    return {
        "faults_happened": len(faults),
        **asdict(detection),
        "false_though_cold": cold,
        "precision": _round(detection.precision),
        "precision_with_repeats": _round(detection.precision_with_repeats),
        "recall": _round(detection.recall),
        "f05": _round(detection.f05),
        "false_per_station_month": _round(
            share(len(false), topology.count("station") * days / _MONTH_DAYS), 4
        ),
        "false_per_sensor_day": _round(share(at_homes, topology.count("sensor") * days), 6),
        "alarms_per_finding": _round(share(sum(len(f.alarms) for f in matched), len(matched))),
        **_times_and_ranks(faults, matching, calls),
    }


def _was_cold(truth: Truth, finding: Finding) -> bool:
    """Return whether a finding about a home is right that it is cold, though no fault has cooled it."""
    level, object_id = finding.place
    if level != "household" or finding.claims is RootCause.SENSOR:
        return False
    return truth.room_temps_c.get((object_id, full_hour(finding.at)), COLD_BELOW_C) < COLD_BELOW_C


def _times_and_ranks(faults: Sequence[TrueFault], matching: Matching, calls: CallIndex) -> Json:
    leads, ranks = lead_times_of(faults, matching, calls), ranking_of(faults, matching)
    delays = asdict(delays_of(faults, matching))
    return {
        "lead": {
            "complained_of": leads.complained_of,
            "found_first": leads.found_first,
            "found_first_share": _round(leads.found_first_share),
            "median_h": _round(leads.median_h),
            "mean_h": _round(leads.mean_h),
        },
        "delay": {name: _round(value) for name, value in delays.items()},
        "top1_cause": _round(ranks.top1_cause),
        "top3_cause": _round(ranks.top3_cause),
        "top1_place": _round(ranks.top1_place),
        "top3_place": _round(ranks.top3_place),
    }


def _figures_of_type(truth: Truth, matching: Matching, faults: Sequence[TrueFault], calls: CallIndex) -> Json:
    """Return what can be said of one type of fault; precision cannot, no alarm claims a type."""
    ids = {fault.fault_id for fault in faults}
    own = Matching(
        tuple(item for item in matching.verdicts if item[2] is not None and item[2].fault_id in ids),
        {fault_id: finding for fault_id, finding in matching.first.items() if fault_id in ids},
    )
    detection = detection_of(own, _observable(truth, faults))
    return {
        "faults_happened": len(faults),
        "faults": detection.faults,
        "found": detection.found,
        "found_otherwise": detection.found_otherwise,
        "repeats": detection.repeats,
        "recall": _round(detection.recall),
        **_times_and_ranks(faults, own, calls),
    }


def _observable(truth: Truth, faults: Sequence[TrueFault]) -> Collection[str]:
    """Return the ids of the faults that could be found in the run."""
    last = truth.end - _SETTLE

    def seen(fault: TrueFault) -> datetime | None:
        if fault.first_observable is None and not truth.paired:
            watched = not truth.topology.sensed_homes.isdisjoint(fault.affected)
            return fault.onset if watched else None
        return fault.first_observable

    return {fault.fault_id for fault in faults if (at := seen(fault)) is not None and at <= last}


def _round(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
