"""Which rooms a process runs, and what that asks of the settings."""

from enum import StrEnum

from config.mistakes import Mistake, MistakesError
from config.settings.tree import Settings

__all__ = ["EVERY_ROOM", "Room", "refuse_shared_embedded_store"]


class Room(StrEnum):
    """A room that can be a process of its own."""

    COLLECTOR = "collector"
    ALERTING = "alerting"
    DASHBOARD = "dashboard"


EVERY_ROOM = frozenset(Room)
"""All rooms in one process: ``nuanliu serve`` and the demo."""


def refuse_shared_embedded_store(settings: Settings, rooms: frozenset[Room]) -> None:
    """Refuse DuckDB where several processes would need it: one process owns its file.

    Raises
    ------
    config.located_yaml.MistakesError
        Names InfluxDB as the remedy.
    """
    if rooms != EVERY_ROOM and settings.timeseries.url.startswith("duckdb:"):
        problem = (
            "The embedded store (DuckDB) belongs to one process, and separate rooms are several processes."
        )
        remedy = (
            "Set timeseries.url to influxdb://host:port, or run everything in one process: nuanliu serve."
        )
        raise MistakesError([Mistake("timeseries.url", problem, remedy)])
