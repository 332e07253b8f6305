"""PostgreSQL: a cluster of the tests' own, made by ``initdb``, listening on the loopback address only."""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.servers.child_process import (
    LOOPBACK,
    ServerFailed,
    ServerMissing,
    ServerProcess,
    command_prefix,
    find_program,
    start_with_free_port,
)

SUPERUSER = "nuanliu"
"""Database user of the cluster; the cluster trusts the loopback address, so it has no password."""

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "unix_socket_directories": "",
    "listen_addresses": LOOPBACK,
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}
"""Server settings: durability is given up, because a cluster lives only as long as the tests."""


@dataclass(slots=True)
class PostgresqlServer:
    """A running cluster; ``directory`` is removed by `remove`."""

    host: str
    port: int
    process: ServerProcess
    directory: Path

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self.process.pid

    def url(self, database: str = "postgres") -> str:
        """SQLAlchemy address of a database of this cluster."""
        return f"postgresql+psycopg://{SUPERUSER}@{self.host}:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """A psycopg connection that commits every statement."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=SUPERUSER,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )

    def create_database(self, name: str) -> str:
        """Create an empty database and return its SQLAlchemy address."""
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, ending the connections that are still open to it."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def stop(self) -> None:
        """End the server in an orderly way."""
        self.process.stop()

    def kill(self) -> None:
        """End the server as a crash would."""
        self.process.kill()

    def restart(self, *, crash: bool = False) -> None:
        """Start the server again, after a kill with ``crash``."""
        self.process.restart(crash=crash)

    def remove(self) -> None:
        """End the server and delete its folder."""
        self.process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def start_postgresql() -> PostgresqlServer:
    """Make a cluster and start it.

    Its folder is not below pytest's, which only its owner may enter: as root the server runs as another user.

    Raises
    ------
    ServerMissing, ServerFailed
        See `child_process`.
    """
    initdb = _find_server_program("initdb")
    postgres = _find_server_program("postgres")
    owner = _unprivileged_user()
    directory = _own_folder(owner)
    data = directory / "cluster"
    options = ["--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
    made = subprocess.run(
        [*command_prefix(owner), str(initdb), "--pgdata", str(data), "--username", SUPERUSER, *options],
        cwd=directory,
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    if made.returncode != 0:
        shutil.rmtree(directory, ignore_errors=True)
        raise ServerFailed(f"initdb failed\n{made.stdout}{made.stderr}")

    def build(port: int) -> PostgresqlServer:
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        process = ServerProcess(
            name="postgres",
            command=[str(postgres), "-D", str(data), f"--port={port}", *settings],
            directory=directory,
            ready=lambda: _answers(port),
            run_as=owner,
        )
        return PostgresqlServer(LOOPBACK, port, process, directory)

    return start_with_free_port(build, lambda server: server.process.start())


def _find_server_program(name: str) -> Path:
    """Debian keeps the server's programs out of PATH, one folder a version: take the newest."""
    versions = sorted(
        (path for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")),
        key=lambda path: float(path.parts[-3]),
    )
    return versions[-1] if versions else find_program(name, package="postgresql")


def _unprivileged_user() -> str | None:
    """User for the server when we are root, which PostgreSQL refuses to run as; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise ServerMissing("PostgreSQL refuses to run as root and there is no user postgres or nobody")


def _own_folder(owner: str | None) -> Path:
    """A new folder that ``owner`` may enter, in the temporary folder or, when that is closed, in /var/tmp."""
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        directory = Path(tempfile.mkdtemp(prefix="nuanliu-postgresql-", dir=parent))
        if owner is None:
            return directory
        shutil.chown(directory, owner)
        entered = subprocess.run(
            [*command_prefix(owner), "test", "-w", str(directory)], capture_output=True, check=False, cwd="/"
        )
        if entered.returncode == 0:
            return directory
        directory.rmdir()
    raise ServerFailed(f"no temporary folder that the user {owner} may enter")


def _answers(port: int) -> bool:
    try:
        with psycopg.connect(host=LOOPBACK, port=port, user=SUPERUSER, dbname="postgres", connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False
