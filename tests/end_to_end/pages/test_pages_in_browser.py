"""The pages in a real Chromium over hand-made view models: scripts under the content policy, keys, charts, silence."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dashboard.alarms.actions import Acknowledgement, AlarmActions
from dashboard.tickets.actions import TicketActions
from tests.support import page_models as models
from tests.support.preview_pages import FakeAnswers, preview_app, serving
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

APP = preview_app()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(APP) as address:
        yield address


class Watched:
    """A page and everything it complained about or asked for."""

    def __init__(self, page: "Page", url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on(
            "console",
            lambda message: message.type in ("error", "warning") and self.complaints.append(message.text),
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(
        self, path: str, role: str, *, width: int = 1366, height: int = 768, locale: str = "zh_CN"
    ) -> "Page":
        cookies = {"nuanliu": role, "nuanliu_locale": locale}
        self.page.context.add_cookies(
            [{"name": name, "value": value, "url": self.url} for name, value in cookies.items()]
        )
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.goto(self.url + path)
        return self.page


@pytest.fixture
def watched(chromium_page: "Page", url: str) -> Watched:
    return Watched(chromium_page, url)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
@pytest.mark.parametrize(
    ("path", "role", "width"),
    [
        ("/login", "", 1366),
        ("/overview", "dispatcher", 1920),
        ("/overview", "dispatcher", 1366),
        ("/stations", "dispatcher", 1366),
        ("/alarms", "dispatcher", 1366),
        ("/incidents/in-1", "dispatcher", 1366),
        ("/hotline/households/h-1?q=zx", "hotline", 1366),
        ("/tickets", "hotline", 1366),
        ("/my", "resident", 375),
        ("/overview", "dispatcher", 1920),
        ("/overview", "wall", 3840),
        ("/alarms/health", "dispatcher", 1366),
        ("/incidents/in-1", "dispatcher", 768),
        ("/buildings/b-3", "hotline", 1366),
        ("/communities/c-1", "dispatcher", 1366),
        ("/my", "resident", 320),
    ],
)
def test_a_page_fits_asks_only_us_and_raises_no_complaint(
    watched: Watched, path: str, role: str, width: int, locale: str
) -> None:
    page = watched.open(path, role, width=width, locale=locale)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    hidden = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1).length"
    assert page.evaluate(hidden) == 0
    assert [request for request in watched.requests if not request.startswith(watched.url)] == []
    assert len(watched.requests) <= 15
    assert watched.complaints == []


def test_the_trend_is_drawn_with_its_gap_its_alarm_and_its_table(watched: Watched) -> None:
    page = watched.open("/stations/st-003", "dispatcher")
    wait_until(
        lambda: page.evaluate("document.querySelectorAll('#trend .scatterlayer path.js-line').length >= 4")
    )
    times = page.evaluate("document.getElementById('trend').data[0].y.filter(y => y === null).length")
    assert times == 1
    assert page.evaluate("document.getElementById('trend').data[0].y.length") > 100
    assert page.evaluate("document.getElementById('trend').data.at(-1).x.length") == 1
    assert str(page.text_content("#trend-note")).endswith("最大值。 数据精度：5 分钟汇总。")
    page.click("[data-reveal]")
    assert page.locator("#trend-table tbody tr").count() > 50
    assert page.locator("#trend .modebar button[data-title='存为图片']").count() == 1
    assert page.locator("#trend [data-title*='cloud' i], #trend [data-title*='Plotly' i]").count() == 0
    assert len(watched.requests) <= 15
    assert watched.complaints == []


def test_the_desk_is_driven_by_keys_alone(watched: Watched) -> None:
    page = watched.open("/alarms", "dispatcher")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.get_attribute('tr[data-selected="true"]', "data-alarm") == "al-2"
    page.keyboard.press("Enter")
    wait_until(lambda: page.locator("#alarm-detail [data-act=acknowledge]").count() == 1)
    page.keyboard.press("s")
    assert page.locator("#act-shelve").is_visible()
    page.keyboard.type("检修中")
    assert page.locator("#act-shelve").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("#keys-help").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/hotline")
    assert watched.complaints == []


def test_an_acknowledgement_is_sent_and_said(watched: Watched) -> None:
    APP.state.services[AlarmActions].done.clear()
    page = watched.open("/alarms", "dispatcher")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.fill("#ack-comment", "已知悉")
    page.click("#act-acknowledge button.primary")
    wait_until(lambda: page.locator("#action-result").inner_text() == "已记录")
    action, given = APP.state.services[AlarmActions].done[0]
    assert (action, given["arguments"]) == ("acknowledge", ("al-1", Acknowledgement(comment="已知悉")))
    assert watched.complaints == []


def test_shelving_without_a_reason_is_not_sent(watched: Watched) -> None:
    APP.state.services[AlarmActions].done.clear()
    page = watched.open("/alarms", "dispatcher")
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.click("#act-shelve button.primary")
    assert page.locator("#act-shelve").is_visible()
    assert APP.state.services[AlarmActions].done == []


def test_keys_do_nothing_while_somebody_writes_or_composes(watched: Watched) -> None:
    page = watched.open("/hotline", "hotline")
    page.keyboard.type("gaoj?")
    assert page.url.endswith("/hotline")
    assert page.input_value("#household-search") == "gaoj?"
    page.evaluate("document.activeElement.blur()")
    composing = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '?', isComposing: true, bubbles: true}))"
    page.evaluate(composing)
    assert not page.locator("#keys-help").is_visible()


def test_a_caller_is_found_while_typing_and_opened_by_enter(watched: Watched) -> None:
    page = watched.open("/hotline", "hotline")
    page.keyboard.type("zx")
    wait_until(lambda: page.locator("#hits li").count() == 6)
    page.keyboard.press("Enter")
    page.wait_for_url("**/hotline/households/h-000001*")
    assert page.locator("#hits li").count() == 6
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("t")
    assert page.evaluate("document.activeElement.name") == "category"
    assert watched.complaints == []


def test_silence_is_shown_amber_after_20_s_and_red_after_60_s(watched: Watched) -> None:
    page = watched.page
    page.clock.install()
    page = watched.open("/overview", "dispatcher")
    page.route("**/api/v1/stream*", lambda route: route.abort())
    assert page.get_attribute("body", "data-connection") == "live"
    page.clock.fast_forward(25_000)
    wait_until(lambda: page.get_attribute("body", "data-connection") == "lagging")
    assert "正在重连" in page.locator(".connection").inner_text()
    page.clock.fast_forward(40_000)
    wait_until(lambda: page.get_attribute("body", "data-connection") == "lost")
    assert "请勿据此操作" in page.locator(".connection").inner_text()


def test_a_resident_can_report_without_scripts(watched: Watched, url: str) -> None:
    APP.state.services[TicketActions].done.clear()
    browser = watched.page.context.browser
    assert browser is not None
    context = browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 812})
    context.add_cookies([{"name": "nuanliu", "value": "resident", "url": url}])
    page = context.new_page()
    page.goto(url + "/my")
    page.check("input[value=insufficient]")
    page.click("form[action='/my/tickets'] button")
    assert "已收到您的报修" in page.inner_text("body")
    assert APP.state.services[TicketActions].done[0][0] == "report"
    context.close()


def test_large_text_still_fits_a_small_phone(watched: Watched) -> None:
    watched.page.context.add_cookies([{"name": "nuanliu_text", "value": "large", "url": watched.url}])
    page = watched.open("/my", "resident", width=320, height=640)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 22


def test_the_line_of_the_last_day_is_filled_in_after_the_list(watched: Watched) -> None:
    page = watched.open("/stations", "dispatcher")
    wait_until(
        lambda: page.locator("[data-spark] [data-spark-done]").count() == page.locator("[data-spark]").count()
    )
    assert page.locator("[data-spark='st-003']").inner_text() == "—"
    assert watched.complaints == []


def test_the_first_page_fills_a_wall_screen_without_scrolling(watched: Watched) -> None:
    for width, height in ((1920, 1080), (3840, 2160)):
        page = watched.open("/overview", "wall", width=width, height=height)
        assert page.evaluate("document.documentElement.scrollHeight") <= height
        body = page.locator("#overview-body").bounding_box()
        assert body is not None and body["y"] + body["height"] > 0.95 * height


@pytest.mark.parametrize(("locale", "in_sight"), [("zh_CN", 9), ("en", 8)])
def test_emergencies_are_in_sight_on_the_first_page_before_anything_else(
    chromium_page: "Page", locale: str, in_sight: int
) -> None:
    emergencies = [models.alarm_row(1, alarm_id=f"p{number}") for number in range(9)]
    others = [models.alarm_row(2, alarm_id=f"q{number}", priority=2) for number in range(11)]
    first_page = models.overview()
    counts = {**first_page.open_alarms, "P1": 9, "P2": 30}
    answers = FakeAnswers(first_page=replace(first_page, ticker=[*emergencies, *others], open_alarms=counts))
    with serving(preview_app(answers)) as address:
        page = Watched(chromium_page, address).open(
            "/overview", "dispatcher", width=1920, height=1080, locale=locale
        )
        seen = page.evaluate(
            "[...document.querySelectorAll('.urgent-panel li:has(.p1)')].filter(row =>"
            " row.getBoundingClientRect().bottom <= row.closest('.panel').getBoundingClientRect().bottom).length"
        )
        assert seen >= in_sight
        assert "9 / 39" in page.inner_text(".urgent-panel") or "9 of 39" in page.inner_text(".urgent-panel")
