"""What the forwarder remembers of refusals: objects for which the store has no room, and the reasons for the health."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from heating.intake_troubles import IntakeTrouble, TroubleKind
from heating.samples import ObjectRef, SampleBatch
from storage.readings.errors import Refusal, RefusalKind

__all__ = ["FullStore", "ToldRefusals"]


class FullStore:
    """Objects that met the server's limit of series: they are not offered until one of them is taken again.

    Without it each round of reports would cost some appends for every one of them.

    Parameters
    ----------
    probe_every_s
        Time between two tries of one object [s].
    """

    def __init__(self, *, probe_every_s: float) -> None:
        self._probe_every_s = probe_every_s
        self._outside: dict[ObjectRef, Refusal] = {}
        self._probed_s = 0.0
        self._probe: ObjectRef | None = None

    def withhold(self, batch: SampleBatch, *, now_s: float) -> dict[int, Refusal]:
        """Return the rows that need not be offered, each with the reason its object met before."""
        places = [place for place, ref in enumerate(batch.objects) if ref in self._outside]
        if not places:
            return {}
        if now_s - self._probed_s >= self._probe_every_s:
            self._probed_s = now_s
            self._probe = batch.objects[places.pop(0)]
        rows = np.flatnonzero(np.isin(batch.object_index, places)).tolist()
        return {row: self._outside[batch.objects[batch.object_index[row]]] for row in rows}

    def learn(self, batch: SampleBatch, refused: Mapping[int, Refusal], *, now_s: float) -> None:
        """Remember the objects among refused rows; an object on trial that was taken frees all others."""
        outside = {
            batch.objects[batch.object_index[row]]: refusal
            for row, refusal in refused.items()
            if refusal.kind is RefusalKind.SERIES_LIMIT
        }
        if self._probe is not None and self._probe not in outside:
            self.forget()
        if outside and not self._outside:
            self._probed_s = now_s
        self._outside |= outside
        self._probe = None

    def forget(self) -> None:
        """Offer every object again."""
        self._outside.clear()
        self._probe = None


@dataclass(slots=True)
class _Told:
    refusal: Refusal
    rows: int
    last_s: float


class ToldRefusals:
    """Counts refused rows by their reason, for people.

    Parameters
    ----------
    told_s
        How long after its last row a reason is told [s].
    """

    def __init__(self, *, told_s: float) -> None:
        self._told_s = told_s
        self._by_reason: dict[tuple[RefusalKind, str, str], _Told] = {}

    def note(self, refusals: Iterable[Refusal], *, now_s: float) -> None:
        """Count one row for each."""
        told = dict(self._by_reason)
        for refusal in refusals:
            key = (refusal.kind, refusal.measurement, refusal.field)
            one = told.setdefault(key, _Told(refusal, 0, now_s))
            one.rows += 1
            one.last_s = now_s
        # Replaced whole: the health is asked by other threads.
        self._by_reason = {key: one for key, one in told.items() if now_s - one.last_s <= self._told_s}

    def reasons(self, *, now_s: float) -> str:
        """Return the reasons of the last while as sentences, empty when there are none."""
        return "; ".join(
            f"the store refuses rows ({one.rows} so far): {_sentence(one.refusal)}"
            for one in self._lately(now_s)
        )

    def troubles(self, *, now_s: float) -> list[IntakeTrouble]:
        """Return the fields of the last while that exist in the store with another type."""
        return [
            IntakeTrouble(
                kind=TroubleKind.FIELD_TYPE,
                number=one.rows,
                measurement=one.refusal.measurement,
                field=one.refusal.field,
                there_type=one.refusal.there_type,
            )
            for one in self._lately(now_s)
            if one.refusal.kind is RefusalKind.FIELD_TYPE
        ]

    def _lately(self, now_s: float) -> list[_Told]:
        return [one for one in self._by_reason.values() if now_s - one.last_s <= self._told_s]


def _sentence(refusal: Refusal) -> str:
    match refusal.kind:
        case RefusalKind.FIELD_TYPE:
            what = f"field «{refusal.field}» of measurement «{refusal.measurement}» exists there as {refusal.there_type}"
        case RefusalKind.SERIES_LIMIT:
            what = f"its limit of {refusal.limit} series or tag values is reached"
        case RefusalKind.RETENTION:
            what = "they are older than it keeps"
        case _:
            what = refusal.text[:200]
    return f"{what}; {refusal.remedy}, then `nuanliu spool replay-rejected --reason store_rejected`"
