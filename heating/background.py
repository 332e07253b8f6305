"""`BackgroundLoop`: one thread that repeats one step until it is stopped. Every loop of the product is one of these, and
`Looped` is what lives by one.

What lives here: pauses, waking, the last step, and what an error does. What does not: logging (the owner is called
with the error) and what a step does.
"""

import threading
from collections.abc import Callable

from heating.errors import HeatingError

__all__ = ["BackgroundLoop", "Looped"]


class BackgroundLoop:
    """Repeats a step in a thread of its own.

    A `HeatingError` is handed to `on_error` and the loop goes on: a store that is away comes back. So does an
    `OSError`: descriptors, disk and memory that are short now are there again later. Any other exception is handed over
    too and then ends the loop, so that `is_running` turns false and the supervisor sees a broken part instead of one
    that silently does half its work.

    Parameters
    ----------
    step : callable
        Called again and again. Returns the pause before the next call [s], or None for `every_s`.
    name : str
        Name of the thread.
    every_s : float
        Pause between two steps [s].
    on_error : callable
        Called with the exception, in the loop's thread; usually logs it.
    survives : tuple of exception types
        What the loop goes on after.
    first_after_s : float
        Pause before the first step [s].
    last_step : bool
        Whether `stop` has the step done once more, so that what was gathered is not lost.
    stop_timeout_s : float
        How long `stop` waits for the step at hand [s].
    """

    def __init__(
        self,
        step: Callable[[], float | None],
        *,
        name: str,
        every_s: float,
        on_error: Callable[[Exception], object],
        survives: tuple[type[Exception], ...] = (HeatingError, OSError),
        first_after_s: float = 0.0,
        last_step: bool = False,
        stop_timeout_s: float = 10.0,
    ) -> None:
        self._step = step
        self._every_s = every_s
        self._on_error = on_error
        self._survives = survives
        self._first_after_s = first_after_s
        self._last_step = last_step
        self._stop_timeout_s = stop_timeout_s
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._name = name
        self._thread = self._new_thread()

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name=self._name, daemon=True)

    def start(self) -> None:
        """Begin; a loop whose thread has ended begins again, one that runs goes on."""
        if self._thread.is_alive():
            return
        if self._thread.ident is not None:
            self._thread = self._new_thread()
            self._stopping.clear()
        self._thread.start()

    def stop(self) -> None:
        """End after the step at hand and wait for it; a loop that never started stays so."""
        self.request_stop()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(self._stop_timeout_s)

    def request_stop(self) -> None:
        """Ask for the end without waiting; a step may call this to end its own loop."""
        self._stopping.set()
        self._woken.set()

    def wake(self) -> None:
        """Have the next step done now; a call during a step is not lost."""
        self._woken.set()

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    @property
    def has_died(self) -> bool:
        """Whether the thread ended although nobody asked it to; a loop that never started is not dead."""
        started = self._thread.ident is not None
        return started and not self._thread.is_alive() and not self._stopping.is_set()

    @property
    def is_stopping(self) -> bool:
        """Whether the end was asked for; long steps look at it."""
        return self._stopping.is_set()

    def _run(self) -> None:
        pause_s: float | None = self._first_after_s
        while not self._stopping.is_set():
            if pause_s is None or pause_s > 0:
                self._woken.wait(self._every_s if pause_s is None else pause_s)
            # Cleared before the step and not after it: what wakes the loop while the step runs must count.
            self._woken.clear()
            if self._stopping.is_set():
                break
            try:
                pause_s = self._step()
            except self._survives as error:
                self._on_error(error)
                pause_s = None
            except Exception as error:  # noqa: BLE001 - the owner logs it, the supervisor sees the dead thread
                self._on_error(error)
                return
        if self._last_step:
            try:
                self._step()
            except Exception as error:  # noqa: BLE001 - the thread ends here whatever happens
                self._on_error(error)


class Looped:
    """What lives by one loop: starts, stops and runs with it. A subclass makes `_loop` and says what its steps do."""

    _loop: BackgroundLoop

    def start(self) -> None:
        """Begin; returns at once."""
        self._loop.start()

    def stop(self) -> None:
        """End after the step at hand, or after one last step where the loop has one, and wait for it."""
        self._loop.stop()

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._loop.is_running
