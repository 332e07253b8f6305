"""The dashboard room: the application, the web server that serves it, and work on a store that nobody else may open."""

from secrets import token_urlsafe

from config.settings.tree import WebSettings
from dashboard.administration.desk import StoreDesk
from dashboard.app import create_app
from dashboard.overview.missing_rooms import RoomWatch
from heating.clock import SystemClock
from runtime.assembling.store_work import OwnedStore
from runtime.connection_guard import ConnectionLimits
from runtime.descriptors import room_for_connections
from runtime.house import House
from runtime.rooms import Room
from runtime.running_service import ServiceNote
from runtime.supervisor import Part
from runtime.web_server import WebServer

__all__ = ["add_dashboard", "connection_limits"]


def add_dashboard(house: House) -> None:
    """Add the pages and the API."""
    assert house.live_state is not None, "the pages show the live state"
    web = house.settings.web
    owns_store = house.settings.timeseries.url.startswith("duckdb:")
    token = token_urlsafe(32)
    work = OwnedStore(settings=house.settings, store=house.store, clock=house.clock) if owns_store else None
    desk = StoreDesk(work=work, token=token, audit=house.records.audit, clock=house.clock)
    rooms = RoomWatch(
        house.records.room_reports, expected=[*Room], here=frozenset(house.rooms), clock=SystemClock()
    )
    house.board.add("rooms", rooms.health)
    app = create_app(
        records=house.records,
        store=house.store,
        live=house.live_state,
        rules=house.rules,
        clock=house.clock,
        settings=house.settings,
        health_parts=house.board.look,
        store_desk=desk,
        rooms=rooms,
    )
    server = house.web = WebServer(
        app=app,
        host=web.host,
        port=web.port,
        trusted_proxies=web.trusted_proxies,
        limits=connection_limits(web),
    )
    house.board.add("web", server.health)
    note = ServiceNote(settings=house.settings, token=token, url=lambda: server.url) if owns_store else None
    house.parts.append(_web_part(server, desk, note))


def _web_part(server: WebServer, desk: StoreDesk, note: ServiceNote | None) -> Part:
    def start() -> None:
        desk.start()
        server.start()
        if note is not None:
            note.write()

    def stop() -> None:
        if note is not None:
            note.remove()
        server.stop()
        desk.stop()

    return Part(name="web", start=start, stop=stop, is_alive=lambda: server.is_running)


def connection_limits(web: WebSettings) -> ConnectionLimits:
    """Return the limits of the settings, within what this process may open."""
    total = room_for_connections(web.max_connections)
    return ConnectionLimits(
        total=total,
        per_address=min(total, web.max_connections_per_address),
        head_s=web.head_timeout_s,
        body_s=web.body_timeout_s,
        idle_s=web.keep_alive_s,
        stalled_s=web.stalled_timeout_s,
    )
