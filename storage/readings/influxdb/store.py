"""`InfluxDBStore`: the time-series store on a server, for one process or many."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import structlog

from heating.errors import HeatingError
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import AppendMark, Health, HealthStatus, RollupBatch, RollupName, SeriesColumns
from heating.samples import ObjectRef, SampleBatch
from storage.readings.cleaning import clean_batch
from storage.readings.errors import StoreUnavailableError
from storage.readings.identifiers import check_points, check_ref, require_few_objects
from storage.readings.influxdb.buckets import prepare_buckets, rollup_bucket
from storage.readings.influxdb.copying import back_up_database, restore_database
from storage.readings.influxdb.databases import ROLLUP_POLICY, apply_policies, prepare_database
from storage.readings.influxdb.flavour import Flavour
from storage.readings.influxdb.influxql import joined_rollup, joined_series, read_rollup, read_series
from storage.readings.influxdb.line_protocol import rollup_lines, sample_lines
from storage.readings.influxdb.preparing import Prepared, Wanted, prepare_server
from storage.readings.influxdb.reach import QueryReach
from storage.readings.influxdb.rights import Standing, find_standing
from storage.readings.influxdb.scanning import newest_rows, pieces_newest_first, read_window
from storage.readings.influxdb.transport import InfluxTransport, detect_flavour
from storage.readings.influxdb.warm_start import read_latest
from storage.readings.rollup_checks import check_rollup_point, clean_rollup
from storage.readings.statistics import (
    Statistics,
    check_statistics_window,
    merge_statistics,
    statistics_of_batch,
)
from storage.readings.thinning import thin_series

__all__ = ["InfluxDBStore"]

STATISTICS_PIECE = timedelta(minutes=10)
"""Window read at once for statistics: half an hour of 338,600 rooms would hold 150 MB."""

ASK_AGAIN_S = 60.0
"""Missing rights are asked for again after this long [s]: somebody may have given them."""

_log = structlog.get_logger()


class InfluxDBStore:
    """Readings and roll-ups in InfluxDB; see `heating.protocols.TimeSeriesStore` for what each method promises.

    Nothing is asked of the server before the first use. Repeated rows overwrite themselves, so marks are not kept.

    Parameters
    ----------
    url
        ``http://host:port`` or ``https://host:port``.
    database
        Database of 1.x and 3.x, bucket of 2.x.
    flavour
        How to speak; None asks ``/ping``.
    token
        ``user:password`` for 1.x, a token otherwise.
    org
        Organisation of 2.x.
    timeout_s
        Longest wait for one request [s].
    retention_raw, retention_rollup
        Length of the policies (1.x), buckets (2.x) or databases (3.x) that are made; in 2.x and 3.x those that
        were there before keep what the server's owner set.
    longest_query
        Longest window read at once; None: 70 h in 3.x, any length in others. A server that says it is too long
        shortens it.
    """

    def __init__(
        self,
        url: str,
        *,
        database: str = "nuanliu",
        flavour: Flavour | None = None,
        token: str | None = None,
        org: str = "nuanliu",
        timeout_s: float = 10.0,
        retention_raw: timedelta = timedelta(days=400),
        retention_rollup: timedelta = timedelta(days=1826),
        longest_query: timedelta | None = None,
    ) -> None:
        self.url = url
        """Base address of the server."""
        self.database = database
        """Database or bucket."""
        self._wanted = flavour
        self._token = token
        self._org = org
        self._timeout_s = timeout_s
        self._raw, self._rollup = retention_raw, retention_rollup
        self._reach = QueryReach(flavour or Flavour.V2, longest_query)
        self._transport: InfluxTransport | None = None
        self._flavour: Flavour | None = flavour
        self._policies: frozenset[str] | None = None
        self._standing: tuple[Standing, float] | None = None
        self._opening = threading.Lock()
        self._closed = False

    kind = "influxdb"
    """Name in the manifest of a backup."""

    @property
    def flavour(self) -> Flavour | None:
        """Which InfluxDB it is; None before the server first answered."""
        return self._flavour

    def append(self, batch: SampleBatch, *, mark: AppendMark | None = None) -> None:
        """Store a batch; returning means that the server has acknowledged every line of it."""
        self._write(sample_lines(clean_batch(batch)), rollup=False)

    def last_mark(self, source: str) -> int | None:
        """Return None: InfluxDB needs no marks, a repeat overwrites the same values."""
        return None

    def checkpointed_mark(self, source: str) -> int | None:
        """Return None: what the server acknowledged stays."""
        return None

    @property
    def has_lost_writes(self) -> bool:
        """Whether acknowledged writes are known to be missing: never known of a server."""
        return False

    def series(
        self, ref: ObjectRef, points: Sequence[str], window: Interval, *, max_points: int | None = None
    ) -> SeriesColumns:
        """Return points of one object in a window, thinned to about `max_points` rows keeping min and max."""
        check_ref(ref)
        names = check_points(ref.measurement, points)
        transport = self._ready()
        parts = self._reach.read(
            window, lambda piece: read_series(transport, self.database, ref, names, piece)
        )
        return thin_series(joined_series(parts), max_points)

    def latest(self, measurement: Measurement, window: Interval) -> SampleBatch:
        """Return the newest value of every point of every object of a measurement inside a window."""
        transport = self._ready()
        parts = self._reach.read(
            window, lambda piece: read_latest(transport, self.database, measurement, piece)
        )
        return parts[0] if len(parts) == 1 else newest_rows(SampleBatch.concatenate(parts))

    def window(self, measurement: Measurement, window: Interval) -> SampleBatch:
        """Return every reading of a measurement in a window of at most a day: exports and copies, not pages."""
        check_statistics_window(window)
        transport = self._ready()
        parts = [
            read_window(transport, self.database, measurement, piece) for piece in pieces_newest_first(window)
        ]
        return SampleBatch.concatenate(parts[::-1])

    def statistics(
        self, measurement: Measurement, points: Sequence[str], window: Interval, *, step: timedelta
    ) -> list[Statistics]:
        """Return statistics of raw readings in buckets, all objects of a measurement, by scans of raw rows."""
        check_statistics_window(window)
        names = check_points(measurement, points)
        transport = self._ready()
        found: dict[str, Statistics] = {}
        for piece in pieces_newest_first(window, STATISTICS_PIECE):
            batch = read_window(transport, self.database, measurement, piece, points=names)
            for part in statistics_of_batch(batch, measurement, names, step=step):
                found[part.point] = merge_statistics(found[part.point], part) if part.point in found else part
        return list(found.values())

    def write_rollup(self, rows: RollupBatch) -> None:
        """Store roll-up rows, replacing those of the same object, point and bucket."""
        self.write_rollups([rows])

    def write_rollups(self, batches: Sequence[RollupBatch]) -> None:
        """Store rows of several roll-ups and points."""
        self._write([line for rows in batches for line in rollup_lines(clean_rollup(rows))], rollup=True)

    def read_rollup(
        self, name: RollupName, point: str, object_ids: Sequence[str], window: Interval
    ) -> RollupBatch:
        """Return roll-up rows of at most 2,000 named objects in time order."""
        ids = require_few_objects(object_ids)
        check_rollup_point(name, point)
        transport = self._ready()
        policy = f'"{self._rollup_policy}".' if self._rollup_policy else ""
        source = f'{policy}"{name.value}"'
        parts = self._reach.read(
            window,
            lambda piece: read_rollup(transport, self._rollup_database, source, name, point, ids, piece),
        )
        return joined_rollup(parts)

    def apply_retention(self, *, now: datetime) -> int:
        """Give the policies of 1.x the configured length; the server deletes by itself. Returns 0: unknown."""
        transport = self._ready()
        if self._flavour is Flavour.V1:
            policies = self._policies or frozenset()
            apply_policies(transport, self.database, policies, raw=self._raw, rollup=self._rollup)
        return 0

    def back_up(self, folder: Path, *, now: datetime) -> None:
        """Write everything as compressed line protocol into a folder, one file a measurement and day."""
        transport = self._ready()
        back_up_database(transport, self.database, folder, rollups=self._rollup_place, now=now)

    def restore(self, folder: Path) -> int:
        """Write the lines of a folder made by `back_up` and return how many; rows that are there stay."""
        transport = self._ready()
        return restore_database(transport, self.database, folder, rollups=self._rollup_place)

    def is_empty(self) -> bool:
        """Return whether no measurement of ours holds anything yet."""
        return not self._ready().query("SHOW MEASUREMENTS", database=self.database)[0]

    def health(self) -> Health:
        """Return whether ``/ping`` answers, within 2 s, and whether the server lets us do what we need."""
        if self._closed:
            return Health(HealthStatus.DOWN, "the store is closed")
        try:
            transport = self._transport or self._open()
            status, _ = transport.ping()
        except HeatingError as error:
            return Health(HealthStatus.DOWN, str(error))
        if status >= 500:
            return Health(HealthStatus.DOWN, f"{self.url} answered {status} to /ping")
        try:
            standing = self._known_standing()
        except HeatingError as error:
            return Health(HealthStatus.DOWN, str(error))
        if standing.faults:
            return Health(HealthStatus.DOWN, f"{self.url}: {'; '.join(standing.faults)}", standing.figures)
        if standing.remarks:
            return Health(HealthStatus.DEGRADED, "; ".join(standing.remarks), standing.figures)
        return Health(HealthStatus.OK, figures=standing.figures)

    def prepare(self, *, admin_token: str | None = None) -> Prepared:
        """Make database, lengths, user and rights, as far as a token may: that of an administrator, or our own.

        Raises
        ------
        heating.errors.HeatingError
            When the server is away or does not know the token.
        """
        flavour = self._wanted or detect_flavour(self.url, timeout_s=self._timeout_s)
        wanted = Wanted(
            database=self.database, org=self._org, raw=self._raw, rollup=self._rollup, token=self._token
        )
        token = admin_token or self._token
        transport = InfluxTransport(
            self.url, flavour=flavour, token=token, org=self._org, timeout_s=self._timeout_s
        )
        try:
            return prepare_server(transport, flavour, wanted)
        finally:
            transport.close()

    def close(self) -> None:
        """Let go of the connections; nothing is kept back, so nothing needs a flush."""
        with self._opening:
            self._closed = True
            if self._transport is not None:
                self._transport.close()
                self._transport = None

    @property
    def _rollup_policy(self) -> str:
        """Policy of the roll-ups in 1.x, empty where there is none."""
        is_v1 = self._flavour is Flavour.V1
        return ROLLUP_POLICY if is_v1 and ROLLUP_POLICY in (self._policies or ()) else ""

    @property
    def _rollup_place(self) -> tuple[str, str]:
        return self._rollup_database, self._rollup_policy

    @property
    def _rollup_database(self) -> str:
        """Where the roll-ups are: a bucket of their own in 2.x and 3.x when it is there."""
        own = rollup_bucket(self._flavour or Flavour.V2, self.database)
        is_there = self._flavour is not Flavour.V1 and own in (self._policies or ())
        return own if is_there else self.database

    def _write(self, lines: Sequence[str], *, rollup: bool) -> None:
        if not lines:
            return
        transport = self._ready()
        bucket = self.database
        if rollup:
            bucket = f"{self.database}/{ROLLUP_POLICY}" if self._rollup_policy else self._rollup_database
        try:
            transport.write(bucket, lines)
        except StoreUnavailableError:
            # The database may have been dropped, or the server replaced: look again before the next write.
            self._policies = self._standing = None
            raise

    def _open(self) -> InfluxTransport:
        """Return the transport, finding out the flavour first."""
        with self._opening:
            if self._closed:
                raise StoreUnavailableError("the store is closed")
            if self._transport is None:
                flavour = self._wanted or detect_flavour(self.url, timeout_s=self._timeout_s)
                self._transport = InfluxTransport(
                    self.url,
                    flavour=flavour,
                    token=self._token,
                    org=self._org,
                    timeout_s=self._timeout_s,
                )
                self._flavour = flavour
                self._reach = QueryReach(flavour, self._reach.longest)
            return self._transport

    def _ready(self) -> InfluxTransport:
        """Return the transport to a server whose database is there."""
        transport = self._open()
        with self._opening:
            if self._policies is None:
                self._policies = self._prepared(transport)
        return transport

    def _known_standing(self) -> Standing:
        """Return what the server lets us do, asked once and again after a refusal."""
        known = self._standing
        if known is not None:
            in_order = not known[0].faults and not known[0].remarks
            if in_order or monotonic() - known[1] < ASK_AGAIN_S:
                return known[0]
            self._policies = None
        transport = self._ready()
        standing = find_standing(
            transport,
            self._flavour or Flavour.V2,
            database=self.database,
            rollup_place=self._rollup_place,
            raw=self._raw,
            rollup=self._rollup,
        )
        place = "/".join(filter(None, self._rollup_place))
        _log.info("storage.influxdb_standing", rollups=place, **standing.figures)
        self._standing = standing, monotonic()
        return standing

    def _prepared(self, transport: InfluxTransport) -> frozenset[str]:
        if self._flavour is not Flavour.V1:
            return prepare_buckets(
                transport,
                self._flavour or Flavour.V2,
                self.database,
                org=self._org,
                raw=self._raw,
                rollup=self._rollup,
            )
        return prepare_database(transport, self.database, raw=self._raw, rollup=self._rollup)
