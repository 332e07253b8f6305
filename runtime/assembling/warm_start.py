"""`WarmStart`: the live state filled from the store, the newest values before a start, the past beside the house.

A store that is away must not keep the house from starting: messages are spooled meanwhile, and live values come from
the broker. Here is when a part is read and what happens when it cannot be; what is read lives in `alerting.serving.warm_start`.
"""

from datetime import datetime, timedelta

import structlog

from alerting.judging.live_state import LiveState
from alerting.serving.warm_start import warm_newest, warm_past
from heating.background import BackgroundLoop
from heating.clock import Clock
from heating.errors import HeatingError
from heating.protocols import Health, HealthStatus, TimeSeriesStore

__all__ = ["WarmStart"]

_log = structlog.get_logger()
_AGAIN_AFTER_S = 5.0
"""Pause before a store that did not answer is asked again [s]."""
_PATIENCE = timedelta(minutes=10)
"""Rules wait this long for the past; then they judge by what came in since the start."""


class WarmStart:
    """Reads the store: the newest values at once when it answers, else as soon as it does; then the past.

    Parameters
    ----------
    live_state : LiveState
        What is filled.
    store : TimeSeriesStore
        What is read.
    clock : Clock
        End of the past.
    again_after_s : float
        Pause before a store that did not answer is asked again [s].
    """

    def __init__(
        self,
        *,
        live_state: LiveState,
        store: TimeSeriesStore,
        clock: Clock,
        again_after_s: float = _AGAIN_AFTER_S,
    ) -> None:
        self._live_state = live_state
        self._store = store
        self._clock = clock
        self._loop = BackgroundLoop(
            self._step,
            name="warm-start",
            every_s=again_after_s,
            on_error=lambda error: _log.error("runtime.warm_start_failed", error=str(error)),
            stop_timeout_s=15.0,
        )
        self._newest_read_at: datetime | None = None
        self._fault = ""
        self.done = False
        """Whether both parts were read."""

    def start(self) -> None:
        """Read the newest values in the caller's thread, then go on in the background."""
        self._try_newest()
        self._loop.start()

    def stop(self) -> None:
        """Stop reading; a request that is under way is waited for a while."""
        self._loop.stop()

    @property
    def is_alive(self) -> bool:
        """Whether it still reads, or has read all there is."""
        return self.done or self._loop.is_running

    def health(self) -> Health:
        """Return degraded while the store has not answered; reading the past is no fault."""
        figures = {"newest_read": float(self._newest_read_at is not None), "past_read": float(self.done)}
        if self._fault:
            return Health(HealthStatus.DEGRADED, self._fault, figures)
        return Health(
            HealthStatus.OK, "" if self.done else "the hours before the start are being read", figures
        )

    def _step(self) -> None:
        if self._newest_read_at is not None or self._try_newest():
            self._try_past()
        if self.done:
            self._loop.request_stop()

    def _try_newest(self) -> bool:
        now = self._clock.now()
        try:
            warm_newest(self._live_state, self._store, now=now)
        except HeatingError as error:
            self._fault = str(error)
            _log.warning("runtime.warm_start_waits", error=str(error))
            return False
        self._newest_read_at, self._fault = now, ""
        return True

    def _try_past(self) -> None:
        began = self._newest_read_at
        assert began is not None
        try:
            warm_past(self._live_state, self._store, now=began, stopped=lambda: self._loop.is_stopping)
        except HeatingError as error:
            self._fault = str(error)
            _log.warning("runtime.past_waits", error=str(error))
            if self._clock.now() - began > _PATIENCE and self._live_state.past_is_missing:
                self._live_state.past_is_missing = False
                _log.warning("runtime.past_given_up", waited_s=(self._clock.now() - began).total_seconds())
        else:
            self._fault = ""
            self.done = not self._loop.is_stopping
