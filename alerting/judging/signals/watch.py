"""What the watch knows of itself, the same at every heat source."""

import numpy as np

from alerting.judging.signals.family import Columns, Family, Moment, Signal
from config.rules.scopes import WATCH
from heating.heat_tree import Level

__all__ = ["FAMILY"]


def _columns(moment: Moment) -> Columns:
    ones = np.ones(len(moment.basis.layout.subjects(Level.SOURCE)))
    return {signal.name: getattr(moment.watch, signal.name) * ones for signal in _SIGNALS}


_SIGNALS = (
    Signal("blind_s", "s", "time between this judging of the rules and the one before"),
    Signal("feed_down_s", "s", "time since readings could last come in; 0 while they can"),
    Signal(
        "clock_jump_s", "s", "how far the machine's clock jumped since the judging before; negative: back"
    ),
    Signal("lost_s", "s", "length of the span in which readings were lost before a collector took them"),
    Signal("lost_messages", "", "messages lost in that span, as far as they were counted"),
    Signal("lost_from_s", "s", "start of that span, seconds since 1970"),
    Signal("lost_until_s", "s", "end of that span, seconds since 1970"),
    Signal("throttled_messages", "", "messages of senders above their share that were kept aside; 0: none"),
    Signal("refused_values", "", "values that the store refuses for the type of their field; 0: none"),
)
"""Named as the fields of `WatchFigures`."""

FAMILY = Family(scope=WATCH, signals=_SIGNALS, columns=_columns)
