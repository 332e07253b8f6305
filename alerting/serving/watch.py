"""What the watch knows of itself: how long the rules were not judged, and how long no readings could come in.

Signals of the rules DQ-14 and DQ-16 to DQ-18, which nothing inhibits. A pause is seen by the first judging after it; while nothing judges
at all, /readyz and the supervisor must say it. Not here: the rules (``config/defaults/rules/data_quality/``).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from alerting.judging.signals.family import CALM, WatchFigures
from heating.clock import Clock
from heating.intake_troubles import IntakeTrouble, TroubleKind
from heating.intervals import to_epoch_ms
from heating.losses import ReadingLoss
from heating.protocols import Health, HealthStatus

__all__ = ["Watch"]

_LOSS_LASTS = timedelta(minutes=10)
"""A loss counts as present for so long after it was reported."""


_TROUBLE_LASTS = timedelta(minutes=3)
"""A trouble counts as present for so long after it was reported; it is reported every minute while it lasts."""


class Watch:
    """Looks at the feed and remembers since when it is down.

    Parameters
    ----------
    feed : callable or None
        State of what brings the readings in; None: not known, taken as up.
    clock : Clock
        Its speed turns virtual seconds into those of the people who wait.
    losses : callable, optional
        Losses that were reported after a moment [epoch ms].
    troubles : callable, optional
        Troubles of collectors that were reported after a moment [epoch ms].
    judged_before : callable, optional
        When rules were last judged by any process; asked where this one has judged nothing yet.
    """

    def __init__(
        self,
        feed: Callable[[], Health] | None,
        *,
        clock: Clock,
        losses: Callable[[int], Sequence[ReadingLoss]] | None = None,
        troubles: Callable[[int], Sequence[IntakeTrouble]] | None = None,
        judged_before: Callable[[], datetime | None] | None = None,
    ) -> None:
        self._feed = feed
        self._troubles = troubles
        self._judged_before = judged_before
        self._losses = losses
        self._clock = clock
        self._down_since: datetime | None = None
        self._reported: dict[str, Any] = {}

    def calm(self) -> WatchFigures:
        """Return the figures of history: nobody was watching then, so the watch was not blind."""
        self._down_since = None
        return CALM

    def follow_clock(self, by: timedelta) -> None:
        """Move along after the clock jumped."""
        self._down_since = None if self._down_since is None else self._down_since + by

    def look(
        self, *, now: datetime, last: datetime | None, clock_jump_s: float = 0.0, records_away: bool = False
    ) -> WatchFigures:
        """Return the figures at a judging; `last` is the one before, None for the first.

        While the records are away nobody is asked what was reported, and what was heard last stays.

        Raises
        ------
        heating.errors.HeatingError
            When the records cannot be read and are not known to be away.
        """
        down = self._feed is not None and self._feed().status is HealthStatus.DOWN
        self._down_since = (self._down_since or now) if down else None
        if not records_away:
            self._reported = {**self._lost(now), **self._kept_aside(now)}
            if last is None and self._judged_before is not None:
                last = self._judged_before()
        return WatchFigures(
            blind_s=self._seconds(last, now),
            feed_down_s=self._seconds(self._down_since, now),
            clock_jump_s=clock_jump_s,
            **self._reported,
        )

    def _lost(self, now: datetime) -> dict[str, Any]:
        """Return the figures of what was lost before a collector took it."""
        losses = [] if self._losses is None else self._losses(to_epoch_ms(now - _LOSS_LASTS))
        since_s = min((loss.since_ms for loss in losses), default=0) / 1000
        until_s = max((loss.until_ms for loss in losses), default=0) / 1000
        return {
            "lost_s": max(until_s - since_s, 1.0) if losses else 0.0,
            "lost_messages": sum(loss.number for loss in losses),
            "lost_from_s": since_s,
            "lost_until_s": until_s,
        }

    def _kept_aside(self, now: datetime) -> dict[str, Any]:
        """Return the figures and words of what collectors keep aside instead of storing it."""
        found = [] if self._troubles is None else self._troubles(to_epoch_ms(now - _TROUBLE_LASTS))
        by_number = sorted(found, key=lambda one: -one.number)
        throttled = [one for one in by_number if one.kind is TroubleKind.SENDERS_THROTTLED]
        refused = [one for one in by_number if one.kind is TroubleKind.FIELD_TYPE]
        names: dict[str, str] = {}
        if throttled:
            names["throttled_senders"] = ", ".join(one.senders for one in throttled)
        if refused:
            names["refused_measurement"] = refused[0].measurement
            names["refused_field"] = refused[0].field
            names["refused_there_type"] = refused[0].there_type
        return {
            "throttled_messages": float(sum(one.number for one in throttled)),
            "refused_values": float(sum(one.number for one in refused)),
            "names": names,
        }

    def _seconds(self, since: datetime | None, now: datetime) -> float:
        speed = max(1.0, self._clock.speed)
        return 0.0 if since is None else (now - since).total_seconds() / speed
