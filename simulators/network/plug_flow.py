"""Water moving through pipes as plugs: temperature arrives with delay, mixed by nothing, cooled by the ground.

What lives here: many pipes at once as rings of equal cells, exact in energy. What does not: how much flows where.

Each pipe holds n cells of equal volume and one that is filling at the inlet while the oldest empties at the outlet; when a
cell is full, the ring turns. What leaves during a step depends on what is in the pipe, never on what enters, so all
pipes of a network advance together whatever their order. Cells are about a minute of design flow long, so the only
smearing is the mean over a minute; 10 km at 1.2 m/s arrive after 2.3 h as a step.
"""

import numpy as np
from numpy.typing import NDArray

from simulators.water import WATER_KJ_PER_M3_K

__all__ = ["PlugFlowPipes"]

Floats = NDArray[np.float64]

_CELL_S = 75.0
"""Length of a cell at design flow [s]; a little more than the longest step."""


class PlugFlowPipes:
    """State of all pipes, shape ``(n_pipes,)``.

    Parameters
    ----------
    water_m3 : ndarray
        (n_pipes,) content.
    design_m3_per_h : ndarray
        (n_pipes,) flow at which a cell lasts 75 s.
    loss_kw_per_k : ndarray
        (n_pipes,) heat lost per kelvin over the ground.
    ground_c : float
        Temperature of the ground [°C].
    start_c : ndarray
        (n_pipes,) temperature at the start.
    """

    def __init__(
        self,
        *,
        water_m3: Floats,
        design_m3_per_h: Floats,
        loss_kw_per_k: Floats,
        ground_c: float,
        start_c: Floats,
    ) -> None:
        longest = np.maximum(design_m3_per_h * _CELL_S / 3600, 1e-9)
        self._count = np.maximum(np.floor(water_m3 / longest), 2).astype(np.int64)
        self._cell_m3 = water_m3 / self._count
        self._first = np.concatenate([[0], np.cumsum(self._count)[:-1]]).astype(np.int64)
        self._cells_c = np.repeat(start_c.astype(np.float64), self._count)
        self._volume = np.repeat(self._cell_m3, self._count)
        self._oldest = np.zeros(len(water_m3), np.int64)
        self._filling_m3 = np.zeros(len(water_m3))
        self._filling_kj = np.zeros(len(water_m3))
        self._time_s = water_m3 * WATER_KJ_PER_M3_K / np.maximum(loss_kw_per_k, 1e-12)
        self._ground_c = ground_c
        self._outlet_c = start_c.astype(np.float64).copy()
        self._cooling: tuple[float, Floats, Floats] = (0.0, self._cell_m3, self._volume)
        self.lost_kj = 0.0
        """Lost to the ground since the start [kJ]."""

    def steps_needed(self, flow_m3_per_h: Floats, dt_s: float) -> int:
        """Return into how many parts a step must be cut so that no part moves more than a cell."""
        most = float(np.max(flow_m3_per_h / self._cell_m3, initial=0.0)) * dt_s / 3600
        return max(1, int(np.ceil(most - 1e-9)))

    def leaving_c(self, flow_m3_per_h: Floats, dt_s: float) -> Floats:
        """Return the mean temperature of what leaves during the next step [°C]; with no flow that at the outlet.

        `flow_m3_per_h` moves no more than a cell in `dt_s`, see `steps_needed`.
        """
        moved = flow_m3_per_h * (dt_s / 3600)
        at_oldest = self._first + self._oldest
        following = self._oldest + 1
        following[following == self._count] = 0
        oldest_c, next_c = self._cells_c[at_oldest], self._cells_c[self._first + following]
        beyond = np.maximum(moved - (self._cell_m3 - self._filling_m3), 0.0)
        share = beyond / np.maximum(moved, 1e-12)
        self._outlet_c = oldest_c + share * (next_c - oldest_c)
        return self._outlet_c

    def take_in(self, flow_m3_per_h: Floats, inlet_c: Floats, dt_s: float) -> None:
        """Let the step pass with water of a temperature entering, shape ``(n_pipes,)``, and the ground cooling."""
        moved = flow_m3_per_h * (dt_s / 3600)
        self._filling_m3 += moved
        self._filling_kj += moved * inlet_c * WATER_KJ_PER_M3_K
        full = np.flatnonzero(self._filling_m3 >= self._cell_m3)
        if len(full):
            over = self._filling_m3[full] - self._cell_m3[full]
            over_kj = over * inlet_c[full] * WATER_KJ_PER_M3_K
            newest_kj = self._filling_kj[full] - over_kj
            at = self._first[full] + self._oldest[full]
            self._cells_c[at] = newest_kj / (self._cell_m3[full] * WATER_KJ_PER_M3_K)
            turned = self._oldest[full] + 1
            self._oldest[full] = np.where(turned == self._count[full], 0, turned)
            self._filling_m3[full], self._filling_kj[full] = over, over_kj
        self._cool(dt_s)

    def _cool(self, dt_s: float) -> None:
        if self._cooling[0] != dt_s:
            share = -np.expm1(-dt_s / self._time_s)
            self._cooling = (dt_s, share, np.repeat(share, self._count))
        _, share, by_cell = self._cooling
        fall = (self._cells_c - self._ground_c) * by_cell
        self._cells_c -= fall
        gone = fall[self._first + self._oldest]
        filling = (self._filling_kj - self._filling_m3 * self._ground_c * WATER_KJ_PER_M3_K) * share
        self._filling_kj -= filling
        lost = _weighted(self._volume, fall) - _weighted(self._filling_m3, gone)
        self.lost_kj += lost * WATER_KJ_PER_M3_K + float(filling.sum())

    def stored_kj(self) -> float:
        """Return the heat in all pipes above 0 °C [kJ]."""
        emptied = _weighted(self._filling_m3, self._cells_c[self._first + self._oldest])
        full = _weighted(self._volume, self._cells_c)
        return (full - emptied) * WATER_KJ_PER_M3_K + float(self._filling_kj.sum())


def _weighted(weights: Floats, values: Floats) -> float:
    """Return the sum of products; not by BLAS, whose threads cost more than they save and round differently."""
    return float(np.sum(weights * values))
