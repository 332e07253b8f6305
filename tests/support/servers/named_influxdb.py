"""An InfluxDB of one's own for the contract suite, the outage tests and ``bench store``, named in the environment.

See CONTRIBUTING.md.

``NUANLIU_TEST_INFLUXDB_URL`` (``http://host:port``), ``_TOKEN`` (``user:password`` for 1.x), ``_ORG`` (2.x) and
``_FLAVOUR`` (``v1``, ``v2``, ``v3``; empty: found by ``/ping``). A test takes a database of its own and drops it, so that
3.x Core, which holds five, never holds more than that of one test and its roll-ups.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from config.settings.tree import TimeSeriesSettings
from storage.readings.errors import TimeSeriesError
from storage.readings.influxdb.buckets import rollup_bucket
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.store import InfluxDBStore
from tests.support.servers.influxdb import InfluxdbServer
from tests.support.tcp_proxy import TcpProxy, running_proxy

__all__ = ["FailingInfluxdb", "NamedInfluxdb", "failing_influxdb", "named_influxdb"]

_PREFIX = "NUANLIU_TEST_INFLUXDB_"


@dataclass(frozen=True, slots=True)
class NamedInfluxdb:
    """A server that the environment names."""

    url: str
    token: str | None
    org: str
    flavour: Flavour | None

    def settings(self, database: str) -> TimeSeriesSettings:
        """Return the settings that reach a database of this server."""
        return TimeSeriesSettings.model_validate(
            {
                "url": self.url.replace("http", "influxdb", 1),
                "token": self.token,
                "org": self.org,
                "flavour": self.flavour or "auto",
                "database": database,
            }
        )

    def drop_database(self, name: str) -> None:
        """Drop the database or buckets of a test; what is not there is no mistake."""
        store = InfluxDBStore(self.url, database=name, token=self.token, org=self.org, flavour=self.flavour)
        try:
            transport = store._open()
            flavour = store.flavour or Flavour.V2
            for place in (name, rollup_bucket(flavour, name)):
                if flavour is Flavour.V1:
                    transport.query(f'DROP DATABASE "{name}"')
                elif flavour is Flavour.V2:
                    found = transport.call("GET", "/api/v2/buckets", query={"name": place, "org": self.org})
                    for bucket in found["buckets"]:
                        transport.call("DELETE", f"/api/v2/buckets/{bucket['id']}")
                else:
                    transport.call("DELETE", "/api/v3/configure/database", query={"db": place})
        except TimeSeriesError:
            return
        finally:
            store.close()


def named_influxdb() -> NamedInfluxdb | None:
    """Return the server that the environment names, None when it names none."""
    url = os.environ.get(f"{_PREFIX}URL")
    if not url:
        return None
    flavour = os.environ.get(f"{_PREFIX}FLAVOUR")
    return NamedInfluxdb(
        url=url,
        token=os.environ.get(f"{_PREFIX}TOKEN"),
        org=os.environ.get(f"{_PREFIX}ORG", "nuanliu"),
        flavour=Flavour(flavour) if flavour else None,
    )


@dataclass(frozen=True, slots=True)
class FailingInfluxdb:
    """A server that a test takes away and gives back, with a database of its own."""

    settings: TimeSeriesSettings
    server: InfluxdbServer | TcpProxy
    """A server of the test, which is killed; or a proxy before a named one, which nobody may end."""

    def go_away(self) -> None:
        """Answer nobody any more, without a word."""
        if isinstance(self.server, TcpProxy):
            self.server.go_away()
        else:
            self.server.process.kill()

    def come_back(self) -> None:
        """Answer again, with everything that was stored."""
        if isinstance(self.server, TcpProxy):
            self.server.come_back()
        else:
            self.server.process.start()


@contextmanager
def failing_influxdb(named: NamedInfluxdb, database: str) -> Iterator[FailingInfluxdb]:
    """Put a proxy before a named server (plain ``http``); the database is dropped at the end."""
    place = urlsplit(named.url)
    with running_proxy(place.port or 80, target_host=place.hostname or "127.0.0.1") as proxy:
        reached = replace(named, url=f"http://127.0.0.1:{proxy.port}")
        yield FailingInfluxdb(reached.settings(database), proxy)
    named.drop_database(database)
