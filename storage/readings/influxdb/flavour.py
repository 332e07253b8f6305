"""Which InfluxDB answers, by the headers of ``GET /ping``."""

from collections.abc import Mapping
from enum import StrEnum

__all__ = ["Flavour", "flavour_of_ping"]


class Flavour(StrEnum):
    """Generations that differ in how they are written to and how rights are shown."""

    V1 = "v1"
    """1.x: ``/write``, user and password, databases with retention policies."""
    V2 = "v2"
    """2.x: ``/api/v2/write``, token, buckets."""
    V3 = "v3"
    """3.x: the write endpoint of 2.x, token, databases."""


def flavour_of_ping(status: int, headers: Mapping[str, str]) -> Flavour | None:
    """Return the flavour that an answer to ``/ping`` shows, None when it shows none.

    Parameters
    ----------
    status
        HTTP status of the answer; 401 comes from 3.x alone, which guards ``/ping`` too.
    headers
        Headers of the answer; names in any case.
    """
    named = {name.lower(): value for name, value in headers.items()}
    version = named.get("x-influxdb-version", "").strip().removeprefix("v")
    if version.startswith("1.") or (not version and named.get("x-influxdb-build", "") == "relay"):
        return Flavour.V1
    if version.startswith("2."):
        return Flavour.V2
    if version.startswith("3.") or "x-influxdb-cluster-uuid" in named or status == 401:
        return Flavour.V3
    return None
