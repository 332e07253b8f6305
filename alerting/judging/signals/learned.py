"""Figures that stand from slot to slot, as signals: what `alerting.judging.learned` gives for stations and sources."""

from alerting.judging.learned.declared import Learns
from alerting.judging.learned.registry import SOURCE_LEARNS, STATION_LEARNS
from alerting.judging.signals.family import Columns, Family, Moment, Signal
from config.rules.scopes import SOURCE, STATION
from heating.points import Measurement

__all__ = ["SOURCES", "STATIONS"]


def _signals(learns: Learns) -> tuple[Signal, ...]:
    return tuple(Signal(figure.name, figure.unit, figure.meaning) for figure in learns.figures)


def _of(moment: Moment, measurement: Measurement) -> Columns:
    memory = moment.windows.memory(measurement)
    # Copies: the next slot writes over what the memory gives.
    figures = memory.figures.copy()
    return {figure.name: figures[place] for place, figure in enumerate(memory.learns.figures)}


STATIONS = Family(
    scope=STATION,
    signals=_signals(STATION_LEARNS),
    columns=lambda moment: _of(moment, moment.basis.of),
    of_circuits=True,
)
SOURCES = Family(
    scope=SOURCE,
    signals=_signals(SOURCE_LEARNS),
    columns=lambda moment: _of(moment, Measurement.SOURCE),
)
