"""VictoriaMetrics of the Debian package ``victoria-metrics``, for tests of the InfluxDB 2 write path."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.servers.child_process import LOOPBACK, ServerProcess, find_program, start_with_free_port
from tests.support.servers.http_probe import answers, fetch


@dataclass(slots=True)
class VictoriaMetricsServer:
    """A running server; it takes line protocol on ``/write`` and ``/api/v2/write``."""

    host: str
    port: int
    process: ServerProcess

    @property
    def url(self) -> str:
        """Base address of its HTTP interface."""
        return f"http://{self.host}:{self.port}"

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

    def export(self, match: str) -> list[dict[str, Any]]:
        """Raw series that ``match`` selects, everything written so far made visible first.

        Returns
        -------
        list of dict
            One a series: ``metric`` (labels), ``values``, ``timestamps`` [ms].
        """
        fetch(self.port, "/internal/force_flush")
        status, body = fetch(self.port, "/api/v1/export?" + urlencode({"match[]": match}))
        if status != 200:
            raise RuntimeError(f"VictoriaMetrics refused {match!r}: {status} {body!r}")
        return [json.loads(line) for line in body.splitlines()]


def start_victoria_metrics(directory: Path) -> VictoriaMetricsServer:
    """Start a server of its own in an empty folder.

    Raises
    ------
    ServerMissing, ServerFailed
        See `child_process`.
    """
    program = find_program("victoria-metrics", package="victoria-metrics")
    directory.mkdir(parents=True, exist_ok=True)

    def build(port: int) -> VictoriaMetricsServer:
        process = ServerProcess(
            name="victoria-metrics",
            command=[
                str(program),
                f"-httpListenAddr={LOOPBACK}:{port}",
                f"-storageDataPath={directory / 'data'}",
                "-retentionPeriod=50y",
                "-search.latencyOffset=0s",
                "-memory.allowedBytes=256MB",
                "-loggerLevel=WARN",
            ],
            directory=directory,
            ready=lambda: answers(port, "/health"),
        )
        return VictoriaMetricsServer(LOOPBACK, port, process)

    return start_with_free_port(build, lambda server: server.process.start())
