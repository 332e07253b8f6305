"""The whole truth of one run, written as it happens: faults, confounders, causes, calls, the tree, the run itself.

What lives here: when each file is written. What does not: their contents (the other modules of this folder).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from heating.intervals import from_epoch_ms
from simulators.city import City
from simulators.people.call_words import CallTruth
from simulators.reports import Report
from simulators.truth.causes_file import CausesFile
from simulators.truth.root_causes import HourOfTruth, RootCauses
from simulators.truth.run_file import RunFacts
from simulators.truth.ticket_truth import TICKETS_FILE, ticket_line, write_tickets
from simulators.truth.topology import Topology
from simulators.truth.truth_files import TruthFiles

__all__ = ["TruthRecorder"]

_HOUR_MS = 3_600_000


class TruthRecorder:
    """Writes a truth folder.

    Parameters
    ----------
    folder : Path
        Made when it is not there; files in it are begun anew.
    city : City
        At its start.
    facts : RunFacts
        Goes to ``run.json``; the end is added by `close`.

    Attributes
    ----------
    twin : City or None
        The healthy city, always stepped before `note`; None where there is none.
    """

    def __init__(self, folder: Path, city: City, facts: RunFacts) -> None:
        self._folder, self._city, self._facts = folder, city, facts
        self._files = TruthFiles(folder, city.layout)
        self._tickets = folder / TICKETS_FILE
        self._tickets.write_bytes(b"")
        Topology.of_layout(city.layout).write(folder)
        facts.write(folder)
        homes = [home.household_id for home in city.layout.site.households]
        self._causes_file = CausesFile(folder, homes)
        self._causes = RootCauses(city)
        self._hour = city.now_ms // _HOUR_MS
        self._last: HourOfTruth | None = None
        self.twin: City | None = None

    def note(self, city: City, reports: Sequence[Report]) -> None:
        """Write what a step has brought; called after every step of city and twin."""
        self._files.note(city, reports)
        self._causes.follow(city)
        hour = city.now_ms // _HOUR_MS
        if hour != self._hour:
            self._hour = hour
            at_hour = self._causes.at_hour(city, self.twin)
            self._last = replace(at_hour, hour_ms=hour * _HOUR_MS)
            self._causes_file.add(self._last)

    def hear(self, calls: Sequence[CallTruth]) -> None:
        """Write calls; fits `simulators.people.switchboard.Switchboard.tell`."""
        write_tickets(
            self._tickets, [ticket_line(call, self._last, self._causes.fault_ids) for call in calls]
        )

    def close(self) -> None:
        """Write what is written at the end: causes, and the end itself."""
        self._causes_file.close(self._causes.fault_ids)
        replace(self._facts, until=from_epoch_ms(self._city.now_ms)).write(self._folder)
