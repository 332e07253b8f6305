"""The dashboard room: the application and the web server that serves it."""

from dashboard.app import create_app
from runtime.house import House
from runtime.supervisor import Part
from runtime.web_server import WebServer

__all__ = ["add_dashboard"]


def add_dashboard(house: House) -> None:
    """Add the pages and the API."""
    assert house.live_state is not None, "the pages show the live state"
    web = house.settings.web
    app = create_app(
        records=house.records,
        store=house.store,
        live=house.live_state,
        rules=house.rules,
        clock=house.clock,
        settings=house.settings,
        health_parts=house.board.look,
    )
    server = house.web = WebServer(app=app, host=web.host, port=web.port, trusted_proxies=web.trusted_proxies)
    house.parts.append(
        Part(name="web", start=server.start, stop=server.stop, is_alive=lambda: server.is_running)
    )
