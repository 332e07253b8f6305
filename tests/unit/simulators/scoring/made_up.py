"""Truth and alarms made by hand: two stations, each with two buildings of two homes."""

from datetime import UTC, datetime, timedelta

from simulators.fault_kinds import FaultType
from simulators.faults.catalogue import CATALOGUE
from simulators.scoring.happenings import Alarm, Incident, Spell, TrueCall, TrueFault
from simulators.scoring.score import Product, Truth
from simulators.truth.topology import Place, Topology

START = datetime(2026, 1, 1, tzinfo=UTC)
STATIONS = ("st-1", "st-2")
HOMES = tuple(f"{station}/b{b}/h{h}" for station in STATIONS for b in (1, 2) for h in (1, 2))


def hour(count: float) -> datetime:
    """Return a moment by hours after the start."""
    return START + timedelta(hours=count)


def small_tree() -> Topology:
    """One source, one branch, two stations; every first home of a building has a sensor ``s/<home>``."""
    above: dict[Place, Place] = {("branch", "br-1"): ("source", "src-1")}
    for station in STATIONS:
        above["station", station] = ("branch", "br-1")
        for building in (f"{station}/b1", f"{station}/b2"):
            above["building", building] = ("station", station)
            above["riser", f"{building}/u1"] = ("building", building)
            for home in (f"{building}/h1", f"{building}/h2"):
                above["household", home] = ("riser", f"{building}/u1")
            above["sensor", f"s/{building}/h1"] = ("household", f"{building}/h1")
    return Topology(above)


def fault(
    name: str,
    kind: FaultType,
    place: Place,
    begin_h: float,
    end_h: float | None,
    *,
    affected: tuple[str, ...] = (),
    seen_h: float | None = -1,
) -> TrueFault:
    """Return a fault; it can be seen from its onset unless another hour, or None, is given."""
    seen = begin_h if seen_h == -1 else seen_h
    return TrueFault(
        fault_id=name,
        fault_type=kind,
        cause=CATALOGUE[kind].cause,
        place=place,
        onset=hour(begin_h),
        first_observable=None if seen is None else hour(seen),
        end=None if end_h is None else hour(end_h),
        affected=frozenset(affected),
    )


def alarm(
    name: str,
    place: Place,
    at_h: float,
    *,
    rule: str = "ST-01",
    incident: str | None = None,
    told: bool = True,
    cleared_h: float | None = None,
) -> Alarm:
    """Return an alarm that is told at once, or only recorded."""
    return Alarm(
        alarm_id=name,
        rule_id=rule,
        place=place,
        raised_at=hour(at_h),
        announced_at=hour(at_h) if told else None,
        cleared_at=None if cleared_h is None else hour(cleared_h),
        incident_id=incident,
    )


def usual_faults() -> list[TrueFault]:
    """Four faults of four classes, apart in time or place."""
    below = tuple(home for home in HOMES if home.startswith("st-1/"))
    return [
        fault("trip", FaultType.PUMP_TRIP, ("station", "st-1"), 10, 14, affected=below),
        fault("riser", FaultType.RISER_BLOCKED, ("riser", "st-2/b1/u1"), 20, 60, affected=("st-2/b1/h1",)),
        fault(
            "valve",
            FaultType.HOUSEHOLD_VALVE_SHUT,
            ("household", "st-2/b2/h1"),
            100,
            140,
            affected=("st-2/b2/h1",),
        ),
        fault("silent", FaultType.SENSOR_SILENT, ("household", "st-1/b2/h1"), 200, None),
    ]


def perfect_alarms() -> list[Alarm]:
    """One alarm for each of `usual_faults`, on its place, an hour after its onset."""
    return [
        alarm("a-trip", ("station", "st-1"), 11),
        alarm("a-riser", ("riser", "st-2/b1/u1"), 21, rule="HB-05"),
        alarm("a-valve", ("household", "st-2/b2/h1"), 101, rule="HB-02"),
        alarm("a-silent", ("household", "st-1/b2/h1"), 201, rule="DQ-01"),
    ]


def truth_of(
    faults: list[TrueFault],
    *,
    calls: tuple[TrueCall, ...] = (),
    cold_snaps: tuple[Spell, ...] = (),
    paired: bool = True,
    days: float = 30,
) -> Truth:
    """Return the truth of a month."""
    return Truth(
        faults=faults,
        calls=calls,
        cold_snaps=cold_snaps,
        topology=small_tree(),
        begin=START,
        end=START + timedelta(days=days),
        paired=paired,
    )


def product_of(alarms: list[Alarm], *incidents: Incident) -> Product:
    """Return what a product said."""
    return Product(alarms=alarms, incidents=incidents)
