"""InfluxDB 1.6.7 of the Debian package ``influxdb``, for tests."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.servers.child_process import (
    LOOPBACK,
    ServerProcess,
    find_program,
    free_port,
    start_with_free_port,
)
from tests.support.servers.http_probe import answers, fetch

CONFIGURATION = """\
reporting-disabled = true
bind-address = "{host}:{backup_port}"

[meta]
  dir = "{directory}/meta"
  logging-enabled = false

[data]
  dir = "{directory}/data"
  wal-dir = "{directory}/wal"
  index-version = "{index}"
  query-log-enabled = false
  max-series-per-database = 0
  max-values-per-tag = {max_values_per_tag}

[http]
  bind-address = "{host}:{port}"
  log-enabled = false
  max-body-size = 0
{http}

[monitor]
  store-enabled = false

[continuous_queries]
  enabled = false

[logging]
  level = "warn"
  suppress-logo = true
{more}
"""


@dataclass(slots=True)
class InfluxdbServer:
    """A running server."""

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

    def query(self, influxql: str, *, database: str | None = None) -> list[dict[str, Any]]:
        """Run InfluxQL and return the results; POST, so that statements that change things work too.

        Raises
        ------
        RuntimeError
            When the server refuses the statement.
        """
        parameters = {"q": influxql, "epoch": "ms"}
        if database is not None:
            parameters["db"] = database
        status, body = fetch(self.port, "/query?" + urlencode(parameters), method="POST")
        answer = json.loads(body)
        results: list[dict[str, Any]] = answer.get("results", [])
        failures = [result["error"] for result in results if "error" in result]
        if status != 200 or failures:
            raise RuntimeError(f"InfluxDB refused {influxql!r}: {status} {answer}")
        return results

    def create_database(self, name: str) -> str:
        """Create a database and return its name."""
        self.query(f'CREATE DATABASE "{name}"')
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database."""
        self.query(f'DROP DATABASE "{name}"')


def start_influxdb(
    directory: Path, *, http: str = "", more: str = "", index: str = "tsi1", max_values_per_tag: int = 0
) -> InfluxdbServer:
    """Start a server of its own.

    Parameters
    ----------
    directory
        Empty folder for its data, log and configuration.
    http
        Lines added to the section ``[http]``, for example ``auth-enabled = true``.
    more
        Sections added at the end of the configuration.
    index
        ``inmem`` (the server's default) or ``tsi1``.
    max_values_per_tag
        Limit of the index ``inmem``; 0: none.

    Raises
    ------
    ServerMissing, ServerFailed
        See `child_process`.
    """
    program = find_program("influxd", package="influxdb")
    directory.mkdir(parents=True, exist_ok=True)

    def build(port: int) -> InfluxdbServer:
        path = directory / "influxdb.conf"
        path.write_text(
            CONFIGURATION.format(
                host=LOOPBACK,
                port=port,
                backup_port=free_port(),
                directory=directory,
                http=http,
                more=more,
                index=index,
                max_values_per_tag=max_values_per_tag,
            )
        )
        process = ServerProcess(
            name="influxd",
            command=[str(program), "run", "-config", str(path)],
            directory=directory,
            ready=lambda: answers(port, "/ping"),
            environment={"HOME": str(directory), "GOMAXPROCS": "2"},
        )
        return InfluxdbServer(LOOPBACK, port, process)

    return start_with_free_port(build, lambda server: server.process.start())
