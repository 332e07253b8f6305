"""Everything of an InfluxDB database as line protocol, hour by hour, and back.

The form is that of the server's own export, so a copy can be loaded by other tools as well. Rows are read by InfluxQL,
which all generations serve.
"""

import gzip
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from heating.intervals import Interval, from_epoch_ms
from heating.points import Measurement
from heating.protocols import RollupName
from storage.readings.errors import WindowTooLongError
from storage.readings.fields import is_code
from storage.readings.influxdb.line_protocol import escape_tag
from storage.readings.influxdb.scanning import pieces_newest_first, within
from storage.readings.influxdb.transport import LINES_IN_A_REQUEST, InfluxTransport, Series

__all__ = ["back_up_database", "lines_of", "load_lines", "restore_database"]

PIECE = timedelta(minutes=30)
"""Window of one read."""
DAY_MS = 86_400_000
AHEAD = timedelta(hours=1)
"""Readings may be a little ahead of the clock."""
ENDING = ".lp.gz"


def _first_time_ms(transport: InfluxTransport, database: str, source: str, window: Interval) -> int | None:
    """Return the time of the oldest row of a quoted measurement [epoch ms]; None when it has none.

    A window that the server does not read at once is looked through by halves, the older first: spans without rows
    have no files and cost nothing, whatever their length.
    """
    statement = f"SELECT * FROM {source} WHERE {within(window)} ORDER BY time ASC LIMIT 1"
    try:
        answer = transport.query(statement, database=database)
    except WindowTooLongError:
        if window.length < PIECE:
            raise
        middle = from_epoch_ms((window.start_ms + window.end_ms) // 2)
        older = _first_time_ms(transport, database, source, Interval(window.start, middle))
        if older is not None:
            return older
        return _first_time_ms(transport, database, source, Interval(middle, window.end))
    return int(answer[0][0]["values"][0][0]) if answer and answer[0] else None


def lines_of(
    transport: InfluxTransport, database: str, source: str, kind: Measurement | RollupName, window: Interval
) -> Iterator[str]:
    """Yield the lines of a measurement in a window, oldest piece first.

    Parameters
    ----------
    source
        Quoted measurement, with its retention policy where it has one.
    kind
        What it is: gives the measurement's name and the tag's.
    """
    for piece in reversed(list(pieces_newest_first(window, PIECE))):
        statement = f'SELECT * FROM {source} WHERE {within(piece)} GROUP BY "{kind.tag}"'
        for series in transport.query(statement, database=database)[0]:
            yield from _lines_of_series(series, kind)


def _lines_of_series(series: Series, kind: Measurement | RollupName) -> Iterator[str]:
    head = f"{kind.value},{kind.tag}={escape_tag(series['tags'][kind.tag])} "
    names = series["columns"][1:]
    whole = [name == "received_ms" or name.endswith("_count") or is_code(name) for name in names]
    for at, *cells in series["values"]:
        fields = [
            f"{name}={int(cell)}i" if is_whole else f"{name}={float(cell)!r}"
            for name, is_whole, cell in zip(names, whole, cells, strict=True)
            if cell is not None
        ]
        if fields:
            yield f"{head}{','.join(fields)} {at}"


def load_lines(transport: InfluxTransport, bucket: str, lines: Iterable[str]) -> int:
    """Write lines and return how many."""
    written = 0
    portion: list[str] = []
    for line in lines:
        portion.append(line)
        if len(portion) >= LINES_IN_A_REQUEST:
            transport.write(bucket, portion)
            written += len(portion)
            portion = []
    if portion:
        transport.write(bucket, portion)
    return written + len(portion)


def back_up_database(
    transport: InfluxTransport, database: str, folder: Path, *, rollups: tuple[str, str], now: datetime
) -> None:
    """Write one file a measurement and UTC day; days without rows leave none.

    Parameters
    ----------
    rollups
        Database and retention policy of the roll-ups; the policy is empty where there is none of ours.
    now
        End of what is copied, and a little more.

    Raises
    ------
    heating.errors.HeatingError
        When the server is away or refuses.
    OSError
        When the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for kind in (*Measurement, *RollupName):
        place, policy = rollups if isinstance(kind, RollupName) else (database, "")
        source = f'"{policy}"."{kind.value}"' if policy else f'"{kind.value}"'
        first_ms = _first_time_ms(transport, place, source, Interval(from_epoch_ms(0), now + AHEAD))
        if first_ms is None:
            continue
        start = from_epoch_ms(first_ms - first_ms % DAY_MS)
        while start <= now + AHEAD:
            day = Interval(start, start + timedelta(days=1))
            _write_day(
                folder / f"{kind.value}-{start:%Y%m%d}{ENDING}",
                lines_of(transport, place, source, kind, day),
            )
            start = day.end


def _write_day(path: Path, lines: Iterator[str]) -> None:
    first = next(lines, None)
    if first is None:
        return
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=5) as file:
        file.write(first + "\n")
        file.writelines(line + "\n" for line in lines)


def restore_database(
    transport: InfluxTransport, database: str, folder: Path, *, rollups: tuple[str, str]
) -> int:
    """Write the lines of every file of a folder and return how many.

    Raises
    ------
    heating.errors.HeatingError
        When the server is away or refuses lines, for example those older than its retention.
    """
    names = {name.value for name in RollupName}
    place = "/".join(filter(None, rollups))
    written = 0
    for path in sorted(folder.glob(f"*{ENDING}")):
        bucket = place if path.name.rpartition("-")[0] in names else database
        with gzip.open(path, "rt", encoding="utf-8") as file:
            written += load_lines(transport, bucket, (line.rstrip("\n") for line in file))
    return written
