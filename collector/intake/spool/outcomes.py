"""What becomes of each message: stored, rejected or a duplicate; and the counters of a collector.

A message with at least one new value is stored; one without is rejected when something of it was refused, and a
duplicate when all of it had come before. Duplicates are no second acceptance: accepted = stored + rejected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from collector.intake.spool.repeats import RowFate
from collector.messages.decoded import Decoded, Reason, Rejection
from heating.losses import ReadingLoss
from heating.points import POINTS
from heating.samples import SampleBatch

__all__ = ["Committed", "Counts", "Outcome", "sum_up"]


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages since the start of the process, except where said."""

    accepted: int = 0
    """Distinct messages acknowledged: stored + rejected."""
    stored: int = 0
    """Of which at least one value is kept for the store."""
    rejected: int = 0
    """Of which nothing could be stored; each has a rejection."""
    duplicates: int = 0
    """Messages that had come before; not in `accepted`."""
    rejections: int = 0
    """Rejections written: parts of stored messages included."""
    rows: int = 0
    """Values committed to the spool."""
    forwarded_rows: int = 0
    """Values handed to the store."""

    def plus(self, other: "Counts") -> "Counts":
        """Return the sums."""
        return Counts(
            self.accepted + other.accepted,
            self.stored + other.stored,
            self.rejected + other.rejected,
            self.duplicates + other.duplicates,
            self.rejections + other.rejections,
            self.rows + other.rows,
            self.forwarded_rows + other.forwarded_rows,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a batch of messages."""

    rejections: list[Rejection]
    """Those to be written."""
    whole: frozenset[int]
    """Places of messages of which nothing is stored."""
    counts: Counts


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit kept."""

    sequence: int
    fresh: SampleBatch
    """The rows that had not come before."""
    counts: Counts
    losses: Sequence[ReadingLoss] = ()
    """What it showed to be missing."""


def sum_up(
    decoded: Decoded, fates: NDArray[np.uint8], *, messages: int, known_again: frozenset[int] = frozenset()
) -> Outcome:
    """Return what becomes of each message.

    Parameters
    ----------
    decoded
        Validated rows with the rejections so far.
    fates
        (n,) codes of `RowFate`, one a row.
    messages
        How many messages the batch has.
    known_again
        Places of redelivered messages whose rejection is on record already.
    """
    new = np.bincount(decoded.message[fates == RowFate.NEW], minlength=messages)
    repeated = np.bincount(decoded.message[fates == RowFate.DUPLICATE], minlength=messages)
    rejections = [*decoded.rejections, *_conflicts(decoded, fates)]
    clashing = {item.message for item in rejections if item.reason is Reason.CONFLICT}
    duplicates = {
        int(place) for place in np.flatnonzero((new == 0) & (repeated > 0)) if place not in clashing
    } | {place for place in known_again if not new[place]}
    rejected = {item.message for item in rejections}
    silent = [
        place
        for place in np.flatnonzero(new == 0).tolist()
        if place not in rejected and place not in duplicates
    ]
    rejections += [Rejection(place, Reason.NOT_TELEMETRY, "nothing in it") for place in silent]
    rejections = [item for item in rejections if item.message not in duplicates]
    stored = int(np.count_nonzero(new))
    whole = frozenset(item.message for item in rejections if not new[item.message])
    counts = Counts(
        accepted=stored + len(whole),
        stored=stored,
        rejected=len(whole),
        duplicates=len(duplicates),
        rejections=len(rejections),
        rows=int(new.sum()),
    )
    return Outcome(rejections, whole, counts)


def _conflicts(decoded: Decoded, fates: NDArray[np.uint8]) -> Sequence[Rejection]:
    rows = np.flatnonzero(fates == RowFate.CONFLICT)
    names: dict[int, list[str]] = {}
    for row in rows:
        point = POINTS[decoded.samples.point[row]].name
        text = f"{point} at {decoded.samples.measured_ms[row]} came with another value first"
        names.setdefault(int(decoded.message[row]), []).append(text)
    return [Rejection(place, Reason.CONFLICT, "; ".join(texts[:5])) for place, texts in names.items()]
