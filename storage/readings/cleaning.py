"""Making a batch storable: values that no store can hold, and ids that cannot be ids.

Plausible ranges and the registry are the collector's; what is refused here would break a store or hide a value.
"""

from dataclasses import replace

import numpy as np

from heating.quality import Quality
from heating.samples import SampleBatch
from storage.readings.errors import Refusal, RefusalKind, StoreRejectedError
from storage.readings.identifiers import id_problem

__all__ = ["LAST_STORABLE_MS", "clean_batch"]

LAST_STORABLE_MS = 4_102_444_800_000
"""2100-01-01 UTC [epoch ms]: times from here on, and times before 1970, are broken clocks and never stored."""


def clean_batch(batch: SampleBatch) -> SampleBatch:
    """Return the batch with every infinite value as NaN and every NaN under a bad quality.

    Raises
    ------
    StoreRejectedError
        When an id that some row uses cannot be an id, or a measured time is not between 1970 and 2100.
    """
    for place in np.unique(batch.object_index).tolist():
        problem = id_problem(batch.objects[place].object_id)
        if problem:
            raise StoreRejectedError(problem, refusals=[Refusal(RefusalKind.LINES, problem)])
    if len(batch) and not (batch.measured_ms.min() >= 0 and batch.measured_ms.max() < LAST_STORABLE_MS):
        problem = "a measured time lies outside 1970 to 2100"
        raise StoreRejectedError(problem, refusals=[Refusal(RefusalKind.LINES, problem)])
    finite = np.isfinite(batch.value)
    if finite.all():
        return batch
    quality = batch.quality.copy()
    quality[~finite & (quality < Quality.BAD)] = Quality.BAD
    return replace(batch, value=np.where(finite, batch.value, np.nan), quality=quality)
