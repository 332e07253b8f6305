"""Sensors that gather samples and send several at once: up to six a packet, as NB-IoT collectors do.

What lives here: the buffers of all sensors. What does not: what is sampled, and payloads.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_SAMPLES", "SamplePackets"]

MOST_SAMPLES = 6
"""Samples in a packet at the most."""
_MINUTE_MS = 60_000

Places = NDArray[np.int64]
Floats = NDArray[np.float64]


class SamplePackets:
    """Samples waiting to be sent.

    Parameters
    ----------
    gathers : ndarray
        (n_sensors,) True for sensors that gather at all.
    width : int
        Values in a sample.
    """

    def __init__(self, gathers: NDArray[np.bool_], *, width: int) -> None:
        count = int(gathers.sum())
        self._gathers = gathers
        self._seat = np.cumsum(gathers) - 1
        self._per_packet = np.ones(len(gathers), np.int64)
        self._count = np.zeros(count, np.int64)
        self._moments = np.zeros((count, MOST_SAMPLES), np.int64)
        self._values = np.zeros((count, MOST_SAMPLES, width))

    def rhythm(self, interval_ms: NDArray[np.int64], sample_ms: int) -> NDArray[np.int64]:
        """Begin anew with a time between messages, and return the time between samples, both ``(n_sensors,)`` [ms].

        Gathering sensors take a sample every `sample_ms`, or less often so that six fill the interval; whole minutes.
        """
        wanted = np.clip(interval_ms // sample_ms, 1, MOST_SAMPLES)
        self._per_packet = np.where(self._gathers, wanted, 1)
        self._count[:] = 0
        spread = interval_ms // self._per_packet // _MINUTE_MS * _MINUTE_MS
        return np.where(self._per_packet > 1, spread, interval_ms)

    def gather(
        self, places: Places, measured_ms: Places, values: Floats
    ) -> tuple[Places, Places, Places, Floats]:
        """Take samples and return the rows of what is sent now.

        Parameters
        ----------
        places, measured_ms : ndarray
            (k,) which sensors sampled, each at most once, and when [epoch ms].
        values : ndarray
            (k, width) what.

        Returns
        -------
        places, measured_ms, sent_ms, values : ndarray
            Rows; those of one packet stand together, newest first.
        """
        kept = self._per_packet[places] > 1
        if not kept.any():
            return places, measured_ms, measured_ms.copy(), values
        single = ~kept
        packed = self._pack(places[kept], measured_ms[kept], values[kept])
        alone = (places[single], measured_ms[single], measured_ms[single], values[single])
        first, second, third, fourth = (np.concatenate(pair) for pair in zip(alone, packed, strict=True))
        return first, second, third, fourth

    def _pack(
        self, places: Places, measured_ms: Places, values: Floats
    ) -> tuple[Places, Places, Places, Floats]:
        seats = self._seat[places]
        count = self._count[seats]
        self._moments[seats, count] = measured_ms
        self._values[seats, count] = values
        full = count + 1 >= self._per_packet[places]
        self._count[seats] = np.where(full, 0, count + 1)
        sizes = count[full] + 1
        row = np.repeat(np.arange(len(sizes)), sizes)
        age = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        seat, column = seats[full][row], sizes[row] - 1 - age
        return (
            places[full][row],
            self._moments[seat, column],
            measured_ms[full][row],
            self._values[seat, column],
        )
