"""The network thread: connects, reads in bulk, writes, keeps alive and reconnects for ever.

It drives a `BatchClient` through paho's public interface for foreign event loops, so every call into paho comes from
this one thread. What does not live here: what the messages mean, and who acknowledges when.
"""

import selectors
import socket
from collections.abc import Callable
from time import monotonic
from typing import Any

import structlog

from collector.intake.backoff import Backoff
from collector.intake.mqtt.batch_client import READ_BYTES, BatchClient
from heating.background import BackgroundLoop

__all__ = ["NetworkLoop"]

STABLE_S = 300.0
"""A connection must last this long before reconnects are quick again [s]; reliability.md 11."""
FIRST_PAUSE_S = 0.5
"""First pause between two connects [s]."""
LONGEST_PAUSE_S = 60.0
"""Longest pause between two connects [s]."""
POLL_S = 0.5
"""Longest sleep of the loop [s]; keep-alive is checked at least this often."""
FAREWELL_S = 2.0
"""Longest time for the last acknowledgements and the DISCONNECT to leave [s]."""

log = structlog.get_logger()


class NetworkLoop:
    """Runs one client in a thread of its own.

    Parameters
    ----------
    client
        Prepared by `connect_async`.
    coalesce_s
        Pause after a read, so that messages come in bulk [s]; acknowledgements are sent meanwhile.
    may_read
        Whether the owner takes more messages; while it does not, the broker's window fills.
    backoff
        Pauses between connects.
    least_pause_s
        Shortest pause after a connection that ended, and after a broker that was away has come back [s].
    """

    def __init__(
        self,
        *,
        client: BatchClient,
        coalesce_s: float,
        may_read: Callable[[], bool],
        backoff: Backoff | None = None,
        least_pause_s: float = 0.0,
    ) -> None:
        self._client = client
        self._coalesce_s = coalesce_s
        self._may_read = may_read
        self._backoff = backoff or Backoff(
            first_s=FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S, stable_s=STABLE_S
        )
        self._least_pause_s = least_pause_s
        self._wake_receiver, self._wake_sender = socket.socketpair()
        self._wake_receiver.setblocking(False)
        self._wake_sender.setblocking(False)
        self._loop = BackgroundLoop(
            self._step,
            name="mqtt-network",
            every_s=POLL_S,
            on_error=self._failed,
            stop_timeout_s=FAREWELL_S + 10.0,
        )
        self._connect_after_s = 0.0
        self._is_away = False
        self._read_after_s = 0.0
        self.heartbeat_s = monotonic()
        """When the loop last turned [s, monotonic]."""
        self.last_error = ""
        """Why the last connect failed or ended; empty while all is well."""
        self.connects = 0

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._loop.is_running

    def start(self, *, after_s: float = 0.0) -> None:
        """Start the thread; it connects after a pause [s]."""
        self._connect_after_s = monotonic() + after_s
        self._loop.start()

    def stop(self) -> None:
        """Send what is queued, disconnect in order and end the thread."""
        self._loop.request_stop()
        self.wake()
        self._loop.stop()
        self._wake_receiver.close()
        self._wake_sender.close()

    def wake(self) -> None:
        """Let the loop turn now: there is something to send, or the owner reads again. Safe from any thread."""
        try:
            self._wake_sender.send(b"\0")
        except OSError:
            return  # full (it will turn anyway) or closed (nothing turns any more)

    def _step(self) -> float:
        """Serve one connection until it ends, or wait a little for the next try; return the pause [s].

        A long pause is waited for in short ones: the watchdog takes a loop without a heartbeat for dead.
        """
        self.heartbeat_s = monotonic()
        left_s = self._connect_after_s - self.heartbeat_s
        if left_s > 0:
            return min(left_s, POLL_S)
        is_back, connects = False, self.connects
        try:
            if self._is_away and self._least_pause_s:
                self._knock()
                is_back = True
            else:
                self._connect_and_serve()
        except Exception as error:  # noqa: BLE001 - a broker, a resolver or paho may fail in any way: try again
            self._failed(error)
        self.heartbeat_s = monotonic()
        pause_s = 0.0 if is_back else self._backoff.next_pause_s(now_s=self.heartbeat_s)
        self._is_away = not is_back and self.connects == connects
        if not self._is_away:
            pause_s = max(pause_s, self._least_pause_s)
        self._connect_after_s = self.heartbeat_s + pause_s
        return 0.0

    def _knock(self) -> None:
        """See whether a broker that was away listens again; the session is taken up after a pause.

        Raises
        ------
        OSError
            While it is away.
        """
        client = self._client
        socket.create_connection((client.host, client.port), timeout=client.connect_timeout).close()

    def _failed(self, error: Exception) -> None:
        self.last_error = f"{type(error).__name__}: {error}"
        if isinstance(error, OSError | ValueError):
            log.warning("mqtt.connection_failed", error=self.last_error)
        else:
            log.error("mqtt.loop_failed", error=self.last_error, exc_info=error)

    def _connect_and_serve(self) -> None:
        client = self._client
        client.reconnect()
        self.connects += 1
        self._read_after_s = 0.0
        with selectors.PollSelector() as selector:
            sock: Any = client.socket()
            if sock is None:
                return
            # Acknowledgements are small and leave one buffer at a time: with Nagle's algorithm the second would wait for
            # the broker's delayed acknowledgement of the first, 40 ms, and a small window would stand still meanwhile.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(self._wake_receiver, selectors.EVENT_READ)
            selector.register(sock, selectors.EVENT_READ)
            while client.socket() is sock and not self._loop.is_stopping:
                if client.is_connected():
                    self._backoff.succeeded(now_s=monotonic())
                    self.last_error = ""
                if not self._turn(selector, sock):
                    break
            if self._loop.is_stopping and client.socket() is sock:
                self._say_farewell(selector, sock)

    def _turn(self, selector: selectors.BaseSelector, sock: Any) -> bool:
        """Wait for the sockets once and serve them; return whether the connection goes on."""
        client = self._client
        now_s = monotonic()
        self.heartbeat_s = now_s
        client.flush_acknowledgements()
        left_s = self._read_after_s - now_s
        reading = left_s <= 0 and self._may_read()
        timeout_s = left_s if left_s > 0 else POLL_S
        wanted = (selectors.EVENT_READ if reading else 0) | (
            selectors.EVENT_WRITE if client.want_write() else 0
        )
        if reading and getattr(sock, "pending", _nothing_pending)():
            timeout_s = 0.0
        self._watch(selector, sock, wanted)
        ready = {key.fileobj: mask for key, mask in selector.select(timeout_s)}
        if self._wake_receiver in ready:
            self._swallow_wakes()
        mask = ready.get(sock, 0)
        if reading and (mask & selectors.EVENT_READ or timeout_s == 0.0) and not self._read():
            return False
        client.flush_acknowledgements()
        if client.want_write() and client.loop_write():
            return False
        return not client.loop_misc() and client.socket() is sock

    def _read(self) -> bool:
        before_s = self._client.last_packet_s
        if self._client.loop_read():
            return False
        if self._client.last_packet_s != before_s:
            # Reading at once again would bring a message or two each time, with all the cost of a turn; after a short
            # pause the socket holds hundreds.
            self._read_after_s = monotonic() + self._coalesce_s
        return True

    @staticmethod
    def _watch(selector: selectors.BaseSelector, sock: Any, wanted: int) -> None:
        """Set what the selector looks for on the socket; nothing at all takes it out for the turn."""
        known = sock in selector.get_map()
        match (known, bool(wanted)):
            case (True, True):
                selector.modify(sock, wanted)
            case (True, False):
                selector.unregister(sock)
            case (False, True):
                selector.register(sock, wanted)

    def _swallow_wakes(self) -> None:
        try:
            self._wake_receiver.recv(READ_BYTES)
        except BlockingIOError:
            return

    def _say_farewell(self, selector: selectors.BaseSelector, sock: Any) -> None:
        client = self._client
        client.flush_acknowledgements()
        client.disconnect()
        end_s = monotonic() + FAREWELL_S
        while client.socket() is sock and client.want_write() and monotonic() < end_s:
            self._watch(selector, sock, selectors.EVENT_WRITE)
            selector.select(0.1)
            if client.loop_write():
                return


def _nothing_pending() -> int:
    return 0
