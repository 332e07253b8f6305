"""Unknown devices of several families brought into service by clicks: listed, given to a home, replayed, moved."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from collector.intake.mqtt.publisher import publish_all
from config.settings.tree import Settings
from heating.clock import SystemClock
from heating.protocols import HealthStatus
from runtime.assemble import open_house
from runtime.house import House
from runtime.rooms import EVERY_ROOM
from storage.records.records import open_records
from tests.support.quick_hashing import quick_hash
from tests.support.servers.mosquitto import MosquittoBroker
from tests.support.small_town import small_town, small_town_contacts
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PASSWORD = "three-warm-radiators"
HOME, OTHER_HOME = "jx-12-3-301", "jx-1-1-101"
ROUTES = [
    {"filter": "heat/#"},
    {"filter": "application/+/device/+/event/+", "decoder": "chirpstack_v4"},
    {"filter": "tele/#", "decoder": "tasmota"},
    {"filter": "nb/#", "decoder": "nb_0x68"},
]
FRAME = bytes.fromhex(
    "68421234567890123481311F90071A010F08001E010203030303030309003C0100141200FB"
    "03000000D729000000D429000000D22A020B0E00012C051116"
)
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@dataclass
class Site:
    """The running product and a keeper's browser."""

    house: House
    page: "Page"
    complaints: list[str]

    @property
    def url(self) -> str:
        """Address of the pages."""
        web = self.house.web
        assert web is not None
        return web.url

    def publish(self, *messages: tuple[str, bytes]) -> None:
        """Send messages to the broker."""
        publish_all(list(messages), settings=self.house.settings.mqtt)

    def tasmota(self, temp_c: float, *, ago: timedelta = timedelta(0)) -> tuple[str, bytes]:
        """Return a message of a Tasmota sensor, whose clock runs by local time."""
        local = (SystemClock().now() - ago).astimezone(ZoneInfo("Asia/Shanghai"))
        sensor = {"Temperature": temp_c, "Humidity": 40}
        body = {"Time": f"{local:%Y-%m-%dT%H:%M:%S}", "AM2301": sensor, "TempUnit": "C"}
        return "tele/tasmota_1/SENSOR", json.dumps(body).encode()

    def api(self, path: str) -> Any:
        """Return an answer of the interface to the keeper."""
        return self.page.context.request.get(f"{self.url}/api/v1{path}").json()

    def shown(self, path: str, text: str) -> bool:
        """Open a page anew and return whether it shows a text."""
        self.page.goto(self.url + path)
        return text in self.page.inner_text("main")

    def trend(self, household_id: str) -> list[float]:
        """Return the room temperatures of a home's last day [°C]."""
        columns = self.api(f"/households/{household_id}/trend")["columns"]
        return [value for value in columns["room_temp_c"] if value is not None]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, mosquitto_broker: MosquittoBroker) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("clicks")
    settings = Settings.model_validate(
        {
            "mqtt": {"port": mosquitto_broker.port, "client_id": "clicks", "routes": ROUTES},
            "collector": {"spool_dir": str(folder / "spool")},
            "timeseries": {"url": f"duckdb:///{folder / 'series'}"},
            "records": {"url": f"sqlite:///{folder / 'records.sqlite3'}"},
            "web": {"port": 0, "cookie_secure": False},
        }
    )
    records = open_records(settings.records.url)
    records.registry.apply_site(small_town(), small_town_contacts(), by="test", now=SystemClock().now())
    records.people.add_user("keeper", quick_hash(PASSWORD), ["admin"], None, None)
    records.close()
    opened = open_house(settings, clock=SystemClock(), rooms=EVERY_ROOM)
    supervisor = opened.supervisor()
    supervisor.start()
    try:
        collector = opened.collector
        assert collector is not None
        wait_until(lambda: collector.health().status is HealthStatus.OK, 30)
        yield opened
    finally:
        supervisor.stop()
        opened.close()


@pytest.fixture
def site(house: House, chromium_page: "Page") -> Site:
    complaints: list[str] = []
    chromium_page.on("pageerror", lambda error: complaints.append(str(error)))
    chromium_page.on("console", lambda said: _note(complaints, said))
    running = Site(house, chromium_page, complaints)
    log_in(running)
    return running


def _note(complaints: list[str], said: "ConsoleMessage") -> None:
    if said.type in ("error", "warning"):
        complaints.append(said.text)


def log_in(site: Site) -> None:
    site.page.goto(f"{site.url}/login")
    site.page.fill("input[name=username]", "keeper")
    site.page.fill("input[name=password]", PASSWORD)
    site.page.locator("form:has(input[name=password]) button").first.click()
    site.page.wait_for_url(lambda url: "/login" not in url)


def give(site: Site, words: str, home: str) -> None:
    """Choose a home for the device whose page is open."""
    site.page.fill("#home-search", words)
    site.page.press("#home-search", "Enter")
    site.page.check(f"input[name=household_id][value='{home}']")
    site.page.click("#assign-form button.primary")
    site.page.wait_for_url("**/devices?done=*")


def test_devices_are_brought_into_service_by_clicks_and_moved_without_touching_the_past(site: Site) -> None:
    lora = {
        "time": SystemClock().now().isoformat(),
        "deviceInfo": {"devEui": "24e124136b502217"},
        "object": {"temperature": 21.6, "humidity": 41},
    }
    site.publish(
        ("application/7/device/24e124136b502217/event/up", json.dumps(lora).encode()),
        ("nb/12345678901234", FRAME),
        site.tasmota(20.4, ago=timedelta(seconds=30)),
        site.tasmota(21.4),
    )
    families = ("chirpstack_v4", "nb_0x68", "tasmota")
    wait_until(lambda: all(site.shown("/devices", family) for family in families), 40)
    rows = {name: site.page.locator("#device-lists tr", has_text=name).inner_text() for name in families}
    assert "室温传感器" in rows["tasmota"] and "消息 2 条" in rows["tasmota"]
    assert "68 42 12 34" in rows["nb_0x68"]

    row = site.page.locator("#device-lists tr", has_text="tasmota_1")
    row.locator("input[name=q]").fill("锦绣 12-3-301")
    row.locator("button").click()
    assert f"现在由 s-{HOME} 测量" in site.page.inner_text("#assign-form")
    assert site.page.is_checked("input[name=begin][value=first]")
    site.page.click("#assign-form button.primary")
    site.page.wait_for_url("**/devices?done=tasmota_1")
    assert "tasmota_1 现在测量 锦绣花园12号楼3单元301" in site.page.inner_text("main [role=status]")
    wait_until(lambda: site.shown(f"/hotline/households/{HOME}", "21.4"), 40)
    wait_until(lambda: site.shown("/devices", "已入库"), 20)

    site.page.click("text=移到别的住户")
    give(site, "锦绣 1-1-101", OTHER_HOME)
    assert site.api(f"/households/{OTHER_HOME}/card")["room_now"]["value"] is None
    site.publish(
        site.tasmota(19.3, ago=timedelta(seconds=-2))
    )  # its clock counts whole seconds: well past the move
    wait_until(lambda: 19.3 in site.trend(OTHER_HOME), 40)
    assert 21.4 in site.trend(HOME) and 19.3 not in site.trend(HOME)
    assert set(site.trend(OTHER_HOME)) == {19.3}
    assert site.complaints == []


def test_a_clock_that_is_off_is_shown_with_its_home(site: Site) -> None:
    homes = (HOME, OTHER_HOME)
    sensor = next(one.sensor_id for one in small_town().assignments if one.household_id not in homes)
    topic = f"heat/xilinhot/room/{sensor}/telemetry"

    def told() -> bool:
        t = SystemClock().now_ms() - 610_000
        site.publish((topic, json.dumps({"t": t, "v": {"room_temp_c": 21.0}}).encode()))
        return site.shown("/devices", "慢 10 分钟")

    wait_until(told, 40)
    row = site.page.locator("section:has(#clocks-title) tr", has_text=sensor).inner_text()
    assert "室温传感器" in row and "单元" in row


def test_the_pages_of_devices_fit_every_screen_in_both_languages(site: Site) -> None:
    site.publish(("nb/12345678901234", FRAME))
    wait_until(lambda: site.shown("/devices", "nb_0x68"), 40)
    choose = "/devices/assign?device=12345678901234"
    for locale in ("zh_CN", "en"):
        site.page.context.add_cookies([{"name": "nuanliu_locale", "value": locale, "url": site.url}])
        for width, height in ((1920, 1080), (1366, 768), (375, 812)):
            site.page.set_viewport_size({"width": width, "height": height})
            for path in ("/devices", choose, f"{choose}&q=1-1"):
                site.page.goto(site.url + path)
                assert site.page.evaluate(FITS), (path, width, locale)
    assert site.complaints == []
