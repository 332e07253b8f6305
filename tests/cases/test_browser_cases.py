"""Pages in a real Chromium over a whole dashboard: tabs, keys and a line that breaks (docs/field-faults.md)."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from dashboard.stream.broadcaster import Broadcaster
from tests.support.dashboard_house import OWN_HOME, PASSWORD, House, open_house
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house")) as opened:
        opened.warm_station()
        yield opened


@pytest.fixture
def sign_in(house: House, chromium_page: "Page") -> Callable[[str], "Page"]:
    def signed_in(role: str) -> "Page":
        page = chromium_page
        page.goto(f"{house.url}/login")
        page.fill("input[name=username]", role)
        page.fill("input[name=password]", PASSWORD)
        page.click("form button")
        page.wait_for_url(lambda address: "/login" not in address)
        return page

    return signed_in


def heard_station(page: "Page") -> None:
    """Note on the page when a frame of its station comes."""
    page.evaluate(
        "document.addEventListener('live:station', e => { document.body.dataset.heard = e.detail.station_id })"
    )


def open_tabs(context: "BrowserContext", address: str, count: int) -> list["Page"]:
    tabs = []
    for _ in range(count):
        tab = context.new_page()
        tab.goto(address, timeout=10_000)
        heard_station(tab)
        tabs.append(tab)
    return tabs


def test_33_twelve_tabs_are_live_through_one_stream(house: House, sign_in: Callable[[str], "Page"]) -> None:
    first = sign_in("dispatcher")
    tabs = open_tabs(first.context, f"{house.url}/stations/st-east", 11)
    first.goto(f"{house.url}/stations/st-east", timeout=10_000)
    heard_station(first)
    for tab in (first, *tabs):
        wait_until(lambda tab=tab: tab.evaluate("document.body.dataset.heard") == "st-east", 20)  # type: ignore[misc]
    assert streams(house) == 1
    for tab in tabs:
        tab.close()
    assert first.evaluate("document.body.dataset.connection") == "live"


def streams(house: House) -> int:
    return int(house.app.state.services[Broadcaster].health().figures["streams"])


def test_33_a_tab_gets_the_frames_of_its_own_page_only(
    house: House, sign_in: Callable[[str], "Page"]
) -> None:
    page = sign_in("dispatcher")
    page.goto(f"{house.url}/stations/st-east")
    (other,) = open_tabs(page.context, f"{house.url}/overview", 1)
    other.evaluate(
        "document.addEventListener('live:snapshot', () => { document.body.dataset.snapshot = 'yes' })"
    )
    wait_until(lambda: other.evaluate("document.body.dataset.snapshot") == "yes", 20)
    assert other.evaluate("document.body.dataset.heard") is None


def test_19_enter_opens_the_first_hit_of_what_was_typed_last(
    house: House, sign_in: Callable[[str], "Page"]
) -> None:
    page = sign_in("hotline")
    page.goto(f"{house.url}/hotline")
    page.keyboard.type("15904791234")
    wait_until(lambda: page.locator("#hits [data-href*='yg-1-1-101']").count() == 1)
    page.evaluate(
        "value => { const box = document.getElementById('household-search'); box.value = value;"
        " box.dispatchEvent(new InputEvent('input', {bubbles: true})); box.form.requestSubmit(); }",
        "13812345678",
    )
    page.wait_for_url(f"**/hotline/households/{OWN_HOME}*")


def test_19_hits_of_other_words_are_gone_when_no_answer_comes(
    house: House, sign_in: Callable[[str], "Page"]
) -> None:
    page = sign_in("hotline")
    page.goto(f"{house.url}/hotline")
    page.keyboard.type("15904791234")
    wait_until(lambda: page.locator("#hits [data-href]").count() == 1)
    page.context.set_offline(True)
    page.fill("#household-search", "13812345678")
    wait_until(lambda: page.locator("#hits [data-href]").count() == 0)
    assert "没有连上服务器" in page.inner_text("#hits")
    page.keyboard.press("Enter")
    assert page.url.endswith("/hotline")


def test_28_what_a_clerk_wrote_is_kept_and_said_when_the_line_is_gone(
    house: House, sign_in: Callable[[str], "Page"]
) -> None:
    page = sign_in("hotline")
    page.goto(f"{house.url}/hotline/households/{OWN_HOME}")
    page.context.set_offline(True)
    page.fill("#intake-text", "老人在家，很冷")
    page.click("#intake button")
    wait_until(lambda: "没有保存" in page.inner_text("#intake"))
    assert page.input_value("#intake-text") == "老人在家，很冷"
    page.context.set_offline(False)
    page.reload()
    assert page.input_value("#intake-text") == "老人在家，很冷"
    page.click("#intake button")
    wait_until(lambda: "已登记" in page.inner_text("#household"))
    page.reload()
    assert page.input_value("#intake-text") == ""


def test_28_the_report_of_a_resident_is_kept_and_said_when_the_line_is_gone(
    house: House, sign_in: Callable[[str], "Page"]
) -> None:
    page = sign_in("resident")
    page.goto(f"{house.url}/my")
    page.context.set_offline(True)
    page.check("input[value=no_heat]")
    page.fill("#report-text", "暖气不热")
    page.click("form[action='/my/tickets'] button")
    wait_until(lambda: "没有保存" in page.inner_text("form[action='/my/tickets']"))
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"{house.url}/my")
    assert again.input_value("#report-text") == "暖气不热"
    assert again.is_checked("input[value=no_heat]")
    again.click("form[action='/my/tickets'] button")
    again.wait_for_url("**/my?taken=1")
    assert "已收到您的报修" in again.inner_text("main")


def test_31_the_keys_work_where_people_press_them(house: House, sign_in: Callable[[str], "Page"]) -> None:
    page = sign_in("dispatcher")
    page.goto(f"{house.url}/overview")
    page.keyboard.press("/")
    page.wait_for_url("**/hotline#search")
    page.keyboard.type("13812345678")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/hotline/households/{OWN_HOME}*")
    page.keyboard.press("t")
    assert page.evaluate("document.activeElement.name") == "category"


def test_24_a_value_a_little_below_0_is_shown_as_0(house: House, sign_in: Callable[[str], "Page"]) -> None:
    house.warm_station(valve_position_pct=-0.2)
    page = sign_in("dispatcher")
    page.goto(f"{house.url}/stations/st-east")
    heard_station(page)
    wait_until(lambda: page.evaluate("document.body.dataset.heard") == "st-east", 20)
    shown = page.locator("[data-point=valve_position_pct] [data-value]")
    assert str(shown.text_content()).strip() == "0"


@pytest.mark.parametrize("path", ["/alarms?tab=active", "/tickets", "/incidents"])
@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_32_lists_flow_on_a_phone(
    house: House, sign_in: Callable[[str], "Page"], path: str, locale: str
) -> None:
    if house.records.alarms.alarm("pump") is None:
        house.raise_alarm("pump")
        body = {"household_id": OWN_HOME, "category": "insufficient"}
        house.client("dispatcher").post("/api/v1/tickets", json=body)
    page = sign_in("dispatcher")
    page.context.add_cookies([{"name": "nuanliu_locale", "value": locale, "url": house.url}])
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(house.url + path)
    assert page.locator("tr[data-href]").count() >= 1
    hidden = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    assert page.evaluate(hidden) == 0
    assert page.locator("tr[data-href] a").last.bounding_box()["width"] > 60  # type: ignore[index]


SMALLEST = """[...document.querySelectorAll('main *, header *')]
  .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length
    && !e.closest('.visually-hidden'))
  .map(e => parseFloat(getComputedStyle(e).fontSize)).reduce((a, b) => Math.min(a, b))"""


def test_32_large_text_leaves_nothing_small(house: House, sign_in: Callable[[str], "Page"]) -> None:
    page = sign_in("resident")
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(f"{house.url}/my")
    page.click("button[value=large]")
    wait_until(lambda: page.locator("body.large").count() == 1)
    assert page.evaluate(SMALLEST) >= 18
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


CONTRAST = """selector => { const e = document.querySelector(selector), s = getComputedStyle(e);
  const light = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255)
    .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
  const [a, b] = [light(s.color), light(s.backgroundColor)].sort((x, y) => y - x); return (a + .05) / (b + .05); }"""


def test_32_a_suspended_home_can_be_read_and_the_trend_nests_no_controls(
    house: House, sign_in: Callable[[str], "Page"]
) -> None:
    page = sign_in("dispatcher")
    page.goto(f"{house.url}/buildings/jx-12")
    assert page.evaluate(CONTRAST, ".home.suspended") >= 4.5
    page.goto(f"{house.url}/stations/st-east")
    wait_until(lambda: page.locator("#trend .modebar-btn, #trend a").count() > 0)
    assert page.get_attribute("#trend", "role") == "group"
