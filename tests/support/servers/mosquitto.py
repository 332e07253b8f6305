"""Mosquitto, the MQTT broker of the Debian package, for tests."""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers.child_process import (
    LOOPBACK,
    ServerProcess,
    accepts_connections,
    find_program,
    start_with_free_port,
)

ANONYMOUS = "allow_anonymous true"
"""Access line of the default configuration."""


@dataclass(slots=True)
class MosquittoBroker:
    """A running broker; ``process`` stops, kills and restarts it on the same port."""

    host: str
    port: int
    process: ServerProcess
    configuration_path: Path

    @property
    def url(self) -> str:
        """Address as the settings write it."""
        return f"mqtt://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the broker."""
        return self.process.pid

    def stop(self) -> None:
        """End the broker in an orderly way."""
        self.process.stop()

    def kill(self) -> None:
        """End the broker as a crash would."""
        self.process.kill()

    def restart(self, *, crash: bool = False) -> None:
        """Start the broker again, after a kill with ``crash``."""
        self.process.restart(crash=crash)


def start_mosquitto(
    directory: Path, *, configuration: str = "", access: str = ANONYMOUS, port: int | None = None
) -> MosquittoBroker:
    """Start a broker of its own.

    Parameters
    ----------
    directory
        Empty folder for its configuration, log and persistence.
    configuration
        Lines added at the end of the configuration.
    access
        The access lines; replace them to test passwords and lists.
    port
        Fixed port, or None for a free one.

    Raises
    ------
    ServerMissing, ServerFailed
        See `child_process`.
    """
    program = find_program("mosquitto", package="mosquitto")
    directory.mkdir(parents=True, exist_ok=True)

    def build(chosen_port: int) -> MosquittoBroker:
        path = directory / "mosquitto.conf"
        own_user = ["user root"] if os.geteuid() == 0 else []
        lines = [
            f"listener {chosen_port} {LOOPBACK}",
            *own_user,
            "set_tcp_nodelay true",
            access,
            configuration,
        ]
        path.write_text("\n".join(lines) + "\n")
        process = ServerProcess(
            name="mosquitto",
            command=[str(program), "-c", str(path)],
            directory=directory,
            ready=lambda: accepts_connections(chosen_port),
            start_timeout_s=15.0,
        )
        return MosquittoBroker(LOOPBACK, chosen_port, process, path)

    if port is not None:
        broker = build(port)
        broker.process.start()
        return broker
    return start_with_free_port(build, lambda broker: broker.process.start())
