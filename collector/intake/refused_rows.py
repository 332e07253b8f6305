"""Which rows of a batch a store refuses for good, found with few appends.

Known by what the store names (a field, the oldest time it keeps), else by halving. A store that says nothing about
rows and refuses nearly everything is a wrong store, not wrong rows. What becomes of the rows found is the forwarder's
business.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heating.errors import HeatingError
from heating.points import POINTS
from heating.protocols import ReadingSink
from heating.samples import SampleBatch
from storage.readings.errors import Refusal, RefusalKind, StoreRejectedError

__all__ = ["RefusedRows", "StoreRefusesAllError", "refusals_of"]

REFUSED_FLOOR = 100
"""So many rows of one append that were refused without a reason are believed; more than that and most of them, and
the store itself is wrong."""
NAMED_PASSES = 64
"""Appends without what the store has just named, before halving; each names one field of one measurement."""
_WHOLE_LINES: Final = frozenset({RefusalKind.RETENTION, RefusalKind.SERIES_LIMIT})
"""Kinds that hit every row of a line: a piece of which the store took nothing need not be halved."""
_NAMING: Final = frozenset({RefusalKind.RETENTION, RefusalKind.FIELD_TYPE})
"""Kinds whose reason may tell which rows are meant."""


class StoreRefusesAllError(HeatingError):
    """The store refuses nearly everything and names no reason: a wrong store, not wrong rows."""

    retryable = True


def refusals_of(error: HeatingError) -> tuple[Refusal, ...]:
    """Return the reasons of a refusal; a store that gives none has the kind `UNKNOWN`."""
    if isinstance(error, StoreRejectedError):
        return error.refusals
    return (Refusal(RefusalKind.UNKNOWN, str(error)),)


class RefusedRows:
    """Appends everything of a batch that the store takes, and remembers what it does not.

    Parameters
    ----------
    store
        Takes rows; the same row again changes nothing.
    batch
        The rows.
    """

    def __init__(self, store: ReadingSink, batch: SampleBatch) -> None:
        self._store = store
        self._batch = batch
        self._unexplained = 0
        self.found: dict[int, Refusal] = {}
        """Places of the refused rows, each with its reason."""

    def search(self, rows: NDArray[np.intp], error: HeatingError) -> None:
        """Find the refused among rows that were just refused together; the others are in the store then.

        Raises
        ------
        StoreRefusesAllError
            When the store is wrong, not the rows.
        heating.errors.HeatingError
            When the store is away; rows may be in it, none is lost.
        """
        refused: HeatingError | None = error
        for _ in range(NAMED_PASSES):
            named = self._named(rows, refusals_of(error))
            if not named.any():
                break
            rows = rows[~named]
            refused = self._append(rows)
            if refused is None:
                return
            error = refused
        self._halve(rows, error)

    def _named(self, rows: NDArray[np.intp], refusals: tuple[Refusal, ...]) -> NDArray[np.bool_]:
        """Note the rows that the reasons name; return which of `rows` they are."""
        named = np.zeros(len(rows), np.bool_)
        for refusal in refusals:
            if refusal.kind not in _NAMING:
                continue
            hit = _rows_named(self._batch.select(rows), refusal) & ~named
            self.found.update(dict.fromkeys(rows[hit].tolist(), refusal))
            named |= hit
        return named

    def _append(self, rows: NDArray[np.intp]) -> HeatingError | None:
        """Append rows; return the refusal, None when all were taken."""
        if not len(rows):
            return None
        try:
            self._store.append(self._batch.select(rows))
        except HeatingError as error:
            if error.retryable:
                raise
            return error
        return None

    def _halve(self, rows: NDArray[np.intp], error: HeatingError) -> None:
        refusals = refusals_of(error)
        if len(rows) == 1 or (
            isinstance(error, StoreRejectedError)
            and error.took_nothing
            and all(refusal.kind in _WHOLE_LINES for refusal in refusals)
        ):
            self._note(rows, refusals[0], error)
            return
        rows = rows[self._order(rows, refusals)]
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            refused = self._append(half)
            if refused is not None:
                self.search(half, refused)

    def _order(self, rows: NDArray[np.intp], refusals: tuple[Refusal, ...]) -> NDArray[np.intp]:
        """Return an order that puts the culprits side by side, so that they fall into one half.

        What is too old is the beginning in time; anything else mostly belongs to one object.
        """
        objects, times = self._batch.object_index[rows], self._batch.measured_ms[rows]
        keys = (objects, times) if refusals[0].kind is RefusalKind.RETENTION else (times, objects)
        order: NDArray[np.intp] = np.lexsort(keys)
        return order

    def _note(self, rows: NDArray[np.intp], refusal: Refusal, error: HeatingError) -> None:
        self.found.update(dict.fromkeys(rows.tolist(), refusal))
        if refusal.kind is not RefusalKind.UNKNOWN:
            return
        self._unexplained += len(rows)
        if self._unexplained > max(REFUSED_FLOOR, len(self._batch) // 2):
            raise StoreRefusesAllError(f"the store refuses nearly everything: {error}") from error


def _rows_named(batch: SampleBatch, refusal: Refusal) -> NDArray[np.bool_]:
    """Return which rows a reason names; none when it names nothing that tells them apart."""
    if refusal.kind is RefusalKind.RETENTION and refusal.oldest_ms is not None:
        old: NDArray[np.bool_] = batch.measured_ms < refusal.oldest_ms
        return old
    if refusal.kind is not RefusalKind.FIELD_TYPE:
        return np.zeros(len(batch), np.bool_)
    of_measurement = [
        place for place, point in enumerate(POINTS) if point.measurement.value == refusal.measurement
    ]
    if refusal.field == "received_ms":
        return np.isin(batch.point, of_measurement)
    # The quality of a point is a field of its own beside the point's; only what is not good writes it.
    is_quality = refusal.field.endswith("__q")
    wanted = [place for place in of_measurement if POINTS[place].name == refusal.field.removesuffix("__q")]
    return np.isin(batch.point, wanted) & ((batch.quality > 0) if is_quality else np.isfinite(batch.value))
