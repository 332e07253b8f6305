"""Rows that the store refused, as rejections: their form, and the way back into the store.

Such a row came with a message that is in the spool already, so another try by the broker would be a repeat. It is
given back to the store itself: `ask_again` marks it, the forwarder of the collector, which owns the store, fetches it
with `asked_again` and says with `settle` what became of it.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from collector.intake.spool.rejections import (
    KeptRejection,
    RejectionFilter,
    list_rejections,
    select_rejections,
    update_replayed,
)
from collector.intake.spool.spool import SpooledBatch
from collector.intake.spool.spool_files import open_catalogue
from collector.messages.decoded import Reason
from heating.intervals import from_epoch_ms, to_epoch_ms
from heating.points import Measurement
from heating.quality import QUALITY_OF_LABEL, quality_label
from heating.samples import ObjectRef, Sample, SampleBatch
from storage.readings.errors import Refusal

__all__ = ["ask_again", "asked_again", "rejections_of_rows", "rows_of", "settle"]

ASKED_MS = 0
"""Stands in the column of the replay's time while a rejection waits for the forwarder [epoch ms]."""
_ORDINAL_BASE = 1_000_000


def rejections_of_rows(
    batch: SpooledBatch, inside: NDArray[np.intp], refusals: Sequence[Refusal], emptied: Collection[int]
) -> Iterable[KeptRejection]:
    """Yield a rejection for each refused row of a batch.

    Parameters
    ----------
    inside
        ``(n,)`` places of the rows in the batch.
    refusals
        n reasons.
    emptied
        Messages of which no row is left.
    """
    samples = batch.samples.select(inside).to_samples()
    for row, sample, refusal in zip(inside.tolist(), samples, refusals, strict=True):
        ref = sample.ref
        payload = {
            "t": from_epoch_ms(sample.measured_ms).isoformat(),
            "v": {sample.point: None if np.isnan(sample.value) else sample.value},
            "q": {sample.point: quality_label(sample.quality)},
            "refusal": {
                name: value
                for name in ("kind", "measurement", "field", "there_type", "limit", "oldest_ms")
                if (value := getattr(refusal, name)) not in ("", None)
            },
        }
        yield KeptRejection(
            sequence=batch.sequence,
            ordinal=_ORDINAL_BASE + row,
            received_ms=sample.received_ms or sample.measured_ms,
            topic=f"store/{ref.measurement.value}/{ref.object_id}",
            payload=json.dumps(payload).encode(),
            reason=Reason.STORE_REJECTED,
            detail=f"{ref.object_id} {sample.point}: {refusal.kind}",
            content=b"",
            whole=int(batch.message[row]) in emptied,
        )


def rows_of(items: Sequence[KeptRejection]) -> SampleBatch:
    """Return the rows of rejections, one each, in their order."""
    samples = []
    for item in items:
        _, measurement, object_id = item.topic.split("/", 2)
        payload = json.loads(item.payload)
        ((point, value),) = payload["v"].items()
        samples.append(
            Sample(
                ref=ObjectRef(Measurement(measurement), object_id),
                point=point,
                measured_ms=to_epoch_ms(datetime.fromisoformat(payload["t"])),
                value=float("nan") if value is None else float(value),
                quality=QUALITY_OF_LABEL[payload["q"][point]],
                received_ms=item.received_ms,
            )
        )
    return SampleBatch.from_samples(samples)


def ask_again(folder: Path, wanted: RejectionFilter, *, limit: int = 1_000_000) -> int:
    """Have the collector on a spool folder give refused rows back to its store; return how many."""
    if not folder.exists() or (wanted.reasons and Reason.STORE_REJECTED not in wanted.reasons):
        return 0
    only = RejectionFilter(
        reasons=frozenset({Reason.STORE_REJECTED}),
        since_ms=wanted.since_ms,
        topic_prefix=wanted.topic_prefix,
    )
    items = list_rejections(folder, only, limit=limit)
    if items:
        settle(folder, items, replayed_ms=ASKED_MS)
    return len(items)


def asked_again(folder: Path, *, limit: int) -> list[KeptRejection]:
    """Return rejections that wait to be given back to the store, oldest first."""
    with closing(open_catalogue(folder)) as catalogue:
        return select_rejections(
            catalogue, "replayed_ms = ? AND reason = ?", (ASKED_MS, Reason.STORE_REJECTED.value), limit
        )


def settle(folder: Path, items: Iterable[KeptRejection], *, replayed_ms: int | None) -> None:
    """Note that rows are in the store since a time [epoch ms]; None: it refused them again."""
    with closing(open_catalogue(folder)) as catalogue:
        update_replayed(catalogue, items, replayed_ms)
