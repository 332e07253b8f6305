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
