"""What the watch knows of itself, the same at every heat source."""

import numpy as np

from alerting.judging.signals.family import Columns, Family, Moment, Signal
from config.rules.scopes import WATCH
from heating.heat_tree import Level

__all__ = ["FAMILY"]


def _columns(moment: Moment) -> Columns:
    ones = np.ones(len(moment.basis.layout.subjects(Level.SOURCE)))
    return {"blind_s": moment.watch.blind_s * ones, "feed_down_s": moment.watch.feed_down_s * ones}


FAMILY = Family(
    scope=WATCH,
    signals=(
        Signal("blind_s", "s", "time between this judging of the rules and the one before"),
        Signal("feed_down_s", "s", "time since readings could last come in; 0 while they can"),
    ),
    columns=_columns,
)
