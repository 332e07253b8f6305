"""Truth files: what really happened, for scoring detection. The product never reads them.

What lives here: ``faults.jsonl`` as interface.md defines it, and ``confounders.jsonl`` beside it. What does not: who is
affected by measurement (`simulators.truth.paired_run`), scores, causes per home and hour.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from heating.intervals import from_epoch_ms
from simulators.city import City
from simulators.city_layout import CityLayout
from simulators.faults.fault_schedule import ConfounderOccurrence, Occurrence
from simulators.reports import Report

__all__ = ["CONFOUNDERS_FILE", "FAULTS_FILE", "TruthFiles", "confounder_line", "fault_id", "fault_line"]

FAULTS_FILE = "faults.jsonl"
CONFOUNDERS_FILE = "confounders.jsonl"


class TruthFiles:
    """Writes the truth of one run as it happens.

    Which homes a fault affects is estimated by reach: all homes below the object that broke. For the definition of the
    design, a pair of runs, see `simulators.truth.paired_run`.

    Parameters
    ----------
    folder : Path
        Made when it is not there; files in it are begun anew.
    layout : CityLayout
        Names of homes.
    """

    def __init__(self, folder: Path, layout: CityLayout) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._faults = folder / FAULTS_FILE
        self._confounders = folder / CONFOUNDERS_FILE
        for path in (self._faults, self._confounders):
            path.write_bytes(b"")
        self._layout = layout
        self._written: set[tuple[str, str, int]] = set()

    def note(self, city: City, reports: Sequence[Report]) -> None:
        """Write what has begun and is not written yet; called after every step of the city."""
        del reports
        for occurrence in city.faults.active(city.now_ms):
            if self._is_new("fault", occurrence.fault.plan.id, occurrence.number):
                seen_s = occurrence.fault.kind.seen_after_s
                seen_ms = None if seen_s is None else occurrence.onset_ms + int(seen_s * 1000)
                line = fault_line(occurrence, self._layout, seen_ms=seen_ms, homes=occurrence.fault.homes)
                _append(self._faults, line)
        for happening in city.faults.active_confounders(city.now_ms):
            if self._is_new("confounder", happening.confounder.plan.id, happening.number):
                _append(self._confounders, confounder_line(happening))

    def _is_new(self, what: str, name: str, number: int) -> bool:
        mark = (what, name, number)
        new = mark not in self._written
        self._written.add(mark)
        return new


def fault_id(occurrence: Occurrence) -> str:
    """Return the id of a fault in truth files: the plan's, with a number when it repeats."""
    plan = occurrence.fault.plan
    return _numbered(plan.id, occurrence.number, repeats=plan.repeat is not None)


def fault_line(
    occurrence: Occurrence, layout: CityLayout, *, seen_ms: int | None, homes: NDArray[np.int64]
) -> dict[str, object]:
    """Return one line of ``faults.jsonl``.

    Parameters
    ----------
    occurrence : Occurrence
        What happened.
    layout : CityLayout
        Names of homes.
    seen_ms : int or None
        When the first reading could show it [epoch ms]; None when none could.
    homes : ndarray
        (k,) places of the homes affected.
    """
    plan = occurrence.fault.plan
    households = layout.site.households
    return {
        "id": fault_id(occurrence),
        "type": plan.type.value,
        "target": occurrence.fault.target,
        "onset": _rfc3339(occurrence.onset_ms),
        "first_observable": None if seen_ms is None else _rfc3339(seen_ms),
        "end": None if occurrence.end_ms is None else _rfc3339(occurrence.end_ms),
        "severity": plan.severity,
        "affected_households": [households[home].household_id for home in homes.tolist()],
    }


def confounder_line(happening: ConfounderOccurrence) -> dict[str, object]:
    """Return one line of ``confounders.jsonl``: ``{id,type,target,onset,end,severity}``."""
    plan = happening.confounder.plan
    return {
        "id": _numbered(plan.id, happening.number, repeats=plan.repeat is not None),
        "type": plan.type.value,
        "target": plan.target,
        "onset": _rfc3339(happening.onset_ms),
        "end": _rfc3339(happening.end_ms),
        "severity": plan.severity,
    }


def _numbered(name: str, number: int, *, repeats: bool) -> str:
    return f"{name}-{number + 1}" if repeats else name


def _append(path: Path, line: dict[str, object]) -> None:
    with path.open("ab") as file:
        file.write(orjson.dumps(line) + b"\n")


def _rfc3339(epoch_ms: int) -> str:
    return from_epoch_ms(epoch_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
