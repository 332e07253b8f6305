"""An InfluxDB of one's own for the contract suite, named in the environment (CONTRIBUTING.md).

``NUANLIU_TEST_INFLUXDB_URL`` (``http://host:port``), ``_TOKEN`` (``user:password`` for 1.x), ``_ORG`` (2.x) and
``_FLAVOUR`` (``v1``, ``v2``, ``v3``; empty: found by ``/ping``). A test takes a database of its own and drops it, so that
3.x Core, which holds five, never holds more than that of one test and its roll-ups.
"""

import os
from dataclasses import dataclass

from storage.readings.errors import TimeSeriesError
from storage.readings.influxdb.buckets import rollup_bucket
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.store import InfluxDBStore

__all__ = ["NamedInfluxdb", "named_influxdb"]

_PREFIX = "NUANLIU_TEST_INFLUXDB_"


@dataclass(frozen=True, slots=True)
class NamedInfluxdb:
    """A server that the environment names."""

    url: str
    token: str | None
    org: str
    flavour: Flavour | None

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
