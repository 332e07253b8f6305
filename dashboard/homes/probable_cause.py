"""Why a home is cold, as far as is known now: first match of a short list, with what speaks for and against.

A pure function of facts: codes and parameters, no sentences. The full cause finder of alerting will replace the
middle of the list; the words stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.homes.models import ProbableCause, Script, Verdict
from dashboard.incidents.models import Evidence, IncidentView
from dashboard.stations.models import StationSummary
from dashboard.web.values import PointValue, Ratio

__all__ = ["HomeFacts", "probable_cause", "script_for", "verdict_of"]

COLD_MARGIN_K = 2.0
"""Further below the standard than this a home is cold and not just cool [K] (own)."""
GROUP_SHARE = 0.5
"""Share of cold homes that makes a riser cold (alerting.md: 50 %)."""
BUILDING_SHARE = 0.3
"""Share of cold homes that makes a building cold (alerting.md: 30 %)."""
DESCENT_SHARE = 0.8
"""Share of the building's cold homes on one riser from which the riser is meant (alerting.md: 80 %)."""
MIN_RISER_HOMES = 2
"""Other homes of the riser that must be measured."""
MIN_BUILDING_HOMES = 3
"""Other homes of the building that must be measured."""
STATION_DEVIATION_K = -5.0
"""Supply below its setpoint by more than this explains cold homes [K]; domain.md: ±3 to ±5 K is the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """What is known of a home."""

    contract: str
    """heating, suspended or vacant."""
    vulnerable: bool
    has_sensor: bool
    sensor_fault: bool
    """The device says so, or its value has bad quality."""
    room: PointValue
    standard_c: float
    incidents: Sequence[IncidentView]
    """Open incidents on the home or above it, nearest first."""
    station: StationSummary | None
    building: Ratio
    """Cold homes out of the measured ones of the building, without this one."""
    riser: Ratio
    """The same for the riser."""

    @property
    def room_c(self) -> float | None:
        """Room temperature that can be believed [°C]."""
        return self.room.value if self.room.usable and not self.sensor_fault else None

    @property
    def is_cold(self) -> bool:
        """Measured, and below the standard."""
        return self.room_c is not None and self.room_c < self.standard_c


def verdict_of(facts: HomeFacts) -> Verdict:
    """Return the one word on a home."""
    if facts.contract != "heating":
        return Verdict.SUSPENDED
    if not facts.has_sensor:
        return Verdict.NO_SENSOR
    if facts.sensor_fault:
        return Verdict.SENSOR_FAULT
    if facts.room_c is None:
        return Verdict.STALE
    if not facts.is_cold:
        return Verdict.WARM
    return Verdict.COOL if facts.room_c >= facts.standard_c - COLD_MARGIN_K else Verdict.COLD


def probable_cause(facts: HomeFacts) -> ProbableCause:
    """Return the first cause that fits.

    Contract; incident on anything above the home; sensor fault or silence; then, for a home measured cold: station,
    riser, building, this home alone. A silent sensor proves nothing about heat, so a known incident goes before it.
    """
    if facts.contract != "heating":
        return ProbableCause(facts.contract, [Evidence("contract", {"contract": facts.contract})])
    upstream = [incident for incident in facts.incidents if incident.node_level != "household"]
    if upstream:
        return ProbableCause(
            "incident", _incident_evidence(facts, upstream[0]), _incident_parameters(upstream[0])
        )
    if not facts.has_sensor:
        return ProbableCause("no_sensor", [Evidence("no_sensor"), *_surroundings(facts)])
    if facts.sensor_fault:
        return ProbableCause("sensor_fault", [Evidence("sensor_fault"), *_surroundings(facts)])
    if facts.room_c is None:
        silent = Evidence("sensor_silent", {"silent_s": facts.room.age_s})
        return ProbableCause("sensor_silent", [silent, *_surroundings(facts)])
    if not facts.is_cold:
        return ProbableCause("not_cold", [_room(facts, "room_now")])
    return _cold_cause(facts)


def _cold_cause(facts: HomeFacts) -> ProbableCause:
    low = _room(facts, "room_low")
    station = _station_evidence(facts.station)
    if station:
        return ProbableCause("station", [low, *station, *_surroundings(facts)])
    normal = _normal_station(facts.station)
    riser, building = facts.riser, facts.building
    riser_is_cold = _share(riser) >= GROUP_SHARE and riser.denominator >= MIN_RISER_HOMES
    if riser_is_cold and riser.numerator >= DESCENT_SHARE * building.numerator:
        return ProbableCause("riser", [low, _group("riser_cold", riser), *_other_units(facts), *normal])
    if _share(building) >= BUILDING_SHARE and building.denominator >= MIN_BUILDING_HOMES:
        return ProbableCause("building", [low, _group("building_cold", building), *normal])
    if riser_is_cold:
        return ProbableCause("riser", [low, _group("riser_cold", riser), *normal])
    if building.denominator >= MIN_RISER_HOMES:
        return ProbableCause("single_home", [low, _group("neighbours_warm", building), *normal])
    return ProbableCause("unknown", [low, Evidence("too_few_sensors", supports=False), *normal])


def script_for(cause: ProbableCause, facts: HomeFacts) -> Script:
    """Return what the clerk may say."""
    end = cause.parameters.get("estimated_end")
    if cause.code == "incident" and end is not None:
        return Script("incident_estimated", dict(cause.parameters))
    return Script(cause.code, {**cause.parameters, "standard_c": facts.standard_c})


def _incident_parameters(incident: IncidentView) -> dict[str, object]:
    return {
        "incident_id": incident.incident_id,
        "rule_id": incident.rule_id,
        "name": incident.name,
        "node": incident.node_name,
        "node_level": incident.node_level,
        "opened_at": incident.opened_at,
        "estimated_end": incident.estimated_end,
    }


def _incident_evidence(facts: HomeFacts, incident: IncidentView) -> list[Evidence]:
    root = Evidence(
        "root_alarm", {"name": incident.name, "node": incident.node_name, "since": incident.opened_at}
    )
    supply = facts.station.supply if facts.station is not None else None
    values = []
    if facts.station is not None and supply is not None and supply.value is not None and not supply.stale:
        setpoint_c = facts.station.setpoint.value
        deviation_k = facts.station.deviation_k
        low = deviation_k is None or deviation_k <= STATION_DEVIATION_K
        given: dict[str, object] = {"value_c": supply.value, "setpoint_c": setpoint_c}
        values = [Evidence("station_supply", given, supports=low)]
    return [root, *values, *_own_room(facts), *_surroundings(facts, warm_supports=False)]


def _own_room(facts: HomeFacts) -> list[Evidence]:
    if not facts.has_sensor:
        return [Evidence("no_sensor")]
    if facts.room_c is None:
        return [Evidence("sensor_silent", {"silent_s": facts.room.age_s})]
    return [_room(facts, "room_low" if facts.is_cold else "room_now", supports=facts.is_cold)]


def _room(facts: HomeFacts, code: str, *, supports: bool = True) -> Evidence:
    return Evidence(code, {"value_c": facts.room_c, "standard_c": facts.standard_c}, supports=supports)


def _other_units(facts: HomeFacts) -> list[Evidence]:
    """Homes of the other units, when some are measured: warm ones speak for the riser."""
    riser, building = facts.riser, facts.building
    counted = building.denominator - riser.denominator
    if counted <= 0:
        return []
    return [Evidence("other_units", {"counted": counted, "cold": building.numerator - riser.numerator})]


def _surroundings(facts: HomeFacts, *, warm_supports: bool = True) -> list[Evidence]:
    """Warm neighbours speak for a cause inside the home, and against one above it."""
    if facts.building.denominator < MIN_RISER_HOMES:
        return [Evidence("too_few_sensors", supports=False)]
    if _share(facts.building) >= BUILDING_SHARE:
        return [_group("building_cold", facts.building)]
    return [_group("neighbours_warm", facts.building, supports=warm_supports)]


def _station_evidence(station: StationSummary | None) -> list[Evidence]:
    if station is None or station.deviation_k is None or station.deviation_k > STATION_DEVIATION_K:
        return []
    return [Evidence("station_deviation", {"deviation_k": station.deviation_k})]


def _normal_station(station: StationSummary | None) -> list[Evidence]:
    if station is None or station.deviation_k is None:
        return []
    return [Evidence("station_normal", supports=False)] if station.state == "online" else []


def _group(code: str, ratio: Ratio, *, supports: bool = True) -> Evidence:
    return Evidence(code, {"counted": ratio.denominator, "cold": ratio.numerator}, supports=supports)


def _share(ratio: Ratio) -> float:
    return ratio.numerator / ratio.denominator if ratio.denominator else 0.0
