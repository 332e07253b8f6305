"""Truth files: what really happened, for scoring detection. The product never reads them.

What lives here: ``faults.jsonl`` as interface.md defines it, one line a fault, written when it begins. What does not:
scores, causes per home and hour (a later part of the simulator).
"""

from pathlib import Path

import orjson

from heating.intervals import from_epoch_ms
from simulators.city_layout import CityLayout
from simulators.faults.fault_schedule import Occurrence

__all__ = ["TruthFiles"]

class TruthFiles:
    """Writes the truth of one run.

    Parameters
    ----------
    folder : Path
        Made when it is not there; files in it are begun anew.
    layout : CityLayout
        Names of homes.
    """

    def __init__(self, folder: Path, layout: CityLayout) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "faults.jsonl"
        self._path.write_bytes(b"")
        self._layout = layout
        self._written: set[tuple[str, int]] = set()

    def note(self, active: list[Occurrence]) -> None:
        """Write the faults among `active` that are not written yet."""
        for occurrence in active:
            mark = (occurrence.fault.plan.id, occurrence.number)
            if mark not in self._written:
                self._written.add(mark)
                with self._path.open("ab") as file:
                    file.write(orjson.dumps(self._line(occurrence)) + b"\n")

    def _line(self, occurrence: Occurrence) -> dict[str, object]:
        plan = occurrence.fault.plan
        name = plan.id if plan.repeat is None else f"{plan.id}-{occurrence.number + 1}"
        seen_s = occurrence.fault.kind.seen_after_s
        seen_ms = None if seen_s is None else occurrence.onset_ms + int(seen_s * 1000)
        households = self._layout.site.households
        return {
            "id": name,
            "type": plan.type.value,
            "target": occurrence.fault.target,
            "onset": _rfc3339(occurrence.onset_ms),
            "first_observable": None if seen_ms is None else _rfc3339(seen_ms),
            "end": None if occurrence.end_ms is None else _rfc3339(occurrence.end_ms),
            "severity": plan.severity,
            "affected_households": [households[home].household_id for home in occurrence.fault.homes.tolist()],
        }


def _rfc3339(epoch_ms: int) -> str:
    return from_epoch_ms(epoch_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
