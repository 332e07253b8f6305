"""What is particular about each room sensor: its error, its place in the room, its battery, its radio spot, its clock.

What lives here: drawing them once, from streams ``sensor.*`` keyed by the sensor. What does not: single readings
(`simulators.devices.room_sensors`) and single messages (`simulators.devices.radio_path`).

Shares and spreads are those of `simulators.scenario_devices.SensorMix`; ranges of places are from the design of the
simulator: by a radiator +1 to +3 K, at a window −1 to −2 K, in a box a delay of 2 to 5 h.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.city_layout import CityLayout
from simulators.random_streams import RandomStreams
from simulators.scenario_devices import RoomFamily, SensorMix

__all__ = ["SENTINEL_C", "SensorTraits", "draw_kinds", "draw_sensors"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SENTINEL_C = 327.67
"""What a 16-bit device sends for a probe that does not answer: 0x7FFF in hundredths [°C]."""
REFERENCE_S = 1_767_225_600.0
"""2026-01-01 UTC, the moment for which ages are drawn [epoch s]."""
YEAR_S = 365.25 * 86400.0
_GATHERERS = (RoomFamily.NB_0X68, RoomFamily.CTWING_AEP)
_TAMPER_SWITCH = 0.4
"""Share of natively speaking sensors that notice being moved."""


@dataclass(frozen=True)
class SensorTraits:
    """Sensors in the order of the layout, shape ``(n_sensors,)``."""

    error_k: Floats
    """Lasting error: calibration and place in the room [K]."""
    drift_k_per_year: Floats
    delay_s: Floats
    """Time constant with which a boxed sensor follows the room [s]; 0 for all others."""
    resolution_k: Floats
    gathers: Flags
    """It sends several samples at once, where its interval allows."""
    notices_moves: Flags
    """It has a switch that tells when it is moved."""
    clockless: Flags
    loss: Floats
    """Chance that a message is lost."""
    rssi_dbm: Floats
    battery_used: Floats
    """Share of the battery used up at `REFERENCE_S`."""
    battery_life_s: Floats

    def used_share(self, places: NDArray[np.int64], t_s: Floats) -> Floats:
        """Return the share of the battery used up at moments, 0 to 1, shape ``(k,)``."""
        used = self.battery_used[places] + (t_s - REFERENCE_S) / self.battery_life_s[places]
        return np.asarray(np.clip(used, 0.0, 1.0))


def draw_kinds(weights: Collection[float], draws: Floats) -> NDArray[np.int64]:
    """Return the place of a kind in `weights` for draws in [0, 1), in proportion to the weights, shape ``(n,)``."""
    shares = np.cumsum(np.array(list(weights), np.float64))
    return np.searchsorted(shares / shares[-1], draws, side="right").clip(0, len(shares) - 1)


def draw_sensors(
    layout: CityLayout, random: RandomStreams, mix: SensorMix, families: tuple[RoomFamily, ...]
) -> SensorTraits:
    """Draw all sensors.

    Parameters
    ----------
    layout : CityLayout
        Which sensors there are.
    random : RandomStreams
        Streams ``sensor.*``.
    mix : SensorMix
        Shares and spreads.
    families : tuple of RoomFamily
        In which family each sensor speaks.
    """
    keys = layout.sensor_key

    def draw(name: str) -> Floats:
        return random.uniform(f"sensor.{name}", keys)

    place, amount, radio, spot = draw("place"), draw("amount"), draw("radio"), draw("spot")
    radiator, window = mix.by_radiator, mix.by_radiator + mix.at_window
    shift_k = np.select([place < radiator, place < window], [1 + 2 * amount, -1 - amount], 0.0)
    boxed = (place >= window) & (place < window + mix.boxed)
    bad_spot = spot < mix.bad_spots
    steps = np.array(list(mix.resolutions), np.float64)
    speaks_nb = np.array([family in _GATHERERS for family in families], np.bool_)
    native = np.array([family is RoomFamily.NATIVE for family in families], np.bool_)
    clockless = draw("clock") < mix.clock_never_set
    weak = draw("weak") < mix.weak_batteries
    level = draw("battery")
    return SensorTraits(
        error_k=mix.bias_k * random.normal("sensor.bias", keys) + shift_k,
        drift_k_per_year=mix.drift_k_per_year * random.normal("sensor.drift", keys),
        delay_s=np.where(boxed, (2 + 3 * amount) * 3600.0, 0.0),
        resolution_k=steps[draw_kinds(mix.resolutions.values(), draw("resolution"))],
        gathers=speaks_nb | (native & ~clockless & (draw("packets") < mix.packets)),
        notices_moves=speaks_nb | (native & (draw("tamper") < _TAMPER_SWITCH)),
        clockless=clockless,
        loss=np.where(bad_spot, 0.1 + 0.4 * amount, mix.loss),
        rssi_dbm=-95 + 30 * radio - 15 * bad_spot,
        battery_used=np.where(weak, 0.97 + 0.03 * level, 0.85 * level),
        battery_life_s=(4 + 4 * draw("battery_life")) * YEAR_S,
    )
