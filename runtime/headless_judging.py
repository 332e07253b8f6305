"""The rule engine over history files, without broker, clock and channels: what people would have seen.

What lives here: taking history files as they come, leading them through the real alerting service on records of its
own, and writing alarms and incidents as JSON lines in the shape of the API. What does not: where the files come from
(a simulator, an export), and what the alarms are compared with.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import orjson
import structlog

from alerting.judging.live_state import LiveState
from alerting.serving.exported_rows import alarm_row, incident_row
from alerting.serving.service import AlertingService
from config.rules.reading import RuleSet, load_rules
from config.sample_files import read_sample_file
from config.settings.tree import Settings
from heating.alarms import Alarm
from heating.clock import ManualClock
from heating.errors import HeatingError
from heating.heat_tree import build_heat_tree
from heating.intervals import from_epoch_ms
from runtime.history import judge_history
from storage.records.pages import Page
from storage.records.queries import AlarmQuery, IncidentQuery
from storage.records.records import Records, open_records
from storage.registry_files.reading import read_registry

__all__ = ["ALARMS_FILE", "COMPLETE_FILE", "INCIDENTS_FILE", "HeadlessJudge", "Judged", "NoHistoryError"]

_log = structlog.get_logger()
ALARMS_FILE = "alarms.jsonl"
INCIDENTS_FILE = "incidents.jsonl"
COMPLETE_FILE = "complete"
"""Its appearance in the folder of the history says that no more files will come."""
_POLL_S = 0.2
_PAGE = 200
T = TypeVar("T")
_JSON = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


class NoHistoryError(HeatingError):
    """The folder holds no history file."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of it."""

    files: int
    rows: int
    ticks: int
    alarms: int
    incidents: int


class HeadlessJudge:
    """Judges a folder of history.

    Parameters
    ----------
    settings : Settings
        Rules and site are taken; stores are replaced by fresh ones in `out`.
    registry : Path
        Registry of the history, CSV or XLSX.
    out : Path
        Gets ``alarms.jsonl`` and ``incidents.jsonl``, and a folder ``work`` with the records.
    step : timedelta
        Time between evaluations.
    """

    def __init__(self, *, settings: Settings, registry: Path, out: Path, step: timedelta) -> None:
        self._out, self._step = out, step
        work = out / "work"
        work.mkdir(parents=True, exist_ok=True)
        for left in work.glob("records.sqlite3*"):
            left.unlink()
        values = settings.model_dump(exclude_unset=True)
        values["records"] = {"url": f"sqlite:///{work / 'records.sqlite3'}"}
        values["timeseries"] = {"url": f"duckdb:///{work / 'timeseries'}"}
        self._settings = Settings.model_validate(values)
        self._registry = registry

    def judge(
        self,
        folder: Path,
        *,
        follow: bool = False,
        consume: bool = False,
        progress: Callable[[int], None] = lambda _files: None,
    ) -> Judged:
        """Judge all files of a folder in order of their names and write the result.

        Parameters
        ----------
        folder : Path
            With ``*.npz`` of `config.sample_files`.
        follow : bool
            Go on until a file ``complete`` is there.
        consume : bool
            Delete each file when it is judged.
        progress : callable
            Called with the number of files judged.

        Raises
        ------
        heating.errors.HeatingError
            When registry, rules or a file cannot be used, or there is no history.
        """
        records = open_records(self._settings.records.url)
        try:
            return self._judge(records, _files(folder, follow=follow, consume=consume), progress)
        finally:
            records.close()

    def _judge(self, records: Records, files: Iterator[Path], progress: Callable[[int], None]) -> Judged:
        rules = load_rules(self._settings.rules)
        clock = ManualClock(from_epoch_ms(0))
        started: tuple[LiveState, AlertingService] | None = None
        rows = ticks = count = 0
        try:
            for path in files:
                batch = read_sample_file(path)
                if len(batch):
                    if started is None:
                        clock.set(from_epoch_ms(int(batch.measured_ms.min())))
                        started = self._start(records, rules, clock)
                    live, service = started
                    ticks += judge_history([batch], live_state=live, service=service, step=self._step)
                    clock.set(max(clock.now(), from_epoch_ms(int(batch.measured_ms.max()))))
                rows, count = rows + len(batch), count + 1
                progress(count)
        finally:
            if started is not None:
                started[1].stop()
        if started is None:
            raise NoHistoryError("the folder holds no history; a simulator writes it with --history-out")
        alarms, incidents = self._export(records, rules, clock)
        _log.info("runtime.history_judged_headless", files=count, rows=rows, ticks=ticks, alarms=alarms)
        return Judged(count, rows, ticks, alarms, incidents)

    def _start(
        self, records: Records, rules: RuleSet, clock: ManualClock
    ) -> tuple[LiveState, AlertingService]:
        read = read_registry(self._registry)
        records.registry.apply_site(read.site, read.contacts, by="headless", now=clock.now())
        site = records.registry.load_site()
        live = LiveState(site, build_heat_tree(site), now=clock.now())
        service = AlertingService(
            live_state=live,
            rules=rules,
            alarms=records.alarms,
            outbox=records.outbox,
            registry=records.registry,
            clock=clock,
            settings=self._settings,
            channels=(),
        )
        return live, service

    def _export(self, records: Records, rules: RuleSet, clock: ManualClock) -> tuple[int, int]:
        def row(alarm: Alarm) -> dict[str, object]:
            opening = records.alarms.history_of(alarm.alarm_id)[0]
            return alarm_row(alarm, rules, parameters=opening.parameters, now=clock.now())

        alarms = _write_pages(
            self._out / ALARMS_FILE,
            lambda cursor: records.alarms.find(AlarmQuery(cursor=cursor, limit=_PAGE)),
            row,
        )
        incidents = _write_pages(
            self._out / INCIDENTS_FILE,
            lambda cursor: records.alarms.incidents(IncidentQuery(cursor=cursor, limit=_PAGE)),
            lambda incident: incident_row(incident, rules),
        )
        return alarms, incidents


def _files(folder: Path, *, follow: bool, consume: bool) -> Iterator[Path]:
    """Yield history files in order of their names; with `follow` wait for more until the folder is complete."""
    seen: set[str] = set()
    while True:
        complete = not follow or (folder / COMPLETE_FILE).exists()
        fresh = [path for path in sorted(folder.glob("*.npz")) if path.name not in seen]
        for path in fresh:
            seen.add(path.name)
            yield path
            if consume:
                path.unlink()
        if complete and not fresh:
            return
        if not fresh:
            time.sleep(_POLL_S)


def _write_pages(
    path: Path, page: Callable[[str | None], Page[T]], row_of: Callable[[T], dict[str, object]]
) -> int:
    """Write all pages as JSON lines, newest first as in the API, and return how many lines."""
    count, cursor = 0, None
    with path.open("wb") as file:
        while True:
            found = page(cursor)
            file.writelines(orjson.dumps(row_of(item), option=_JSON) + b"\n" for item in found.items)
            count, cursor = count + len(found.items), found.next_cursor
            if cursor is None:
                return count
