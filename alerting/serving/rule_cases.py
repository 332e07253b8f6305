"""Case files: what a rule is promised to do, as series of readings and the alarms expected at given times.

A file names a rule and its cases; a case has timelines of values (merged one over the other, sent again at every
`report`) and expectations. ``silent`` in place of values: nothing is sent from then on. The value ``bad`` is sent with
bad quality. ``watch`` says what the watch knows of itself. An expected alarm is a rule id, or ``ST-15 < ST-23`` for one that another inhibits.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from alerting.judging.signals.family import CALM
from alerting.serving.headless import HeadlessAlerting
from config.documents import mistakes_of
from config.durations import Duration
from config.located_yaml import read_yaml
from config.mistakes import Mistake, MistakesError
from config.rules.reading import CASES_DIR, RuleSet
from heating.alarms import Alarm
from heating.assets import (
    Area,
    Branch,
    Building,
    Circuit,
    Community,
    Emitter,
    Household,
    Sensor,
    SensorAssignment,
    Site,
    Source,
    Station,
    Zone,
)
from heating.points import Measurement
from heating.quality import Quality
from heating.samples import ObjectRef, Sample, SampleBatch

__all__ = ["CaseResult", "RuleCase", "load_cases", "run_case", "run_cases"]

_START = datetime(2026, 1, 10, tzinfo=UTC)


def _figure(written: object) -> object:
    return math.nan if written == "bad" else written


def _sent(written: object) -> object:
    return None if written == "silent" else written


Values = dict[str, Annotated[float, BeforeValidator(_figure)]]
"""By point; NaN is sent with bad quality."""
Timeline = Mapping[Duration, Annotated[Values | None, BeforeValidator(_sent)]]
"""What is sent from a moment on, merged over what was sent before; None: nothing any more."""
_QUIET_STATION: Timeline = {timedelta(0): {"mains_power_ok": 1.0}}
"""What the station of a case sends that is about the home alone."""


_QUIET_CIRCUIT: Timeline = {timedelta(0): {"relief_valve_open": 0.0}}
"""What the other circuit of the station sends."""
_CIRCUITS = tuple(
    Circuit(
        circuit_id=f"S1-{zone}",
        station_id="S1",
        name=zone,
        zone=zone,
        design_flow_m3_per_h=200.0,
        static_head_mpa=0.20,
    )
    for zone in (Zone.LOW, Zone.HIGH)
)


class _CaseDocument(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    station: Timeline = Field(default_factory=dict)
    circuit: Timeline = Field(default_factory=dict)
    room: Timeline = Field(default_factory=dict)
    watch: dict[Duration, dict[str, float]] = Field(default_factory=dict)
    emitter: Emitter = Emitter.RADIATOR
    expect: dict[Duration, tuple[str, ...]] = Field(min_length=1)


class _FileDocument(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    report: Duration = timedelta(seconds=10)
    cases: tuple[_CaseDocument, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCase:
    """One case of one rule."""

    rule_id: str
    name: str
    report: timedelta
    station: Timeline
    circuit: Timeline
    """Of the circuit that feeds the home, one of two; empty: the station has one circuit."""
    room: Timeline
    emitter: Emitter
    watch: Mapping[timedelta, Mapping[str, float]] = field(default_factory=dict)
    """Signals of the watch itself, each until it is given again."""
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
    config.mistakes.MistakesError
        With every mistake of every file.
    """
    cases: list[RuleCase] = []
    mistakes: list[Mistake] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            source = read_yaml(path)
        except MistakesError as error:
            mistakes += error.mistakes
            continue
        mistakes += source.mistakes
        try:
            document = _FileDocument.model_validate(source.values)
        except ValidationError as error:
            mistakes += mistakes_of(error, source)
            continue
        cases += [
            RuleCase(
                rule_id=document.rule,
                name=case.name,
                report=document.report,
                station=case.station,
                circuit=case.circuit,
                room=case.room,
                emitter=case.emitter,
                watch=case.watch,
                expect=case.expect,
            )
            for case in document.cases
        ]
    if mistakes:
        raise MistakesError(mistakes)
    return cases


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
            alerting.tick(_START + moment, watch=replace(CALM, **_watch_at(case, moment)))
            if moment in case.expect:
                mismatches += _compared(moment, case.expect[moment], alerting.active())
    finally:
        alerting.close()
    return CaseResult(case, tuple(mismatches))


def _watch_at(case: RuleCase, moment: timedelta) -> dict[str, Any]:
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
    samples = [*_samples(station, timeline, moment), *_samples(room, case.room, moment)]
    if case.circuit:
        low, high = (ObjectRef(Measurement.CIRCUIT, circuit.circuit_id) for circuit in _CIRCUITS)
        samples += [*_samples(low, _QUIET_CIRCUIT, moment), *_samples(high, case.circuit, moment)]
    return samples


def _samples(ref: ObjectRef, timeline: Timeline, moment: timedelta) -> list[Sample]:
    present: Values = {}
    for at in sorted(at for at in timeline if at <= moment):
        values = timeline[at]
        present = {} if values is None else {**present, **values}
    at_ms = int((_START + moment).timestamp() * 1000)
    return [
        Sample(
            ref,
            point,
            at_ms,
            value,
            Quality.BAD if math.isnan(value) else Quality.GOOD,
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
        circuits=_CIRCUITS if case.circuit else (),
        buildings=(
            Building(building_id="B", name="B", community_id="C", station_id="S1", circuit=Zone.HIGH),
        ),
        households=(Household(household_id="H1", building_id="B", unit=1, floor=1, room="101"),),
        sensors=(Sensor(sensor_id="R1", interval_s=interval_s),) if case.room else (),
        assignments=(SensorAssignment(sensor_id="R1", household_id="H1", start=_START - timedelta(days=1)),)
        if case.room
        else (),
    )
