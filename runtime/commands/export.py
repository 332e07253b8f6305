"""``nuanliu export``: what the house knows as CSV, for people with a spreadsheet and for other tools."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast
from zoneinfo import ZoneInfo

import orjson
import typer

from heating.assets import Site
from heating.clock import SystemClock
from heating.heat_tree import Level, build_heat_tree
from heating.intervals import Interval
from heating.places import Places, sensors_of_homes
from heating.points import POINT_INDEX, Measurement
from runtime.commands.operator import note
from runtime.commands.terminal import (
    BAD_CONFIGURATION,
    FAILED,
    ConfigOption,
    complain,
    errors_as_messages,
    say,
    settings_from,
    show_progress,
    with_records,
)
from storage.readings.csv_export import export_csv
from storage.readings.errors import StoreInUseError
from storage.readings.opening import open_time_series_store
from storage.readings.parquet_export import WindowStore
from storage.records.household_report import household_report
from storage.registry_files.cells import with_quote

__all__ = ["export_app"]

export_app = typer.Typer(no_args_is_help=True, help="Readings, and names of objects, as CSV.")
_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
_TAGS = ("measurement", "tag", "id", "name", "area", "area_name", "station", "household")
_LEVELS = {
    Measurement.SOURCE: Level.SOURCE,
    Measurement.STATION: Level.STATION,
    Measurement.CIRCUIT: Level.CIRCUIT,
    Measurement.BUILDING: Level.BUILDING,
}


@export_app.command("readings")
def export_readings(
    file: Annotated[Path, typer.Argument(help="CSV file to write.")],
    start: Annotated[datetime, typer.Option("--from", formats=_FORMATS, help="Start, in the site's time.")],
    end: Annotated[datetime, typer.Option("--to", formats=_FORMATS, help="End, not included.")],
    objects: Annotated[
        list[str] | None, typer.Option("--object", help="Id of a station, sensor …; may be repeated.")
    ] = None,
    points: Annotated[
        list[str] | None, typer.Option("--point", help="Name of a point; may be repeated.")
    ] = None,
    measurement: Annotated[
        list[Measurement] | None, typer.Option("--measurement", help="Only this; may be repeated.")
    ] = None,
    local: Annotated[
        bool, typer.Option("--local-time", help="Write times in the site's zone, not UTC.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Write raw readings as CSV, a line a reading."""
    settings = settings_from(config)
    zone = ZoneInfo(settings.site.time_zone)
    unknown = sorted(set(points or ()) - {name for _, name in POINT_INDEX})
    if unknown or end <= start:
        if unknown:
            complain("unknown points: {names}", names=", ".join(unknown))
        else:
            complain("--to must lie after --from")
        raise typer.Exit(BAD_CONFIGURATION)
    window = Interval(start.replace(tzinfo=zone).astimezone(UTC), end.replace(tzinfo=zone).astimezone(UTC))
    with errors_as_messages(), show_progress() as line:
        try:
            store = open_time_series_store(settings.timeseries)
        except StoreInUseError as error:
            complain(
                "while the service owns the embedded store, nuanliu store export-parquet has it do the work"
            )
            raise error
        try:
            rows = export_csv(
                cast(WindowStore, store),
                file,
                window=window,
                measurements=measurement or list(Measurement),
                points=points or (),
                object_ids=objects or (),
                zone=zone if local else None,
                progress=line.show,
            )
        finally:
            store.close()
    say("exported {rows} readings to {place}", rows=rows, place=file)


@export_app.command("tags")
def export_tags(
    file: Annotated[Path, typer.Argument(help="CSV file to write.")],
    config: ConfigOption = None,
) -> None:
    """Write a line an object of the store: its tag, id, name, area and station, to be joined with readings."""
    with with_records(config) as (_, records):
        site = records.registry.load_site()
        lines = list(_tags(site, SystemClock().now()))
        try:
            with file.open("w", encoding="utf-8-sig", newline="") as out:
                file.chmod(0o600)
                writer = csv.writer(out)
                writer.writerow(_TAGS)
                writer.writerows([[with_quote(cell) for cell in line] for line in lines])
        except OSError as error:
            complain(f"{file}: {error}")
            raise typer.Exit(FAILED) from error
        note(records, "tags_exported", str(file), {"objects": len(lines)})
    say("exported {number} objects to {place}", number=len(lines), place=file)


def _tags(site: Site, now: datetime) -> Iterator[tuple[str, ...]]:
    tree = build_heat_tree(site)
    places = Places(site, tree)
    areas = {area.area_id: area.name for area in site.areas}

    def located(number: int) -> tuple[str, str, str]:
        area_id, station = places.area_of(number), tree.ancestor_at(number, Level.STATION)
        return area_id, areas.get(area_id, ""), "" if station is None else tree.ids[station]

    for measurement, level in _LEVELS.items():
        for number in tree.numbers(level).tolist():
            yield (
                measurement.value,
                measurement.tag,
                tree.ids[number],
                places.name_of(number),
                *located(number),
                "",
            )
    for household_id, held in sorted(sensors_of_homes(site.assignments, now).items()):
        number = tree.get(Level.HOUSEHOLD, household_id)
        if number is not None:
            room = Measurement.ROOM
            yield (
                room.value,
                room.tag,
                held.sensor_id,
                places.name_of(number),
                *located(number),
                household_id,
            )
    for name in site.weather_sites:
        yield (Measurement.WEATHER.value, Measurement.WEATHER.tag, name, name, "", "", "", "")


@export_app.command("household")
def export_household(
    household: Annotated[str, typer.Argument(help="Id of the home.")], config: ConfigOption = None
) -> None:
    """Print everything that the records keep about a home as JSON: for people who ask what is known of them."""
    with with_records(config) as (_, records):
        report = household_report(records, household)
        note(records, "household.exported", f"household:{household}")
        say(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode())
