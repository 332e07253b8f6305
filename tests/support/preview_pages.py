"""The real page routes over hand-made view models: for page tests, page weights and looking at pages without a plant.

``python -m tests.support.preview_pages 8099`` serves them on 127.0.0.1; log in as any role with password ``preview``,
or put the role into the cookie ``nuanliu``. What does not live here: the view models (`tests.support.page_models`).
"""

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace

import httpx
from fastapi import FastAPI
from starlette.responses import JSONResponse, StreamingResponse

from config.settings.tree import Settings
from dashboard.alarms.actions import AlarmActions
from dashboard.alarms.health import AlarmHealth, AlarmHealthView
from dashboard.alarms.models import AlarmDetail, AlarmRow
from dashboard.alarms.view import AlarmViews
from dashboard.homes.models import HouseholdCard, HouseholdHit
from dashboard.homes.search_misses import SearchMiss, explain_miss
from dashboard.homes.view import HouseholdViews
from dashboard.incidents.actions import IncidentActions
from dashboard.incidents.models import IncidentView
from dashboard.incidents.view import IncidentViews
from dashboard.overview.models import Overview
from dashboard.overview.view import OverviewView
from dashboard.pages import error_page, router
from dashboard.places.models import CommunityView, FacadeView
from dashboard.places.view import PlaceViews
from dashboard.residents.models import ResidentHome
from dashboard.residents.view import ResidentViews
from dashboard.site.index import SiteSource
from dashboard.stations.day_sparks import Spark
from dashboard.stations.models import StationDetail, StationRow
from dashboard.stations.view import StationViews
from dashboard.tickets.actions import TicketActions
from dashboard.tickets.models import TicketView
from dashboard.tickets.view import TicketViews
from dashboard.web.problems import install_problem_handlers
from dashboard.web.refusals import NotVisibleError
from dashboard.web.security.accounts import Accounts, LogInRefusedError, SignedIn
from dashboard.web.security.log_in_desk import LogInDesk
from dashboard.web.security.response_headers import SecurityHeaders
from dashboard.web.security.throttle import LogInThrottle
from dashboard.web.security.viewer import Viewer
from dashboard.web.services import Services
from heating.alarms import Priority
from heating.assets import Area
from heating.clock import ManualClock
from runtime.web_server import WebServer
from storage.records.pages import Page
from tests.support import page_models as models
from tests.support import place_models as places

__all__ = ["FakeAccounts", "FakeAnswers", "page_client", "preview_app", "serving"]

SETTINGS = Settings.model_validate({"web": {"cookie_secure": False}})
TOKEN = "preview-token"
"""Cross-site token of every preview session."""


class FakeAccounts:
    """Everybody may come in as the role they name."""

    cookie_secure = False
    throttle = LogInThrottle(attempts_per_minute=1000)

    def sign_in(self, username: str, password: str, *, address: str) -> SignedIn:
        """Open a session for a role with password ``preview``."""
        if password != "preview":
            raise LogInRefusedError("name or password is wrong")
        return SignedIn(token=username, viewer=self._viewer(username), max_age_s=3600)

    def sign_out(self, viewer: Viewer) -> None:
        """Forget nothing: the cookie is the session."""

    def viewer_of_session(self, token: str, address: str) -> Viewer | None:
        """Return the viewer whose role is the cookie."""
        return self._viewer(token)

    def viewer_of_token(self, token: str, address: str) -> Viewer | None:
        """Return nobody."""
        return None

    def csrf_token(self, viewer: Viewer) -> str:
        """Return the one token."""
        return TOKEN

    @staticmethod
    def _viewer(role: str) -> Viewer:
        return Viewer(username=role, roles=frozenset({role}), household_id="h-000123", session_key="s")


@dataclass
class FakeAnswers:
    """Answers with the hand-made models; fields replace single answers."""

    rows: list[StationRow] = field(default_factory=models.station_rows)
    alarm_rows: list[AlarmRow] = field(
        default_factory=lambda: [
            models.alarm_row(1),
            models.alarm_row(2, priority=2),
            models.alarm_row(3, priority=3, subject_name=models.both("南郊12号换热站", "Nanjiao 12 station")),
            models.alarm_row(4, state="rtn_unack", active=False),
        ]
    )
    home: ResidentHome = field(default_factory=models.resident_home)
    household: HouseholdCard = field(default_factory=models.card)
    found: list[HouseholdHit] = field(default_factory=models.hits)
    first_page: Overview = field(default_factory=models.overview)
    system: AlarmHealth = field(default_factory=places.alarm_health)

    def overview(self, viewer: Viewer) -> Overview:
        """Return the overview."""
        return self.first_page

    def stations(self, viewer: Viewer, wanted: object) -> Page[StationRow]:
        """Return all rows on one page; filtering by text only."""
        text = getattr(wanted, "text", "")
        return Page([row for row in self.rows if text in row.name.zh], None)

    def station(self, viewer: Viewer, station_id: str) -> StationDetail:
        """Return a station of the list."""
        if station_id not in {row.station_id for row in self.rows}:
            raise NotVisibleError(station_id)
        return models.station_detail(int(station_id[-3:]))

    def areas(self, viewer: Viewer) -> list[Area]:
        """Return the areas of the overview."""
        return [
            Area(area_id=row.area_id, name=row.name.zh, name_en=row.name.en)
            for row in self.first_page.areas
            if row.stations.denominator
        ]

    def site(self) -> SimpleNamespace:
        """Return a registry without stations."""
        return SimpleNamespace(stations={})

    def kept_sparks(self, station_ids: list[str]) -> dict[str, Spark]:
        """Return a line for every station but the third."""
        line = Spark(0, [None if 9 < slot < 14 else 48.0 + slot / 20 for slot in range(48)])
        return {name: line for name in station_ids if name != "st-003"}

    def sparks(self, viewer: Viewer, station_ids: list[str]) -> dict[str, Spark]:
        """Return a line without values for every station."""
        return dict.fromkeys(station_ids, Spark(0, [None] * 48))

    def station_tickets(self, viewer: Viewer, station_id: str) -> list[TicketView]:
        """Return one ticket."""
        return [models.ticket(1)]

    def alarm_health(self, viewer: Viewer) -> AlarmHealth:
        """Return the figures of a busy day."""
        return self.system

    def facade(self, viewer: Viewer, building_id: str) -> FacadeView:
        """Return the facade."""
        return places.facade()

    def community(self, viewer: Viewer, community_id: str) -> CommunityView:
        """Return the community."""
        return places.community()

    def search_miss(self, viewer: Viewer, text: str) -> SearchMiss:
        """Say that no word of the search is known."""
        return explain_miss(text, lambda word: False)

    def alarms(self, viewer: Viewer, wanted: object) -> Page[AlarmRow]:
        """Return all alarms, or none for the tab of shelved ones."""
        states = getattr(wanted, "states", frozenset())
        return Page([row for row in self.alarm_rows if not states or row.state in states], None)

    def urgent_alarms(self, viewer: Viewer, wanted: object) -> tuple[Page[AlarmRow], int]:
        """Return the same, and how many there are."""
        found = self.alarms(viewer, wanted)
        return found, len(found.items)

    def alarm(self, viewer: Viewer, alarm_id: str) -> AlarmDetail:
        """Return the one detail."""
        return models.alarm_detail()

    def incidents(self, viewer: Viewer, **_: object) -> Page[IncidentView]:
        """Return the one incident."""
        return Page([models.incident()], None)

    def incident(self, viewer: Viewer, incident_id: str) -> IncidentView:
        """Return the one incident."""
        return models.incident()

    def search(self, viewer: Viewer, text: str, *, limit: int = 20) -> list[HouseholdHit]:
        """Return the hits unless the text is «查无»."""
        return [] if text == "查无" else self.found

    def card(self, viewer: Viewer, household_id: str) -> HouseholdCard:
        """Return the one card."""
        return self.household

    def tickets(self, viewer: Viewer, wanted: object) -> Page[TicketView]:
        """Return three tickets."""
        late = models.ticket(3, remaining_s=-1800.0, response_overdue=True, state="new")
        return Page([models.ticket(1), models.ticket(2, duplicate_of="T-20260114-001"), late], None)

    def ticket(self, viewer: Viewer, ticket_id: str) -> TicketView:
        """Return a ticket ready for the callback."""
        return models.ticket(1, state="resolved", allowed_moves=("closed", "assigned"))

    def my_home(self, viewer: Viewer) -> ResidentHome:
        """Return the home."""
        return self.home


@dataclass
class RecordingDesk:
    """Notes what was done, and refuses with `refusal` where it is set."""

    done: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    refusal: Exception | None = None
    longest_shelving: dict[Priority, timedelta] = field(
        default_factory=lambda: {Priority.P1: timedelta(hours=2)}
    )

    def __getattr__(self, action: str) -> object:
        def do(viewer: Viewer, *arguments: object, **named: object) -> TicketView:
            if self.refusal is not None:
                raise self.refusal
            self.done.append((action, {"arguments": arguments, **named}))
            return models.ticket(1)

        return do


def _parts(answers: FakeAnswers) -> dict[type, object]:
    fakes = SimpleNamespace
    return {
        Accounts: FakeAccounts(),
        LogInDesk: LogInDesk(FakeAccounts.throttle),
        AlarmActions: RecordingDesk(),
        IncidentActions: RecordingDesk(),
        TicketActions: RecordingDesk(),
        SiteSource: fakes(current=answers.site),
        OverviewView: fakes(overview=answers.overview),
        StationViews: fakes(
            page=answers.stations,
            areas=answers.areas,
            detail=answers.station,
            kept_sparks=answers.kept_sparks,
            sparks=answers.sparks,
        ),
        PlaceViews: fakes(facade=answers.facade, community=answers.community),
        AlarmViews: fakes(
            page=answers.alarms,
            urgent_page=answers.urgent_alarms,
            incident_titles=lambda rows: {
                "in-1": models.both("南郊12号换热站 · 循环泵跳闸", "Nanjiao 12 · Pump trip")
            },
            subjects=lambda viewer, words: None,
            detail=answers.alarm,
        ),
        IncidentViews: fakes(page=answers.incidents, detail=answers.incident),
        AlarmHealthView: fakes(health=answers.alarm_health),
        HouseholdViews: fakes(
            search=answers.search,
            search_miss=answers.search_miss,
            card=answers.card,
        ),
        ResidentViews: fakes(home=answers.my_home),
        TicketViews: fakes(
            page=answers.tickets, detail=answers.ticket, below_station=answers.station_tickets
        ),
    }


def preview_app(answers: FakeAnswers | None = None, *, now: datetime = models.NOW) -> FastAPI:
    """Return an application with the page routes; ``app.state.services`` holds the fakes."""
    app = FastAPI()
    app.state.services = Services(
        settings=SETTINGS,
        clock=ManualClock(now),
        health_parts=dict,
        metric_parts=dict,
        parts=_parts(answers or FakeAnswers()),
    )
    install_problem_handlers(app, error_page)
    app.include_router(router)
    app.add_api_route("/api/v1/stream", _stream)
    app.add_api_route("/api/v1/stations/{station_id}/trend", _trend)
    app.add_api_route("/api/v1/alarms", _alarms)
    app.add_middleware(SecurityHeaders, transport_security=False)
    return app


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free loopback port; gives its address."""
    server = WebServer(app=app, host="127.0.0.1", port=0)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def page_client(app: FastAPI) -> Iterator[httpx.Client]:
    """Return a client of an application that follows no redirects and keeps no cookies."""
    with serving(app) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


async def _stream() -> StreamingResponse:
    async def frames() -> AsyncIterator[bytes]:
        yield b": open\n\n"

    return StreamingResponse(frames(), media_type="text/event-stream")


def _alarms() -> JSONResponse:
    raised = models.alarm_row(1).raised_at.isoformat()
    return JSONResponse(
        {"items": [{"raised_at": raised, "priority": 1, "name": {"zh": "循环泵跳闸", "en": "Pump"}}]}
    )


def _trend(station_id: str, start: datetime, end: datetime) -> JSONResponse:
    start_ms, end_ms = int(start.timestamp() * 1000), int(end.timestamp() * 1000)
    times = [
        t for t in range(start_ms, end_ms, 300_000) if not 0.4 < (t - start_ms) / (end_ms - start_ms) < 0.47
    ]
    waves = [((t - start_ms) / 3_600_000) % 24 for t in times]
    columns = {
        "secondary_supply_temp_c": [50 + abs(w - 12) / 4 for w in waves],
        "secondary_supply_temp_setpoint_c": [50 + abs(w - 12) // 3 for w in waves],
        "secondary_return_temp_c": [40 + abs(w - 12) / 6 for w in waves],
        "outdoor_temp_c": [-18 - abs(w - 12) / 2 for w in waves],
    }
    document = {"start": start.isoformat(), "end": end.isoformat(), "time_ms": times, "columns": columns}
    told = {"gap_ms": 600_000, "thinned": True, "resolution": "5m", "units": {}, "labels": {}}
    return JSONResponse(document | told)


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(preview_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
