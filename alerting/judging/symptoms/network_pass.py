"""The second pass of a step: what the symptoms of the stations say of their branches and sources.

Not here: the symptoms themselves (``config/defaults/symptoms``).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from alerting.judging.layout import Layout
from heating.heat_tree import Level

__all__ = ["NetworkPass"]

Floats = NDArray[np.float64]

_LOW_SHARE = 0.55
"""Share of stations with a low pressure from which a branch counts as low."""
_COLD_SHARE = 0.4


class NetworkPass:
    """Stations, branches and sources of a layout as index arrays."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        tree = layout.tree
        branches = layout.subjects(Level.BRANCH).numbers
        self._sources = layout.subjects(Level.SOURCE).numbers
        stations = layout.subjects(Level.STATION).numbers
        # Branches may hang on branches; below a node everything is one run of numbers.
        self._first = np.searchsorted(stations, branches)
        self._last = np.searchsorted(stations, tree.subtree_end[branches])
        above = [tree.ancestor_at(int(number), Level.SOURCE) for number in branches]
        self._source_of = np.searchsorted(
            self._sources, np.array([-1 if a is None else a for a in above], np.intp)
        )

    def branch_columns(
        self, flags: Mapping[str, Floats], stations: Mapping[str, Floats], sources: Mapping[str, Floats]
    ) -> dict[str, Floats]:
        """Return the signals of the branches.

        Parameters
        ----------
        flags : mapping
            The stations' symptoms ``dp1_low``, ``p1_low`` and ``t2s_low``: 1, 0 or NaN.
        stations, sources : mapping
            Signals of stations and sources.
        """
        shares = {name: self._share(flag) for name, flag in flags.items()}
        of = self._source_of
        slots = self._highest(stations["rising_slots"])
        # Medians cost more than all the rest here, and nothing falls while no make-up rises.
        fall = self._median(stations["p1_fall_mpa"]) if (slots > 0).any() else np.full(len(slots), np.nan)
        rank, lead = self._rank(fall)
        low = self._part(shares["dp1_low"], _LOW_SHARE)
        all_low = np.where(np.isnan(low), np.nan, (low >= 1.0).astype(np.float64))
        return {
            "dp1_low_share": shares["dp1_low"],
            "p1_low_share": shares["p1_low"],
            "t2s_low_share": shares["t2s_low"],
            "dp1_low_share_others": self._others(shares["dp1_low"]),
            "t2s_low_share_others": self._others(shares["t2s_low"]),
            "sources_dp_low": all_low[of],
            "fall_rank": np.where(slots > 0, rank, np.nan),
            "fall_lead_mpa": lead,
            "fall_slots": slots,
            "branch_makeup_ratio": sources["source_makeup_ratio"][of],
            "branch_source_p_ratio": sources["source_p_ratio"][of],
            "branch_source_dp_ratio": sources["source_dp_ratio"][of],
        }

    def source_columns(self, branches: Mapping[str, Floats]) -> dict[str, Floats]:
        """Return the signals of the sources that follow from those of the branches."""
        return {
            "branches_dp_low_share": self._part(branches["dp1_low_share"], _LOW_SHARE),
            "branches_cold_share": self._part(branches["t2s_low_share"], _COLD_SHARE),
        }

    def _share(self, flag: Floats) -> Floats:
        """Return the share of yes among the stations of each branch that know; NaN where none does."""
        known = np.concatenate([[0], np.cumsum(~np.isnan(flag))])
        yes = np.concatenate([[0], np.cumsum(flag == 1.0)])
        count = known[self._last] - known[self._first]
        return np.where(count > 0, (yes[self._last] - yes[self._first]) / np.maximum(count, 1), np.nan)

    def _others(self, share: Floats) -> Floats:
        of, known = self._source_of, ~np.isnan(share)
        size = len(self._sources)
        total = np.bincount(of, np.where(known, share, 0.0), size)[of] - np.where(known, share, 0.0)
        count = np.bincount(of, known, size)[of] - known
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def _part(self, share: Floats, above: float) -> Floats:
        """Return at which part of the branches that know a share lies above a figure; NaN where none knows."""
        size, known = len(self._sources), ~np.isnan(share)
        count = np.bincount(self._source_of, known, size)
        over = np.bincount(self._source_of, share > above, size)
        return np.where(count > 0, over / np.maximum(count, 1), np.nan)

    def _median(self, values: Floats) -> Floats:
        return np.array(
            [_median(values[a:b]) for a, b in zip(self._first, self._last, strict=True)], np.float64
        )

    def _highest(self, values: Floats) -> Floats:
        known = np.where(np.isnan(values), -np.inf, values)
        found = [known[a:b].max(initial=-np.inf) for a, b in zip(self._first, self._last, strict=True)]
        highest = np.array(found, np.float64)
        return np.where(np.isinf(highest), np.nan, highest)

    def _rank(self, fall: Floats) -> tuple[Floats, Floats]:
        """Return the rank of each branch at its source, lowest first, and the lead of the first over the next."""
        rank = np.full(len(fall), np.nan)
        lead = np.where(np.isnan(fall), np.nan, 0.0)
        for source in range(len(self._sources)):
            mine = np.flatnonzero((self._source_of == source) & ~np.isnan(fall))
            order = mine[np.argsort(fall[mine], kind="stable")]
            rank[order] = np.arange(1, len(order) + 1)
            if len(order):
                lead[order[0]] = fall[order[1]] - fall[order[0]] if len(order) > 1 else np.inf
        return rank, lead


def _median(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")
