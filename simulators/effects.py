"""What faults and disturbances change at a moment, as arrays that physics, devices and people look at.

What lives here: one neutral state in which nothing is broken, and the meaning of every number. What does not: which
fault changes what and when (`simulators.faults.fault_schedule`), consequences (they follow from the models).

Several faults on one object combine: factors multiply, shifts and holes add, flags are or-ed.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout

__all__ = ["Effects", "no_effects"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
HomeFloats = NDArray[np.float32]


@dataclass(frozen=True)
class Effects:
    """State of everything that can break; `no_effects` gives the state in which nothing is."""

    # --- heat exchange stations, shape (n_stations,) ---
    valve_stuck: Flags
    """The control valve stays where it is, whatever is commanded."""
    valve_gain_factor: Floats
    """Factor on the controller's gain; well above 1 makes the valve hunt. Neutral 1."""
    pump_tripped: Flags
    """The duty circulation pump has tripped and the standby does not start."""
    pump_head_factor: Floats
    """Share of its head that a worn circulation pump still builds up. Neutral 1."""
    drive_frozen: Flags
    """The frequency of the circulation pump stays where it is."""
    exchanger_ua_factor: Floats
    """Share of the conductance that a fouled exchanger still has. Neutral 1."""
    exchanger_resistance_factor: Floats
    """Factor on the pressure loss of the exchanger's secondary side. Neutral 1."""
    strainer_primary_factor: Floats
    """Factor on the pressure loss of the primary strainer. Neutral 1."""
    strainer_secondary_factor: Floats
    """Factor on the pressure loss of the secondary strainer. Neutral 1."""
    secondary_leak_m2: Floats
    """Area of a hole in the secondary network [m²]; about 1e-5 seeps, 1e-3 bursts. Neutral 0."""
    makeup_failed: Flags
    """The make-up pump does not deliver."""
    exchanger_leak_m2: Floats
    """Area of a hole between primary and secondary side [m²]. Neutral 0."""
    air_share: Floats
    """Share of the secondary circulation lost to air, unsteady, 0 to 1. Neutral 0."""
    mains_ok: Flags
    """False where the mains are lost. Neutral True."""
    curve_shift_k: Floats
    """Shift of the supply setpoint by a wrong curve [K]. Neutral 0."""
    controller_clock_shift_s: Floats
    """How far the controller's clock is ahead [s]; moves night setback. Neutral 0."""
    setback_k: Floats
    """Depth of an additional night setback [K]. Neutral 0."""
    outdoor_sensor_sun: Floats
    """0 shaded to 1 in full sun: the station's outdoor sensor reads warmer by day. Neutral 0."""
    instruments_frozen: Flags
    """The controller goes on sending the values of the moment of onset."""
    supply_sensor_shift_k: Floats
    """Drift of the secondary supply temperature sensor that the controller also uses [K]. Neutral 0."""
    pressure_spike_mpa: Floats
    """Height of spikes on the pressure transmitters [MPa]. Neutral 0."""
    meter_failed: Flags
    """The flow part of the heat meter reads 0; registers stand still."""
    meter_resets: NDArray[np.int64]
    """How often the registers of the heat meter have gone back to 0. Neutral 0."""
    gateway_silent: Flags
    """The station's gateway sends nothing."""
    # --- primary network, shape (n_branches,), and sources, shape (n_sources,) ---
    branch_leak_m2: Floats
    """Area of a hole in the branch [m²]. Neutral 0."""
    branch_opening: Floats
    """Share of the conductance that a wrongly set valve of the branch leaves. Neutral 1."""
    source_pump_factor: Floats
    """Share of the head of the network pumps that is left. Neutral 1."""
    source_capacity_factor: Floats
    """Share of the heat capacity that is left. Neutral 1."""
    # --- buildings, shape (n_buildings,) ---
    building_opening: Floats
    """Share of the conductance of the building's connection that is left; far ends starve. Neutral 1."""
    building_gateway_silent: Flags
    """No room sensor of the building is heard: a concentrator or radio outage."""
    # --- homes, shape (n_homes,) ---
    home_opening: HomeFloats
    """Share of its usual flow that a home can get, by riser, valve, filter or suspension. Neutral 1."""
    home_emitter_factor: HomeFloats
    """Share of radiator power that air leaves. Neutral 1."""
    home_extra_air_per_h: HomeFloats
    """Additional air changes through an open window [1/h]. Neutral 0."""
    home_conductance_factor: HomeFloats
    """Factor on heat loss through a damaged envelope. Neutral 1."""
    home_sun_factor: HomeFloats
    """Factor on the sun that comes in. Neutral 1."""
    home_gains_factor: HomeFloats
    """Factor on heat from people and appliances; 0 in a vacant home. Neutral 1."""
    # --- room sensors, shape (n_sensors,) ---
    sensor_silent: Flags
    """The sensor sends nothing."""
    sensor_stuck: Flags
    """The sensor repeats its value at the onset."""
    sensor_shift_k: Floats
    """Added to the reading: the sensor was moved or drifts [K]. Neutral 0."""
    sensor_sentinel: Flags
    """The sensor sends its value for a missing probe."""
    sensor_disorder: Floats
    """Share of messages that come twice or in wrong order. Neutral 0."""
    sensor_clock_shift_s: Floats
    """How far the sensor's clock is ahead [s]. Neutral 0."""
    sensor_home: NDArray[np.int32]
    """Place of the home in which the sensor really hangs; differs from the registry's when it is mapped wrongly."""


_NEUTRAL_ONE = frozenset(
    {
        "valve_gain_factor",
        "pump_head_factor",
        "exchanger_ua_factor",
        "exchanger_resistance_factor",
        "strainer_primary_factor",
        "strainer_secondary_factor",
        "mains_ok",
        "branch_opening",
        "source_pump_factor",
        "source_capacity_factor",
        "building_opening",
        "home_opening",
        "home_emitter_factor",
        "home_conductance_factor",
        "home_sun_factor",
        "home_gains_factor",
    }
)
"""Arrays whose neutral value is 1 (or True); that of all others is 0 (or False)."""
_KINDS: dict[object, type[np.generic]] = {Flags: np.bool_, Floats: np.float64, HomeFloats: np.float32}


def no_effects(layout: CityLayout) -> Effects:
    """Return fresh arrays in which nothing is broken; the registry's suspended homes are not a fault either."""
    sizes = {
        "branch": len(layout.branch_ids),
        "source": len(layout.site.sources),
        "building": len(layout.building_ids),
        "home": len(layout.home_key),
        "sensor": len(layout.sensor_key),
    }
    arrays: dict[str, NDArray[Any]] = {}
    for field in fields(Effects):
        size = sizes.get(field.name.split("_")[0], len(layout.station_key))
        neutral = int(field.name in _NEUTRAL_ONE)
        arrays[field.name] = np.full(size, neutral, _KINDS.get(field.type, np.int64))
    arrays["sensor_home"] = layout.sensor_home.copy()
    return Effects(**arrays)
