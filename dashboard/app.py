"""The application factory: one FastAPI application from collaborators that `runtime` opened.

The only place that knows every subject. Nothing is opened or read here. A subject has its JSON routes in `api` and its
pages in `page`; both render what its `view` returns.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from secrets import token_urlsafe

from fastapi import FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.gzip import GZipMiddleware

from casework.tickets.desk import TicketDesk
from casework.tickets.duplicates import Duplicates
from config.rules.reading import RuleSet
from config.settings.tree import Settings
from dashboard.accounts import api as accounts_api
from dashboard.administration import api as administration_api
from dashboard.administration.desk import StoreDesk
from dashboard.administration.household_export import HouseholdExports
from dashboard.alarms import api as alarms_api
from dashboard.alarms.actions import AlarmActions
from dashboard.alarms.counts import AlarmCountSource
from dashboard.alarms.health import AlarmHealthView
from dashboard.alarms.open_alarms import OpenAlarmSource
from dashboard.alarms.view import AlarmViews
from dashboard.devices import api as devices_api
from dashboard.devices.actions import DeviceActions
from dashboard.devices.view import DeviceViews
from dashboard.homes import api as homes_api
from dashboard.homes.readings import HomeReadings
from dashboard.homes.view import HouseholdViews
from dashboard.incidents import api as incidents_api
from dashboard.incidents.actions import IncidentActions
from dashboard.incidents.view import IncidentViews
from dashboard.overview import api as overview_api
from dashboard.overview.missing_rooms import RoomWatch
from dashboard.overview.view import OverviewView
from dashboard.pages import error_page
from dashboard.pages import router as pages
from dashboard.places import api as places_api
from dashboard.places.view import PlaceViews
from dashboard.readings.newest import NewestValues
from dashboard.residents import api as residents_api
from dashboard.residents.view import ResidentViews
from dashboard.site.index import SiteSource
from dashboard.stations import api as stations_api
from dashboard.stations.view import StationViews
from dashboard.stream import routes as stream_routes
from dashboard.stream.broadcaster import Broadcaster
from dashboard.tickets import api as tickets_api
from dashboard.tickets.actions import TicketActions
from dashboard.tickets.view import TicketViews
from dashboard.web import health
from dashboard.web.openapi import DescribedApplication
from dashboard.web.problems import install_problem_handlers
from dashboard.web.security.accounts import Accounts
from dashboard.web.security.log_in_desk import LogInDesk
from dashboard.web.security.passwords import PasswordVerifier
from dashboard.web.security.response_headers import SecurityHeaders
from dashboard.web.services import Services
from heating.clock import Clock, SystemClock
from heating.protocols import Health, LatestValues, TimeSeriesStore
from storage.records.records import Records

__all__ = ["create_app"]

MAX_BODY_BYTES = 1_048_576
"""Longest request body [bytes]: forms and small JSON only."""


def create_app(
    *,
    records: Records,
    store: TimeSeriesStore,
    live: LatestValues,
    rules: RuleSet,
    clock: Clock,
    settings: Settings,
    health_parts: Callable[[], Mapping[str, Health]],
    real_clock: Clock | None = None,
    verifier: PasswordVerifier | None = None,
    store_desk: StoreDesk | None = None,
    rooms: RoomWatch | None = None,
) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    records, store, live, rules
        What is read and written.
    clock : Clock
        The time data are judged by (virtual in a demo).
    settings : Settings
        The whole tree.
    health_parts : callable
        Returns the health of each part for /readyz and /metrics; must answer within 2 s.
    real_clock : Clock, optional
        Real time for sessions; the system's by default.
    verifier : PasswordVerifier, optional
        Compares passwords at log-in; one with the usual effort by default.
    store_desk : StoreDesk, optional
        Does work on stores that only this process may open; without it there is no such route.
    rooms : RoomWatch, optional
        Knows which rooms run elsewhere and which are missing.

    Raises
    ------
    dashboard.web.security.accounts.MissingSecretError
        When cookies go over TLS and ``web.secret`` is missing or short.
    """
    real = real_clock or SystemClock()
    accounts = Accounts(
        people=records.people, audit=records.audit, settings=settings.web, clock=real, verifier=verifier
    )
    desk = store_desk or StoreDesk(work=None, token=token_urlsafe(32), audit=records.audit, clock=clock)
    log_ins = LogInDesk(accounts.throttle)
    parts: dict[type, object] = {Accounts: accounts, LogInDesk: log_ins, StoreDesk: desk}
    services = Services(
        settings=settings,
        clock=clock,
        health_parts=health_parts,
        metric_parts=lambda: {**health_parts(), "dashboard": services[Broadcaster].health()},
        parts=parts,
    )
    _add(parts, _views(services, records=records, store=store, live=live, rules=rules, rooms=rooms))
    _add(parts, _homes(services, records=records, store=store))
    _add(parts, _streams_and_actions(services, records=records, rules=rules, real_clock=real))
    app = DescribedApplication(
        title=settings.site.name_en,
        version="1",
        openapi_url=None,  # `dashboard.web.health` answers it, from bytes made once
        docs_url=None,
        redoc_url=None,
        lifespan=_with_streams(services[Broadcaster]),
    )
    app.state.services = services
    # The first is the innermost: a body that is too long is refused where problems are answered.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES)
    _include_routes(app)
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=5)
    app.add_middleware(SecurityHeaders, transport_security=settings.web.cookie_secure)
    return app


def _add(parts: dict[type, object], built: Iterable[object]) -> None:
    parts.update({type(part): part for part in built})


def _views(
    services: Services,
    *,
    records: Records,
    store: TimeSeriesStore,
    live: LatestValues,
    rules: RuleSet,
    rooms: RoomWatch | None,
) -> Iterable[object]:
    clock = services.clock
    sites = SiteSource(registry=records.registry, clock=clock)
    newest = NewestValues(live=live, clock=clock)
    counts = AlarmCountSource(records.alarms)
    alarms = AlarmViews(sites=sites, records=records, newest=newest, rules=rules, clock=clock)
    alarm_health = AlarmHealthView(sites=sites, records=records.alarms, alarms=alarms, clock=clock)
    incidents = IncidentViews(sites=sites, records=records, alarms=alarms, newest=newest)
    tickets = TicketViews(records=records, sites=sites, clock=clock)
    standard_c = services.settings.site.indoor_standard_c
    places = PlaceViews(sites=sites, newest=newest, standard_c=standard_c, clock=clock)
    stations = StationViews(
        sites=sites,
        newest=newest,
        open_alarms=OpenAlarmSource(records.alarms, sites),
        alarms=alarms,
        incidents=incidents,
        places=places,
        registry=records.registry,
        store=store,
        clock=clock,
    )
    overview = OverviewView(
        sites=sites,
        records=records,
        counts=counts,
        newest=newest,
        places=places,
        stations=stations,
        alarms=alarms,
        clock=clock,
        rooms=rooms,
    )
    return (
        *(sites, newest, counts, alarms, alarm_health, incidents),
        *(tickets, places, stations, overview),
    )


def _homes(services: Services, *, records: Records, store: TimeSeriesStore) -> Iterable[object]:
    readings = HomeReadings(
        registry=records.registry,
        newest=services[NewestValues],
        places=services[PlaceViews],
        stations=services[StationViews],
        incidents=services[IncidentViews],
        store=store,
        clock=services.clock,
    )
    duplicates = Duplicates(
        tickets=records.tickets,
        window_s=services.settings.policies.duplicate_window_s,
        clock=services.clock,
    )
    sites, tickets = services[SiteSource], services[TicketViews]
    homes = HouseholdViews(
        sites=sites,
        records=records,
        readings=readings,
        tickets=tickets,
        duplicates=duplicates,
        clock=services.clock,
    )
    exports = HouseholdExports(sites=sites, records=records, clock=services.clock)
    return duplicates, homes, exports, ResidentViews(sites=sites, readings=readings, tickets=tickets)


def _streams_and_actions(
    services: Services, *, records: Records, rules: RuleSet, real_clock: Clock
) -> Iterable[object]:
    broadcaster = Broadcaster(
        sites=services[SiteSource],
        overview=services[OverviewView],
        stations=services[StationViews],
        alarms=services[AlarmViews],
        counts=services[AlarmCountSource],
        residents=services[ResidentViews],
        records=records,
        accounts=services[Accounts],
        clock=services.clock,
        real_clock=real_clock,
    )
    desk = TicketDesk(
        tickets=records.tickets,
        audit=records.audit,
        duplicates=services[Duplicates],
        policies=services.settings.policies,
        clock=services.clock,
        announce=broadcaster.announce_ticket,
    )
    return (
        broadcaster,
        TicketActions(
            tickets=records.tickets,
            desk=desk,
            sites=services[SiteSource],
            proposal_of=services[HouseholdViews].proposal,
        ),
        AlarmActions(alarms=records.alarms, clock=services.clock, longest_shelving=rules.defaults.max_shelve),
        IncidentActions(alarms=records.alarms, clock=services.clock),
        DeviceActions(records=records, clock=services.clock),
        DeviceViews(devices=records.devices),
    )


def _include_routes(app: FastAPI) -> None:
    for api in (
        accounts_api,
        overview_api,
        stations_api,
        places_api,
        alarms_api,
        incidents_api,
        devices_api,
        tickets_api,
        administration_api,
        homes_api,
        residents_api,
        health,
        stream_routes,
    ):
        app.include_router(api.router)
    app.include_router(pages, include_in_schema=False)
    install_problem_handlers(app, error_page)


def _with_streams(broadcaster: Broadcaster) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(broadcaster.run(), name="dashboard-streams")
        try:
            yield
        finally:
            broadcaster.close()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return lifespan
