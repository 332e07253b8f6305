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
from config.rules.scopes import WATCH
from heating.heat_tree import Level

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
        self._constants: WeakKeyDictionary[Layout, list[Columns]] = WeakKeyDictionary()

    def tables(self, windows: Windows, *, now_ms: int, watch: WatchFigures = CALM) -> SignalTables:
        """Return every signal at a moment; the windows must stand still meanwhile, the tables are copies."""
        layout = windows.layout
        basis = Basis(
            layout=layout,
            standard_c=self._standard_c,
            watching_since_ms=self._watching_since_ms,
            zone=self._zone,
        )
        constants = self._constants.get(layout)
        if constants is None:
            constants = [family.constants(basis) for family in self._families]
            self._constants[layout] = constants
        moment = Moment(basis=basis, windows=windows, now_ms=now_ms, watch=watch)
        columns: dict[str, dict[str, Column]] = {}
        levels: dict[str, Level] = {}
        for family, fixed in zip(self._families, constants, strict=True):
            if family.scope.level is None:
                continue
            levels[family.scope.table] = family.scope.level
            of_table = columns.setdefault(family.scope.table, {})
            of_table |= fixed
            of_table |= {s.name: moment.station_point(s.point) for s in family.signals if s.point}
            of_table |= family.columns(moment)
        return {
            table: SignalTable(
                layout.subjects(level), columns[table], watch.names if table == WATCH.table else {}
            )
            for table, level in levels.items()
        }
