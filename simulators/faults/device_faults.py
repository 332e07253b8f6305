"""Faults of sensors, concentrators and gateways, as a table.

What lives here: eleven kinds; none of them cools a home. What does not: the everyday imperfections of devices
(`simulators.devices`). Base rates are per device and heating season.
"""

from simulators.fault_kinds import (
    Change,
    FaultKind,
    FaultType,
    How,
    Profile,
    RootCause,
    TargetKind,
    flag,
    plus,
)

__all__ = ["DEVICE_FAULTS"]

_SENSOR, _CAUSE = TargetKind.SENSOR, RootCause.SENSOR
_DAY_S = 86400.0


def _of_sensor(
    fault: FaultType,
    change: Change,
    *,
    per_season: float,
    reason: str,
    hours: tuple[float, float],
    severity: tuple[float, float] = (1, 1),
    profile: Profile = Profile.STEP,
    seen_after_s: float = 0.0,
) -> FaultKind:
    return FaultKind(
        type=fault,
        target=_SENSOR,
        cause=_CAUSE,
        changes=(change,),
        per_season=per_season,
        reason=reason,
        hours=hours,
        severity=severity,
        profile=profile,
        rise_s=5 * _DAY_S,
        seen_after_s=seen_after_s,
        cools_homes=False,
    )


DEVICE_FAULTS = (
    _of_sensor(
        FaultType.SENSOR_STUCK,
        flag("sensor_stuck"),
        per_season=0.02,
        reason="own: firmware that repeats its last value",
        hours=(24, 20 * 24),
        seen_after_s=6 * 3600,
    ),
    _of_sensor(
        FaultType.SENSOR_MOVED_COLD,
        plus("sensor_shift_k", -5.0),
        per_season=0.02,
        reason="own: put on a window sill or balcony, sometimes on purpose",
        hours=(24, 30 * 24),
        severity=(0.4, 1),
    ),
    _of_sensor(
        FaultType.SENSOR_MOVED_WARM,
        plus("sensor_shift_k", 6.0),
        per_season=0.02,
        reason="own: put on a radiator, a shelf above it or beside a router",
        hours=(24, 30 * 24),
        severity=(0.4, 1),
    ),
    _of_sensor(
        FaultType.SENSOR_DRIFT,
        plus("sensor_shift_k", -3.0),
        per_season=0.02,
        reason="own: ageing probes",
        hours=(10 * 24, 60 * 24),
        severity=(0.4, 1),
        profile=Profile.RAMP,
        seen_after_s=2 * _DAY_S,
    ),
    _of_sensor(
        FaultType.SENSOR_SILENT,
        flag("sensor_silent"),
        per_season=0.12,
        reason="own: battery empty, unplugged or out of radio reach; about one sensor of eight",
        hours=(12, 20 * 24),
    ),
    FaultKind(
        type=FaultType.CONCENTRATOR_SILENT,
        target=TargetKind.BUILDING,
        cause=_CAUSE,
        changes=(flag("building_gateway_silent"),),
        per_season=0.15,
        reason="own: a concentrator or the radio cell of a building",
        hours=(1, 48),
        severity=(1, 1),
        seen_after_s=0,
        cools_homes=False,
    ),
    FaultKind(
        type=FaultType.GATEWAY_SILENT,
        target=TargetKind.STATION,
        cause=_CAUSE,
        changes=(flag("gateway_silent"),),
        per_season=1.0,
        reason="own: mobile network or gateway, about once a season for longer than minutes",
        hours=(0.3, 12),
        severity=(1, 1),
        seen_after_s=0,
        cools_homes=False,
    ),
    _of_sensor(
        FaultType.SENSOR_SENTINEL,
        flag("sensor_sentinel"),
        per_season=0.02,
        reason="own: probe unplugged; the device goes on sending its value for nothing",
        hours=(6, 10 * 24),
    ),
    _of_sensor(
        FaultType.SENSOR_DISORDER,
        plus("sensor_disorder", 0.5),
        per_season=0.02,
        reason="own: repeated uplinks at the edge of the radio cell",
        hours=(6, 7 * 24),
        severity=(0.2, 1),
    ),
    _of_sensor(
        FaultType.SENSOR_CLOCK_WRONG,
        plus("sensor_clock_shift_s", -8 * 3600.0),
        per_season=0.02,
        reason="own: local time sent as UTC, or a clock that began anew",
        hours=(12, 20 * 24),
        severity=(1, 1),
    ),
    _of_sensor(
        FaultType.SENSOR_MISMAPPED,
        Change("sensor_home", How.REPLACE, 1.0),
        per_season=0.01,
        reason="own: exchanged at installation or when moved to another flat",
        hours=(10 * 24, 60 * 24),
        seen_after_s=6 * 3600,
    ),
)
"""All kinds that strike a device."""
