"""A whole dashboard for tests: SQLite records with a small town, newest values put by hand, one account per role."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import httpx
from fastapi import FastAPI

from config.rules.reading import RuleSet, load_rules
from config.settings.tree import RulesSettings, Settings
from dashboard.administration.desk import Progress, StoreDesk, StoreWork
from dashboard.app import create_app
from dashboard.web.security.accounts import hash_secret
from dashboard.web.security.passwords import PasswordVerifier
from dashboard.web.security.viewer import Role
from heating.alarms import Alarm, AlarmEvent, AlarmEventKind, Incident, Priority
from heating.clock import ManualClock
from heating.heat_tree import Level, Node
from heating.intervals import Interval
from heating.points import Measurement
from heating.protocols import Health, HealthStatus, TimeSeriesStore
from runtime.web_server import WebServer
from storage.records.device_values import UnknownSighting
from storage.records.records import Records, open_records
from tests.support.fake_live import FakeLive, FakeSeries
from tests.support.quick_hashing import quick_hash, quick_verifier
from tests.support.small_town import small_town, small_town_contacts

__all__ = ["NOW", "OWN_HOME", "PASSWORD", "RUN_TOKEN", "House", "open_house"]

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
"""Noon on site, in the heating season."""
PASSWORD = "three-warm-radiators"
RUN_TOKEN = "token-of-this-run-0123456789"
"""What the private file of a running service would hold."""
OWN_HOME = "jx-12-3-301"
"""Home of the resident's account."""
HOME_AREA = "xilinhot"
"""Area that every account but the administrator's is bound to; ``abag`` is foreign to them."""


@lru_cache(maxsize=1)
def _password_hash() -> str:
    return quick_hash(PASSWORD)


@lru_cache(maxsize=1)
def _rules() -> RuleSet:
    return load_rules(RulesSettings())


@dataclass
class House:
    """The dashboard and everything behind it."""

    records: Records
    live: FakeLive
    series: FakeSeries
    clock: ManualClock
    real_clock: ManualClock
    settings: Settings
    app: FastAPI
    url: str
    """Address of the server that serves `app`."""
    _clients: dict[str | None, httpx.Client] = field(default_factory=dict)
    _browsers: list[httpx.Client] = field(default_factory=list)

    def client(self, role: str | None = None) -> httpx.Client:
        """Return a client that signs in by the bearer token of a role; None: nobody."""
        if role not in self._clients:
            headers = {} if role is None else {"authorization": f"Bearer {token_of(role)}"}
            self._clients[role] = httpx.Client(base_url=self.url, headers=headers, timeout=30)
        return self._clients[role]

    def browser(self) -> httpx.Client:
        """Return a client with an empty cookie jar of its own."""
        self._browsers.append(httpx.Client(base_url=self.url, timeout=30))
        return self._browsers[-1]

    def close_clients(self) -> None:
        """Close every client."""
        for client in (*self._clients.values(), *self._browsers):
            client.close()

    def signed_in(self, username: str) -> tuple[httpx.Client, dict[str, str]]:
        """Return a client with a session cookie, and the header with its cross-site token."""
        client = self.browser()
        answer = client.post("/api/v1/login", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return client, {"X-CSRF-Token": answer.json()["csrf_token"]}

    def raise_alarm(
        self,
        alarm_id: str = "a1",
        *,
        station_id: str = "st-east",
        subject: Node | None = None,
        rule_id: str = "ST-01",
        priority: Priority = Priority.P1,
        incident: bool = True,
        area_id: str = HOME_AREA,
    ) -> Alarm:
        """Raise an alarm at a station as the engine does, with its incident."""
        node = subject or Node(Level.STATION, station_id)
        alarm = Alarm(
            alarm_id=alarm_id,
            rule_id=rule_id,
            subject=node,
            area_id=area_id,
            priority=priority,
            raised_at=self.clock.now(),
        )
        kinds = AlarmEventKind
        events = [
            AlarmEvent(
                alarm_id=alarm_id,
                kind=kinds.RAISED,
                at=alarm.raised_at,
                opening=alarm,
                parameters={"g2": 1.5},
            ),
            AlarmEvent(alarm_id=alarm_id, kind=kinds.ANNUNCIATED, at=alarm.raised_at),
        ]
        incidents = [
            Incident(
                incident_id=f"i-{alarm_id}",
                root_alarm_id=alarm_id,
                rule_id=rule_id,
                node=node,
                area_id=area_id,
                opened_at=alarm.raised_at,
                affected_households=54,
            )
        ]
        self.records.alarms.append_events(events, incidents=incidents if incident else [])
        return alarm

    def warm_station(self, station_id: str = "st-east", **points: float) -> None:
        """Put fresh, normal values of a station; keyword arguments change or add points."""
        normal: dict[str, float] = {
            "primary_supply_temp_c": 92.0,
            "primary_return_temp_c": 45.0,
            "primary_heat_rate_gj_per_h": 12.5,
            "secondary_supply_temp_c": 50.0,
            "secondary_supply_temp_setpoint_c": 51.0,
            "secondary_return_temp_c": 40.0,
        }
        at_ms = self.clock.now_ms() - 5_000
        self.live.put(Measurement.STATION, station_id, at_ms, **(normal | points))

    def see_new_device(self, device_id: str, *, area_id: str = HOME_AREA) -> None:
        """Let a room sensor that the registry does not know send a message."""
        sighting = UnknownSighting(
            device_id=device_id,
            topic=f"heat/{area_id}/room/{device_id}/telemetry",
            family="native",
            kind="room",
            claimed_area=area_id,
            messages=1,
            first_seen=NOW,
            last_seen=NOW,
            last_payload=b'{"v":{"room_temp_c":21.5}}',
        )
        self.records.devices.note_unknown([sighting])

    def room(self, household_id: str, temp_c: float, *, age_s: float = 600.0, quality: int = 0) -> None:
        """Put a room temperature [°C] of a home, measured `age_s` ago."""
        at_ms = self.clock.now_ms() - int(age_s * 1000)
        self.live.put(Measurement.ROOM, f"s-{household_id}", at_ms, quality=quality, room_temp_c=temp_c)


def token_of(role: str) -> str:
    """Return the bearer token of a role's account."""
    return f"token-of-{role}-0123456789"


class FakeStoreWork:
    """Does nothing to a store that is well."""

    def back_up(self, folder: Path, *, config_file: Path | None) -> int:
        return 0

    def export(
        self, folder: Path, *, window: Interval, measurements: Sequence[Measurement], progress: Progress
    ) -> int:
        return 0

    def health(self) -> Health:
        return Health(HealthStatus.OK, figures={"rows_total": 3.0})


@contextmanager
def open_house(
    folder: Path,
    *,
    web: Mapping[str, Any] | None = None,
    store_work: StoreWork | None = None,
    verifier: PasswordVerifier | None = None,
) -> Iterator[House]:
    """Open a house on a new SQLite file in a folder."""
    (folder / "records.sqlite3").write_bytes(_filled_database())
    records = open_records(f"sqlite:///{folder / 'records.sqlite3'}")
    clock, real_clock = ManualClock(NOW), ManualClock(NOW + timedelta(days=3))
    settings = Settings.model_validate(
        {"web": {"cookie_secure": False, "login_attempts_per_minute": 1000, **(web or {})}}
    )
    live, series = FakeLive(), FakeSeries()
    app = create_app(
        records=records,
        store=cast(TimeSeriesStore, series),
        live=live,
        rules=_rules(),
        clock=clock,
        settings=settings,
        health_parts=lambda: {"store": Health(HealthStatus.OK, figures={"rows_total": 3.0})},
        real_clock=real_clock,
        verifier=verifier or quick_verifier(),
        store_desk=StoreDesk(
            work=store_work or FakeStoreWork(), token=RUN_TOKEN, audit=records.audit, clock=clock
        ),
    )
    server = WebServer(app=app, host="127.0.0.1", port=0)
    server.start()
    house = House(records, live, series, clock, real_clock, settings, app, server.url)
    try:
        yield house
    finally:
        house.close_clients()
        server.stop()
        records.close()


@lru_cache(maxsize=1)
def _filled_database() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "records.sqlite3"
        records = open_records(f"sqlite:///{path}")
        records.registry.apply_site(small_town(), small_town_contacts(), by="test", now=NOW)
        _add_people(records)
        records.close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()


def _add_people(records: Records) -> None:
    for role in Role:
        areas = None if role is Role.ADMIN else [HOME_AREA]
        home = OWN_HOME if role is Role.RESIDENT else None
        records.people.add_user(role.value, _password_hash(), [role.value], areas, home)
        records.people.add_token(role.value, hash_secret(token_of(role.value)), role.value)
