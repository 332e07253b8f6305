"""Case files: what a rule is promised to do, as series of readings and the alarms expected at given times.

A file names a rule and its cases; a case has timelines of values (merged one over the other, sent again at every
`report`) and expectations. ``silent`` in place of values: nothing is sent from then on. The value ``bad`` is sent with
bad quality. ``watch`` says what the watch knows of itself. An expected alarm is a rule id, or ``ST-15 < ST-23`` for one that another inhibits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alerting.serving.headless import HeadlessAlerting
from config.rules.reading import CASES_DIR, RuleFault, RuleFileError, RuleSet, parse_duration
from heating.alarms import Alarm
from heating.assets import (
    Area,
    Branch,
    Building,
    Community,
    Emitter,
    Household,
    Sensor,
    SensorAssignment,
    Site,
    Source,
    Station,
)
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, Sample, SampleBatch

__all__ = ["CaseResult", "RuleCase", "load_cases", "run_case", "run_cases"]

_START = datetime(2026, 1, 10, tzinfo=UTC)
_BAD = "bad"
_SILENT = "silent"
_QUIET_STATION: Mapping[timedelta, dict[str, float | str] | str] = {timedelta(0): {"mains_power_ok": 1.0}}
"""What the station of a case sends that is about the home alone."""
Timeline = dict[str, dict[str, float | str] | str]


class _CaseDocument(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    station: Timeline = Field(default_factory=dict)
    room: Timeline = Field(default_factory=dict)
    watch: dict[str, dict[str, float]] = Field(default_factory=dict)
    emitter: Emitter = Emitter.RADIATOR
    expect: dict[str, tuple[str, ...]] = Field(min_length=1)


class _FileDocument(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    report: str = "10s"
    cases: tuple[_CaseDocument, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCase:
    """One case of one rule."""

    rule_id: str
    name: str
    report: timedelta
    station: Mapping[timedelta, dict[str, float | str] | str]
    room: Mapping[timedelta, dict[str, float | str] | str]
    emitter: Emitter
    watch: Mapping[timedelta, Mapping[str, float]] = field(default_factory=dict)
    """Signals of the watch itself, each until it is said anew."""
    expect: Mapping[timedelta, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case went; `mismatches` is empty when it passed."""

    case: RuleCase
    mismatches: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return not self.mismatches


def load_cases(folder: Path = CASES_DIR) -> list[RuleCase]:
    """Read every case file of a folder.

    Raises
    ------
    config.rules.reading.RuleFileError
        With every mistake of every file.
    """
    cases: list[RuleCase] = []
    faults: list[RuleFault] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            document = _FileDocument.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
            cases += [_case(document, case) for case in document.cases]
        except (yaml.YAMLError, ValidationError, ValueError) as error:
            faults.append(RuleFault(str(path), 0, f"no case file: {error}"))
    if faults:
        raise RuleFileError(faults)
    return cases


def _case(document: _FileDocument, case: _CaseDocument) -> RuleCase:
    return RuleCase(
        rule_id=document.rule,
        name=case.name,
        report=parse_duration(document.report),
        station={parse_duration(at): values for at, values in case.station.items()},
        room={parse_duration(at): values for at, values in case.room.items()},
        emitter=case.emitter,
        watch={parse_duration(at): values for at, values in case.watch.items()},
        expect={parse_duration(at): alarms for at, alarms in case.expect.items()},
    )


def run_cases(rules: RuleSet, cases: Iterable[RuleCase] | None = None) -> list[CaseResult]:
    """Run cases (the shipped ones when left out) through the engine, each in a world of its own."""
    return [run_case(rules, case) for case in (load_cases() if cases is None else cases)]


def run_case(rules: RuleSet, case: RuleCase) -> CaseResult:
    """Run one case."""
    alerting = HeadlessAlerting(_site(case), rules, start=_START)
    mismatches: list[str] = []
    try:
        for moment in _moments(case):
            alerting.accept(SampleBatch.from_samples(_readings(case, moment)))
            alerting.tick(_START + moment, **_watch_at(case, moment))
            if moment in case.expect:
                mismatches += _compared(moment, case.expect[moment], alerting.active())
    finally:
        alerting.close()
    return CaseResult(case, tuple(mismatches))


def _watch_at(case: RuleCase, moment: timedelta) -> dict[str, float]:
    said = [case.watch[at] for at in sorted(case.watch) if at <= moment]
    return {name: value for values in said for name, value in values.items()}


def _moments(case: RuleCase) -> list[timedelta]:
    steps = int(max(case.expect) / case.report) + 1
    return sorted({case.report * step for step in range(steps)} | set(case.expect))


def _readings(case: RuleCase, moment: timedelta) -> list[Sample]:
    if moment % case.report:
        return []
    station, room = ObjectRef(Measurement.STATION, "S1"), ObjectRef(Measurement.ROOM, "R1")
    timeline = case.station or _QUIET_STATION
    return [*_samples(station, timeline, moment), *_samples(room, case.room, moment)]


def _samples(
    ref: ObjectRef, timeline: Mapping[timedelta, dict[str, float | str] | str], moment: timedelta
) -> list[Sample]:
    present: dict[str, float | str] = {}
    for at in sorted(at for at in timeline if at <= moment):
        values = timeline[at]
        present = {**present, **values} if isinstance(values, dict) else {}
        if isinstance(values, str) and values != _SILENT:
            raise ValueError(f"{values!r} at {at}: write values, or «silent»")
    at_ms = int((_START + moment).timestamp() * 1000)
    return [
        Sample(
            ref,
            point,
            at_ms,
            float("nan") if value == _BAD else float(value),
            Quality.BAD if value == _BAD else Quality.GOOD,
        )
        for point, value in present.items()
    ]


def _compared(moment: timedelta, expected: Sequence[str], active: Sequence[Alarm]) -> list[str]:
    by_id = {alarm.alarm_id: alarm for alarm in active}
    found: set[str] = set()
    for alarm in active:
        inhibitor = by_id.get(alarm.inhibited_by or "")
        found.add(alarm.rule_id if inhibitor is None else f"{alarm.rule_id} < {inhibitor.rule_id}")
    if found == set(expected):
        return []
    return [f"at {moment}: expected {sorted(expected)}, found {sorted(found)}"]


def _site(case: RuleCase) -> Site:
    """Return a world of one station with one home, both reporting as often as the case says."""
    interval_s = case.report.total_seconds()
    return Site(
        areas=(Area(area_id="A", name="A"),),
        sources=(Source(source_id="Q", name="Q", area_id="A"),),
        branches=(Branch(branch_id="N", name="N", source_id="Q"),),
        stations=(
            Station(
                station_id="S1",
                name="S1",
                area_id="A",
                branch_id="N",
                emitter=case.emitter,
                design_flow_m3_per_h=200.0,
                static_head_mpa=0.20,
                tank_height_m=2.0,
                report_interval_s=interval_s,
            ),
        ),
        communities=(Community(community_id="C", name="C", area_id="A"),),
        buildings=(Building(building_id="B", name="B", community_id="C", station_id="S1"),),
        households=(Household(household_id="H1", building_id="B", unit=1, floor=1, room="101"),),
        sensors=(Sensor(sensor_id="R1", interval_s=interval_s),) if case.room else (),
        assignments=(SensorAssignment(sensor_id="R1", household_id="H1", start=_START - timedelta(days=1)),)
        if case.room
        else (),
    )
