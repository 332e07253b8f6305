"""Tables of signals: one row an object, one column a signal; one table for the scopes that share their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerting.judging.layout import Layout, Subjects
from alerting.judging.signals.family import CALM, Basis, Column, Columns, Family, Moment, WatchFigures
from alerting.judging.signals.registry import FAMILIES
from alerting.judging.windows import Windows
from config.rules.scopes import CIRCUIT, STATION, WATCH
from heating.heat_tree import Level
from heating.points import Measurement

__all__ = ["SignalTable", "SignalTables", "Signals"]


@dataclass(frozen=True, slots=True)
class SignalTable:
    """Signals of the objects of a scope."""

    subjects: Subjects
    """Names of the rows, in tree order."""
    columns: Columns
    """(n,) each; NaN: unknown."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What texts of alarms may name beside signals, the same in every row."""

    def select(self, rows: NDArray[np.intp]) -> "SignalTable":
        """Return some rows."""
        chosen = {name: column[rows] for name, column in self.columns.items()}
        return SignalTable(self.subjects.select(rows), chosen, self.words)


SignalTables = Mapping[str, SignalTable]
"""By `Scope.table`; a scope without a family has none."""


class Signals:
    """Computes the tables of windows; what follows from the registry alone is computed once a layout.

    Parameters
    ----------
    standard_c : float
        Indoor standard of the site [°C].
    watching_since_ms : int
        Objects never heard of are silent since then [epoch ms].
    time_zone : str
        Site time: cold nights count less than cold days.
    families : sequence of Family
        What is computed; those of the house when left out.
    """

    def __init__(
        self,
        *,
        standard_c: float,
        watching_since_ms: int,
        time_zone: str = "Asia/Shanghai",
        families: Sequence[Family] = FAMILIES,
    ) -> None:
        self._standard_c, self._watching_since_ms = standard_c, watching_since_ms
        self._zone = ZoneInfo(time_zone)
        self._families = families
        self._constants: WeakKeyDictionary[Layout, dict[Measurement, list[Columns]]] = WeakKeyDictionary()

    def moment(
        self,
        windows: Windows,
        *,
        now_ms: int,
        of: Measurement = Measurement.STATION,
        watch: WatchFigures = CALM,
    ) -> Moment:
        """Return what families compute from; it is good while the windows stand still."""
        return self._moment(windows, of, now_ms, watch)

    def tables(self, windows: Windows, *, now_ms: int, watch: WatchFigures = CALM) -> SignalTables:
        """Return every signal at a moment; the windows must stand still meanwhile, the tables are copies.

        What is learned stands as of the last slot that was remembered (`alerting.judging.remembering`).
        """
        layout = windows.layout
        moment = self._moment(windows, Measurement.STATION, now_ms, watch)
        columns = self._columns(moment, [one for one in self._families if one.scope.level is not None])
        if STATION.table in columns:
            own = columns.get(CIRCUIT.table, {})
            columns[CIRCUIT.table] = own | self._of_sides(windows, columns[STATION.table], now_ms, watch)
        levels = {one.scope.table: one.scope.level for one in self._families} | {CIRCUIT.table: Level.CIRCUIT}
        return {
            table: SignalTable(
                layout.subjects(level), columns[table], moment.watch.names if table == WATCH.table else {}
            )
            for table, level in levels.items()
            if level is not None and table in columns
        }

    def _moment(self, windows: Windows, of: Measurement, now_ms: int, watch: WatchFigures) -> Moment:
        basis = Basis(
            layout=windows.layout,
            standard_c=self._standard_c,
            watching_since_ms=self._watching_since_ms,
            zone=self._zone,
            of=of,
        )
        return Moment(basis=basis, windows=windows, now_ms=now_ms, watch=watch)

    def _columns(self, moment: Moment, families: Sequence[Family]) -> dict[str, dict[str, Column]]:
        """Return the columns of families by table."""
        of = moment.basis.of
        kept = self._constants.setdefault(moment.basis.layout, {})
        if of not in kept:
            kept[of] = [family.constants(moment.basis) for family in families]
        columns: dict[str, dict[str, Column]] = {}
        for family, fixed in zip(families, kept[of], strict=True):
            of_table = columns.setdefault(family.scope.table, {})
            of_table |= fixed
            of_table |= {
                s.name: moment.point(s.point) for s in family.signals if s.point in moment.plants.points
            }
            of_table |= family.columns(moment)
        return columns

    def _of_sides(
        self, windows: Windows, of_stations: Columns, now_ms: int, watch: WatchFigures
    ) -> dict[str, Column]:
        """Return the signals of stations in the rows of circuits: a circuit's own where it has them, else its station's."""
        layout = windows.layout
        if not len(layout.circuits):
            return dict(of_stations)  # every station is its own circuit: the same rows
        of_circuit = layout.side_circuit
        sides = {name: column[layout.side_station] for name, column in of_stations.items()}
        moment = self._moment(windows, Measurement.CIRCUIT, now_ms, watch)
        own = self._columns(moment, [one for one in self._families if one.of_circuits])
        for name, column in own.get(STATION.table, {}).items():
            sides[name][of_circuit >= 0] = column
        return sides
