"""The signals that conditions may name, by scope, with unit and meaning. How they are computed is in `alerting.judging.signals.columns`."""

from dataclasses import dataclass

from config.rules.reading import RuleScope

__all__ = ["HOUSEHOLD_SIGNALS", "STATION_SIGNALS", "WATCH_SIGNALS", "Signal", "signals_of"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One named column."""

    name: str
    unit: str
    """Unit word as in the limits of rules; empty for flags and shares."""
    meaning: str


STATION_SIGNALS: tuple[Signal, ...] = (
    Signal("t1s", "°C", "primary supply temperature"),
    Signal("t1r", "°C", "primary return temperature"),
    Signal("t2s", "°C", "secondary supply temperature"),
    Signal("t2s_sp", "°C", "secondary supply setpoint"),
    Signal("t2r", "°C", "secondary return temperature"),
    Signal("p1s", "MPa", "primary supply pressure"),
    Signal("p1r", "MPa", "primary return pressure"),
    Signal("p2s", "MPa", "secondary supply pressure"),
    Signal("p2r", "MPa", "secondary return pressure"),
    Signal("p2r_sp_if_any", "MPa", "pressure-holding setpoint; 0 at a station that never reported one"),
    Signal("static_head", "MPa", "static pressure of the highest building; 0 when the registry has none"),
    Signal("g1", "m³/h", "primary flow"),
    Signal("g2", "m³/h", "secondary flow"),
    Signal("g2_design", "m³/h", "design secondary flow; from 3 kg/h and m² of heated area when not given"),
    Signal("gmk", "m³/h", "make-up flow"),
    Signal("lt", "m", "make-up tank level"),
    Signal("lt_full", "m", "full level of the tank; 2 m when the registry has none"),
    Signal("vp", "%", "valve position"),
    Signal("pwr", "", "1 while mains power is there"),
    Signal("flood", "", "1 while the floor is wet"),
    Signal("run_max", "", "1 while any circulation pump runs, 0 when every reporting pump stands still"),
    Signal("floor_heating", "", "1 when the homes have floor heating"),
    Signal("setpoint_age_s", "s", "time since the supply setpoint last moved by more than 2 K"),
    Signal("silent_s", "s", "time since the last telemetry message arrived"),
    Signal("interval_s", "s", "expected time between messages"),
    Signal("gateway_down", "", "1 when the gateway's last will said offline and nothing came since"),
)
"""Signals of scope station."""

HOUSEHOLD_SIGNALS: tuple[Signal, ...] = (
    Signal("t_room", "°C", "room temperature, newest"),
    Signal("t_room_med60", "°C", "median of the last 60 min, at least of the last reading interval"),
    Signal("t_room_med30", "°C", "median of the last 30 min, at least of the last reading interval"),
    Signal(
        "cold_degree_hours_24h",
        "K·h",
        "sum of what the hours of the last day lacked to the standard, nights at 0.7; known from 18 covered hours on",
    ),
    Signal("covered_hours_24h", "h", "hours of the last day with good readings"),
    Signal("limit_c", "°C", "indoor standard of the site"),
    Signal("heating", "", "1 when the home is to be heated, 0 when suspended or vacant"),
    Signal("vulnerable", "", "1 for a vulnerable household"),
    Signal("silent_s", "s", "time since the sensor's last message arrived; unknown without a sensor"),
    Signal("interval_s", "s", "expected time between messages of the sensor"),
)
"""Signals of the scopes household and sensor."""


WATCH_SIGNALS: tuple[Signal, ...] = (
    Signal("blind_s", "s", "time between this judging of the rules and the one before"),
    Signal("feed_down_s", "s", "time since readings could last come in; 0 while they can"),
)
"""Signals of scope watch."""


def signals_of(scope: RuleScope) -> dict[str, Signal]:
    """Return the signals of a scope by name."""
    match scope:
        case RuleScope.STATION:
            signals = STATION_SIGNALS
        case RuleScope.WATCH:
            signals = WATCH_SIGNALS
        case _:
            signals = HOUSEHOLD_SIGNALS
    return {signal.name: signal for signal in signals}
