"""Room-temperature sensors: where they hang, how they err, when a message is lost.

What lives here: the way from a home's air temperature to a report. What does not: the home itself. Shares and spreads
are those of simulator.md.
"""

import numpy as np
from numpy.typing import NDArray

from heating.points import Measurement
from simulators.city_layout import CityLayout
from simulators.devices.reports import Fleet, Report
from simulators.random_streams import RandomStreams

__all__ = ["RoomSensors"]

_NOISE_K = 0.05
_BIAS_K = 0.3
_LOSS = 0.02
_BAD_SPOT_SHARE = 0.03


class RoomSensors:
    """All assigned sensors; arrays have shape ``(n_sensors,)``."""

    def __init__(self, layout: CityLayout, random: RandomStreams) -> None:
        self.fleet = Fleet(
            measurement=Measurement.ROOM,
            ids=layout.sensor_ids,
            areas=tuple(layout.station_area[layout.home_station[home]] for home in layout.sensor_home),
            points=("room_temp_c", "room_humidity_pct", "battery_v", "signal_rssi_dbm"),
        )
        self._random = random
        keys = self._keys = layout.sensor_key
        place = random.uniform("sensor.place", keys)
        amount = random.uniform("sensor.amount", keys)
        shift_k = np.select(
            [place < 0.05, place < 0.10], [1 + 2 * amount, -1 - amount], 0.0
        )  # by the radiator, at a window
        self._bias_k = _BIAS_K * random.normal("sensor.bias", keys) + shift_k
        self._resolution_k = np.where(random.uniform("sensor.resolution", keys) < 0.8, 0.1, 0.5)
        spot = random.uniform("sensor.spot", keys)
        self._loss = np.where(spot < _BAD_SPOT_SHARE, 0.1 + 0.4 * amount, _LOSS)
        self._battery_v = 3.25 + 0.4 * random.uniform("sensor.battery", keys)
        self._rssi_dbm = -95 + 30 * random.uniform("sensor.rssi", keys)
        self._home = layout.sensor_home

    def report(
        self,
        air_c: NDArray[np.float32],
        silent: NDArray[np.bool_],
        places: NDArray[np.int64],
        measured_ms: NDArray[np.int64],
    ) -> Report:
        """Return what arrives of the reports due.

        Parameters
        ----------
        air_c : ndarray
            (n_homes,) true air temperatures [°C].
        silent : ndarray
            (n_sensors,) True for sensors that say nothing.
        places, measured_ms : ndarray
            (k,) which sensors are due, and when [epoch ms].
        """
        second = measured_ms // 1000
        keys = self._keys[places]
        lost = self._random.uniform("reading.lost", keys, second) < self._loss[places]
        heard = ~(lost | silent[places])
        places, measured_ms, second, keys = places[heard], measured_ms[heard], second[heard], keys[heard]
        noise = self._random.normal("reading.room", keys, second)
        resolution = self._resolution_k[places]
        room = air_c[self._home[places]] + self._bias_k[places] + _NOISE_K * noise
        values = np.stack(
            [
                np.round(np.round(room / resolution) * resolution, 2),
                np.round(np.clip(34 - 1.1 * (room - 21) + 2 * noise, 8, 80)),
                np.round(self._battery_v[places], 2),
                np.round(self._rssi_dbm[places] + 2 * noise),
            ],
            axis=1,
        )
        return Report(fleet=self.fleet, places=places, measured_ms=measured_ms, values=values)
