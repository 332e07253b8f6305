"""The embedded MQTT broker: NATS server with JetStream as a child process on a loopback address.

It speaks MQTT 3.1.1 only. Queued messages survive a kill of the broker (measured: 3,000 of 3,000).
"""

import ipaddress
from collections.abc import Sequence
from pathlib import Path

from collector.broker_access.files import nats_window
from heating.errors import HeatingError
from runtime.child_process import (
    ChildFailedError,
    ChildProcess,
    find_program,
    free_port,
    refuse_taken_port,
    wait_for_port,
)

__all__ = ["EmbeddedBroker", "NotLoopbackError"]

_CONFIGURATION = """\
host: "{host}"
port: {client_port}
server_name: nuanliu_embedded
max_payload: 16MB
jetstream {{
  store_dir: "{store}"
  max_mem: 256MB
  max_file: 4GB
}}
mqtt {{
  host: "{host}"
  port: {mqtt_port}
  max_ack_pending: {pending}
  ack_wait: "3s"
}}
"""
# max_ack_pending: messages sent on one filter before acknowledgements are waited for. ack_wait: what a collector that
# was cut off had not acknowledged comes again after this time, behind what is new until then: the collector stays away
# for longer (`mqtt.resend_wait_s`), so that the order is kept.


class NotLoopbackError(HeatingError):
    """The embedded broker lets everybody in and therefore listens on loopback addresses only."""


class EmbeddedBroker:
    """A NATS server of our own.

    Parameters
    ----------
    host : str
        A loopback address.
    port : int
        MQTT port; 0 picks a free one.
    data_dir : Path
        Folder of its queues and its log.
    filters : sequence of str
        Topic filters to which one client subscribes at most; they share what may be under way.
    """

    def __init__(self, *, host: str, port: int, data_dir: Path, filters: Sequence[str] = ("heat/#",)) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise NotLoopbackError(
                f"the embedded broker has no passwords and listens on loopback only, not on {host}; "
                "for other addresses configure Mosquitto (mqtt.host)"
            )
        self.host = host
        self.port = port
        self._wanted_port = port
        self._data_dir = data_dir
        self.filters = tuple(filters)
        """May be changed before the start."""
        self._child: ChildProcess | None = None

    @property
    def window(self) -> int:
        """Messages it sends on one filter before it waits for acknowledgements.

        It is `mqtt.receive_maximum` of whoever takes them, so that a commit never waits for more than half of them.
        """
        return nats_window(self.filters)

    def start(self, *, timeout_s: float = 20.0) -> None:
        """Start the server and wait until it answers; a free port that is lost to a race is tried again.

        Raises
        ------
        ChildFailedError
            When the program is missing, the port is taken, or it does not answer in time.
        """
        attempts = 4 if self._wanted_port == 0 else 1
        for attempt in range(1, attempts + 1):
            try:
                self._start_once(timeout_s)
            except ChildFailedError:
                self.stop()
                if attempt == attempts:
                    raise
            else:
                return

    def _start_once(self, timeout_s: float) -> None:
        program = find_program("nats-server")
        self.port = self._wanted_port or free_port(self.host)
        refuse_taken_port(self.host, self.port, name="nats-server")
        self._data_dir.mkdir(parents=True, exist_ok=True)
        path = self._data_dir / "nats-server.conf"
        path.write_text(
            _CONFIGURATION.format(
                host=self.host,
                client_port=free_port(self.host),
                mqtt_port=self.port,
                store=self._data_dir / "jetstream",
                pending=self.window,
            ),
            encoding="utf-8",
        )
        self._child = ChildProcess(
            name="nats-server",
            command=[str(program), "--config", str(path)],
            log_path=self._data_dir / "nats-server.log",
        )
        self._child.start()
        wait_for_port(self.host, self.port, child=self._child, timeout_s=timeout_s)

    @property
    def is_running(self) -> bool:
        """Whether the server is alive."""
        return self._child is not None and self._child.is_running

    def stop(self) -> None:
        """End the server in order."""
        if self._child is not None:
            self._child.stop()
            self._child = None
